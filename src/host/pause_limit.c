/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The longest pause (limits.pause). A stream comes into its chain's list when a module pauses it, and leaves it when
 * the proxy looks and finds nothing paused, or when it ends: what never pauses costs nothing.
 */
#include "host/log.h"
#include "host/stream.h"

#define NANOSECONDS_PER_MILLISECOND UINT64_C(1000000)

static uint64_t
time_now(const struct pw_host *host)
{
  return host->proxy->time_monotonic(host->proxy_data);
}

static void
list(struct pw_stream *stream)
{
  struct pw_chain *chain = stream->chain;

  stream->next_paused = chain->paused_streams;
  stream->paused_link = &chain->paused_streams;
  if (stream->next_paused != NULL) {
    stream->next_paused->paused_link = &stream->next_paused;
  }
  chain->paused_streams = stream;
}

void
pw_stream_pause_unlist(struct pw_stream *stream)
{
  *stream->paused_link = stream->next_paused;
  if (stream->next_paused != NULL) {
    stream->next_paused->paused_link = stream->paused_link;
  }
  stream->paused_link = NULL;
}

void
pw_stream_pause_begin(struct pw_stream *stream, struct pw_stage *stage)
{
  stage->paused_at = time_now(stream->chain->worker->host);
  if (stream->paused_link == NULL) {
    list(stream);
  }
}

/* A stage that collects a body waits for the rest of it, and is asked again with each piece: only at the end of the
 * stream is it the module alone that the stream waits for. The lock of the context's worker is held. */
static bool
waits_for_module(const struct pw_stage *stage)
{
  return stage->pauses != 0 && !stage->resume && (stage->pauses != PW_PAUSE_BODY || stage->end);
}

static const char *
paused_callback(const struct pw_stream *stream, const struct pw_stage *stage, int direction)
{
  static const enum pw_callback headers[2]  = {PW_CALLBACK_REQUEST_HEADERS, PW_CALLBACK_RESPONSE_HEADERS};
  static const enum pw_callback bodies[2]   = {PW_CALLBACK_REQUEST_BODY, PW_CALLBACK_RESPONSE_BODY};
  static const enum pw_callback trailers[2] = {PW_CALLBACK_REQUEST_TRAILERS, PW_CALLBACK_RESPONSE_TRAILERS};
  static const enum pw_callback data[2]     = {PW_CALLBACK_DOWNSTREAM_DATA, PW_CALLBACK_UPSTREAM_DATA};

  if (stream->is_tcp) {
    return pw_callback_name(stage->pauses & PW_PAUSE_HEADERS ? PW_CALLBACK_NEW_CONNECTION : data[direction]);
  }
  return pw_callback_name(stage->pauses & PW_PAUSE_HEADERS ? headers[direction]
                          : stage->pauses & PW_PAUSE_BODY  ? bodies[direction]
                                                           : trailers[direction]);
}

/* The plugin has failed this stream, as one whose VM died. The lock of the context's worker is held. */
static void
end_pause(struct pw_stream *stream, struct pw_context *context, int direction)
{
  const struct pw_plugin_config *config = &context->instance->plugin->config;
  struct pw_stage               *stage  = &context->stages[direction];

  pw_instance_note(context->instance, PW_LOG_ERROR,
                   "%s paused a stream, and it was not continued within %u ms (limits.pause): %s",
                   paused_callback(stream, stage, direction), config->limits.pause_milliseconds,
                   config->fail_open ? "it goes on past the plugin" : "it is refused");
  if (!config->fail_open) {
    pw_stream_set_verdict(stream, PW_NEXT_FAIL);
  }
  stage->resume = true;
  pw_stream_ask(stream, direction);
}

/* Ends the stream's pauses that are due at `now`. `*next`: when the next one is, UINT64_MAX if there is none. */
static bool
end_due(struct pw_stream *stream, uint64_t now, uint64_t *next)
{
  bool ended = false;

  *next = UINT64_MAX;
  for (size_t i = 0; i < 2 * stream->chain->count; ++i) {
    struct pw_context *context   = &stream->contexts[i / 2];
    int                direction = (int)(i % 2);
    struct pw_stage   *stage     = &context->stages[direction];
    uint64_t           due       = UINT64_MAX;

    pw_worker_enter(context->instance->worker);
    if (waits_for_module(stage)) {
      due =
        stage->paused_at + context->instance->plugin->config.limits.pause_milliseconds * NANOSECONDS_PER_MILLISECOND;
    }
    if (due <= now) {
      end_pause(stream, context, direction);
      ended = true;
    } else if (due < *next) {
      *next = due;
    }
    pw_worker_leave(context->instance->worker);
  }
  return ended;
}

bool
pw_chain_end_pauses(struct pw_chain *chain, uint64_t *next)
{
  struct pw_stream *stream = chain->paused_streams;
  uint64_t          first  = UINT64_MAX;
  uint64_t          now    = stream != NULL ? time_now(chain->worker->host) : 0;
  bool              ended  = false;

  while (stream != NULL) {
    struct pw_stream *following = stream->next_paused;
    uint64_t          due;

    ended = end_due(stream, now, &due) || ended;
    if (due == UINT64_MAX) {
      pw_stream_pause_forget(stream);
    }
    first  = due < first ? due : first;
    stream = following;
  }
  if (next != NULL) {
    *next = first;
  }
  return ended;
}
