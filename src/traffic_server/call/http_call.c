/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a call may be met by its cancellation on another thread (vm_scope: process). So a cancelled call is taken
 * off its worker at once, and freed by an event on its own thread. */
#include "traffic_server/call/http_call.h"

#include "traffic_server/call/http_call_exchange.h"
#include "traffic_server/call/http_call_request.h"
#include "traffic_server/configuration/generation_worker.h"
#include "traffic_server/event_thread/event_thread.h"
#include "traffic_server/statistics.h"

#include <pthread.h>
#include <stdlib.h>

/* Of calls whose module gives no timeout, and the most that one may be. */
#define DEFAULT_MILLISECONDS 60000u
#define MOST_MILLISECONDS    3600000u

struct pw_outgoing_call {
  struct pw_outgoing_call     *next; /* of the worker */
  struct pw_outgoing_call     *previous;
  struct pw_generation_worker *worker; /* NULL: it was cancelled; its event frees it */
  struct pw_instance          *instance;
  size_t                       plugin; /* its index in the worker */
  size_t                       held;   /* bytes of the answer, of the plugin's answer_bytes */
  uint32_t                     id;
  TSCont                       control; /* begins and cancels */
  TSEventThread                thread;  /* NULL: it has not begun */
  bool                         scheduled;
  bool                         telling; /* its end */
  bool                         to_head;
  uint64_t                     most;
  struct pw_exchange           exchange;
};

/* Guards the lists of all workers, and what of a call other threads may look at. Not held while a module runs. */
static pthread_mutex_t calls_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t  told       = PTHREAD_COND_INITIALIZER;

static void
call_free(struct pw_outgoing_call *call)
{
  pw_exchange_end(&call->exchange);
  TSContDestroy(call->control);
  free(call);
}

/* The call's own thread, on which nobody else holds its lock. */
static int
on_relay(TSCont continuation, TSEvent event, void *data)
{
  struct pw_outgoing_call *call = (struct pw_outgoing_call *)TSContDataGet(continuation);
  (void)event;
  (void)data;
  TSContScheduleOnThread(call->control, 0, TSEventThreadSelf());
  TSContDestroy(continuation);
  return 0;
}

/* Scheduling takes the continuation's lock. A call's own may be held by its thread, which waits for the lock of a
 * shared worker to tell its end, while who cancels holds that: so another thread goes by a continuation that nobody
 * knows. */
static void
control_schedule(struct pw_outgoing_call *call)
{
  if (call->thread == TSEventThreadSelf()) {
    TSContScheduleOnThread(call->control, 0, call->thread);
    return;
  }
  TSCont relay = TSContCreate(on_relay, TSMutexCreate());
  TSContDataSet(relay, call);
  TSContScheduleOnThread(relay, 0, call->thread);
}

/* --------------------------------------------------------------------------------------- lists: with calls_lock */

static void
call_link(struct pw_outgoing_call *call)
{
  struct pw_generation_worker *worker = call->worker;
  call->next                          = worker->calls;
  if (call->next) {
    call->next->previous = call;
  }
  worker->calls = call;
  pw_statistics_add(PW_STATISTIC_CALLS, 1);
  pw_statistics_add(PW_STATISTIC_CALLS_IN_FLIGHT, 1);
}

static void
call_unlink(struct pw_outgoing_call *call)
{
  if (call->previous) {
    call->previous->next = call->next;
  } else {
    call->worker->calls = call->next;
  }
  if (call->next) {
    call->next->previous = call->previous;
  }
  call->worker->answer_bytes[call->plugin] -= call->held;
  call->next = call->previous = NULL;
  call->worker                = NULL;
  pw_statistics_add(PW_STATISTIC_CALLS_IN_FLIGHT, -1);
}

static void
call_schedule(struct pw_outgoing_call *call)
{
  call->scheduled = true;
  if (call->worker->shared) {
    TSContScheduleOnPool(call->control, 0, TS_THREAD_POOL_NET);
  } else {
    TSContScheduleOnThread(call->control, 0, pw_event_thread_handle(call->worker->thread));
  }
}

/* Takes the call off its worker. True: the caller has to free it, as no event of its own will. */
static bool
call_cancel(struct pw_outgoing_call *call)
{
  call_unlink(call);
  if (call->thread) {
    control_schedule(call);
  }
  return !call->scheduled;
}

