/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file transaction.h
 * An HTTP transaction of Traffic Server on its way through chains of plugins: what happens at which hook.
 *
 *   global plugins    request headers at READ_REQUEST_HDR, before remap chooses the upstream
 *   of a remap rule   request headers in TSRemapDoRemap; a pause is held at POST_REMAP
 *   response_phase    origin: READ_RESPONSE_HDR, what changes there is cached;
 *                     client: SEND_RESPONSE_HDR, for cache hits and the server's own errors too; or in the response
 *                     transform, which comes before that hook
 *   bodies            request_body.h, response_body.h
 *   the end           TXN_CLOSE
 *
 * Only those hooks are added that a plugin of the chain needs. What the global plugins need when the server starts is
 * hooked for all transactions at once (a hook of one transaction costs some 200 instructions more); what else there
 * is, for the single transaction: hooks of bodies among them, which come after those of other plugins that way.
 * Everything here is called on the transaction's event thread, but for pw_transactions_hook_all and
 * pw_transaction_resume_later.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_TRANSACTION_H
#define PROXYWASM_TRAFFIC_SERVER_TRANSACTION_H

#include "traffic_server/body/held_request.h"
#include "traffic_server/body/request_body.h"
#include "traffic_server/compatibility.h"
#include "traffic_server/event_thread/event_thread.h"
#include "traffic_server/fields/pseudo_header.h"
#include "traffic_server/trailers/response_trailers.h"
#include "traffic_server/transaction/local_reply.h"

#include <proxywasm/host.h>

/** How far a transaction is: what of it can be read and changed. */
enum pw_transaction_phase {
  PW_PHASE_REQUEST,         /**< the request can be changed */
  PW_PHASE_UPSTREAM,        /**< the request was sent on; nothing can be changed */
  PW_PHASE_ORIGIN_RESPONSE, /**< the origin's response can be changed */
  PW_PHASE_CLIENT_RESPONSE, /**< the response to the client can be changed */
  PW_PHASE_SENT             /**< nothing can be changed */
};

/** What each transaction needs comes first. */
struct pw_transaction {
  struct pw_pointer_node    node; /**< in pw_event_thread.transactions; first */
  TSHttpTxn                 txn;
  struct pw_event_thread   *thread;
  struct pw_segment        *first;
  struct pw_segment        *last;
  enum pw_transaction_phase phase;
  TSEvent                   held;         /**< the hook that waits for TSHttpTxnReenable; TS_EVENT_NONE: none */
  unsigned                  hooks;        /**< bits of those that were added */
  bool                      closing;      /**< a module closed it where that cannot be done: the next hook does it */
  bool                      wants_bodies; /**< a segment does; else nothing of bodies and trailers is in use */
  bool                      origin_body;  /**< the origin's response has come, with a body that its filters want */
  bool                      ended;        /**< TXN_CLOSE has come; transforms may still have to be closed */
  bool                     *gone;         /**< set when it ends; NULL: nobody wants to know */
  struct pw_transaction    *next_free;
  struct pw_pseudo_values   values;       /**< of pseudo-headers that were asked for */
  struct pw_local_answer    answer;       /**< a local reply, from when it is given until it is sent */
  struct pw_segment        *paused;       /**< the segment that a pause is at */
  enum pw_stream_type       direction;    /**< of that pause */
  TSCont                    continuation; /**< of its hooks; its data is the transaction */
  struct pw_held_request   *held_request;
  struct pw_request_body    request_body;
  struct pw_body            response_body;
  struct pw_trailers        trailers[2]; /**< by direction */
  struct pw_trailer_tap     trailer_tap;
};

/** While the server starts: hooks all transactions for what the global slot needs now. */
void pw_transactions_hook_all(struct pw_slot *slot);
/** A request has come: runs the global chains. `txn` waits in READ_REQUEST_HDR and is reenabled by this, or later. */
void pw_transaction_begin(TSHttpTxn txn);
/** A remap rule with a slot matched: runs its chains. */
TSRemapStatus pw_transaction_remap(TSHttpTxn txn, struct pw_slot *slot);

/** The modules are through with the headers of the hook that the transaction is held at: ends it as the outcome says.
 */
void pw_transaction_go_on(struct pw_transaction *transaction, enum pw_outcome outcome);
/** pw_proxy_ops.resume. `stream` is a struct pw_segment. Any thread. */
void pw_transaction_resume_later(void *stream, enum pw_stream_type type);
/** A reply was given in a request's body: the server is to come to an error page, whatever the origin says. */
void pw_transaction_arm(struct pw_transaction *transaction);
/** The headers of a held request have passed all modules: what is wanted of the response. False: memory is out. */
bool pw_transaction_request_passed(struct pw_transaction *transaction);
/** READ_RESPONSE_HDR is wanted, see pw_request_body_answered. */
void pw_transaction_watch_answer(struct pw_transaction *transaction);
/** The server has let go of a transform of an ended transaction. */
void pw_transaction_body_gone(struct pw_transaction *transaction);
/** Resumes what is in pw_event_thread.resumes. */
void pw_transactions_resume(struct pw_event_thread *thread);

#endif
