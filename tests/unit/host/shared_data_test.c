/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include "host/shared_data.h"
#include "support/threads.h"

static const struct pw_view VM = {"vm", 2};

static int
make(void **state)
{
  *state = pw_shared_data_new(1 << 20, 1000);
  return *state ? 0 : -1;
}

static int
unmake(void **state)
{
  pw_shared_data_delete(*state);
  return 0;
}

/** Sets, and expects it to be done. */
static void
set(struct pw_shared_data *data, const char *key, const char *value)
{
  assert_int_equal(pw_shared_data_set(data, VM, pw_view_of(key), pw_view_of(value), 0), PW_STATUS_OK);
}

/** The number for compare-and-swap, after checking that the value is as expected. */
static uint32_t
expect(struct pw_shared_data *data, struct pw_view vm_id, const char *key, const char *value)
{
  struct pw_bytes bytes = {0};
  uint32_t        cas   = 0;
  assert_int_equal(pw_shared_data_get(data, vm_id, pw_view_of(key), &bytes, &cas), PW_STATUS_OK);
  assert_true(pw_view_equal(pw_bytes_view(&bytes), pw_view_of(value)));
  assert_int_not_equal(cas, 0);
  pw_bytes_clear(&bytes);
  return cas;
}

static enum pw_status
get_status(struct pw_shared_data *data, struct pw_view vm_id, const char *key)
{
  struct pw_bytes bytes  = {0};
  uint32_t        cas    = 0;
  enum pw_status  status = pw_shared_data_get(data, vm_id, pw_view_of(key), &bytes, &cas);
  pw_bytes_clear(&bytes);
  return status;
}

static void
what_is_set_is_got(void **state)
{
  assert_int_equal(get_status(*state, VM, "key"), PW_STATUS_NOT_FOUND);
  set(*state, "key", "value");
  expect(*state, VM, "key", "value");
  set(*state, "key", "another, longer value");
  expect(*state, VM, "key", "another, longer value");
  assert_int_equal(get_status(*state, VM, "other"), PW_STATUS_NOT_FOUND);
}

static void
values_are_appended_to_what_the_caller_has(void **state)
{
  struct pw_bytes bytes = {0};
  uint32_t        cas;
  set(*state, "key", "value");
  assert_true(pw_bytes_append(&bytes, "the ", 4));
  assert_int_equal(pw_shared_data_get(*state, VM, pw_view_of("key"), &bytes, &cas), PW_STATUS_OK);
  assert_view_equal(pw_bytes_view(&bytes), "the value");
  pw_bytes_clear(&bytes);
}

static void
an_empty_value_is_a_value(void **state)
{
  set(*state, "key", "value");
  set(*state, "key", "");
  expect(*state, VM, "key", "");
  set(*state, "", "the empty key");
  expect(*state, VM, "", "the empty key");
}

static void
keys_and_values_hold_any_bytes(void **state)
{
  struct pw_bytes bytes = {0};
  uint32_t        cas;
  assert_int_equal(pw_shared_data_set(*state, VM, LITERAL("a\0b"), LITERAL("\0\xff"), 0), PW_STATUS_OK);
  assert_int_equal(get_status(*state, VM, "a"), PW_STATUS_NOT_FOUND);
  assert_int_equal(pw_shared_data_get(*state, VM, LITERAL("a\0b"), &bytes, &cas), PW_STATUS_OK);
  assert_view_equal(pw_bytes_view(&bytes), "\0\xff");
  pw_bytes_clear(&bytes);
}

static void
vm_ids_have_keys_of_their_own(void **state)
{
  set(*state, "key", "mine");
  assert_int_equal(get_status(*state, pw_view_of("other"), "key"), PW_STATUS_NOT_FOUND);
  assert_int_equal(get_status(*state, pw_view_of(""), "key"), PW_STATUS_NOT_FOUND);
  assert_int_equal(get_status(*state, pw_view_of("v"), "mkey"), PW_STATUS_NOT_FOUND);
  assert_int_equal(pw_shared_data_set(*state, pw_view_of(""), pw_view_of("key"), pw_view_of("nobody's"), 0),
                   PW_STATUS_OK);
  expect(*state, VM, "key", "mine");
  expect(*state, pw_view_of(""), "key", "nobody's");
}

