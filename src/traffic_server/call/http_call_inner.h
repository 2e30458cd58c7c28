/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file http_call_inner.h
 * The transactions that Traffic Server makes of exchanges: not filtered, not cached, sent where the upstream is.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_HTTP_CALL_INNER_H
#define PROXYWASM_TRAFFIC_SERVER_HTTP_CALL_INNER_H

#include "traffic_server/call/http_call_exchange.h"

/** Marks connections of ours. */
#define PW_INNER_TAG "wasm"

/** The exchange's transaction is about to come, on this thread. False: memory is out. */
bool pw_inner_expect(struct pw_exchange *exchange);
/** Nothing is to be told to the exchange any more. On its thread. */
void pw_inner_forget(const struct pw_exchange *exchange);

#endif
