/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file segment.h
 * A chain of one generation that a transaction goes through, as one stream: its headers, its bodies, and how it goes on
 * after a pause. Everything here is called on the transaction's event thread.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_SEGMENT_H
#define PROXYWASM_TRAFFIC_SERVER_SEGMENT_H

#include "traffic_server/configuration/generation_worker.h"

#include <proxywasm/host.h>

struct pw_transaction;

/** It is what pw_proxy_ops get as `stream`. */
struct pw_segment {
  struct pw_transaction        *transaction;
  struct pw_segment            *next; /**< in the order in which requests meet them */
  struct pw_segment            *previous;
  struct pw_generation_worker  *worker;
  const struct pw_segment_plan *plan;
  struct pw_chain              *chain;
  struct pw_stream             *stream;        /**< NULL: the request has not come to it */
  unsigned                      resumes;       /**< bits of directions to be resumed; pw_event_thread.lock */
  bool                          answered;      /**< its response callbacks have been called */
  bool                          outbox_end[2]; /**< the end of the body is behind `outbox` */
  struct pw_bytes               outbox[2];     /**< body that left it, on its way to the next one, by direction */
  struct pw_segment            *next_resume;   /**< in pw_event_thread.resumes; pw_event_thread.lock */
};

/** What a phase came to. */
enum pw_outcome {
  PW_OUTCOME_CONTINUE,
  PW_OUTCOME_HOLD,  /**< a module waits */
  PW_OUTCOME_REPLY, /**< the transaction's local answer is to be sent */
  PW_OUTCOME_CLOSE  /**< no answer */
};

/** The request meets the segments from `segment` on. HOLD: the transaction's `paused` tells where. */
enum pw_outcome pw_segments_request(struct pw_segment *segment);
/** The response meets the segments that it has not met, last to first; likewise. At READ_RESPONSE_HDR those of the
 *  origin's phase, later those of the client's; in a transform those of the origin's that are left as well. */
enum pw_outcome pw_segments_response(struct pw_transaction *transaction);

/** A module continued, replied or closed: goes on in this segment, and when the headers waited here and have passed, in
 *  those that come after it. */
enum pw_outcome pw_segment_resume(struct pw_segment *segment, enum pw_stream_type direction);

/** A piece of body for one segment. */
enum pw_outcome pw_segment_body(struct pw_segment *segment, enum pw_stream_type direction, struct pw_view piece,
                                bool end);
/** Trailers, after the body. */
enum pw_outcome pw_segment_trailers(struct pw_segment *segment, enum pw_stream_type direction);

/** The first segment that a body of this direction comes to, and the one after `segment`; NULL: none. */
struct pw_segment *pw_segment_first_of_body(struct pw_transaction *transaction, enum pw_stream_type direction);
struct pw_segment *pw_segment_next_of_body(struct pw_segment *segment, enum pw_stream_type direction);

#endif
