/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/run/run_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool
add_answer(const struct pw_run_given *given, struct pw_run_options *options, struct pw_error *error)
{
  struct pw_view upstream;
  struct pw_view file;
  if (!pw_run_split(given, &upstream, &file, error)) {
    return false;
  }
  struct pw_run_answer *answers = realloc(options->answers, (options->answer_count + 1) * sizeof(*answers));
  if (answers == NULL) {
    return pw_run_no_memory(error);
  }
  options->answers             = answers;
  struct pw_run_answer *answer = &answers[options->answer_count++];
  *answer                      = (struct pw_run_answer){.owned = strndup(upstream.data, upstream.size)};
  if (answer->owned == NULL) {
    return pw_run_no_memory(error);
  }
  answer->upstream              = strcmp(answer->owned, "*") == 0 ? "" : answer->owned;
  struct pw_run_given only_file = {.name = given->name, .argument = file.data};
  return pw_run_read_message(&only_file, PW_HTTP_RESPONSE, &answer->message, error);
}

/* ----------------------------------------------------------------------------------------------------------- flags */

static bool
apply_message(const struct pw_run_given *given, struct pw_run_options *options, struct pw_error *error)
{
  struct pw_http_message *request  = &options->request;
  struct pw_http_message *response = &options->response;
  switch (given->id) {
  case PW_RUN_METHOD:
    return pw_run_set_pseudo(given, &request->headers, ":method", error);
  case PW_RUN_PATH:
    return pw_run_set_pseudo(given, &request->headers, ":path", error);
  case PW_RUN_HOST:
    return pw_run_set_pseudo(given, &request->headers, ":authority", error);
  case PW_RUN_SCHEME:
    return pw_run_set_pseudo(given, &request->headers, ":scheme", error);
  case PW_RUN_URL:
    return pw_run_set_url(given, &request->headers, error);
  case PW_RUN_HEADER:
    return pw_run_add_field(given, &request->headers, error);
  case PW_RUN_BODY:
    return pw_run_read_text(given->argument, &request->body, error);
  case PW_RUN_TRAILER:
    return pw_run_add_field(given, &request->trailers, error);
  case PW_RUN_RESPONSE_STATUS:
    return pw_run_set_status(given, &response->headers, error);
  case PW_RUN_RESPONSE_HEADER:
    return pw_run_add_field(given, &response->headers, error);
  case PW_RUN_RESPONSE_BODY:
    return pw_run_read_text(given->argument, &response->body, error);
  case PW_RUN_RESPONSE_TRAILER:
    return pw_run_add_field(given, &response->trailers, error);
  default:
    return true;
  }
}

static bool
apply_plugin(const struct pw_run_given *given, struct pw_run_options *options, struct pw_error *error)
{
  struct pw_plugin_config *plugin = &options->plugin;
  struct pw_view           name;
  struct pw_view           value;
  switch (given->id) {
  case PW_RUN_CONFIGURATION:
    return pw_run_read_text(given->argument, &options->configuration, error);
  case PW_RUN_VM_CONFIGURATION:
    return pw_run_read_text(given->argument, &options->vm_configuration, error);
  case PW_RUN_NAME:
    plugin->name = pw_view_of(given->argument);
    return true;
  case PW_RUN_ROOT_ID:
    plugin->root_id = pw_view_of(given->argument);
    return true;
  case PW_RUN_VM_ID:
    plugin->vm_id = pw_view_of(given->argument);
    return true;
  case PW_RUN_ENV:
    return pw_run_split(given, &name, &value, error) &&
           (pw_pairs_add(&options->environment, name, value) || pw_run_no_memory(error));
  case PW_RUN_LOG_LEVEL:
    return pw_command_log_level(given->argument, &plugin->log_level) ||
           pw_error_set(error, PW_ERROR_ARGUMENT, "--log-level %s: give trace, debug, info, warn, error or critical",
                        given->argument);
  case PW_RUN_FAIL_OPEN:
    plugin->fail_open = true;
    return true;
  default:
    return true;
  }
}

static bool
set_color(const struct pw_run_given *given, bool *color, struct pw_error *error)
{
  bool always = strcmp(given->argument, "always") == 0;
  if (strcmp(given->argument, "auto") == 0) {
    return true;
  }
  if (!always && strcmp(given->argument, "never") != 0) {
    return pw_error_set(error, PW_ERROR_ARGUMENT, "--color %s: give auto, always or never", given->argument);
  }
  *color = always;
  return true;
}

