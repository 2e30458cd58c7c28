/* SPDX-License-Identifier: Apache-2.0 */
/* Modules that want all there is, of time, stack, memory and tables: the process lives on, and gives no more than it
 * was told to. */
#include "each_fixture.h"

#include "support/wasm_builder.h"

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
  /* There are two tables. */
  assert_int_equal(call_i32(guest, "table_size", 0, 0), TABLE_ELEMENTS / 2);
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

static void
tables_have_an_equal_share_of_the_limit(void **state)
{
  static const struct guest_options options = {.module = "two_tables", .table_elements = 1401};
  struct guest                      guest;

  (void)state;
  start_guest(&guest, &options);
  assert_int_equal(call_i32(&guest, "grow_a", 101, 0), -1);
  assert_int_equal(call_i32(&guest, "grow_a", 100, 0), 600);
  assert_int_equal(call_i32(&guest, "grow_a", 1, 0), -1);
  assert_int_equal(call_i32(&guest, "grow_b", 100, 0), 600);
  assert_int_equal(call_i32(&guest, "grow_b", 1, 0), -1);
  stop_guest(&guest);
}

static void
tables_that_begin_beyond_the_limit_together_are_refused(void **state)
{
  struct guest              *guest   = *state;
  struct pw_linked_module   *linked  = link_module(guest->ops, guest->engine, "two_tables");
  struct pw_instance_options options = {.table_elements = 1199};
  struct pw_engine_instance *instance;
  struct pw_error            error;

  assert_null(guest->ops->instance_new(linked, &options, 0, &error));
  assert_int_equal(error.code, PW_ERROR_LIMIT);
  assert_non_null(strstr(error.message, "table"));
  assert_non_null(strstr(error.message, "600 elements"));
  options.table_elements = 1200;
  instance               = guest->ops->instance_new(linked, &options, 0, &error);
  assert_non_null(instance);
  guest->ops->instance_delete(instance);
  guest->ops->linked_delete(linked);
}

/* A module of this many tables, of no elements. */
static struct pw_compiled_module *
compile_tables(const struct guest *guest, unsigned count, struct pw_error *error)
{
  struct pw_bytes            code    = {0};
  struct pw_bytes            section = {0};
  struct pw_compiled_module *module;

  wasm_number(&section, count);
  for (unsigned i = 0; i < count; i++) {
    wasm_bytes(&section, "\x70\0\0", 3);
  }
  wasm_begin(&code);
  wasm_section(&code, 4, pw_bytes_view(&section));
  module = guest->ops->module_compile(guest->engine, pw_bytes_view(&code), error);
  pw_bytes_clear(&section);
  pw_bytes_clear(&code);
  return module;
}

static void
a_module_has_a_hundred_tables_at_most(void **state)
{
  struct guest              *guest = *state;
  struct pw_error            error = {.message = ""};
  struct pw_compiled_module *module;

  module = compile_tables(guest, 100, &error);
  if (!module) {
    fail_msg("%s", error.message);
  }
  guest->ops->module_delete(module);
  assert_null(compile_tables(guest, 101, &error));
  assert_int_equal(error.code, PW_ERROR_MODULE);
  assert_non_null(strstr(error.message, "tables"));
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_way_not_to_end_is_ended),
    cmocka_unit_test(every_way_to_use_up_the_stack_is_ended),
    GUEST_TEST(memory_and_tables_grow_to_their_limits_only, &endless),
    GUEST_TEST(a_table_that_begins_beyond_the_limit_is_refused, &endless),
    cmocka_unit_test(tables_have_an_equal_share_of_the_limit),
    GUEST_TEST(tables_that_begin_beyond_the_limit_together_are_refused, &plain_guest),
    GUEST_TEST(a_module_has_a_hundred_tables_at_most, &plain_guest),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