static void
compare_and_swap_needs_the_number_of_now(void **state)
{
  set(*state, "key", "1");
  uint32_t first = expect(*state, VM, "key", "1");
  assert_int_equal(pw_shared_data_set(*state, VM, pw_view_of("key"), pw_view_of("2"), first), PW_STATUS_OK);
  uint32_t second = expect(*state, VM, "key", "2");
  assert_int_not_equal(first, second);
  assert_int_equal(pw_shared_data_set(*state, VM, pw_view_of("key"), pw_view_of("3"), first), PW_STATUS_CAS_MISMATCH);
  assert_int_equal(expect(*state, VM, "key", "2"), second);
}

static void
compare_and_swap_of_an_unknown_key_is_a_mismatch(void **state)
{
  assert_int_equal(pw_shared_data_set(*state, VM, pw_view_of("key"), pw_view_of("1"), 7), PW_STATUS_CAS_MISMATCH);
  assert_int_equal(get_status(*state, VM, "key"), PW_STATUS_NOT_FOUND);
}

static void
numbers_do_not_come_back_soon(void **state)
{
  uint32_t last = 0;
  for (int i = 0; i < 10000; i++) {
    set(*state, "key", "value");
    uint32_t cas = expect(*state, VM, "key", "value");
    assert_true(cas > last);
    last = cas;
  }
}

static void
the_limit_of_bytes_holds_to_the_byte(void **state)
{
  (void)state;
  struct pw_shared_data *data = pw_shared_data_new(20, 10);
  uint64_t               bytes;
  uint32_t               keys;
  assert_non_null(data);
  set(data, "key", "0123456789"); /* 2 + 3 + 10 */
  assert_int_equal(pw_shared_data_set(data, VM, pw_view_of("k"), pw_view_of("abc"), 0), PW_STATUS_INTERNAL_FAILURE);
  assert_int_equal(get_status(data, VM, "k"), PW_STATUS_NOT_FOUND);
  assert_int_equal(pw_shared_data_set(data, VM, pw_view_of("key"), pw_view_of("0123456789abcdef"), 0),
                   PW_STATUS_INTERNAL_FAILURE);
  expect(data, VM, "key", "0123456789");
  set(data, "k", "ab");
  pw_shared_data_usage(data, &bytes, &keys);
  assert_int_equal(bytes, 20);
  assert_int_equal(keys, 2);
  set(data, "key", "01234");
  set(data, "k", "abcdefg");
  pw_shared_data_usage(data, &bytes, &keys);
  assert_int_equal(bytes, 20);
  pw_shared_data_delete(data);
}

static void
sizes_that_wrap_around_are_refused(void **state)
{
  (void)state;
  struct pw_shared_data *data = pw_shared_data_new(UINT64_MAX, 10);
  assert_non_null(data);
  /* None of these bytes is looked at. */
  assert_int_equal(pw_shared_data_set(data, VM, pw_view_of("k"), pw_view_make("x", SIZE_MAX), 0),
                   PW_STATUS_INTERNAL_FAILURE);
  assert_int_equal(get_status(data, VM, "k"), PW_STATUS_NOT_FOUND);
  pw_shared_data_delete(data);
}

static void
the_limit_of_keys_holds(void **state)
{
  (void)state;
  struct pw_shared_data *data = pw_shared_data_new(1000, 2);
  assert_non_null(data);
  set(data, "a", "");
  set(data, "b", "");
  assert_int_equal(pw_shared_data_set(data, VM, pw_view_of("c"), pw_view_of(""), 0), PW_STATUS_INTERNAL_FAILURE);
  set(data, "b", "changed");
  expect(data, VM, "b", "changed");
  pw_shared_data_delete(data);
}

