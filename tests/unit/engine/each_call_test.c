/* SPDX-License-Identifier: Apache-2.0 */
/* Calls into a module and out of it: values, contexts, nesting. */
#include "support.h"

static int
setup(void **state)
{
  struct guest *guest = malloc(sizeof *guest);

  assert_non_null(guest);
  start_guest(guest, 0, 0);
  *state = guest;
  return 0;
}

static int
teardown(void **state)
{
  stop_guest(*state);
  free(*state);
  return 0;
}

static void
i32_parameters_and_result_pass(void **state)
{
  assert_int_equal(call_i32(*state, "add", 40, 2), 42);
  assert_int_equal(call_i32(*state, "add", INT32_MAX, 1), INT32_MIN);
}

static void
i64_passes_in_full_width(void **state)
{
  pw_value       values[2] = {{.u64 = UINT64_C(0x123456789)}, {.i32 = 20}};
  struct pw_trap trap;

  assert_true(call_guest(*state, "wide", values, 2, 0, &trap));
  assert_true(values[0].u64 == UINT64_C(0x123456789) << 20);
}

static void
f64_passes(void **state)
{
  double         number = 5.0;
  pw_value       values[1];
  struct pw_trap trap;

  memcpy(values, &number, sizeof number);
  assert_true(call_guest(*state, "half", values, 1, 0, &trap));
  memcpy(&number, values, sizeof number);
  assert_true(number == 2.5);
}

static void
as_many_parameters_as_the_abi_has_pass(void **state)
{
  pw_value       values[12];
  struct pw_trap trap;

  for (int32_t i = 0; i < 12; i++) {
    values[i].i32 = 100 * i;
  }
  assert_true(call_guest(*state, "twelve", values, 12, 0, &trap));
  assert_int_equal(values[0].i32, 1100);
}

static void
a_function_without_parameters_and_result_is_called(void **state)
{
  pw_value       values[1] = {{.i32 = 7}};
  struct pw_trap trap;

  assert_true(call_guest(*state, "nothing", values, 0, 0, &trap));
}

static void
a_host_function_gets_its_context_data_and_parameters(void **state)
{
  struct guest  *guest     = *state;
  pw_value       values[3] = {{.i32 = -1}, {.i64 = INT64_C(1) << 40}, {.i32 = 3}};
  struct pw_trap trap;

  assert_true(call_guest(guest, "call_combine", values, 3, 0, &trap));
  assert_int_equal(guest->seen[0].i32, -1);
  assert_true(guest->seen[1].i64 == INT64_C(1) << 40);
  assert_int_equal(guest->seen[2].i32, 3);
  assert_true(values[0].i64 == (INT64_C(1) << 40) + 2);
}

static void
two_instances_of_a_linked_module_keep_their_contexts_apart(void **state)
{
  struct guest              *guest     = *state;
  struct guest               second    = *guest;
  struct pw_instance_options options   = {.host_data = &second};
  pw_value                   values[3] = {{.i32 = 1}, {.i64 = 2}, {.i32 = 3}};
  struct pw_error            error;
  struct pw_trap             trap;

  second.instance = guest->ops->instance_new(guest->linked, &options, 0, &error);
  assert_non_null(second.instance);
  assert_true(call_guest(&second, "call_combine", values, 3, 0, &trap));
  assert_int_equal(second.seen[2].i32, 3);
  assert_int_equal(guest->seen[2].i32, 0);
  call_i32(&second, "store", 64, 77);
  assert_int_equal(call_i32(guest, "load", 64, 0), 0);
  guest->ops->instance_delete(second.instance);
}

static void
an_instance_outlives_its_linked_module(void **state)
{
  struct guest *guest = *state;

  guest->ops->linked_delete(guest->linked);
  guest->linked = NULL;
  assert_int_equal(call_i32(guest, "add", 1, 2), 3);
  call_i32(guest, "call_notify", 1, 0);
  guest->linked = link_module(guest->ops, guest->engine, "engine_module");
}

static void
a_missing_export_is_not_found(void **state)
{
  struct guest *guest = *state;
  pw_function   function;

  assert_false(guest->ops->function_find(guest->instance, "no_such_function", &function));
  assert_false(guest->ops->function_find(guest->instance, "not_a_function", &function));
  assert_false(guest->ops->function_find(guest->instance, "memory", &function));
}

static void
call_back_in(struct guest *guest, int32_t what)
{
  pw_value values[2] = {{.i32 = what}, {.i32 = 1}};

  guest->nested_ok = call_guest(guest, "add", values, 2, 0, &guest->nested_trap) && values[0].i32 == what + 1;
}

static void
a_host_function_may_call_the_module(void **state)
{
  struct guest *guest = *state;

  guest->notified = call_back_in;
  call_i32(guest, "call_notify", 8, 0);
  assert_true(guest->nested_ok);
  assert_int_equal(call_i32(guest, "add", 1, 1), 2);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    TEST(i32_parameters_and_result_pass),
    TEST(i64_passes_in_full_width),
    TEST(f64_passes),
    TEST(as_many_parameters_as_the_abi_has_pass),
    TEST(a_function_without_parameters_and_result_is_called),
    TEST(a_host_function_gets_its_context_data_and_parameters),
    TEST(two_instances_of_a_linked_module_keep_their_contexts_apart),
    TEST(an_instance_outlives_its_linked_module),
    TEST(a_missing_export_is_not_found),
    TEST(a_host_function_may_call_the_module),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
