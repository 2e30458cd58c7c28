/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file transaction.h
 * An HTTP transaction of Traffic Server on its way through chains of plugins: what happens at which hook.
 *
 *   global plugins    request headers at READ_REQUEST_HDR, before remap chooses the upstream
 *   of a remap rule   request headers in TSRemapDoRemap; a pause is held at POST_REMAP
 *   response_phase    origin: READ_RESPONSE_HDR, what changes there is cached;
 *                     client: SEND_RESPONSE_HDR, for cache hits and the server's own errors too
 *   the end           TXN_CLOSE
 *
 * Only those hooks are added that a plugin of the chain needs. What the global plugins need when the server starts is
 * hooked for all transactions at once (a hook of one transaction costs some 200 instructions more); what else there
 * is, for the single transaction. Everything here is called on the transaction's event thread, but for
 * pw_transactions_hook_all and pw_transaction_resume_later.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_TRANSACTION_H
#define PROXYWASM_TRAFFIC_SERVER_TRANSACTION_H

#include "traffic_server/compatibility.h"
#include "traffic_server/event_thread.h"
#include "traffic_server/local_reply.h"
#include "traffic_server/pseudo_header.h"

#include <proxywasm/host.h>

struct pw_transaction;

/** A chain of one generation that a transaction goes through, as one stream. It is what pw_proxy_ops get as `stream`.
 */
struct pw_segment {
  struct pw_transaction        *transaction;
  struct pw_segment            *next; /**< in the order in which requests meet them */
  struct pw_segment            *previous;
  struct pw_generation_worker  *worker;
  const struct pw_segment_plan *plan;
  struct pw_chain              *chain;
  struct pw_stream             *stream;      /**< NULL: the request has not come to it */
  bool                          answered;    /**< its response callbacks have been called */
  unsigned                      resumes;     /**< bits of directions that are to be resumed; pw_event_thread.lock */
  struct pw_segment            *next_resume; /**< in pw_event_thread.resumes; likewise */
};

/** How far a transaction is: what of it can be read and changed. */
enum pw_transaction_phase {
  PW_PHASE_REQUEST,         /**< the request can be changed */
  PW_PHASE_UPSTREAM,        /**< the request was sent on; nothing can be changed */
  PW_PHASE_ORIGIN_RESPONSE, /**< the origin's response can be changed */
  PW_PHASE_CLIENT_RESPONSE, /**< the response to the client can be changed */
  PW_PHASE_SENT             /**< nothing can be changed */
};

struct pw_transaction {
  struct pw_pointer_node    node; /**< in pw_event_thread.transactions; first */
  TSHttpTxn                 txn;
  struct pw_event_thread   *thread;
  struct pw_transaction    *next_free;
  TSCont                    continuation; /**< of its hooks; its data is the transaction */
  struct pw_segment        *first;
  struct pw_segment        *last;
  enum pw_transaction_phase phase;
  struct pw_segment        *paused;    /**< the segment that a pause is at */
  enum pw_stream_type       direction; /**< of that pause */
  TSEvent                   held;      /**< the hook that waits for TSHttpTxnReenable; TS_EVENT_NONE: none */
  unsigned                  hooks;     /**< bits of those that were added */
  bool                      closing;   /**< a module closed it in TSRemapDoRemap, where that cannot be done */
  struct pw_local_answer    answer;    /**< a local reply, from when it is given until it is sent */
  struct pw_pseudo_values   values;    /**< of pseudo-headers that were asked for */
};

/** While the server starts: hooks all transactions for what the global slot needs now. */
void pw_transactions_hook_all(struct pw_slot *slot);
/** A request has come: runs the global chains. `txn` waits in READ_REQUEST_HDR and is reenabled by this, or later. */
void pw_transaction_begin(TSHttpTxn txn);
/** A remap rule with a slot matched: runs its chains. */
TSRemapStatus pw_transaction_remap(TSHttpTxn txn, struct pw_slot *slot);

/** pw_proxy_ops.resume. `stream` is a struct pw_segment. Any thread. */
void pw_transaction_resume_later(void *stream, enum pw_stream_type type);
/** Resumes what is in pw_event_thread.resumes. */
void pw_transactions_resume(struct pw_event_thread *thread);

#endif
