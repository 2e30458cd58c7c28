/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP and gRPC calls of modules, answered from what was canned. */
#include "cli/simulator/simulator_internal.h"

#include "config/upstream.h"

#define GRPC_OK                0
#define GRPC_DEADLINE_EXCEEDED 4
#define GRPC_INTERNAL          13

static struct pw_call_state *
state_of(struct pw_simulator *simulator, const struct pw_call_record *record)
{
  return &simulator->call_states[record - simulator->calls];
}

/* What the hostcall answers; plans the event that follows, or the failure when the timeout comes first. */
static enum pw_status
plan(struct pw_simulator *simulator, const struct pw_owned_answer *answer, const struct pw_call_record *record,
     enum pw_event_kind kind, enum pw_event_kind at_timeout)
{
  if (answer->refuse != PW_STATUS_OK) {
    return answer->refuse;
  }
  struct pw_event event = {.kind = kind, .id = record->id};
  uint32_t        delay = answer->delay_milliseconds;
  if (record->timeout_milliseconds > 0 && record->timeout_milliseconds < delay) {
    delay      = record->timeout_milliseconds;
    event.kind = at_timeout;
  }
  bool planned = pw_simulator_schedule(simulator, &event, (uint64_t)delay * 1000000);
  return planned ? PW_STATUS_OK : PW_STATUS_INTERNAL_FAILURE;
}

/* ------------------------------------------------------------------------------------------------------------ HTTP */

static struct pw_view
without_query(struct pw_view path)
{
  const char *mark = path.size > 0 ? memchr(path.data, '?', path.size) : NULL;
  return mark ? pw_view_make(path.data, (size_t)(mark - path.data)) : path;
}

static bool
record_http(struct pw_call_record *record, const struct pw_http_call *call)
{
  record->timeout_milliseconds = call->timeout_milliseconds;
  return pw_simulator_copy_bytes(&record->upstream, call->upstream) &&
         pw_simulator_copy_pairs(&record->headers, call->headers) &&
         pw_simulator_copy_bytes(&record->body, call->body) &&
         pw_simulator_copy_pairs(&record->trailers, call->trailers);
}

/* Whether the configuration lets the plugin call. */
static bool
may_call(const struct pw_simulator *simulator, const struct pw_instance *instance, const struct pw_http_call *call,
         const struct pw_fields *headers)
{
  const struct pw_plugin *plugin = pw_instance_plugin(instance);
  size_t                  i      = 0;
  /* One that starts is not in the list yet. */
  while (i < simulator->instance_count && simulator->plugins[i] != plugin) {
    i++;
  }
  const struct pw_config_plugin *from      = simulator->sources[i];
  struct pw_view                 authority = pw_fields_value(headers, ":authority");
  struct pw_view                 scheme    = pw_fields_value(headers, ":scheme");
  struct pw_upstream             upstream;
  return from == NULL || pw_upstream_in_config(from, call->upstream, authority, scheme, &upstream) ||
         pw_upstream_by_rules(from, authority, scheme, &upstream);
}

/* A call that nothing was canned for: as if its upstream was unknown, or did not answer yet. */
static enum pw_status
unanswered(const struct pw_simulator *simulator)
{
  return simulator->options.open_calls ? PW_STATUS_OK : PW_STATUS_BAD_ARGUMENT;
}

enum pw_status
pw_simulator_http_call(void *worker, struct pw_instance *instance, void *stream, const struct pw_http_call *call)
{
  struct pw_simulator   *simulator = worker;
  struct pw_call_record *record    = pw_simulator_record_new(simulator, instance, call->id);
  (void)stream;
  if (record == NULL) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  record->status = PW_STATUS_INTERNAL_FAILURE;
  if (!record_http(record, call)) {
    return record->status;
  }
  if (!may_call(simulator, instance, call, &record->headers)) {
    record->status = PW_STATUS_BAD_ARGUMENT;
    return record->status;
  }
  size_t answer =
    pw_simulator_find_answer(&simulator->http_answers, call->upstream, pw_fields_value(&record->headers, ":authority"),
                             without_query(pw_fields_value(&record->headers, ":path")));
  state_of(simulator, record)->answer = answer;
  record->status                      = answer == PW_NO_ANSWER ? unanswered(simulator)
                                                               : plan(simulator, &simulator->http_answers.items[answer], record,
                                                                      PW_EVENT_HTTP_END, PW_EVENT_HTTP_FAIL);
  return record->status;
}

void
pw_simulator_http_call_cancel(void *worker, uint32_t id)
{
  pw_simulator_grpc_cancel(worker, id);
}

uint32_t
pw_simulator_status_number(struct pw_view text)
{
  uint32_t number = 0;
  for (size_t i = 0; i < text.size && i < 3 && text.data[i] >= '0' && text.data[i] <= '9'; i++) {
    number = number * 10 + (uint32_t)(text.data[i] - '0');
  }
  return number;
}

