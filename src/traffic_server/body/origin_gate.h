/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file origin_gate.h
 * Keeps an origin's answer from the server while the request's body is on its way.
 *
 * While the gate is shut the plugin reads in the server's place: it takes interim responses away, sees when a final one
 * begins, and hands what it has got to the server when the gate is opened. It reads no more than the beginning; what
 * follows waits in the network, as with any slow reader. All functions: on the transaction's thread, under its lock.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_ORIGIN_GATE_H
#define PROXYWASM_TRAFFIC_SERVER_ORIGIN_GATE_H

#include "traffic_server/compatibility.h"

#include <stdbool.h>

/** Zero-initialised: it is open. */
struct pw_origin_gate {
  TSHttpTxn        txn;
  TSVIO            operation;     /**< the reading of the connection to the origin; NULL: the gate is open */
  TSCont           server;        /**< who is told of it when the gate is open, */
  TSIOBuffer       server_buffer; /**< and what it reads into, */
  int64_t          server_done;   /**< and how much it had read */
  TSCont           continuation;
  TSIOBuffer       buffer;
  TSIOBufferReader reader;
  TSEvent          event;    /**< the last one */
  bool             answered; /**< a final response has begun, or the origin will send nothing more, or is gone */
  void (*on_answer)(void *owner);
  void *owner;
};

/** Whether the server is on its way to read the answer, or there is no connection: before that it has only asked
 * whether the connection is alive. */
bool pw_origin_gate_can_be_shut(TSHttpTxn txn);

/** `on_answer` is called once, when the origin has answered: it may open the gate. False: it stays open, as there is no
 *  connection that can be taken over (an origin by HTTP/2). */
bool pw_origin_gate_shut(struct pw_origin_gate *gate, TSHttpTxn txn, void (*on_answer)(void *owner), void *owner);

static inline bool
pw_origin_gate_is_shut(const struct pw_origin_gate *gate)
{
  return gate->operation != NULL;
}

/** The server reads on; it is told at once of what has come, and may end the transaction in that call. */
void pw_origin_gate_open(struct pw_origin_gate *gate);

/** The transaction has ended: nothing is handed over. Harmless when it is open. */
void pw_origin_gate_free(struct pw_origin_gate *gate);

/** Bytes of the request that the origin has not taken; 0: none, or there is no connection any more. */
int64_t pw_origin_gate_unsent(TSHttpTxn txn);

/** Whether sending has failed: the server has given the connection's sending side up. */
bool pw_origin_gate_failed(TSHttpTxn txn);

/** Sends no more of it, and has the server take it as sent. */
void pw_origin_gate_abandon(TSHttpTxn txn);

/** Ends the sending side: what is left unsent fails, and the origin sees the end of the request. */
void pw_origin_gate_end_sending(TSHttpTxn txn);

#endif
