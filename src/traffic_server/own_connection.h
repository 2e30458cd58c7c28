/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file own_connection.h
 * A connection whose other end is the plugin: the server has connected to it (an intercept), or was connected to.
 * All functions: on the thread of its continuation, which is called with the events of its operations.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_OWN_CONNECTION_H
#define PROXYWASM_TRAFFIC_SERVER_OWN_CONNECTION_H

#include <stdbool.h>
#include <ts/ts.h>

/** A connection, and what goes over it. Zero-initialised: none. */
struct pw_own_connection {
  TSVConn          connection; /**< NULL: none (any more) */
  TSVIO            read;
  TSVIO            write; /**< NULL: nothing was written */
  TSIOBuffer       input;
  TSIOBufferReader input_reader;
  TSIOBuffer       output;
  TSIOBufferReader output_reader;
};

/** Takes the connection over, and begins to read. */
void pw_own_connection_open(struct pw_own_connection *own, TSVConn connection, TSCont continuation);
/** Sends what is in the output. */
void pw_own_connection_send(struct pw_own_connection *own, TSCont continuation);
/** Closes the connection, if there is one. `orderly`: what was sent was all; otherwise the peer sees that it broke. */
void pw_own_connection_close(struct pw_own_connection *own, bool orderly);
/** Closes it, if that was not done, and frees its buffers. */
void pw_own_connection_free(struct pw_own_connection *own);

#endif
