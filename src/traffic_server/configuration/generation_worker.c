/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/configuration/generation_worker.h"

#include "traffic_server/call/http_call.h"
#include "traffic_server/clock.h"
#include "traffic_server/event_thread/event_thread.h"
#include "traffic_server/event_thread/timer.h"
#include "traffic_server/log.h"
#include "traffic_server/process.h"
#include "traffic_server/statistics.h"

#include <stdlib.h>

static struct pw_generation_worker *
worker_allocate(struct pw_generation *generation, bool shared)
{
  struct pw_generation_worker *worker = (struct pw_generation_worker *)calloc(1, sizeof(*worker));
  struct pw_error              error;

  if (!worker) {
    return NULL;
  }
  worker->generation   = shared ? generation : pw_generation_retain(generation);
  worker->shared       = shared;
  worker->instances    = (struct pw_instance **)calloc(generation->plugin_count + 1, sizeof(struct pw_instance *));
  worker->chains       = (struct pw_chain **)calloc(generation->segment_count + 1, sizeof(struct pw_chain *));
  worker->answer_bytes = (size_t *)calloc(generation->plugin_count + 1, sizeof(*worker->answer_bytes));
  worker->worker =
    shared ? pw_worker_new_shared(pw_process_host(), worker, &error) : pw_worker_new(pw_process_host(), worker, &error);
  if (worker->instances && worker->chains && worker->answer_bytes && worker->worker) {
    return worker;
  }
  pw_generation_worker_delete(worker);
  return NULL;
}

/* False: memory is out. */
static bool
start_instance(struct pw_generation_worker *worker, size_t index, bool *failed)
{
  const struct pw_loaded_plugin *loaded = &worker->generation->plugins[index];
  const struct pw_config_plugin *config = loaded->config;
  struct pw_error                error;

  worker->instances[index] = pw_instance_new(worker->worker, loaded->plugin, &error);
  if (!worker->instances[index]) {
    return false;
  }
  if (pw_instance_get_state(worker->instances[index]) == PW_INSTANCE_FAILED) {
    *failed = true;
    pw_statistics_add(PW_STATISTIC_FAILED_STARTS, 1);
    pw_log_error("%s:%u: plugin '%.*s' does not start: %s\nUntil it does, its requests %s.", config->file, config->line,
                 config->plugin.name.size < 256 ? (int)config->plugin.name.size : 256,
                 config->plugin.name.size ? config->plugin.name.data : "", error.message,
                 config->plugin.fail_open ? "pass unfiltered (fail_open)" : "are refused with 503 (fail_open: false)");
  }
  return true;
}

static bool
start_instances(struct pw_generation_worker *worker, bool *failed)
{
  const struct pw_generation *generation = worker->generation;
  for (size_t i = 0; i < generation->plugin_count; i++) {
    bool of_process = generation->plugins[i].config->vm_scope == PW_VM_SCOPE_PROCESS;
    if (of_process == worker->shared) {
      if (!start_instance(worker, i, failed)) {
        return false;
      }
    } else if (of_process) {
      worker->instances[i] = generation->shared->instances[i];
    }
  }
  return true;
}

static bool
make_chains(struct pw_generation_worker *worker)
{
  const struct pw_generation *generation = worker->generation;
  struct pw_error             error;
  for (size_t i = 0; i < generation->segment_count; i++) {
    const struct pw_segment_plan *plan = &generation->segments[i];
    worker->chains[i] = pw_chain_new(worker->worker, &worker->instances[plan->first], plan->count, &error);
    if (!worker->chains[i]) {
      return false;
    }
  }
  return true;
}

struct pw_generation_worker *
pw_generation_worker_new(struct pw_generation *generation, struct pw_event_thread *thread, bool *failed)
{
  struct pw_generation_worker *worker = worker_allocate(generation, false);
  if (!worker) {
    return NULL;
  }
  worker->thread = thread;
  worker->live   = thread != NULL;
  if (start_instances(worker, failed) && make_chains(worker)) {
    return worker;
  }
  pw_generation_worker_end(worker);
  pw_generation_worker_delete(worker);
  return NULL;
}

