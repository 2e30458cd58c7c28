/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/body/response_body.h"

#include "traffic_server/body/outflow.h"
#include "traffic_server/fields/header_map.h"
#include "traffic_server/log.h"
#include "traffic_server/transaction/local_reply.h"
#include "traffic_server/transaction/transaction.h"

#include <stdio.h>

/* Between looks at a client that is slow to take what it gets. */
#define SLOW_CLIENT_MILLISECONDS 10
/* proxy.config.http.chunking.size as the server has it, and what we take for it. */
#define SERVERS_CHUNK_BYTES 4096
#define CHUNK_BYTES         65536

/* ---------------------------------------------------------------------------------------------------------- the output
 */

/* The server hides from a transform what it announced, but modules look at it. */
static void
show_length(struct pw_body *body)
{
  struct pw_header header;
  char             text[24];
  if (body->length >= 0 && pw_header_of(body->transaction, PW_MAP_HTTP_RESPONSE_HEADERS, &header)) {
    snprintf(text, sizeof(text), "%lld", (long long)body->length);
    pw_header_append(&header, pw_view_of("Content-Length"), pw_view_of(text));
  }
}

static void
hide_length(struct pw_body *body)
{
  struct pw_header header;
  if (pw_header_of(body->transaction, PW_MAP_HTTP_RESPONSE_HEADERS, &header)) {
    pw_header_remove(&header, pw_view_of("Content-Length"));
  }
}

/* Each chunk takes some of the server's time: 10 MB in chunks of its 4 KiB cost half as much again as in ours. An
 * operator who has set another size gets that. */
static void
enlarge_chunks(TSHttpTxn txn)
{
  TSMgmtInt size = 0;
  if (TSHttpTxnConfigIntGet(txn, TS_CONFIG_HTTP_CHUNKING_SIZE, &size) == TS_SUCCESS && size == SERVERS_CHUNK_BYTES) {
    TSHttpTxnConfigIntSet(txn, TS_CONFIG_HTTP_CHUNKING_SIZE, CHUNK_BYTES);
  }
}

static void
begin(struct pw_body *body, enum pw_transform_end end, int64_t length)
{
  hide_length(body);
  if (end == PW_TRANSFORM_OPEN) {
    enlarge_chunks(body->transaction->txn);
  }
  body->transaction->phase = PW_PHASE_SENT;
  pw_transform_begin(&body->transform, end, length);
}

/* All of it is there. */
static void
end_framed(struct pw_body *body)
{
  bool chunks = pw_body_has_trailers(body) && pw_response_trailers_framing(body) == PW_TRANSFORM_CHUNKED;
  begin(body, chunks ? PW_TRANSFORM_CHUNKED : PW_TRANSFORM_LENGTH, body->transform.written);
}

/* Headers go as soon as it is known how the body will end. */
static void
begin_when_due(struct pw_body *body)
{
  struct pw_transform *transform = &body->transform;
  if (transform->output || body->transaction->paused) {
    return;
  }
  if (body->out_ended) {
    end_framed(body);
  } else if (transform->written > 0 && pw_body_keeps_length(body)) {
    begin(body, PW_TRANSFORM_LENGTH, body->length);
  } else if (transform->written >= (body->length >= 0 ? PW_BODY_WINDOW_BYTES : 1)) {
    begin(body, pw_response_trailers_framing(body), 0);
  }
}

static void
let_out(struct pw_body *body)
{
  begin_when_due(body);
  pw_body_push(body);
}

/* ------------------------------------------------------------------------------------------------ how modules end it
 */

/* Modules have no part in it any more. */
static void
retire(struct pw_body *body)
{
  body->stopped             = true;
  body->transaction->paused = NULL;
  pw_inflow_guard_remove(&body->guard, body->transaction->txn);
}

