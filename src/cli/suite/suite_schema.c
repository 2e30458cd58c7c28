/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of a scenario suite. */
#include "cli/suite/suite_keys.h"

static const struct pw_schema_choice directions[] = {{"request", PW_STREAM_HTTP_REQUEST},
                                                     {"response", PW_STREAM_HTTP_RESPONSE},
                                                     {"downstream", PW_STREAM_DOWNSTREAM},
                                                     {"upstream", PW_STREAM_UPSTREAM},
                                                     {NULL, 0}};

static const struct pw_schema_choice peers[] = {
  {"unknown", PW_PEER_UNKNOWN}, {"local", PW_PEER_LOCAL}, {"remote", PW_PEER_REMOTE}, {NULL, 0}};

/* The numbers are the other runner's own, for suites that use them. */
static const struct pw_schema_choice log_levels[] = {
  {"TRACE", PW_LOG_TRACE}, {"DEBUG", PW_LOG_DEBUG},       {"INFO", PW_LOG_INFO},      {"WARN", PW_LOG_WARN},
  {"ERROR", PW_LOG_ERROR}, {"CRITICAL", PW_LOG_CRITICAL}, {"UNDEFINED", PW_LOG_INFO}, {NULL, 0},
};

static const struct pw_schema_choice property_types[] = {
  {"string", PW_SUITE_PROPERTY_STRING}, {"int", PW_SUITE_PROPERTY_INT},   {"uint", PW_SUITE_PROPERTY_UINT},
  {"double", PW_SUITE_PROPERTY_DOUBLE}, {"bool", PW_SUITE_PROPERTY_BOOL}, {NULL, 0},
};

#define INPUT_KEYS(prefix)                                                                                             \
  {"header", .type = PW_SCHEMA_LIST, .offset = (prefix) + OFFSET(input, header), .mapping = &pw_suite_header_schema,   \
   .meaning = "Headers, pseudo-headers among them."},                                                                  \
    {"content", .type = PW_SCHEMA_BYTES, .offset = (prefix) + OFFSET(input, content),                                  \
     .given = (prefix) + OFFSET(input, content_given), .meaning = "Headers as HTTP/1 text, or the body."},             \
    {"file", .type = PW_SCHEMA_STRING, .offset = (prefix) + OFFSET(input, file), .meaning = "The same from a file."},  \
  {                                                                                                                    \
    "repeat", .type = PW_SCHEMA_BOOLEAN, .offset = (prefix) + OFFSET(input, repeat), .preset = "false",                \
              .meaning = "Headers of one name stay apart."                                                             \
  }

static const struct pw_schema_key input_keys[] = {
  INPUT_KEYS(0),
  {"end_of_stream", .type = PW_SCHEMA_BOOLEAN, .offset = OFFSET(input, end_of_stream),
   .given = OFFSET(input, end_of_stream_given), .meaning = "Nothing follows."},
  {0},
};
static const struct pw_schema input_schema = {.keys = input_keys};

#define RESULT_KEY                                                                                                     \
  {                                                                                                                    \
    "result", .type = PW_SCHEMA_MAPPING, .offset = OFFSET(action, result), .mapping = &pw_suite_expectation_schema,    \
              .meaning = "What is expected."                                                                           \
  }

#define ACTION_SCHEMA(which, keys_)                                                                                    \
  static const struct pw_schema which##_schema = {                                                                     \
    .keys = keys_, .size = sizeof(struct pw_suite_action), .line = OFFSET(action, line)}

static const struct pw_schema_key invocation_keys[] = {
  {"input", .type = PW_SCHEMA_MAPPING, .offset = OFFSET(action, input), .mapping = &input_schema,
   .meaning = "What comes."},
  RESULT_KEY,
  {0},
};
ACTION_SCHEMA(invocation, invocation_keys);

static const struct pw_schema_key metadata_keys[] = {
  {"count", .type = PW_SCHEMA_NUMBER, .offset = OFFSET(action, count), .width = 4,
   .meaning = "The number of elements."},
  RESULT_KEY,
  {0},
};
ACTION_SCHEMA(metadata, metadata_keys);

