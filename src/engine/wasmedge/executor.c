/* SPDX-License-Identifier: Apache-2.0 */
/* What runs code, and ends it at its deadline.
 *
 * The interpreter looks at a token at each branch, call and return, and takes it when it is there: the call ends then.
 * The token is the executor's, so there is one executor for each worker. WasmEdge sets it for calls that have a thread
 * of their own, through the handle of such a call; the handle still works when that call is over. So each executor
 * makes one such call, of a function that does nothing, and is stopped by its handle from then on.
 *
 * A token must not be left to a later call, nor be set when the call is over. `end` sees to that: the ticker stops an
 * executor only after it has put STOPPING in the place of a tick, and whoever ends a call takes the tick away, or, when
 * that is not there any more, waits for the token, and takes it. */
#define _GNU_SOURCE
#include "internal.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>

#define NO_END UINT64_MAX
/* Ticks of deadlines begin behind these. */
#define STOPPING 0
#define STOPPED  1

/* ---- deadlines ---- */

static void
stop(struct pw_wasmedge_executor *executor)
{
  WasmEdge_AsyncCancel(executor->handle);
  atomic_store_explicit(&executor->end, STOPPED, memory_order_release);
}

/* From now on the ticker looks after it. */
static void
arm(struct pw_wasmedge_executor *executor, uint64_t end)
{
  if (end <= pw_ticker_now(executor->engine->ticker)) {
    stop(executor);
    return;
  }
  atomic_store(&executor->end, end);
  if (executor->kept < end) {
    executor->kept = end;
    pw_ticker_keep(executor->engine->ticker, end);
  }
}

/* From now on it does not, and there is no token. */
static void
disarm(struct pw_wasmedge_executor *executor, bool token_is_taken)
{
  uint64_t end = atomic_load_explicit(&executor->end, memory_order_relaxed);

  if (end == NO_END) {
    return;
  }
  if (end > STOPPED && atomic_compare_exchange_strong(&executor->end, &end, NO_END)) {
    return;
  }
  while (atomic_load_explicit(&executor->end, memory_order_acquire) != STOPPED) {
    sched_yield();
  }
  if (!token_is_taken) {
    WasmEdge_ExecutorInvoke(executor->executor, executor->engine->nothing, NULL, 0, NULL, 0);
  }
  atomic_store_explicit(&executor->end, NO_END, memory_order_relaxed);
}

uint64_t
pw_wasmedge_enter(struct pw_wasmedge_executor *executor, uint32_t deadline_ms)
{
  uint64_t before = executor->deadline;
  uint64_t end    = NO_END;

  executor->depth++;
  if (deadline_ms != 0) {
    end = pw_ticker_now(executor->engine->ticker) + pw_ticker_ticks(deadline_ms);
  }
  /* Within another call it ends at the earlier one of both. */
  if (end >= before) {
    return before;
  }
  disarm(executor, false);
  executor->deadline = end;
  arm(executor, end);
  return before;
}

void
pw_wasmedge_leave(struct pw_wasmedge_executor *executor, uint64_t before, bool interrupted)
{
  executor->depth--;
  if (executor->deadline == before && !interrupted) {
    return;
  }
  disarm(executor, interrupted);
  executor->deadline = before;
  if (before != NO_END) {
    arm(executor, before);
  }
}

void
pw_wasmedge_executors_tick(void *data)
{
  struct pw_engine *engine = data;

  pthread_mutex_lock(&engine->lock);
  for (struct pw_wasmedge_executor *executor = engine->executors; executor; executor = executor->next) {
    uint64_t end = atomic_load(&executor->end);

    if (end > STOPPED && end <= pw_ticker_now(engine->ticker) &&
        atomic_compare_exchange_strong(&executor->end, &end, STOPPING)) {
      stop(executor);
    }
  }
  pthread_mutex_unlock(&engine->lock);
}

/* ---- executors ---- */

static void *
return_at_once(void *data)
{
  return data;
}

/* WasmEdge ends the process when it gets no thread: that is asked for before. */
static bool
can_start_thread(void)
{
  pthread_t thread;

  return pthread_create(&thread, NULL, return_at_once, NULL) == 0 && pthread_join(thread, NULL) == 0;
}

/* On a thread of WasmEdge's. Signals of the process are for the proxy's threads. */
static bool
get_handle(struct pw_wasmedge_executor *executor)
{
  sigset_t all;
  sigset_t before;

  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  if (can_start_thread()) {
    executor->handle = WasmEdge_ExecutorAsyncInvoke(executor->executor, executor->engine->nothing, NULL, 0);
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (executor->handle) {
    WasmEdge_AsyncWait(executor->handle);
  }
  return executor->handle != NULL;
}

static void
delete_executor(struct pw_wasmedge_executor *executor)
{
  WasmEdge_AsyncDelete(executor->handle);
  WasmEdge_ExecutorDelete(executor->executor);
  free(executor);
}

static struct pw_wasmedge_executor *
new_executor(struct pw_engine *engine, struct pw_error *error)
{
  struct pw_wasmedge_executor *executor = calloc(1, sizeof *executor);

  if (!executor) {
    pw_error_set(error, PW_ERROR_MEMORY, "executor");
    return NULL;
  }
  atomic_init(&executor->end, NO_END);
  executor->deadline = NO_END;
  executor->engine   = engine;
  executor->executor = WasmEdge_ExecutorCreate(engine->configuration, NULL);
  if (!executor->executor || !get_handle(executor)) {
    delete_executor(executor);
    pw_error_set(error, PW_ERROR_ENGINE, "engine 'wasmedge': the system gives no thread");
    return NULL;
  }
  return executor;
}

/* Under the lock: the worker's, or one that serves nobody. */
static struct pw_wasmedge_executor *
find_executor(struct pw_engine *engine, const void *worker)
{
  struct pw_wasmedge_executor *idle = NULL;

  for (struct pw_wasmedge_executor *executor = engine->executors; executor; executor = executor->next) {
    if (executor->users > 0 && worker && executor->worker == worker) {
      return executor;
    }
    if (executor->users == 0) {
      idle = executor;
    }
  }
  return idle;
}

struct pw_wasmedge_executor *
pw_wasmedge_executor_take(struct pw_engine *engine, const void *worker, struct pw_error *error)
{
  struct pw_wasmedge_executor *executor;

  pthread_mutex_lock(&engine->lock);
  executor = find_executor(engine, worker);
  if (!executor) {
    executor = new_executor(engine, error);
    if (executor) {
      executor->next    = engine->executors;
      engine->executors = executor;
    }
  }
  if (executor) {
    executor->worker = worker;
    executor->users++;
  }
  pthread_mutex_unlock(&engine->lock);
  return executor;
}

void
pw_wasmedge_executor_give(struct pw_wasmedge_executor *executor)
{
  if (executor) {
    struct pw_engine *engine = executor->engine;

    pthread_mutex_lock(&engine->lock);
    executor->users--;
    pthread_mutex_unlock(&engine->lock);
  }
}

void
pw_wasmedge_executors_delete(struct pw_engine *engine)
{
  while (engine->executors) {
    struct pw_wasmedge_executor *executor = engine->executors;

    engine->executors = executor->next;
    delete_executor(executor);
  }
}
