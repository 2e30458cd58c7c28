/* SPDX-License-Identifier: Apache-2.0 */
/* How a transaction goes on when its modules are through with a hook. */
#include "traffic_server/body/response_body.h"
#include "traffic_server/transaction/transaction_hook.h"

void
pw_transaction_reenable(struct pw_transaction *transaction, TSEvent event)
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
  pw_transaction_reenable(transaction, TS_EVENT_HTTP_CONTINUE);
  if (!gone) {
    transaction->gone = outer;
  } else if (outer) {
    *outer = true;
  }
  return !gone;
}

void
pw_transaction_shut_down(struct pw_transaction *transaction)
{
  transaction->phase = PW_PHASE_SENT;
  TSHttpTxnShutDown(transaction->txn, transaction->held);
  pw_transaction_reenable(transaction, TS_EVENT_HTTP_ERROR);
}

/* The reply comes at the end of remap; should another plugin skip that, the guards see to it that nothing else is
 * served. */
static void
arm(struct pw_transaction *transaction)
{
  transaction->phase = PW_PHASE_UPSTREAM;
  pw_local_reply_arm(transaction);
  TSSkipRemappingSet(transaction->txn, 0);
  pw_transaction_add_hook(transaction, TS_HTTP_SEND_RESPONSE_HDR_HOOK);
  pw_transaction_add_hook(transaction, TS_HTTP_OS_DNS_HOOK);
  pw_transaction_add_hook(transaction, TS_HTTP_CACHE_LOOKUP_COMPLETE_HOOK);
  pw_transaction_add_hook(transaction, TS_HTTP_SEND_REQUEST_HDR_HOOK);
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
  pw_transaction_add_hook(transaction, TS_HTTP_READ_RESPONSE_HDR_HOOK);
}

static void
add_response_hooks(struct pw_transaction *transaction)
{
  unsigned hooks = 0;
  for (const struct pw_segment *segment = transaction->first; segment; segment = segment->next) {
    hooks |= segment->stream ? segment->plan->hooks : 0;
  }
  pw_transaction_add_hooks(transaction, hooks);
}

/* False: memory is out. */
static bool
prepare_bodies(struct pw_transaction *transaction)
{
  if (!pw_request_body_prepare(transaction) || !pw_response_body_prepare(transaction, false)) {
    return false;
  }
  if (transaction->request_body.body.transform.connection) {
    pw_transaction_add_hook(transaction, TS_HTTP_SEND_REQUEST_HDR_HOOK);
  }
  if (transaction->request_body.body.transform.connection || transaction->response_body.transform.connection) {
    pw_transaction_add_hook(transaction, TS_HTTP_READ_RESPONSE_HDR_HOOK);
  }
  return true;
}

/* What is wanted from the request's headers on. False: memory is out. */
static bool
prepare(struct pw_transaction *transaction)
{
  add_response_hooks(transaction);
  return !transaction->wants_bodies || prepare_bodies(transaction);
}

bool
pw_transaction_request_passed(struct pw_transaction *transaction)
{
  return prepare(transaction);
}

void
pw_transaction_finish_request(struct pw_transaction *transaction, enum pw_outcome outcome)
{
  bool held = outcome == PW_OUTCOME_HOLD && pw_held_request_wanted(transaction);
  if (outcome == PW_OUTCOME_HOLD && !held) {
    return;
  }
  if (held && pw_held_request_begin(transaction, transaction->held == TS_EVENT_HTTP_READ_REQUEST_HDR)) {
    pw_transaction_reenable(transaction, TS_EVENT_HTTP_CONTINUE);
    return;
  }
  if (held || !prepare(transaction)) {
    pw_local_reply_refuse(transaction);
    outcome = PW_OUTCOME_REPLY;
  }
  if (outcome == PW_OUTCOME_CLOSE) {
    pw_transaction_shut_down(transaction);
  } else if (outcome == PW_OUTCOME_REPLY) {
    TSEvent event = transaction->held == TS_EVENT_HTTP_POST_REMAP ? TS_EVENT_HTTP_ERROR : TS_EVENT_HTTP_CONTINUE;
    arm(transaction);
    pw_transaction_reenable(transaction, event);
  } else {
    transaction->phase = PW_PHASE_UPSTREAM;
    pw_transaction_reenable(transaction, TS_EVENT_HTTP_CONTINUE);
  }
}

void
pw_transaction_finish_remap(struct pw_transaction *transaction, enum pw_outcome outcome)
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
    pw_transaction_add_hook(transaction, TS_HTTP_POST_REMAP_HOOK);
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

void
pw_transaction_finish_origin_response(struct pw_transaction *transaction, enum pw_outcome outcome)
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
    pw_transaction_shut_down(transaction);
    return;
  }
  transaction->phase = PW_PHASE_UPSTREAM;
  if (outcome == PW_OUTCOME_REPLY) {
    arm(transaction);
    pw_transaction_reenable(transaction, TS_EVENT_HTTP_ERROR);
    return;
  }
  let_response_in(transaction);
}

void
pw_transaction_finish_client_response(struct pw_transaction *transaction, enum pw_outcome outcome)
{
  bool ours = transaction->answer.built;
  if (outcome == PW_OUTCOME_HOLD) {
    return;
  }
  if (outcome == PW_OUTCOME_CLOSE) {
    pw_transaction_shut_down(transaction);
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
  pw_transaction_reenable(transaction,
                          outcome == PW_OUTCOME_REPLY && !ours ? TS_EVENT_HTTP_ERROR : TS_EVENT_HTTP_CONTINUE);
}

void
pw_transaction_go_on(struct pw_transaction *transaction, enum pw_outcome outcome)
{
  switch (transaction->held) {
  case TS_EVENT_HTTP_READ_REQUEST_HDR:
  case TS_EVENT_HTTP_POST_REMAP:
    pw_transaction_finish_request(transaction, outcome);
    break;
  case TS_EVENT_HTTP_READ_RESPONSE_HDR:
    pw_transaction_finish_origin_response(transaction, outcome);
    break;
  case TS_EVENT_HTTP_SEND_RESPONSE_HDR:
    pw_transaction_finish_client_response(transaction, outcome);
    break;
  default:
    /* Nothing waits: the transaction goes its way without this direction, until its next hook. */
    if (outcome == PW_OUTCOME_CLOSE) {
      transaction->closing = true;
      pw_transaction_add_hook(transaction, TS_HTTP_SEND_RESPONSE_HDR_HOOK);
    }
    break;
  }
}
