/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "ticker.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

struct ticker_thread {
  struct pw_ticker ticker;
  void (*tick)(void *data);
  void           *data;
  pthread_t       thread;
  pthread_mutex_t lock;
  pthread_cond_t  wake;
  bool            stop; /* under lock */
};

/* Returns when there is something to tick for, or to stop; false to stop. */
static bool
wait_for_work(struct ticker_thread *thread)
{
  struct pw_ticker *ticker = &thread->ticker;
  bool              stop;

  pthread_mutex_lock(&thread->lock);
  /* Either this thread sees the end that a caller has just raised, or the caller sees `asleep`: both are sequentially
   * consistent. */
  atomic_store(&ticker->asleep, true);
  while (!thread->stop && atomic_load(&ticker->last_end) < atomic_load(&ticker->now)) {
    pthread_cond_wait(&thread->wake, &thread->lock);
  }
  atomic_store(&ticker->asleep, false);
  stop = thread->stop;
  pthread_mutex_unlock(&thread->lock);
  return !stop;
}

static bool
is_stopping(struct ticker_thread *thread)
{
  bool stop;

  pthread_mutex_lock(&thread->lock);
  stop = thread->stop;
  pthread_mutex_unlock(&thread->lock);
  return stop;
}

/* Processor time that all threads of the process have had. */
static int64_t
nanoseconds_of_process(void)
{
  struct timespec time = {.tv_sec = 0};

  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Returns when a tick is over. `*due`: the processor time at which it is; afterwards that of the next one. */
static void
wait_for_tick(int64_t *due)
{
  static const struct timespec period = {.tv_sec = 0, .tv_nsec = PW_TICK_MILLISECONDS * 1000000L};
  int64_t                      now;

  /* Relative, so that no two ticks are ever closer than a period, however late this thread gets its turn: a call must
   * never be ended before its time. */
  for (int periods = 1;; periods++) {
    clock_nanosleep(CLOCK_MONOTONIC, 0, &period, NULL);
    now = nanoseconds_of_process();
    if (now >= *due || periods >= PW_TICK_MOST) {
      break;
    }
  }
  /* What was beyond this tick counts for the next one, but not for more; and nothing is owed. */
  if (*due > now) {
    *due = now;
  } else if (*due < now - period.tv_nsec) {
    *due = now - period.tv_nsec;
  }
  /* A loop has a little less than all of a processor. */
  *due += period.tv_nsec - period.tv_nsec / 8;
}

static void *
run(void *data)
{
  struct ticker_thread *thread = data;
  struct pw_ticker     *ticker = &thread->ticker;
  int64_t               due    = 0;

  while (wait_for_work(thread)) {
    while (atomic_load(&ticker->last_end) >= atomic_load(&ticker->now) && !is_stopping(thread)) {
      wait_for_tick(&due);
      atomic_fetch_add(&ticker->now, 1);
      if (thread->tick) {
        thread->tick(thread->data);
      }
    }
  }
  return NULL;
}

/* A thread of its own without signals: those of the process are for the proxy's threads. */
static bool
start_thread(struct ticker_thread *thread)
{
  sigset_t all;
  sigset_t before;
  bool     started;

  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  started = pthread_create(&thread->thread, NULL, run, thread) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (started) {
    pthread_setname_np(thread->thread, "wasm ticker");
  }
  return started;
}

struct pw_ticker *
pw_ticker_new(void (*tick)(void *data), void *data)
{
  struct ticker_thread *thread = aligned_alloc(_Alignof(struct ticker_thread), sizeof *thread);

  if (!thread) {
    return NULL;
  }
  memset(thread, 0, sizeof *thread);
  thread->tick          = tick;
  thread->data          = data;
  thread->ticker.thread = thread;
  /* From 1, so that `last_end` lies behind it. */
  atomic_store(&thread->ticker.now, 1);
  pthread_mutex_init(&thread->lock, NULL);
  pthread_cond_init(&thread->wake, NULL);
  if (!start_thread(thread)) {
    pthread_cond_destroy(&thread->wake);
    pthread_mutex_destroy(&thread->lock);
    free(thread);
    return NULL;
  }
  return &thread->ticker;
}

void
pw_ticker_delete(struct pw_ticker *ticker)
{
  struct ticker_thread *thread = ticker ? ticker->thread : NULL;

  if (!thread) {
    return;
  }
  pthread_mutex_lock(&thread->lock);
  thread->stop = true;
  pthread_cond_signal(&thread->wake);
  pthread_mutex_unlock(&thread->lock);
  pthread_join(thread->thread, NULL);
  pthread_cond_destroy(&thread->wake);
  pthread_mutex_destroy(&thread->lock);
  free(thread);
}

void
pw_ticker_keep(struct pw_ticker *ticker, uint64_t end)
{
  struct ticker_thread *thread = ticker->thread;
  uint64_t              before = atomic_load(&ticker->last_end);

  while (before < end && !atomic_compare_exchange_weak(&ticker->last_end, &before, end)) {
  }
  if (before < end && atomic_load(&ticker->asleep)) {
    pthread_mutex_lock(&thread->lock);
    pthread_cond_signal(&thread->wake);
    pthread_mutex_unlock(&thread->lock);
  }
}
