/* SPDX-License-Identifier: Apache-2.0 */
/* Calls into a module and out of it: values, contexts, nesting. */
#include "each_fixture.h"

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
floats_pass_to_a_host_function_and_back(void **state)
{
  float          first  = 0.5f;
  double         second = 1e300;
  float          third  = -0.25f;
  pw_value       values[3];
  double         sum;
  struct pw_trap trap;

  memset(values, 0xff, sizeof values);
  memcpy(&values[0], &first, sizeof first);
  memcpy(&values[1], &second, sizeof second);
  memcpy(&values[2], &third, sizeof third);
  assert_true(call_guest(*state, "call_add_floats", values, 3, 0, &trap));
  memcpy(&sum, values, sizeof sum);
  assert_true(sum == second + 0.5 - 0.25);
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

/* Starts a module of this folder in the place of the guest's; NULL with the error when it does not start. */
static struct pw_engine_instance *
start_module(struct guest *guest, const char *name, struct pw_linked_module **linked, struct pw_error *error)
{
  struct pw_instance_options options = {.host_data = guest};

  *linked = link_module(guest->ops, guest->engine, name);
  return guest->ops->instance_new(*linked, &options, 0, error);
}

static void
a_start_section_may_be_a_host_function(void **state)
{
  struct guest              *guest = *state;
  struct pw_linked_module   *linked;
  struct pw_error            error;
  struct pw_engine_instance *instance = start_module(guest, "start_import", &linked, &error);

  assert_non_null(instance);
  assert_int_equal(guest->pings, 1);
  guest->ops->instance_delete(instance);
  guest->ops->linked_delete(linked);
  guest->answer = "the host says no";
  assert_null(start_module(guest, "start_import", &linked, &error));
  assert_int_equal(error.code, PW_ERROR_TRAP);
  assert_non_null(strstr(error.message, "the host says no"));
  guest->ops->linked_delete(linked);
}

static void
nothing_runs_but_what_the_standard_says(void **state)
{
  struct guest              *guest = *state;
  struct pw_linked_module   *linked;
  struct pw_error            error;
  struct pw_engine_instance *instance = start_module(guest, "constructors", &linked, &error);

  assert_non_null(instance);
  assert_int_equal(guest->pings, 0);
  guest->ops->instance_delete(instance);
  guest->ops->linked_delete(linked);
}

/* Every export of this module answers 1 if a proposal does what it says. */
static void
what_toolchains_use_beyond_the_first_standard_works(void **state)
{
  static const char *const features[] = {"sign_extension", "saturation", "multiple_values", "bulk_memory",
                                         "reference_types"};
  struct guest            *guest      = *state;
  struct guest             other      = *guest;
  struct pw_error          error;

  other.instance = start_module(guest, "features", &other.linked, &error);
  if (!other.instance) {
    fail_msg("%s", error.message);
  }
  for (size_t i = 0; i < sizeof features / sizeof *features; i++) {
    if (call_i32(&other, features[i], 0, 0) != 1) {
      fail_msg("%s", features[i]);
    }
  }
  guest->ops->instance_delete(other.instance);
  guest->ops->linked_delete(other.linked);
}

/* Exported, imported twice, in a table; beside loops that no engine needs to make code of. */
static void
odd_ways_to_a_host_function_are_ways_to_it(void **state)
{
  struct guest   *guest = *state;
  struct guest    other = *guest;
  pw_value        none  = {.u64 = 0};
  struct pw_error error;
  pw_function     function;

  other.instance = start_module(guest, "odd_ways", &other.linked, &error);
  if (!other.instance) {
    fail_msg("%s", error.message);
  }
  assert_int_equal(call_i32(&other, "by_table", 3, 0), 1006);
  assert_int_equal(guest->seen[1].i64, 1000);
  assert_int_equal(call_i32(&other, "by_table", 4, 2), 1008);
  assert_true(call_guest(&other, "by_both_imports", &none, 1, 0, NULL));
  assert_int_equal(guest->pings, 2);
  assert_true(guest->ops->function_find(other.instance, "*/ return; } /*", &function));
  assert_true(guest->ops->call(other.instance, &function, &none, 1, 0, NULL));
  assert_int_equal(guest->pings, 3);
  assert_int_equal(call_i32(&other, "past_dead_loops", 5, 1), 7);
  assert_int_equal(call_i32(&other, "past_dead_loops", 5, 0), 0);
  guest->ops->instance_delete(other.instance);
  guest->ops->linked_delete(other.linked);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
#define TEST(name) GUEST_TEST(name, &plain_guest)
    TEST(i32_parameters_and_result_pass),
    TEST(i64_passes_in_full_width),
    TEST(f64_passes),
    TEST(as_many_parameters_as_the_abi_has_pass),
    TEST(a_function_without_parameters_and_result_is_called),
    TEST(a_host_function_gets_its_context_data_and_parameters),
    TEST(floats_pass_to_a_host_function_and_back),
    TEST(two_instances_of_a_linked_module_keep_their_contexts_apart),
    TEST(an_instance_outlives_its_linked_module),
    TEST(a_missing_export_is_not_found),
    TEST(a_host_function_may_call_the_module),
    TEST(a_start_section_may_be_a_host_function),
    TEST(nothing_runs_but_what_the_standard_says),
    TEST(what_toolchains_use_beyond_the_first_standard_works),
    TEST(odd_ways_to_a_host_function_are_ways_to_it),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