/* The reply goes out instead of the response. */
static void
reply(struct pw_body *body)
{
  struct pw_transaction *transaction = body->transaction;
  struct pw_header       header;
  bool                   readable = pw_header_of(transaction, PW_MAP_HTTP_RESPONSE_HEADERS, &header);
  retire(body);
  if (!readable) {
    pw_transform_abort(&body->transform);
    return;
  }
  pw_trailers_clear(&transaction->trailers[PW_STREAM_HTTP_RESPONSE]);
  /* Neither is the reply to be cached. */
  TSHttpTxnTransformedRespCache(transaction->txn, 0);
  pw_local_reply_write(&transaction->answer, &header);
  pw_transform_drop(&body->transform);
  struct pw_view bytes = pw_local_reply_body(&transaction->answer);
  pw_transform_write(&body->transform, bytes);
  begin(body, PW_TRANSFORM_LENGTH, (int64_t)bytes.size);
  pw_transform_finish(&body->transform, pw_view_make(NULL, 0));
  pw_transform_input_stop(&body->transform);
}

static void
stop(struct pw_body *body, enum pw_outcome outcome)
{
  if (outcome == PW_OUTCOME_REPLY && !body->transform.output) {
    reply(body);
    return;
  }
  /* Before the headers the server comes to an error page, which SEND_RESPONSE_HDR takes back. */
  retire(body);
  body->transaction->closing = true;
  pw_transform_abort(&body->transform);
}

/* ----------------------------------------------------------------------------------------------------------- the input
 */

/* Whether the response comes from the cache although the origin has answered: in place of its error, say. What is
 * cached has been through the filters of the origin's phase. */
static bool
is_another_response(struct pw_transaction *transaction)
{
  struct pw_header origin, client;
  return TSHttpTxnServerRespGet(transaction->txn, &origin.buffer, &origin.location) == TS_SUCCESS &&
         TSHttpTxnTransformRespGet(transaction->txn, &client.buffer, &client.location) == TS_SUCCESS &&
         TSHttpHdrStatusGet(origin.buffer, origin.location) != TSHttpHdrStatusGet(client.buffer, client.location);
}

/* The length of what comes. Without an operation on the input, nothing comes: because nothing was announced, or because
 * a body of unknown length is empty. */
static int64_t
input_length(struct pw_body *body)
{
  TSHttpTxn        txn = body->transaction->txn;
  struct pw_header header;
  struct pw_view   length;
  if (pw_transform_has_input(&body->transform)) {
    return pw_transform_input_length(&body->transform);
  }
  bool from_origin = TSHttpTxnServerRespGet(txn, &header.buffer, &header.location) == TS_SUCCESS &&
                     TSHttpHdrStatusGet(header.buffer, header.location) != TS_HTTP_STATUS_NOT_MODIFIED;
  /* An object in the cache has a length. */
  return from_origin && !pw_header_field(&header, "Content-Length", &length) ? -1 : 0;
}

/* What has a length is read no faster than it is taken on. */
static void
guard_inflow(struct pw_body *body)
{
  TSVIO operation = body->guard.reader ? NULL : pw_inflow_from_origin(body->transaction->txn);
  if (operation && pw_transform_is_fed_by(&body->transform, operation) &&
      pw_transform_input_length(&body->transform) < 0) {
    pw_inflow_guard_set(&body->guard, operation);
  }
}

static enum pw_outcome
begin_input(struct pw_body *body)
{
  struct pw_transaction *transaction = body->transaction;
  body->running                      = true;
  transaction->phase                 = PW_PHASE_CLIENT_RESPONSE;
  body->length                       = input_length(body);
  guard_inflow(body);
  show_length(body);
  if ((transaction->origin_body || transaction->trailer_tap.wanted) && is_another_response(transaction)) {
    transaction->origin_body = false;
    pw_response_trailers_stop(transaction);
    pw_response_trailers_end(transaction);
  }
  body->empty = pw_response_ends_with_headers(transaction);
  /* Headers may still be held from the origin's phase. */
  return transaction->paused ? PW_OUTCOME_HOLD : pw_segments_response(transaction);
}