static bool
apply_surroundings(const struct pw_run_given *given, struct pw_run_options *options, struct pw_error *error)
{
  const uint64_t day = 24u * 3600 * 1000;
  switch (given->id) {
  case PW_RUN_COLOR:
    return set_color(given, &options->color, error);
  case PW_RUN_PROPERTY:
  case PW_RUN_PROPERTY_INT:
  case PW_RUN_PROPERTY_BOOL:
    return pw_run_add_property(given, &options->properties, error);
  case PW_RUN_HTTP_ANSWER:
    return add_answer(given, options, error);
  case PW_RUN_METADATA:
    return pw_run_read_number(given, INT32_MAX, &options->request_metadata, error);
  case PW_RUN_RESPONSE_METADATA:
    return pw_run_read_number(given, INT32_MAX, &options->response_metadata, error);
  case PW_RUN_CHUNK_SIZE:
    return pw_run_read_number(given, UINT32_MAX, &options->chunk_size, error);
  case PW_RUN_ADVANCE:
    return pw_run_read_number(given, day, &options->advance_milliseconds, error);
  case PW_RUN_WAIT:
    return pw_run_read_number(given, day, &options->wait_milliseconds, error);
  case PW_RUN_TIME:
    return pw_run_read_number(given, UINT32_MAX, &options->time_seconds, error);
  case PW_RUN_SEED:
    return pw_run_read_number(given, UINT64_MAX, &options->seed, error);
  default:
    return true;
  }
}

/* Flags that only say yes, or give a name. */
static void
apply_simple(const struct pw_run_given *given, struct pw_run_options *options)
{
  switch (given->id) {
  case PW_RUN_NO_RESPONSE:
    options->no_response = true;
    break;
  case PW_RUN_CONFIG:
    options->config_file = given->argument;
    break;
  case PW_RUN_ENGINE:
    options->plugin.engine = given->argument;
    break;
  case PW_RUN_SYSTEM_RANDOM:
    options->system_random = true;
    break;
  case PW_RUN_JSON:
    options->json = true;
    break;
  case PW_RUN_QUIET:
    options->quiet = true;
    break;
  case PW_RUN_FULL:
    options->full = true;
    break;
  default:
    break;
  }
}

static bool
apply(const struct pw_run_given *given, struct pw_run_options *options, struct pw_error *error)
{
  bool about_plugin = given->id >= PW_RUN_CONFIGURATION && given->id <= PW_RUN_FAIL_OPEN;
  options->plugin_flags |= about_plugin;
  options->flags |= given->id != PW_RUN_ENGINE;
  apply_simple(given, options);
  return apply_message(given, options, error) && apply_plugin(given, options, error) &&
         apply_surroundings(given, options, error);
}

/* ----------------------------------------------------------------------------------------------------------- whole */

static bool
color_by_default(void)
{
  const char *terminal = getenv("TERM");
  return isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL && terminal != NULL && strcmp(terminal, "dumb") != 0;
}

static bool
set_defaults(struct pw_run_options *options, struct pw_error *error)
{
  static const char *const request[][2] = {
    {":method", "GET"}, {":scheme", "http"}, {":authority", "localhost"}, {":path", "/"}};
  options->color            = color_by_default();
  options->plugin.log_level = PW_LOG_INFO;
  for (size_t i = 0; i < sizeof(request) / sizeof(request[0]); i++) {
    if (!pw_fields_add(&options->request.headers, pw_view_of(request[i][0]), pw_view_of(request[i][1]))) {
      return pw_run_no_memory(error);
    }
  }
  return pw_fields_add(&options->response.headers, pw_view_of(":status"), pw_view_of("200")) || pw_run_no_memory(error);
}

/* Messages from files come first, whatever the order: other flags change them. */
static bool
apply_files(const struct pw_run_given *given, size_t count, struct pw_run_options *options, struct pw_error *error)
{
  for (size_t i = 0; i < count; i++) {
    if ((given[i].id == PW_RUN_REQUEST && !pw_run_read_message(&given[i], PW_HTTP_REQUEST, &options->request, error)) ||
        (given[i].id == PW_RUN_RESPONSE &&
         !pw_run_read_message(&given[i], PW_HTTP_RESPONSE, &options->response, error))) {
      return false;
    }
  }
  return true;
}

/* A Content-Length that is there is made right; one is added where a body needs it. */
static bool
set_length(struct pw_http_message *message)
{
  struct pw_view name = pw_view_of("content-length");
  char           number[24];
  bool           has = pw_fields_find(&message->headers, name) != NULL;
  if (message->body.size == 0 || (!has && (pw_fields_find(&message->headers, pw_view_of("transfer-encoding")) != NULL ||
                                           message->trailers.count > 0))) {
    return true;
  }
  snprintf(number, sizeof(number), "%zu", message->body.size);
  return pw_fields_replace(&message->headers, name, pw_view_of(number));
}

