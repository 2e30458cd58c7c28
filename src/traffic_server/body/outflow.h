/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file outflow.h
 * How much of what was let out still waits for a slow peer. A transform's output is taken by the server at once,
 * however fast the peer is: without a look at the connection a body would be read into memory as fast as it comes.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_OUTFLOW_H
#define PROXYWASM_TRAFFIC_SERVER_OUTFLOW_H

#include "traffic_server/compatibility.h"

#include <stdbool.h>
#include <stdint.h>

/** Bytes that wait for the client's connection. */
int64_t pw_outflow_to_client(TSHttpTxn txn);

/** What was let out on a stream of HTTP/2, held against what its connection has taken meanwhile. Zero-initialised: not
 *  begun. */
struct pw_stream_meter {
  int64_t written;
  int64_t taken;
  bool    runs;
};
/** At least so many bytes of a stream wait in the server; `written`: all that was ever let out on it. The server keeps
 *  what a stream's window does not allow where nobody can see it. What other streams send meanwhile counts as this
 * one's, so it may be more, and never less. */
int64_t pw_outflow_of_stream(struct pw_stream_meter *meter, TSHttpTxn txn, int64_t written);

/** Whether nothing more can come from the client: the server has given the connection's receiving side up. */
bool pw_client_is_mute(TSHttpTxn txn);
/** Breaks the client's connection. */
void pw_client_disconnect(TSHttpTxn txn);
/** The reading of the origin's response; NULL: there is none. */
TSVIO pw_inflow_from_origin(TSHttpTxn txn);
/** Bytes that wait for the origin. */
int64_t pw_outflow_to_origin(TSHttpTxn txn);

#endif
