/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file local_reply.h
 * Answering the client in place of the upstream. Traffic Server has no function for that; what there is depends on the
 * hook. docs/reference/local-replies.md in short:
 *
 *   request (READ_REQUEST_HDR, TSRemapDoRemap)  the status makes remap end in an error page, which SEND_RESPONSE_HDR
 *                                               turns into the reply. The connection is kept.
 *   POST_REMAP, READ_RESPONSE_HDR               an error page as well, by TS_EVENT_HTTP_ERROR. Traffic Server then
 *                                               closes an HTTP/1 connection.
 *   in a response transform                     it is the transform's output; see response_body.c
 *   SEND_RESPONSE_HDR                           TS_EVENT_HTTP_ERROR builds a page that no hook sees any more; see
 *                                               pw_local_reply_at_send.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_LOCAL_REPLY_H
#define PROXYWASM_TRAFFIC_SERVER_LOCAL_REPLY_H

#include "traffic_server/compatibility.h"

#include <proxywasm/proxy.h>

struct pw_transaction;
struct pw_header;

/** A copy of a local reply. Zero-initialised: none. */
struct pw_local_answer {
  bool            given;
  bool            armed; /**< the server is on its way to an error page */
  bool            built; /**< the response to the client is this reply, and can still be changed */
  uint32_t        status;
  struct pw_bytes reason;
  struct pw_bytes body;
  struct pw_bytes fields; /**< lines "name: value\r\n", without Content-Type, Content-Length and the like */
  struct pw_bytes type;   /**< of the body */
};

/** pw_proxy_ops.local_reply. `stream` is a struct pw_segment. */
enum pw_status pw_local_reply_take(void *stream, const struct pw_local_reply *reply);
/** The answer when a plugin that fails closed is broken: 503. */
void pw_local_reply_refuse(struct pw_transaction *transaction);
/** The answer to a request whose body is malformed: 400. */
void pw_local_reply_bad_request(struct pw_transaction *transaction);
/** Forgets it, but keeps memory for the next transaction. */
void pw_local_reply_clear(struct pw_local_answer *answer);
/** Frees its memory. */
void pw_local_reply_free(struct pw_local_answer *answer);

/** Writes it into a response: status, fields, and those that belong to its body. */
void pw_local_reply_write(const struct pw_local_answer *answer, const struct pw_header *header);
/** Whether its status is one of those that have neither a body nor a length. */
bool pw_local_reply_precludes_body(const struct pw_local_answer *answer);
/** Its body; empty for a status that has none. */
struct pw_view pw_local_reply_body(const struct pw_local_answer *answer);

/** Before SEND_RESPONSE_HDR: makes Traffic Server come to an error page. */
void pw_local_reply_arm(struct pw_transaction *transaction);
/** At SEND_RESPONSE_HDR of an armed reply: writes it into the response to the client. False: it cannot be read. */
bool pw_local_reply_build(struct pw_transaction *transaction);
/** When the response callbacks have run after pw_local_reply_build: hands the body over. */
void pw_local_reply_finish(struct pw_transaction *transaction);
/** At SEND_RESPONSE_HDR of any other response: replaces it. The hook has to end with TS_EVENT_HTTP_ERROR then. */
void pw_local_reply_at_send(struct pw_transaction *transaction);

#endif
