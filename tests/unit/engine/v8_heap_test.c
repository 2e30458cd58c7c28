/* SPDX-License-Identifier: Apache-2.0 */
/* What modules can put on V8's own heap, which is limited: it ends a call, never the process. */
#include "support.h"

static struct pw_engine_instance *
start_instance(const struct guest *guest, struct pw_linked_module *linked, uint32_t table_elements)
{
  struct pw_instance_options options = {.table_elements = table_elements, .worker = guest};
  struct pw_error            error;
  struct pw_engine_instance *instance = guest->ops->instance_new(linked, &options, 0, &error);

  if (!instance) {
    fail_msg("%s", error.message);
  }
  return instance;
}

static void
a_full_heap_ends_the_call_and_no_other_instance(void **state)
{
  struct guest               guest;
  struct pw_linked_module   *tables;
  struct pw_engine_instance *hostile;
  struct pw_trap             trap;
  pw_function                grow;
  pw_value                   values[1];

  (void)state;
  setenv("PW_TEST_ENGINE", "v8", 1);
  start_guest(&guest, &(struct guest_options){.module = "engine_module"});
  guest.ops->instance_delete(guest.instance);
  guest.instance = start_instance(&guest, guest.linked, 0);
  tables         = link_module(guest.ops, guest.engine, "many_tables");
  for (int round = 0; round < 2; round++) {
    hostile = start_instance(&guest, tables, 0);
    assert_true(guest.ops->function_find(hostile, "grow_all", &grow));
    assert_false(guest.ops->call(hostile, &grow, values, 0, 0, &trap));
    assert_int_equal(trap.kind, PW_TRAP_GUEST);
    assert_non_null(strstr(trap.message, "heap"));
    guest.ops->instance_delete(hostile);
    assert_int_equal(call_i32(&guest, "add", 1, 2), 3);
  }
  guest.ops->linked_delete(tables);
  stop_guest(&guest);
}

static void
tables_within_their_limit_do_not_fill_it(void **state)
{
  struct guest               guest;
  struct pw_linked_module   *tables;
  struct pw_engine_instance *limited;
  struct pw_trap             trap;
  pw_function                grow;
  pw_value                   values[1];

  (void)state;
  setenv("PW_TEST_ENGINE", "v8", 1);
  start_guest(&guest, &(struct guest_options){.module = "engine_module"});
  tables  = link_module(guest.ops, guest.engine, "many_tables");
  limited = start_instance(&guest, tables, 1000);
  assert_true(guest.ops->function_find(limited, "grow_all", &grow));
  assert_true(guest.ops->call(limited, &grow, values, 0, 0, &trap));
  assert_int_equal(values[0].i32, 0);
  guest.ops->instance_delete(limited);
  guest.ops->linked_delete(tables);
  stop_guest(&guest);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_full_heap_ends_the_call_and_no_other_instance),
    cmocka_unit_test(tables_within_their_limit_do_not_fill_it),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
