/* SPDX-License-Identifier: Apache-2.0 */
/* The figures as text: a table with a column for each engine, or, for one engine, with more of each figure. */
#include <inttypes.h>
#include <string.h>

#include "cli/bench/bench.h"

#define MEBIBYTE (1024.0 * 1024.0)
/* Below that, the process's memory only breathes. */
#define RESIDENT_NOISE (512 * 1024)

static const char *
size_text(uint64_t bytes, char text[32])
{
  snprintf(text, 32, bytes < 1024 * 1024 ? "%.0f KiB" : "%.1f MiB",
           bytes < 1024 * 1024 ? (double)bytes / 1024 : (double)bytes / MEBIBYTE);
  return text;
}

/* ------------------------------------------------------------------------------------------------------ one engine */

static void
print_row(FILE *out, const char *name, const char *count, const double *figures, size_t columns)
{
  char text[PW_DURATION_TEXT];
  fprintf(out, "  %-44s %9s", name, count);
  for (size_t i = 0; i < columns; i++) {
    /* The micro sign is two bytes and one column. */
    const char *shown = figures[i] < 0 ? "" : pw_duration_text(figures[i], text);
    fprintf(out, " %*s", strstr(shown, "µ") ? 11 : 10, shown);
  }
  fputc('\n', out);
}

static bool
are_of_several_plugins(const struct pw_call_times *times)
{
  for (size_t i = 1; i < times->count; i++) {
    if (times->calls[i].plugin != times->calls[0].plugin) {
      return true;
    }
  }
  return false;
}

static void
print_plugin(FILE *out, const struct pw_call_time *call)
{
  fprintf(out, "  %s\n", call->plugin_name[0] != '\0' ? call->plugin_name : "(no name)");
}

static void
print_start(FILE *out, const struct pw_bench_start *start)
{
  bool                    several = are_of_several_plugins(&start->calls);
  const struct pw_plugin *last    = NULL;
  const struct {
    const char *name;
    double      time;
  } steps[] = {{"the engine itself", start->engine},
               {"reading, checking and linking the module", start->link},
               {"compiling it, when it is not in the cache", start->compile},
               {"making the VM", start->vm}};
  fprintf(out, "\nStart\n");
  for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
    print_row(out, steps[i].name, "", &steps[i].time, 1);
  }
  for (size_t i = 0; i < start->calls.count; i++) {
    const struct pw_call_time *call = &start->calls.calls[i];
    double                     time = (double)call->total.sum;
    if (call->hostcall) {
      continue;
    }
    if (several && call->plugin != last) {
      print_plugin(out, call);
    }
    last = call->plugin;
    print_row(out, call->name, "", &time, 1);
  }
}

static void
print_batches(FILE *out, const char *name, const struct pw_bench_batches *batches)
{
  const double figures[] = {batches->least, batches->median, batches->part_99};
  print_row(out, name, "", figures, 3);
}

static void
print_streams(FILE *out, const struct pw_bench_figures *figures)
{
  const double single[] = {(double)figures->single.least, pw_durations_part(&figures->single, 0.5),
                           pw_durations_part(&figures->single, 0.99)};
  fprintf(out, "\n%-46s %9s %10s %10s %10s\n", "A stream", "", "min", "median", "99%");
  print_batches(out, "whole, mean of a batch", &figures->stream);
  print_row(out, "whole, each by itself", "", single, 3);
  if (figures->bare.count > 0) {
    double rest[] = {-1, figures->stream.median - figures->bare.median};
    print_batches(out, "of that, the simulated proxy without plugins", &figures->bare);
    print_row(out, "so that plugins and host take", "", rest, 2);
  }
}

