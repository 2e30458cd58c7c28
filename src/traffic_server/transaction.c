/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/transaction.h"

#include "traffic_server/log.h"
#include "traffic_server/response_body.h"
#include "traffic_server/statistics.h"
#include "traffic_server/transaction_memory.h"

/* Hooks of a transaction, as bits of pw_transaction.hooks. */
#define HOOK_BIT(hook) (1u << (hook))

/* Those that come for every transaction of the server. Written while it starts, before there is any. */
static unsigned hooks_of_all;

static int on_hook(TSCont continuation, TSEvent event, void *data);

/* A transaction's arguments in the server cost more than anything else that is done for it: the event thread has a
 * table of its own. NULL: there is none yet. */
static struct pw_transaction *
find_transaction(struct pw_event_thread *thread, TSHttpTxn txn)
{
  return (struct pw_transaction *)pw_pointer_table_find(&thread->transactions, txn);
}

static void
add_hook(struct pw_transaction *transaction, TSHttpHookID hook)
{
  if (!(transaction->hooks & HOOK_BIT(hook))) {
    transaction->hooks |= HOOK_BIT(hook);
    if (!(hooks_of_all & HOOK_BIT(hook))) {
      TSHttpTxnHookAdd(transaction->txn, hook, transaction->continuation);
    }
  }
}

/* ------------------------------------------------------------------------------------------------ how hooks are ended
 */

static void
reenable(struct pw_transaction *transaction, TSEvent event)
{
  transaction->held = TS_EVENT_NONE;
  TSHttpTxnReenable(transaction->txn, event);
}

/* False: the transaction has ended meanwhile. */
static bool
reenable_and_stay(struct pw_transaction *transaction)
{
  bool *outer       = transaction->gone;
  bool  gone        = false;
  transaction->gone = &gone;
  reenable(transaction, TS_EVENT_HTTP_CONTINUE);
  if (!gone) {
    transaction->gone = outer;
  } else if (outer) {
    *outer = true;
  }
  return !gone;
}

/* No answer: HTTP/1 connections are closed, HTTP/2 streams reset. */
static void
shut_down(struct pw_transaction *transaction)
{
  transaction->phase = PW_PHASE_SENT;
  TSHttpTxnShutDown(transaction->txn, transaction->held);
  reenable(transaction, TS_EVENT_HTTP_ERROR);
}

/* The reply comes at the end of remap; should another plugin skip that, the guards see to it that nothing else is
 * served. */
static void
arm(struct pw_transaction *transaction)
{
  transaction->phase = PW_PHASE_UPSTREAM;
  pw_local_reply_arm(transaction);
  TSSkipRemappingSet(transaction->txn, 0);
  add_hook(transaction, TS_HTTP_SEND_RESPONSE_HDR_HOOK);
  add_hook(transaction, TS_HTTP_OS_DNS_HOOK);
  add_hook(transaction, TS_HTTP_CACHE_LOOKUP_COMPLETE_HOOK);
  add_hook(transaction, TS_HTTP_SEND_REQUEST_HDR_HOOK);
}

void
pw_transaction_arm(struct pw_transaction *transaction)
{
  arm(transaction);
  pw_transaction_watch_answer(transaction);
}

void
pw_transaction_watch_answer(struct pw_transaction *transaction)
{
  add_hook(transaction, TS_HTTP_READ_RESPONSE_HDR_HOOK);
}

static TSHttpHookID
response_hook(const struct pw_segment_plan *plan)
{
  return plan->phase == PW_RESPONSE_PHASE_ORIGIN ? TS_HTTP_READ_RESPONSE_HDR_HOOK : TS_HTTP_SEND_RESPONSE_HDR_HOOK;
}

static void
add_response_hooks(struct pw_transaction *transaction)
{
  for (const struct pw_segment *segment = transaction->first; segment; segment = segment->next) {
    const struct pw_segment_plan *plan = segment->plan;
    if (segment->stream && (plan->wants_response || plan->wants_response_body)) {
      add_hook(transaction, response_hook(plan));
    }
    if (segment->stream && plan->wants_response_body) {
      add_hook(transaction, TS_HTTP_READ_RESPONSE_HDR_HOOK);
      add_hook(transaction, TS_HTTP_SEND_RESPONSE_HDR_HOOK);
    }
  }
}

