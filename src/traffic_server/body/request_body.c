/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/body/request_body.h"

#include "traffic_server/body/outflow.h"
#include "traffic_server/fields/header_map.h"
#include "traffic_server/log.h"
#include "traffic_server/transaction/local_reply.h"
#include "traffic_server/transaction/transaction.h"

/* Between looks at an origin that is slow to take what it gets. */
#define SLOW_ORIGIN_MILLISECONDS 10
/* Between looks whether an origin that gets no more has broken the connection. */
#define BROKEN_ORIGIN_MILLISECONDS 20
/* Between looks whether another plugin has let the request's header go. */
#define HELD_REQUEST_MILLISECONDS 10

/* ---------------------------------------------------------------------------------------------------------- the output
 */

static void
begin_when_due(struct pw_body *body)
{
  struct pw_transform *transform = &body->transform;
  if (transform->output) {
    return;
  }
  if (body->out_ended && pw_body_has_trailers(body)) {
    pw_transform_begin(transform, PW_TRANSFORM_CHUNKED, 0);
  } else if (body->out_ended) {
    pw_transform_begin(transform, PW_TRANSFORM_LENGTH, transform->written);
  } else if (transform->written > 0 && pw_body_keeps_length(body)) {
    pw_transform_begin(transform, PW_TRANSFORM_LENGTH, body->length);
  } else if (transform->written >= PW_BODY_WINDOW_BYTES) {
    pw_transform_begin(transform, PW_TRANSFORM_CHUNKED, 0);
  }
}

/* The rest of the body is thrown away, and nothing more goes to the origin. */
static void
stop(struct pw_request_body *request)
{
  struct pw_body *body      = &request->body;
  body->stopped             = true;
  body->transaction->paused = NULL;
  if (body->transform.output) {
    request->half_sent = true;
    pw_transaction_watch_answer(body->transaction);
    pw_transform_cut(&body->transform);
  }
}

static void
let_out(struct pw_request_body *request)
{
  struct pw_body *body = &request->body;
  begin_when_due(body);
  pw_body_push(body);
}

/* A module ended it: with a reply, or without. */
static void
end_early(struct pw_request_body *request, enum pw_outcome outcome)
{
  struct pw_body *body = &request->body;
  if (outcome == PW_OUTCOME_REPLY) {
    pw_transaction_arm(body->transaction);
  } else {
    body->transaction->closing = true;
  }
  stop(request);
  if (outcome == PW_OUTCOME_CLOSE && !body->transform.output) {
    pw_transform_abort(&body->transform);
  }
}

/* Whether the client has left amid its body, and the server does not know: it would wait for the rest until a timeout.
 * What has come whole is not held up by that. The server has to be in a state in which it takes what `leave` says: not
 * while SEND_REQUEST_HDR is under way, which is over when the gate is shut, and not when a part was cut off. */
static bool
client_has_left(const struct pw_request_body *request)
{
  const struct pw_body *body = &request->body;
  return request->http2 && !request->input_ended && !pw_body_has_client(body) && !request->half_sent &&
         pw_transform_awaits_input(&body->transform) &&
         (!body->transform.output || pw_origin_gate_is_shut(&request->gate));
}

/* Nobody is to blame but the client: the origin, which has done nothing wrong, sees its connection closed, and counts
 * as one that is alive. The server ends the transaction in this call. */
static void
leave(struct pw_request_body *request)
{
  struct pw_body *body      = &request->body;
  body->stopped             = true;
  body->transaction->paused = NULL;
  request->input_ended      = true;
  pw_transform_end_transaction(&body->transform);
}

/* ----------------------------------------------------------------------------------------------------------- the input
 */

static struct pw_trailers *
trailers_of(struct pw_request_body *request)
{
  return &request->body.transaction->trailers[PW_STREAM_HTTP_REQUEST];
}

/* Gives what is in the chunks of a piece. What is found is held until it is known whether the end follows it: a body
 * that came at once is shown at once. */
