/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/suite/suite_setup.h"

#include <stdlib.h>

#include "cli/bench/repeat.h"
#include "cli/command.h"
#include "cli/suite/suite_input.h"

/* Tests that log a lot are not to lose lines. */
#define LOG_LINES_PER_SECOND 100000000

static const struct pw_bytes *
read_once(struct pw_suite_runner *runner, const char *path, struct pw_error *error)
{
  for (struct pw_suite_file *file = runner->files; file; file = file->next) {
    if (strcmp(file->path, path) == 0) {
      return &file->content;
    }
  }
  struct pw_suite_file *file = calloc(1, sizeof(*file));
  if (file) {
    file->path = strdup(path);
  }
  if (!file || !file->path) {
    free(file);
    pw_error_set(error, PW_ERROR_MEMORY, "%s: out of memory", path);
    return NULL;
  }
  if (!pw_config_read_bytes(path, PW_COMMAND_MODULE_BYTES, &file->content, error)) {
    free(file->path);
    free(file);
    return NULL;
  }
  file->next    = runner->files;
  runner->files = file;
  return &file->content;
}

/* --------------------------------------------------------------------------------------------------------- plugins */

/* The plugins of a test: its own, or those of the suite, or one with nothing but defaults. */
static const struct pw_config_draft *
drafts_of(const struct pw_suite *suite, const struct pw_suite_test *test, size_t *count)
{
  const struct pw_suite_setting *setting =
    test->setting.plugin_given || test->setting.plugins_given ? &test->setting : &suite->env.setting;
  if (setting->plugins_given) {
    *count = setting->plugins.count;
    return setting->plugins.items;
  }
  *count = 1;
  return &setting->plugin; /* has the defaults if it was not given */
}

const struct pw_suite_test *
pw_suite_without_module(const struct pw_suite *suite, const char *module)
{
  for (size_t i = 0; i < suite->test.count && !module && !suite->env.wasm_path; i++) {
    size_t                        count;
    const struct pw_config_draft *drafts = drafts_of(suite, pw_suite_test_at(suite, i), &count);
    for (size_t j = 0; j < count; j++) {
      if (!drafts[j].plugin.code_file) {
        return pw_suite_test_at(suite, i);
      }
    }
  }
  return NULL;
}

static char *
module_path(const struct pw_suite_runner *runner, const struct pw_config_draft *draft)
{
  if (draft->plugin.code_file) {
    return pw_suite_path(runner->suite, draft->plugin.code_file, true);
  }
  if (runner->options->module) {
    return strdup(runner->options->module);
  }
  return pw_suite_path(runner->suite, runner->suite->env.wasm_path, true);
}

/* The configuration that a file gives. */
static bool
take_configuration(struct pw_suite_runner *runner, const struct pw_config_draft *draft, struct pw_plugin_config *config,
                   struct pw_error *error)
{
  const char *own = runner->options->config_file, *of_suite = runner->suite->env.config_path;
  if (!own && (draft->configuration_given || !of_suite)) {
    return true;
  }
  char                  *path    = own ? strdup(own) : pw_suite_path(runner->suite, of_suite, true);
  const struct pw_bytes *content = path ? read_once(runner, path, error) : NULL;
  free(path);
  if (content) {
    config->configuration = pw_bytes_view(content);
  }
  return content != NULL;
}

static enum pw_log_level
log_level(const struct pw_suite_runner *runner, const struct pw_config_draft *draft)
{
  if (runner->options->log_level) {
    return *runner->options->log_level;
  }
  const struct pw_suite_env *env = &runner->suite->env;
  return env->log_level_given && !draft->log_level_given ? (enum pw_log_level)env->log_level
                                                         : draft->plugin.plugin.log_level;
}

static struct pw_instance *
add_plugin(struct pw_suite_runner *runner, const struct pw_config_draft *draft, struct pw_simulator *simulator,
           struct pw_error *error)
{
  struct pw_plugin_config config   = draft->plugin.plugin;
  struct pw_instance     *instance = NULL;
  char                   *path     = module_path(runner, draft);
  config.log_level                 = log_level(runner, draft);
  config.engine                    = config.engine ? config.engine : runner->options->engine;
  if (config.limits.log_lines_per_second == 0) {
    config.limits.log_lines_per_second = LOG_LINES_PER_SECOND;
  }
  if (runner->options->repeated) {
    pw_repeat_loosen(&config.limits);
  }
  const struct pw_bytes *code = path ? read_once(runner, path, error) : NULL;
  if (code && take_configuration(runner, draft, &config, error)) {
    instance = pw_simulator_add_plugin(simulator, &config, pw_bytes_view(code), path, error);
  }
  free(path);
  return instance;
}

void
pw_suite_add_plugins(struct pw_suite_runner *runner, const struct pw_suite_test *test, struct pw_simulator *simulator,
                     bool *refused, struct pw_error *error)
{
  size_t                        count;
  const struct pw_config_draft *drafts = drafts_of(runner->suite, test, &count);
  *refused                             = false;
  for (size_t i = 0; i < count && !*refused; i++) {
    struct pw_error problem = {0};
    *refused                = add_plugin(runner, &drafts[i], simulator, &problem) == NULL;
    if (problem.code != PW_ERROR_NONE && error->code == PW_ERROR_NONE) {
      *error = problem;
    }
  }
}

/* ------------------------------------------------------------------------------------------------------- simulator */

