/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/transaction/segment.h"

#include "traffic_server/body/response_body.h"
#include "traffic_server/fields/header_map.h"
#include "traffic_server/transaction/local_reply.h"
#include "traffic_server/transaction/transaction.h"

/* ------------------------------------------------------------------------------------------------------------ outcomes
 */

static enum pw_outcome
outcome_of(struct pw_segment *segment, enum pw_next next)
{
  struct pw_transaction *transaction = segment->transaction;
  switch (next) {
  case PW_NEXT_CONTINUE:
    return PW_OUTCOME_CONTINUE;
  case PW_NEXT_PAUSE:
    return PW_OUTCOME_HOLD;
  case PW_NEXT_REPLY:
    if (transaction->answer.given) {
      return PW_OUTCOME_REPLY;
    }
    break;
  case PW_NEXT_CLOSE:
    return PW_OUTCOME_CLOSE;
  default:
    break;
  }
  pw_local_reply_refuse(transaction);
  return PW_OUTCOME_REPLY;
}

/* The same for headers: whoever holds them holds the transaction's way through its segments. */
static enum pw_outcome
outcome_of_headers(struct pw_segment *segment, enum pw_next next, enum pw_stream_type direction)
{
  enum pw_outcome outcome = outcome_of(segment, next);
  if (outcome == PW_OUTCOME_HOLD) {
    segment->transaction->paused    = segment;
    segment->transaction->direction = direction;
  }
  return outcome;
}

/* ------------------------------------------------------------------------------------------------------------- headers
 */

/* False as well when nobody looks at it. */
static bool
request_ends_with_headers(const struct pw_segment *segment)
{
  return segment->plan->wants_end[PW_STREAM_HTTP_REQUEST] && pw_request_ends_with_headers(segment->transaction);
}

static enum pw_outcome
request_headers(struct pw_segment *segment)
{
  segment->stream = pw_stream_new(segment->chain, segment);
  if (!segment->stream) {
    return outcome_of(segment, PW_NEXT_FAIL);
  }
  segment->transaction->thread->streams++;
  if (pw_stream_refused(segment->stream)) {
    /* Neither is it asked of the response that this leads to. */
    segment->answered = true;
    return outcome_of(segment, PW_NEXT_FAIL);
  }
  return outcome_of_headers(segment, pw_stream_request_headers(segment->stream, request_ends_with_headers(segment)),
                            PW_STREAM_HTTP_REQUEST);
}

enum pw_outcome
pw_segments_request(struct pw_segment *segment)
{
  enum pw_outcome outcome = PW_OUTCOME_CONTINUE;
  for (; segment && outcome == PW_OUTCOME_CONTINUE; segment = segment->next) {
    outcome = request_headers(segment);
  }
  return outcome;
}

/* A page of the server's own goes through no transform: a filter that held its headers for the sake of the body would
 * wait for ever. */
static bool
is_page(const struct pw_segment *segment)
{
  return segment->plan->wants_response_body && segment->transaction->phase == PW_PHASE_CLIENT_RESPONSE &&
         !pw_response_body_runs(segment->transaction);
}

/* False as well when nobody looks at it. */
static bool
response_ends_with_headers(const struct pw_segment *segment)
{
  return segment->plan->wants_end[PW_STREAM_HTTP_RESPONSE] &&
         (is_page(segment) || pw_response_ends_with_headers(segment->transaction));
}

static enum pw_outcome
response_headers(struct pw_transaction *transaction, enum pw_response_phase phase)
{
  enum pw_outcome outcome = PW_OUTCOME_CONTINUE;
  for (struct pw_segment *segment = transaction->last; segment && outcome == PW_OUTCOME_CONTINUE;
       segment                    = segment->previous) {
    if (segment->stream && !segment->answered && segment->plan->phase == phase) {
      bool end_of_stream = response_ends_with_headers(segment);
      segment->answered  = true;
      outcome            = outcome_of_headers(segment, pw_stream_response_headers(segment->stream, end_of_stream),
                                              PW_STREAM_HTTP_RESPONSE);
    }
  }
  return outcome;
}

