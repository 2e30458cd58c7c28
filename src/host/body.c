/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies (and TCP data) on their way through the chain. Each stage has a buffer of its own: a plugin that pauses holds
 * back what came to it, and the ones before it go on being asked. What is not paused or changed is never copied.
 */
#include "host/stream.h"

static enum pw_callback
body_callback(const struct pw_stream *stream, int direction)
{
  if (stream->is_tcp) {
    return direction == 0 ? PW_CALLBACK_DOWNSTREAM_DATA : PW_CALLBACK_UPSTREAM_DATA;
  }
  return direction == 0 ? PW_CALLBACK_REQUEST_BODY : PW_CALLBACK_RESPONSE_BODY;
}

/* More was held back than the configuration allows: 413 for a request, 502 for a response. */
static enum pw_next
body_too_large(struct pw_stream *stream, struct pw_context *context, int direction)
{
  const struct pw_proxy_ops *proxy = stream->chain->worker->host->proxy;
  struct pw_pairs            none  = {NULL, 0, 0};
  struct pw_local_reply      reply;

  pw_host_log(stream->chain->worker->host, context->instance->plugin, PW_LOG_ERROR,
              "a %s body is larger than the %llu bytes that may be held back (limits.body); the client gets %d",
              direction == 0 ? "request" : "response",
              (unsigned long long)context->instance->plugin->config.limits.body_bytes, direction == 0 ? 413 : 502);
  memset(&reply, 0, sizeof(reply));
  reply.status      = direction == 0 ? 413 : 502;
  reply.details     = pw_view_of("body too large to be held back");
  reply.headers     = &none;
  reply.grpc_status = -1;
  if (!stream->is_tcp && proxy->local_reply != NULL && proxy->local_reply(stream->data, &reply) == PW_STATUS_OK) {
    pw_stream_set_verdict(stream, PW_NEXT_REPLY);
  } else {
    pw_stream_set_verdict(stream, PW_NEXT_CLOSE);
  }
  return PW_NEXT_CONTINUE;
}

static bool
stage_hold(struct pw_context *context, int direction, struct pw_view piece, bool end)
{
  struct pw_stage *stage = &context->stages[direction];

  stage->end = stage->end || end;
  return pw_buffer_append(&stage->body, piece, context->instance->plugin->config.limits.body_bytes) == PW_STATUS_OK &&
         pw_buffer_own(&stage->body);
}

/* The piece joins what the stage holds; without that it is only looked at. */
static bool
stage_show(struct pw_context *context, int direction, struct pw_view piece, bool end)
{
  struct pw_stage *stage = &context->stages[direction];

  if (pw_buffer_view(&stage->body).size > 0) {
    return stage_hold(context, direction, piece, end);
  }
  stage->end = stage->end || end;
  pw_buffer_set_view(&stage->body, piece);
  return true;
}

/* The end of the stream: also, when trailers have come, for a plugin to which nothing else would tell that. */
static bool
is_last(const struct pw_stream *stream, const struct pw_context *context, int direction)
{
  return context->stages[direction].end ||
         (stream->directions[direction].body_ended &&
          !pw_plugin_wants(context->instance->plugin, pw_trailers_callback(direction)));
}

static enum pw_action
stage_body(struct pw_stream *stream, struct pw_context *context, int direction, enum pw_callback callback)
{
  struct pw_stage     *stage = &context->stages[direction];
  struct pw_direction *d     = &stream->directions[direction];
  enum pw_action       action;
  pw_value             values[3];

  values[0].u64  = context->id;
  values[1].u64  = pw_buffer_view(&stage->body).size;
  values[2].u64  = is_last(stream, context, direction);
  stage->in_body = true;
  /* "They can be added in proxy_on_request_body, but only when …end_of_stream is true". When they have come they stay
   * open: a body that was gathered is shown then. */
  if (stage->end || d->body_ended) {
    pw_stream_open_map(stream, pw_trailers_map(direction));
  } else {
    pw_stream_close_map(stream, pw_trailers_map(direction));
  }
  action         = pw_stage_call(stream, context, direction, callback, values, 3);
  stage->in_body = false;
  return action;
}

bool
pw_stage_shows_rest(const struct pw_context *context, int direction)
{
  return context->instance->plugin->config.allow_on_headers_stop_iteration &&
         !(context->stages[direction].pauses & PW_PAUSE_ALL);
}

bool
pw_stream_shows_body(const struct pw_stream *stream, int direction, size_t step)
{
  const struct pw_context *context = pw_stream_step((struct pw_stream *)stream, direction, step);

  return pw_stage_shows_rest(context, direction) &&
         pw_plugin_wants(context->instance->plugin, body_callback(stream, direction));
}

bool
pw_stream_waits_for_headers(struct pw_stream *stream, int direction, size_t step)
{
  return step == stream->directions[direction].headers_at && !pw_stream_shows_body(stream, direction, step);
}

/* Holds a piece that the plugin at this step has not been shown. Returns false: it goes no further now. */
static bool
step_hold(struct pw_stream *stream, int direction, size_t step, struct pw_view piece, bool end, enum pw_next *next)
{
  struct pw_context *context = pw_stream_step(stream, direction, step);

  context->stages[direction].held = true;
  if (!stage_hold(context, direction, piece, end)) {
    *next = body_too_large(stream, context, direction);
  }
  return false;
}

/* Whether a plugin that wants the whole body at once has not got it yet. */
static bool
step_gathers(const struct pw_stream *stream, const struct pw_context *context, int direction, bool end)
{
  const struct pw_plugin_config *config = &context->instance->plugin->config;

  return (direction == 0 ? config->request_body : config->response_body) == PW_BODY_BUFFER && !end &&
         !stream->directions[direction].body_ended && !stream->is_tcp;
}

