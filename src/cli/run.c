/* SPDX-License-Identifier: Apache-2.0 */
/* `proxywasm run`: a module meets one transaction, and what it does is shown. */
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/run_options.h"
#include "cli/run_report.h"
#include "config/config.h"

/** One run. */
struct run {
  struct pw_command_line *line;
  struct pw_run_options   options;
  struct pw_config       *config; /* NULL without --config */
  struct pw_run_plugin   *plugins;
  size_t                  plugin_count;
  struct pw_trace         trace;
  struct pw_simulator    *simulator;
  struct pw_transaction  *transaction;
};

/* The module of a plugin in a configuration file: beside that file, unless one was given on the command line. */
static char *
module_path(const struct run *run, const struct pw_config_plugin *plugin)
{
  if (run->options.module != NULL) {
    return strdup(run->options.module);
  }
  char *copy = strdup(run->options.config_file);
  char *path = copy ? pw_config_path(dirname(copy), plugin->code_file) : NULL;
  free(copy);
  return path;
}

/* Which plugins there are, and their modules' files. Answers -1, or what to exit with. */
static int
list_plugins(struct run *run)
{
  struct pw_error error = {0};
  size_t          count = 1;
  if (run->options.config_file != NULL) {
    run->config = pw_config_read_file(run->options.config_file, &error);
    if (run->config == NULL) {
      pw_command_failure(run->line, &error);
      return PW_EXIT_USAGE;
    }
    count = run->config->count;
    if (count != 1 && run->options.module != NULL) {
      return pw_command_usage(run->line, "%s has %zu plugins: no module can be given beside it",
                              run->options.config_file, count);
    }
  }
  run->plugins = calloc(count + 1, sizeof(*run->plugins));
  for (size_t i = 0; run->plugins != NULL && i < count; i++) {
    struct pw_run_plugin    *plugin = &run->plugins[run->plugin_count++];
    struct pw_config_plugin *from   = run->config ? &run->config->plugins[i] : NULL;
    if (from != NULL && run->options.plugin.engine != NULL) {
      from->plugin.engine = run->options.plugin.engine;
    }
    plugin->config = from ? &from->plugin : &run->options.plugin;
    plugin->file   = from ? module_path(run, from) : strdup(run->options.module);
    if (plugin->file == NULL) {
      break;
    }
  }
  if (run->plugin_count != count || (count > 0 && run->plugins[count - 1].file == NULL)) {
    pw_error_set(&error, PW_ERROR_MEMORY, "no memory for the plugins");
    return pw_command_failure(run->line, &error);
  }
  return -1;
}

static bool
prepare_simulator(struct run *run, struct pw_error *error)
{
  const struct pw_run_options *options   = &run->options;
  struct pw_simulator_options  simulator = {.trace           = &pw_trace_ops_tree,
                                            .trace_data      = &run->trace,
                                            .cache_directory = pw_command_cache_directory(),
                                            .time            = options->time_seconds * 1000000000,
                                            .seed            = options->seed,
                                            .system_random   = options->system_random};
  run->simulator                         = pw_simulator_new(&simulator, error);
  bool done                              = run->simulator != NULL;
  for (size_t i = 0; done && i < options->properties.count; i++) {
    const struct pw_field *property = &options->properties.items[i];
    done                            = pw_simulator_set_property(run->simulator, property->name, property->value) ||
           pw_error_set(error, PW_ERROR_MEMORY, "no memory for properties");
  }
  for (size_t i = 0; done && i < options->answer_count; i++) {
    const struct pw_run_answer *given  = &options->answers[i];
    struct pw_call_answer       answer = {.upstream = pw_view_of(given->upstream),
                                          .headers  = &given->message.headers,
                                          .body     = pw_bytes_view(&given->message.body),
                                          .trailers = &given->message.trailers};
    done                               = pw_simulator_answer_http(run->simulator, &answer) ||
           pw_error_set(error, PW_ERROR_MEMORY, "no memory for answers");
  }
  return done;
}

/* false: a plugin could not be loaded at all, and so there is nothing to run. */
static bool
start_plugins(struct run *run)
{
  bool loaded = true;
  for (size_t i = 0; i < run->plugin_count; i++) {
    struct pw_run_plugin *plugin = &run->plugins[i];
    struct pw_bytes       code   = {0};
    if (pw_command_read_module(run->line, plugin->file, &code)) {
      plugin->instance =
        pw_simulator_add_plugin(run->simulator, plugin->config, pw_bytes_view(&code), plugin->file, &plugin->error);
      plugin->abi = plugin->instance ? pw_plugin_abi(pw_instance_plugin(plugin->instance)) : NULL;
    } else {
      pw_error_set(&plugin->error, PW_ERROR_FILE, "%s: it cannot be read", plugin->file);
    }
    pw_bytes_clear(&code);
    loaded = loaded && plugin->instance != NULL;
  }
  return loaded;
}

static bool
run_transaction(struct run *run, struct pw_error *error)
{
  const struct pw_run_options *options = &run->options;
  struct pw_script             script  = {.request_headers   = &options->request.headers,
                                          .request_body      = pw_bytes_view(&options->request.body),
                                          .request_trailers  = &options->request.trailers,
                                          .response_headers  = options->no_response ? NULL : &options->response.headers,
                                          .response_body     = pw_bytes_view(&options->response.body),
                                          .response_trailers = &options->response.trailers,
                                          .request_metadata  = (size_t)options->request_metadata,
                                          .response_metadata = (size_t)options->response_metadata,
                                          .chunk_size        = (size_t)options->chunk_size,
                                          .wait_milliseconds = (uint32_t)options->wait_milliseconds};
  if (options->advance_milliseconds > 0) {
    pw_simulator_advance(run->simulator, options->advance_milliseconds * 1000000);
  }
  run->transaction = pw_transaction_new(run->simulator, error);
  if (run->transaction == NULL) {
    return false;
  }
  pw_transaction_run(run->transaction, &script);
  return true;
}

static void
report(struct run *run)
{
  struct pw_run_report report = {.options      = &run->options,
                                 .plugins      = run->plugins,
                                 .plugin_count = run->plugin_count,
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
  struct pw_error error = {0};
  int             exit  = list_plugins(run);
  if (exit >= 0) {
    return exit;
  }
  if (!prepare_simulator(run, &error) || (start_plugins(run) && !run_transaction(run, &error))) {
    return pw_command_failure(run->line, &error);
  }
  pw_simulator_stop(run->simulator);
  report(run);
  bool failed = run->trace.trapped;
  for (size_t i = 0; i < run->plugin_count; i++) {
    failed |= run->plugins[i].error.code != PW_ERROR_NONE;
  }
  return failed ? PW_EXIT_FAILED : PW_EXIT_OK;
}

static int
run_command(struct pw_command_line *line)
{
  struct run run  = {.line = line};
  int        exit = pw_run_options_read(line, &run.options);
  if (exit < 0) {
    exit = run_all(&run);
  }
  pw_simulator_delete(run.simulator);
  pw_trace_clear(&run.trace);
  for (size_t i = 0; i < run.plugin_count; i++) {
    free(run.plugins[i].file);
  }
  free(run.plugins);
  pw_config_free(run.config);
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
  .options = pw_run_command_options,
  .minimum = 0,
  .maximum = 1,
  .run     = run_command,
};