static void
http_event(struct pw_simulator *simulator, const struct pw_event *event, struct pw_call_record *record)
{
  const struct pw_call_state   *state    = state_of(simulator, record);
  const struct pw_owned_answer *answer   = &simulator->http_answers.items[state->answer];
  struct pw_http_call_result    result   = {0};
  struct pw_pairs               headers  = {0};
  struct pw_pairs               trailers = {0};
  if (event->kind == PW_EVENT_HTTP_FAIL) {
    result.status_code    = 504;
    result.status_message = pw_view_of("timeout");
  } else {
    pw_fields_pairs(&answer->headers, &headers);
    pw_fields_pairs(&answer->trailers, &trailers);
    result.body = pw_bytes_view(&answer->body);
    result.status_code =
      answer->status ? answer->status : pw_simulator_status_number(pw_fields_value(&answer->headers, ":status"));
    result.status_message = pw_bytes_view(&answer->status_message);
  }
  result.headers  = &headers;
  result.trailers = &trailers;
  record->ended   = true;
  pw_instance_http_call_end(state->instance, event->id, &result);
  pw_pairs_clear(&headers);
  pw_pairs_clear(&trailers);
}

/* ------------------------------------------------------------------------------------------------------------ gRPC */

static bool
record_grpc(struct pw_call_record *record, const struct pw_grpc_call *call)
{
  record->grpc                 = true;
  record->grpc_stream          = call->is_stream;
  record->timeout_milliseconds = call->timeout_milliseconds;
  return pw_simulator_copy_bytes(&record->upstream, call->upstream) &&
         pw_simulator_copy_bytes(&record->service, call->service) &&
         pw_simulator_copy_bytes(&record->method, call->method) &&
         pw_simulator_copy_pairs(&record->headers, call->metadata) &&
         pw_simulator_copy_bytes(&record->body, call->message);
}

static size_t
grpc_answer(const struct pw_simulator *simulator, const struct pw_call_record *record)
{
  struct pw_bytes path   = {0};
  size_t          answer = PW_NO_ANSWER;
  if (pw_simulator_copy_bytes(&path, pw_bytes_view(&record->service)) && pw_bytes_append(&path, "/", 1) &&
      pw_simulator_copy_bytes(&path, pw_bytes_view(&record->method))) {
    answer = pw_simulator_find_answer(&simulator->grpc_answers, pw_bytes_view(&record->upstream),
                                      pw_fields_value(&record->headers, ":authority"), pw_bytes_view(&path));
  }
  pw_bytes_clear(&path);
  return answer;
}

enum pw_status
pw_simulator_grpc_call(void *worker, struct pw_instance *instance, void *stream, const struct pw_grpc_call *call)
{
  struct pw_simulator   *simulator = worker;
  struct pw_call_record *record    = pw_simulator_record_new(simulator, instance, call->id);
  (void)stream;
  if (record == NULL) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  record->status = PW_STATUS_INTERNAL_FAILURE;
  if (!record_grpc(record, call)) {
    return record->status;
  }
  size_t answer                       = grpc_answer(simulator, record);
  state_of(simulator, record)->answer = answer;
  record->status                      = answer == PW_NO_ANSWER
                                          ? PW_STATUS_PARSE_FAILURE
                                          : plan(simulator, &simulator->grpc_answers.items[answer], record,
                            call->is_stream ? PW_EVENT_GRPC_OPEN : PW_EVENT_GRPC_CALL, PW_EVENT_GRPC_FAIL);
  return record->status;
}

static void
grpc_metadata(struct pw_simulator *simulator, uint32_t id, const struct pw_fields *metadata,
              void (*deliver)(struct pw_instance *, uint32_t, const struct pw_pairs *))
{
  const struct pw_call_record *record = pw_simulator_record_open(simulator, id);
  if (record == NULL) {
    return;
  }
  struct pw_pairs pairs = {0};
  pw_fields_pairs(metadata, &pairs);
  deliver(state_of(simulator, record)->instance, id, &pairs);
  pw_pairs_clear(&pairs);
}

/* One more of the canned messages; false: there was none, or the module gave the call up. */
static bool
grpc_message(struct pw_simulator *simulator, uint32_t id, const struct pw_owned_answer *answer)
{
  const struct pw_call_record *record = pw_simulator_record_open(simulator, id);
  if (record == NULL) {
    return false;
  }
  struct pw_call_state *state = state_of(simulator, record);
  if (state->told >= answer->message_count) {
    return false;
  }
  const struct pw_bytes *message = &answer->messages[state->told++];
  pw_instance_grpc_message(state->instance, id, pw_bytes_view(message));
  return true;
}