/* What is wanted from the request's headers on. False: memory is out. */
static bool
prepare(struct pw_transaction *transaction)
{
  add_response_hooks(transaction);
  if (!pw_request_body_prepare(transaction) || !pw_response_body_prepare(transaction, false)) {
    return false;
  }
  if (transaction->request_body.body.transform.connection) {
    add_hook(transaction, TS_HTTP_SEND_REQUEST_HDR_HOOK);
  }
  if (transaction->request_body.body.transform.connection || transaction->response_body.transform.connection) {
    add_hook(transaction, TS_HTTP_READ_RESPONSE_HDR_HOOK);
  }
  return true;
}

bool
pw_transaction_request_passed(struct pw_transaction *transaction)
{
  return prepare(transaction);
}

/* Ends READ_REQUEST_HDR, or POST_REMAP after a pause there. */
static void
finish_request(struct pw_transaction *transaction, enum pw_outcome outcome)
{
  bool held = outcome == PW_OUTCOME_HOLD && pw_held_request_wanted(transaction);
  if (outcome == PW_OUTCOME_HOLD && !held) {
    return;
  }
  if (held && pw_held_request_begin(transaction, transaction->held == TS_EVENT_HTTP_READ_REQUEST_HDR)) {
    reenable(transaction, TS_EVENT_HTTP_CONTINUE);
    return;
  }
  if (held || !prepare(transaction)) {
    pw_local_reply_refuse(transaction);
    outcome = PW_OUTCOME_REPLY;
  }
  if (outcome == PW_OUTCOME_CLOSE) {
    shut_down(transaction);
  } else if (outcome == PW_OUTCOME_REPLY) {
    TSEvent event = transaction->held == TS_EVENT_HTTP_POST_REMAP ? TS_EVENT_HTTP_ERROR : TS_EVENT_HTTP_CONTINUE;
    arm(transaction);
    reenable(transaction, event);
  } else {
    transaction->phase = PW_PHASE_UPSTREAM;
    reenable(transaction, TS_EVENT_HTTP_CONTINUE);
  }
}

/* Of the origin's response: a revalidated object is in the cache as its filters made it. */
static bool
has_body_to_filter(struct pw_transaction *transaction)
{
  return !pw_response_ends_with_headers(transaction);
}

/* Ends READ_RESPONSE_HDR. That may be the transaction's end, too. */
static void
let_response_in(struct pw_transaction *transaction)
{
  pw_response_trailers_expect(transaction);
  if (reenable_and_stay(transaction)) {
    pw_response_trailers_follow(transaction);
    pw_response_body_begins(transaction);
  }
}

static void
finish_origin_response(struct pw_transaction *transaction, enum pw_outcome outcome)
{
  bool wants_body = outcome == PW_OUTCOME_HOLD && has_body_to_filter(transaction) &&
                    pw_stream_takes_body(transaction->paused->stream, PW_STREAM_HTTP_RESPONSE);
  if (outcome == PW_OUTCOME_HOLD && !wants_body) {
    return;
  }
  if (outcome != PW_OUTCOME_REPLY && outcome != PW_OUTCOME_CLOSE && has_body_to_filter(transaction) &&
      !pw_response_body_prepare(transaction, true)) {
    pw_local_reply_refuse(transaction);
    outcome = PW_OUTCOME_REPLY;
  }
  if (outcome == PW_OUTCOME_CLOSE) {
    shut_down(transaction);
    return;
  }
  transaction->phase = PW_PHASE_UPSTREAM;
  if (outcome == PW_OUTCOME_REPLY) {
    arm(transaction);
    reenable(transaction, TS_EVENT_HTTP_ERROR);
    return;
  }
  let_response_in(transaction);
}

