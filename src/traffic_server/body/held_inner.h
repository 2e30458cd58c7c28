/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file held_inner.h
 * The transaction that Traffic Server makes of a request that was held (held_request.h). For it the server is what it
 * is for any client: remap rules apply if they have not yet, with their filters, and the settings of the held
 * transaction.
 *
 * Where no filter of a remap rule could want the body, the request comes without one, and it is put behind the header
 * that goes to the origin, in one write: an origin that answers before it has read all of it then cannot confuse the
 * server (9.2.9), which otherwise uses such a connection again.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_HELD_INNER_H
#define PROXYWASM_TRAFFIC_SERVER_HELD_INNER_H

#include "traffic_server/body/held_request.h"

/** Before the first one; any thread. */
void pw_held_inner_watch(void);
/** A number for it. False: memory is out. */
bool pw_held_inner_expect(struct pw_held_request *held);
/** Nothing more is to be made of it. */
void pw_held_inner_forget(struct pw_held_request *held);
/** The connection that the request is to be written to. NULL: the server takes no more. */
TSVConn pw_held_inner_connect(struct pw_held_request *held);
/** Writes the request to `bytes`, with the body if it carries it. False: memory is out. */
bool pw_held_inner_write(struct pw_held_request *held, struct pw_bytes *bytes);
/** Whether a transaction of the server's own is such a one, whose remap rule's filters apply. */
bool pw_held_inner_is(TSHttpTxn txn);
/** Of such a one: whether it has a body that its filters would not see, as there was no rule with any when it began. */
bool pw_held_inner_hides_body(TSHttpTxn txn);

#endif