static void
write_log(void *data, const struct pw_plugin *plugin, enum pw_log_level level, struct pw_view text)
{
  const struct pw_suite_runner *runner = data;
  (void)plugin;
  fprintf(runner->options->log, "[%s] ", pw_log_level_name((int)level));
  fwrite(text.data, 1, text.size, runner->options->log);
  fputc('\n', runner->options->log);
  fflush(runner->options->log);
}

static uint64_t
time_of(const struct pw_suite *suite, const struct pw_suite_test *test)
{
  uint64_t seconds = test->setting.time_secs ? test->setting.time_secs : suite->env.setting.time_secs;
  return seconds ? seconds * 1000000000 : PW_SUITE_TIME;
}

struct pw_simulator_options
pw_suite_simulator_options(struct pw_suite_runner *runner)
{
  const struct pw_suite_options *own = runner->options;
  return (struct pw_simulator_options){.trace           = own->trace,
                                       .trace_data      = own->trace_data,
                                       .cache_directory = own->cache_directory,
                                       .log             = own->log ? write_log : NULL,
                                       .log_data        = runner};
}

struct pw_simulator *
pw_suite_simulator(struct pw_suite_runner *runner, const struct pw_suite_test *test, struct pw_simulator_options base,
                   struct pw_error *error)
{
  base.time                                 = time_of(runner->suite, test);
  struct pw_simulator            *simulator = pw_simulator_new(&base, error);
  const struct pw_schema_list    *functions = test->setting.foreign_function_given
                                                ? &test->setting.foreign_function
                                                : &runner->suite->env.setting.foreign_function;
  const struct pw_suite_function *items     = functions->items;
  for (size_t i = 0; simulator && i < functions->count; i++) {
    if (!pw_simulator_foreign_function(simulator, items[i].name ? items[i].name : "", (enum pw_status)items[i].status,
                                       items[i].result, items[i].echo, error)) {
      pw_simulator_delete(simulator);
      simulator = NULL;
    }
  }
  return simulator;
}

/* --------------------------------------------------------------------------------------------------------- answers */

static bool
set_property(const struct pw_suite_property *property, struct pw_simulator *simulator, struct pw_error *error)
{
  struct pw_bytes bytes = {0};
  bool            set   = pw_suite_property_value(property, &bytes) == NULL &&
             pw_simulator_set_property(simulator, property->path, pw_bytes_view(&bytes));
  pw_bytes_clear(&bytes);
  return set || pw_error_set(error, PW_ERROR_MEMORY, "out of memory for a property");
}

static bool
is_answered(const struct pw_suite_answer *answer)
{
  return !answer->fail && !answer->refuse_given;
}

/* Headers (or initial metadata) and body of an answer. An HTTP answer that names no status is a 200. */
static bool
read_answer(const struct pw_suite *suite, const struct pw_suite_answer *answer, bool grpc, struct pw_fields *headers,
            struct pw_bytes *body, struct pw_error *error)
{
  if (!is_answered(answer)) {
    return true;
  }
  struct pw_view status = pw_view_of(":status");
  if (!pw_suite_input_headers(suite, &answer->input, PW_HTTP_RESPONSE, headers, body, error)) {
    return false;
  }
  bool done = grpc || pw_fields_find(headers, status) || pw_fields_add(headers, status, pw_view_of("200"));
  if (done && answer->body.size > 0) {
    pw_bytes_clear(body);
    done = pw_bytes_append(body, answer->body.data, answer->body.size);
  }
  return done || pw_error_set(error, PW_ERROR_MEMORY, "out of memory for an answer");
}

static bool
add_answer(const struct pw_suite *suite, const struct pw_suite_answer *from, bool grpc, struct pw_simulator *simulator,
           struct pw_error *error)
{
  struct pw_fields headers = {0}, trailers = {0};
  struct pw_bytes  body = {0};
  bool             done = read_answer(suite, from, grpc, &headers, &body, error);
  if (done) {
    struct pw_call_answer answer = {.upstream           = from->upstream,
                                    .authority          = from->authority,
                                    .path               = from->path,
                                    .headers            = &headers,
                                    .body               = pw_bytes_view(&body),
                                    .messages           = from->message.items,
                                    .message_count      = from->message.count,
                                    .trailers           = &trailers,
                                    .status             = from->status,
                                    .status_message     = from->status_message,
                                    .delay_milliseconds = from->delay,
                                    .refuse = from->refuse_given ? (enum pw_status)from->refuse : PW_STATUS_OK};
    done                         = pw_suite_fields(&from->trailer, &trailers) &&
           (grpc ? pw_simulator_answer_grpc(simulator, &answer) : pw_simulator_answer_http(simulator, &answer));
    if (!done) {
      pw_error_set(error, PW_ERROR_MEMORY, "out of memory for an answer");
    }
  }
  pw_fields_clear(&headers);
  pw_fields_clear(&trailers);
  pw_bytes_clear(&body);
  return done;
}

bool
pw_suite_prepare(const struct pw_suite *suite, const struct pw_suite_test *test, struct pw_simulator *simulator,
                 struct pw_error *error)
{
  const struct pw_suite_property *properties = test->properties.items;
  const struct pw_suite_answer   *http = test->http_answer.items, *grpc = test->grpc_answer.items;
  bool                            done = true;
  for (size_t i = 0; done && i < test->properties.count; i++) {
    done = set_property(&properties[i], simulator, error);
  }
  for (size_t i = 0; done && i < test->http_answer.count; i++) {
    done = add_answer(suite, &http[i], false, simulator, error);
  }
  for (size_t i = 0; done && i < test->grpc_answer.count; i++) {
    done = add_answer(suite, &grpc[i], true, simulator, error);
  }
  return done;
}