static const struct pw_schema_key advance_keys[] = {
  {"by", .type = PW_SCHEMA_DURATION, .offset = OFFSET(action, by), .width = 4, .required = true,
   .meaning = "How long."},
  {"direction", .type = PW_SCHEMA_CHOICE, .offset = OFFSET(action, direction), .choices = directions,
   .preset = "request", .meaning = "Which direction `result` looks at."},
  RESULT_KEY,
  {0},
};
ACTION_SCHEMA(advance, advance_keys);

static const struct pw_schema_key wait_keys[] = {
  {"direction", .type = PW_SCHEMA_CHOICE, .offset = OFFSET(action, direction), .choices = directions,
   .preset = "request", .meaning = "Which direction is waited for."},
  {"limit", .type = PW_SCHEMA_DURATION, .offset = OFFSET(action, limit), .width = 4,
   .meaning = "The longest time; a minute if not given."},
  RESULT_KEY,
  {0},
};
ACTION_SCHEMA(wait, wait_keys);

static const struct pw_schema_key plain_keys[] = {RESULT_KEY, {0}};
ACTION_SCHEMA(plain, plain_keys);

static const struct pw_schema_key close_keys[] = {
  {"peer", .type = PW_SCHEMA_CHOICE, .offset = OFFSET(action, peer), .choices = peers, .preset = "remote",
   .meaning = "Who closes."},
  RESULT_KEY,
  {0},
};
ACTION_SCHEMA(close, close_keys);

static const struct pw_schema_key function_call_keys[] = {
  {"plugin", .type = PW_SCHEMA_NUMBER, .offset = OFFSET(action, plugin), .width = 4, .minimum = 1,
   .meaning = "Which plugin of the chain, from 1."},
  {"id", .type = PW_SCHEMA_NUMBER, .offset = OFFSET(action, id), .width = 4, .meaning = "The function's number."},
  {"arguments", .type = PW_SCHEMA_BYTES, .offset = OFFSET(action, arguments), .meaning = "Its arguments."},
  RESULT_KEY,
  {0},
};
ACTION_SCHEMA(function_call, function_call_keys);

/* The schema of each kind of step. */
#define request_headers_schema   invocation_schema
#define request_body_schema      invocation_schema
#define request_trailers_schema  invocation_schema
#define request_metadata_schema  metadata_schema
#define response_headers_schema  invocation_schema
#define response_body_schema     invocation_schema
#define response_trailers_schema invocation_schema
#define response_metadata_schema metadata_schema
#define reply_schema             plain_schema
#define end_schema               plain_schema
#define new_connection_schema    plain_schema
#define downstream_data_schema   invocation_schema
#define upstream_data_schema     invocation_schema
#define downstream_close_schema  close_schema
#define upstream_close_schema    close_schema
#define foreign_function_schema  function_call_schema

static const struct pw_schema_key step_keys[] = {
  {"stream", .type = PW_SCHEMA_LINE, .offset = OFFSET(step, stream), .meaning = "The stream's name; `1` if not given."},
#define STEP_KEY(identifier, key, meaning_)                                                                            \
  {#key,                                                                                                               \
   .type    = PW_SCHEMA_MAPPING,                                                                                       \
   .offset  = OFFSET(step, action),                                                                                    \
   .given   = OFFSET(step, kind_given) + PW_SUITE_##identifier * sizeof(bool),                                         \
   .mapping = &key##_schema,                                                                                           \
   .meaning = meaning_},
  PW_SUITE_STEPS(STEP_KEY)
#undef STEP_KEY
    {0},
};

static void
finish_step(struct pw_schema_reader *reader, const yaml_node_t *node, const struct pw_schema_path *path, void *target)
{
  struct pw_suite_step *step  = target;
  unsigned              given = 0;
  for (unsigned kind = 0; kind < PW_SUITE_STEP_COUNT; kind++) {
    if (step->kind_given[kind]) {
      step->kind = (enum pw_suite_step_kind)kind;
      given++;
    }
  }
  if (given != 1) {
    pw_schema_mistake(reader, node, path, "a step has one key that says what happens, not %u", given);
  }
}

