/* SPDX-License-Identifier: Apache-2.0 */
/* The view of an instance's memory, and its limit. */
#include "each_fixture.h"

#define PAGE 65536

static const struct guest_options ten_pages = {.module = "engine_module", .memory_bytes = 10 * PAGE};
static const struct guest_options no_pages  = {.module = "empty_memory", .memory_bytes = 3 * PAGE};

static void
the_host_sees_what_the_guest_writes_and_the_other_way(void **state)
{
  struct guest     *guest = *state;
  struct pw_memory *memory;
  int32_t           value = 99;

  memory = guest->ops->memory(guest->instance);
  assert_non_null(memory);
  assert_int_equal(memory->size, PAGE);
  call_i32(guest, "store", 100, 0x01020304);
  assert_memory_equal(memory->base + 100, "\x04\x03\x02\x01", 4);
  memcpy(memory->base + PAGE - 4, &value, sizeof value);
  assert_int_equal(call_i32(guest, "load", PAGE - 4, 0), 99);
}

static void
growth_shows_after_a_refresh_and_never_moves_the_base(void **state)
{
  struct guest     *guest = *state;
  struct pw_memory *memory;
  uint8_t          *base;

  memory = guest->ops->memory(guest->instance);
  base   = memory->base;
  assert_int_equal(call_i32(guest, "grow", 90, 0), 1);
  assert_true(memory->size <= 91 * PAGE);
  guest->ops->memory_refresh(guest->instance);
  assert_int_equal(memory->size, 91 * PAGE);
  assert_ptr_equal(memory->base, base);
  memory->base[91 * PAGE - 1] = 1;
  assert_int_equal(call_i32(guest, "load", 91 * PAGE - 4, 0), 1 << 24);
}

static void
refresh_inside(struct guest *guest, int32_t what)
{
  (void)what;
  guest->ops->memory_refresh(guest->instance);
  guest->nested_ok = guest->ops->memory(guest->instance)->size == 3 * PAGE;
}

static void
a_host_function_sees_growth_of_the_same_call(void **state)
{
  struct guest *guest = *state;

  guest->notified = refresh_inside;
  call_i32(guest, "grow_and_notify", 2, 0);
  assert_true(guest->nested_ok);
}

static void
memory_cannot_grow_beyond_the_limit(void **state)
{
  struct guest *guest = *state;

  assert_int_equal(call_i32(guest, "grow", 10, 0), -1);
  assert_int_equal(call_i32(guest, "grow", 9, 0), 1);
  assert_int_equal(call_i32(guest, "grow", 1, 0), -1);
  guest->ops->memory_refresh(guest->instance);
  assert_int_equal(guest->ops->memory(guest->instance)->size, 10 * PAGE);
}

static void
a_module_that_begins_beyond_the_limit_is_refused(void **state)
{
  const struct pw_engine_ops *ops     = find_engine();
  struct pw_engine           *engine  = start_engine(ops, 0);
  struct pw_linked_module    *linked  = link_module(ops, engine, "large_memory");
  struct pw_instance_options  options = {.memory_bytes = 1 << 20};
  struct pw_engine_instance  *instance;
  struct pw_error             error;

  (void)state;
  assert_null(ops->instance_new(linked, &options, 0, &error));
  assert_int_equal(error.code, PW_ERROR_LIMIT);
  assert_non_null(strstr(error.message, "limit"));
  options.memory_bytes = 32 << 20;
  instance             = ops->instance_new(linked, &options, 0, &error);
  assert_non_null(instance);
  ops->instance_delete(instance);
  ops->linked_delete(linked);
  ops->engine_delete(engine);
}

static void
a_memory_that_is_not_exported_is_not_to_be_had(void **state)
{
  const struct pw_engine_ops *ops     = find_engine();
  struct pw_engine           *engine  = start_engine(ops, 0);
  struct pw_linked_module    *linked  = link_module(ops, engine, "private_memory");
  struct pw_instance_options  options = {0};
  struct pw_error             error;
  struct pw_engine_instance  *instance = ops->instance_new(linked, &options, 0, &error);

  (void)state;
  assert_non_null(instance);
  assert_null(ops->memory(instance));
  ops->memory_refresh(instance);
  ops->instance_delete(instance);
  ops->linked_delete(linked);
  ops->engine_delete(engine);
}

static void
a_memory_that_begins_with_nothing_grows(void **state)
{
  struct guest     *guest  = *state;
  struct pw_memory *memory = guest->ops->memory(guest->instance);

  assert_non_null(memory);
  assert_int_equal(memory->size, 0);
  assert_int_equal(call_i32(guest, "grow", 0, 0), 0);
  assert_int_equal(call_i32(guest, "grow", 2, 0), 0);
  guest->ops->memory_refresh(guest->instance);
  assert_int_equal(memory->size, 2 * PAGE);
  memory->base[2 * PAGE - 1] = 1;
  assert_int_equal(call_i32(guest, "load", 2 * PAGE - 4, 0), 1 << 24);
  assert_int_equal(call_i32(guest, "grow", 2, 0), -1);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    GUEST_TEST(the_host_sees_what_the_guest_writes_and_the_other_way, &plain_guest),
    GUEST_TEST(growth_shows_after_a_refresh_and_never_moves_the_base, &plain_guest),
    GUEST_TEST(a_host_function_sees_growth_of_the_same_call, &plain_guest),
    GUEST_TEST(memory_cannot_grow_beyond_the_limit, &ten_pages),
    cmocka_unit_test(a_module_that_begins_beyond_the_limit_is_refused),
    cmocka_unit_test(a_memory_that_is_not_exported_is_not_to_be_had),
    GUEST_TEST(a_memory_that_begins_with_nothing_grows, &no_pages),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
