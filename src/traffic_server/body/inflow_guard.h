/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file inflow_guard.h
 * Bounds what is read of an origin's response between two turns of a transform.
 *
 * The server takes a body out of its chunks as long as the origin's socket has something, into a buffer of its own that
 * nothing bounds, and only then lets a transform have its turn. What it reads from the socket into is bounded by its
 * readers, though: it reads no more while one of them has a block to go. So the guard is a reader of that buffer, which
 * reads nothing until it is told to.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_INFLOW_GUARD_H
#define PROXYWASM_TRAFFIC_SERVER_INFLOW_GUARD_H

#include "traffic_server/compatibility.h"

#include <stdbool.h>

/** Zero-initialised: there is none. */
struct pw_inflow_guard {
  TSCont           tunnel; /**< the server's, to which the reading belongs as long as the buffer lives */
  TSIOBuffer       buffer;
  TSIOBufferReader reader;
};

/** Sets it into the reading of a transaction's response. `operation` is that reading. */
void pw_inflow_guard_set(struct pw_inflow_guard *guard, TSVIO operation);
/** Lets the server read on. True: it had read something since the last time, and has to be told to go on. */
bool pw_inflow_guard_pass(struct pw_inflow_guard *guard, TSHttpTxn txn);
/** Takes it away: whoever else reads the response (the cache) goes on without it. Not after TXN_CLOSE: it is gone
 *  then, with the buffer. */
void pw_inflow_guard_remove(struct pw_inflow_guard *guard, TSHttpTxn txn);

#endif