_Static_assert(OFFSET(step, line) > 0, "an offset of 0 would say that a step has no line");
static const struct pw_schema step_schema = {
  .keys = step_keys, .size = sizeof(struct pw_suite_step), .line = OFFSET(step, line), .finish = finish_step};

/* -------------------------------------------------------------------------------------------------------- settings */

static const struct pw_schema_key property_keys[] = {
  {"path", .type = PW_SCHEMA_BYTES, .offset = OFFSET(property, path), .required = true,
   .meaning = "Its path, with `.` between the parts."},
  {"value", .type = PW_SCHEMA_BYTES, .offset = OFFSET(property, value), .meaning = "Its value."},
  {"type", .type = PW_SCHEMA_CHOICE, .offset = OFFSET(property, type), .choices = property_types, .preset = "string",
   .meaning = "How the ABI serialises it."},
  {0},
};
static void
finish_property(struct pw_schema_reader *reader, const yaml_node_t *node, const struct pw_schema_path *path,
                void *target)
{
  struct pw_bytes bytes   = {0};
  const char     *problem = pw_suite_property_value(target, &bytes);
  if (problem) {
    pw_schema_mistake(reader, node, path, "%s", problem);
  }
  pw_bytes_clear(&bytes);
}

static const struct pw_schema property_schema = {
  .keys = property_keys, .size = sizeof(struct pw_suite_property), .finish = finish_property};

static const struct pw_schema_key function_keys[] = {
  {"name", .type = PW_SCHEMA_STRING, .offset = OFFSET(function, name), .required = true, .meaning = "Its name."},
  {"result", .type = PW_SCHEMA_BYTES, .offset = OFFSET(function, result), .meaning = "What it returns."},
  {"status", .type = PW_SCHEMA_CHOICE, .offset = OFFSET(function, status), .choices = pw_suite_statuses, .preset = "OK",
   .meaning = "What the hostcall answers."},
  {"echo", .type = PW_SCHEMA_BOOLEAN, .offset = OFFSET(function, echo), .preset = "false",
   .meaning = "It returns its arguments."},
  {0},
};
static const struct pw_schema function_schema = {.keys = function_keys, .size = sizeof(struct pw_suite_function)};

#define ANSWER_KEYS                                                                                                    \
  {"upstream", .type = PW_SCHEMA_BYTES, .offset = OFFSET(answer, upstream), .meaning = "Whom the call is for."},       \
    {"authority", .type = PW_SCHEMA_BYTES, .offset = OFFSET(answer, authority),                                        \
     .meaning = "The call's `:authority`."},                                                                           \
    {"path", .type = PW_SCHEMA_BYTES, .offset = OFFSET(answer, path),                                                  \
     .meaning = "The call's `:path` without its query; gRPC: `service/method`."},                                      \
    INPUT_KEYS(OFFSET(answer, input)),                                                                                 \
    {"trailer", .type = PW_SCHEMA_LIST, .offset = OFFSET(answer, trailer), .mapping = &pw_suite_header_schema,         \
     .meaning = "Trailers; gRPC: trailing metadata."},                                                                 \
    {"status", .type = PW_SCHEMA_NUMBER, .offset = OFFSET(answer, status), .width = 4,                                 \
     .meaning = "The gRPC status, or what `proxy_get_status` says."},                                                  \
    {"status_message", .type = PW_SCHEMA_BYTES, .offset = OFFSET(answer, status_message), .meaning = "Its message."},  \
    {"delay", .type = PW_SCHEMA_DURATION, .offset = OFFSET(answer, delay), .width = 4,                                 \
     .meaning = "How long it takes, in virtual time."},                                                                \
  {                                                                                                                    \
    "refuse", .type = PW_SCHEMA_CHOICE, .offset = OFFSET(answer, refuse), .given = OFFSET(answer, refuse_given),       \
              .choices = pw_suite_statuses, .meaning = "The hostcall answers this, and no call is made."               \
  }

