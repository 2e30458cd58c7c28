/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A shared worker (vm_scope: process) under several threads at once: streams of each in one VM, ticks from yet another
 * thread that continue them, say done for them, look at what is theirs, and trap. To be run under ThreadSanitizer.
 */
#include "fakes/fake_engine.h"
#include "support/threads.h"
#include "support/unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum { THREADS = 3, STREAMS = 150, CONTEXTS = 64, WAIT_SECONDS = 20 };

/* ------------------------------------------------------------------------------------------------------ the proxy */

struct transaction {
  atomic_bool     resume; /* pw_stream_resume is asked for; from any thread */
  struct pw_bytes out;
  bool            closed; /* by a module */
  bool            answered;
  unsigned        replies; /* that the proxy was given, whole and on the stream's thread */
  pthread_t       thread;
};

static void
proxy_log(void *proxy, const struct pw_plugin *plugin, enum pw_log_level level, struct pw_view text)
{
  (void)proxy;
  (void)plugin;
  (void)level;
  (void)text;
}

/* A clock that runs a thousand times as fast: what waits after a trap is soon over. */
static uint64_t
proxy_time(void *proxy)
{
  struct timespec now;

  (void)proxy;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return ((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec) * 1000u;
}

static bool
proxy_random(void *proxy, void *bytes, size_t size)
{
  (void)proxy;
  memset(bytes, 7, size);
  return true;
}

static void
proxy_set_tick(void *worker, struct pw_instance *instance, uint32_t milliseconds)
{
  (void)worker;
  (void)instance;
  (void)milliseconds;
}

static enum pw_status
proxy_map_count(void *stream, enum pw_map_type map, size_t *count)
{
  (void)stream;
  (void)map;
  *count = 1;
  return PW_STATUS_OK;
}

static enum pw_status
proxy_map_size(void *stream, enum pw_map_type map, struct pw_map_size *size)
{
  (void)stream;
  (void)map;
  *size = (struct pw_map_size){1, 2};
  return PW_STATUS_OK;
}

static enum pw_status
proxy_map_pairs(void *stream, enum pw_map_type map, struct pw_pairs *pairs)
{
  (void)stream;
  (void)map;
  return pw_pairs_add(pairs, pw_view_of("a"), pw_view_of("1")) ? PW_STATUS_OK : PW_STATUS_INTERNAL_FAILURE;
}

static enum pw_status
proxy_map_get(void *stream, enum pw_map_type map, struct pw_view key, struct pw_pairs *pairs)
{
  (void)key;
  return proxy_map_pairs(stream, map, pairs);
}

static void
proxy_resume(void *stream, enum pw_stream_type type)
{
  struct transaction *transaction = stream;

  (void)type;
  atomic_store(&transaction->resume, true);
}

static void
proxy_body_out(void *stream, enum pw_stream_type type, struct pw_view piece, bool end_of_stream)
{
  struct transaction *transaction = stream;

  (void)type;
  (void)end_of_stream;
  pw_bytes_append(&transaction->out, piece.data, piece.size);
}

static enum pw_status
proxy_local_reply(void *stream, const struct pw_local_reply *reply)
{
  struct transaction *transaction = stream;
  bool whole = reply->status == 403 && pw_view_equal(reply->body, pw_view_of("no")) && reply->headers->count == 0;

  transaction->replies += whole && pthread_equal(transaction->thread, pthread_self());
  return PW_STATUS_OK;
}

static const struct pw_proxy_ops proxy = {
  .log            = proxy_log,
  .time_realtime  = proxy_time,
  .time_monotonic = proxy_time,
  .random         = proxy_random,
  .set_tick       = proxy_set_tick,
  .map_count      = proxy_map_count,
  .map_size       = proxy_map_size,
  .map_pairs      = proxy_map_pairs,
  .map_get        = proxy_map_get,
  .resume         = proxy_resume,
  .body_out       = proxy_body_out,
  .local_reply    = proxy_local_reply,
};

/* ---------------------------------------------------------------------------------------------------- the modules */

/* The shared module's own memory: the worker's lock guards it, or ThreadSanitizer tells. */
static struct {
  uint32_t contexts[CONTEXTS]; /* a ring of stream contexts */
  uint32_t next;
  uint32_t random;
  uint32_t ticks;
} shared;

static bool traps;

static uint32_t
random_number(void)
{
  shared.random = shared.random * 1103515245u + 12345u;
  return shared.random >> 16;
}

static uint32_t
shared_create(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  if (a[1].u32 == 0) {
    memset(shared.contexts, 0, sizeof(shared.contexts));
  } else {
    shared.contexts[shared.next++ % CONTEXTS] = a[0].u32;
  }
  return 0;
}

static void
use_properties(struct fake_vm *vm)
{
  uint32_t path = fake_put(vm, 200, "own.property");
  uint32_t size = fake_put(vm, 300, "a value that is longer than any small buffer") - random_number() % 8;

  FAKE_HOSTCALL(vm, "proxy_set_property", 200, path, 300, size);
  FAKE_HOSTCALL(vm, "proxy_get_property", 200, path, 400, 404);
}

static uint32_t
shared_pauses(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  use_properties(vm);
  return random_number() % 2 == 0 ? PW_ACTION_PAUSE : PW_ACTION_CONTINUE;
}

static uint32_t
shared_done(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  (void)a;
  return random_number() % 4 != 0;
}

static uint32_t
shared_log(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  use_properties(vm);
  FAKE_HOSTCALL(vm, "proxy_get_header_map_value", PW_MAP_HTTP_REQUEST_HEADERS, 200, fake_put(vm, 200, "a"), 400, 404);
  return 0;
}

static uint32_t
shared_tick(struct fake_vm *vm, const pw_value *a)
{
  size_t i;

  (void)a;
  if (traps && ++shared.ticks % 64 == 0) {
    fake_trap(vm, "on purpose");
    return 0;
  }
  for (i = 0; i < CONTEXTS; ++i) {
    if (shared.contexts[i] == 0 ||
        FAKE_HOSTCALL(vm, "proxy_set_effective_context", shared.contexts[i]) != PW_STATUS_OK) {
      continue;
    }
    use_properties(vm);
    FAKE_HOSTCALL(vm, "proxy_get_buffer_bytes", PW_BUFFER_HTTP_REQUEST_BODY, 0, 100, 400, 404);
    FAKE_HOSTCALL(vm, "proxy_get_header_map_pairs", PW_MAP_HTTP_REQUEST_HEADERS, 400, 404);
    FAKE_HOSTCALL(vm, "proxy_get_header_map_size", PW_MAP_HTTP_REQUEST_HEADERS, 400);
    if (i % 8 == 0) {
      FAKE_HOSTCALL(vm, "proxy_close_stream", PW_STREAM_HTTP_REQUEST);
    }
    if (i % 8 == 4) {
      FAKE_HOSTCALL(vm, "proxy_send_local_response", 403, 0, 0, 300, fake_put(vm, 300, "no"), 0, 0, UINT32_MAX);
    }
    FAKE_HOSTCALL(vm, "proxy_continue_stream", PW_STREAM_HTTP_REQUEST);
    FAKE_HOSTCALL(vm, "proxy_done");
  }
  return 0;
}

static const struct fake_export shared_module[] = {{"proxy_on_context_create", "ii:v", shared_create},
                                                   {"proxy_on_request_headers", "iii:i", shared_pauses},
                                                   {"proxy_on_request_body", "iii:i", shared_pauses},
                                                   {"proxy_on_request_trailers", "ii:i", shared_pauses},
                                                   {"proxy_on_done", "i:i", shared_done},
                                                   {"proxy_on_log", "i:v", shared_log},
                                                   {"proxy_on_tick", "i:v", shared_tick},
                                                   {NULL, NULL, NULL}};

/* Has a VM on each thread, and properties of the same streams. */
static uint32_t
own_callback(struct fake_vm *vm, const pw_value *a)
{
  uint32_t path = fake_put(vm, 200, "own.property");

  (void)a;
  FAKE_HOSTCALL(vm, "proxy_set_property", 200, path, 300, 20);
  FAKE_HOSTCALL(vm, "proxy_get_property", 200, path, 400, 404);
  return PW_ACTION_CONTINUE;
}

static const struct fake_export own_module[] = {{"proxy_on_request_headers", "iii:i", own_callback},
                                                {"proxy_on_request_body", "iii:i", own_callback},
                                                {"proxy_on_log", "i:v", own_callback},
                                                {NULL, NULL, NULL}};

/* ------------------------------------------------------------------------------------------------------- the test */

struct test {
  struct pw_host     *host;
  struct pw_worker   *worker; /* the shared one */
  struct pw_plugin   *plugins[2];
  struct pw_instance *instance;
  atomic_uint         running; /* threads that have streams */
  atomic_uint         hung;
  atomic_uint         lost;
  atomic_uint         closed;
  atomic_uint         answered;
  atomic_uint         unanswered; /* ended by a reply that the proxy was not given as it was */
};

/* Goes on until the direction does not wait any more. */
static bool
settle(struct pw_stream *stream, struct transaction *transaction, enum pw_next next)
{
  const struct timespec pause = {0, 100000};
  time_t                end   = time(NULL) + WAIT_SECONDS;

  while (next == PW_NEXT_PAUSE) {
    while (!atomic_exchange(&transaction->resume, false)) {
      if (time(NULL) > end) {
        return false;
      }
      nanosleep(&pause, NULL);
    }
    next = pw_stream_resume(stream, PW_STREAM_HTTP_REQUEST);
  }
  transaction->closed   = transaction->closed || next == PW_NEXT_CLOSE;
  transaction->answered = transaction->answered || next == PW_NEXT_REPLY;
  return true;
}

static void
run_stream(struct test *test, struct pw_chain *chain)
{
  struct transaction transaction = {.resume = false, .thread = pthread_self()};
  struct pw_stream  *stream      = pw_stream_new(chain, &transaction);
  bool               ok;

  ok = settle(stream, &transaction, pw_stream_request_headers(stream, false)) &&
       settle(stream, &transaction, pw_stream_request_body(stream, pw_view_of("one"), false)) &&
       settle(stream, &transaction, pw_stream_request_body(stream, pw_view_of("two"), false)) &&
       settle(stream, &transaction, pw_stream_request_trailers(stream));
  atomic_fetch_add(&test->hung, !ok);
  atomic_fetch_add(&test->closed, transaction.closed);
  atomic_fetch_add(&test->answered, transaction.answered);
  atomic_fetch_add(&test->unanswered, transaction.answered != (transaction.replies > 0));
  atomic_fetch_add(&test->lost, ok && !transaction.closed && !transaction.answered &&
                                  !pw_view_equal(pw_bytes_view(&transaction.out), pw_view_of("onetwo")));
  pw_stream_end(stream);
  pw_bytes_clear(&transaction.out);
}

static void
run_thread(void *data, unsigned index)
{
  struct test        *test   = data;
  struct pw_worker   *worker = pw_worker_new(test->host, NULL, NULL);
  struct pw_instance *own    = pw_instance_new(worker, test->plugins[1], NULL);
  struct pw_instance *order[3];
  struct pw_chain    *chain;
  int                 i;

  order[index % 2]     = own;
  order[1 - index % 2] = test->instance;
  /* Twice: a context of it is made while another thread comes to the first one. */
  order[2] = test->instance;
  chain    = pw_chain_new(worker, order, 3, NULL);
  for (i = 0; i < STREAMS && atomic_load(&test->hung) == 0; ++i) {
    run_stream(test, chain);
  }
  pw_chain_delete(chain);
  pw_instance_delete(own);
  pw_worker_delete(worker);
  atomic_fetch_sub(&test->running, 1);
}

/* Ticks, and looks at the statistics, as long as there are streams. */
static void
run_ticks(struct test *test)
{
  const struct timespec pause = {0, 200000};
  uint64_t              restarts;
  uint64_t              trapped;

  while (atomic_load(&test->running) > 0) {
    pw_instance_tick(test->instance);
    pw_worker_run(test->worker);
    pw_instance_counts(test->instance, &restarts, &trapped);
    pw_instance_get_state(test->instance);
    pw_instance_streams(test->instance);
    pw_instance_memory_bytes(test->instance);
    nanosleep(&pause, NULL);
  }
}

static void
run_any(void *data, unsigned index)
{
  if (index == THREADS) {
    run_ticks(data);
  } else {
    run_thread(data, index);
  }
}

static struct pw_plugin *
load(struct test *test, const char *name, const struct fake_export *module)
{
  const struct pw_plugin_config config = {.name = pw_view_of(name), .fail_open = true};
  struct pw_bytes               code;
  struct pw_plugin             *plugin;

  fake_module = module;
  code        = fake_code();
  plugin      = pw_plugin_load(test->host, &config, pw_bytes_view(&code), "fake.wasm", NULL);
  pw_bytes_clear(&code);
  assert_non_null(plugin);
  return plugin;
}

static void
put_under_load(bool with_traps)
{
  const struct pw_host_options options = {.proxy = &proxy};
  struct test                  test    = {.running = THREADS};

  memset(&shared, 0, sizeof(shared));
  traps           = with_traps;
  test.host       = pw_host_new(&options, NULL);
  test.worker     = pw_worker_new_shared(test.host, NULL, NULL);
  test.plugins[0] = load(&test, "shared", shared_module);
  test.plugins[1] = load(&test, "own", own_module);
  test.instance   = pw_instance_new(test.worker, test.plugins[0], NULL);
  assert_non_null(test.instance);
  run_threads(THREADS + 1, run_any, &test);
  pw_instance_delete(test.instance);
  pw_worker_delete(test.worker);
  pw_plugin_release(test.plugins[0]);
  pw_plugin_release(test.plugins[1]);
  pw_host_delete(test.host);
  assert_int_equal(test.hung, 0);
  assert_int_equal(test.lost, 0);
  assert_int_equal(test.unanswered, 0);
  assert_in_range(test.closed, 1, THREADS * STREAMS - 1);
  assert_in_range(test.answered, 1, THREADS * STREAMS - 1);
  assert_int_equal(fake_instances_alive, 0);
}

static void
streams_of_many_threads_go_through_one_vm(void **state)
{
  (void)state;
  put_under_load(false);
}

static void
streams_of_many_threads_survive_the_traps_of_one_vm(void **state)
{
  (void)state;
  put_under_load(true);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(streams_of_many_threads_go_through_one_vm),
    cmocka_unit_test(streams_of_many_threads_survive_the_traps_of_one_vm),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