static const char *
give_data(struct pw_request_body *request, struct pw_view piece, enum pw_outcome *outcome)
{
  struct pw_body *body  = &request->body;
  struct pw_view  found = pw_view_make(NULL, 0);
  struct pw_view  data;
  while (!body->ended && !pw_body_is_over(*outcome)) {
    const char *problem = pw_chunks_next(&request->chunks, &piece, &data);
    bool        end     = !problem && request->chunks.state == PW_CHUNKS_DONE;
    if (end) {
      problem = pw_trailers_read(trailers_of(request), pw_bytes_view(&request->chunks.trailers));
    }
    if (problem) {
      return problem;
    }
    if (end && trailers_of(request)->count > 0) {
      *outcome = pw_body_give_with_trailers(body, found);
    } else if (found.size > 0 || end) {
      *outcome = pw_body_give(body, found, end);
    }
    if (data.size == 0) {
      break;
    }
    found = data;
  }
  return NULL;
}

/* The client is told, unless the origin has got a part of the request: that one learns it, then. */
static enum pw_outcome
refuse(struct pw_request_body *request, const char *problem)
{
  pw_log_error("the chunks of a request body are broken: %s", problem);
  if (request->body.transform.output) {
    return PW_OUTCOME_CLOSE;
  }
  pw_local_reply_bad_request(request->body.transaction);
  return PW_OUTCOME_REPLY;
}

/* Takes the framing off. The server has looked at it as well, so that a broken one hardly comes here: what it says of a
 * body's end has to be what goes to the modules and to the origin. */
static enum pw_outcome
give_chunks(struct pw_request_body *request, struct pw_view piece, bool end)
{
  enum pw_outcome outcome = PW_OUTCOME_CONTINUE;
  const char     *problem = give_data(request, piece, &outcome);
  if (!problem && !pw_body_is_over(outcome) && end && !request->body.ended) {
    problem = "they end too early";
  }
  return problem ? refuse(request, problem) : outcome;
}

enum pw_outcome
pw_request_body_give(struct pw_request_body *request, struct pw_view piece, bool end)
{
  struct pw_body *body    = &request->body;
  enum pw_outcome outcome = request->chunked ? give_chunks(request, piece, end) : pw_body_give(body, piece, end);
  return body->outcome != PW_OUTCOME_CONTINUE ? body->outcome : outcome;
}

static enum pw_outcome
take_input(struct pw_request_body *request)
{
  struct pw_body *body    = &request->body;
  enum pw_outcome outcome = PW_OUTCOME_CONTINUE;
  struct pw_view  piece;
  bool            end;
  size_t          taken = 0;

  while (taken < PW_BODY_TURN_BYTES && !body->stopped && !pw_body_is_over(outcome) && !pw_body_is_full(body) &&
         pw_transform_input(&body->transform, &piece, &end) && !request->input_ended) {
    outcome = pw_request_body_give(request, piece, end);
    pw_transform_consume(&body->transform, piece.size);
    request->input_ended = end || request->chunks.state == PW_CHUNKS_DONE;
    taken += piece.size;
    if (!pw_body_is_over(outcome)) {
      let_out(request);
    }
  }
  return outcome;
}

/* Whether the end of the chunks is in a piece. A server that is to drop trailers (drop_chunked_trailers) gives the end
 * of them, and waits for what it has dropped. */
static bool
has_last_chunk(struct pw_request_body *request, struct pw_view piece)
{
  const char    *problem = NULL;
  struct pw_view data    = piece;
  while (request->chunked && !problem && data.size > 0) {
    problem = pw_chunks_next(&request->chunks, &piece, &data);
  }
  return request->chunks.state == PW_CHUNKS_DONE;
}

/* All of the input goes nowhere. When nothing has been sent, SEND_REQUEST_HDR, which is next, ends the transaction. */
static void
drain(struct pw_request_body *request)
{
  struct pw_transform *transform = &request->body.transform;
  struct pw_view       piece;
  bool                 end;
  while (!request->input_ended && pw_transform_input(transform, &piece, &end)) {
    request->input_ended = has_last_chunk(request, piece) || end;
    pw_transform_consume(transform, piece.size);
  }
  if (request->input_ended && !transform->output) {
    pw_transform_drop(transform);
    pw_transform_begin(transform, PW_TRANSFORM_LENGTH, 0);
    pw_transform_finish(transform, pw_view_make(NULL, 0));
  }
}