/* Whether there is a VM to gather for. Another thread may see it die. */
static bool
is_served(const struct pw_context *context)
{
  bool served;

  pw_worker_enter(context->instance->worker);
  served = context->vm != NULL && !pw_vm_is_dead(context->vm);
  pw_worker_leave(context->instance->worker);
  return served;
}

/* One step. True: `*piece` and `*end` are what the next step gets. False: `*next` says how the way ends here. */
static bool
body_step(struct pw_stream *stream, int direction, size_t step, struct pw_view *piece, bool *end, enum pw_next *next)
{
  struct pw_context *context  = pw_stream_step(stream, direction, step);
  struct pw_stage   *stage    = &context->stages[direction];
  enum pw_callback   callback = body_callback(stream, direction);
  enum pw_action     action;

  *next = PW_NEXT_PAUSE;
  if (pw_stream_waits_for_headers(stream, direction, step)) {
    return step_hold(stream, direction, step, *piece, *end, next);
  }
  /* A plugin that is broken has nothing to gather for: it is passed by, or refused, in the call. */
  if (!pw_plugin_wants(context->instance->plugin, callback)) {
    return true;
  }
  if (step_gathers(stream, context, direction, *end) && is_served(context)) {
    return step_hold(stream, direction, step, *piece, *end, next);
  }
  if (!stage_show(context, direction, *piece, *end)) {
    *next = body_too_large(stream, context, direction);
    return false;
  }
  stage->held = false;
  action      = stage_body(stream, context, direction, callback);
  if (pw_stream_verdict(stream) != PW_NEXT_CONTINUE) {
    *next = PW_NEXT_CONTINUE;
    return false;
  }
  if (action == PW_ACTION_PAUSE || step == stream->directions[direction].headers_at) {
    if (!stage_hold(context, direction, pw_view_make(NULL, 0), false)) {
      *next = body_too_large(stream, context, direction);
    } else if (action == PW_ACTION_CONTINUE) {
      /* Its headers were paused, and with the body it lets both go: the headers have to be first. */
      pw_stage_set_pauses(context, direction, PW_PAUSE_HEADERS | PW_PAUSE_BODY, true);
      pw_stream_ask(stream, direction);
    }
    return false;
  }
  if (stage->pauses != 0) {
    pw_stage_set_pauses(context, direction, 0, false);
  }
  *piece = pw_buffer_view(&stage->body);
  *end   = stage->end;
  return true;
}

enum pw_next
pw_stream_pass_body(struct pw_stream *stream, int direction, size_t step, struct pw_view piece, bool end)
{
  const struct pw_proxy_ops *proxy = stream->chain->worker->host->proxy;
  size_t                     first = step;
  enum pw_next               next  = PW_NEXT_CONTINUE;

  /* An empty piece without the end is for the first step alone: pw_stage_tell_end. */
  while (step < stream->chain->count && (step == first || piece.size > 0 || end) &&
         body_step(stream, direction, step, &piece, &end, &next)) {
    ++step;
  }
  if (step == stream->chain->count || (piece.size == 0 && !end)) {
    next = PW_NEXT_CONTINUE;
    if ((piece.size > 0 || end) && proxy->body_out != NULL) {
      proxy->body_out(stream->data, pw_stream_type_of(stream, direction), piece, end);
    }
  }
  /* The bytes have left these stages, or belong to the one that stopped them. */
  for (; first < step; ++first) {
    pw_buffer_clear(&pw_stream_step(stream, direction, first)->stages[direction].body);
  }
  return next;
}

enum pw_next
pw_stage_release(struct pw_stream *stream, int direction, size_t step)
{
  struct pw_stage *stage = &pw_stream_step(stream, direction, step)->stages[direction];
  struct pw_bytes  bytes = {NULL, 0, 0};
  bool             held  = stage->held;
  enum pw_next     next;

  stage->held = false;
  if (!pw_buffer_take(&stage->body, &bytes)) {
    pw_stream_set_verdict(stream, PW_NEXT_CLOSE);
    return PW_NEXT_CONTINUE;
  }
  next = bytes.size == 0 && !stage->end && !held
           ? PW_NEXT_CONTINUE
           : pw_stream_pass_body(stream, direction, held ? step : step + 1, pw_bytes_view(&bytes), stage->end);
  pw_bytes_clear(&bytes);
  return next;
}

void
pw_stage_tell_end(struct pw_stream *stream, int direction, size_t step)
{
  struct pw_context *context = pw_stream_step(stream, direction, step);
  struct pw_stage   *stage   = &context->stages[direction];

  if (stage->told_end || !pw_plugin_wants(context->instance->plugin, body_callback(stream, direction)) ||
      pw_plugin_wants(context->instance->plugin, pw_trailers_callback(direction))) {
    return;
  }
  stage->told_end = true;
  stage->held     = true;
  pw_stage_release(stream, direction, step);
}

void
pw_stream_drop_held(struct pw_stream *stream)
{
  size_t i;
  int    direction;

  for (i = 0; i < stream->chain->count; ++i) {
    for (direction = 0; direction < 2; ++direction) {
      struct pw_stage *stage = &stream->contexts[i].stages[direction];

      pw_stage_set_pauses(&stream->contexts[i], direction, 0, false);
      /* With its memory: it may be a large body, or show a piece that is the proxy's. */
      pw_buffer_free(&stage->body);
      stage->held = false;
      stage->end  = false;
    }
  }
  for (direction = 0; direction < 2; ++direction) {
    stream->directions[direction].headers_at  = stream->chain->count;
    stream->directions[direction].trailers_at = stream->chain->count;
  }
}
