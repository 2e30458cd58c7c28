/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/body/held_request.h"

#include "traffic_server/body/held_inner.h"
#include "traffic_server/body/origin_answer.h"
#include "traffic_server/fields/header_map.h"
#include "traffic_server/log.h"
#include "traffic_server/transaction/local_reply.h"
#include "traffic_server/transaction/transaction.h"

#include <stdlib.h>

/* So much of an answer may wait for the client. */
#define ANSWER_BYTES ((int64_t)64 << 10)

/* The empty line with the end of the line before it. */
#define HEADER_END_BYTES 4

#define TEXT_AND_SIZE(text) (text), (int64_t)sizeof(text) - 1

/* The server says what it thinks of an origin that leaves. */
static void
give_up(struct pw_held_request *held)
{
  held->sent_on = true;
  pw_own_connection_close(&held->origin, false);
  pw_own_connection_close(&held->client, false);
}

static void
say(struct pw_held_request *held, const char *text, int64_t size)
{
  TSIOBufferWrite(held->client.output, text, size);
  pw_own_connection_send(&held->client, held->continuation);
}

/* ---------------------------------------------------------------------------------------------------------- the answer
 */

/* The server closes the connection itself when it has the whole of a response. What ends too early is broken for it. */
static void
end_answer(struct pw_held_request *held)
{
  struct pw_own_connection *client = &held->client;
  int64_t                   left   = TSIOBufferReaderAvail(client->output_reader);
  if (!client->write || left == 0) {
    pw_own_connection_close(client, true);
    return;
  }
  TSVIONBytesSet(client->write, TSVIONDoneGet(client->write) + left);
  TSVIOReenable(client->write);
}

static void
pass_answer(struct pw_held_request *held)
{
  TSIOBufferReader reader = held->origin.input_reader;
  if (!held->client.connection || !held->origin.input) {
    return;
  }
  held->answering = held->answering || pw_origin_answer_is_final(held->origin.input_reader);
  int64_t room    = ANSWER_BYTES - TSIOBufferReaderAvail(held->client.output_reader);
  int64_t size    = TSIOBufferReaderAvail(reader);
  size            = size < room ? size : room;
  if (held->answering && size > 0) {
    TSIOBufferCopy(held->client.output, reader, size, 0);
    TSIOBufferReaderConsume(reader, size);
    pw_own_connection_send(&held->client, held->continuation);
  }
  if (!held->answer_ended) {
    TSVIOReenable(held->origin.read);
  } else if (!held->answering || TSIOBufferReaderAvail(reader) == 0) {
    end_answer(held);
  }
}

/* ------------------------------------------------------------------------------------------------------------ sending
 * on
 */

static void
send_on(struct pw_held_request *held)
{
  struct pw_transaction *transaction = held->transaction;
  struct pw_bytes        request     = {NULL, 0, 0};
  TSVConn                connection  = NULL;
  if (pw_held_inner_write(held, &request)) {
    connection = pw_held_inner_connect(held);
  }
  transaction->phase = PW_PHASE_UPSTREAM;
  held->sent_on      = true;
  if (connection) {
    pw_own_connection_open(&held->origin, connection, held->continuation);
    TSIOBufferWrite(held->origin.output, request.data, (int64_t)request.size);
    pw_own_connection_send(&held->origin, held->continuation);
  } else {
    pw_log_error("a request that was held could not be sent on: the server takes no more, or memory is out");
    give_up(held);
  }
  pw_bytes_clear(&request);
}

/* The modules have no part in it any more; the client's body is taken to its end, as the server hears of no answer
 * before. */
static void
stop(struct pw_held_request *held, enum pw_outcome outcome)
{
  struct pw_transaction *transaction = held->transaction;
  held->stopped                      = true;
  transaction->paused                = NULL;
  held->gathered.body.stopped        = true;
  pw_transform_drop(&held->gathered.body.transform);
  if (outcome == PW_OUTCOME_REPLY) {
    pw_transaction_arm(transaction);
  } else {
    transaction->phase   = PW_PHASE_UPSTREAM;
    transaction->closing = true;
    pw_transaction_watch_answer(transaction);
  }
}

