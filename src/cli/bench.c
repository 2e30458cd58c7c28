/* SPDX-License-Identifier: Apache-2.0 */
/* `proxywasm bench`: what a module costs. */
#include "cli/bench.h"

#include <stdlib.h>

#include "cli/command.h"

#define DEFAULT_SECONDS 1.0

enum { OPTION_STREAMS = PW_RUN_OWN, OPTION_SECONDS, OPTION_JSON };

static const struct pw_command_option options[] = {
  PW_RUN_SCENARIO_OPTIONS,
  {OPTION_SECONDS, "seconds", "N", "how long each of the passes takes; default: 1"},
  {OPTION_STREAMS, "streams", "N", "so many streams in each pass, however long that takes"},
  {OPTION_JSON, "json", NULL, "one JSON document"},
  {0, NULL, NULL, NULL},
};

struct bench {
  struct pw_run_options  options;
  struct pw_run_setup    setup;
  struct pw_bench_amount amount;
  bool                   json;
};

static bool
read_own(void *data, const struct pw_run_given *given, struct pw_error *error)
{
  struct bench *bench = data;
  switch (given->id) {
  case OPTION_SECONDS:
    return pw_run_read_seconds(given, &bench->amount.nanoseconds, error);
  case OPTION_STREAMS:
    return pw_run_read_number(given, UINT64_C(1000000000000), &bench->amount.streams, error) &&
           (bench->amount.streams > 0 || pw_error_set(error, PW_ERROR_ARGUMENT, "--streams 0: give at least 1"));
  default:
    bench->json = true;
    return true;
  }
}

static void
report(const struct bench *bench, const struct pw_bench_figures *figures, size_t count)
{
  struct pw_bench_report all = {.options = &bench->options, .figures = figures, .count = count};
  if (bench->json) {
    pw_bench_print_json(stdout, &all);
  } else {
    pw_bench_print(stdout, &all);
  }
}

static int
bench_one(struct bench *bench)
{
  struct pw_bench_figures *figures = calloc(1, sizeof(*figures));
  struct pw_error          memory  = {PW_ERROR_MEMORY, "no memory for the figures"};
  int                      exit    = PW_EXIT_OK;
  if (figures == NULL) {
    return pw_command_failure(bench->setup.line, &memory);
  }
  if (pw_bench_measure(&bench->setup, bench->amount, figures)) {
    report(bench, figures, 1);
  } else {
    exit = pw_command_failure(bench->setup.line, &figures->error);
  }
  pw_bench_figures_clear(figures);
  free(figures);
  return exit;
}

/* On every engine that can be used here. It fails if none can measure, and tells in the table which cannot. */
static int
bench_all(struct bench *bench)
{
  const char *const       *names   = pw_engine_names();
  struct pw_error          memory  = {PW_ERROR_MEMORY, "no memory for the figures"};
  struct pw_bench_figures *figures = NULL;
  size_t                   count   = 0;
  size_t                   good    = 0;
  while (names[count] != NULL) {
    count++;
  }
  figures = calloc(count, sizeof(*figures));
  if (figures == NULL) {
    return pw_command_failure(bench->setup.line, &memory);
  }
  for (size_t i = 0; i < count; i++) {
    for (size_t k = 0; k < bench->setup.plugin_count; k++) {
      bench->setup.plugins[k].config.engine = names[i];
    }
    figures[i].engine = names[i];
    good += pw_bench_measure(&bench->setup, bench->amount, &figures[i]);
    if (figures[i].error.code != PW_ERROR_NONE) {
      figures[i].engine = names[i];
    }
  }
  report(bench, figures, count);
  for (size_t i = 0; i < count; i++) {
    pw_bench_figures_clear(&figures[i]);
  }
  free(figures);
  return good > 0 ? PW_EXIT_OK : PW_EXIT_FAILED;
}

static int
run_command(struct pw_command_line *line)
{
  struct bench bench = {.amount = {.nanoseconds = (uint64_t)(DEFAULT_SECONDS * 1e9)}};
  int          exit  = pw_run_options_read(line, &bench.options, read_own, &bench);
  bool         all   = false;
  bench.setup        = (struct pw_run_setup){.line = line, .options = &bench.options};
  if (exit < 0) {
    all = bench.options.plugin.engine != NULL && strcmp(bench.options.plugin.engine, "all") == 0;
    /* The module is read once, here, so that reading is in no figure but of a file that is in memory. */
    exit = pw_run_setup_plugins(&bench.setup);
  }
  for (size_t i = 0; exit < 0 && i < bench.setup.plugin_count; i++) {
    struct pw_run_plugin *plugin = &bench.setup.plugins[i];
    exit                         = pw_command_read_module(line, plugin->file, &plugin->code) ? -1 : PW_EXIT_FAILED;
  }
  if (exit < 0) {
    pw_repeat_prepare(&bench.setup);
    exit = all ? bench_all(&bench) : bench_one(&bench);
  }
  pw_run_setup_clear(&bench.setup);
  pw_run_options_clear(&bench.options);
  return exit;
}

const struct pw_command pw_command_bench = {
  .name      = "bench",
  .summary   = "measure what a module costs",
  .arguments = "[MODULE]",
  .description =
    "Lets a module (or, with --config, a chain of them) meet the same HTTP transaction over and over in a\n"
    "simulated proxy, and says what a stream, each callback and each hostcall takes, what starting takes, and how\n"
    "memory grows. --engine all compares the engines that are installed.",
  .options = options,
  .minimum = 0,
  .maximum = 1,
  .run     = run_command,
};