static bool
call_grow(struct pw_outgoing_call *call, size_t bytes)
{
  size_t *sum    = &call->worker->answer_bytes[call->plugin];
  size_t  others = *sum - call->held;

  if (!pw_call_bytes_fit(others, bytes)) {
    return false;
  }
  *sum       = others + bytes;
  call->held = bytes;
  return true;
}

/* ---------------------------------------------------------------------------------------------------------- answers */

/* pw_exchange.admit */
static bool
call_admit(void *data, size_t bytes)
{
  struct pw_outgoing_call *call = (struct pw_outgoing_call *)data;

  pthread_mutex_lock(&calls_lock);
  /* Of one that was cancelled nothing is kept for long. */
  bool admitted = !call->worker || call_grow(call, bytes);
  pthread_mutex_unlock(&calls_lock);
  return admitted;
}

/* ------------------------------------------------------------------------------------------------------------- end */

static void
tell(struct pw_outgoing_call *call, struct pw_instance *instance)
{
  struct pw_exchange        *exchange = &call->exchange;
  struct pw_http_call_result result;

  memset(&result, 0, sizeof(result));
  if (exchange->failure != 0) {
    pw_statistics_add(PW_STATISTIC_FAILED_CALLS, 1);
    result.status_code    = exchange->failure;
    result.status_message = pw_view_of(exchange->message);
  } else {
    result.headers     = &exchange->answer.headers;
    result.body        = pw_bytes_view(&exchange->answer.body);
    result.trailers    = &exchange->answer.trailers;
    result.status_code = (uint32_t)strtoul(exchange->answer.status, NULL, 10);
  }
  pw_instance_http_call_end(instance, call->id, &result);
}

/* pw_exchange.done */
static void
call_done(void *data)
{
  struct pw_outgoing_call *call = (struct pw_outgoing_call *)data;

  pthread_mutex_lock(&calls_lock);
  call->telling = call->worker && !call->worker->calls_ended;
  if (call->telling) {
    struct pw_instance *instance = call->instance;
    pthread_mutex_unlock(&calls_lock);
    tell(call, instance);
    pthread_mutex_lock(&calls_lock);
    call->telling = false;
    pthread_cond_broadcast(&told);
  }
  bool own = call->worker != NULL;
  if (own) {
    call_unlink(call);
  }
  pthread_mutex_unlock(&calls_lock);
  if (own) {
    call_free(call);
  }
}

static int
on_control(TSCont continuation, TSEvent event, void *data)
{
  struct pw_outgoing_call *call = (struct pw_outgoing_call *)TSContDataGet(continuation);
  (void)event;
  (void)data;

  pthread_mutex_lock(&calls_lock);
  bool cancelled = !call->worker;
  if (!cancelled) {
    call->thread = TSEventThreadSelf();
  }
  pthread_mutex_unlock(&calls_lock);
  if (cancelled) {
    call_free(call);
  } else {
    pw_exchange_begin(&call->exchange, call->to_head, call->most);
  }
  return 0;
}

/* ----------------------------------------------------------------------------------------------------------- start */

/* The plugin's index in its generation; the number of plugins if it is none of them. */
static size_t
index_of(const struct pw_generation *generation, const struct pw_plugin *plugin)
{
  size_t i = 0;
  while (i < generation->plugin_count && generation->plugins[i].plugin != plugin) {
    i++;
  }
  return i;
}

static uint32_t
timeout_of(const struct pw_http_call *call, const struct pw_upstream *upstream)
{
  uint32_t timeout = call->timeout_milliseconds ? call->timeout_milliseconds : DEFAULT_MILLISECONDS;
  uint32_t most    = upstream->timeout_milliseconds ? upstream->timeout_milliseconds : MOST_MILLISECONDS;
  return timeout < most ? timeout : most;
}

static enum pw_status
exchange_fill(struct pw_exchange *exchange, const struct pw_http_call *call, const struct pw_upstream *upstream)
{
  static uint32_t numbers;
  struct pw_view  authority = pw_call_pseudo(call, ":authority");

  do {
    exchange->number = __atomic_add_fetch(&numbers, 1, __ATOMIC_RELAXED);
  } while (exchange->number == 0);
  exchange->by_remap             = upstream->by_remap;
  exchange->timeout_milliseconds = timeout_of(call, upstream);
  if (!pw_bytes_append(&exchange->authority, authority.data, authority.size)) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  return pw_call_request_write(call, upstream, exchange->number, &exchange->request);
}