static const struct pw_schema_key http_answer_keys[] = {
  ANSWER_KEYS,
  {"body", .type = PW_SCHEMA_BYTES, .offset = OFFSET(answer, body), .meaning = "Its body."},
  {"fail", .type = PW_SCHEMA_BOOLEAN, .offset = OFFSET(answer, fail), .preset = "false", .meaning = "The call fails."},
  {0},
};
static const struct pw_schema http_answer_schema = {.keys = http_answer_keys, .size = sizeof(struct pw_suite_answer)};

static const struct pw_schema_key grpc_answer_keys[] = {
  ANSWER_KEYS,
  {"message", .type = PW_SCHEMA_VALUES, .offset = OFFSET(answer, message), .meaning = "Its messages."},
  {0},
};
static const struct pw_schema grpc_answer_schema = {.keys = grpc_answer_keys, .size = sizeof(struct pw_suite_answer)};

#define SETTING_KEYS(type_)                                                                                            \
  {"plugin",                                                                                                           \
   .type    = PW_SCHEMA_MAPPING,                                                                                       \
   .offset  = OFFSET(type_, setting.plugin),                                                                           \
   .given   = OFFSET(type_, setting.plugin_given),                                                                     \
   .mapping = &pw_config_plugin_schema,                                                                                \
   .meaning = "The plugin, with the keys of `config` in a configuration file."},                                       \
    {"plugins",                                                                                                        \
     .type    = PW_SCHEMA_LIST,                                                                                        \
     .offset  = OFFSET(type_, setting.plugins),                                                                        \
     .given   = OFFSET(type_, setting.plugins_given),                                                                  \
     .mapping = &pw_config_plugin_schema,                                                                              \
     .meaning = "Several plugins, a chain."},                                                                          \
    {"foreign_function",                                                                                               \
     .type    = PW_SCHEMA_LIST,                                                                                        \
     .offset  = OFFSET(type_, setting.foreign_function),                                                               \
     .given   = OFFSET(type_, setting.foreign_function_given),                                                         \
     .mapping = &function_schema,                                                                                      \
     .meaning = "Functions for `proxy_call_foreign_function`."},                                                       \
  {                                                                                                                    \
    "time_secs", .type = PW_SCHEMA_NUMBER, .offset = OFFSET(type_, setting.time_secs), .width = 8,                     \
                 .maximum = UINT64_MAX / 1000000000, .meaning = "Seconds since 1970 at which the clock stands."        \
  }

static const struct pw_schema_key env_keys[] = {
  {"wasm_path", .type = PW_SCHEMA_STRING, .offset = OFFSET(env, wasm_path), .meaning = "The module."},
  {"config_path", .type = PW_SCHEMA_STRING, .offset = OFFSET(env, config_path),
   .meaning = "A file with the plugin configuration."},
  {"log_level", .type = PW_SCHEMA_CHOICE, .offset = OFFSET(env, log_level), .given = OFFSET(env, log_level_given),
   .choices = log_levels, .meaning = "Log lines below it are dropped; `INFO` if not given."},
  {"log_path", .type = PW_SCHEMA_STRING, .offset = OFFSET(env, log_path),
   .meaning = "A file to which log lines are appended."},
  SETTING_KEYS(env),
  {"test_path", .type = PW_SCHEMA_BYTES, .offset = OFFSET(env, ignored), .meaning = "Without effect."},
  {"num_additional_streams", .type = PW_SCHEMA_NUMBER, .offset = OFFSET(env, ignored_number), .width = 8,
   .meaning = "Without effect."},
  {"additional_stream_advance_rate", .type = PW_SCHEMA_NUMBER, .offset = OFFSET(env, ignored_number), .width = 8,
   .meaning = "Without effect."},
  {0},
};
static const struct pw_schema env_schema = {.keys = env_keys};

