/* SPDX-License-Identifier: Apache-2.0 */
/* Instances of one worker: they share what belongs to a thread, and the thread may be another one each time. */
#include "support.h"

#include <pthread.h>

#define THREADS   4
#define INSTANCES 3
#define ROUNDS    150

/** What the threads take turns with. */
struct shared {
  pthread_mutex_t             lock;
  const struct pw_engine_ops *ops;
  struct pw_engine           *engine;
  struct pw_linked_module    *linked;
  struct guest                guests[INSTANCES];
  unsigned                    failures;
};

static struct pw_engine_instance *
new_instance(struct shared *shared, struct guest *guest)
{
  struct pw_instance_options options = {.host_data = guest, .worker = shared};
  struct pw_error            error;

  return shared->ops->instance_new(shared->linked, &options, 1000, &error);
}

static void
start(struct shared *shared, uint32_t stack_bytes)
{
  memset(shared, 0, sizeof *shared);
  pthread_mutex_init(&shared->lock, NULL);
  shared->ops    = find_engine();
  shared->engine = start_engine(shared->ops, stack_bytes);
  shared->linked = link_module(shared->ops, shared->engine, "engine_module");
  for (size_t i = 0; i < INSTANCES; i++) {
    shared->guests[i].ops      = shared->ops;
    shared->guests[i].instance = new_instance(shared, &shared->guests[i]);
    assert_non_null(shared->guests[i].instance);
  }
}

static void
stop(struct shared *shared)
{
  for (size_t i = 0; i < INSTANCES; i++) {
    shared->ops->instance_delete(shared->guests[i].instance);
  }
  shared->ops->linked_delete(shared->linked);
  shared->ops->engine_delete(shared->engine);
  pthread_mutex_destroy(&shared->lock);
}

/* Assertions of cmocka jump, which only its own thread may do: this answers whether all went well. */
static bool
call(struct guest *guest, const char *name, pw_value *values, size_t count, uint32_t deadline_ms, struct pw_trap *trap)
{
  pw_function function;

  trap->kind = PW_TRAP_NONE;
  return guest->ops->function_find(guest->instance, name, &function) &&
         guest->ops->call(guest->instance, &function, values, count, deadline_ms, trap);
}

/* A trap of one kind, after which the instance is made anew. */
static bool
trap_and_replace(struct shared *shared, struct guest *guest, const char *name, enum pw_trap_kind kind)
{
  /* Long enough for an interpreter under a sanitizer to use up its stack. */
  uint32_t       deadline_ms = kind == PW_TRAP_TIMEOUT ? 3 : 20000;
  pw_value       values[1]   = {{.i32 = 0}};
  struct pw_trap trap;

  if (call(guest, name, values, 1, deadline_ms, &trap) || trap.kind != kind) {
    return false;
  }
  shared->ops->instance_delete(guest->instance);
  guest->instance = new_instance(shared, guest);
  return guest->instance != NULL;
}

static bool
take_turn(struct shared *shared, int32_t round)
{
  struct guest  *guest     = &shared->guests[round % INSTANCES];
  pw_value       values[3] = {{.i32 = round}, {.i64 = 5}, {.i32 = 1}};
  struct pw_trap trap;

  if (!call(guest, "call_combine", values, 3, 1000, &trap) || values[0].i64 != round + 6) {
    return false;
  }
  switch (round % 50) {
  case 7:
    return trap_and_replace(shared, guest, "fail", PW_TRAP_GUEST);
  case 17:
    return trap_and_replace(shared, guest, "spin", PW_TRAP_TIMEOUT);
  case 27:
    return trap_and_replace(shared, guest, "recurse", PW_TRAP_STACK);
  default:
    return true;
  }
}

static void *
take_turns(void *data)
{
  struct shared *shared = data;

  for (int32_t round = 0; round < ROUNDS; round++) {
    pthread_mutex_lock(&shared->lock);
    shared->failures += !take_turn(shared, round);
    pthread_mutex_unlock(&shared->lock);
  }
  return NULL;
}