/* Calls of one kind, and, if there are several plugins, of one plugin. */
static void
print_calls(FILE *out, const struct pw_bench_figures *figures, bool hostcalls, const struct pw_plugin *plugin)
{
  bool named = !are_of_several_plugins(&figures->calls);
  for (size_t i = 0; i < figures->calls.count; i++) {
    const struct pw_call_time *call = &figures->calls.calls[i];
    if (call->hostcall != hostcalls || call->plugin != plugin) {
      continue;
    }
    if (!named) {
      print_plugin(out, call);
      named = true;
    }
    char         count[24];
    const double row[] = {(double)call->total.least, pw_durations_part(&call->total, 0.5),
                          pw_durations_part(&call->total, 0.99), hostcalls ? -1 : pw_durations_part(&call->own, 0.5)};
    snprintf(count, sizeof(count), "%.4g", (double)call->total.count / (double)figures->call_streams);
    print_row(out, call->name, count, row, hostcalls ? 3 : 4);
  }
}

static void
print_plugins(FILE *out, const struct pw_bench_figures *figures, bool hostcalls)
{
  const struct pw_plugin *seen[64];
  size_t                  count = 0;
  for (size_t i = 0; i < figures->calls.count && count < 64; i++) {
    const struct pw_plugin *plugin = figures->calls.calls[i].plugin;
    size_t                  at     = 0;
    while (at < count && seen[at] != plugin) {
      at++;
    }
    if (at == count) {
      seen[count++] = plugin;
    }
  }
  bool any = false;
  for (size_t i = 0; i < figures->calls.count; i++) {
    any = any || figures->calls.calls[i].hostcall == hostcalls;
  }
  if (!any) {
    return;
  }
  fprintf(out, "\n%-46s %9s %10s %10s %10s%s\n", hostcalls ? "Hostcalls" : "Callbacks", "a stream", "min", "median",
          "99%", hostcalls ? "" : "     module");
  for (size_t i = 0; i < count; i++) {
    print_calls(out, figures, hostcalls, seen[i]);
  }
}

static void
print_growth(FILE *out, const char *name, const struct pw_bench_memory *memory, uint64_t streams, uint64_t noise)
{
  char before[32];
  char after[32];
  if (memory->after <= memory->before + noise) {
    fprintf(out, "  %-44s %s\n", name, size_text(memory->after, after));
    return;
  }
  fprintf(out, "  %-44s from %s to %s in %" PRIu64 " streams%s\n", name, size_text(memory->before, before),
          size_text(memory->after, after), streams,
          memory->after > memory->middle + noise ? ", and still growing" : ", all in the first half");
}

static void
print_memory(FILE *out, const struct pw_bench_figures *figures)
{
  const struct pw_bench_memory *linear = &figures->linear;
  fprintf(out, "\nMemory\n");
  print_growth(out, "linear memory of the module", linear, figures->measured, 0);
  print_growth(out, "resident memory of this process", &figures->resident, figures->measured, RESIDENT_NOISE);
  if (linear->after > linear->middle && figures->memory_limit > linear->after) {
    char   limit[32];
    double each = (double)(linear->after - linear->before) / (double)figures->measured;
    fprintf(
      out,
      "  ! %.1f bytes a stream stay behind: the limit of %s comes after %.2g more streams. Does the module forget\n"
      "    contexts in proxy_on_delete?\n",
      each, size_text(figures->memory_limit, limit), (double)(figures->memory_limit - linear->after) / each);
  }
}

static void
print_notes(FILE *out, const struct pw_bench_figures *figures)
{
  char clock[PW_DURATION_TEXT];
  char pair[PW_DURATION_TEXT];
  fputc('\n', out);
  if (figures->reply_status != 0) {
    fprintf(out, "The module answers with a local reply (%u).\n", figures->reply_status);
  } else if (figures->bare.count == 0) {
    fprintf(out, "The stream ends early (%s).\n",
            pw_next_name(figures->next[PW_STREAM_HTTP_REQUEST] != PW_NEXT_CONTINUE
                           ? figures->next[PW_STREAM_HTTP_REQUEST]
                           : figures->next[PW_STREAM_HTTP_RESPONSE]));
  }
  fprintf(out,
          "Calls were timed in a pass of their own; what that costs is taken off: %s for the clock, %s around each\n"
          "hostcall. 'module' is a callback without its hostcalls. Hostcalls have the simulated proxy in them.\n",
          pw_duration_text(figures->calls.clock_cost, clock), pw_duration_text(figures->calls.pair_cost, pair));
  if (figures->calls.truncated) {
    fprintf(out, "! Calls nested more deeply than is timed, or memory was out: some calls are missing.\n");
  }
}

