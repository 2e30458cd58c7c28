/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/event_thread/event_thread.h"

#include "traffic_server/clock.h"
#include "traffic_server/log.h"
#include "traffic_server/statistics.h"
#include "traffic_server/transaction/transaction.h"

#include <stdlib.h>

/* An instance may end late (proxy_done): its memory goes this long after it was told to end. */
#define END_NANOSECONDS           (UINT64_C(5) * 1000000000)
#define HOUSEKEEPING_MILLISECONDS 1000
/* Far more event threads than any machine has: where the round of pw_event_threads_start ends in any case. */
#define EVENT_THREADS_MOST 1024

__thread struct pw_event_thread *pw_event_thread_own;
static struct pw_event_thread   *threads; /* atomic; only grows */

/* ------------------------------------------------------------------------------------------------------ generations */

static void
take(struct pw_event_thread *thread, struct pw_generation_worker *worker)
{
  worker->next    = thread->workers;
  thread->workers = worker;
}

/* The generation's worker for this thread: the one that was started while loading for whoever comes first, or a new
 * one. Consumes the reference. */
static struct pw_generation_worker *
worker_for(struct pw_event_thread *thread, struct pw_generation *generation)
{
  struct pw_generation_worker *none   = NULL;
  bool                         failed = false;
  struct pw_generation_worker *worker = __atomic_exchange_n(&generation->prepared, none, __ATOMIC_ACQ_REL);

  if (generation->shared) {
    pw_generation_worker_activate(generation->shared, NULL);
  }
  if (worker) {
    pw_generation_worker_activate(worker, thread);
  } else {
    worker = pw_generation_worker_new(generation, thread, &failed);
  }
  pw_generation_release(generation);
  if (worker) {
    take(thread, worker);
    pw_generation_worker_run(worker);
  }
  return worker;
}

struct pw_generation_worker *
pw_event_thread_take_up(struct pw_event_thread *thread, struct pw_slot *slot)
{
  struct pw_generation_worker *old        = thread->current[slot->index];
  struct pw_generation        *generation = pw_slot_generation(slot);
  struct pw_generation_worker *worker     = generation ? worker_for(thread, generation) : NULL;

  if (old) {
    old->current = false;
    pw_event_thread_wake(thread);
  }
  if (worker) {
    worker->current = true;
  }
  thread->current[slot->index] = worker;
  return worker;
}

void
pw_event_thread_worker_left(struct pw_event_thread *thread, struct pw_generation_worker *worker)
{
  if (--worker->transactions == 0 && !worker->current) {
    pw_event_thread_wake(thread);
  }
}

static void
take_up_new(void *data, struct pw_slot *slot)
{
  struct pw_event_thread *thread = (struct pw_event_thread *)data;
  pw_event_thread_worker(thread, slot);
}

static void
give_up_retired(struct pw_event_thread *thread)
{
  for (size_t i = 0; i < PW_SLOTS_MOST; i++) {
    struct pw_generation_worker *worker = thread->current[i];
    if (worker && __atomic_load_n(&worker->generation->retired, __ATOMIC_ACQUIRE)) {
      worker->current    = false;
      thread->current[i] = NULL;
    }
  }
}

/* Ends the workers that nobody uses any more, and frees those whose instances have had time to end. */
static void
end_unused(struct pw_event_thread *thread)
{
  struct pw_generation_worker **link = &thread->workers;
  while (*link) {
    struct pw_generation_worker *worker = *link;
    if (!worker->current && worker->transactions == 0 && worker->ended_at == 0) {
      pw_generation_worker_end(worker);
    }
    if (worker->ended_at != 0 && pw_clock_nanoseconds(CLOCK_MONOTONIC) - worker->ended_at >= END_NANOSECONDS) {
      *link = worker->next;
      pw_generation_worker_delete(worker);
    } else {
      link = &worker->next;
    }
  }
}

/* -------------------------------------------------------------------------------------------------------------- work
 */

