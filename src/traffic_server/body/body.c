/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/body/body.h"

#include "traffic_server/body/outflow.h"
#include "traffic_server/log.h"
#include "traffic_server/transaction/transaction.h"

/* Between looks whether an HTTP/2 client can still be heard. */
#define MUTE_CLIENT_MILLISECONDS 50

bool
pw_body_wanted(struct pw_transaction *transaction, enum pw_stream_type direction)
{
  return pw_segment_first_of_body(transaction, direction) != NULL;
}

struct pw_body *
pw_body_of(struct pw_transaction *transaction, enum pw_stream_type direction)
{
  if (direction == PW_STREAM_HTTP_RESPONSE) {
    return &transaction->response_body;
  }
  return transaction->held_request ? &transaction->held_request->gathered.body : &transaction->request_body.body;
}

bool
pw_body_open(struct pw_body *body, struct pw_transaction *transaction, enum pw_stream_type direction,
             const struct pw_transform_ops *ops)
{
  body->transaction = transaction;
  body->direction   = direction;
  body->length      = -1;
  return pw_transform_open(&body->transform, transaction->txn, ops, body);
}

bool
pw_body_takes(const struct pw_body *body)
{
  const struct pw_transaction *transaction = body->transaction;
  const struct pw_segment     *paused      = transaction->direction == body->direction ? transaction->paused : NULL;
  return !paused || pw_stream_takes_body(paused->stream, body->direction);
}

/* ---------------------------------------------------------------------------------------------------- through segments
 */

/* What the segment let go, on to the next one. */
static enum pw_outcome
empty_outbox(struct pw_segment *segment, enum pw_stream_type direction)
{
  struct pw_segment *next  = pw_segment_next_of_body(segment, direction);
  struct pw_bytes   *bytes = &segment->outbox[direction];
  bool               end   = segment->outbox_end[direction];
  if (!next || (bytes->size == 0 && !end)) {
    return PW_OUTCOME_CONTINUE;
  }
  segment->outbox_end[direction] = false;
  enum pw_outcome outcome        = pw_segment_body(next, direction, pw_bytes_view(bytes), end);
  bytes->size                    = 0;
  return outcome;
}

static struct pw_trailers *
trailers_of(const struct pw_body *body)
{
  return &body->transaction->trailers[body->direction];
}

/* All of it has left the last segment. */
static void
end_out(struct pw_body *body)
{
  struct pw_trailers *trailers = trailers_of(body);
  body->out_ended              = true;
  trailers->state              = trailers->count > 0 ? PW_TRAILERS_SENT : PW_TRAILERS_ABSENT;
}

/* Trailers that have passed a segment, on to the next one; what it let go of the body is there by now. */
static enum pw_outcome
move_trailers(struct pw_body *body)
{
  struct pw_segment *segment = body->trailers_at;
  if (!pw_stream_trailers_passed(segment->stream, body->direction)) {
    return PW_OUTCOME_CONTINUE;
  }
  body->trailers_at = pw_segment_next_of_body(segment, body->direction);
  if (!body->trailers_at) {
    end_out(body);
    return PW_OUTCOME_CONTINUE;
  }
  return pw_segment_trailers(body->trailers_at, body->direction);
}

enum pw_outcome
pw_body_drain(struct pw_body *body)
{
  enum pw_outcome    outcome = PW_OUTCOME_CONTINUE;
  struct pw_segment *segment = pw_segment_first_of_body(body->transaction, body->direction);
  /* Beyond the segment where the headers wait nobody has seen headers yet. */
  while (segment && !pw_body_is_over(outcome) &&
         !(body->transaction->paused == segment && body->transaction->direction == body->direction)) {
    outcome = empty_outbox(segment, body->direction);
    if (!pw_body_is_over(outcome) && segment == body->trailers_at) {
      outcome = move_trailers(body);
    }
    segment = pw_segment_next_of_body(segment, body->direction);
  }
  return outcome;
}

/* Trailers can be added with the last piece of a body, unless it is on its way with a length. */
static void
open_trailers(struct pw_body *body)
{
  const struct pw_transform *transform = &body->transform;
  if (!transform->output || transform->end != PW_TRANSFORM_LENGTH) {
    trailers_of(body)->state = PW_TRAILERS_OPEN;
  }
}

enum pw_outcome
pw_body_give(struct pw_body *body, struct pw_view piece, bool end)
{
  struct pw_segment *first = pw_segment_first_of_body(body->transaction, body->direction);
  body->given += (int64_t)piece.size;
  body->ended = end;
  if (!first || body->empty) {
    pw_transform_write(&body->transform, piece);
    body->out_ended = end;
    return PW_OUTCOME_CONTINUE;
  }
  if (end) {
    open_trailers(body);
  }
  enum pw_outcome outcome = pw_segment_body(first, body->direction, piece, end);
  return pw_body_is_over(outcome) ? outcome : pw_body_drain(body);
}

enum pw_outcome
pw_body_give_with_trailers(struct pw_body *body, struct pw_view piece)
{
  struct pw_segment *first   = pw_segment_first_of_body(body->transaction, body->direction);
  enum pw_outcome    outcome = pw_body_give(body, piece, false);
  if (pw_body_is_over(outcome)) {
    return outcome;
  }
  body->ended = true;
  if (!first || body->empty) {
    end_out(body);
    return PW_OUTCOME_CONTINUE;
  }
  body->trailers_at        = first;
  trailers_of(body)->state = PW_TRAILERS_OPEN;
  outcome                  = pw_segment_trailers(first, body->direction);
  return pw_body_is_over(outcome) ? outcome : pw_body_drain(body);
}

