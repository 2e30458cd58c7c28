/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include "host/field.h"

#include <ctype.h>

static void
field_names_are_tokens_or_pseudo_headers(void **state)
{
  (void)state;
  assert_true(pw_field_name_valid(LITERAL("Content-Type")));
  assert_true(pw_field_name_valid(LITERAL(":authority")));
  assert_true(pw_field_name_valid(LITERAL("!#$%&'*+-.^_`|~09azAZ")));
  const struct pw_view bad[] = {LITERAL(""),     LITERAL(":"),        LITERAL("::a"),  LITERAL("a b"), LITERAL("a:"),
                                LITERAL("a\r"),  LITERAL("a\n"),      LITERAL("a\0"),  LITERAL("\0"),  LITERAL("a\t"),
                                LITERAL("\x7f"), LITERAL("\xc3\xa4"), LITERAL("a(b)"), LITERAL("a\"")};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    assert_false(pw_field_name_valid(bad[i]));
  }
}

/* They are looked at sixteen bytes at a time: a bad one is found at each place of each size, and no other is. */
static void
a_bad_byte_in_a_field_name_is_found_at_any_place(void **state)
{
  char text[41];
  (void)state;
  for (size_t size = 1; size < sizeof(text); size++) {
    for (size_t at = 0; at < size; at++) {
      for (int byte = 1; byte < 256; byte++) {
        bool good =
          (byte < 0x80 && isalnum(byte)) || strchr("!#$%&'*+-.^_`|~", byte) || (byte == ':' && at == 0 && size > 1);
        memset(text, 'x', sizeof(text));
        text[at]   = (char)byte;
        text[size] = ' ';
        assert_int_equal(pw_field_name_valid(pw_view_make(text, size)), good);
        assert_int_equal(pw_field_valid(pw_view_make(text, size), LITERAL("")), good);
      }
    }
  }
}

static void
field_values_have_no_line_ends_and_no_nul(void **state)
{
  (void)state;
  assert_true(pw_field_value_valid(LITERAL("")));
  assert_true(pw_field_value_valid(LITERAL("a b\t\"c\" \xc3\xa4")));
  assert_false(pw_field_value_valid(LITERAL("a\r\nb: c")));
  assert_false(pw_field_value_valid(LITERAL("a\n")));
  assert_false(pw_field_value_valid(LITERAL("\r")));
  assert_false(pw_field_value_valid(LITERAL("a\0")));
}

/* Likewise. */
static void
a_bad_byte_in_a_field_value_is_found_at_any_place(void **state)
{
  char text[41];
  (void)state;
  for (size_t size = 1; size < sizeof(text); size++) {
    for (size_t at = 0; at < size; at++) {
      for (int byte = 0; byte < 256; byte++) {
        static const char around[] = {'x', 0x01, (char)0xff};
        bool              bad      = byte == '\0' || byte == '\r' || byte == '\n';
        for (size_t i = 0; i < sizeof(around); i++) {
          memset(text, around[i], sizeof(text));
          text[at]   = (char)byte;
          text[size] = '\n';
          assert_int_equal(pw_field_value_valid(pw_view_make(text, size)), !bad);
          assert_int_equal(pw_field_valid(LITERAL("a"), pw_view_make(text, size)), !bad);
        }
      }
    }
  }
}

static void
field_names_compare_without_case(void **state)
{
  (void)state;
  assert_true(pw_field_name_equal(LITERAL("Content-Type"), LITERAL("content-TYPE")));
  assert_false(pw_field_name_equal(LITERAL("a"), LITERAL("ab")));
  /* '@' and '`', '[' and '{' differ by the bit of the case, but are no letters. */
  assert_false(pw_field_name_equal(LITERAL("@"), LITERAL("`")));
  assert_false(pw_field_name_equal(LITERAL("["), LITERAL("{")));
}

/* Longer than what is counted in one byte of a vector, and no multiple of its sixteen. */
enum { BLOCK = 16 * 600 + 7 };

static void
a_control_character_among_texts_is_found_at_any_place(void **state)
{
  static char block[BLOCK];
  (void)state;
  assert_true(pw_field_texts_common(pw_view_make(block, 0), 0));
  for (size_t size = 1; size <= BLOCK; size += size < 40 ? 1 : 997) {
    memset(block, 'a', size);
    block[size - 1] = '\0';
    assert_true(pw_field_texts_common(pw_view_make(block, size), 1));
    for (size_t at = 0; at < size - 1; at += size < 40 ? 1 : 61) {
      block[at] = "\0\r\n\t\x1f"[at % 5];
      assert_false(pw_field_texts_common(pw_view_make(block, size), 1));
      block[at] = " \x7f\x80\xff"[at % 4];
      assert_true(pw_field_texts_common(pw_view_make(block, size), 1));
    }
  }
  /* Nothing but NULs: empty texts, more than a byte can count. */
  memset(block, 0, BLOCK);
  assert_true(pw_field_texts_common(pw_view_make(block, BLOCK), BLOCK));
  assert_false(pw_field_texts_common(pw_view_make(block, BLOCK), BLOCK - 256));
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(field_names_are_tokens_or_pseudo_headers),
    cmocka_unit_test(a_bad_byte_in_a_field_name_is_found_at_any_place),
    cmocka_unit_test(field_values_have_no_line_ends_and_no_nul),
    cmocka_unit_test(a_bad_byte_in_a_field_value_is_found_at_any_place),
    cmocka_unit_test(field_names_compare_without_case),
    cmocka_unit_test(a_control_character_among_texts_is_found_at_any_place),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