static void
print_warnings(FILE *out, const struct pw_bench_figures *figures)
{
  const struct pw_bench_batches *stream = &figures->stream;
  if (stream->count < 10) {
    fprintf(out, "! %zu batch%s: too few to tell what chance does. Give more --seconds or --streams.\n", stream->count,
            stream->count == 1 ? "" : "es");
  } else if (stream->spread > PW_BENCH_NOISY) {
    fprintf(out,
            "! The batches spread by %.0f%% about their median: something disturbed. Do not believe the figures.\n",
            stream->spread * 100);
  } else if (stream->drift > PW_BENCH_DRIFT) {
    fprintf(out,
            "! Streams got slower by %.0f%% from the first half to the second: does the module look through\n"
            "  something that grows?\n",
            stream->drift * 100);
  }
}

static void
print_one(FILE *out, const struct pw_bench_figures *figures)
{
  fprintf(out, "Engine %s %s, %" PRIu64 " streams in %zu batch%s\n", figures->engine, figures->version,
          figures->stream.streams, figures->stream.count, figures->stream.count == 1 ? "" : "es");
  print_start(out, &figures->start);
  print_streams(out, figures);
  print_plugins(out, figures, false);
  print_plugins(out, figures, true);
  print_memory(out, figures);
  print_notes(out, figures);
  print_warnings(out, figures);
}

/* -------------------------------------------------------------------------------------------------- side by side */

static const struct pw_call_time *
find_call(const struct pw_bench_figures *figures, const struct pw_call_time *wanted, size_t nth)
{
  for (size_t i = 0; i < figures->calls.count; i++) {
    const struct pw_call_time *call = &figures->calls.calls[i];
    if (call->hostcall == wanted->hostcall && strcmp(call->name, wanted->name) == 0 && nth-- == 0) {
      return call;
    }
  }
  return NULL;
}

/* How many of that name come before it: plugins of a chain have the same callbacks. */
static size_t
rank_of(const struct pw_bench_figures *figures, size_t index)
{
  size_t rank = 0;
  for (size_t i = 0; i < index; i++) {
    rank += figures->calls.calls[i].hostcall == figures->calls.calls[index].hostcall &&
            strcmp(figures->calls.calls[i].name, figures->calls.calls[index].name) == 0;
  }
  return rank;
}

static void
print_columns(FILE *out, const struct pw_bench_report *report, const char *name,
              double (*figure)(const struct pw_bench_figures *figures))
{
  double row[16];
  size_t count = report->count < 16 ? report->count : 16;
  for (size_t i = 0; i < count; i++) {
    row[i] = report->figures[i].error.code == PW_ERROR_NONE ? figure(&report->figures[i]) : -1;
  }
  print_row(out, name, "", row, count);
}

static void
print_call_columns(FILE *out, const struct pw_bench_report *report, const struct pw_bench_figures *first, size_t index)
{
  double row[16];
  size_t count = report->count < 16 ? report->count : 16;
  char   calls[24];
  for (size_t i = 0; i < count; i++) {
    const struct pw_call_time *call =
      report->figures[i].error.code == PW_ERROR_NONE
        ? find_call(&report->figures[i], &first->calls.calls[index], rank_of(first, index))
        : NULL;
    row[i] = call ? pw_durations_part(&call->total, 0.5) : -1;
  }
  snprintf(calls, sizeof(calls), "%.4g", (double)first->calls.calls[index].total.count / (double)first->call_streams);
  print_row(out, first->calls.calls[index].name, calls, row, count);
}

static double
stream_median(const struct pw_bench_figures *figures)
{
  return figures->stream.median;
}

static double
stream_without_proxy(const struct pw_bench_figures *figures)
{
  return figures->bare.count > 0 ? figures->stream.median - figures->bare.median : -1;
}