/* The input is told last: the server may end the transaction in that call. */
static void
tell_input(struct pw_request_body *request)
{
  struct pw_body *body = &request->body;
  if (request->input_ended) {
    pw_transform_input_done(&body->transform);
    return;
  }
  if (request->half_sent && pw_origin_gate_failed(body->transaction->txn)) {
    /* The server has stopped reading from the client then, and waits for this. */
    request->input_ended = true;
    pw_transform_input_done(&body->transform);
    return;
  }
  if (request->half_sent) {
    pw_transform_later(&body->transform, BROKEN_ORIGIN_MILLISECONDS);
  } else if (request->http2) {
    pw_body_watch_client(body);
  }
  if (!body->stopped && pw_body_is_full(body)) {
    pw_transform_later(&body->transform, SLOW_ORIGIN_MILLISECONDS);
  } else if (pw_transform_has_more(&body->transform)) {
    pw_transform_later(&body->transform, 0);
  } else {
    pw_transform_more(&body->transform);
  }
}

static void
begin_input(struct pw_request_body *request)
{
  struct pw_body  *body = &request->body;
  struct pw_header header;
  struct pw_view   coding;
  body->running    = true;
  request->http2   = pw_body_is_http2(body);
  request->chunked = pw_header_of(body->transaction, PW_MAP_HTTP_REQUEST_HEADERS, &header) &&
                     pw_header_field(&header, "Transfer-Encoding", &coding);
  body->length = request->chunked ? -1 : pw_transform_input_length(&body->transform);
}

static void on_answer(void *owner);

/* Since SEND_REQUEST_HDR the server has begun to read the answer, if no other plugin holds that hook. */
static void
shut_gate_when_due(struct pw_request_body *request)
{
  TSHttpTxn txn = request->body.transaction->txn;
  if (request->gate_due && pw_origin_gate_can_be_shut(txn)) {
    request->gate_due = false;
    pw_origin_gate_shut(&request->gate, txn, on_answer, request);
  } else if (request->gate_due && !request->body.transform.closed) {
    pw_transform_later(&request->body.transform, HELD_REQUEST_MILLISECONDS);
  }
}

static void
ready(struct pw_transform *transform)
{
  struct pw_request_body *request     = (struct pw_request_body *)transform->owner;
  struct pw_body         *body        = &request->body;
  struct pw_transaction  *transaction = body->transaction;
  enum pw_outcome         outcome     = body->outcome;

  if (transaction->ended) {
    return;
  }
  pw_pseudo_values_forget(&transaction->values);
  if (!body->running) {
    begin_input(request);
  }
  if (client_has_left(request)) {
    leave(request);
    return;
  }
  shut_gate_when_due(request);
  if (request->gate.answered && !body->stopped && !transform->ended) {
    stop(request);
  }
  if (!body->stopped) {
    outcome = pw_body_is_over(outcome) ? outcome : take_input(request);
    if (pw_body_is_over(outcome)) {
      end_early(request, outcome);
    } else if (!body->stopped) {
      let_out(request);
    }
  }
  if (body->stopped) {
    drain(request);
  }
  tell_input(request);
}

/* -------------------------------------------------------------------------------------------------------- after the
 * end
 */

/* The answer is let in when the origin has taken all of the request, or has answered without that. */
static void
open_gate(struct pw_request_body *request)
{
  struct pw_transaction *transaction = request->body.transaction;
  TSHttpTxn              txn         = transaction->txn;
  if (pw_origin_gate_unsent(txn) > 0) {
    if (!request->gate.answered) {
      pw_transform_later(&request->body.transform, SLOW_ORIGIN_MILLISECONDS);
      return;
    }
    request->half_sent = true;
    pw_transaction_watch_answer(transaction);
    pw_origin_gate_abandon(txn);
  } else if (!request->gate.answered && !request->half_sent) {
    return;
  }
  if (request->half_sent && request->body.stopped) {
    /* An origin that waits for the rest learns that there is none. */
    pw_origin_gate_end_sending(txn);
  }
  pw_origin_gate_open(&request->gate);
}

static void
on_answer(void *owner)
{
  struct pw_request_body *request = (struct pw_request_body *)owner;
  if (request->body.transform.closed) {
    open_gate(request);
  } else {
    pw_transform_later(&request->body.transform, 0);
  }
}

static void
release(struct pw_request_body *request)
{
  pw_chunks_clear(&request->chunks);
  pw_origin_gate_free(&request->gate);
  pw_transform_free(&request->body.transform);
  memset(request, 0, sizeof(*request));
}