static enum pw_outcome
take_input(struct pw_body *body)
{
  enum pw_outcome outcome = PW_OUTCOME_CONTINUE;
  struct pw_view  piece;
  bool            end;
  size_t          taken = 0;

  while (taken < PW_BODY_TURN_BYTES && !body->ended && !body->stopped && pw_body_takes(body) &&
         !pw_body_is_full(body) && pw_transform_input(&body->transform, &piece, &end)) {
    outcome = end && pw_response_trailers_come(body, piece.size) ? pw_body_give_with_trailers(body, piece)
                                                                 : pw_body_give(body, piece, end);
    pw_transform_consume(&body->transform, piece.size);
    taken += piece.size;
    outcome = body->outcome != PW_OUTCOME_CONTINUE ? body->outcome : outcome;
    if (pw_body_is_over(outcome)) {
      break;
    }
    let_out(body);
  }
  return outcome;
}

/* Whether the server would take a client that resets its HTTP/2 stream for one that is only silent: once it sends the
 * output it does not. */
static bool
client_may_turn_mute(const struct pw_body *body)
{
  return !body->ended && (!body->transform.output || TSVIONDoneGet(body->transform.output) == 0);
}

/* The input is told last: the server may end the transaction in that call. */
static void
tell_input(struct pw_body *body)
{
  if (client_may_turn_mute(body) && pw_body_is_http2(body)) {
    pw_body_watch_client(body);
  }
  if (body->ended) {
    pw_transform_input_done(&body->transform);
  } else if (pw_body_is_full(body)) {
    pw_transform_later(&body->transform, SLOW_CLIENT_MILLISECONDS);
  } else if (pw_body_takes(body) && pw_transform_has_more(&body->transform)) {
    pw_transform_later(&body->transform, 0);
  } else if (pw_body_takes(body)) {
    body->transform.taken = pw_inflow_guard_pass(&body->guard, body->transaction->txn) || body->transform.taken;
    pw_transform_more(&body->transform);
  }
}

static void
ready(struct pw_transform *transform)
{
  struct pw_body        *body        = (struct pw_body *)transform->owner;
  struct pw_transaction *transaction = body->transaction;
  enum pw_outcome        outcome     = body->outcome;

  if (transaction->ended || body->stopped) {
    return;
  }
  pw_pseudo_values_forget(&transaction->values);
  if (client_may_turn_mute(body)) {
    pw_body_has_client(body);
  }
  if (!body->running) {
    outcome = begin_input(body);
    if (body->resumed_early && !pw_body_is_over(outcome)) {
      outcome = pw_segment_resume(body->resumed_early, PW_STREAM_HTTP_RESPONSE);
    }
  }
  pw_response_trailers_look(body);
  if (!pw_body_is_over(outcome)) {
    outcome = take_input(body);
  }
  if (pw_body_is_over(outcome)) {
    stop(body, outcome);
    return;
  }
  let_out(body);
  if (!body->stopped) {
    tell_input(body);
  }
}

/* An origin that breaks off has the server close the transform, perhaps before it was fed; when no output has begun,
 * the server then waits for the output of a transform that is gone. So it is told, in the way in which a transform that
 * gave up tells it. */
static void
give_up(struct pw_body *body)
{
  retire(body);
  TSHttpTxnStatusSet(body->transaction->txn, TS_HTTP_STATUS_BAD_GATEWAY);
  pw_transform_abort(&body->transform);
}

static void
release(struct pw_body *body)
{
  pw_transform_free(&body->transform);
  memset(body, 0, sizeof(*body));
}

static void
closed(struct pw_transform *transform)
{
  struct pw_body        *body        = (struct pw_body *)transform->owner;
  struct pw_transaction *transaction = body->transaction;
  if (transaction->ended) {
    release(body);
    pw_transaction_body_gone(transaction);
    return;
  }
  pw_inflow_guard_remove(&body->guard, transaction->txn);
  pw_response_trailers_stop(transaction);
  /* What breaks off closes it with an error. Without one the transaction is about to end, and is not to be spoken to.
   */
  if (!transform->output && !body->stopped && pw_transform_was_aborted(transform)) {
    give_up(body);
  }
}

