/* SPDX-License-Identifier: Apache-2.0 */
/* `proxywasm bench`: what a module costs. */
#include "cli/bench/bench.h"

#include <stdlib.h>

#include "cli/command.h"
#include "cli/suite/suite_repeat.h"
#include "config/config.h"

#define DEFAULT_SECONDS 1.0

enum { OPTION_STREAMS = PW_RUN_OWN, OPTION_SECONDS, OPTION_FILTER, OPTION_JSON };

static const struct pw_command_option options[] = {
  PW_RUN_SCENARIO_OPTIONS,
  {OPTION_SECONDS, "seconds", "N", "how long each of the passes takes; default: 1"},
  {OPTION_STREAMS, "streams", "N", "so many streams in each pass, however long that takes"},
  {OPTION_FILTER, "filter", "TEXT", "of a suite, only tests whose name contains TEXT (see 'proxywasm test')"},
  {OPTION_JSON, "json", NULL, "one JSON document"},
  {0, NULL, NULL, NULL},
};

struct bench {
  struct pw_run_options  options;
  struct pw_run_setup    setup;
  struct pw_scenario     scenario;
  struct pw_bench_amount amount;
  const char            *filter;
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
  case OPTION_FILTER:
    bench->filter = given->argument;
    return true;
  default:
    bench->json = true;
    return true;
  }
}

static void
report(const struct bench *bench, const char *suite, const struct pw_bench_figures *figures, size_t count)
{
  struct pw_bench_report all = {.suite = suite, .figures = figures, .count = count};
  if (bench->json) {
    pw_bench_print_json(stdout, &all);
  } else {
    pw_bench_print(stdout, &all);
  }
}

static bool
measure(struct bench *bench, struct pw_bench_figures *figures)
{
  return pw_bench_measure_start(&bench->setup, figures) && pw_bench_measure(&bench->scenario, bench->amount, figures);
}

/* Nothing was measured: `figures` have the reason, which a reader of JSON gets as well. */
static int
fail(const struct bench *bench, const struct pw_bench_figures *figures)
{
  if (bench->json) {
    report(bench, NULL, figures, 1);
  }
  return pw_command_failure(bench->setup.line, &figures->error);
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
  if (measure(bench, figures)) {
    report(bench, NULL, figures, 1);
  } else {
    exit = fail(bench, figures);
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
    good += measure(bench, &figures[i]);
    if (figures[i].error.code != PW_ERROR_NONE) {
      figures[i].engine = names[i];
    }
  }
  report(bench, NULL, figures, count);
  for (size_t i = 0; i < count; i++) {
    pw_bench_figures_clear(&figures[i]);
  }
  free(figures);
  return good > 0 ? PW_EXIT_OK : PW_EXIT_FAILED;
}

/* ----------------------------------------------------------------------------------------------------------- suites */

