/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A local reply from another thread than the stream's (vm_scope: process): the proxy's stream is not ours there. A copy
 * waits in the stream until the proxy comes with pw_stream_resume, on the stream's own thread.
 */
#include "host/log.h"
#include "host/pairs.h"
#include "host/stream.h"

#include <stdlib.h>

struct pw_posted_reply {
  struct pw_local_reply reply;
  struct pw_pairs       headers;
  struct pw_bytes       bytes; /* what the views of `reply` and `headers` point into */
};

static void
posted_free(struct pw_posted_reply *posted)
{
  if (posted != NULL) {
    pw_pairs_clear(&posted->headers);
    pw_bytes_clear(&posted->bytes);
    free(posted);
  }
}

static struct pw_posted_reply *
posted_new(const struct pw_local_reply *reply)
{
  struct pw_posted_reply *posted = (struct pw_posted_reply *)calloc(1, sizeof(*posted));
  size_t                  size   = pw_pairs_size(reply->headers).bytes + reply->details.size + reply->body.size;
  bool                    done   = posted != NULL && pw_bytes_reserve(&posted->bytes, size + 1);
  size_t                  i;

  for (i = 0; done && i < reply->headers->count; ++i) {
    done = pw_pairs_add(&posted->headers, reply->headers->items[i].key, reply->headers->items[i].value);
  }
  if (!done) {
    posted_free(posted);
    return NULL;
  }
  pw_pairs_move_texts(&posted->headers, &posted->bytes);
  posted->reply         = *reply;
  posted->reply.details = pw_bytes_keep(&posted->bytes, reply->details);
  posted->reply.body    = pw_bytes_keep(&posted->bytes, reply->body);
  posted->reply.headers = &posted->headers;
  return posted;
}

enum pw_status
pw_stream_post_reply(struct pw_stream *stream, const struct pw_context *context, const struct pw_local_reply *reply)
{
  int                     direction = context->stages[0].pauses != 0 ? 0 : 1;
  struct pw_posted_reply *posted;

  if (context->stages[direction].pauses == 0) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  posted = posted_new(reply);
  if (posted == NULL) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  posted_free(atomic_exchange_explicit(&stream->posted, posted, memory_order_acq_rel));
  pw_stream_ask(stream, direction);
  return PW_STATUS_OK;
}

void
pw_stream_take_reply(struct pw_stream *stream)
{
  const struct pw_proxy_ops *proxy  = stream->chain->worker->host->proxy;
  struct pw_posted_reply    *posted = atomic_exchange_explicit(&stream->posted, NULL, memory_order_acq_rel);

  if (PW_LIKELY(posted == NULL)) {
    return;
  }
  if (pw_stream_may_reply(stream) && proxy->local_reply(stream->data, &posted->reply) == PW_STATUS_OK) {
    ++stream->replies;
    pw_stream_set_verdict(stream, PW_NEXT_REPLY);
  } else {
    /* The module was told that it is done, and will not go on. */
    pw_host_log(stream->chain->worker->host, NULL, PW_LOG_ERROR,
                "a local reply from another thread (vm_scope: process) came when the response was on its way; the "
                "stream is closed");
    pw_stream_set_verdict(stream, PW_NEXT_CLOSE);
  }
  posted_free(posted);
}

void
pw_stream_drop_reply(struct pw_stream *stream)
{
  posted_free(atomic_exchange_explicit(&stream->posted, NULL, memory_order_acq_rel));
}