static void
follow_publications(struct pw_event_thread *thread)
{
  unsigned publications = pw_slots_publications();
  if (thread->publications != publications) {
    thread->publications = publications;
    give_up_retired(thread);
    pw_slots_each(take_up_new, thread);
  }
}

static void
run(struct pw_event_thread *thread)
{
  pthread_mutex_lock(&thread->lock);
  thread->scheduled = false;
  pthread_mutex_unlock(&thread->lock);
  pw_transactions_resume(thread);
  for (struct pw_generation_worker *worker = thread->workers; worker; worker = worker->next) {
    pw_generation_worker_run(worker);
  }
  follow_publications(thread);
  end_unused(thread);
}

static int
on_event(TSCont continuation, TSEvent event, void *data)
{
  struct pw_event_thread *thread = (struct pw_event_thread *)TSContDataGet(continuation);
  (void)event;
  (void)data;
  run(thread);
  TSContDestroy(continuation);
  return 0;
}

static int
on_housekeeping(TSCont continuation, TSEvent event, void *data)
{
  struct pw_event_thread *thread = (struct pw_event_thread *)TSContDataGet(continuation);
  (void)event;
  (void)data;
  for (struct pw_generation_worker *worker = thread->workers; worker; worker = worker->next) {
    pw_generation_worker_keep_house(worker);
  }
  end_unused(thread);
  pw_statistics_gather(thread);
  if (!thread->next) {
    pw_statistics_publish();
  }
  return 0;
}

void
pw_event_thread_wake(struct pw_event_thread *thread)
{
  pthread_mutex_lock(&thread->lock);
  bool schedule     = !thread->scheduled;
  thread->scheduled = true;
  pthread_mutex_unlock(&thread->lock);
  if (schedule) {
    /* Scheduling takes the continuation's lock, and who calls may hold that of a shared worker, which the event thread
     * waits for when its turn runs: one continuation for all turns would end in a deadlock. A fresh one has a lock that
     * nobody holds. */
    TSCont continuation = TSContCreate(on_event, TSMutexCreate());
    TSContDataSet(continuation, thread);
    TSContScheduleOnThread(continuation, 0, thread->handle);
  }
}

void
pw_event_threads_wake(void)
{
  struct pw_event_thread *thread = __atomic_load_n(&threads, __ATOMIC_ACQUIRE);
  for (; thread; thread = thread->next) {
    pw_event_thread_wake(thread);
  }
}

/* ------------------------------------------------------------------------------------------------------------ begin */

static struct pw_event_thread *
thread_new(TSEventThread handle)
{
  struct pw_event_thread *thread = (struct pw_event_thread *)calloc(1, sizeof(*thread));
  if (!thread) {
    return NULL;
  }
  pthread_mutex_init(&thread->lock, NULL);
  thread->handle = handle;
  thread->next   = __atomic_load_n(&threads, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(&threads, &thread->next, thread, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
  }
  TSCont housekeeping = TSContCreate(on_housekeeping, TSMutexCreate());
  TSContDataSet(housekeeping, thread);
  TSContScheduleEveryOnThread(housekeeping, HOUSEKEEPING_MILLISECONDS, handle);
  return thread;
}

struct pw_event_thread *
pw_event_thread_make(void)
{
  TSEventThread handle = TSEventThreadSelf();
  pw_event_thread_own  = handle ? thread_new(handle) : NULL;
  return pw_event_thread_own;
}

/* Event threads take turns: the round is over when one comes for the second time. */
static int
on_start(TSCont continuation, TSEvent event, void *data)
{
  static int threads_seen;
  bool       known = pw_event_thread_own != NULL;
  (void)event;
  (void)data;

  struct pw_event_thread *thread = pw_event_thread_self();
  if (!known && thread && __atomic_add_fetch(&threads_seen, 1, __ATOMIC_RELAXED) < EVENT_THREADS_MOST) {
    run(thread);
    pw_event_threads_start();
  }
  TSContDestroy(continuation);
  return 0;
}

void
pw_event_threads_start(void)
{
  TSContScheduleOnPool(TSContCreate(on_start, TSMutexCreate()), 0, TS_THREAD_POOL_NET);
}