static double
single_99(const struct pw_bench_figures *figures)
{
  return pw_durations_part(&figures->single, 0.99);
}

static double
start_compile(const struct pw_bench_figures *figures)
{
  return figures->start.compile;
}

static double
start_rest(const struct pw_bench_figures *figures)
{
  double sum = figures->start.link + figures->start.vm;
  for (size_t i = 0; i < figures->start.calls.count; i++) {
    const struct pw_call_time *call = &figures->start.calls.calls[i];
    sum += call->hostcall ? 0 : (double)call->total.sum;
  }
  return sum;
}

static void
print_side_by_side(FILE *out, const struct pw_bench_report *report)
{
  const struct pw_bench_figures *first = NULL;
  fprintf(out, "%-46s %9s", "Medians", "a stream");
  for (size_t i = 0; i < report->count; i++) {
    const struct pw_bench_figures *figures = &report->figures[i];
    first                                  = first == NULL && figures->error.code == PW_ERROR_NONE ? figures : first;
    fprintf(out, " %10s", figures->engine);
  }
  fputc('\n', out);
  print_columns(out, report, "a whole stream", stream_median);
  print_columns(out, report, "of that, plugins and host", stream_without_proxy);
  print_columns(out, report, "99% of the streams take at most", single_99);
  for (size_t i = 0; first != NULL && i < 2 * first->calls.count; i++) {
    size_t index = i % first->calls.count;
    if (first->calls.calls[index].hostcall == (i >= first->calls.count)) {
      print_call_columns(out, report, first, index);
    }
  }
  print_columns(out, report, "start: compiling", start_compile);
  print_columns(out, report, "start: the rest", start_rest);
  fputc('\n', out);
  for (size_t i = 0; i < report->count; i++) {
    const struct pw_bench_figures *figures = &report->figures[i];
    if (figures->error.code != PW_ERROR_NONE) {
      fprintf(out, "%s: not measured: %s\n", figures->engine, figures->error.message);
    } else if (figures->stream.spread > PW_BENCH_NOISY) {
      fprintf(out, "! %s: the batches spread by %.0f%%: something disturbed. Do not believe its figures.\n",
              figures->engine, figures->stream.spread * 100);
    }
  }
}

/* ------------------------------------------------------------------------------------------------------- a suite */

static void
print_suite(FILE *out, const struct pw_bench_report *report)
{
  fprintf(out, "%s\n%-56s %10s %10s %10s\n", report->suite, "Tests", "median", "99%", "plugins");
  for (size_t i = 0; i < report->count; i++) {
    const struct pw_bench_figures *figures = &report->figures[i];
    if (figures->error.code == PW_ERROR_NONE) {
      const double row[] = {figures->stream.median, single_99(figures), stream_without_proxy(figures)};
      print_row(out, figures->test, "", row, 3);
    } else {
      /* A backtrace has its place elsewhere. */
      fprintf(out, "  %s: not measured: %.*s\n", figures->test, (int)strcspn(figures->error.message, "\n"),
              figures->error.message);
    }
  }
  fprintf(out, "\nMedians are of whole tests, with all their streams; 'plugins' is what is left without the simulated "
               "proxy.\n");
  for (size_t i = 0; i < report->count; i++) {
    const struct pw_bench_figures *figures = &report->figures[i];
    if (figures->error.code == PW_ERROR_NONE && figures->stream.count < 10) {
      fprintf(out, "! %s: %zu batches: too few to tell what chance does.\n", figures->test, figures->stream.count);
    } else if (figures->error.code == PW_ERROR_NONE && figures->stream.spread > PW_BENCH_NOISY) {
      fprintf(out, "! %s: the batches spread by %.0f%%: something disturbed. Do not believe its figures.\n",
              figures->test, figures->stream.spread * 100);
    }
  }
}

void
pw_bench_print(FILE *out, const struct pw_bench_report *report)
{
  if (report->suite != NULL) {
    print_suite(out, report);
  } else if (report->count == 1) {
    print_one(out, report->figures);
  } else {
    print_side_by_side(out, report);
  }
}
