/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include "text/sixteen.h"

static pw_sixteen
as_it_is(pw_sixteen bytes)
{
  return bytes;
}

/* Of each size, at each place and alignment, in bytes of their own that begin and end where the text does. */
static void
a_byte_is_found_wherever_it_stands_and_nowhere_else(void **state)
{
  (void)state;
  for (size_t offset = 0; offset < 16; offset++) {
    for (size_t size = 1; size <= 40; size++) {
      char *bytes = malloc(offset + size);
      memset(bytes, 0xff, offset);
      char          *text = bytes + offset;
      struct pw_view view = pw_view_make(text, size);
      memset(text, 0x7f, size);
      assert_false(pw_sixteen_find(view, as_it_is, 0x7f));
      assert_true(pw_sixteen_find(view, as_it_is, 0x7e));
      for (size_t at = 0; at < size; at++) {
        text[at] = (char)0x80;
        assert_true(pw_sixteen_find(view, as_it_is, 0x7f));
        text[at] = (char)0xff;
        assert_true(pw_sixteen_find(view, as_it_is, 0xfe));
        assert_false(pw_sixteen_find(view, as_it_is, 0xff));
        text[at] = 0x7f;
      }
      free(bytes);
    }
  }
}

static void
an_empty_text_is_spaces(void **state)
{
  (void)state;
  assert_false(pw_sixteen_find(LITERAL(""), as_it_is, ' '));
  assert_true(pw_sixteen_find(pw_view_make(NULL, 0), as_it_is, ' ' - 1));
}

static void
texts_are_equal_when_all_of_their_bytes_are(void **state)
{
  (void)state;
  assert_true(pw_sixteen_equal(LITERAL(""), pw_view_make(NULL, 0)));
  for (size_t size = 1; size <= 70; size++) {
    char          *a[2] = {malloc(size), malloc(size)};
    struct pw_view texts[2];
    for (int i = 0; i < 2; i++) {
      for (size_t at = 0; at < size; at++) {
        a[i][at] = (char)(at * 7 + size);
      }
      texts[i] = pw_view_make(a[i], size);
    }
    assert_true(pw_sixteen_equal(texts[0], texts[1]));
    for (size_t at = 0; at < size; at++) {
      for (int bit = 0; bit < 8; bit++) {
        a[1][at] ^= (char)(1 << bit);
        assert_false(pw_sixteen_equal(texts[0], texts[1]));
        a[1][at] ^= (char)(1 << bit);
      }
    }
    free(a[0]);
    free(a[1]);
  }
}

static void
the_larger_byte_of_two_has_no_sign(void **state)
{
  (void)state;
  for (int a = 0; a < 256; a++) {
    for (int b = 0; b < 256; b++) {
      pw_sixteen larger = pw_sixteen_larger((pw_sixteen){0} + (uint8_t)a, (pw_sixteen){0} + (uint8_t)b);
      assert_int_equal(larger[0], a > b ? a : b);
      assert_int_equal(larger[15], a > b ? a : b);
    }
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_byte_is_found_wherever_it_stands_and_nowhere_else),
    cmocka_unit_test(an_empty_text_is_spaces),
    cmocka_unit_test(texts_are_equal_when_all_of_their_bytes_are),
    cmocka_unit_test(the_larger_byte_of_two_has_no_sign),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
