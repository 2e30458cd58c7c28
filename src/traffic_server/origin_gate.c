/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/origin_gate.h"

#include "traffic_server/interim_response.h"

#include <errno.h>
#include <sys/socket.h>

/* Interim responses are small; what is beyond is looked at when they have been read. */
#define LOOK_BYTES 4096

static TSVIO
read_operation(TSHttpTxn txn)
{
  TSVConn connection = TSHttpTxnServerVConnGet(txn);
  return connection ? TSVConnReadVIOGet(connection) : NULL;
}

bool
pw_origin_gate_shut(TSHttpTxn txn)
{
  TSVIO operation = read_operation(txn);
  if (!operation) {
    return false;
  }
  TSVIONBytesSet(operation, TSVIONDoneGet(operation));
  return true;
}

void
pw_origin_gate_open(TSHttpTxn txn)
{
  TSVIO operation = read_operation(txn);
  if (operation && TSVIOBufferGet(operation)) {
    TSVIONBytesSet(operation, INT64_MAX);
    TSVIOReenable(operation);
  }
}

/* The socket of a connection without TLS: what is to be seen on it is HTTP. -1: there is none. */
static int
plain_socket(TSHttpTxn txn)
{
  TSVConn connection = TSHttpTxnServerVConnGet(txn);
  int     descriptor = -1;
  if (!connection || TSVConnIsSsl(connection) || TSHttpTxnServerFdGet(txn, &descriptor) != TS_SUCCESS) {
    return -1;
  }
  return descriptor;
}

enum pw_origin_state
pw_origin_gate_look(TSHttpTxn txn)
{
  char    bytes[LOOK_BYTES];
  int     descriptor = plain_socket(txn);
  ssize_t size       = descriptor >= 0 ? recv(descriptor, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT) : -1;
  if (size < 0) {
    return descriptor < 0 || errno == EAGAIN || errno == EINTR ? PW_ORIGIN_SILENT : PW_ORIGIN_ANSWERED;
  }
  bool   final   = true;
  size_t interim = pw_interim_responses(pw_view_make(bytes, (size_t)size), &final);
  if (interim > 0 && recv(descriptor, bytes, interim, MSG_DONTWAIT) < 0) {
    return PW_ORIGIN_ANSWERED;
  }
  return size == 0 || final ? PW_ORIGIN_ANSWERED : PW_ORIGIN_SILENT;
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
