/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file body.h
 * The body of one direction of a transaction, on its way through the segments and out of a transform. What is
 * particular to requests and to responses is in request_body.h and response_body.h.
 *
 * What leaves a segment waits in its outbox until the host's call has returned, as the host may not be called back from
 * body_out; only what leaves the last one goes straight to the transform.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_BODY_H
#define PROXYWASM_TRAFFIC_SERVER_BODY_H

#include "traffic_server/body/inflow_guard.h"
#include "traffic_server/body/outflow.h"
#include "traffic_server/body/transform.h"
#include "traffic_server/transaction/segment.h"

/** So much of a body is looked at before its headers go, when its length was announced: a body that ends within it gets
 *  the length that it has come to. */
#define PW_BODY_WINDOW_BYTES ((int64_t)64 << 10)
/** So much may wait on its way out before no more is taken in. */
#define PW_BODY_WAITING_BYTES ((int64_t)256 << 10)
/** The same for a stream of HTTP/2, whose connection is not to run dry between two looks. */
#define PW_BODY_STREAM_WAITING_BYTES ((int64_t)4 << 20)
/** So much is taken at once: other transactions of the thread want their turn. */
#define PW_BODY_TURN_BYTES ((size_t)128 << 10)

/** Zero-initialised: there is none. */
struct pw_body {
  struct pw_transform    transform;
  struct pw_transaction *transaction;
  enum pw_stream_type    direction;
  enum pw_outcome        outcome;       /**< of a resume, to be acted upon in the transform */
  int64_t                length;        /**< announced, of what comes in; -1: unknown */
  int64_t                given;         /**< bytes that came in */
  struct pw_inflow_guard guard;         /**< of a response whose length is unknown */
  struct pw_segment     *trailers_at;   /**< the last segment that was given the trailers; NULL: none, or all were */
  struct pw_stream_meter meter;         /**< of a response */
  struct pw_segment     *resumed_early; /**< its module continued before the server has begun to feed the transform */
  bool                   empty;         /**< the headers were the end of the stream: no callbacks */
  bool                   caches;        /**< what leaves the transform is what the server may cache */
  bool                   running;       /**< the server feeds the transform */
  bool                   ended;         /**< all of it was given */
  bool                   out_ended;     /**< the end has left the last segment */
  bool                   stopped;       /**< modules have no part in it any more */
};

/** Whether any segment wants to see it. */
bool pw_body_wanted(struct pw_transaction *transaction, enum pw_stream_type direction);
/** The transaction's body of that direction. */
struct pw_body *pw_body_of(struct pw_transaction *transaction, enum pw_stream_type direction);
/** Adds the transform; the ops find the body as its owner. False: memory is out. */
bool pw_body_open(struct pw_body *body, struct pw_transaction *transaction, enum pw_stream_type direction,
                  const struct pw_transform_ops *ops);

/** Whether an outcome is the end of a body's way. */
static inline bool
pw_body_is_over(enum pw_outcome outcome)
{
  return outcome == PW_OUTCOME_REPLY || outcome == PW_OUTCOME_CLOSE;
}

/** Whether modules can take more now: not while headers wait at one that is shown no body meanwhile. */
bool pw_body_takes(const struct pw_body *body);
/** The next piece through the segments. REPLY and CLOSE end it; HOLD is as good as CONTINUE. */
enum pw_outcome pw_body_give(struct pw_body *body, struct pw_view piece, bool end);
/** The same for the last piece when the transaction's trailers of this direction follow it. */
enum pw_outcome pw_body_give_with_trailers(struct pw_body *body, struct pw_view piece);
/** After a resume: what waits in outboxes, and trailers behind it, go on. */
enum pw_outcome pw_body_drain(struct pw_body *body);
/** Whether it goes out with the length that was announced: no plugin that sees it could change it. */
bool pw_body_keeps_length(const struct pw_body *body);

/** Whether so much waits on its way out that no more is to be taken in. */
bool pw_body_is_full(struct pw_body *body);
/** False for an HTTP/2 client that the server does not listen to any more: its connection is broken then. Of a request
 *  while input may come, of a response while the server has taken no output: see decision 16. */
bool pw_body_has_client(const struct pw_body *body);
/** Calls `ready` again in time for the next look. For HTTP/2 clients. */
void pw_body_watch_client(struct pw_body *body);
/** Whether the client's request came by HTTP/2. The transaction has to be alive. */
bool pw_body_is_http2(const struct pw_body *body);
/** Whether there are trailers that are to go out. */
bool pw_body_has_trailers(const struct pw_body *body);
/** Lets go out what the modules have let go, and after it the end, with trailers when the output is in chunks. */
void pw_body_push(struct pw_body *body);

/** pw_proxy_ops.body_out. `stream` is a struct pw_segment. */
void pw_body_out(void *stream, enum pw_stream_type type, struct pw_view piece, bool end_of_stream);

#endif
