/* SPDX-License-Identifier: Apache-2.0 */
/* A request has come, or has met a remap rule: which chains it goes through. */
#include "traffic_server/transaction/transaction_hook.h"
#include "traffic_server/transaction/transaction_memory.h"

/* A new one. NULL: memory is out, or this is no event thread. */
static struct pw_transaction *
make_transaction(struct pw_event_thread *thread, TSHttpTxn txn)
{
  struct pw_transaction *transaction = thread ? pw_transaction_new(thread, txn) : NULL;
  if (transaction) {
    pw_pointer_table_add(&thread->transactions, &transaction->node, txn);
    pw_transaction_add_hook(transaction, TS_HTTP_TXN_CLOSE_HOOK);
  }
  return transaction;
}

/* Adds the slot's chains to `*transaction`, which is made when there is none yet. `*refused`: its requests cannot be
 * served. NULL: there is nothing to do. */
static struct pw_segment *
add_slot(struct pw_event_thread *thread, TSHttpTxn txn, struct pw_slot *slot, struct pw_transaction **transaction,
         bool *refused)
{
  struct pw_generation_worker *worker = thread ? pw_event_thread_worker(thread, slot) : NULL;
  if (worker && pw_generation_is_idle(worker->generation)) {
    return NULL;
  }
  *refused = worker ? worker->generation->refuses : pw_slot_fails_closed(slot);
  if (!worker && !*refused) {
    return NULL;
  }
  struct pw_transaction *found = *transaction ? *transaction : make_transaction(thread, txn);
  *transaction                 = found;
  if (*refused || !found) {
    return NULL;
  }
  struct pw_segment *last = found->last;
  if (!pw_transaction_add_segments(found, worker)) {
    *refused = pw_slot_fails_closed(slot);
    return NULL;
  }
  return last ? last->next : found->first;
}

void
pw_transaction_begin(TSHttpTxn txn)
{
  struct pw_event_thread *thread      = pw_event_thread_self();
  struct pw_transaction  *transaction = NULL;
  struct pw_segment      *first       = NULL;
  bool                    refused     = false;
  size_t                  count;
  struct pw_slot *const  *global = pw_global_slots(&count);

  for (size_t i = 0; i < count && !refused; i++) {
    struct pw_segment *segment = add_slot(thread, txn, global[i], &transaction, &refused);
    first                      = first ? first : segment;
  }
  if (!transaction) {
    /* Refused without memory to say so: no answer is an answer, too. */
    if (refused) {
      TSHttpTxnShutDown(txn, TS_EVENT_HTTP_READ_REQUEST_HDR);
    }
    TSHttpTxnReenable(txn, refused ? TS_EVENT_HTTP_ERROR : TS_EVENT_HTTP_CONTINUE);
    return;
  }
  transaction->held  = TS_EVENT_HTTP_READ_REQUEST_HDR;
  transaction->phase = PW_PHASE_REQUEST;
  if (refused) {
    pw_local_reply_refuse(transaction);
    pw_transaction_finish_request(transaction, PW_OUTCOME_REPLY);
  } else {
    pw_transaction_finish_request(transaction, pw_segments_request(first));
  }
}

TSRemapStatus
pw_transaction_remap(TSHttpTxn txn, struct pw_slot *slot)
{
  struct pw_event_thread *thread      = pw_event_thread_self();
  struct pw_transaction  *transaction = thread ? pw_transaction_find(thread, txn) : NULL;
  struct pw_segment      *first;
  bool                    refused = false;

  /* A plugin before this one in the rule, or a global one, may have ended it already. */
  if (transaction && (transaction->answer.armed || transaction->closing)) {
    return TSREMAP_NO_REMAP;
  }
  first = add_slot(thread, txn, slot, &transaction, &refused);
  if (transaction && transaction->paused && !refused) {
    /* The headers come here when they are continued there. */
    return TSREMAP_NO_REMAP;
  }
  if (transaction && refused) {
    transaction->paused = NULL;
    pw_local_reply_refuse(transaction);
    pw_transaction_finish_remap(transaction, PW_OUTCOME_REPLY);
  } else if (refused) {
    TSHttpTxnStatusSet(txn, TS_HTTP_STATUS_SERVICE_UNAVAILABLE);
  } else if (first) {
    transaction->phase = PW_PHASE_REQUEST;
    pw_pseudo_values_forget(&transaction->values);
    pw_transaction_finish_remap(transaction, pw_segments_request(first));
  }
  return TSREMAP_NO_REMAP;
}
