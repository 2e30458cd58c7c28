/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/transaction/transaction_memory.h"

#include "traffic_server/apart.h"
#include "traffic_server/body/held_request.h"
#include "traffic_server/body/response_body.h"
#include "traffic_server/transaction/transaction_hook.h"

#include <stdlib.h>

/* A reply that was larger than this does not keep its memory. */
#define KEPT_BYTES ((size_t)64 << 10)

struct pw_transaction *
pw_transaction_new(struct pw_event_thread *thread, TSHttpTxn txn)
{
  struct pw_transaction *transaction = thread->free_transactions;
  if (transaction) {
    thread->free_transactions = transaction->next_free;
  } else {
    transaction = (struct pw_transaction *)calloc(1, sizeof(*transaction));
    if (!transaction) {
      return NULL;
    }
    transaction->thread = thread;
    /* Kept with it. It needs no lock: the server holds the transaction's whenever it calls a hook. */
    transaction->continuation = TSContCreate(pw_transaction_on_hook, NULL);
    TSContDataSet(transaction->continuation, transaction);
  }
  transaction->txn          = txn;
  transaction->first        = NULL;
  transaction->last         = NULL;
  transaction->phase        = PW_PHASE_REQUEST;
  transaction->held         = TS_EVENT_NONE;
  transaction->hooks        = 0;
  transaction->closing      = false;
  transaction->wants_bodies = false;
  transaction->origin_body  = false;
  transaction->ended        = false;
  transaction->gone         = NULL;
  transaction->paused       = NULL;
  transaction->held_request = NULL;
  return transaction;
}

/* ------------------------------------------------------------------------------------------------------------ segments
 */

static struct pw_segment *
segment_new(struct pw_event_thread *thread)
{
  struct pw_segment *segment = thread->free_segments;
  if (segment) {
    thread->free_segments = segment->next;
    return segment;
  }
  return (struct pw_segment *)calloc(1, sizeof(*segment));
}

PW_APART static void
empty_outboxes(struct pw_segment *segment)
{
  for (int direction = 0; direction < 2; direction++) {
    segment->outbox_end[direction]  = false;
    segment->outbox[direction].size = 0;
    if (segment->outbox[direction].capacity > KEPT_BYTES) {
      pw_bytes_clear(&segment->outbox[direction]);
    }
  }
}

static void
segment_free(struct pw_event_thread *thread, struct pw_segment *segment)
{
  if (segment->transaction->wants_bodies) {
    empty_outboxes(segment);
  }
  segment->next         = thread->free_segments;
  thread->free_segments = segment;
}

static void
segment_append(struct pw_transaction *transaction, struct pw_segment *segment)
{
  segment->next     = NULL;
  segment->previous = transaction->last;
  if (transaction->last) {
    transaction->last->next = segment;
  } else {
    transaction->first = segment;
  }
  transaction->last = segment;
}

PW_SELDOM static void
remove_after(struct pw_transaction *transaction, struct pw_segment *last)
{
  while (transaction->last != last) {
    struct pw_segment *segment = transaction->last;
    transaction->last          = segment->previous;
    segment->worker->transactions--;
    segment_free(transaction->thread, segment);
  }
  if (last) {
    last->next = NULL;
  } else {
    transaction->first = NULL;
  }
}

bool
pw_transaction_add_segments(struct pw_transaction *transaction, struct pw_generation_worker *worker)
{
  struct pw_segment          *before     = transaction->last;
  const struct pw_generation *generation = worker->generation;
  for (size_t i = 0; i < generation->segment_count; i++) {
    struct pw_segment *segment = segment_new(transaction->thread);
    if (!segment) {
      remove_after(transaction, before);
      return false;
    }
    segment->transaction = transaction;
    segment->worker      = worker;
    segment->plan        = &generation->segments[i];
    segment->chain       = worker->chains[i];
    segment->stream      = NULL;
    segment->resumes     = 0;
    segment->answered    = false;
    segment_append(transaction, segment);
    worker->transactions++;
    transaction->wants_bodies |= segment->plan->wants_request_body || segment->plan->wants_response_body;
  }
  return true;
}

/* A resume that was asked for and has not come. */
PW_SELDOM static void
forget_resume(struct pw_segment *segment)
{
  struct pw_event_thread *thread = segment->transaction->thread;
  pthread_mutex_lock(&thread->lock);
  if (segment->resumes != 0) {
    struct pw_segment **link = &thread->resumes;
    while (*link != segment) {
      link = &(*link)->next_resume;
    }
    *link            = segment->next_resume;
    segment->resumes = 0;
  }
  pthread_mutex_unlock(&thread->lock);
}

static void
segment_end(struct pw_segment *segment)
{
  struct pw_event_thread *thread = segment->transaction->thread;
  if (segment->stream) {
    pw_stream_end(segment->stream);
    segment->stream = NULL;
    thread->streams--;
  }
  /* Whoever asks for a resume holds the lock of a worker of the stream, which pw_stream_end has had meanwhile, and asks
   * no more after that: nothing changes here while this looks. */
  if (segment->resumes != 0) {
    forget_resume(segment);
  }
}

static bool
has_transform(const struct pw_transaction *transaction)
{
  return transaction->wants_bodies &&
         (transaction->request_body.body.transform.connection || transaction->response_body.transform.connection);
}

/* Back to where pw_transaction_new takes it from, unless the server still has one of its transforms. */
static void
recycle(struct pw_transaction *transaction)
{
  struct pw_event_thread *thread = transaction->thread;
  if (!has_transform(transaction)) {
    transaction->next_free    = thread->free_transactions;
    thread->free_transactions = transaction;
  }
}

void
pw_transaction_body_gone(struct pw_transaction *transaction)
{
  recycle(transaction);
}

/* Mostly there are none, and nothing to be done. */
static void
forget_trailers(struct pw_trailers *trailers)
{
  if (trailers->state != PW_TRAILERS_ABSENT || trailers->fields) {
    pw_trailers_clear(trailers);
  }
}

PW_APART static void
end_bodies(struct pw_transaction *transaction)
{
  forget_trailers(&transaction->trailers[PW_STREAM_HTTP_REQUEST]);
  forget_trailers(&transaction->trailers[PW_STREAM_HTTP_RESPONSE]);
  if (transaction->response_body.transform.connection) {
    pw_response_trailers_end(transaction);
  }
  pw_held_request_end(transaction);
  pw_request_body_end(transaction);
  pw_response_body_end(transaction);
}

PW_SELDOM static void
forget_answer(struct pw_local_answer *answer)
{
  pw_local_reply_clear(answer);
  if (answer->body.capacity + answer->fields.capacity > KEPT_BYTES) {
    pw_local_reply_free(answer);
  }
}

void
pw_transaction_free(struct pw_transaction *transaction)
{
  struct pw_event_thread *thread = transaction->thread;
  for (struct pw_segment *segment = transaction->first; segment; segment = segment->next) {
    segment_end(segment);
  }
  while (transaction->first) {
    struct pw_segment *segment = transaction->first;
    transaction->first         = segment->next;
    pw_event_thread_worker_left(thread, segment->worker);
    segment_free(thread, segment);
  }
  if (transaction->answer.given || transaction->answer.armed || transaction->answer.built) {
    forget_answer(&transaction->answer);
  }
  if (transaction->values.path.capacity > KEPT_BYTES) {
    pw_pseudo_values_free(&transaction->values);
  }
  pw_pseudo_values_forget(&transaction->values);
  transaction->ended = true;
  if (transaction->wants_bodies) {
    end_bodies(transaction);
  }
  recycle(transaction);
}
