/* SPDX-License-Identifier: Apache-2.0 */
/* Headers and trailers on their way through the chain, and the call of one plugin. */
#include "host/stream.h"
#include "host/vm_path.h"

/* A plugin that may be broken; if it is, and fails closed, the verdict becomes FAIL. */
static __attribute__((noinline)) bool
stage_still_usable(struct pw_stream *stream, const struct pw_context *context)
{
  if (context->vm != NULL && !pw_vm_is_dead(context->vm)) {
    return true;
  }
  if (!context->instance->plugin->config.fail_open) {
    pw_stream_set_verdict(stream, PW_NEXT_FAIL);
  }
  return false;
}

/* Whether the plugin at this context can be asked. The lock of its worker is held. */
static inline bool
stage_usable(struct pw_stream *stream, const struct pw_context *context)
{
  return PW_LIKELY(context->vm != NULL && context->vm->state == 0) || stage_still_usable(stream, context);
}

void
pw_stage_set_pauses(struct pw_context *context, int direction, uint8_t pauses, bool resume)
{
  struct pw_worker *worker = context->instance->worker;
  struct pw_stage  *stage  = &context->stages[direction];

  pw_worker_enter(worker);
  stage->pauses = pauses;
  stage->resume = resume;
  pw_worker_leave(worker);
}

bool
pw_stage_resumed(struct pw_context *context, int direction)
{
  struct pw_worker *worker = context->instance->worker;
  bool              resumed;

  pw_worker_enter(worker);
  resumed = context->stages[direction].resume && context->stages[direction].pauses != 0;
  pw_worker_leave(worker);
  return resumed;
}

/* Answers that the text does not have, by the names of the C++ and the AssemblyScript SDK. Traffic that is to end
 * with the headers goes on whole, as with the reference host. */
enum { CONTINUE_AND_END_STREAM = 2, STOP_ITERATION_NO_BUFFER = 3 };

/* What an answer of "pause" to a callback holds up; 0: nothing (metadata, a connection's end). */
static inline uint8_t
pause_of(enum pw_callback callback)
{
  static const uint8_t pauses[PW_CALLBACK_COUNT] = {
    [PW_CALLBACK_NEW_CONNECTION] = PW_PAUSE_HEADERS,     [PW_CALLBACK_REQUEST_HEADERS] = PW_PAUSE_HEADERS,
    [PW_CALLBACK_RESPONSE_HEADERS] = PW_PAUSE_HEADERS,   [PW_CALLBACK_DOWNSTREAM_DATA] = PW_PAUSE_BODY,
    [PW_CALLBACK_UPSTREAM_DATA] = PW_PAUSE_BODY,         [PW_CALLBACK_REQUEST_BODY] = PW_PAUSE_BODY,
    [PW_CALLBACK_RESPONSE_BODY] = PW_PAUSE_BODY,         [PW_CALLBACK_REQUEST_TRAILERS] = PW_PAUSE_TRAILERS,
    [PW_CALLBACK_RESPONSE_TRAILERS] = PW_PAUSE_TRAILERS,
  };

  return pauses[callback];
}

/* The same of any answer but "continue". SDKs can say that not even the body is to be shown while the headers are
 * paused (StopAllIterationAndBuffer, …AndWatermark); what nobody has a name for pauses all, too. */
static uint8_t
pause_of_answer(enum pw_callback callback, uint32_t answer)
{
  if (callback != PW_CALLBACK_REQUEST_HEADERS && callback != PW_CALLBACK_RESPONSE_HEADERS) {
    return pause_of(callback);
  }
  switch (answer) {
  case CONTINUE_AND_END_STREAM:
    return 0;
  case PW_ACTION_PAUSE:
    return PW_PAUSE_HEADERS;
  default:
    return PW_PAUSE_HEADERS | PW_PAUSE_ALL;
  }
}

