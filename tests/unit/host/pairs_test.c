/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include "host/pairs.h"

/** The example of the ABI text. */
static const char EXAMPLE[] = "\x02\0\0\0"
                              "\x01\0\0\0\x01\0\0\0"
                              "\x01\0\0\0\x02\0\0\0"
                              "a\0"
                              "1\0"
                              "b\0"
                              "22";

/** A copy in a block of exactly its size, so that a read beyond it is found. */
static enum pw_status
parse_exact(const void *bytes, size_t size, struct pw_pairs *pairs)
{
  char *copy = malloc(size ? size : 1);
  assert_non_null(copy);
  memcpy(copy, bytes, size);
  enum pw_status status = pw_pairs_parse(pw_view_make(copy, size), pairs);
  free(copy);
  return status;
}

static void
pairs_are_written_as_the_abi_text_says(void **state)
{
  (void)state;
  struct pw_pairs pairs = {0};
  uint8_t         out[sizeof(EXAMPLE)];
  assert_true(pw_pairs_add(&pairs, pw_view_of("a"), pw_view_of("1")));
  assert_true(pw_pairs_add(&pairs, pw_view_of("b"), pw_view_of("22")));
  assert_int_equal(pw_pairs_serialized_size(&pairs), sizeof(EXAMPLE));
  pw_pairs_write(&pairs, out, false);
  assert_memory_equal(out, EXAMPLE, sizeof(EXAMPLE));
  pw_pairs_clear(&pairs);
}

static void
keys_can_be_written_in_lower_case(void **state)
{
  (void)state;
  struct pw_pairs pairs = {0};
  struct pw_pairs again = {0};
  uint8_t         out[64];
  assert_true(pw_pairs_add(&pairs, LITERAL("X-[\\]AZaz\xc3\x84"), pw_view_of("Value")));
  size_t size = pw_pairs_serialized_size(&pairs);
  pw_pairs_write(&pairs, out, true);
  assert_int_equal(pw_pairs_parse(pw_view_make(out, size), &again), PW_STATUS_OK);
  assert_view_equal(again.items[0].key, "x-[\\]azaz\xc3\x84");
  assert_view_equal(again.items[0].value, "Value");
  pw_pairs_clear(&pairs);
  pw_pairs_clear(&again);
}

/** Keys are lowered eight bytes at a time: every byte at every place of keys of every size up to two such words. */
static void
only_letters_of_ascii_are_lowered_wherever_they_stand(void **state)
{
  (void)state;
  for (size_t size = 1; size <= 17; size++) {
    char *key = malloc(size);
    assert_non_null(key);
    struct pw_pairs pairs = {0};
    uint8_t         out[64];
    assert_true(pw_pairs_add(&pairs, pw_view_make(key, size), pw_view_of("")));
    for (size_t at = 0; at < size; at++) {
      for (int byte = 0; byte < 256; byte++) {
        memset(key, byte % 2 ? 0xff : 'M', size);
        key[at] = (char)byte;
        pw_pairs_write(&pairs, out, true);
        for (size_t i = 0; i < size; i++) {
          assert_int_equal(out[12 + i], key[i] >= 'A' && key[i] <= 'Z' ? key[i] + 0x20 : (uint8_t)key[i]);
        }
      }
    }
    pw_pairs_clear(&pairs);
    free(key);
  }
}

static void
what_was_written_is_read_again(void **state)
{
  (void)state;
  struct pw_pairs pairs = {0};
  struct pw_pairs again = {0};
  uint8_t         out[256];
  assert_true(pw_pairs_add(&pairs, LITERAL("set-cookie"), LITERAL("a=1")));
  assert_true(pw_pairs_add(&pairs, LITERAL("set-cookie"), LITERAL("b=2")));
  assert_true(pw_pairs_add(&pairs, LITERAL(""), LITERAL("")));
  assert_true(pw_pairs_add(&pairs, LITERAL("x\0y"), LITERAL("\0")));
  size_t size = pw_pairs_serialized_size(&pairs);
  assert_true(size <= sizeof(out));
  pw_pairs_write(&pairs, out, false);
  assert_int_equal(pw_pairs_parse(pw_view_make(out, size), &again), PW_STATUS_OK);
  assert_int_equal(again.count, pairs.count);
  for (size_t i = 0; i < pairs.count; i++) {
    assert_true(pw_view_equal(again.items[i].key, pairs.items[i].key));
    assert_true(pw_view_equal(again.items[i].value, pairs.items[i].value));
  }
  pw_pairs_clear(&pairs);
  pw_pairs_clear(&again);
}

static void
an_empty_map_is_no_bytes(void **state)
{
  (void)state;
  struct pw_pairs pairs = {0};
  assert_int_equal(pw_pairs_serialized_size(&pairs), 0);
  pw_pairs_write(&pairs, NULL, false);
}

