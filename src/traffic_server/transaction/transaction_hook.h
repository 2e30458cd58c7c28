/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file transaction_hook.h
 * What the files of a transaction share: transaction_begin.c (where it comes from), transaction_hook.c (the hooks that
 * it meets), transaction.c (how it leaves them). All of it is called on the transaction's event thread.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_TRANSACTION_TRANSACTION_HOOK_H
#define PROXYWASM_TRAFFIC_SERVER_TRANSACTION_TRANSACTION_HOOK_H

#include "traffic_server/transaction/transaction.h"

/* ---- transaction_hook.c ---- */

/** A transaction's arguments in the server cost more than anything else that is done for it: the event thread has a
 *  table of its own. NULL: there is none yet. */
static inline struct pw_transaction *
pw_transaction_find(struct pw_event_thread *thread, TSHttpTxn txn)
{
  return (struct pw_transaction *)pw_pointer_table_find(&thread->transactions, txn);
}

/** The function of pw_transaction.continuation. */
int pw_transaction_on_hook(TSCont continuation, TSEvent event, void *data);
/** Hooks, as bits, that come for every transaction of the server. Written while it starts, before there is any. */
extern unsigned pw_transaction_hooks_of_all;
/** Adds hooks to the one transaction. */
void pw_transaction_hook(struct pw_transaction *transaction, unsigned hooks);

/** Has the transaction come to hooks, once to each. */
static inline void
pw_transaction_add_hooks(struct pw_transaction *transaction, unsigned hooks)
{
  unsigned missing = hooks & ~(transaction->hooks | pw_transaction_hooks_of_all);
  transaction->hooks |= hooks;
  if (missing != 0) {
    pw_transaction_hook(transaction, missing);
  }
}

static inline void
pw_transaction_add_hook(struct pw_transaction *transaction, TSHttpHookID hook)
{
  pw_transaction_add_hooks(transaction, PW_HOOK_BIT(hook));
}

/* ---- transaction.c ---- */

/** Lets the transaction leave the hook that it is held at. It may be gone then. */
void pw_transaction_reenable(struct pw_transaction *transaction, TSEvent event);
/** The same without an answer: HTTP/1 connections are closed, HTTP/2 streams reset. */
void pw_transaction_shut_down(struct pw_transaction *transaction);
/** Ends READ_REQUEST_HDR, or POST_REMAP after a pause there. */
void pw_transaction_finish_request(struct pw_transaction *transaction, enum pw_outcome outcome);
/** Ends TSRemapDoRemap, which cannot wait: what would hold or end a hook is done at POST_REMAP. */
void pw_transaction_finish_remap(struct pw_transaction *transaction, enum pw_outcome outcome);
/** Ends READ_RESPONSE_HDR. */
void pw_transaction_finish_origin_response(struct pw_transaction *transaction, enum pw_outcome outcome);
/** Ends SEND_RESPONSE_HDR. */
void pw_transaction_finish_client_response(struct pw_transaction *transaction, enum pw_outcome outcome);

#endif