static bool
has_process_scope(const struct pw_generation *generation)
{
  for (size_t i = 0; i < generation->plugin_count; i++) {
    if (generation->plugins[i].config->vm_scope == PW_VM_SCOPE_PROCESS) {
      return true;
    }
  }
  return false;
}

struct pw_generation_worker *
pw_generation_worker_new_shared(struct pw_generation *generation, bool *failed)
{
  struct pw_generation_worker *worker;
  if (!has_process_scope(generation)) {
    return NULL;
  }
  worker = worker_allocate(generation, true);
  if (worker && start_instances(worker, failed)) {
    return worker;
  }
  *failed = true;
  if (worker) {
    pw_generation_worker_end(worker);
    pw_generation_worker_delete(worker);
  }
  return NULL;
}

void
pw_generation_worker_activate(struct pw_generation_worker *worker, struct pw_event_thread *thread)
{
  if (!worker->shared) {
    worker->thread = thread;
  }
  if (!__atomic_exchange_n(&worker->live, true, __ATOMIC_SEQ_CST)) {
    pw_timers_start(worker);
    pw_http_calls_start(worker);
    if (__atomic_load_n(&worker->wake_due, __ATOMIC_SEQ_CST)) {
      pw_generation_worker_wake(worker);
    }
  }
}

void
pw_generation_worker_end(struct pw_generation_worker *worker)
{
  const struct pw_generation *generation = worker->generation;

  if (worker->shared) {
    /* A tick on another thread must not meet an instance that goes. On one thread ticks go on until the module has
     * said that it is done. */
    pw_timers_end(worker);
    pw_http_calls_end(worker);
  }
  pw_statistics_gather_last(worker);
  for (size_t i = 0; i < generation->segment_count; i++) {
    if (worker->chains[i]) {
      pw_chain_delete(worker->chains[i]);
    }
  }
  for (size_t i = 0; i < generation->plugin_count; i++) {
    if ((generation->plugins[i].config->vm_scope == PW_VM_SCOPE_PROCESS) == worker->shared) {
      pw_instance_delete(worker->instances[i]);
    }
  }
  worker->ended_at = pw_clock_nanoseconds(CLOCK_MONOTONIC);
}

void
pw_generation_worker_delete(struct pw_generation_worker *worker)
{
  pw_timers_end(worker);
  pw_worker_delete(worker->worker);
  pw_http_calls_drop(worker);
  if (!worker->shared) {
    pw_generation_release(worker->generation);
  }
  free(worker->instances);
  free(worker->chains);
  free(worker->answer_bytes);
  free(worker);
}

void
pw_generation_worker_wake(void *data)
{
  struct pw_generation_worker *worker = (struct pw_generation_worker *)data;
  /* Either this sees that the worker is live, or whoever makes it so sees that it is to be woken. */
  __atomic_store_n(&worker->wake_due, true, __ATOMIC_SEQ_CST);
  if (worker->shared) {
    pw_event_threads_wake();
  } else if (__atomic_load_n(&worker->live, __ATOMIC_SEQ_CST)) {
    pw_event_thread_wake(worker->thread);
  }
}

static void
run_one(struct pw_generation_worker *worker)
{
  if (__atomic_exchange_n(&worker->wake_due, false, __ATOMIC_ACQ_REL)) {
    pw_worker_run(worker->worker);
  }
}

void
pw_generation_worker_run(struct pw_generation_worker *worker)
{
  run_one(worker);
  if (worker->generation->shared) {
    run_one(worker->generation->shared);
  }
}

void
pw_generation_worker_keep_house(struct pw_generation_worker *worker)
{
  /* One that has ended has given its chains back. */
  for (size_t i = 0; worker->ended_at == 0 && i < worker->generation->segment_count; i++) {
    if (worker->chains[i]) {
      pw_chain_end_pauses(worker->chains[i], NULL);
      pw_chain_tell_dropped_lines(worker->chains[i]);
    }
  }
}