static void
finish_client_response(struct pw_transaction *transaction, enum pw_outcome outcome)
{
  bool ours = transaction->answer.built;
  if (outcome == PW_OUTCOME_HOLD) {
    return;
  }
  if (outcome == PW_OUTCOME_CLOSE) {
    shut_down(transaction);
    return;
  }
  if (ours) {
    if (outcome == PW_OUTCOME_REPLY) {
      pw_local_reply_build(transaction);
    }
    pw_local_reply_finish(transaction);
  } else if (outcome == PW_OUTCOME_REPLY) {
    pw_local_reply_at_send(transaction);
  }
  transaction->phase = PW_PHASE_SENT;
  reenable(transaction, outcome == PW_OUTCOME_REPLY && !ours ? TS_EVENT_HTTP_ERROR : TS_EVENT_HTTP_CONTINUE);
}

void
pw_transaction_go_on(struct pw_transaction *transaction, enum pw_outcome outcome)
{
  switch (transaction->held) {
  case TS_EVENT_HTTP_READ_REQUEST_HDR:
  case TS_EVENT_HTTP_POST_REMAP:
    finish_request(transaction, outcome);
    break;
  case TS_EVENT_HTTP_READ_RESPONSE_HDR:
    finish_origin_response(transaction, outcome);
    break;
  case TS_EVENT_HTTP_SEND_RESPONSE_HDR:
    finish_client_response(transaction, outcome);
    break;
  default:
    /* Nothing waits: the transaction goes its way without this direction, until its next hook. */
    if (outcome == PW_OUTCOME_CLOSE) {
      transaction->closing = true;
      add_hook(transaction, TS_HTTP_SEND_RESPONSE_HDR_HOOK);
    }
    break;
  }
}

/* --------------------------------------------------------------------------------------------------------------- hooks
 */

static void
at_post_remap(struct pw_transaction *transaction)
{
  if (transaction->closing) {
    shut_down(transaction);
  } else if (!transaction->paused) {
    transaction->phase = PW_PHASE_UPSTREAM;
    reenable(transaction, TS_EVENT_HTTP_CONTINUE);
  }
}

static bool
is_interim(TSMBuffer buffer, TSMLoc header)
{
  return TSHttpHdrStatusGet(buffer, header) < TS_HTTP_STATUS_OK;
}

static void
at_read_response(struct pw_transaction *transaction)
{
  TSMBuffer buffer;
  TSMLoc    header;
  if (TSHttpTxnServerRespGet(transaction->txn, &buffer, &header) != TS_SUCCESS || is_interim(buffer, header)) {
    pw_response_trailers_interim(transaction);
    reenable(transaction, pw_request_body_bars_interim(transaction) ? TS_EVENT_HTTP_ERROR : TS_EVENT_HTTP_CONTINUE);
    return;
  }
  pw_request_body_answered(transaction);
  if (transaction->closing) {
    shut_down(transaction);
    return;
  }
  if (transaction->answer.armed) {
    reenable(transaction, TS_EVENT_HTTP_ERROR);
    return;
  }
  transaction->phase = PW_PHASE_ORIGIN_RESPONSE;
  finish_origin_response(transaction, pw_segments_response(transaction));
}

static void
at_send_response(struct pw_transaction *transaction)
{
  TSMBuffer buffer;
  TSMLoc    header;
  pw_response_trailers_send(transaction);
  if (transaction->phase == PW_PHASE_SENT || TSHttpTxnClientRespGet(transaction->txn, &buffer, &header) != TS_SUCCESS ||
      (is_interim(buffer, header) && !transaction->answer.armed)) {
    reenable(transaction, TS_EVENT_HTTP_CONTINUE);
    return;
  }
  if (transaction->closing) {
    shut_down(transaction);
    return;
  }
  transaction->phase = PW_PHASE_CLIENT_RESPONSE;
  if (transaction->answer.armed) {
    pw_local_reply_build(transaction);
  }
  finish_client_response(transaction, pw_segments_response(transaction));
}

