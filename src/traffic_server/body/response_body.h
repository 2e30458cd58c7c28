/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file response_body.h
 * Response bodies through modules.
 *
 * Traffic Server feeds a response transform before SEND_RESPONSE_HDR, and comes to that hook when the transform's
 * output begins. So the headers callbacks of the client's phase run in the transform, before the first piece, and
 * headers can be held there until the whole body was seen. A local reply before the output has begun is the output: the
 * connection to the client is kept, and the origin's response may go on into the cache.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_RESPONSE_BODY_H
#define PROXYWASM_TRAFFIC_SERVER_RESPONSE_BODY_H

#include "traffic_server/body/body.h"

/** At the request's end (`origin` false), for plugins of the client's phase, and at READ_RESPONSE_HDR for those of the
 *  origin's: adds the transform if one of them wants bodies. False: it is wanted, and memory is out. */
bool pw_response_body_prepare(struct pw_transaction *transaction, bool origin);

/** At READ_RESPONSE_HDR, for an interim response: the final one is not cached as it came, if there is a transform.
 * Traffic Server would leave out as many bytes at the beginning of that copy as the interim response's header had, and
 * end itself if it has fewer. */
void pw_response_body_interim(const struct pw_transaction *transaction);

/** After READ_RESPONSE_HDR was reenabled: a body in chunks is under way now, and would be taken out of them before the
 *  transform's first turn. */
void pw_response_body_begins(struct pw_transaction *transaction);

/** Whether the server feeds the transform now, so that headers and pauses are its affair. */
bool pw_response_body_runs(const struct pw_transaction *transaction);

/** Whether headers that are held wait for a transform that the server has not begun to feed. */
bool pw_response_body_is_due(const struct pw_transaction *transaction);

/** At SEND_RESPONSE_HDR: a reply that was made in the transform, and must have no length, has got one of the server's.
 */
void pw_response_body_sends(struct pw_transaction *transaction);

/** The transaction has ended. */
void pw_response_body_end(struct pw_transaction *transaction);

/** A pause of this direction was resumed while the transform runs. */
void pw_response_body_resumed(struct pw_transaction *transaction, enum pw_outcome outcome);

#endif
