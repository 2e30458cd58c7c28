/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include "host/property_store.h"

static const size_t NO_LIMIT = SIZE_MAX;

static void
what_is_set_is_found(void **state)
{
  (void)state;
  struct pw_property_store store = {0};
  struct pw_view           value;
  assert_false(pw_property_store_get(&store, LITERAL("a\0b"), &value));
  assert_int_equal(pw_property_store_set(&store, LITERAL("a\0b"), LITERAL("1\0"), NO_LIMIT), PW_STATUS_OK);
  assert_int_equal(pw_property_store_set(&store, LITERAL("a\0c"), LITERAL(""), NO_LIMIT), PW_STATUS_OK);
  assert_int_equal(pw_property_store_set(&store, LITERAL(""), LITERAL("no path"), NO_LIMIT), PW_STATUS_OK);
  assert_true(pw_property_store_get(&store, LITERAL("a\0b"), &value));
  assert_view_equal(value, "1\0");
  assert_true(pw_property_store_get(&store, LITERAL("a\0c"), &value));
  assert_int_equal(value.size, 0);
  assert_true(pw_property_store_get(&store, LITERAL(""), &value));
  assert_view_equal(value, "no path");
  assert_false(pw_property_store_get(&store, LITERAL("a"), &value));
  pw_property_store_clear(&store);
  assert_false(pw_property_store_get(&store, LITERAL("a\0b"), &value));
}

static void
a_value_is_replaced_and_counts_once(void **state)
{
  (void)state;
  struct pw_property_store store = {0};
  struct pw_view           value;
  assert_int_equal(pw_property_store_set(&store, LITERAL("p"), LITERAL("a long value"), NO_LIMIT), PW_STATUS_OK);
  assert_int_equal(pw_property_store_set(&store, LITERAL("p"), LITERAL("short"), NO_LIMIT), PW_STATUS_OK);
  assert_true(pw_property_store_get(&store, LITERAL("p"), &value));
  assert_view_equal(value, "short");
  assert_int_equal(store.count, 1);
  assert_int_equal(store.bytes, 1 + 5 + PW_PROPERTY_OVERHEAD);
  pw_property_store_clear(&store);
}

static void
hundreds_of_properties_are_kept_apart(void **state)
{
  (void)state;
  struct pw_property_store store = {0};
  for (int i = 0; i < 500; i++) {
    char text[16];
    snprintf(text, sizeof(text), "%d", i);
    assert_int_equal(pw_property_store_set(&store, pw_view_of(text), pw_view_of(text), NO_LIMIT), PW_STATUS_OK);
  }
  for (int i = 0; i < 500; i++) {
    char           text[16];
    struct pw_view value;
    snprintf(text, sizeof(text), "%d", i);
    assert_true(pw_property_store_get(&store, pw_view_of(text), &value));
    assert_true(pw_view_equal(value, pw_view_of(text)));
  }
  pw_property_store_clear(&store);
}

static void
the_limit_holds_and_what_was_there_stays(void **state)
{
  (void)state;
  struct pw_property_store store = {0};
  struct pw_view           value;
  const size_t             limit = PW_PROPERTY_OVERHEAD + 10;
  assert_int_equal(pw_property_store_set(&store, LITERAL("path"), LITERAL("123456"), limit), PW_STATUS_OK);
  assert_int_equal(pw_property_store_set(&store, LITERAL("path"), LITERAL("1234567"), limit),
                   PW_STATUS_INTERNAL_FAILURE);
  assert_int_equal(pw_property_store_set(&store, LITERAL(""), LITERAL(""), limit), PW_STATUS_INTERNAL_FAILURE);
  assert_true(pw_property_store_get(&store, LITERAL("path"), &value));
  assert_view_equal(value, "123456");
  assert_int_equal(pw_property_store_set(&store, LITERAL("path"), LITERAL("654321"), limit), PW_STATUS_OK);
  pw_property_store_clear(&store);
}

static void
sizes_that_wrap_around_are_refused(void **state)
{
  (void)state;
  struct pw_property_store store = {0};
  const struct pw_view     huge  = pw_view_make("x", SIZE_MAX - 16);
  assert_int_equal(pw_property_store_set(&store, huge, huge, 65536), PW_STATUS_INTERNAL_FAILURE);
  assert_int_equal(pw_property_store_set(&store, LITERAL("p"), huge, 65536), PW_STATUS_INTERNAL_FAILURE);
  assert_int_equal(pw_property_store_set(&store, LITERAL("p"), LITERAL(""), 0), PW_STATUS_INTERNAL_FAILURE);
  assert_int_equal(store.count, 0);
  pw_property_store_clear(&store);
}

static void
nothing_is_changed_when_memory_is_out(void **state)
{
  (void)state;
  struct pw_view value;
  unsigned       n = 1;
  for (;; n++) {
    struct pw_property_store store = {0};
    fail_alloc_at(n);
    enum pw_status status = pw_property_store_set(&store, LITERAL("path"), LITERAL("value"), NO_LIMIT);
    if (!fail_alloc_stop()) {
      assert_int_equal(status, PW_STATUS_OK);
      pw_property_store_clear(&store);
      break;
    }
    /* A value may still be had where the allocator is asked a second time for less. */
    if (status == PW_STATUS_OK) {
      assert_true(pw_property_store_get(&store, LITERAL("path"), &value));
    } else {
      assert_int_equal(status, PW_STATUS_INTERNAL_FAILURE);
      assert_int_equal(store.count, 0);
      assert_int_equal(store.bytes, 0);
    }
    pw_property_store_clear(&store);
  }
  assert_true(n > 1);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_is_set_is_found),
    cmocka_unit_test(a_value_is_replaced_and_counts_once),
    cmocka_unit_test(hundreds_of_properties_are_kept_apart),
    cmocka_unit_test(the_limit_holds_and_what_was_there_stays),
    cmocka_unit_test(sizes_that_wrap_around_are_refused),
    cmocka_unit_test(nothing_is_changed_when_memory_is_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
