/* SPDX-License-Identifier: Apache-2.0 */
/* What the proxy does to a stream: each phase through the chain, and going on after a pause. */
#include "host/stream.h"

enum pw_next
pw_phase_verdict(struct pw_stream *stream)
{
  enum pw_next verdict;

  verdict = (enum pw_next)atomic_exchange_explicit(&stream->verdict, PW_NEXT_CONTINUE, memory_order_acq_rel);
  if (verdict == PW_NEXT_FAIL || verdict == PW_NEXT_CLOSE) {
    stream->failed = true;
  }
  pw_stream_close_map(stream, PW_MAP_HTTP_REQUEST_HEADERS);
  pw_stream_close_map(stream, PW_MAP_HTTP_REQUEST_TRAILERS);
  pw_stream_drop_held(stream);
  return verdict;
}

static enum pw_next
stream_body(struct pw_stream *stream, int direction, struct pw_view piece, bool end)
{
  enum pw_next next = PW_NEXT_CONTINUE;

  if (piece.size == 0 && !end) {
    return PW_NEXT_CONTINUE;
  }
  if (pw_phase_begin(stream)) {
    next = pw_stream_pass_body(stream, direction, 0, piece, end);
  }
  return pw_phase_end(stream, next);
}

static enum pw_next
stream_trailers(struct pw_stream *stream, int direction)
{
  enum pw_next next = PW_NEXT_CONTINUE;

  stream->directions[direction].body_ended = true;
  pw_stream_open_map(stream, pw_trailers_map(direction));
  if (pw_phase_begin(stream)) {
    next = pw_stream_run_trailers(stream, direction, 0);
  }
  return pw_phase_end(stream, next);
}

static enum pw_next
stream_metadata(struct pw_stream *stream, int direction, enum pw_callback callback, size_t count)
{
  size_t step;

  /* An answer of "pause" has no meaning here: metadata frames hold nothing up. */
  for (step = 0; pw_phase_begin(stream) && step < stream->chain->count; ++step) {
    struct pw_context *context = pw_stream_step(stream, direction, step);
    pw_value           values[2];

    values[0].u64 = context->id;
    values[1].u64 = count;
    pw_stage_call(stream, context, direction, callback, values, 2);
  }
  return pw_phase_end(stream, PW_NEXT_CONTINUE);
}

enum pw_next
pw_stream_request_body(struct pw_stream *stream, struct pw_view piece, bool end_of_stream)
{
  return stream_body(stream, PW_STREAM_HTTP_REQUEST, piece, end_of_stream);
}

enum pw_next
pw_stream_request_trailers(struct pw_stream *stream)
{
  return stream_trailers(stream, PW_STREAM_HTTP_REQUEST);
}

enum pw_next
pw_stream_request_metadata(struct pw_stream *stream, size_t count)
{
  return stream_metadata(stream, PW_STREAM_HTTP_REQUEST, PW_CALLBACK_REQUEST_METADATA, count);
}

enum pw_next
pw_stream_response_body(struct pw_stream *stream, struct pw_view piece, bool end_of_stream)
{
  return stream_body(stream, PW_STREAM_HTTP_RESPONSE, piece, end_of_stream);
}

enum pw_next
pw_stream_response_trailers(struct pw_stream *stream)
{
  return stream_trailers(stream, PW_STREAM_HTTP_RESPONSE);
}

enum pw_next
pw_stream_response_metadata(struct pw_stream *stream, size_t count)
{
  return stream_metadata(stream, PW_STREAM_HTTP_RESPONSE, PW_CALLBACK_RESPONSE_METADATA, count);
}

enum pw_next
pw_stream_data(struct pw_stream *stream, enum pw_stream_type type, struct pw_view piece, bool end_of_stream)
{
  return stream_body(stream, (int)type & 1, piece, end_of_stream);
}

void
pw_stream_connection_close(struct pw_stream *stream, enum pw_stream_type type, enum pw_peer_type peer)
{
  enum pw_callback callback =
    type == PW_STREAM_DOWNSTREAM ? PW_CALLBACK_DOWNSTREAM_CONNECTION_CLOSE : PW_CALLBACK_UPSTREAM_CONNECTION_CLOSE;

  stream_metadata(stream, (int)type & 1, callback, peer);
}

/* Goes on at one stage that a module continued. */
static void
resume_stage(struct pw_stream *stream, int direction, size_t step)
{
  struct pw_context   *context = pw_stream_step(stream, direction, step);
  struct pw_stage     *stage   = &context->stages[direction];
  struct pw_direction *d       = &stream->directions[direction];
  uint8_t              pauses  = stage->pauses;

  pw_stage_set_pauses(context, direction, 0, false);
  if (pauses & PW_PAUSE_HEADERS) {
    pw_stream_run_headers(stream, direction, step + 1);
  }
  /* Also when the headers wait again, further on: the body follows them there. */
  if (pw_stream_verdict(stream) == PW_NEXT_CONTINUE && (pauses & PW_PAUSE_BODY || stage->held)) {
    pw_stage_release(stream, direction, step);
  }
  if (pw_stream_verdict(stream) == PW_NEXT_CONTINUE && d->trailers_at == step) {
    /* Trailers that waited for headers have not been shown here yet. */
    pw_stream_run_trailers(stream, direction, pauses & PW_PAUSE_TRAILERS ? step + 1 : step);
  }
}

static bool
direction_paused(struct pw_stream *stream, int direction)
{
  size_t step;

  for (step = 0; step < stream->chain->count; ++step) {
    if (pw_stream_step(stream, direction, step)->stages[direction].pauses != 0) {
      return true;
    }
  }
  return false;
}

enum pw_next
pw_stream_resume(struct pw_stream *stream, enum pw_stream_type type)
{
  int    direction = (int)type & 1;
  size_t step      = stream->chain->count;

  atomic_store_explicit(&stream->directions[direction].asked, false, memory_order_release);
  pw_stream_take_reply(stream);
  /* The last ones first: what they held must leave before what comes after it. */
  while (pw_phase_begin(stream) && step > 0) {
    --step;
    if (pw_stage_resumed(pw_stream_step(stream, direction, step), direction)) {
      resume_stage(stream, direction, step);
    }
  }
  return pw_phase_end(stream, direction_paused(stream, direction) ? PW_NEXT_PAUSE : PW_NEXT_CONTINUE);
}

bool
pw_stream_headers_passed(const struct pw_stream *stream, enum pw_stream_type type)
{
  return stream->directions[(int)type & 1].headers_at == stream->chain->count;
}

bool
pw_stream_trailers_passed(const struct pw_stream *stream, enum pw_stream_type type)
{
  return stream->directions[(int)type & 1].trailers_passed;
}

bool
pw_stream_takes_body(const struct pw_stream *stream, enum pw_stream_type type)
{
  int    direction = (int)type & 1;
  size_t step      = stream->directions[direction].headers_at;

  return step == stream->chain->count || !pw_stream_waits_for_headers((struct pw_stream *)stream, direction, step);
}
