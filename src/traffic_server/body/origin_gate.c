/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/body/origin_gate.h"

#include "traffic_server/body/origin_answer.h"

#include <string.h>
#include <sys/socket.h>

/* The server ends what takes too long: it is told of that whatever has come. */
static bool
is_timeout(TSEvent event)
{
  return event == TS_EVENT_VCONN_INACTIVITY_TIMEOUT || event == TS_EVENT_VCONN_ACTIVE_TIMEOUT;
}

static int
on_event(TSCont continuation, TSEvent event, void *data)
{
  struct pw_origin_gate *gate = (struct pw_origin_gate *)TSContDataGet(continuation);
  (void)data;
  gate->event = event;
  if (is_timeout(event)) {
    pw_origin_gate_open(gate);
    return 0;
  }
  if (event == TS_EVENT_VCONN_READ_READY && !pw_origin_answer_is_final(gate->reader)) {
    TSVIOReenable(gate->operation);
    return 0;
  }
  TSVIONBytesSet(gate->operation, TSVIONDoneGet(gate->operation));
  if (!gate->answered) {
    gate->answered = true;
    gate->on_answer(gate->owner);
  }
  return 0;
}

void
pw_origin_gate_free(struct pw_origin_gate *gate)
{
  if (gate->operation) {
    TSIOBufferReaderFree(gate->reader);
    TSIOBufferDestroy(gate->buffer);
    TSContDestroy(gate->continuation);
  }
  memset(gate, 0, sizeof(*gate));
}

/* The number of a stream's reading would be that of all its connection. */
static bool
by_http2(TSHttpTxn txn)
{
  return TSHttpTxnServerProtocolStackContains(txn, "h2") != NULL;
}

bool
pw_origin_gate_can_be_shut(TSHttpTxn txn)
{
  TSVConn connection = by_http2(txn) ? NULL : TSHttpTxnServerVConnGet(txn);
  TSVIO   operation  = connection ? TSVConnReadVIOGet(connection) : NULL;
  /* Before, there is a reading of nothing, which shows whether the connection is alive. */
  return !operation || TSVIONBytesGet(operation) == INT64_MAX;
}

bool
pw_origin_gate_shut(struct pw_origin_gate *gate, TSHttpTxn txn, void (*on_answer)(void *owner), void *owner)
{
  TSVConn connection = by_http2(txn) ? NULL : TSHttpTxnServerVConnGet(txn);
  TSVIO   operation  = connection ? TSVConnReadVIOGet(connection) : NULL;
  if (!operation || !TSVIOBufferGet(operation)) {
    return false;
  }
  pw_origin_gate_free(gate); /* of a connection that failed before */
  gate->txn           = txn;
  gate->server        = TSVIOContGet(operation);
  gate->server_buffer = TSVIOBufferGet(operation);
  gate->server_done   = TSVIONDoneGet(operation);
  gate->continuation  = TSContCreate(on_event, TSContMutexGet((TSCont)txn));
  gate->buffer        = TSIOBufferCreate();
  gate->reader        = TSIOBufferReaderAlloc(gate->buffer);
  gate->on_answer     = on_answer;
  gate->owner         = owner;
  TSContDataSet(gate->continuation, gate);
  gate->operation = TSVConnRead(connection, gate->continuation, gate->buffer, INT64_MAX);
  return true;
}

/* Whether the connection is still there, and read by the gate. */
static bool
reads(const struct pw_origin_gate *gate, TSVConn connection)
{
  return connection && TSVConnReadVIOGet(connection) == gate->operation &&
         TSVIOContGet(gate->operation) == gate->continuation;
}

void
pw_origin_gate_open(struct pw_origin_gate *gate)
{
  TSVConn connection = TSHttpTxnServerVConnGet(gate->txn);
  TSCont  server     = gate->server;
  TSEvent event      = gate->event;
  if (!reads(gate, connection)) {
    pw_origin_gate_free(gate);
    return;
  }
  int64_t size = TSIOBufferReaderAvail(gate->reader);
  int64_t done = gate->server_done + size;
  TSIOBufferCopy(gate->server_buffer, gate->reader, size, 0);
  TSVIO operation = TSVConnRead(connection, server, gate->server_buffer, INT64_MAX);
  TSVIONDoneSet(operation, done);
  pw_origin_gate_free(gate);
  bool something = event == TS_EVENT_VCONN_READ_READY ? size > 0 : event != TS_EVENT_NONE;
  if (something) {
    TSContCall(server, event, operation);
  }
}

int64_t
pw_origin_gate_unsent(TSHttpTxn txn)
{
  TSVConn connection = TSHttpTxnServerVConnGet(txn);
  TSVIO   operation  = connection ? TSVConnWriteVIOGet(connection) : NULL;
  return operation && TSVIOBufferGet(operation) ? TSVIONTodoGet(operation) : 0;
}

bool
pw_origin_gate_failed(TSHttpTxn txn)
{
  TSVConn connection = TSHttpTxnServerVConnGet(txn);
  TSVIO   operation  = connection ? TSVConnWriteVIOGet(connection) : NULL;
  return !connection || (operation && !TSVIOBufferGet(operation));
}

void
pw_origin_gate_abandon(TSHttpTxn txn)
{
  TSVIO operation = TSVConnWriteVIOGet(TSHttpTxnServerVConnGet(txn));
  TSVIONBytesSet(operation, TSVIONDoneGet(operation));
  TSContCall(TSVIOContGet(operation), TS_EVENT_VCONN_WRITE_COMPLETE, operation);
}

void
pw_origin_gate_end_sending(TSHttpTxn txn)
{
  int descriptor = -1;
  if (TSHttpTxnServerFdGet(txn, &descriptor) == TS_SUCCESS && descriptor >= 0) {
    shutdown(descriptor, SHUT_WR);
  }
}
