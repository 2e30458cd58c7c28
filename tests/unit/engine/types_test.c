/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

static void
bytes_grow_as_they_are_appended_to(void **state)
{
  (void)state;
  struct pw_bytes bytes = {0};
  for (int i = 0; i < 1000; i++) {
    assert_true(pw_bytes_append(&bytes, "0123456789", 10));
  }
  assert_int_equal(bytes.size, 10000);
  assert_memory_equal(bytes.data + 9990, "0123456789", 10);
  assert_true(bytes.capacity < 40000);
  pw_bytes_clear(&bytes);
  assert_null(bytes.data);
  assert_int_equal(bytes.size, 0);
}

static void
nothing_can_be_appended_from_nowhere(void **state)
{
  (void)state;
  struct pw_bytes bytes = {0};
  assert_true(pw_bytes_append(&bytes, NULL, 0));
  assert_int_equal(pw_bytes_view(&bytes).size, 0);
}

static void
a_size_that_wraps_around_is_refused(void **state)
{
  (void)state;
  struct pw_bytes bytes = {0};
  /* Volatile, as a compiler that knows it would warn of it. */
  volatile size_t too_much = SIZE_MAX;
  assert_true(pw_bytes_append(&bytes, "a", 1));
  assert_false(pw_bytes_append(&bytes, "b", too_much));
  assert_int_equal(bytes.size, 1);
  pw_bytes_clear(&bytes);
}

static void
bytes_stay_as_they_were_when_memory_is_out(void **state)
{
  (void)state;
  struct pw_bytes bytes = {0};
  assert_true(pw_bytes_append(&bytes, "abc", 3));
  char   block[100] = "";
  size_t capacity   = bytes.capacity;
  assert_true(capacity < sizeof(block) + 3);
  /* Doubling fails: what is just needed is asked for instead. */
  fail_alloc_at(1);
  assert_true(pw_bytes_append(&bytes, block, sizeof(block)));
  assert_true(fail_alloc_stop());
  bytes.size = 3;
  fail_alloc_at(1);
  assert_false(pw_bytes_reserve(&bytes, 1000));
  assert_true(fail_alloc_stop());
  assert_view_equal(pw_bytes_view(&bytes), "abc");
  pw_bytes_clear(&bytes);
}

static void
pairs_grow_and_keep_their_order(void **state)
{
  (void)state;
  struct pw_pairs pairs    = {0};
  const char      digits[] = "0123456789";
  for (size_t i = 0; i < 100; i++) {
    assert_true(pw_pairs_add(&pairs, pw_view_make(digits + i % 10, 1), pw_view_of("v")));
  }
  assert_int_equal(pairs.count, 100);
  for (size_t i = 0; i < 100; i++) {
    assert_ptr_equal(pairs.items[i].key.data, digits + i % 10);
  }
  pw_pairs_clear(&pairs);
  assert_int_equal(pairs.count, 0);
}

static void
room_for_pairs_is_made_at_once(void **state)
{
  (void)state;
  struct pw_pairs pairs = {0};
  assert_true(pw_pairs_reserve(&pairs, 0));
  assert_true(pw_pairs_add(&pairs, pw_view_of("k"), pw_view_of("v")));
  assert_true(pw_pairs_reserve(&pairs, 100));
  assert_true(pairs.capacity >= 101);
  assert_int_equal(pairs.count, 1);
  assert_view_equal(pairs.items[0].key, "k");
  assert_false(pw_pairs_reserve(&pairs, SIZE_MAX));
  assert_false(pw_pairs_reserve(&pairs, SIZE_MAX / sizeof(struct pw_pair)));
  assert_int_equal(pairs.count, 1);
  pw_pairs_clear(&pairs);
}

static void
pairs_stay_as_they_were_when_memory_is_out(void **state)
{
  (void)state;
  struct pw_pairs pairs = {0};
  fail_alloc_at(1);
  assert_false(pw_pairs_add(&pairs, pw_view_of("k"), pw_view_of("v")));
  assert_true(fail_alloc_stop());
  assert_int_equal(pairs.count, 0);
  assert_true(pw_pairs_add(&pairs, pw_view_of("k"), pw_view_of("v")));
  pw_pairs_clear(&pairs);
}

static void
views_compare_by_bytes(void **state)
{
  (void)state;
  assert_true(pw_view_equal(LITERAL("a\0b"), LITERAL("a\0b")));
  assert_false(pw_view_equal(LITERAL("a\0b"), LITERAL("a\0c")));
  assert_false(pw_view_equal(LITERAL("a"), LITERAL("ab")));
  assert_true(pw_view_equal(pw_view_of(NULL), pw_view_of("")));
}

static void
an_error_has_code_and_message(void **state)
{
  (void)state;
  struct pw_error error;
  assert_false(pw_error_set(&error, PW_ERROR_FILE, "%s: %d", "a.yaml", 7));
  assert_int_equal(error.code, PW_ERROR_FILE);
  assert_string_equal(error.message, "a.yaml: 7");
  assert_false(pw_error_set(NULL, PW_ERROR_FILE, "nobody asks"));
}

static void
an_error_can_be_built_on_its_own_message(void **state)
{
  (void)state;
  struct pw_error error;
  pw_error_set(&error, PW_ERROR_MODULE, "inner");
  pw_error_set(&error, PW_ERROR_START, "outer: %s", error.message);
  assert_string_equal(error.message, "outer: inner");
}

static void
a_message_that_is_too_long_is_cut_and_says_so(void **state)
{
  (void)state;
  struct pw_error error;
  char            text[3 * sizeof(error.message)];
  memset(text, 'x', sizeof(text) - 1);
  text[sizeof(text) - 1] = '\0';
  pw_error_set(&error, PW_ERROR_TRAP, "%s", text);
  assert_int_equal(strlen(error.message), sizeof(error.message) - 1);
  assert_string_equal(error.message + sizeof(error.message) - 5, "x...");
}

static void
every_error_code_has_a_word(void **state)
{
  (void)state;
  for (int code = 0; code < PW_ERROR_COUNT; code++) {
    assert_true(strlen(pw_error_word((enum pw_error_code)code)) > 0);
  }
  assert_string_equal(pw_error_word(PW_ERROR_LIMIT), "limit");
  assert_string_equal(pw_error_word((enum pw_error_code)PW_ERROR_COUNT), "unknown error");
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(bytes_grow_as_they_are_appended_to),
    cmocka_unit_test(nothing_can_be_appended_from_nowhere),
    cmocka_unit_test(a_size_that_wraps_around_is_refused),
    cmocka_unit_test(bytes_stay_as_they_were_when_memory_is_out),
    cmocka_unit_test(pairs_grow_and_keep_their_order),
    cmocka_unit_test(room_for_pairs_is_made_at_once),
    cmocka_unit_test(pairs_stay_as_they_were_when_memory_is_out),
    cmocka_unit_test(views_compare_by_bytes),
    cmocka_unit_test(an_error_has_code_and_message),
    cmocka_unit_test(an_error_can_be_built_on_its_own_message),
    cmocka_unit_test(a_message_that_is_too_long_is_cut_and_says_so),
    cmocka_unit_test(every_error_code_has_a_word),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