void
pw_response_body_sends(struct pw_transaction *transaction)
{
  struct pw_header header;
  if (transaction->response_body.stopped && pw_local_reply_precludes_body(&transaction->answer) &&
      TSHttpTxnClientRespGet(transaction->txn, &header.buffer, &header.location) == TS_SUCCESS) {
    pw_header_remove(&header, pw_view_of("Content-Length"));
  }
}

void
pw_response_body_end(struct pw_transaction *transaction)
{
  pw_transform_leave(&transaction->response_body.transform);
}

static const struct pw_transform_ops ops = {TS_HTTP_RESPONSE_TRANSFORM_HOOK, ready, closed};

/* ------------------------------------------------------------------------------------------------------------
 * beginning
 */

static bool
phase_wants(const struct pw_transaction *transaction, enum pw_response_phase phase)
{
  for (const struct pw_segment *segment = transaction->first; segment; segment = segment->next) {
    if (segment->stream && segment->plan->wants_response_body && segment->plan->phase == phase) {
      return true;
    }
  }
  return false;
}

/* The answer to HEAD has the length of a body that does not come, which a transform would take for its own. */
static bool
is_head(struct pw_transaction *transaction)
{
  struct pw_header header;
  int              size   = 0;
  const char      *method = pw_header_of(transaction, PW_MAP_HTTP_REQUEST_HEADERS, &header)
                              ? TSHttpHdrMethodGet(header.buffer, header.location, &size)
                              : NULL;
  return method && size > 0 && pw_view_equal(pw_view_make(method, (size_t)size), pw_view_of("HEAD"));
}

bool
pw_response_body_prepare(struct pw_transaction *transaction, bool origin)
{
  struct pw_body *body   = &transaction->response_body;
  bool            client = phase_wants(transaction, PW_RESPONSE_PHASE_CLIENT);
  bool            wanted = origin ? phase_wants(transaction, PW_RESPONSE_PHASE_ORIGIN) : client;
  if (!wanted || is_head(transaction)) {
    return true;
  }
  transaction->origin_body = origin;
  body->caches             = origin && !client;
  if (!body->transform.connection && !pw_body_open(body, transaction, PW_STREAM_HTTP_RESPONSE, &ops)) {
    return false;
  }
  /* What is cached: the original for filters of the client's phase, which see it again at each hit; the filtered one
   * for those of the origin's phase. With both it would be half filtered: then nothing. */
  TSHttpTxnUntransformedRespCache(transaction->txn, !origin);
  TSHttpTxnTransformedRespCache(transaction->txn, origin && !client);
  return true;
}

void
pw_response_body_interim(const struct pw_transaction *transaction)
{
  if (transaction->response_body.transform.connection) {
    TSHttpTxnUntransformedRespCache(transaction->txn, 0);
  }
}

void
pw_response_body_begins(struct pw_transaction *transaction)
{
  struct pw_body *body = &transaction->response_body;
  if (body->transform.connection && !body->running) {
    guard_inflow(body);
  }
}

bool
pw_response_body_runs(const struct pw_transaction *transaction)
{
  const struct pw_body *body = &transaction->response_body;
  return body->running && !body->transform.closed && !body->stopped;
}

bool
pw_response_body_is_due(const struct pw_transaction *transaction)
{
  const struct pw_body *body = &transaction->response_body;
  return body->transform.connection && !body->running && !body->transform.closed;
}

void
pw_response_body_resumed(struct pw_transaction *transaction, enum pw_outcome outcome)
{
  struct pw_body *body = &transaction->response_body;
  if (!pw_body_is_over(outcome)) {
    outcome = pw_body_drain(body);
  }
  if (pw_body_is_over(outcome)) {
    body->outcome = outcome;
  }
  pw_transform_later(&body->transform, 0);
}