static void
closed(struct pw_transform *transform)
{
  struct pw_request_body *request     = (struct pw_request_body *)transform->owner;
  struct pw_transaction  *transaction = request->body.transaction;
  if (transaction->ended) {
    release(request);
    pw_transaction_body_gone(transaction);
    return;
  }
  shut_gate_when_due(request);
  if (pw_origin_gate_is_shut(&request->gate)) {
    open_gate(request);
  }
}

void
pw_request_body_end(struct pw_transaction *transaction)
{
  pw_transform_leave(&transaction->request_body.body.transform);
}

/* ----------------------------------------------------------------------------------------------------- the transaction
 */

static const struct pw_transform_ops ops = {TS_HTTP_REQUEST_TRANSFORM_HOOK, ready, closed};

/* The server runs no request transform for a body of unknown length that comes by HTTP/2, unless it believes that it
 * comes in chunks; it then makes some. */
static void
make_framing_known(const struct pw_header *header)
{
  struct pw_view value;
  if (!pw_header_field(header, "Content-Length", &value) && !pw_header_field(header, "Transfer-Encoding", &value)) {
    pw_header_append(header, pw_view_of("Transfer-Encoding"), pw_view_of("chunked"));
  }
}

bool
pw_request_body_prepare(struct pw_transaction *transaction)
{
  struct pw_request_body *request = &transaction->request_body;
  struct pw_header        header;
  /* What follows CONNECT is no body. */
  if (request->body.transform.connection || transaction->held_request ||
      !pw_body_wanted(transaction, PW_STREAM_HTTP_REQUEST) || pw_request_is_connect(transaction) ||
      pw_request_ends_with_headers(transaction) || !pw_header_of(transaction, PW_MAP_HTTP_REQUEST_HEADERS, &header)) {
    return true;
  }
  make_framing_known(&header);
  return pw_body_open(&request->body, transaction, PW_STREAM_HTTP_REQUEST, &ops);
}

bool
pw_request_body_runs(const struct pw_transaction *transaction)
{
  const struct pw_body *body = &transaction->request_body.body;
  return body->running && !body->transform.closed && !body->stopped;
}

void
pw_request_body_sends(struct pw_transaction *transaction)
{
  struct pw_request_body *request   = &transaction->request_body;
  struct pw_transform    *transform = &request->body.transform;
  struct pw_header        header;
  if (!transform->output || TSHttpTxnServerReqGet(transaction->txn, &header.buffer, &header.location) != TS_SUCCESS) {
    return;
  }
  pw_header_remove(&header, pw_view_of("Transfer-Encoding"));
  if (transform->end == PW_TRANSFORM_CHUNKED) {
    pw_header_remove(&header, pw_view_of("Content-Length"));
    pw_header_append(&header, pw_view_of("Transfer-Encoding"), pw_view_of("chunked"));
  }
  request->gate_due = true;
  pw_transform_later(transform, 0);
}

void
pw_request_body_answered(struct pw_transaction *transaction)
{
  struct pw_header header;
  if (transaction->request_body.half_sent &&
      TSHttpTxnServerRespGet(transaction->txn, &header.buffer, &header.location) == TS_SUCCESS) {
    pw_header_remove(&header, pw_view_of("Connection"));
    pw_header_append(&header, pw_view_of("Connection"), pw_view_of("close"));
  }
}

bool
pw_request_body_bars_interim(struct pw_transaction *transaction)
{
  if (!transaction->request_body.body.running) {
    return false;
  }
  pw_log_error(
    "the origin sent an interim response (1xx) of more than 16 KiB, or over HTTP/2, to a request whose body is "
    "filtered: Traffic Server cannot pass that on; the client gets 502");
  TSHttpTxnStatusSet(transaction->txn, TS_HTTP_STATUS_BAD_GATEWAY);
  return true;
}

void
pw_request_body_resumed(struct pw_transaction *transaction, enum pw_outcome outcome)
{
  struct pw_body *body = &transaction->request_body.body;
  if (!pw_body_is_over(outcome)) {
    outcome = pw_body_drain(body);
  }
  if (pw_body_is_over(outcome)) {
    body->outcome = outcome;
  }
  pw_transform_later(&body->transform, 0);
}
