/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/outflow.h"

#include <sys/socket.h>

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
  TSHttpSsn session = TSHttpTxnSsnGet(txn);
  return session ? waiting(TSHttpSsnClientVConnGet(session)) : 0;
}

bool
pw_client_is_mute(TSHttpTxn txn)
{
  TSHttpSsn session    = TSHttpTxnSsnGet(txn);
  TSVConn   connection = session ? TSHttpSsnClientVConnGet(session) : NULL;
  TSVIO     vio        = connection ? TSVConnReadVIOGet(connection) : NULL;
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