/* ----------------------------------------------------------------------------------------------------------- tests */

#define INVOCATION_KEY(key)                                                                                            \
  {                                                                                                                    \
#key, .type = PW_SCHEMA_MAPPING, .offset = OFFSET(test, key), .given = OFFSET(test, key##_given),                  \
          .mapping = &invocation_schema, .meaning = "An invocation."                                                   \
  }
#define INVOCATIONS_KEY(key)                                                                                           \
  {                                                                                                                    \
#key, .type = PW_SCHEMA_LIST, .offset = OFFSET(test, key), .mapping = &invocation_schema,                          \
          .meaning = "A list of invocations."                                                                          \
  }
#define EXPECTATION_KEY(key, meaning_)                                                                                 \
  {                                                                                                                    \
#key, .type = PW_SCHEMA_MAPPING, .offset = OFFSET(test, key), .mapping = &pw_suite_expectation_schema,             \
          .meaning = meaning_                                                                                          \
  }

static const struct pw_schema_key test_keys[] = {
  {"name", .type = PW_SCHEMA_LINE, .offset = OFFSET(test, name), .meaning = "The test's name."},
  {"benchmark", .type = PW_SCHEMA_BOOLEAN, .offset = OFFSET(test, benchmark), .preset = "false",
   .meaning = "Without effect."},
  {"num_chunks", .type = PW_SCHEMA_NUMBER, .offset = OFFSET(test, num_chunks), .width = 8, .minimum = 1,
   .given = OFFSET(test, num_chunks_given), .meaning = "Bodies come in so many pieces."},
  {"chunk_size", .type = PW_SCHEMA_NUMBER, .offset = OFFSET(test, chunk_size), .width = 8, .minimum = 1,
   .given = OFFSET(test, chunk_size_given), .meaning = "Bodies come in pieces of so many bytes."},
  {"properties", .type = PW_SCHEMA_LIST, .offset = OFFSET(test, properties), .mapping = &property_schema,
   .meaning = "What `proxy_get_property` answers."},
  SETTING_KEYS(test),
  {"http_answer", .type = PW_SCHEMA_LIST, .offset = OFFSET(test, http_answer), .mapping = &http_answer_schema,
   .meaning = "How HTTP calls are answered."},
  {"grpc_answer", .type = PW_SCHEMA_LIST, .offset = OFFSET(test, grpc_answer), .mapping = &grpc_answer_schema,
   .meaning = "How gRPC calls are answered."},
  INVOCATION_KEY(request_headers),
  INVOCATIONS_KEY(request_body),
  INVOCATION_KEY(request_trailers),
  INVOCATION_KEY(response_headers),
  INVOCATIONS_KEY(response_body),
  INVOCATION_KEY(response_trailers),
  {"steps", .type = PW_SCHEMA_LIST, .offset = OFFSET(test, steps), .given = OFFSET(test, steps_given),
   .mapping = &step_schema, .meaning = "Steps, instead of the invocations above."},
  EXPECTATION_KEY(plugin_init, "Of the start of the plugins."),
  {"stream_init", .type = PW_SCHEMA_MAPPING, .offset = OFFSET(test, stream_init),
   .given = OFFSET(test, stream_init_given), .mapping = &pw_suite_expectation_schema,
   .meaning = "Of the creation of the (first) stream."},
  EXPECTATION_KEY(stream_destroy, "Of the end of the streams."),
  EXPECTATION_KEY(plugin_destroy, "Of the end of the plugins."),
  {0},
};

/* The steps that the invocations of a test stand for, in their order. */
struct step_list {
  struct pw_suite_step *items;
  size_t                count;
};

static void
add_step(struct step_list *list, enum pw_suite_step_kind kind, const struct pw_suite_action *action)
{
  struct pw_suite_step *step = &list->items[list->count++];
  step->kind                 = kind;
  step->line                 = action->line;
  step->action               = *action;
}