static void
threads_take_turns_with_the_instances_of_a_worker(void **state)
{
  struct shared shared;
  pthread_t     threads[THREADS];

  (void)state;
  start(&shared, 0);
  for (size_t i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, take_turns, &shared), 0);
  }
  for (size_t i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
  assert_int_equal(shared.failures, 0);
  stop(&shared);
}

/* With the stack of a thread of Traffic Server. The thread sanitizer needs some of a stack, and of memory, for itself.
 */
#ifdef __SANITIZE_THREAD__
#define EVENT_THREAD_STACK (4 << 20)
#define MOST_KILOBYTES     (600 * 1024)
#else
#define EVENT_THREAD_STACK (1 << 20)
#define MOST_KILOBYTES     (40 * 1024)
#endif

static void
run_on_event_thread(void *(*body)(void *), void *data)
{
  pthread_attr_t attributes;
  pthread_t      thread;

  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, EVENT_THREAD_STACK);
  assert_int_equal(pthread_create(&thread, &attributes, body, data), 0);
  pthread_join(thread, NULL);
  pthread_attr_destroy(&attributes);
}

static void *
recurse_twice(void *data)
{
  struct shared *shared = data;

  shared->failures += !trap_and_replace(shared, &shared->guests[0], "recurse", PW_TRAP_STACK);
  shared->failures += !trap_and_replace(shared, &shared->guests[1], "recurse", PW_TRAP_STACK);
  return NULL;
}

static void
endless_recursion_stays_within_the_stack_of_an_event_thread(void **state)
{
  struct shared shared;

  (void)state;
  start(&shared, 0);
  run_on_event_thread(recurse_twice, &shared);
  assert_int_equal(shared.failures, 0);
  stop(&shared);
}

static void
nest(struct guest *guest, int32_t what)
{
  struct guest  *next      = guest + 1;
  pw_value       values[1] = {{.i32 = what - 1}};
  struct pw_trap trap;

  if (what > 0) {
    guest->nested_ok = call(next, "call_notify", values, 1, 0, &trap);
  }
}

static void
instances_of_a_worker_call_each_other(void **state)
{
  struct shared  shared;
  struct pw_trap trap;
  pw_value       values[1] = {{.i32 = INSTANCES - 1}};

  (void)state;
  start(&shared, 0);
  for (size_t i = 0; i < INSTANCES; i++) {
    shared.guests[i].notified = nest;
  }
  assert_true(call(&shared.guests[0], "call_notify", values, 1, 1000, &trap));
  for (size_t i = 0; i + 1 < INSTANCES; i++) {
    assert_true(shared.guests[i].nested_ok);
  }
  stop(&shared);
}

static long
resident_kilobytes(void)
{
  FILE *file = fopen("/proc/self/status", "r");
  char  line[256];
  long  kilobytes = 0;

  assert_non_null(file);
  while (fgets(line, sizeof line, file)) {
    sscanf(line, "VmRSS: %ld", &kilobytes);
  }
  fclose(file);
  return kilobytes;
}

static void
the_memory_of_instances_that_are_gone_is_given_back(void **state)
{
  struct shared shared;
  long          before;

  (void)state;
  start(&shared, 0);
  before = resident_kilobytes();
  for (int round = 0; round < 100; round++) {
    struct guest   guest     = {.ops = shared.ops};
    pw_value       values[1] = {{.i32 = 90}};
    struct pw_trap trap;

    guest.instance = new_instance(&shared, &guest);
    assert_non_null(guest.instance);
    assert_true(call(&guest, "grow", values, 1, 1000, &trap));
    shared.ops->memory_refresh(guest.instance);
    memset(shared.ops->memory(guest.instance)->base, 1, shared.ops->memory(guest.instance)->size);
    shared.ops->instance_delete(guest.instance);
  }
  /* 600 MB in all. */
  assert_true(resident_kilobytes() - before < MOST_KILOBYTES);
  stop(&shared);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(threads_take_turns_with_the_instances_of_a_worker),
    cmocka_unit_test(endless_recursion_stays_within_the_stack_of_an_event_thread),
    cmocka_unit_test(instances_of_a_worker_call_each_other),
    cmocka_unit_test(the_memory_of_instances_that_are_gone_is_given_back),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
