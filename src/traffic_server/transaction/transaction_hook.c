/* SPDX-License-Identifier: Apache-2.0 */
/* The hooks that a transaction meets: which are added, and what is done at each. */
#include "traffic_server/transaction/transaction_hook.h"

#include "traffic_server/apart.h"
#include "traffic_server/body/response_body.h"
#include "traffic_server/fields/header_map.h"
#include "traffic_server/transaction/transaction_memory.h"

unsigned pw_transaction_hooks_of_all;

void
pw_transaction_hook(struct pw_transaction *transaction, unsigned hooks)
{
  for (; hooks != 0; hooks &= hooks - 1) {
    TSHttpTxnHookAdd(transaction->txn, (TSHttpHookID)__builtin_ctz(hooks), transaction->continuation);
  }
}

PW_APART static void
at_post_remap(struct pw_transaction *transaction)
{
  if (transaction->closing) {
    pw_transaction_shut_down(transaction);
  } else if (!transaction->paused) {
    transaction->phase = PW_PHASE_UPSTREAM;
    pw_transaction_reenable(transaction, TS_EVENT_HTTP_CONTINUE);
  }
}

static bool
is_interim(TSMBuffer buffer, TSMLoc header)
{
  return TSHttpHdrStatusGet(buffer, header) < TS_HTTP_STATUS_OK;
}

PW_APART static void
at_read_response(struct pw_transaction *transaction)
{
  TSMBuffer buffer;
  TSMLoc    header;
  if (TSHttpTxnServerRespGet(transaction->txn, &buffer, &header) != TS_SUCCESS || is_interim(buffer, header)) {
    pw_response_trailers_interim(transaction);
    pw_response_body_interim(transaction);
    pw_transaction_reenable(transaction,
                            pw_request_body_bars_interim(transaction) ? TS_EVENT_HTTP_ERROR : TS_EVENT_HTTP_CONTINUE);
    return;
  }
  pw_request_body_answered(transaction);
  if (transaction->closing) {
    pw_transaction_shut_down(transaction);
    return;
  }
  if (transaction->answer.armed) {
    pw_transaction_reenable(transaction, TS_EVENT_HTTP_ERROR);
    return;
  }
  transaction->phase = PW_PHASE_ORIGIN_RESPONSE;
  pw_transaction_finish_origin_response(transaction, pw_segments_response(transaction));
}

static void
at_send_response(struct pw_transaction *transaction)
{
  struct pw_header header;
  if (transaction->wants_bodies) {
    pw_response_trailers_send(transaction);
    pw_response_body_sends(transaction);
  }
  if (transaction->phase == PW_PHASE_SENT ||
      TSHttpTxnClientRespGet(transaction->txn, &header.buffer, &header.location) != TS_SUCCESS ||
      (is_interim(header.buffer, header.location) && !transaction->answer.armed)) {
    pw_transaction_reenable(transaction, TS_EVENT_HTTP_CONTINUE);
    return;
  }
  if (transaction->closing) {
    pw_transaction_shut_down(transaction);
    return;
  }
  transaction->phase = PW_PHASE_CLIENT_RESPONSE;
  pw_header_found(transaction, &header);
  if (transaction->answer.armed) {
    pw_local_reply_build(transaction);
  }
  pw_transaction_finish_client_response(transaction, pw_segments_response(transaction));
}

/* A reply was armed, and yet the server is on its way to a cached or an upstream response. */
PW_APART static void
at_guard(struct pw_transaction *transaction)
{
  bool pending = transaction->answer.armed && !transaction->answer.built;
  pw_transaction_reenable(transaction, pending ? TS_EVENT_HTTP_ERROR : TS_EVENT_HTTP_CONTINUE);
}

PW_APART static void
at_send_request(struct pw_transaction *transaction)
{
  if (transaction->closing) {
    pw_transaction_shut_down(transaction);
    return;
  }
  pw_request_body_sends(transaction);
  pw_held_request_sends(transaction);
  at_guard(transaction);
}

static void
at_close(struct pw_transaction *transaction)
{
  TSHttpTxn txn      = transaction->txn;
  transaction->phase = PW_PHASE_SENT;
  if (transaction->gone) {
    *transaction->gone = true;
  }
  pw_pointer_table_remove(&transaction->thread->transactions, &transaction->node);
  pw_transaction_free(transaction);
  TSHttpTxnReenable(txn, TS_EVENT_HTTP_CONTINUE);
}

static void
at_hook(struct pw_transaction *transaction, TSEvent event)
{
  transaction->held = event;
  pw_pseudo_values_forget(&transaction->values);
  switch (event) {
  case TS_EVENT_HTTP_POST_REMAP:
    at_post_remap(transaction);
    break;
  case TS_EVENT_HTTP_SEND_REQUEST_HDR:
    at_send_request(transaction);
    break;
  case TS_EVENT_HTTP_READ_RESPONSE_HDR:
    at_read_response(transaction);
    break;
  case TS_EVENT_HTTP_SEND_RESPONSE_HDR:
    at_send_response(transaction);
    break;
  case TS_EVENT_HTTP_TXN_CLOSE:
    at_close(transaction);
    break;
  default:
    at_guard(transaction);
    break;
  }
}

int
pw_transaction_on_hook(TSCont continuation, TSEvent event, void *data)
{
  (void)data;
  at_hook((struct pw_transaction *)TSContDataGet(continuation), event);
  return 0;
}

static TSHttpHookID
hook_of_event(TSEvent event)
{
  switch (event) {
  case TS_EVENT_HTTP_READ_RESPONSE_HDR:
    return TS_HTTP_READ_RESPONSE_HDR_HOOK;
  case TS_EVENT_HTTP_SEND_RESPONSE_HDR:
    return TS_HTTP_SEND_RESPONSE_HDR_HOOK;
  default:
    return TS_HTTP_TXN_CLOSE_HOOK;
  }
}

static int
on_hook_of_all(TSCont continuation, TSEvent event, void *data)
{
  TSHttpTxn               txn         = (TSHttpTxn)data;
  struct pw_event_thread *thread      = pw_event_thread_self();
  struct pw_transaction  *transaction = thread ? pw_transaction_find(thread, txn) : NULL;
  (void)continuation;

  if (transaction && transaction->hooks & PW_HOOK_BIT(hook_of_event(event))) {
    at_hook(transaction, event);
  } else {
    TSHttpTxnReenable(txn, TS_EVENT_HTTP_CONTINUE);
  }
  return 0;
}

void
pw_transactions_hook_all(struct pw_slot *slot)
{
  static TSCont         continuation;
  struct pw_generation *generation = pw_slot_generation(slot);
  unsigned              wanted     = PW_HOOK_BIT(TS_HTTP_TXN_CLOSE_HOOK);

  for (size_t i = 0; generation && i < generation->segment_count; i++) {
    wanted |= generation->segments[i].header_hooks;
  }
  pw_generation_release(generation);
  continuation = continuation ? continuation : TSContCreate(on_hook_of_all, NULL);
  for (unsigned hook = 0; wanted >> hook != 0; hook++) {
    if (wanted & ~pw_transaction_hooks_of_all & PW_HOOK_BIT(hook)) {
      TSHttpHookAdd((TSHttpHookID)hook, continuation);
    }
  }
  pw_transaction_hooks_of_all |= wanted;
}