static enum pw_status
call_new(const struct pw_http_call *call, const struct pw_upstream *upstream, struct pw_outgoing_call **made)
{
  struct pw_outgoing_call *outgoing = (struct pw_outgoing_call *)calloc(1, sizeof(*outgoing));
  if (!outgoing) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  pw_exchange_init(&outgoing->exchange);
  outgoing->exchange.admit = call_admit;
  outgoing->exchange.done  = call_done;
  outgoing->exchange.data  = outgoing;
  outgoing->control        = TSContCreate(on_control, outgoing->exchange.mutex);
  TSContDataSet(outgoing->control, outgoing);
  enum pw_status status = exchange_fill(&outgoing->exchange, call, upstream);
  if (status != PW_STATUS_OK) {
    call_free(outgoing);
    return status;
  }
  *made = outgoing;
  return PW_STATUS_OK;
}

enum pw_status
pw_http_call_start(void *data, struct pw_instance *instance, void *stream, const struct pw_http_call *call)
{
  struct pw_generation_worker *worker     = (struct pw_generation_worker *)data;
  const struct pw_generation  *generation = worker->generation;
  size_t                       plugin     = index_of(generation, pw_instance_plugin(instance));
  struct pw_outgoing_call     *outgoing;
  struct pw_upstream           upstream;
  (void)stream;

  if (plugin == generation->plugin_count) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  enum pw_status status =
    pw_upstream_find(generation->plugins[plugin].config, call->upstream, pw_call_pseudo(call, ":authority"),
                     pw_call_pseudo(call, ":scheme"), &upstream);
  status = status == PW_STATUS_OK ? call_new(call, &upstream, &outgoing) : status;
  if (status != PW_STATUS_OK) {
    return status;
  }
  pw_exchange_watch();
  outgoing->worker   = worker;
  outgoing->instance = instance;
  outgoing->plugin   = plugin;
  outgoing->id       = call->id;
  outgoing->to_head  = pw_view_equal(pw_call_pseudo(call, ":method"), pw_view_of("HEAD"));
  outgoing->most     = pw_plugin_configuration(pw_instance_plugin(instance))->limits.body_bytes;
  pthread_mutex_lock(&calls_lock);
  bool taken = !worker->calls_ended;
  if (taken) {
    call_link(outgoing);
    if (__atomic_load_n(&worker->live, __ATOMIC_ACQUIRE)) {
      call_schedule(outgoing);
    }
  }
  pthread_mutex_unlock(&calls_lock);
  if (!taken) {
    call_free(outgoing);
  }
  return taken ? PW_STATUS_OK : PW_STATUS_INTERNAL_FAILURE;
}

void
pw_http_call_cancel(void *data, uint32_t id)
{
  struct pw_generation_worker *worker = (struct pw_generation_worker *)data;
  struct pw_outgoing_call     *call;
  bool                         own = false;

  pthread_mutex_lock(&calls_lock);
  for (call = worker->calls; call && call->id != id; call = call->next) {
  }
  if (call) {
    own = call_cancel(call);
  }
  pthread_mutex_unlock(&calls_lock);
  if (own) {
    call_free(call);
  }
}

/* ---------------------------------------------------------------------------------------------------------- workers */

void
pw_http_calls_start(struct pw_generation_worker *worker)
{
  pthread_mutex_lock(&calls_lock);
  for (struct pw_outgoing_call *call = worker->calls; call; call = call->next) {
    if (!call->scheduled) {
      call_schedule(call);
    }
  }
  pthread_mutex_unlock(&calls_lock);
}

static bool
any_telling(const struct pw_generation_worker *worker)
{
  for (const struct pw_outgoing_call *call = worker->calls; call; call = call->next) {
    if (call->telling) {
      return true;
    }
  }
  return false;
}

void
pw_http_calls_end(struct pw_generation_worker *worker)
{
  pthread_mutex_lock(&calls_lock);
  worker->calls_ended = true;
  while (any_telling(worker)) {
    pthread_cond_wait(&told, &calls_lock);
  }
  pthread_mutex_unlock(&calls_lock);
}

void
pw_http_calls_drop(struct pw_generation_worker *worker)
{
  while (worker->calls) {
    pw_http_call_cancel(worker, worker->calls->id);
  }
}