enum pw_outcome
pw_segments_response(struct pw_transaction *transaction)
{
  enum pw_outcome outcome = PW_OUTCOME_CONTINUE;
  if (transaction->phase == PW_PHASE_ORIGIN_RESPONSE || transaction->origin_body) {
    outcome = response_headers(transaction, PW_RESPONSE_PHASE_ORIGIN);
  }
  if (transaction->phase != PW_PHASE_ORIGIN_RESPONSE && outcome == PW_OUTCOME_CONTINUE) {
    outcome = response_headers(transaction, PW_RESPONSE_PHASE_CLIENT);
  }
  return outcome;
}

/* -------------------------------------------------------------------------------------------------------------- bodies
 */

enum pw_outcome
pw_segment_body(struct pw_segment *segment, enum pw_stream_type direction, struct pw_view piece, bool end)
{
  return outcome_of(segment, direction == PW_STREAM_HTTP_REQUEST
                               ? pw_stream_request_body(segment->stream, piece, end)
                               : pw_stream_response_body(segment->stream, piece, end));
}

enum pw_outcome
pw_segment_trailers(struct pw_segment *segment, enum pw_stream_type direction)
{
  return outcome_of(segment, direction == PW_STREAM_HTTP_REQUEST ? pw_stream_request_trailers(segment->stream)
                                                                 : pw_stream_response_trailers(segment->stream));
}

/* A body comes to a segment whose headers it follows: not to one of the origin's phase when there was no origin. While
 * a segment holds headers and is shown the body, those after it have not seen the headers yet, and will. */
static bool
sees_body(const struct pw_segment *segment, enum pw_stream_type direction)
{
  if (!segment->stream && !(segment->transaction->held_request && direction == PW_STREAM_HTTP_REQUEST)) {
    return false;
  }
  if (direction == PW_STREAM_HTTP_REQUEST) {
    return segment->plan->wants_request_body;
  }
  return segment->plan->wants_response_body &&
         (segment->plan->phase == PW_RESPONSE_PHASE_CLIENT || segment->transaction->origin_body);
}

/* Back from `segment`, within one phase. */
static struct pw_segment *
find_back(struct pw_segment *segment, enum pw_response_phase phase)
{
  while (segment && (segment->plan->phase != phase || !sees_body(segment, PW_STREAM_HTTP_RESPONSE))) {
    segment = segment->previous;
  }
  return segment;
}

static struct pw_segment *
find_on(struct pw_segment *segment)
{
  while (segment && !sees_body(segment, PW_STREAM_HTTP_REQUEST)) {
    segment = segment->next;
  }
  return segment;
}

struct pw_segment *
pw_segment_first_of_body(struct pw_transaction *transaction, enum pw_stream_type direction)
{
  if (direction == PW_STREAM_HTTP_REQUEST) {
    return find_on(transaction->first);
  }
  struct pw_segment *found = find_back(transaction->last, PW_RESPONSE_PHASE_ORIGIN);
  return found ? found : find_back(transaction->last, PW_RESPONSE_PHASE_CLIENT);
}

struct pw_segment *
pw_segment_next_of_body(struct pw_segment *segment, enum pw_stream_type direction)
{
  if (direction == PW_STREAM_HTTP_REQUEST) {
    return find_on(segment->next);
  }
  struct pw_segment *found = find_back(segment->previous, segment->plan->phase);
  if (!found && segment->plan->phase == PW_RESPONSE_PHASE_ORIGIN) {
    found = find_back(segment->transaction->last, PW_RESPONSE_PHASE_CLIENT);
  }
  return found;
}

/* -------------------------------------------------------------------------------------------------------------- resume
 */

static enum pw_outcome
headers_went_on(struct pw_segment *segment, enum pw_stream_type direction)
{
  struct pw_transaction *transaction = segment->transaction;
  transaction->paused                = NULL;
  return direction == PW_STREAM_HTTP_REQUEST ? pw_segments_request(segment->next) : pw_segments_response(transaction);
}

enum pw_outcome
pw_segment_resume(struct pw_segment *segment, enum pw_stream_type direction)
{
  struct pw_transaction *transaction = segment->transaction;
  bool                   here        = transaction->paused == segment && transaction->direction == direction;
  enum pw_outcome        outcome     = outcome_of(segment, pw_stream_resume(segment->stream, direction));
  if (outcome == PW_OUTCOME_REPLY || outcome == PW_OUTCOME_CLOSE) {
    transaction->paused = here ? NULL : transaction->paused;
    return outcome;
  }
  if (here && pw_stream_headers_passed(segment->stream, direction)) {
    return headers_went_on(segment, direction);
  }
  return outcome;
}