static void
a_vm_id_can_be_forgotten(void **state)
{
  uint64_t bytes;
  uint32_t keys;
  for (int i = 0; i < 200; i++) {
    char key[16];
    snprintf(key, sizeof(key), "%d", i);
    set(*state, key, "value");
  }
  assert_int_equal(pw_shared_data_set(*state, pw_view_of("other"), pw_view_of("k"), pw_view_of("v"), 0), PW_STATUS_OK);
  pw_shared_data_remove_vm(*state, VM);
  assert_int_equal(get_status(*state, VM, "7"), PW_STATUS_NOT_FOUND);
  expect(*state, pw_view_of("other"), "k", "v");
  pw_shared_data_usage(*state, &bytes, &keys);
  assert_int_equal(bytes, 5 + 1 + 1);
  assert_int_equal(keys, 1);
}

static void
nothing_is_changed_when_memory_is_out(void **state)
{
  (void)state;
  unsigned n = 1;
  fail_alloc_at(1);
  assert_null(pw_shared_data_new(100, 10));
  assert_true(fail_alloc_stop());
  for (;; n++) {
    struct pw_shared_data *data = pw_shared_data_new(100, 10);
    uint64_t               bytes;
    uint32_t               keys;
    assert_non_null(data);
    fail_alloc_at(n);
    enum pw_status status = pw_shared_data_set(data, VM, pw_view_of("key"), pw_view_of("value"), 0);
    bool           failed = fail_alloc_stop();
    pw_shared_data_usage(data, &bytes, &keys);
    if (failed) {
      assert_int_equal(status, PW_STATUS_INTERNAL_FAILURE);
      assert_int_equal(bytes, 0);
      assert_int_equal(keys, 0);
    }
    pw_shared_data_delete(data);
    if (!failed) {
      assert_int_equal(status, PW_STATUS_OK);
      break;
    }
  }
  assert_int_equal(n, 4); /* the value, the entry, the table */
}

static void
a_value_that_cannot_be_copied_is_not_got(void **state)
{
  struct pw_bytes bytes = {0};
  uint32_t        cas   = 99;
  char            large[1000];
  memset(large, 'x', sizeof(large));
  assert_int_equal(pw_shared_data_set(*state, VM, pw_view_of("key"), pw_view_make(large, 64), 0), PW_STATUS_OK);
  /* Room for less than the value, so that exactly the size is asked for twice at most. */
  fail_alloc_at(1);
  enum pw_status status = pw_shared_data_get(*state, VM, pw_view_of("key"), &bytes, &cas);
  assert_true(fail_alloc_stop());
  if (status == PW_STATUS_OK) {
    assert_int_equal(bytes.size, 64);
  } else {
    assert_int_equal(status, PW_STATUS_INTERNAL_FAILURE);
    assert_int_equal(cas, 99);
  }
  pw_bytes_clear(&bytes);
}

static void
a_value_of_the_same_size_needs_no_memory(void **state)
{
  uint64_t bytes;
  uint32_t keys;
  set(*state, "key", "value");
  uint32_t before = expect(*state, VM, "key", "value");
  fail_alloc_at(1);
  set(*state, "key", "other");
  assert_int_equal(pw_shared_data_set(*state, VM, pw_view_of("key"), pw_view_of("wrong"), before),
                   PW_STATUS_CAS_MISMATCH);
  assert_false(fail_alloc_stop());
  assert_int_not_equal(expect(*state, VM, "key", "other"), before);
  pw_shared_data_usage(*state, &bytes, &keys);
  assert_int_equal(bytes, 2 + 3 + 5);
  assert_int_equal(keys, 1);
}

enum { THREADS = 8, ROUNDS = 3000 };

struct counting {
  struct pw_shared_data *data;
  bool                   failed;
};

/** Adds one to a counter that all share, as a module would: read, add, compare and swap, again on a mismatch. */
static void
count_up(void *argument, unsigned index)
{
  struct counting *counting = argument;
  struct pw_bytes  bytes    = {0};
  (void)index;
  for (int i = 0; i < ROUNDS; i++) {
    enum pw_status status;
    do {
      uint64_t value = 0;
      uint32_t cas   = 0;
      bytes.size     = 0;
      if (pw_shared_data_get(counting->data, VM, pw_view_of("counter"), &bytes, &cas) != PW_STATUS_OK ||
          bytes.size != sizeof(value)) {
        abort();
      }
      memcpy(&value, bytes.data, sizeof(value));
      value++;
      status = pw_shared_data_set(counting->data, VM, pw_view_of("counter"), pw_view_make(&value, sizeof(value)), cas);
    } while (status == PW_STATUS_CAS_MISMATCH);
    if (status != PW_STATUS_OK) {
      abort();
    }
  }
  pw_bytes_clear(&bytes);
}