/* A callback answered something else than "continue", which holds something up if there is no verdict. */
static __attribute__((noinline)) enum pw_action
stage_pause(struct pw_stream *stream, struct pw_context *context, int direction, enum pw_callback callback,
            uint32_t answer)
{
  struct pw_stage *stage  = &context->stages[direction];
  uint8_t          pauses = pause_of_answer(callback, answer);

  if (pauses == 0) {
    return PW_ACTION_CONTINUE;
  }
  if (answer == STOP_ITERATION_NO_BUFFER && stage->in_body && !stream->is_tcp) {
    /* The module has taken what it was shown, and puts it into a later piece if it wants it to go on. */
    pw_buffer_clear(&stage->body);
  }
  if (pw_stream_verdict(stream) == PW_NEXT_CONTINUE) {
    stage->pauses |= pauses;
    pw_stream_pause_begin(stream, stage);
  }
  return PW_ACTION_PAUSE;
}

/* The call of a callback that may pause. The lock is held throughout: another thread that continues the stage (a tick
 * of a shared worker) finds it either within the callback or paused, and is heard in both cases. */
__attribute__((always_inline)) static inline enum pw_action
stage_ask(struct pw_stream *stream, struct pw_context *context, const struct pw_plugin *plugin, int direction,
          enum pw_callback callback, pw_value *values, size_t count)
{
  struct pw_stage *stage  = &context->stages[direction];
  uint32_t         answer = PW_ACTION_CONTINUE;

  stage->running = true;
  stage->resume  = false;
  if (PW_LIKELY(
        pw_vm_call(context->vm, context, callback, values, count, plugin->config.limits.callback_milliseconds))) {
    /* A module that said continue within its callback does not pause. */
    answer = stage->resume ? PW_ACTION_CONTINUE : values[0].u32;
  } else {
    /* The verdict for a plugin that broke just now. */
    stage_still_usable(stream, context);
  }
  stage->running = false;
  stage->resume  = false;
  return PW_LIKELY(answer == PW_ACTION_CONTINUE) ? PW_ACTION_CONTINUE
                                                 : stage_pause(stream, context, direction, callback, answer);
}

/* A plugin that has no such callback: the stream is refused nevertheless if it is broken. */
static enum pw_action
stage_skip(struct pw_stream *stream, const struct pw_context *context)
{
  struct pw_worker *worker = context->instance->worker;

  pw_worker_enter(worker);
  stage_usable(stream, context);
  pw_worker_leave(worker);
  return PW_ACTION_CONTINUE;
}

/* A callback that the plugin has. Inline, so that callers that know the direction and the callback have neither looked
 * up. */
__attribute__((always_inline)) static inline enum pw_action
stage_call(struct pw_stream *stream, struct pw_context *context, const struct pw_plugin *plugin, int direction,
           enum pw_callback callback, pw_value *values, size_t count)
{
  struct pw_worker *worker = context->instance->worker;
  enum pw_action    action = PW_ACTION_CONTINUE;

  pw_worker_enter(worker);
  if (stage_usable(stream, context)) {
    if (PW_LIKELY(pause_of(callback) != 0)) {
      action = stage_ask(stream, context, plugin, direction, callback, values, count);
    } else if (!pw_vm_call(context->vm, context, callback, values, count,
                           plugin->config.limits.callback_milliseconds)) {
      stage_still_usable(stream, context);
    }
  }
  pw_worker_leave(worker);
  return action;
}

enum pw_action
pw_stage_call(struct pw_stream *stream, struct pw_context *context, int direction, enum pw_callback callback,
              pw_value *values, size_t count)
{
  const struct pw_plugin *plugin = context->instance->plugin;

  return pw_plugin_wants(plugin, callback) ? stage_call(stream, context, plugin, direction, callback, values, count)
                                           : stage_skip(stream, context);
}

/* The number of pairs is asked of the proxy for each plugin that looks at it: the one before may have changed it. */
static inline size_t
map_count(const struct pw_stream *stream, enum pw_map_type map)
{
  size_t count = 0;

  return stream->chain->proxy->map_count(stream->data, map, &count) == PW_STATUS_OK ? count : 0;
}

static enum pw_action
connection_call(struct pw_stream *stream, struct pw_context *context, int direction)
{
  pw_value values[1];

  values[0].u64 = context->id;
  return pw_stage_call(stream, context, direction, PW_CALLBACK_NEW_CONNECTION, values, 1);
}

