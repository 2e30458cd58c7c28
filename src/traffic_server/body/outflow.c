/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/body/outflow.h"

#include <sys/socket.h>

static TSVConn
client(TSHttpTxn txn)
{
  TSHttpSsn session = TSHttpTxnSsnGet(txn);
  return session ? TSHttpSsnClientVConnGet(session) : NULL;
}

static int64_t
waiting(TSVConn connection)
{
  TSVIO            vio    = connection ? TSVConnWriteVIOGet(connection) : NULL;
  TSIOBufferReader reader = vio && TSVIOBufferGet(vio) ? TSVIOReaderGet(vio) : NULL;
  return reader ? TSIOBufferReaderAvail(reader) : 0;
}

int64_t
pw_outflow_to_client(TSHttpTxn txn)
{
  return waiting(client(txn));
}

int64_t
pw_outflow_of_stream(struct pw_stream_meter *meter, TSHttpTxn txn, int64_t written)
{
  TSVConn connection = client(txn);
  TSVIO   vio        = connection ? TSVConnWriteVIOGet(connection) : NULL;
  int64_t taken      = vio ? TSVIONDoneGet(vio) : 0;
  int64_t left       = (written - meter->written) - (taken - meter->taken);
  if (vio && meter->runs && taken >= meter->taken && left >= 0) {
    return left;
  }
  /* The connection has taken more than came from here: what waits now may be anything, and is taken for nothing. */
  meter->runs    = true;
  meter->written = written;
  meter->taken   = taken;
  return 0;
}

bool
pw_client_is_mute(TSHttpTxn txn)
{
  TSVConn connection = client(txn);
  TSVIO   vio        = connection ? TSVConnReadVIOGet(connection) : NULL;
  return vio && !TSVIOBufferGet(vio);
}

void
pw_client_disconnect(TSHttpTxn txn)
{
  int descriptor = -1;
  if (TSHttpTxnClientFdGet(txn, &descriptor) == TS_SUCCESS && descriptor >= 0) {
    shutdown(descriptor, SHUT_RDWR);
  }
}

TSVIO
pw_inflow_from_origin(TSHttpTxn txn)
{
  TSVConn connection = TSHttpTxnServerVConnGet(txn);
  return connection ? TSVConnReadVIOGet(connection) : NULL;
}

int64_t
pw_outflow_to_origin(TSHttpTxn txn)
{
  return waiting(TSHttpTxnServerVConnGet(txn));
}