static void
grpc_end(struct pw_simulator *simulator, uint32_t id, uint32_t status, struct pw_view message)
{
  struct pw_call_record *record = pw_simulator_record_open(simulator, id);
  if (record != NULL) {
    record->ended = true;
    pw_simulator_forget_call(simulator, id);
    pw_instance_grpc_end(state_of(simulator, record)->instance, id, status, message);
  }
}

/* A call ends with its message, or with a status that is none of success. */
static void
grpc_call_end(struct pw_simulator *simulator, uint32_t id, const struct pw_owned_answer *answer)
{
  if (answer->status != GRPC_OK) {
    grpc_end(simulator, id, answer->status, pw_bytes_view(&answer->status_message));
    return;
  }
  if (!grpc_message(simulator, id, answer)) {
    grpc_end(simulator, id, GRPC_INTERNAL, pw_view_of("the answer has no message"));
    return;
  }
  struct pw_call_record *record = pw_simulator_record_open(simulator, id);
  if (record != NULL) {
    record->ended = true;
    pw_simulator_forget_call(simulator, id);
  }
}

static void
grpc_event(struct pw_simulator *simulator, const struct pw_event *event, const struct pw_owned_answer *answer)
{
  switch (event->kind) {
  case PW_EVENT_GRPC_OPEN:
    grpc_metadata(simulator, event->id, &answer->headers, pw_instance_grpc_initial_metadata);
    break;
  case PW_EVENT_GRPC_NEXT:
    grpc_message(simulator, event->id, answer);
    break;
  case PW_EVENT_GRPC_CALL:
    grpc_call_end(simulator, event->id, answer);
    break;
  case PW_EVENT_GRPC_CLOSE:
    while (grpc_message(simulator, event->id, answer)) {
    }
    grpc_metadata(simulator, event->id, &answer->trailers, pw_instance_grpc_trailing_metadata);
    grpc_end(simulator, event->id, answer->status, pw_bytes_view(&answer->status_message));
    break;
  default:
    grpc_end(simulator, event->id, GRPC_DEADLINE_EXCEEDED, pw_view_of("deadline exceeded"));
    break;
  }
}

/* What follows on something that the module did to a stream comes as late as any answer. */
static enum pw_status
grpc_plan(struct pw_simulator *simulator, const struct pw_call_record *record, enum pw_event_kind kind)
{
  const struct pw_owned_answer *answer = &simulator->grpc_answers.items[state_of(simulator, record)->answer];
  struct pw_event               event  = {.kind = kind, .id = record->id};
  bool planned = pw_simulator_schedule(simulator, &event, (uint64_t)answer->delay_milliseconds * 1000000);
  return planned ? PW_STATUS_OK : PW_STATUS_INTERNAL_FAILURE;
}

enum pw_status
pw_simulator_grpc_send(void *worker, uint32_t id, struct pw_view message, bool end_of_stream)
{
  struct pw_simulator   *simulator = worker;
  struct pw_call_record *record    = pw_simulator_record_open(simulator, id);
  if (record == NULL) {
    return PW_STATUS_NOT_FOUND;
  }
  if (!record->grpc_stream) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  if (!pw_simulator_copy_bytes(&record->body, message)) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  return grpc_plan(simulator, record, end_of_stream ? PW_EVENT_GRPC_CLOSE : PW_EVENT_GRPC_NEXT);
}

enum pw_status
pw_simulator_grpc_close(void *worker, uint32_t id)
{
  struct pw_simulator         *simulator = worker;
  const struct pw_call_record *record    = pw_simulator_record_open(simulator, id);
  if (record == NULL) {
    return PW_STATUS_NOT_FOUND;
  }
  /* A stream is closed on this side and may still be answered; a call has nothing more to say. */
  return record->grpc_stream ? grpc_plan(simulator, record, PW_EVENT_GRPC_CLOSE) : pw_simulator_grpc_cancel(worker, id);
}

enum pw_status
pw_simulator_grpc_cancel(void *worker, uint32_t id)
{
  struct pw_simulator   *simulator = worker;
  struct pw_call_record *record    = pw_simulator_record_open(simulator, id);
  pw_simulator_forget_call(simulator, id);
  if (record == NULL) {
    return PW_STATUS_NOT_FOUND;
  }
  record->cancelled = true;
  return PW_STATUS_OK;
}

void
pw_simulator_call_event(struct pw_simulator *simulator, const struct pw_event *event)
{
  struct pw_call_record *record = pw_simulator_record_open(simulator, event->id);
  if (record == NULL) {
    return;
  }
  if (record->grpc) {
    grpc_event(simulator, event, &simulator->grpc_answers.items[state_of(simulator, record)->answer]);
  } else {
    http_event(simulator, event, record);
  }
}
