/* SPDX-License-Identifier: Apache-2.0 */
/* A profile as a table, and as folded stacks. */
#include <inttypes.h>
#include <stdlib.h>

#include "cli/profile/call_tree.h"
#include "cli/trace/trace.h"

/* Rows that are shown at most, and the least share of one. */
#define MOST_ROWS   40
#define LEAST_SHARE 0.001

static const char *
kind_text(enum pw_frame_kind kind)
{
  static const char *const texts[] = {"plugin", "callback", "", "hostcall", "engine"};
  return texts[kind];
}

static double
share(uint64_t part, uint64_t whole)
{
  return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

static int
by_self(const void *a, const void *b)
{
  const struct pw_tree_name *x = *(const struct pw_tree_name *const *)a;
  const struct pw_tree_name *y = *(const struct pw_tree_name *const *)b;
  if (x->self != y->self) {
    return x->self < y->self ? 1 : -1;
  }
  return x->total != y->total ? (x->total < y->total ? 1 : -1) : strcmp(x->text, y->text);
}

static void
print_head(FILE *out, const struct pw_call_tree *tree, const struct pw_profile_facts *facts)
{
  uint64_t kinds[PW_FRAME_ENGINE + 1] = {0};
  uint64_t all                        = pw_call_tree_total(tree);
  for (size_t i = 0; i < tree->name_count; i++) {
    kinds[tree->names[i].kind] += tree->names[i].self;
  }
  fprintf(out,
          "Profile of %s, engine %s: %" PRIu64 " samples, one each %u µs, in %" PRIu64 " streams (%.1f s)\n"
          "  in functions of the module   %5.1f%%\n"
          "  in hostcalls                 %5.1f%%\n"
          "  in the engine                %5.1f%%   on the way into callbacks and out of them, and in builtins\n",
          facts->title, facts->engine, all, facts->interval_microseconds, facts->streams, facts->seconds,
          share(kinds[PW_FRAME_FUNCTION], all), share(kinds[PW_FRAME_HOSTCALL], all),
          share(kinds[PW_FRAME_CALLBACK] + kinds[PW_FRAME_ENGINE], all));
  fprintf(out, "Beside these, %.1f%% of the time went into the simulated proxy, between callbacks.\n",
          share(facts->counts.outside, facts->counts.outside + facts->counts.taken));
  if (facts->counts.lost > 0) {
    fprintf(out, "! %" PRIu64 " samples were lost for want of room.\n", facts->counts.lost);
  }
  if (all < 100) {
    fprintf(out, "! These are few samples: give more --profile-seconds.\n");
  }
}

void
pw_profile_print_text(FILE *out, const struct pw_call_tree *tree, const struct pw_profile_facts *facts)
{
  const struct pw_tree_name **rows  = calloc(tree->name_count + 1, sizeof(const struct pw_tree_name *));
  uint64_t                    all   = pw_call_tree_total(tree);
  size_t                      count = 0;
  print_head(out, tree, facts);
  for (size_t i = 0; rows != NULL && i < tree->name_count; i++) {
    const struct pw_tree_name *name = &tree->names[i];
    if (name->kind != PW_FRAME_PLUGIN && (double)name->total >= LEAST_SHARE * (double)all) {
      rows[count++] = name;
    }
  }
  if (count > 0) {
    qsort(rows, count, sizeof(const struct pw_tree_name *), by_self);
  }
  fprintf(out, "\n    self    total\n");
  for (size_t i = 0; i < count && i < MOST_ROWS; i++) {
    fprintf(out, "  %5.1f%%   %5.1f%%  ", share(rows[i]->self, all), share(rows[i]->total, all));
    pw_trace_print_plain(out, pw_view_of(rows[i]->text));
    fprintf(out, "%s%s%s\n", rows[i]->kind == PW_FRAME_FUNCTION ? "" : "  (", kind_text(rows[i]->kind),
            rows[i]->kind == PW_FRAME_FUNCTION ? "" : ")");
  }
  if (count > MOST_ROWS) {
    fprintf(out, "  … and %zu more\n", count - MOST_ROWS);
  }
  free(rows);
}

/* ---------------------------------------------------------------------------------------------------------- folded */

/* ';' and line ends have a meaning there. */
static void
print_folded_name(FILE *out, const struct pw_tree_name *name)
{
  for (const char *at = name->text; *at != '\0'; at++) {
    fputc(*at == ';' ? ':' : (unsigned char)*at < 0x20 || *at == 0x7f ? '?' : *at, out);
  }
  fprintf(out, "%s", name->kind == PW_FRAME_HOSTCALL ? "_[h]" : name->kind == PW_FRAME_ENGINE ? "_[e]" : "");
}

static void
print_path(FILE *out, const struct pw_call_tree *tree, uint32_t node)
{
  uint32_t path[PW_STACK_FRAMES];
  size_t   depth = 0;
  for (; node != 0 && depth < PW_STACK_FRAMES; node = tree->nodes[node].parent) {
    path[depth++] = node;
  }
  while (depth-- > 0) {
    print_folded_name(out, &tree->names[tree->nodes[path[depth]].name]);
    fputc(depth > 0 ? ';' : ' ', out);
  }
}

void
pw_profile_print_folded(FILE *out, const struct pw_call_tree *tree)
{
  for (uint32_t node = 1; node < tree->node_count; node++) {
    if (tree->nodes[node].self > 0) {
      print_path(out, tree, node);
      fprintf(out, "%" PRIu64 "\n", tree->nodes[node].self);
    }
  }
}
