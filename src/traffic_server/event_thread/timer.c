/* SPDX-License-Identifier: Apache-2.0 */
/* A timer is a continuation that schedules itself again. Its owner and its event may be on different threads (vm_scope:
 * process), and an event that is under way cannot be called back: so it never waits for longer than a moment, and looks
 * then whether it is still wanted, and when. */
#include "traffic_server/event_thread/timer.h"

#include "traffic_server/clock.h"
#include "traffic_server/compatibility.h"
#include "traffic_server/configuration/generation_worker.h"
#include "traffic_server/event_thread/event_thread.h"

#include <pthread.h>
#include <stdlib.h>

/* The most that a changed period is noticed late. */
#define MOMENT_MILLISECONDS         UINT64_C(100)
#define NANOSECONDS_PER_MILLISECOND UINT64_C(1000000)

struct pw_timer {
  struct pw_timer             *next;   /* of its worker */
  struct pw_generation_worker *worker; /* NULL: it was taken out of service; its event frees it */
  TSCont                       continuation;
  struct pw_instance          *instance;
  uint32_t                     milliseconds; /* 0: none */
  uint64_t                     due;          /* monotonic nanoseconds */
  bool                         scheduled;    /* an event is on its way, or its handler runs */
  bool                         ticking;
};

/* Guards all timers: they are few, and it is never held while a module runs. */
static pthread_mutex_t timers_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t  tick_ended  = PTHREAD_COND_INITIALIZER;

static void
timer_free(struct pw_timer *timer)
{
  TSContDestroy(timer->continuation);
  free(timer);
}

static int on_timer(TSCont continuation, TSEvent event, void *data);

/* A timer that nobody knows yet. Without timers_lock: the server locks the continuation here. */
static struct pw_timer *
timer_new(void)
{
  struct pw_timer *timer = (struct pw_timer *)calloc(1, sizeof(*timer));
  if (timer) {
    timer->continuation = TSContCreate(on_timer, TSMutexCreate());
    TSContDataSet(timer->continuation, timer);
  }
  return timer;
}

/* All static functions from here on: with timers_lock. */

/* The server takes the continuation's lock here, and so does each event. That cannot end in a deadlock: it is called by
 * the event itself, or when there is none, and then nobody holds that lock. */
static void
timer_schedule(struct pw_timer *timer)
{
  uint64_t now  = pw_clock_nanoseconds(CLOCK_MONOTONIC);
  uint64_t wait = timer->due > now ? (timer->due - now) / NANOSECONDS_PER_MILLISECOND + 1 : 1;
  wait          = wait < MOMENT_MILLISECONDS ? wait : MOMENT_MILLISECONDS;

  timer->scheduled = true;
  if (timer->worker->shared) {
    TSContScheduleOnPool(timer->continuation, (TSHRTime)wait, TS_THREAD_POOL_TASK);
  } else {
    TSContScheduleOnThread(timer->continuation, (TSHRTime)wait, timer->worker->thread->handle);
  }
}

static struct pw_timer **
timer_link(struct pw_generation_worker *worker, const struct pw_instance *instance)
{
  struct pw_timer **link = &worker->timers;
  while (*link && (*link)->instance != instance) {
    link = &(*link)->next;
  }
  return link;
}

static void
timer_remove(struct pw_timer **link)
{
  struct pw_timer *timer = *link;
  *link                  = timer->next;
  timer->worker          = NULL;
  if (!timer->scheduled) {
    timer_free(timer);
  }
}

static void
timer_tick(struct pw_timer *timer)
{
  struct pw_instance *instance = timer->instance;
  timer->ticking               = true;
  timer->due = pw_clock_nanoseconds(CLOCK_MONOTONIC) + timer->milliseconds * NANOSECONDS_PER_MILLISECOND;
  pthread_mutex_unlock(&timers_lock);
  pw_instance_tick(instance);
  pthread_mutex_lock(&timers_lock);
  timer->ticking = false;
  pthread_cond_broadcast(&tick_ended);
}