static void
threads_lose_no_update(void **state)
{
  struct counting counting = {.data = *state};
  uint64_t        value    = 0;
  uint32_t        cas;
  struct pw_bytes bytes = {0};
  assert_int_equal(pw_shared_data_set(*state, VM, pw_view_of("counter"), pw_view_make(&value, sizeof(value)), 0),
                   PW_STATUS_OK);
  run_threads(THREADS, count_up, &counting);
  assert_int_equal(pw_shared_data_get(*state, VM, pw_view_of("counter"), &bytes, &cas), PW_STATUS_OK);
  memcpy(&value, bytes.data, sizeof(value));
  assert_int_equal(value, THREADS * ROUNDS);
  pw_bytes_clear(&bytes);
}

/** Sets and gets many keys, some shared, with values that tell whether they are torn; now and then forgets all. */
static void
churn(void *argument, unsigned index)
{
  struct pw_shared_data *data   = argument;
  struct pw_bytes        bytes  = {0};
  uint32_t               random = index + 1;
  for (int i = 0; i < ROUNDS; i++) {
    char     key[16];
    char     value[300];
    uint32_t cas;
    random = random * 1664525 + 1013904223;
    snprintf(key, sizeof(key), "%u", (random >> 8) % 50);
    memset(value, 'a' + (int)(random >> 28), sizeof(value));
    if (pw_shared_data_set(data, VM, pw_view_of(key), pw_view_make(value, (random >> 16) % 3 * 100), 0) !=
        PW_STATUS_OK) {
      abort();
    }
    bytes.size = 0;
    if (pw_shared_data_get(data, VM, pw_view_of(key), &bytes, &cas) == PW_STATUS_OK) {
      for (size_t b = 1; b < bytes.size; b++) {
        if (bytes.data[b] != bytes.data[0]) {
          abort();
        }
      }
    }
    if (random % 500 == 0) {
      pw_shared_data_remove_vm(data, VM);
    }
  }
  pw_bytes_clear(&bytes);
}

static void
threads_see_whole_values_and_the_limits_stay_exact(void **state)
{
  uint64_t bytes;
  uint32_t keys;
  run_threads(THREADS, churn, *state);
  pw_shared_data_remove_vm(*state, VM);
  pw_shared_data_usage(*state, &bytes, &keys);
  assert_int_equal(bytes, 0);
  assert_int_equal(keys, 0);
}

int
main(void)
{
#define WITH_DATA(test) cmocka_unit_test_setup_teardown(test, make, unmake)
  const struct CMUnitTest tests[] = {
    WITH_DATA(what_is_set_is_got),
    WITH_DATA(values_are_appended_to_what_the_caller_has),
    WITH_DATA(an_empty_value_is_a_value),
    WITH_DATA(keys_and_values_hold_any_bytes),
    WITH_DATA(vm_ids_have_keys_of_their_own),
    WITH_DATA(compare_and_swap_needs_the_number_of_now),
    WITH_DATA(compare_and_swap_of_an_unknown_key_is_a_mismatch),
    WITH_DATA(numbers_do_not_come_back_soon),
    cmocka_unit_test(the_limit_of_bytes_holds_to_the_byte),
    cmocka_unit_test(sizes_that_wrap_around_are_refused),
    cmocka_unit_test(the_limit_of_keys_holds),
    WITH_DATA(a_vm_id_can_be_forgotten),
    cmocka_unit_test(nothing_is_changed_when_memory_is_out),
    WITH_DATA(a_value_that_cannot_be_copied_is_not_got),
    WITH_DATA(a_value_of_the_same_size_needs_no_memory),
    WITH_DATA(threads_lose_no_update),
    WITH_DATA(threads_see_whole_values_and_the_limits_stay_exact),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
