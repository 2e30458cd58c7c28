/* SPDX-License-Identifier: Apache-2.0 */
/* All engines in one process, at the same time: their traps and deadlines do not meet. */
#include "support.h"

#include <pthread.h>

#define MOST_ENGINES 8
#define ROUNDS       60

struct user {
  pthread_t                   thread;
  const struct pw_engine_ops *ops;
  struct pw_engine           *engine;
  struct pw_linked_module    *linked;
  unsigned                    failures;
};

/* Assertions of cmocka jump, which only its own thread may do: failures are counted. */
static void
expect(struct user *user, const char *name, int32_t first, enum pw_trap_kind kind)
{
  struct guest               guest     = {.ops = user->ops};
  struct pw_instance_options options   = {.host_data = &guest, .worker = user};
  pw_value                   values[2] = {{.i32 = first}, {.i32 = 0}};
  struct pw_trap             trap      = {.kind = PW_TRAP_NONE};
  struct pw_error            error;
  pw_function                function;

  guest.instance = user->ops->instance_new(user->linked, &options, 0, &error);
  if (!guest.instance || !user->ops->function_find(guest.instance, name, &function)) {
    user->failures++;
    return;
  }
  /* Long enough for an interpreter under a sanitizer to use up its stack. */
  if (user->ops->call(guest.instance, &function, values, 2, kind == PW_TRAP_TIMEOUT ? 20 : 20000, &trap) !=
        (kind == PW_TRAP_NONE) ||
      trap.kind != kind) {
    user->failures++;
  }
  user->ops->instance_delete(guest.instance);
}

static void *
use(void *data)
{
  struct user *user = data;

  for (int round = 0; round < ROUNDS; round++) {
    expect(user, "load", -4, PW_TRAP_GUEST);
    expect(user, "divide", 1, PW_TRAP_GUEST);
    expect(user, "fail", 0, PW_TRAP_GUEST);
    expect(user, "recurse", 0, PW_TRAP_STACK);
    expect(user, "add", 1, PW_TRAP_NONE);
    if (round % 20 == 0) {
      expect(user, "spin", 0, PW_TRAP_TIMEOUT);
    }
  }
  return NULL;
}

static void
engines_trap_side_by_side(void **state)
{
  const char *const *names = pw_engine_names();
  struct user        users[MOST_ENGINES];
  size_t             count = 0;
  struct pw_error    error;

  (void)state;
  memset(users, 0, sizeof users);
  for (; names[count]; count++) {
    assert_true(count < MOST_ENGINES);
    users[count].ops = pw_engine_find(names[count], &error);
    if (!users[count].ops) {
      fail_msg("%s", error.message);
    }
    users[count].engine = users[count].ops->engine_new(NULL, &error);
    assert_non_null(users[count].engine);
    users[count].linked = link_module(users[count].ops, users[count].engine, "engine_module");
  }
  assert_true(count >= 2);
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(pthread_create(&users[i].thread, NULL, use, &users[i]), 0);
  }
  for (size_t i = 0; i < count; i++) {
    pthread_join(users[i].thread, NULL);
    if (users[i].failures) {
      fail_msg("%s: %u calls did not end as they should", names[i], users[i].failures);
    }
    users[i].ops->linked_delete(users[i].linked);
    users[i].ops->engine_delete(users[i].engine);
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(engines_trap_side_by_side),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
