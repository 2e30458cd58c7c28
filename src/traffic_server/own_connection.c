/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/own_connection.h"

void
pw_own_connection_open(struct pw_own_connection *own, TSVConn connection, TSCont continuation)
{
  own->connection    = connection;
  own->input         = TSIOBufferCreate();
  own->input_reader  = TSIOBufferReaderAlloc(own->input);
  own->output        = TSIOBufferCreate();
  own->output_reader = TSIOBufferReaderAlloc(own->output);
  own->read          = TSVConnRead(connection, continuation, own->input, INT64_MAX);
}

void
pw_own_connection_send(struct pw_own_connection *own, TSCont continuation)
{
  if (!own->write) {
    own->write = TSVConnWrite(own->connection, continuation, own->output_reader, INT64_MAX);
  } else {
    TSVIOReenable(own->write);
  }
}

void
pw_own_connection_close(struct pw_own_connection *own, bool orderly)
{
  if (!own->connection) {
    return;
  }
  if (orderly) {
    TSVConnClose(own->connection);
  } else {
    TSVConnAbort(own->connection, 1);
  }
  own->connection = NULL;
}

void
pw_own_connection_free(struct pw_own_connection *own)
{
  pw_own_connection_close(own, false);
  if (own->input) {
    TSIOBufferReaderFree(own->input_reader);
    TSIOBufferDestroy(own->input);
    TSIOBufferReaderFree(own->output_reader);
    TSIOBufferDestroy(own->output);
  }
}