void
pw_body_out(void *stream, enum pw_stream_type type, struct pw_view piece, bool end_of_stream)
{
  struct pw_segment *segment = (struct pw_segment *)stream;
  struct pw_body    *body    = pw_body_of(segment->transaction, type);
  if (!pw_segment_next_of_body(segment, type)) {
    pw_transform_write(&body->transform, piece);
    if (end_of_stream) {
      end_out(body);
    }
    return;
  }
  segment->outbox_end[type] = segment->outbox_end[type] || end_of_stream;
  if (!pw_bytes_append(&segment->outbox[type], piece.data, piece.size)) {
    /* A body with a hole is worse than none. */
    pw_log_error("out of memory for a body between two plugins; the transaction is ended");
    body->outcome = PW_OUTCOME_CLOSE;
  }
}

/* -------------------------------------------------------------------------------------------------------------- length
 */

bool
pw_body_keeps_length(const struct pw_body *body)
{
  struct pw_segment *segment = pw_segment_first_of_body(body->transaction, body->direction);
  while (segment && !segment->plan->changes_bodies) {
    segment = pw_segment_next_of_body(segment, body->direction);
  }
  return body->length >= 0 && (!segment || body->empty);
}

/* -------------------------------------------------------------------------------------------------------------- output
 */

bool
pw_body_is_http2(const struct pw_body *body)
{
  return TSHttpTxnClientProtocolStackContains(body->transaction->txn, "h2") != NULL;
}

/* Whether what a stream of HTTP/2 has let out waits in the server. A body that is smaller than what may wait is not
 * looked at. */
static bool
stream_is_full(struct pw_body *body)
{
  int64_t written = TSVIONDoneGet(body->transform.output);
  return written > PW_BODY_STREAM_WAITING_BYTES && pw_body_is_http2(body) &&
         pw_outflow_of_stream(&body->meter, body->transaction->txn, written) > PW_BODY_STREAM_WAITING_BYTES;
}

/* Whether the server writes the body, as it has taken something: before that, what waits on the connection to the peer
 * is a header, or of an earlier message. */
static bool
is_written(const struct pw_body *body)
{
  return body->transform.output && TSVIONDoneGet(body->transform.output) > 0;
}

/* What waits on that connection. */
static int64_t
outflow(const struct pw_body *body)
{
  if (!is_written(body)) {
    return 0;
  }
  TSHttpTxn txn = body->transaction->txn;
  return body->direction == PW_STREAM_HTTP_REQUEST ? pw_outflow_to_origin(txn) : pw_outflow_to_client(txn);
}

/* One piece may wait behind what the peer is being sent: the server takes it along as soon as the peer has taken of
 * that, and asks for the next. Pieces are as large as they come, up to 1 MB out of the cache. */
bool
pw_body_is_full(struct pw_body *body)
{
  const struct pw_transform *transform = &body->transform;
  int64_t                    here      = pw_transform_waiting(transform);
  int64_t                    there     = outflow(body);
  int64_t                    most      = PW_BODY_WAITING_BYTES + (here > 0 ? 0 : transform->pushed);
  return here + there > most ||
         (is_written(body) && body->direction == PW_STREAM_HTTP_RESPONSE && stream_is_full(body));
}

/* When a stream of HTTP/2 is reset while a body goes into a transform, and no response comes out, the server (9.2.9)
 * stops listening to the whole connection, and all of its streams wait for ever. Without a connection the client at
 * least knows. */
bool
pw_body_has_client(const struct pw_body *body)
{
  TSHttpTxn txn = body->transaction->txn;
  if (!pw_client_is_mute(txn) || !pw_body_is_http2(body)) {
    return true;
  }
  pw_client_disconnect(txn);
  return false;
}

void
pw_body_watch_client(struct pw_body *body)
{
  pw_transform_later(&body->transform, MUTE_CLIENT_MILLISECONDS);
}

/* An operator may want them dropped, as the server drops them from what it passes in its chunks. */
bool
pw_body_has_trailers(const struct pw_body *body)
{
  TSMgmtInt drops = 0;
  return trailers_of(body)->count > 0 &&
         (TSMgmtIntGet("proxy.config.http.drop_chunked_trailers", &drops) != TS_SUCCESS || drops == 0);
}

static void
finish(struct pw_body *body)
{
  struct pw_bytes lines = {NULL, 0, 0};
  if (body->transform.end == PW_TRANSFORM_CHUNKED && pw_body_has_trailers(body) &&
      !pw_trailers_write(trailers_of(body), &lines)) {
    /* A message without its trailers is not whole. */
    pw_log_error("out of memory for trailers; the message is broken off");
    pw_bytes_clear(&lines);
    pw_transform_cut(&body->transform);
    return;
  }
  pw_transform_finish(&body->transform, pw_bytes_view(&lines));
  pw_bytes_clear(&lines);
}

/* Whether the server is to take along what has gone out, instead of at once: what comes in then waits, and is looked at
 * again in case that nobody tells. A connection of HTTP/2 tells its streams nothing of what it has sent. */
static bool
follows(const struct pw_body *body)
{
  int64_t here = pw_transform_untaken(&body->transform);
  if (body->ended || here == 0) {
    return false;
  }
  int64_t there = outflow(body);
  return there > 0 && here + there > PW_BODY_WAITING_BYTES &&
         (body->direction == PW_STREAM_HTTP_REQUEST || !pw_body_is_http2(body));
}

void
pw_body_push(struct pw_body *body)
{
  if (!body->out_ended) {
    pw_transform_push(&body->transform);
    if (!follows(body)) {
      pw_transform_announce(&body->transform);
    }
  } else if (!body->transform.ended) {
    finish(body);
  }
}
