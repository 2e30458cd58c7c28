/* SPDX-License-Identifier: Apache-2.0 */
/* `proxywasm run`: a module meets one transaction, and what it does is shown. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/run/run_profile.h"
#include "cli/run/run_report.h"

static const struct pw_command_option command_options[] = {
  PW_RUN_SCENARIO_OPTIONS,
  PW_RUN_PROFILE_OPTIONS,
  {PW_RUN_JSON, "json", NULL, "one JSON document"},
  {PW_RUN_QUIET, "quiet", NULL, "the outcome only, no callbacks and hostcalls"},
  {PW_RUN_FULL, "full", NULL, "long values whole"},
  {PW_RUN_COLOR, "color", "WHEN", "auto (default: on a terminal), always, never"},
  {0, NULL, NULL, NULL},
};

/** One run. */
struct run {
  struct pw_run_options         options;
  struct pw_run_profile_options profile;
  bool                          profiled;
  struct pw_run_setup           setup;
  struct pw_trace               trace;
  struct pw_simulator          *simulator;
  struct pw_transaction        *transaction;
};

static void
report(struct run *run)
{
  struct pw_run_report report = {.options      = &run->options,
                                 .plugins      = run->setup.plugins,
                                 .plugin_count = run->setup.plugin_count,
                                 .simulator    = run->simulator,
                                 .host         = pw_simulator_host(run->simulator),
                                 .trace        = &run->trace,
                                 .transaction  = run->transaction};
  if (run->options.json) {
    pw_run_print_json(stdout, &report);
  } else {
    pw_run_print(stdout, &report);
  }
}

static int
run_all(struct run *run)
{
  struct pw_simulator_options options = {
    .trace = &pw_trace_ops_tree, .trace_data = &run->trace, .cache_directory = pw_command_cache_directory()};
  struct pw_error error = {0};
  int             exit  = pw_run_setup_plugins(&run->setup);
  if (exit >= 0) {
    return exit;
  }
  run->simulator = pw_run_setup_simulator(&run->options, options, &error);
  if (run->simulator == NULL) {
    return pw_command_failure(run->setup.line, &error);
  }
  if (pw_run_setup_start(&run->setup, run->simulator)) {
    run->transaction = pw_run_setup_transaction(&run->options, run->simulator, &error);
    if (run->transaction == NULL) {
      return pw_command_failure(run->setup.line, &error);
    }
  }
  pw_simulator_stop(run->simulator);
  report(run);
  bool failed = run->trace.trapped;
  for (size_t i = 0; i < run->setup.plugin_count; i++) {
    failed |= run->setup.plugins[i].error.code != PW_ERROR_NONE;
  }
  if (run->profiled && failed) {
    fprintf(stderr, "proxywasm run: there is no profile of a module that does not start, or traps\n");
  } else if (run->profiled) {
    failed = !pw_run_profile(&run->profile, &run->setup, &error);
    return failed ? pw_command_failure(run->setup.line, &error) : PW_EXIT_OK;
  }
  return failed ? PW_EXIT_FAILED : PW_EXIT_OK;
}

static int
run_command(struct pw_command_line *line)
{
  struct run      run   = {0};
  struct pw_error error = {0};
  int             exit  = pw_run_options_read(line, &run.options, pw_run_profile_option, &run.profile);
  if (exit < 0 && !pw_command_engine(line, run.options.plugin.engine, false)) {
    exit = line->exit;
  }
  if (exit < 0 && !pw_run_profile_check(&run.profile, run.options.json, &run.profiled, &error)) {
    exit = pw_command_usage(line, "%s", error.message);
  }
  run.setup = (struct pw_run_setup){.line = line, .options = &run.options};
  if (exit < 0) {
    exit = run_all(&run);
  }
  pw_simulator_delete(run.simulator);
  pw_trace_clear(&run.trace);
  pw_run_setup_clear(&run.setup);
  pw_run_options_clear(&run.options);
  return exit;
}

const struct pw_command pw_command_run = {
  .name      = "run",
  .summary   = "let a module meet a request, and show what it does",
  .arguments = "[MODULE]",
  .description =
    "Lets a module (or, with --config, a chain of them) meet one HTTP transaction in a simulated proxy, and\n"
    "shows each callback, each hostcall, and what the upstream and the client get.",
  .options = command_options,
  .minimum = 0,
  .maximum = 1,
  .run     = run_command,
};
