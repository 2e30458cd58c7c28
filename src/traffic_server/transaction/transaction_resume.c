/* SPDX-License-Identifier: Apache-2.0 */
/* What a module continues, on whatever thread, goes on where its transaction is. */
#include "traffic_server/body/held_request.h"
#include "traffic_server/body/response_body.h"
#include "traffic_server/transaction/transaction.h"

void
pw_transaction_resume_later(void *stream, enum pw_stream_type type)
{
  struct pw_segment      *segment = (struct pw_segment *)stream;
  struct pw_event_thread *thread  = segment->transaction->thread;

  pthread_mutex_lock(&thread->lock);
  if (segment->resumes == 0) {
    segment->next_resume = thread->resumes;
    thread->resumes      = segment;
  }
  segment->resumes |= 1u << type;
  pthread_mutex_unlock(&thread->lock);
  pw_event_thread_wake(thread);
}

static void
resume(struct pw_segment *segment, enum pw_stream_type direction)
{
  struct pw_transaction *transaction = segment->transaction;
  bool                   here        = transaction->paused == segment && transaction->direction == direction;
  pw_pseudo_values_forget(&transaction->values);
  if (here && direction == PW_STREAM_HTTP_RESPONSE && transaction->held == TS_EVENT_NONE &&
      pw_response_body_is_due(transaction)) {
    transaction->response_body.resumed_early = segment;
    return;
  }
  enum pw_outcome outcome = pw_segment_resume(segment, direction);
  /* A stream that was ended on another thread is resumed as a request, whatever waits. */
  bool over = pw_body_is_over(outcome);
  if ((direction == PW_STREAM_HTTP_RESPONSE || over) && pw_response_body_runs(transaction)) {
    pw_response_body_resumed(transaction, outcome);
  } else if (direction == PW_STREAM_HTTP_REQUEST && pw_held_request_runs(transaction)) {
    pw_held_request_resumed(transaction, outcome);
  } else if (direction == PW_STREAM_HTTP_REQUEST && pw_request_body_runs(transaction)) {
    pw_request_body_resumed(transaction, outcome);
  } else if (here || over) {
    pw_transaction_go_on(transaction, outcome);
  }
}

/* One direction of one segment that waits; false: none. Each is taken by itself, as resuming one may end others. */
static bool
take_resume(struct pw_event_thread *thread, struct pw_segment **segment, enum pw_stream_type *direction)
{
  pthread_mutex_lock(&thread->lock);
  struct pw_segment *first = thread->resumes;
  if (first) {
    *segment   = first;
    *direction = first->resumes & (1u << PW_STREAM_HTTP_REQUEST) ? PW_STREAM_HTTP_REQUEST : PW_STREAM_HTTP_RESPONSE;
    first->resumes &= ~(1u << *direction);
    if (first->resumes == 0) {
      thread->resumes = first->next_resume;
    }
  }
  pthread_mutex_unlock(&thread->lock);
  return first != NULL;
}

void
pw_transactions_resume(struct pw_event_thread *thread)
{
  struct pw_segment  *segment;
  enum pw_stream_type direction;
  while (take_resume(thread, &segment, &direction)) {
    resume(segment, direction);
  }
}