/* When the modules and the client are done with it. */
static void
move_on(struct pw_held_request *held)
{
  struct pw_transaction *transaction = held->transaction;
  if (!held->input_ended || held->sent_on || !held->client.connection) {
    return;
  }
  if (!held->stopped && !transaction->paused && held->gathered.body.out_ended) {
    if (pw_transaction_request_passed(transaction)) {
      send_on(held);
      return;
    }
    pw_local_reply_refuse(transaction);
    stop(held, PW_OUTCOME_REPLY);
  }
  if (held->stopped) {
    /* Not seen by anybody: READ_RESPONSE_HDR, which comes of it, makes it the modules' answer. */
    held->sent_on = true;
    say(held, TEXT_AND_SIZE("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  }
}

/* ------------------------------------------------------------------------------------------------------------ the body
 */

/* What is held, by the modules or after them. */
static bool
too_large(const struct pw_held_request *held)
{
  int64_t size = pw_transform_waiting(&held->gathered.body.transform);
  for (const struct pw_segment *segment = held->transaction->first; segment; segment = segment->next) {
    size += (int64_t)segment->outbox[PW_STREAM_HTTP_REQUEST].size;
  }
  return size > held->most;
}

static void
refuse_large(struct pw_held_request *held)
{
  struct pw_pairs       none = {NULL, 0, 0};
  struct pw_local_reply reply;
  pw_log_error("a request body is larger than the %lld bytes that may be gathered while the headers are held "
               "(limits.body); the client gets 413",
               (long long)held->most);
  memset(&reply, 0, sizeof(reply));
  reply.status      = 413;
  reply.details     = pw_view_of("body too large to be held back");
  reply.headers     = &none;
  reply.grpc_status = -1;
  if (pw_local_reply_take(held->transaction->first, &reply) != PW_STATUS_OK) {
    pw_local_reply_refuse(held->transaction);
  }
  stop(held, PW_OUTCOME_REPLY);
}

/* The part of a piece that is the client's body, which may end in it. */
static const char *
measure(struct pw_held_request *held, struct pw_view *piece)
{
  const char    *problem = NULL;
  struct pw_view rest    = *piece;
  struct pw_view data;
  if (!held->in_chunks) {
    piece->size = (int64_t)piece->size < held->left ? piece->size : (size_t)held->left;
    held->left -= (int64_t)piece->size;
    held->input_ended = held->left == 0;
    return NULL;
  }
  while (!problem && rest.size > 0 && held->chunks.state != PW_CHUNKS_DONE) {
    problem = pw_chunks_next(&held->chunks, &rest, &data);
  }
  held->input_ended = held->chunks.state == PW_CHUNKS_DONE;
  piece->size -= rest.size;
  return problem;
}

static void
give(struct pw_held_request *held, struct pw_view piece)
{
  const char     *problem = measure(held, &piece);
  enum pw_outcome outcome = PW_OUTCOME_CONTINUE;
  if (problem) {
    pw_log_error("the chunks of a request body are broken: %s", problem);
    give_up(held);
    return;
  }
  if (!held->stopped) {
    outcome = pw_request_body_give(&held->gathered, piece, held->input_ended);
  }
  if (pw_body_is_over(outcome)) {
    stop(held, outcome);
  } else if (!held->stopped && too_large(held)) {
    refuse_large(held);
  }
}

static struct pw_view
skip_header(struct pw_held_request *held, struct pw_view piece)
{
  static const char end[] = "\r\n\r\n";
  while (piece.size > 0 && held->header_end < HEADER_END_BYTES) {
    char letter      = *piece.data;
    held->header_end = letter == end[held->header_end] ? held->header_end + 1 : letter == '\r' ? 1 : 0;
    piece            = pw_view_make(piece.data + 1, piece.size - 1);
  }
  if (held->header_end == HEADER_END_BYTES && held->waits_for_100 && piece.size == 0) {
    held->waits_for_100 = false;
    say(held, TEXT_AND_SIZE("HTTP/1.1 100 Continue\r\n\r\n"));
  }
  return piece;
}

static void
take_input(struct pw_held_request *held)
{
  TSIOBufferReader reader = held->client.input_reader;
  int64_t          taken  = 0;
  for (TSIOBufferBlock block = TSIOBufferReaderStart(reader); block; block = TSIOBufferBlockNext(block)) {
    int64_t        size  = 0;
    const char    *data  = TSIOBufferBlockReadStart(block, reader, &size);
    struct pw_view piece = skip_header(held, pw_view_make(data, (size_t)size));
    bool           empty = !held->in_chunks && held->left == 0 && held->header_end == HEADER_END_BYTES;
    taken += size;
    if ((piece.size > 0 || empty) && !held->input_ended) {
      held->waits_for_100 = false;
      give(held, piece);
    }
  }
  TSIOBufferReaderConsume(reader, taken);
}

/* Whatever has come, or has been continued. */
static void
go_on(struct pw_held_request *held)
{
  struct pw_transaction *transaction = held->transaction;
  if (!transaction || !held->client.connection) {
    return;
  }
  pw_pseudo_values_forget(&transaction->values);
  if (!held->stopped && !held->sent_on && pw_body_is_over(held->gathered.body.outcome)) {
    stop(held, held->gathered.body.outcome);
  }
  take_input(held);
  if (held->client.connection) {
    TSVIOReenable(held->client.read);
  }
  move_on(held);
}

/* -------------------------------------------------------------------------------------------------------------- events
 */

static void
held_free(struct pw_held_request *held)
{
  pw_held_inner_forget(held);
  pw_own_connection_free(&held->client);
  pw_own_connection_free(&held->origin);
  pw_chunks_clear(&held->chunks);
  /* Events that are under way do not come any more after this. */
  TSContDestroy(held->continuation);
  free(held);
}

static void
on_client(struct pw_held_request *held, TSEvent event, const void *operation)
{
  bool reads = operation == held->client.read;
  if (event == TS_EVENT_VCONN_READ_READY) {
    go_on(held);
  } else if (event == TS_EVENT_VCONN_WRITE_READY) {
    pass_answer(held);
  } else if (event == TS_EVENT_VCONN_WRITE_COMPLETE) {
    pw_own_connection_close(&held->client, true);
  } else if (!reads || !held->input_ended) {
    give_up(held);
  }
  /* Else a client that sends no more, and waits for the answer. */
}

static void
on_origin(struct pw_held_request *held, TSEvent event, const void *operation)
{
  if (operation != held->origin.read) {
    /* What could not be written is answered, or not: that is what counts. */
    return;
  }
  if (event == TS_EVENT_VCONN_READ_READY || event == TS_EVENT_VCONN_EOS || event == TS_EVENT_VCONN_READ_COMPLETE) {
    held->answer_ended = event != TS_EVENT_VCONN_READ_READY;
    pass_answer(held);
  } else {
    give_up(held);
  }
}

static int
on_event(TSCont continuation, TSEvent event, void *data)
{
  struct pw_held_request *held = (struct pw_held_request *)TSContDataGet(continuation);
  if (event == TS_EVENT_NET_ACCEPT) {
    pw_own_connection_open(&held->client, (TSVConn)data, continuation);
    go_on(held);
  } else if (event == TS_EVENT_NET_ACCEPT_FAILED) {
    held->refused = true;
    if (!held->transaction) {
      held_free(held);
    }
  } else if (event == TS_EVENT_IMMEDIATE || event == TS_EVENT_TIMEOUT) {
    go_on(held);
  } else if (held->origin.connection && (data == held->origin.read || data == held->origin.write)) {
    on_origin(held, event, data);
  } else if (held->client.connection) {
    on_client(held, event, data);
  }
  return 0;
}

/* --------------------------------------------------------------------------------------------------------------- begin
 */

/* The most that a plugin of the chain that holds it wants to be held back. */
static int64_t
most_of(const struct pw_segment *segment)
{
  const struct pw_generation *generation = segment->worker->generation;
  uint64_t                    most       = 0;
  for (size_t i = 0; i < segment->plan->count; i++) {
    uint64_t bytes = pw_plugin_configuration(generation->plugins[segment->plan->first + i].plugin)->limits.body_bytes;
    most           = bytes > most ? bytes : most;
  }
  return most < INT64_MAX ? (int64_t)most : INT64_MAX;
}

/* Of the client's body. A body of unknown length by HTTP/2 is given to an intercept when the server believes that it
 * comes in chunks, which it then makes. */
static void
find_framing(struct pw_held_request *held, const struct pw_header *header)
{
  struct pw_view value;
  held->in_chunks = pw_header_field(header, "Transfer-Encoding", &value);
  if (!held->in_chunks && pw_header_field(header, "Content-Length", &value)) {
    held->left = strtoll(value.data, NULL, 10);
  } else if (!held->in_chunks) {
    held->in_chunks = true;
    pw_header_append(header, pw_view_of("Transfer-Encoding"), pw_view_of("chunked"));
  }
}

/* Whether the server waits with the body for somebody to say "100 Continue": not when it says it itself. */
static bool
waits_for_100(const struct pw_header *header)
{
  struct pw_view expectation;
  TSMgmtInt      own = 0;
  return pw_header_field(header, "Expect", &expectation) &&
         TSMgmtIntGet("proxy.config.http.send_100_continue_response", &own) == TS_SUCCESS && own == 0;
}

/* The intercept waits for modules and for the true origin, which has the limits of the transaction. */
static void
set_timeout(struct pw_held_request *held)
{
  TSHttpTxnConfigIntGet(held->txn, TS_CONFIG_HTTP_TRANSACTION_NO_ACTIVITY_TIMEOUT_OUT, &held->timeout);
  TSHttpTxnConfigIntSet(held->txn, TS_CONFIG_HTTP_TRANSACTION_NO_ACTIVITY_TIMEOUT_OUT, 0);
}

static void
begin_body(struct pw_held_request *held)
{
  struct pw_request_body *gathered = &held->gathered;
  gathered->chunked                = held->in_chunks;
  gathered->body.transaction       = held->transaction;
  gathered->body.direction         = PW_STREAM_HTTP_REQUEST;
  gathered->body.length            = -1;
  /* A transform that other plugins before this one have wanted passes on what it gets. */
  if (held->transaction->request_body.body.transform.connection) {
    held->transaction->request_body.body.empty = true;
  }
}

bool
pw_held_request_wanted(struct pw_transaction *transaction)
{
  struct pw_header header;
  return transaction->paused && transaction->direction == PW_STREAM_HTTP_REQUEST &&
         transaction->paused->plan->wants_request_body &&
         pw_stream_takes_body(transaction->paused->stream, PW_STREAM_HTTP_REQUEST) &&
         pw_header_of(transaction, PW_MAP_HTTP_REQUEST_HEADERS, &header) &&
         !pw_request_ends_with_headers(transaction) && !pw_request_is_connect(transaction);
}

bool
pw_held_request_begin(struct pw_transaction *transaction, bool by_remap)
{
  struct pw_held_request *held = (struct pw_held_request *)calloc(1, sizeof(*held));
  struct pw_header        header;
  if (!held || !pw_header_of(transaction, PW_MAP_HTTP_REQUEST_HEADERS, &header)) {
    free(held);
    return false;
  }
  held->transaction = transaction;
  held->txn         = transaction->txn;
  held->by_remap    = by_remap;
  held->most        = most_of(transaction->paused);
  if (!pw_held_inner_expect(held)) {
    free(held);
    return false;
  }
  held->waits_for_100 = waits_for_100(&header);
  find_framing(held, &header);
  set_timeout(held);
  begin_body(held);
  pw_held_inner_watch();
  /* With the transaction's lock nothing of it comes in between. */
  held->continuation = TSContCreate(on_event, TSContMutexGet((TSCont)transaction->txn));
  TSContDataSet(held->continuation, held);
  if (by_remap) {
    TSHttpTxnCntlSet(transaction->txn, TS_HTTP_CNTL_SKIP_REMAPPING, true);
  }
  TSHttpTxnIntercept(held->continuation, transaction->txn);
  transaction->held_request = held;
  return true;
}

bool
pw_held_request_runs(const struct pw_transaction *transaction)
{
  const struct pw_held_request *held = transaction->held_request;
  return held && !held->stopped && !held->sent_on;
}

void
pw_held_request_sends(struct pw_transaction *transaction)
{
  struct pw_held_request    *held      = transaction->held_request;
  const struct pw_transform *transform = &transaction->request_body.body.transform;
  if (held && transform->output) {
    held->in_chunks        = transform->end == PW_TRANSFORM_CHUNKED;
    held->left             = transform->promised;
    held->gathered.chunked = held->in_chunks;
  }
}

void
pw_held_request_resumed(struct pw_transaction *transaction, enum pw_outcome outcome)
{
  struct pw_body *body = &transaction->held_request->gathered.body;
  if (!pw_body_is_over(outcome)) {
    outcome = pw_body_drain(body);
  }
  if (pw_body_is_over(outcome)) {
    body->outcome = outcome;
  }
  TSContScheduleOnThread(transaction->held_request->continuation, 0, TSEventThreadSelf());
}

static void
free_body(struct pw_request_body *request)
{
  struct pw_transform *sink = &request->body.transform;
  if (sink->pending) {
    TSIOBufferReaderFree(sink->pending_reader);
    TSIOBufferDestroy(sink->pending);
  }
  pw_chunks_clear(&request->chunks);
  memset(request, 0, sizeof(*request));
}

void
pw_held_request_end(struct pw_transaction *transaction)
{
  struct pw_held_request *held = transaction->held_request;
  if (!held) {
    return;
  }
  free_body(&held->gathered);
  transaction->held_request = NULL;
  held->transaction         = NULL;
  pw_held_inner_forget(held);
  if (held->client.input || held->refused) {
    held_free(held);
  }
  /* Else the server has yet to say that it does not need the intercept. */
}
