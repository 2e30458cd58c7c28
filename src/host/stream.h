/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file stream.h
 * What the files of a stream share: stream.c (its life), phase.c (headers and trailers through the chain), body.c.
 */
#ifndef PROXYWASM_HOST_STREAM_H
#define PROXYWASM_HOST_STREAM_H

#include "host/internal.h"

/** The context at a step of a direction: requests go from the first plugin to the last, responses the other way. */
static inline struct pw_context *
pw_stream_step(struct pw_stream *stream, int direction, size_t step)
{
  return &stream->contexts[direction == PW_STREAM_HTTP_REQUEST ? step : stream->chain->count - 1 - step];
}

static inline enum pw_stream_type
pw_stream_type_of(const struct pw_stream *stream, int direction)
{
  return (enum pw_stream_type)(direction + (stream->is_tcp ? PW_STREAM_DOWNSTREAM : PW_STREAM_HTTP_REQUEST));
}

static inline enum pw_next
pw_stream_verdict(struct pw_stream *stream)
{
  return (enum pw_next)atomic_load_explicit(&stream->verdict, memory_order_relaxed);
}

static inline enum pw_callback
pw_trailers_callback(int direction)
{
  return direction == PW_STREAM_HTTP_REQUEST ? PW_CALLBACK_REQUEST_TRAILERS : PW_CALLBACK_RESPONSE_TRAILERS;
}

static inline enum pw_map_type
pw_headers_map(int direction)
{
  return direction == PW_STREAM_HTTP_REQUEST ? PW_MAP_HTTP_REQUEST_HEADERS : PW_MAP_HTTP_RESPONSE_HEADERS;
}

static inline enum pw_map_type
pw_trailers_map(int direction)
{
  return direction == PW_STREAM_HTTP_REQUEST ? PW_MAP_HTTP_REQUEST_TRAILERS : PW_MAP_HTTP_RESPONSE_TRAILERS;
}

/** The first verdict of a phase stands. */
void pw_stream_set_verdict(struct pw_stream *stream, enum pw_next verdict);

/** Notes what a stage waits for from now on, and whether its module said continue. */
void pw_stage_set_pauses(struct pw_context *context, int direction, uint8_t pauses, bool resume);

/** Whether the module of a stage that waits said continue. */
bool pw_stage_resumed(struct pw_context *context, int direction);

/** Calls a callback that answers an action. CONTINUE when the plugin has no such callback or cannot be asked; the
 *  verdict is FAIL if it cannot, and fails closed. PAUSE: the stage is paused, if there is no verdict. */
enum pw_action pw_stage_call(struct pw_stream *stream, struct pw_context *context, int direction,
                             enum pw_callback callback, pw_value *values, size_t count);

/** A phase ends with a verdict: what it is, once. */
enum pw_next pw_phase_verdict(struct pw_stream *stream);

/** Begins a phase; false when there is nothing to be asked any more. */
static inline bool
pw_phase_begin(struct pw_stream *stream)
{
  stream->in_phase = true;
  return !stream->failed && pw_stream_verdict(stream) == PW_NEXT_CONTINUE;
}

/** Ends one with `next`, if there is no verdict. */
static inline enum pw_next
pw_phase_end(struct pw_stream *stream, enum pw_next next)
{
  stream->in_phase = false;
  return PW_LIKELY(atomic_load_explicit(&stream->verdict, memory_order_acquire) == PW_NEXT_CONTINUE)
           ? next
           : pw_phase_verdict(stream);
}

/** Headers, or a new connection, from `step` on. */
enum pw_next pw_stream_run_headers(struct pw_stream *stream, int direction, size_t step);
/** Trailers from `step` on. */
enum pw_next pw_stream_run_trailers(struct pw_stream *stream, int direction, size_t step);
/** A piece of body from `step` on. `piece` is not in the buffer of any step from there on. */
enum pw_next pw_stream_pass_body(struct pw_stream *stream, int direction, size_t step, struct pw_view piece, bool end);
/** Whether headers wait at this step, so that its body waits with them: but for a plugin that is to see the body
 *  meanwhile, and has a callback for it. No body comes beyond the step where headers are. */
bool pw_stream_waits_for_headers(struct pw_stream *stream, int direction, size_t step);
/** Whether a plugin is shown what follows its headers while these wait: it is configured so, and its module has not
 * said otherwise. */
bool pw_stage_shows_rest(const struct pw_context *context, int direction);
/** Whether the body is shown at a step where headers wait. */
bool pw_stream_shows_body(const struct pw_stream *stream, int direction, size_t step);
/** Forgets all that stages hold back and wait for, in both directions: the stream goes another way. */
void pw_stream_drop_held(struct pw_stream *stream);
/** What a stage held goes on: to its own callback if that has not seen it, else to the next step. */
enum pw_next pw_stage_release(struct pw_stream *stream, int direction, size_t step);

/** A callback answered "pause": its time begins. The stream's thread. */
void pw_stream_pause_begin(struct pw_stream *stream, struct pw_stage *stage);
/** Takes it off its chain's list. */
void pw_stream_pause_unlist(struct pw_stream *stream);
/** The stream ends, or nothing of it is paused any more. */
static inline void
pw_stream_pause_forget(struct pw_stream *stream)
{
  if (PW_UNLIKELY(stream->paused_link != NULL)) {
    pw_stream_pause_unlist(stream);
  }
}

/** Trailers have come, of which the plugin cannot be told: its body callback is told of the end, once. */
void pw_stage_tell_end(struct pw_stream *stream, int direction, size_t step);

/** Asks the proxy for pw_stream_resume, once. */
void pw_stream_ask(struct pw_stream *stream, int direction);

#endif
