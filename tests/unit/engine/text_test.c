/* SPDX-License-Identifier: Apache-2.0 */
/* Text of a guest's making on one line, whatever bytes it is made of. */
#include "support/unit.h"

#include "common/text.h"

/* Makes a line in a block of exactly its room, from a copy in one of exactly its size. */
static void
make_line(char *line, size_t room, const char *text, size_t size)
{
  char *copy  = malloc(size + !size);
  char *exact = malloc(room);

  assert_non_null(copy);
  assert_non_null(exact);
  memcpy(copy, text, size);
  pw_text_line(exact, room, copy, size);
  memcpy(line, exact, strlen(exact) + 1);
  free(copy);
  free(exact);
}

#define CHECK(text, expected)                                                                                          \
  do {                                                                                                                 \
    char line_of_check[64];                                                                                            \
    make_line(line_of_check, sizeof line_of_check, text, sizeof(text) - 1);                                            \
    assert_string_equal(line_of_check, expected);                                                                      \
  } while (0)

static void
text_stays_as_it_is(void **state)
{
  (void)state;
  CHECK("", "");
  CHECK("main.(*filter).OnRequest", "main.(*filter).OnRequest");
  CHECK("stra\u00dfe \u20ac \U0001f600", "stra\u00dfe \u20ac \U0001f600");
}

static void
control_characters_become_spaces(void **state)
{
  (void)state;
  CHECK("a\x1b[2J\r\nb\x7f", "a [2J b");
  CHECK("\0a\0", "a");
  /* Those of the upper half too: U+009B begins a terminal's command, U+0085 is a line's end. */
  CHECK("a\xc2\x9b\x32Jb", "a 2Jb");
  CHECK("a\xc2\x80\xc2\x85\xc2\x9f\x62", "a b");
  CHECK("a\u2028b\u2029c", "a b c");
  CHECK("a\u00a0b", "a\u00a0b");
}

static void
bytes_that_are_no_text_become_spaces(void **state)
{
  (void)state;
  CHECK("a\x9b\x32Jb", "a 2Jb");         /* a control character of Latin 1 */
  CHECK("a\xc0\xaf\x62", "a b");         /* overlong */
  CHECK("a\xed\xa0\x80\x62", "a b");     /* a surrogate */
  CHECK("a\xf4\x90\x80\x80\x62", "a b"); /* beyond the last character */
  CHECK("a\xe2\x82", "a");               /* cut */
  CHECK("\xff\xff\xff", "");
}

static void
what_does_not_fit_is_left_out_and_no_character_is_cut(void **state)
{
  char line[16];

  (void)state;
  make_line(line, 1, "abc", 3);
  assert_string_equal(line, "");
  make_line(line, 4, "abcdef", 6);
  assert_string_equal(line, "abc");
  make_line(line, 4, "ab\u20ac", 5);
  assert_string_equal(line, "ab");
  make_line(line, 4, "ab  cd", 6);
  assert_string_equal(line, "ab");
}

/* However little of it shows: a module may have a name of nothing else. */
static void
no_more_is_looked_at_than_in_proportion_to_the_room(void **state)
{
  static char text[64 * PW_TEXT_LOOKED_AT + 1];
  char        line[64];

  (void)state;
  memset(text, '\n', sizeof text);
  text[sizeof text - 2] = 'a';
  text[sizeof text - 1] = 'b';
  make_line(line, sizeof line, text, sizeof text);
  assert_string_equal(line, "a");
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(text_stays_as_it_is),
    cmocka_unit_test(control_characters_become_spaces),
    cmocka_unit_test(bytes_that_are_no_text_become_spaces),
    cmocka_unit_test(what_does_not_fit_is_left_out_and_no_character_is_cut),
    cmocka_unit_test(no_more_is_looked_at_than_in_proportion_to_the_room),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
