/* SPDX-License-Identifier: Apache-2.0 */
/* A flame graph: callers below, what they called above them, as wide as it took long. Readable without a script: each
 * frame has its name in it, as far as there is room, and a title that browsers show under the pointer. */
#include <inttypes.h>

#include "cli/profile/call_tree.h"
#include "text/utf8.h"

#define WIDTH           1200.0
#define MARGIN          10.0
#define ROW             18.0
#define HEAD            64.0
#define CHARACTER_WIDTH 7.3
/* Narrower frames cannot be seen. */
#define LEAST_WIDTH 0.3

struct canvas {
  FILE                      *out;
  const struct pw_call_tree *tree;
  uint64_t                   all;
  unsigned                   depth; /* rows */
};

static void
print_character(FILE *out, uint32_t character, const char *text, size_t length)
{
  static const struct {
    uint32_t    character;
    const char *text;
  } escapes[] = {{'<', "&lt;"}, {'>', "&gt;"}, {'&', "&amp;"}, {'"', "&quot;"}};
  for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
    if (escapes[i].character == character) {
      fputs(escapes[i].text, out);
      return;
    }
  }
  /* XML has no place for these, not even escaped. */
  if (character < 0x20 || character == 0x7f || character == 0xfffe || character == 0xffff) {
    fputc('?', out);
  } else {
    fwrite(text, 1, length, out);
  }
}

/* At most `most` characters; what is no UTF-8 becomes '?'. */
static void
print_xml(FILE *out, const char *text, size_t most)
{
  size_t size = strlen(text);
  size_t done = 0;
  for (size_t at = 0; at < size; done++) {
    uint32_t character;
    size_t   length = pw_utf8_decode(text + at, size - at, &character);
    if (done + 1 >= most && at + (length ? length : 1) < size) {
      fputs("…", out);
      return;
    }
    print_character(out, length ? character : 0, text + at, length);
    at += length ? length : 1;
  }
}

/* Hues tell kinds apart; the name varies the shade, so that neighbours differ and a function looks the same anywhere.
 */
static void
print_color(FILE *out, const struct pw_tree_name *name)
{
  static const unsigned hues[] = {0, 45, 18, 205, 130};
  uint32_t              hash   = 2166136261u;
  for (const char *at = name->text; *at != '\0'; at++) {
    hash = (hash ^ (unsigned char)*at) * 16777619u;
  }
  fprintf(out, "hsl(%u,%u%%,%u%%)", hues[name->kind] + hash % 20,
          name->kind == PW_FRAME_PLUGIN ? 0 : 65 + hash / 32 % 20, 68 + hash / 1024 % 10);
}

static double
width_of(const struct canvas *canvas, uint64_t samples)
{
  return (WIDTH - 2 * MARGIN) * (double)samples / (double)canvas->all;
}

static void
print_frame(const struct canvas *canvas, const struct pw_tree_node *node, double x, unsigned row)
{
  const struct pw_tree_name *name  = &canvas->tree->names[node->name];
  double                     width = width_of(canvas, node->total);
  double                     y     = HEAD + ROW * (double)(canvas->depth - row);
  FILE                      *out   = canvas->out;
  fputs("<g><title>", out);
  print_xml(out, name->text, SIZE_MAX);
  fprintf(out, "\n%" PRIu64 " samples, %.2f%%; itself %.2f%%</title>", node->total,
          100.0 * (double)node->total / (double)canvas->all, 100.0 * (double)node->self / (double)canvas->all);
  fprintf(out, "<rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\" rx=\"1\" fill=\"", x, y, width, ROW - 1);
  print_color(out, name);
  fputs("\"/>", out);
  if (width > 3 * CHARACTER_WIDTH) {
    fprintf(out, "<text x=\"%.2f\" y=\"%.1f\">", x + 3, y + ROW - 5);
    print_xml(out, name->text, (size_t)((width - 6) / CHARACTER_WIDTH));
    fputs("</text>", out);
  }
  fputs("</g>\n", out);
}

/** A frame to be drawn, and where. */
struct place {
  uint32_t node;
  double   x;
};

/* Depth first, without recursion of ours. Answers how many rows there are; draws if `draw`. */
static unsigned
visit(const struct canvas *canvas, bool draw)
{
  struct place               path[PW_STACK_FRAMES + 1];
  const struct pw_tree_node *nodes = canvas->tree->nodes;
  unsigned                   depth = 0;
  unsigned                   most  = 0;
  path[0]                          = (struct place){nodes[0].first, MARGIN};
  while (true) {
    struct place *at = &path[depth];
    if (at->node == 0) {
      if (depth == 0) {
        return most;
      }
      at = &path[--depth];
      at->x += width_of(canvas, nodes[at->node].total);
      at->node = nodes[at->node].next;
      continue;
    }
    if (width_of(canvas, nodes[at->node].total) < LEAST_WIDTH || depth == PW_STACK_FRAMES) {
      at->x += width_of(canvas, nodes[at->node].total);
      at->node = nodes[at->node].next;
      continue;
    }
    if (draw) {
      print_frame(canvas, &nodes[at->node], at->x, depth + 1);
    }
    most            = depth + 1 > most ? depth + 1 : most;
    path[depth + 1] = (struct place){nodes[at->node].first, at->x};
    depth++;
  }
}

static void
print_legend(FILE *out)
{
  static const struct {
    const char *text;
    const char *color;
  } entries[] = {{"callback (itself: the engine's way in and out)", "hsl(55,70%,72%)"},
                 {"function of the module", "hsl(28,75%,72%)"},
                 {"hostcall", "hsl(215,75%,72%)"},
                 {"builtin of the engine", "hsl(140,75%,72%)"}};
  double x    = MARGIN;
  for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
    fprintf(out,
            "<rect x=\"%.0f\" y=\"44\" width=\"12\" height=\"12\" fill=\"%s\"/><text x=\"%.0f\" y=\"54\">%s</text>\n",
            x, entries[i].color, x + 17, entries[i].text);
    x += 40 + CHARACTER_WIDTH * (double)strlen(entries[i].text);
  }
}

void
pw_profile_print_flame_graph(FILE *out, const struct pw_call_tree *tree, const struct pw_profile_facts *facts)
{
  struct canvas canvas = {.out = out, .tree = tree, .all = pw_call_tree_total(tree)};
  canvas.depth         = canvas.all > 0 ? visit(&canvas, false) : 0;
  double height        = HEAD + ROW * (double)(canvas.depth + 1) + MARGIN;
  fprintf(out,
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
          "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\">\n"
          "<style>text{font:12px monospace;fill:#111}rect{stroke:none}g:hover rect{stroke:#000}"
          ".title{font:bold 16px sans-serif}</style>\n"
          "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n<text class=\"title\" x=\"%.0f\" y=\"22\">",
          WIDTH, height, WIDTH, height, MARGIN);
  print_xml(out, facts->title, 80);
  fprintf(out,
          " on %s</text>\n<text x=\"%.0f\" y=\"38\">%" PRIu64 " samples in callbacks, one each %u µs, in %" PRIu64
          " streams</text>\n",
          facts->engine, MARGIN, canvas.all, facts->interval_microseconds, facts->streams);
  print_legend(out);
  if (canvas.all > 0) {
    visit(&canvas, true);
  }
  fputs("</svg>\n", out);
}
