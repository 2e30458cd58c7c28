/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/run/run_setup.h"

#include <libgen.h>
#include <stdlib.h>

#include "config/config.h"

/* The module of a plugin in a configuration file: beside that file, unless one was given on the command line. */
static char *
module_path(const struct pw_run_options *options, const struct pw_config_plugin *plugin)
{
  if (options->module != NULL) {
    return strdup(options->module);
  }
  char *copy = strdup(options->config_file);
  char *path = copy ? pw_config_path(dirname(copy), plugin->code_file) : NULL;
  free(copy);
  return path;
}

int
pw_run_setup_plugins(struct pw_run_setup *setup)
{
  const struct pw_run_options *options = setup->options;
  struct pw_error              error   = {0};
  size_t                       count   = 1;
  if (options->config_file != NULL) {
    setup->config = pw_config_read_file(options->config_file, &error);
    if (setup->config == NULL) {
      pw_command_failure(setup->line, &error);
      return PW_EXIT_USAGE;
    }
    count = setup->config->count;
    if (count != 1 && options->module != NULL) {
      return pw_command_usage(setup->line, "%s has %zu plugins: no module can be given beside it", options->config_file,
                              count);
    }
  }
  setup->plugins = calloc(count + 1, sizeof(*setup->plugins));
  for (size_t i = 0; setup->plugins != NULL && i < count; i++) {
    struct pw_run_plugin          *plugin = &setup->plugins[setup->plugin_count++];
    const struct pw_config_plugin *from   = setup->config ? &setup->config->plugins[i] : NULL;
    plugin->config                        = from ? from->plugin : options->plugin;
    plugin->file                          = from ? module_path(options, from) : strdup(options->module);
    if (options->plugin.engine != NULL) {
      plugin->config.engine = options->plugin.engine;
    }
    if (plugin->file == NULL) {
      break;
    }
  }
  if (setup->plugin_count != count || (count > 0 && setup->plugins[count - 1].file == NULL)) {
    pw_error_set(&error, PW_ERROR_MEMORY, "no memory for the plugins");
    return pw_command_failure(setup->line, &error);
  }
  return -1;
}

struct pw_simulator *
pw_run_setup_simulator(const struct pw_run_options *options, struct pw_simulator_options base, struct pw_error *error)
{
  base.time                      = options->time_seconds * 1000000000;
  base.seed                      = options->seed;
  base.system_random             = options->system_random;
  struct pw_simulator *simulator = pw_simulator_new(&base, error);
  bool                 done      = simulator != NULL;
  for (size_t i = 0; done && i < options->properties.count; i++) {
    const struct pw_field *property = &options->properties.items[i];
    done                            = pw_simulator_set_property(simulator, property->name, property->value) ||
           pw_error_set(error, PW_ERROR_MEMORY, "no memory for properties");
  }
  for (size_t i = 0; done && i < options->answer_count; i++) {
    const struct pw_run_answer *given  = &options->answers[i];
    struct pw_call_answer       answer = {.upstream = pw_view_of(given->upstream),
                                          .headers  = &given->message.headers,
                                          .body     = pw_bytes_view(&given->message.body),
                                          .trailers = &given->message.trailers};
    done =
      pw_simulator_answer_http(simulator, &answer) || pw_error_set(error, PW_ERROR_MEMORY, "no memory for answers");
  }
  if (!done) {
    pw_simulator_delete(simulator);
    return NULL;
  }
  return simulator;
}

bool
pw_run_setup_start(struct pw_run_setup *setup, struct pw_simulator *simulator)
{
  bool loaded = true;
  for (size_t i = 0; i < setup->plugin_count; i++) {
    struct pw_run_plugin *plugin = &setup->plugins[i];
    plugin->error                = (struct pw_error){0};
    plugin->instance             = NULL;
    if (plugin->code.size > 0 ||
        pw_config_read_bytes(plugin->file, PW_COMMAND_MODULE_BYTES, &plugin->code, &plugin->error)) {
      plugin->instance =
        pw_simulator_add_configured(simulator, &plugin->config, setup->config ? &setup->config->plugins[i] : NULL,
                                    pw_bytes_view(&plugin->code), plugin->file, &plugin->error);
      plugin->abi = plugin->instance ? pw_plugin_abi(pw_instance_plugin(plugin->instance)) : NULL;
    }
    loaded = loaded && plugin->instance != NULL;
  }
  return loaded;
}

struct pw_transaction *
pw_run_setup_transaction(const struct pw_run_options *options, struct pw_simulator *simulator, struct pw_error *error)
{
  struct pw_script script = {.request_headers   = &options->request.headers,
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
    pw_simulator_advance(simulator, options->advance_milliseconds * 1000000);
  }
  struct pw_transaction *transaction = pw_transaction_new(simulator, error);
  if (transaction != NULL) {
    pw_transaction_run(transaction, &script);
  }
  return transaction;
}

void
pw_run_setup_clear(struct pw_run_setup *setup)
{
  for (size_t i = 0; i < setup->plugin_count; i++) {
    free(setup->plugins[i].file);
    pw_bytes_clear(&setup->plugins[i].code);
  }
  free(setup->plugins);
  pw_config_free(setup->config);
  setup->config       = NULL;
  setup->plugins      = NULL;
  setup->plugin_count = 0;
}