static void
add_bodies(struct step_list *list, enum pw_suite_step_kind kind, const struct pw_schema_list *bodies, bool trailers,
           bool chunked)
{
  const struct pw_suite_action *actions = bodies->items;
  for (size_t i = 0; i < bodies->count; i++) {
    add_step(list, kind, &actions[i]);
    struct pw_suite_step *step = &list->items[list->count - 1];
    step->chunked              = chunked;
    if (!step->action.input.end_of_stream_given) {
      step->action.input.end_of_stream = i + 1 == bodies->count && !trailers;
    }
  }
}

static void
make_steps(struct pw_schema_reader *reader, struct pw_suite_test *test)
{
  bool             chunked = test->num_chunks_given || test->chunk_size_given;
  struct step_list list    = {0};
  list.items =
    pw_arena_array(reader->arena, test->request_body.count + test->response_body.count + 4, sizeof(*list.items));
  if (!list.items) {
    reader->yaml->out_of_memory = true;
    return;
  }
  if (test->request_headers_given) {
    add_step(&list, PW_SUITE_REQUEST_HEADERS, &test->request_headers);
  }
  add_bodies(&list, PW_SUITE_REQUEST_BODY, &test->request_body, test->request_trailers_given, chunked);
  if (test->request_trailers_given) {
    add_step(&list, PW_SUITE_REQUEST_TRAILERS, &test->request_trailers);
  }
  if (test->response_headers_given) {
    add_step(&list, PW_SUITE_RESPONSE_HEADERS, &test->response_headers);
  }
  add_bodies(&list, PW_SUITE_RESPONSE_BODY, &test->response_body, test->response_trailers_given, chunked);
  if (test->response_trailers_given) {
    add_step(&list, PW_SUITE_RESPONSE_TRAILERS, &test->response_trailers);
  }
  test->steps.items = list.items;
  test->steps.count = list.count;
}

static void
finish_test(struct pw_schema_reader *reader, const yaml_node_t *node, const struct pw_schema_path *path, void *target)
{
  struct pw_suite_test *test    = target;
  bool                  chunked = test->num_chunks_given || test->chunk_size_given;
  bool has_invocations = test->request_headers_given || test->request_body.count > 0 || test->request_trailers_given ||
                         test->response_headers_given || test->response_body.count > 0 || test->response_trailers_given;
  if (test->num_chunks_given && test->chunk_size_given) {
    pw_schema_mistake(reader, node, path, "has both 'num_chunks' and 'chunk_size'");
  }
  if (chunked && (test->request_body.count > 1 || test->response_body.count > 1)) {
    pw_schema_mistake(reader, node, path, "has several bodies of one direction and a chunking plan as well");
  }
  if (test->steps_given && (has_invocations || chunked)) {
    pw_schema_mistake(reader, node, path, "has both 'steps' and invocations (or a chunking plan) beside them");
  }
  if (test->setting.plugin_given && test->setting.plugins_given) {
    pw_schema_mistake(reader, node, path, "has both 'plugin' and 'plugins'");
  }
  if (!test->steps_given) {
    make_steps(reader, test);
  }
}

static const struct pw_schema test_schema = {
  .keys = test_keys, .size = sizeof(struct pw_suite_test), .line = OFFSET(test, line), .finish = finish_test};

static const struct pw_schema_key suite_keys[] = {
  {"env", .type = PW_SCHEMA_MAPPING, .offset = offsetof(struct pw_suite, env), .mapping = &env_schema,
   .meaning = "The plugins and what is around them."},
  {"covers", .type = PW_SCHEMA_NAMES, .offset = offsetof(struct pw_suite, covers),
   .meaning = "Names of ABI functions that the suite tests; for the conformance report."},
  {"test", .type = PW_SCHEMA_LIST, .offset = offsetof(struct pw_suite, test), .mapping = &test_schema,
   .meaning = "The tests."},
  {0},
};

const struct pw_schema pw_suite_schema = {.keys = suite_keys, .size = sizeof(struct pw_suite)};