static void
every_form_of_the_empty_map_is_read(void **state)
{
  (void)state;
  struct pw_pairs pairs = {0};
  for (size_t i = 0; i < 3; i++) {
    static const size_t sizes[] = {0, 1, 4};
    assert_true(pw_pairs_add(&pairs, pw_view_of("old"), pw_view_of("")));
    assert_int_equal(parse_exact("\0\0\0\0", sizes[i], &pairs), PW_STATUS_OK);
    assert_int_equal(pairs.count, 0);
  }
  assert_int_equal(pw_pairs_parse(pw_view_make(NULL, 0), &pairs), PW_STATUS_OK);
  pw_pairs_clear(&pairs);
}

static void
a_map_that_is_cut_anywhere_is_refused(void **state)
{
  (void)state;
  struct pw_pairs pairs = {0};
  for (size_t size = 1; size < sizeof(EXAMPLE); size++) {
    assert_int_equal(parse_exact(EXAMPLE, size, &pairs), PW_STATUS_PARSE_FAILURE);
    assert_int_equal(pairs.count, 0);
  }
  assert_int_equal(parse_exact(EXAMPLE, sizeof(EXAMPLE), &pairs), PW_STATUS_OK);
  pw_pairs_clear(&pairs);
}

static void
bytes_behind_the_last_pair_are_refused(void **state)
{
  (void)state;
  struct pw_pairs pairs                      = {0};
  char            bytes[sizeof(EXAMPLE) + 1] = "";
  memcpy(bytes, EXAMPLE, sizeof(EXAMPLE));
  assert_int_equal(parse_exact(bytes, sizeof(bytes), &pairs), PW_STATUS_PARSE_FAILURE);
  assert_int_equal(parse_exact("\0\0\0\0\0", 5, &pairs), PW_STATUS_PARSE_FAILURE);
  assert_int_equal(pairs.count, 0);
  pw_pairs_clear(&pairs);
}

static void
a_missing_terminator_is_refused(void **state)
{
  (void)state;
  struct pw_pairs     pairs         = {0};
  static const size_t terminators[] = {21, 23, 25, 28};
  for (size_t i = 0; i < 4; i++) {
    char bytes[sizeof(EXAMPLE)];
    memcpy(bytes, EXAMPLE, sizeof(EXAMPLE));
    assert_int_equal(bytes[terminators[i]], 0);
    bytes[terminators[i]] = 'x';
    assert_int_equal(parse_exact(bytes, sizeof(bytes), &pairs), PW_STATUS_PARSE_FAILURE);
  }
  pw_pairs_clear(&pairs);
}

static void
hostile_counts_and_sizes_are_refused_without_allocating(void **state)
{
  (void)state;
  static const char *const huge[] = {"\xff\xff\xff\xff", "\x00\x00\x00\x80", "\xff\xff\xff\x1f", "\x00\x00\x00\x20",
                                     "\x03\x00\x00\x00"};
  struct pw_pairs          pairs  = {0};
  char                     bytes[sizeof(EXAMPLE)];
  for (size_t i = 0; i < sizeof(huge) / sizeof(huge[0]); i++) {
    memcpy(bytes, EXAMPLE, sizeof(EXAMPLE));
    memcpy(bytes, huge[i], 4);
    fail_alloc_at(1);
    assert_int_equal(pw_pairs_parse(pw_view_make(bytes, sizeof(bytes)), &pairs), PW_STATUS_PARSE_FAILURE);
    assert_false(fail_alloc_stop());
    for (size_t size = 4; size < 20; size += 4) {
      memcpy(bytes, EXAMPLE, sizeof(EXAMPLE));
      memcpy(bytes + size, huge[i], 4);
      assert_int_equal(parse_exact(bytes, sizeof(bytes), &pairs), PW_STATUS_PARSE_FAILURE);
    }
  }
  pw_pairs_clear(&pairs);
}

static void
a_changed_byte_never_makes_it_read_elsewhere(void **state)
{
  (void)state;
  struct pw_pairs pairs = {0};
  for (size_t i = 0; i < sizeof(EXAMPLE); i++) {
    for (int value = 0; value < 256; value++) {
      char bytes[sizeof(EXAMPLE)];
      memcpy(bytes, EXAMPLE, sizeof(EXAMPLE));
      bytes[i] = (char)value;
      if (pw_pairs_parse(pw_view_make(bytes, sizeof(bytes)), &pairs) != PW_STATUS_OK) {
        assert_int_equal(pairs.count, 0);
      }
      for (size_t p = 0; p < pairs.count; p++) {
        assert_true(pairs.items[p].key.data >= bytes);
        assert_true(pairs.items[p].value.data + pairs.items[p].value.size < bytes + sizeof(bytes));
      }
    }
  }
  pw_pairs_clear(&pairs);
}

