/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/call/http_call_exchange.h"

#include "traffic_server/call/http_call_inner.h"

#include <arpa/inet.h>
#include <stdio.h>

/* The address that the server sees as the client's: itself. The port means nothing, but must not be 0. */
#define CLIENT_PORT 1

static void
stop_timer(struct pw_exchange *exchange)
{
  if (exchange->timer) {
    TSActionCancel(exchange->timer);
    exchange->timer = NULL;
  }
}

static void
close_connection(struct pw_exchange *exchange, bool orderly)
{
  stop_timer(exchange);
  pw_inner_forget(exchange);
  pw_own_connection_close(&exchange->server, orderly);
}

static void
finish(struct pw_exchange *exchange, uint32_t failure, const char *message)
{
  /* What the server itself said of the failure is better than what its closing of the connection looks like. */
  if (failure != 0 && exchange->failure == 0) {
    exchange->failure = failure;
    snprintf(exchange->message, sizeof(exchange->message), "%s", message);
  }
  if (exchange->failure == 0 && !pw_answer_finish(&exchange->answer)) {
    exchange->failure = PW_EXCHANGE_BROKEN;
    snprintf(exchange->message, sizeof(exchange->message), "out of memory");
  }
  exchange->over = true;
  close_connection(exchange, exchange->failure == 0);
  exchange->done(exchange->data);
}

static const char *
take_piece(struct pw_exchange *exchange, struct pw_view piece)
{
  const char *problem = pw_answer_take(&exchange->answer, piece);

  if (!problem && !exchange->admit(exchange->data, pw_answer_bytes(&exchange->answer))) {
    problem = "the answers of calls in flight hold more than 64 MiB";
  }
  return problem;
}

/* Takes what has come. True: the exchange is over. */
static bool
take_input(struct pw_exchange *exchange)
{
  const char     *problem = NULL;
  int64_t         taken   = 0;
  TSIOBufferBlock block   = TSIOBufferReaderStart(exchange->server.input_reader);

  for (; block && !problem && exchange->answer.state != PW_ANSWER_DONE; block = TSIOBufferBlockNext(block)) {
    int64_t     size = 0;
    const char *data = TSIOBufferBlockReadStart(block, exchange->server.input_reader, &size);
    problem          = take_piece(exchange, pw_view_make(data, (size_t)size));
    taken += size;
  }
  TSIOBufferReaderConsume(exchange->server.input_reader, taken);
  if (problem || exchange->answer.state == PW_ANSWER_DONE) {
    finish(exchange, problem ? PW_EXCHANGE_BROKEN : 0, problem);
    return true;
  }
  return false;
}

static void
input_ended(struct pw_exchange *exchange)
{
  if (!take_input(exchange)) {
    const char *problem = pw_answer_end(&exchange->answer);
    finish(exchange, problem ? PW_EXCHANGE_BROKEN : 0, problem);
  }
}

static int
on_event(TSCont continuation, TSEvent event, void *data)
{
  struct pw_exchange *exchange = (struct pw_exchange *)TSContDataGet(continuation);
  (void)data;
  switch (event) {
  case TS_EVENT_VCONN_READ_READY:
    if (!take_input(exchange)) {
      TSVIOReenable(exchange->server.read);
    }
    break;
  case TS_EVENT_VCONN_READ_COMPLETE:
  case TS_EVENT_VCONN_EOS:
    input_ended(exchange);
    break;
  case TS_EVENT_VCONN_WRITE_READY:
  case TS_EVENT_VCONN_WRITE_COMPLETE:
    break;
  case TS_EVENT_TIMEOUT:
  case TS_EVENT_IMMEDIATE:
    exchange->timer = NULL;
    finish(exchange, PW_EXCHANGE_TIMEOUT, "timeout");
    break;
  default:
    finish(exchange, PW_EXCHANGE_BROKEN, "the connection broke");
    break;
  }
  return 0;
}

void
pw_exchange_init(struct pw_exchange *exchange)
{
  memset(exchange, 0, sizeof(*exchange));
  exchange->mutex = TSMutexCreate();
}

void
pw_exchange_begin(struct pw_exchange *exchange, bool to_head, uint64_t most)
{
  struct sockaddr_in client;
  TSVConn            connection;

  memset(&client, 0, sizeof(client));
  client.sin_family      = AF_INET;
  client.sin_port        = htons(CLIENT_PORT);
  client.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  exchange->begun        = true;
  exchange->continuation = TSContCreate(on_event, exchange->mutex);
  TSContDataSet(exchange->continuation, exchange);
  pw_answer_begin(&exchange->answer, to_head, most);
  if (!pw_inner_expect(exchange)) {
    finish(exchange, PW_EXCHANGE_BROKEN, "out of memory");
    return;
  }
  connection = TSHttpConnectWithPluginId((const struct sockaddr *)&client, PW_INNER_TAG, exchange->number);
  if (!connection) {
    finish(exchange, PW_EXCHANGE_BROKEN, "the server takes no more requests");
    return;
  }
  exchange->timer =
    TSContScheduleOnThread(exchange->continuation, (TSHRTime)exchange->timeout_milliseconds, TSEventThreadSelf());
  pw_own_connection_open(&exchange->server, connection, exchange->continuation);
  TSIOBufferWrite(exchange->server.output, exchange->request.data, (int64_t)exchange->request.size);
  pw_bytes_clear(&exchange->request);
  pw_own_connection_send(&exchange->server, exchange->continuation);
}

void
pw_exchange_end(struct pw_exchange *exchange)
{
  if (exchange->begun) {
    close_connection(exchange, exchange->over);
    pw_answer_clear(&exchange->answer);
    pw_own_connection_free(&exchange->server);
    TSContDestroy(exchange->continuation);
  }
  pw_bytes_clear(&exchange->request);
  pw_bytes_clear(&exchange->authority);
}
