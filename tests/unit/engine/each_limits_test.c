/* SPDX-License-Identifier: Apache-2.0 */
/* Modules that want all there is, of time, stack, memory and tables: the process lives on, and gives no more than it
 * was told to. */
#include "each_fixture.h"

#define PAGE           65536
#define MEMORY_BYTES   (20 * PAGE)
#define TABLE_ELEMENTS 50

static const struct guest_options endless = {
  .module = "endless", .memory_bytes = MEMORY_BYTES, .table_elements = TABLE_ELEMENTS};

/* An instance that trapped is not called again: each way has its own. */
static void
expect_end(const char *name, enum pw_trap_kind kind)
{
  /* A stack takes an interpreter some time to use up, on a busy machine and under a sanitizer. */
  uint32_t       deadline_ms = kind == PW_TRAP_TIMEOUT ? 20 : 2000;
  pw_value       values[1]   = {{.i32 = 0}};
  struct guest   guest;
  struct pw_trap trap;
  double         begin;

  start_guest(&guest, &endless);
  begin = milliseconds_now();
  assert_false(call_guest(&guest, name, values, 0, deadline_ms, &trap));
  if (trap.kind != kind || milliseconds_now() - begin > 3000) {
    fail_msg("%s: kind %d, '%s', after %.0f ms", name, (int)trap.kind, trap.message, milliseconds_now() - begin);
  }
  stop_guest(&guest);
}

static void
every_way_not_to_end_is_ended(void **state)
{
  static const char *const names[] = {
    "branch",
    "branch_if",
    "branch_unless",
    "branch_table",
    "if_in_loop",
    "loop_of_calls",
    "loop_of_indirect_calls",
    "tree_of_calls",
    "fill_memory",
    "grow_memory",
    "grow_table",
  };

  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    expect_end(names[i], PW_TRAP_TIMEOUT);
  }
}

static void
every_way_to_use_up_the_stack_is_ended(void **state)
{
  static const char *const names[] = {"recursion", "indirect_recursion"};

  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    expect_end(names[i], PW_TRAP_STACK);
  }
}

/* The instance has trapped: its memory may be looked at, and here it may even be called. */
static void
memory_and_tables_grow_to_their_limits_only(void **state)
{
  struct guest  *guest     = *state;
  pw_value       values[1] = {{.i32 = 0}};
  struct pw_trap trap;

  assert_false(call_guest(guest, "grow_memory", values, 0, 50, &trap));
  guest->ops->memory_refresh(guest->instance);
  assert_int_equal(guest->ops->memory(guest->instance)->size, MEMORY_BYTES);
  assert_false(call_guest(guest, "grow_table", values, 0, 50, &trap));
  assert_int_equal(call_i32(guest, "table_size", 0, 0), TABLE_ELEMENTS);
}

static void
a_table_that_begins_beyond_the_limit_is_refused(void **state)
{
  struct guest              *guest   = *state;
  struct pw_linked_module   *linked  = link_module(guest->ops, guest->engine, "large_table");
  struct pw_instance_options options = {.table_elements = 1000000};
  struct pw_error            error;

  assert_null(guest->ops->instance_new(linked, &options, 0, &error));
  assert_int_equal(error.code, PW_ERROR_LIMIT);
  guest->ops->linked_delete(linked);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_way_not_to_end_is_ended),
    cmocka_unit_test(every_way_to_use_up_the_stack_is_ended),
    GUEST_TEST(memory_and_tables_grow_to_their_limits_only, &endless),
    GUEST_TEST(a_table_that_begins_beyond_the_limit_is_refused, &endless),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