/* A reply was armed, and yet the server is on its way to a cached or an upstream response. */
static void
at_guard(struct pw_transaction *transaction)
{
  bool pending = transaction->answer.armed && !transaction->answer.built;
  reenable(transaction, pending ? TS_EVENT_HTTP_ERROR : TS_EVENT_HTTP_CONTINUE);
}

static void
at_send_request(struct pw_transaction *transaction)
{
  if (transaction->closing) {
    shut_down(transaction);
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

static int
on_hook(TSCont continuation, TSEvent event, void *data)
{
  (void)data;
  at_hook((struct pw_transaction *)TSContDataGet(continuation), event);
  return 0;
}

/* -------------------------------------------------------------------------------------------- hooks of all
 * transactions
 */

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
  struct pw_transaction  *transaction = thread ? find_transaction(thread, txn) : NULL;
  (void)continuation;

  if (transaction && transaction->hooks & HOOK_BIT(hook_of_event(event))) {
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
  unsigned              wanted     = HOOK_BIT(TS_HTTP_TXN_CLOSE_HOOK);

  for (size_t i = 0; generation && i < generation->segment_count; i++) {
    const struct pw_segment_plan *plan = &generation->segments[i];
    if (plan->wants_response) {
      wanted |= HOOK_BIT(response_hook(plan));
    }
  }
  pw_generation_release(generation);
  continuation = continuation ? continuation : TSContCreate(on_hook_of_all, NULL);
  for (unsigned hook = 0; wanted >> hook != 0; hook++) {
    if (wanted & ~hooks_of_all & (1u << hook)) {
      TSHttpHookAdd((TSHttpHookID)hook, continuation);
    }
  }
  hooks_of_all |= wanted;
}

/* --------------------------------------------------------------------------------------------------------------- begin
 */

/* A new one. NULL: memory is out, or this is no event thread. */
static struct pw_transaction *
make_transaction(struct pw_event_thread *thread, TSHttpTxn txn)
{
  struct pw_transaction *transaction = thread ? pw_transaction_new(thread, txn, on_hook) : NULL;
  if (transaction) {
    pw_pointer_table_add(&thread->transactions, &transaction->node, txn);
    add_hook(transaction, TS_HTTP_TXN_CLOSE_HOOK);
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
    finish_request(transaction, PW_OUTCOME_REPLY);
  } else {
    finish_request(transaction, pw_segments_request(transaction, first));
  }
}

/* TSRemapDoRemap cannot wait: what would hold or end a hook is done at POST_REMAP. */
static void
finish_remap(struct pw_transaction *transaction, enum pw_outcome outcome)
{
  bool held = outcome == PW_OUTCOME_HOLD && pw_held_request_wanted(transaction);
  if (held && pw_held_request_begin(transaction, false)) {
    return;
  }
  if (held || !prepare(transaction)) {
    pw_local_reply_refuse(transaction);
    outcome = PW_OUTCOME_REPLY;
  }
  if (outcome == PW_OUTCOME_REPLY) {
    arm(transaction);
  } else if (outcome == PW_OUTCOME_CONTINUE) {
    transaction->phase = PW_PHASE_UPSTREAM;
  } else {
    transaction->closing = outcome == PW_OUTCOME_CLOSE;
    add_hook(transaction, TS_HTTP_POST_REMAP_HOOK);
  }
}

TSRemapStatus
pw_transaction_remap(TSHttpTxn txn, struct pw_slot *slot)
{
  struct pw_event_thread *thread      = pw_event_thread_self();
  struct pw_transaction  *transaction = thread ? find_transaction(thread, txn) : NULL;
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
    finish_remap(transaction, PW_OUTCOME_REPLY);
  } else if (refused) {
    TSHttpTxnStatusSet(txn, TS_HTTP_STATUS_SERVICE_UNAVAILABLE);
  } else if (first) {
    transaction->phase = PW_PHASE_REQUEST;
    pw_pseudo_values_forget(&transaction->values);
    finish_remap(transaction, pw_segments_request(transaction, first));
  }
  return TSREMAP_NO_REMAP;
}
