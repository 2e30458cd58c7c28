/* SPDX-License-Identifier: Apache-2.0 */
/* One engine and one linked module, used by several threads with an instance each. */
#include "support.h"

#include <pthread.h>

#define THREADS 3
#define ROUNDS  200

struct worker {
  pthread_t                   thread;
  const struct pw_engine_ops *ops;
  struct pw_engine           *engine;
  struct pw_linked_module    *linked;
  int32_t                     number;
  unsigned                    failures;
};

/* Assertions of cmocka jump, which only its own thread may do: failures are counted. */
static void
use_instance(struct worker *worker, struct guest *guest, int32_t round)
{
  pw_value       values[3] = {{.i32 = round}, {.i64 = worker->number}, {.i32 = 0}};
  struct pw_trap trap;
  pw_function    combine;
  pw_function    fail;

  if (!worker->ops->function_find(guest->instance, "call_combine", &combine) ||
      !worker->ops->function_find(guest->instance, "fail", &fail)) {
    worker->failures++;
    return;
  }
  worker->failures += !worker->ops->call(guest->instance, &combine, values, 3, 1000, &trap);
  worker->failures += values[0].i64 != round + worker->number || guest->seen[0].i32 != round;
  /* Traps on several threads at once must not meet. */
  worker->failures += worker->ops->call(guest->instance, &fail, values, 0, 1000, &trap) || trap.kind != PW_TRAP_GUEST;
}

static void *
work(void *data)
{
  struct worker *worker = data;

  for (int32_t round = 0; round < ROUNDS; round++) {
    struct guest               guest   = {.ops = worker->ops};
    struct pw_instance_options options = {.host_data = &guest};
    struct pw_error            error;

    guest.instance = worker->ops->instance_new(worker->linked, &options, 1000, &error);
    if (!guest.instance) {
      worker->failures++;
      continue;
    }
    use_instance(worker, &guest, round);
    worker->ops->instance_delete(guest.instance);
  }
  return NULL;
}

static void *
spin(void *data)
{
  struct worker             *worker  = data;
  struct guest               guest   = {.ops = worker->ops};
  struct pw_instance_options options = {.host_data = &guest};
  struct pw_error            error;
  struct pw_trap             trap;
  pw_value                   values[1];
  pw_function                function;
  double                     begin;

  guest.instance = worker->ops->instance_new(worker->linked, &options, 0, &error);
  if (!guest.instance || !worker->ops->function_find(guest.instance, "spin", &function)) {
    worker->failures++;
    return NULL;
  }
  begin = milliseconds_now();
  if (worker->ops->call(guest.instance, &function, values, 0, 20u * (unsigned)worker->number, &trap) ||
      trap.kind != PW_TRAP_TIMEOUT || milliseconds_now() - begin < 20.0 * worker->number) {
    worker->failures++;
  }
  worker->ops->instance_delete(guest.instance);
  return NULL;
}

static void
run(void *(*body)(void *))
{
  const struct pw_engine_ops *ops    = find_engine();
  struct pw_engine           *engine = start_engine(ops, 0);
  struct pw_linked_module    *linked = link_module(ops, engine, "engine_module");
  struct worker               workers[THREADS];

  use_engine_signals();
  for (int32_t i = 0; i < THREADS; i++) {
    workers[i] = (struct worker){.ops = ops, .engine = engine, .linked = linked, .number = i + 1};
    assert_int_equal(pthread_create(&workers[i].thread, NULL, body, &workers[i]), 0);
  }
  for (int32_t i = 0; i < THREADS; i++) {
    pthread_join(workers[i].thread, NULL);
    assert_int_equal(workers[i].failures, 0);
  }
  ops->linked_delete(linked);
  ops->engine_delete(engine);
}

static void
threads_have_their_instances_to_themselves(void **state)
{
  (void)state;
  run(work);
}

static void
each_threads_deadline_is_its_own(void **state)
{
  (void)state;
  run(spin);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(threads_have_their_instances_to_themselves),
    cmocka_unit_test(each_threads_deadline_is_its_own),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