static bool
is_suite(const char *file)
{
  const char *dot = file != NULL ? strrchr(file, '.') : NULL;
  return dot != NULL && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

/* Each test that is wanted. It fails if none can be measured, and tells in the table which cannot. */
static int
bench_tests(struct bench *bench, struct pw_suite_repeat *repeat)
{
  const struct pw_suite   *suite   = repeat->suite;
  struct pw_bench_figures *figures = calloc(suite->test.count + 1, sizeof(*figures));
  size_t                   count   = 0;
  size_t                   good    = 0;
  for (size_t i = 0; figures != NULL && i < suite->test.count; i++) {
    repeat->test = pw_suite_test_at(suite, i);
    if (pw_suite_is_wanted(repeat->test, bench->filter)) {
      struct pw_scenario scenario = pw_suite_scenario(repeat);
      figures[count].test         = repeat->test->name.data;
      good += pw_bench_measure(&scenario, bench->amount, &figures[count++]);
    }
  }
  if (figures == NULL) {
    return PW_EXIT_FAILED;
  }
  if (count == 0) {
    free(figures);
    return pw_command_usage(bench->setup.line, "%s has no test that fits", suite->file);
  }
  report(bench, suite->file, figures, count);
  for (size_t i = 0; i < count; i++) {
    pw_bench_figures_clear(&figures[i]);
  }
  free(figures);
  return good > 0 ? PW_EXIT_OK : PW_EXIT_FAILED;
}

static int
bench_suite(struct bench *bench)
{
  struct pw_command_line *line  = bench->setup.line;
  struct pw_suite_options given = {.module          = line->count > 1 ? line->arguments[1] : NULL,
                                   .engine          = bench->options.plugin.engine,
                                   .cache_directory = pw_command_cache_directory(),
                                   .repeated        = true};
  struct pw_error         error = {0};
  if (bench->options.flags || pw_command_all_engines(given.engine)) {
    return pw_command_usage(line,
                            "of a suite's tests, the suite says what comes: beside it there are only --engine with "
                            "one engine, --filter, --seconds, --streams and --json");
  }
  struct pw_suite *suite = pw_suite_read(bench->options.module, &error);
  if (suite == NULL) {
    pw_command_failure(line, &error);
    return PW_EXIT_USAGE;
  }
  const struct pw_suite_test *without = pw_suite_without_module(suite, given.module);
  struct pw_suite_repeat      repeat  = {.suite = suite, .runner = pw_suite_runner_new(suite, &given)};
  int                         exit    = PW_EXIT_FAILED;
  if (without != NULL) {
    exit = pw_command_usage(line, "%s:%u: test '%s' has no module: give one", suite->file, without->line,
                            without->name.data);
  } else if (repeat.runner != NULL) {
    exit = bench_tests(bench, &repeat);
  }
  pw_suite_runner_delete(repeat.runner);
  pw_suite_free(suite);
  return exit;
}

/* ----------------------------------------------------------------------------------------------------------- whole */

/* Here, so that no figure has the disk in it. -1: all are read. */
static int
read_modules(struct bench *bench)
{
  struct pw_bench_figures none = {0};
  for (size_t i = 0; i < bench->setup.plugin_count; i++) {
    struct pw_run_plugin *plugin = &bench->setup.plugins[i];
    if (!pw_config_read_bytes(plugin->file, PW_COMMAND_MODULE_BYTES, &plugin->code, &none.error)) {
      return fail(bench, &none);
    }
  }
  return -1;
}

static int
bench_modules(struct bench *bench)
{
  int exit = pw_run_setup_plugins(&bench->setup);
  if (exit < 0) {
    exit = read_modules(bench);
  }
  if (exit >= 0) {
    return exit;
  }
  bench->scenario = pw_repeat_run(&bench->setup);
  return pw_command_all_engines(bench->options.plugin.engine) ? bench_all(bench) : bench_one(bench);
}

static int
run_command(struct pw_command_line *line)
{
  struct bench bench = {.amount = {.nanoseconds = (uint64_t)(DEFAULT_SECONDS * 1e9)}};
  int          exit  = pw_run_options_read(line, &bench.options, read_own, &bench);
  bench.setup        = (struct pw_run_setup){.line = line, .options = &bench.options};
  if (exit < 0 && !pw_command_engine(line, bench.options.plugin.engine, true)) {
    exit = line->exit;
  } else if (exit < 0 && is_suite(bench.options.module)) {
    exit = bench_suite(&bench);
  } else if (exit < 0 && (line->count > 1 || bench.filter != NULL)) {
    exit = pw_command_usage(line, line->count > 1 ? "a second module can only be given with a suite"
                                                  : "--filter chooses among the tests of a suite");
  } else if (exit < 0) {
    exit = bench_modules(&bench);
  }
  pw_run_setup_clear(&bench.setup);
  pw_run_options_clear(&bench.options);
  return exit;
}

const struct pw_command pw_command_bench = {
  .name      = "bench",
  .summary   = "measure what a module costs",
  .arguments = "[MODULE | SUITE.yaml [MODULE]]",
  .description =
    "Lets a module (or, with --config, a chain of them) meet the same HTTP transaction over and over in a\n"
    "simulated proxy, and says what a stream, each callback and each hostcall takes, what starting takes, and how\n"
    "memory grows. --engine all compares the engines that are installed. With a suite of scenarios, as for\n"
    "'proxywasm test', each of its tests is measured.",
  .options = options,
  .minimum = 0,
  .maximum = 2,
  .run     = run_command,
};