__attribute__((always_inline)) static inline enum pw_action
headers_call(struct pw_stream *stream, struct pw_context *context, int direction)
{
  const struct pw_plugin *plugin   = context->instance->plugin;
  bool                    request  = direction == PW_STREAM_HTTP_REQUEST;
  enum pw_callback        callback = request ? PW_CALLBACK_REQUEST_HEADERS : PW_CALLBACK_RESPONSE_HEADERS;
  pw_value                values[3];

  if (PW_UNLIKELY(!pw_plugin_wants(plugin, callback))) {
    return stage_skip(stream, context);
  }
  values[0].u64 = context->id;
  values[1].u64 = plugin->told[direction].count ? map_count(stream, pw_headers_map(direction)) : 0;
  values[2].u64 = stream->directions[direction].end;
  return stage_call(stream, context, plugin, direction, callback, values, plugin->headers_values);
}

/* Whether they stay at a step, or the phase is over. */
__attribute__((always_inline)) static inline bool
headers_stay(struct pw_stream *stream, struct pw_direction *d, size_t step, enum pw_action action, enum pw_next *next)
{
  if (PW_UNLIKELY(pw_stream_verdict(stream) != PW_NEXT_CONTINUE)) {
    d->headers_at = stream->chain->count;
    *next         = PW_NEXT_CONTINUE;
    return true;
  }
  if (PW_UNLIKELY(action == PW_ACTION_PAUSE)) {
    d->headers_at = step;
    *next         = PW_NEXT_PAUSE;
    return true;
  }
  return false;
}

enum pw_next
pw_stream_run_headers(struct pw_stream *stream, int direction, size_t step)
{
  struct pw_direction *d     = &stream->directions[direction];
  size_t               count = stream->chain->count;
  enum pw_next         next;

  for (; step < count; ++step) {
    struct pw_context *context = pw_stream_step(stream, direction, step);
    enum pw_action     action  = PW_UNLIKELY(stream->is_tcp) ? connection_call(stream, context, direction)
                                                             : headers_call(stream, context, direction);

    if (headers_stay(stream, d, step, action, &next)) {
      return next;
    }
  }
  d->headers_at = count;
  pw_stream_close_map(stream, pw_headers_map(direction));
  return PW_NEXT_CONTINUE;
}

/* The phase, made for either direction: a stream has seldom more than one plugin to ask. */
__attribute__((always_inline)) static inline enum pw_next
headers_phase(struct pw_stream *stream, int direction, bool end)
{
  struct pw_direction *d     = &stream->directions[direction];
  size_t               count = stream->chain->count;
  enum pw_next         next  = PW_NEXT_CONTINUE;
  enum pw_action       action;

  d->end = end;
  pw_stream_open_map(stream, pw_headers_map(direction));
  if (PW_UNLIKELY(!pw_phase_begin(stream))) {
    return pw_phase_end(stream, next);
  }
  if (PW_UNLIKELY(count != 1)) {
    return pw_phase_end(stream, pw_stream_run_headers(stream, direction, 0));
  }
  action = headers_call(stream, &stream->contexts[0], direction);
  if (PW_UNLIKELY(headers_stay(stream, d, 0, action, &next))) {
    return pw_phase_end(stream, next);
  }
  /* The verdict has just been looked at. */
  d->headers_at = 1;
  pw_stream_close_map(stream, pw_headers_map(direction));
  stream->in_phase = false;
  return PW_NEXT_CONTINUE;
}

enum pw_next
pw_stream_request_headers(struct pw_stream *stream, bool end_of_stream)
{
  return headers_phase(stream, PW_STREAM_HTTP_REQUEST, end_of_stream);
}

enum pw_next
pw_stream_response_headers(struct pw_stream *stream, bool end_of_stream)
{
  return headers_phase(stream, PW_STREAM_HTTP_RESPONSE, end_of_stream);
}

enum pw_next
pw_stream_new_connection(struct pw_stream *stream)
{
  enum pw_next next = PW_NEXT_CONTINUE;

  stream->is_tcp            = true;
  stream->directions[0].end = false;
  pw_stream_open_map(stream, PW_MAP_HTTP_REQUEST_HEADERS);
  if (pw_phase_begin(stream)) {
    next = pw_stream_run_headers(stream, PW_STREAM_HTTP_REQUEST, 0);
  }
  return pw_phase_end(stream, next);
}

