/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file event_thread.h
 * What the plugin keeps for each event thread (ET_NET) of Traffic Server: the generations that serve there, what is to
 * be done there soon, and memory for transactions.
 *
 * A transaction stays on its event thread for all its hooks, so nothing of this needs a lock, but for the requests of
 * other threads to do something here.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_EVENT_THREAD_H
#define PROXYWASM_TRAFFIC_SERVER_EVENT_THREAD_H

#include "traffic_server/compatibility.h"
#include "traffic_server/configuration/generation_worker.h"
#include "traffic_server/configuration/slot.h"
#include "traffic_server/event_thread/pointer_table.h"

#include <pthread.h>

struct pw_transaction;
struct pw_segment;
struct pw_kept_fields;

/** What each transaction needs comes first. */
struct pw_event_thread {
  struct pw_transaction       *free_transactions;
  struct pw_segment           *free_segments;
  struct pw_kept_fields       *kept_fields;
  int64_t                      streams; /**< streams alive */
  struct pw_generation_worker *current[PW_SLOTS_MOST];
  struct pw_generation_worker *workers; /**< all that are here: current ones, and old ones still in use */
  TSEventThread                handle;
  struct pw_event_thread      *next;         /**< of all; threads never go */
  unsigned                     publications; /**< of pw_slots_publications, that were looked at */
  int64_t                      streams_told; /**< as last told to statistics.h */
  int64_t                      instances_told;

  struct pw_pointer_table transactions; /**< by TSHttpTxn; nodes of pw_transaction */

  pthread_mutex_t    lock; /**< guards the rest: other threads reach it */
  struct pw_segment *resumes;
  bool               scheduled;
};

/** The calling thread's; NULL: it has none yet. */
extern __thread struct pw_event_thread *pw_event_thread_own;
/** Makes it. NULL: this is no event thread, or memory is out. */
struct pw_event_thread *pw_event_thread_make(void);

/** The calling thread's, made at the first call. NULL: this is no event thread, or memory is out. */
static inline struct pw_event_thread *
pw_event_thread_self(void)
{
  struct pw_event_thread *own = pw_event_thread_own;
  return own ? own : pw_event_thread_make();
}

/** For scheduling. */
static inline TSEventThread
pw_event_thread_handle(const struct pw_event_thread *thread)
{
  return thread->handle;
}

/** Makes every event thread known, and starts the generations there, before the first transaction comes. */
void pw_event_threads_start(void);

/** Has the thread look at what is to be done there: generations to take up or to end, workers to run, transactions to
 *  resume. Any thread. */
void pw_event_thread_wake(struct pw_event_thread *thread);
void pw_event_threads_wake(void);

/** Starts the slot's present generation on this thread, in place of the one that was; NULL likewise. */
struct pw_generation_worker *pw_event_thread_take_up(struct pw_event_thread *thread, struct pw_slot *slot);
/** The slot's present generation on this thread, started if need be; NULL: none, or memory is out. Counts nothing: the
 *  caller adds itself to `transactions`. */
static inline struct pw_generation_worker *
pw_event_thread_worker(struct pw_event_thread *thread, struct pw_slot *slot)
{
  struct pw_generation_worker *worker = thread->current[slot->index];
  /* A worker keeps its generation, so an equal address is the same one. */
  if (worker && worker->generation == __atomic_load_n(&slot->generation, __ATOMIC_ACQUIRE)) {
    return worker;
  }
  return pw_event_thread_take_up(thread, slot);
}
/** A transaction does not use it any more. */
void pw_event_thread_worker_left(struct pw_event_thread *thread, struct pw_generation_worker *worker);

#endif