static int
on_timer(TSCont continuation, TSEvent event, void *data)
{
  struct pw_timer *timer = (struct pw_timer *)TSContDataGet(continuation);
  (void)event;
  (void)data;

  pthread_mutex_lock(&timers_lock);
  if (timer->worker && timer->milliseconds > 0 && pw_clock_nanoseconds(CLOCK_MONOTONIC) >= timer->due) {
    timer_tick(timer);
  }
  timer->scheduled = false;
  if (!timer->worker) {
    timer_free(timer);
  } else if (timer->milliseconds > 0) {
    timer_schedule(timer);
  } else {
    timer_remove(timer_link(timer->worker, timer->instance));
  }
  pthread_mutex_unlock(&timers_lock);
  return 0;
}

/* The instance's timer: the one that it has, or `*fresh`, which is taken then. */
static struct pw_timer *
timer_for(struct pw_generation_worker *worker, struct pw_instance *instance, struct pw_timer **fresh)
{
  struct pw_timer *timer = *timer_link(worker, instance);
  if (!timer && *fresh) {
    timer           = *fresh;
    *fresh          = NULL;
    timer->worker   = worker;
    timer->instance = instance;
    timer->next     = worker->timers;
    worker->timers  = timer;
  }
  return timer;
}

static void
timer_set(struct pw_timer *timer, uint32_t milliseconds)
{
  timer->milliseconds = milliseconds;
  timer->due          = pw_clock_nanoseconds(CLOCK_MONOTONIC) + milliseconds * NANOSECONDS_PER_MILLISECOND;
  if (!timer->scheduled && __atomic_load_n(&timer->worker->live, __ATOMIC_ACQUIRE)) {
    timer_schedule(timer);
  }
}

static void
timer_stop(struct pw_generation_worker *worker, const struct pw_instance *instance)
{
  struct pw_timer **link = timer_link(worker, instance);
  if (*link && (*link)->ticking) {
    (*link)->milliseconds = 0;
  } else if (*link) {
    timer_remove(link);
  }
}

void
pw_timer_set(void *data, struct pw_instance *instance, uint32_t milliseconds)
{
  struct pw_generation_worker *worker = (struct pw_generation_worker *)data;
  struct pw_timer             *fresh  = milliseconds > 0 ? timer_new() : NULL;

  pthread_mutex_lock(&timers_lock);
  if (milliseconds == 0 || worker->ended) {
    timer_stop(worker, instance);
  } else {
    struct pw_timer *timer = timer_for(worker, instance, &fresh);
    if (timer) {
      timer_set(timer, milliseconds);
    }
  }
  pthread_mutex_unlock(&timers_lock);
  if (fresh) {
    timer_free(fresh);
  }
}

void
pw_timers_start(struct pw_generation_worker *worker)
{
  pthread_mutex_lock(&timers_lock);
  for (struct pw_timer *timer = worker->timers; timer; timer = timer->next) {
    if (!timer->scheduled) {
      timer_schedule(timer);
    }
  }
  pthread_mutex_unlock(&timers_lock);
}

static bool
any_ticks(const struct pw_generation_worker *worker)
{
  for (const struct pw_timer *timer = worker->timers; timer; timer = timer->next) {
    if (timer->ticking) {
      return true;
    }
  }
  return false;
}

void
pw_timers_end(struct pw_generation_worker *worker)
{
  pthread_mutex_lock(&timers_lock);
  worker->ended = true;
  for (struct pw_timer *timer = worker->timers; timer; timer = timer->next) {
    timer->milliseconds = 0;
  }
  while (any_ticks(worker)) {
    pthread_cond_wait(&tick_ended, &timers_lock);
  }
  while (worker->timers) {
    timer_remove(&worker->timers);
  }
  pthread_mutex_unlock(&timers_lock);
}