static void
a_map_too_large_for_a_module_has_no_size(void **state)
{
  (void)state;
  struct pw_pairs pairs = {0};
  /* The bytes are never looked at. */
  assert_true(pw_pairs_add(&pairs, pw_view_make("k", 0x80000000u), pw_view_make("v", 0x7ffffff0u)));
  assert_int_equal(pw_pairs_serialized_size(&pairs), 0xfffffffeu);
  pairs.items[0].value.size += 2;
  assert_true(pw_pairs_serialized_size(&pairs) == SIZE_MAX);
  pairs.items[0].value.size = SIZE_MAX;
  assert_true(pw_pairs_serialized_size(&pairs) == SIZE_MAX);
  pairs.items[0].key.size = UINT64_C(1) << 32;
  assert_true(pw_pairs_serialized_size(&pairs) == SIZE_MAX);
  pw_pairs_clear(&pairs);
}

static void
a_map_is_empty_when_memory_is_out(void **state)
{
  (void)state;
  struct pw_pairs pairs = {0};
  fail_alloc_at(1);
  assert_int_equal(pw_pairs_parse(pw_view_make(EXAMPLE, sizeof(EXAMPLE)), &pairs), PW_STATUS_INTERNAL_FAILURE);
  assert_true(fail_alloc_stop());
  assert_int_equal(pairs.count, 0);
  pw_pairs_clear(&pairs);
}

/* Texts are copied sixteen bytes at a time, or as their beginning and end: of each size, from bytes that end where they
 * end, and to bytes that end there, too. */
static void
texts_of_all_sizes_are_copied_and_nothing_beside_them(void **state)
{
  (void)state;
  for (size_t size = 0; size <= 70; size++) {
    char *key      = malloc(size ? size : 1);
    char *value    = malloc(size ? size : 1);
    char *expected = malloc(size ? size : 1);
    for (size_t i = 0; i < size; i++) {
      key[i]      = (char)(0x30 + (i * 7 + size) % 0xd0);
      value[i]    = (char)(i * 5 + size);
      expected[i] = (char)(key[i] >= 'A' && key[i] <= 'Z' ? key[i] + 0x20 : key[i]);
    }
    struct pw_pairs pairs = {0};
    struct pw_pairs again = {0};
    assert_true(pw_pairs_add(&pairs, pw_view_make(key, size), pw_view_make(value, size)));
    size_t whole = pw_pairs_serialized_size(&pairs);
    char  *out   = malloc(whole);
    pw_pairs_write(&pairs, (uint8_t *)out, true);
    assert_int_equal(pw_pairs_parse(pw_view_make(out, whole), &again), PW_STATUS_OK);
    assert_true(pw_view_equal(again.items[0].key, pw_view_make(expected, size)));
    assert_true(pw_view_equal(again.items[0].value, pw_view_make(value, size)));
    pw_pairs_clear(&pairs);
    pw_pairs_clear(&again);
    free(key);
    free(value);
    free(expected);
    free(out);
  }
}

static void
texts_that_were_moved_outlive_their_origin(void **state)
{
  (void)state;
  char            origin[] = "keyvalue";
  struct pw_pairs pairs    = {0};
  struct pw_bytes bytes    = {0};
  assert_true(pw_pairs_add(&pairs, pw_view_make(origin, 3), pw_view_make(origin + 3, 5)));
  assert_true(pw_pairs_add(&pairs, pw_view_make(origin, 0), pw_view_make(NULL, 0)));
  assert_true(pw_bytes_reserve(&bytes, pw_pairs_size(&pairs).bytes));
  pw_pairs_move_texts(&pairs, &bytes);
  memset(origin, 'x', sizeof(origin));
  assert_true(pw_view_equal(pairs.items[0].key, pw_view_of("key")));
  assert_true(pw_view_equal(pairs.items[0].value, pw_view_of("value")));
  assert_int_equal(pairs.items[1].key.size + pairs.items[1].value.size, 0);
  pw_pairs_clear(&pairs);
  pw_bytes_clear(&bytes);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(pairs_are_written_as_the_abi_text_says),
    cmocka_unit_test(keys_can_be_written_in_lower_case),
    cmocka_unit_test(only_letters_of_ascii_are_lowered_wherever_they_stand),
    cmocka_unit_test(what_was_written_is_read_again),
    cmocka_unit_test(an_empty_map_is_no_bytes),
    cmocka_unit_test(every_form_of_the_empty_map_is_read),
    cmocka_unit_test(a_map_that_is_cut_anywhere_is_refused),
    cmocka_unit_test(bytes_behind_the_last_pair_are_refused),
    cmocka_unit_test(a_missing_terminator_is_refused),
    cmocka_unit_test(hostile_counts_and_sizes_are_refused_without_allocating),
    cmocka_unit_test(a_changed_byte_never_makes_it_read_elsewhere),
    cmocka_unit_test(a_map_too_large_for_a_module_has_no_size),
    cmocka_unit_test(a_map_is_empty_when_memory_is_out),
    cmocka_unit_test(texts_that_were_moved_outlive_their_origin),
    cmocka_unit_test(texts_of_all_sizes_are_copied_and_nothing_beside_them),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