/* Trailers end what a stage holds back: it goes on before them. */
static void
trailers_push_body(struct pw_stream *stream, int direction, size_t step)
{
  struct pw_context *context = pw_stream_step(stream, direction, step);

  if (context->stages[direction].pauses & PW_PAUSE_BODY) {
    pw_stage_set_pauses(context, direction, 0, false);
    pw_stage_release(stream, direction, step);
  }
}

/* Whether trailers wait at this step without being shown: for headers that have not come so far, or that wait here, but
 * for a plugin that is to see what follows them meanwhile and has not said continue by now. */
static bool
trailers_wait(struct pw_stream *stream, int direction, size_t step, enum pw_callback callback)
{
  struct pw_context *context = pw_stream_step(stream, direction, step);

  if (step != stream->directions[direction].headers_at) {
    return step > stream->directions[direction].headers_at;
  }
  return !pw_stage_shows_rest(context, direction) ||
         !(pw_plugin_wants(context->instance->plugin, callback) || pw_stream_shows_body(stream, direction, step)) ||
         pw_stage_resumed(context, direction);
}

/* What a plugin has not been shown of the body: it is whole now. False: something waits, or is over. */
static bool
trailers_show_body(struct pw_stream *stream, int direction, size_t step, enum pw_callback callback)
{
  struct pw_context *context = pw_stream_step(stream, direction, step);
  bool               held    = step == stream->directions[direction].headers_at;
  bool               knows   = pw_plugin_wants(context->instance->plugin, callback);

  if (!held || pw_stream_shows_body(stream, direction, step)) {
    if (!knows) {
      pw_stage_tell_end(stream, direction, step);
    } else if (context->stages[direction].held) {
      pw_stage_release(stream, direction, step);
    }
  }
  return pw_stream_verdict(stream) == PW_NEXT_CONTINUE && !(held && pw_stage_resumed(context, direction)) &&
         (knows || !(context->stages[direction].pauses & PW_PAUSE_BODY));
}

/* Headers were paused, and with the trailers their module lets all of it go: the headers have to be first. */
static void
trailers_free_headers(struct pw_stream *stream, int direction, size_t step)
{
  struct pw_context *context = pw_stream_step(stream, direction, step);

  pw_stage_set_pauses(context, direction, PW_PAUSE_HEADERS | PW_PAUSE_BODY | PW_PAUSE_TRAILERS, true);
  pw_stream_ask(stream, direction);
}

/* One step. True: they go on. */
static bool
trailers_step(struct pw_stream *stream, int direction, size_t step, enum pw_callback callback)
{
  struct pw_context *context = pw_stream_step(stream, direction, step);
  bool               held    = step == stream->directions[direction].headers_at;
  enum pw_action     action;
  pw_value           values[2];

  if (!trailers_show_body(stream, direction, step, callback)) {
    return false;
  }
  values[0].u64 = context->id;
  values[1].u64 = map_count(stream, pw_trailers_map(direction));
  action        = pw_stage_call(stream, context, direction, callback, values, 2);
  if (pw_stream_verdict(stream) != PW_NEXT_CONTINUE || action == PW_ACTION_PAUSE) {
    return false;
  }
  if (held) {
    trailers_free_headers(stream, direction, step);
    return false;
  }
  trailers_push_body(stream, direction, step);
  return pw_stream_verdict(stream) == PW_NEXT_CONTINUE;
}

enum pw_next
pw_stream_run_trailers(struct pw_stream *stream, int direction, size_t step)
{
  struct pw_direction *d        = &stream->directions[direction];
  enum pw_callback     callback = pw_trailers_callback(direction);

  for (; step < stream->chain->count; ++step) {
    if (trailers_wait(stream, direction, step, callback) || !trailers_step(stream, direction, step, callback)) {
      if (pw_stream_verdict(stream) != PW_NEXT_CONTINUE) {
        return PW_NEXT_CONTINUE;
      }
      d->trailers_at = step;
      return PW_NEXT_PAUSE;
    }
  }
  d->trailers_at = stream->chain->count;
  pw_stream_close_map(stream, pw_trailers_map(direction));
  d->trailers_passed = true;
  return PW_NEXT_CONTINUE;
}