/* A Host field from a file follows what other options made of ":authority". */
static bool
set_host(struct pw_fields *headers)
{
  struct pw_view         host      = pw_view_of("host");
  const struct pw_field *authority = pw_fields_find(headers, pw_view_of(":authority"));
  return authority == NULL || pw_fields_find(headers, host) == NULL ||
         pw_fields_replace(headers, host, authority->value);
}

/* An upstream that does not answer has no response to describe. */
static bool
expect_no_response(const struct pw_run_given *given, size_t count, struct pw_error *error)
{
  for (size_t i = 0; i < count; i++) {
    if (given[i].id >= PW_RUN_RESPONSE && given[i].id <= PW_RUN_RESPONSE_METADATA) {
      return pw_error_set(error, PW_ERROR_ARGUMENT, "--%s describes a response, and --no-response says there is none",
                          given[i].name);
    }
  }
  return true;
}

static bool
finish(const struct pw_run_given *given, size_t count, struct pw_run_options *options, struct pw_error *error)
{
  bool method = false;
  bool body   = false;
  for (size_t i = 0; i < count; i++) {
    method |= given[i].id == PW_RUN_METHOD || given[i].id == PW_RUN_REQUEST;
    body |= given[i].id == PW_RUN_BODY;
  }
  if (body && !method && !pw_fields_replace(&options->request.headers, pw_view_of(":method"), pw_view_of("POST"))) {
    return pw_run_no_memory(error);
  }
  options->plugin.configuration     = pw_bytes_view(&options->configuration);
  options->plugin.vm_configuration  = pw_bytes_view(&options->vm_configuration);
  options->plugin.environment       = options->environment.items;
  options->plugin.environment_count = options->environment.count;
  if (options->module == NULL && options->config_file == NULL) {
    return pw_error_set(error, PW_ERROR_ARGUMENT, "no module is given");
  }
  if (options->config_file != NULL && options->plugin_flags) {
    return pw_error_set(error, PW_ERROR_ARGUMENT,
                        "--config already describes the plugin: --configuration, --name and their like cannot be "
                        "given with it");
  }
  if (options->no_response && !expect_no_response(given, count, error)) {
    return false;
  }
  return (set_host(&options->request.headers) && set_length(&options->request) && set_length(&options->response)) ||
         pw_run_no_memory(error);
}

/* Reads the command line as it stands: what it means is seen to afterwards. The result is to be freed. */
static struct pw_run_given *
collect(struct pw_command_line *line, size_t *count)
{
  struct pw_run_given *given = calloc((size_t)line->argc + 1, sizeof(*given));
  int                  id    = 0;
  *count                     = 0;
  while (given != NULL && (id = pw_command_next(line)) > 0) {
    const struct pw_command_option *option = line->command->options;
    while (option->id != id) {
      option++;
    }
    given[(*count)++] = (struct pw_run_given){id, option->name, line->option_argument};
  }
  if (id < 0) {
    free(given);
    return NULL;
  }
  return given;
}

int
pw_run_options_read(struct pw_command_line *line, struct pw_run_options *options, pw_run_own_option own, void *data)
{
  struct pw_error error = {0};
  size_t          count;
  *options                   = (struct pw_run_options){0};
  line->exit                 = PW_EXIT_FAILED;
  struct pw_run_given *given = collect(line, &count);
  if (given == NULL) {
    return line->exit;
  }
  options->module = line->count > 0 ? line->arguments[0] : NULL;
  bool done       = set_defaults(options, &error) && apply_files(given, count, options, &error);
  for (size_t i = 0; done && i < count; i++) {
    done = given[i].id < PW_RUN_OWN ? apply(&given[i], options, &error) : own(data, &given[i], &error);
  }
  done = done && finish(given, count, options, &error);
  free(given);
  return done ? -1 : pw_command_usage(line, "%s", error.message);
}

void
pw_run_options_clear(struct pw_run_options *options)
{
  pw_bytes_clear(&options->configuration);
  pw_bytes_clear(&options->vm_configuration);
  pw_pairs_clear(&options->environment);
  pw_http_message_clear(&options->request);
  pw_http_message_clear(&options->response);
  pw_fields_clear(&options->properties);
  for (size_t i = 0; i < options->answer_count; i++) {
    free(options->answers[i].owned);
    pw_http_message_clear(&options->answers[i].message);
  }
  free(options->answers);
  *options = (struct pw_run_options){0};
}
