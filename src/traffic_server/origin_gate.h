/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file origin_gate.h
 * Holds back the reading of an origin's answer while the request's body is on its way.
 *
 * The gate is the read operation of the connection to the origin: with nothing left to read, the server does not look
 * at what has come; its sender's window fills up, as with any slow reader.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_ORIGIN_GATE_H
#define PROXYWASM_TRAFFIC_SERVER_ORIGIN_GATE_H

#include "traffic_server/compatibility.h"

#include <proxywasm/types.h>

/** False: there is no connection that can be held (a plugin takes the origin's place). */
bool pw_origin_gate_shut(TSHttpTxn txn);
void pw_origin_gate_open(TSHttpTxn txn);

/** What is to be seen behind the gate. */
enum pw_origin_state {
  PW_ORIGIN_SILENT,  /**< nothing, or interim responses only, or it cannot be seen (TLS) */
  PW_ORIGIN_ANSWERED /**< a final response has begun, or the origin will send nothing more, or is gone */
};
/** Looks. Interim responses are taken away: after one, the server (9.2.9) would send the request's body again. */
enum pw_origin_state pw_origin_gate_look(TSHttpTxn txn);

/** Bytes of the request that the origin has not taken; 0: none, or there is no connection any more. */
int64_t pw_origin_gate_unsent(TSHttpTxn txn);

/** Whether sending has failed: the server has given the connection's sending side up. */
bool pw_origin_gate_failed(TSHttpTxn txn);

/** Sends no more of it, and has the server take it as sent. */
void pw_origin_gate_abandon(TSHttpTxn txn);

/** Ends the sending side: what is left unsent fails, and the origin sees the end of the request. */
void pw_origin_gate_end_sending(TSHttpTxn txn);

#endif
