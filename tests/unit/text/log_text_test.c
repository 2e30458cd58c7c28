/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include "text/log_text.h"
#include "text/utf8.h"

enum { LIMIT = 1000 };

static void
plain_text_is_not_copied(void **state)
{
  (void)state;
  struct pw_bytes buffer = {0};
  struct pw_view  text   = LITERAL("plain text, tab\there, gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80 C:\\new");
  struct pw_view  result = pw_log_text(text, LIMIT, &buffer);
  assert_ptr_equal(result.data, text.data);
  assert_int_equal(result.size, text.size);
  assert_null(buffer.data);
  assert_int_equal(pw_log_text(LITERAL(""), LIMIT, &buffer).size, 0);
}

/** Text is looked at sixteen bytes at a time: every byte of ASCII at every place of what comes before and after such.
 */
static void
a_byte_is_plain_or_escaped_wherever_it_stands(void **state)
{
  (void)state;
  struct pw_bytes buffer = {0};
  for (size_t at = 0; at < 24; at++) {
    for (int byte = 0; byte < 128; byte++) {
      char text[24];
      memset(text, byte % 2 ? ' ' : '~', sizeof(text));
      text[at]              = (char)byte;
      struct pw_view result = pw_log_text(pw_view_make(text, sizeof(text)), LIMIT, &buffer);
      bool           plain  = byte == '\t' || (byte >= 0x20 && byte < 0x7f);
      assert_int_equal(result.data == text, plain);
      assert_memory_equal(result.data, text, at);
      assert_int_equal(result.data[at], plain ? byte : '\\');
      assert_int_equal(result.data[result.size - 1], plain || at < 23 ? text[23] : result.data[result.size - 1]);
    }
  }
  pw_bytes_clear(&buffer);
}

/** Whatever its size is, and the bytes around. */
static void
a_text_is_plain_when_each_of_its_bytes_is(void **state)
{
  (void)state;
  char text[41];
  for (size_t size = 1; size < sizeof(text); size++) {
    for (size_t at = 0; at < size; at++) {
      for (int byte = 0; byte < 256; byte++) {
        memset(text, byte % 2 ? ' ' : '~', sizeof(text));
        text[at]   = (char)byte;
        text[size] = '\n';
        assert_int_equal(pw_log_text_plain(pw_view_make(text, size), size), byte >= 0x20 && byte < 0x7f);
        assert_false(pw_log_text_plain(pw_view_make(text, size), size - 1));
      }
    }
  }
  assert_true(pw_log_text_plain(LITERAL(""), 0));
}

static void
control_characters_are_escaped(void **state)
{
  (void)state;
  static const struct {
    struct pw_view text;
    struct pw_view expected;
  } cases[] = {
    {{"a\nb", 3}, {"a\\nb", 4}},
    {{"\r\n", 2}, {"\\r\\n", 4}},
    {{"a\0b", 3}, {"a\\0b", 4}},
    {{"\x1b[31m", 5}, {"\\x1b[31m", 8}},
    {{"\x7f", 1}, {"\\x7f", 4}},
    {{"\xc2\x9b"
      "31m",
      5},
     {"\\u009b31m", 9}},
    {{"\xe2\x80\xa8", 3}, {"\\u2028", 6}},
    {{"\xe2\x80\xa9", 3}, {"\\u2029", 6}},
    {{"\xc2\xa0", 2}, {"\xc2\xa0", 2}},
    {{"bad \xff\xc3", 6}, {"bad \\xff\\xc3", 12}},
    {{"\xed\xa0\x80", 3}, {"\\xed\\xa0\\x80", 12}},
  };
  struct pw_bytes buffer = {0};
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    assert_true(pw_view_equal(pw_log_text(cases[i].text, LIMIT, &buffer), cases[i].expected));
  }
  pw_bytes_clear(&buffer);
}

/* Text is looked at eight bytes at a time: a byte that has to be escaped is found at each place, and no other is. */
static void
a_byte_that_cannot_stay_is_found_at_any_place(void **state)
{
  (void)state;
  struct pw_bytes buffer = {0};
  char            text[20];
  for (size_t size = 1; size < sizeof(text); size++) {
    for (size_t at = 0; at < size; at++) {
      for (int byte = 0; byte < 256; byte++) {
        bool stays = byte == '\t' || (byte >= 0x20 && byte < 0x7f);
        memset(text, byte % 2 ? ' ' : '~', sizeof(text));
        text[at]              = (char)byte;
        text[size]            = '\n';
        struct pw_view result = pw_log_text(pw_view_make(text, size), LIMIT, &buffer);
        assert_int_equal(result.data == text, stays);
        assert_int_equal(result.size > size, !stays);
      }
    }
  }
  pw_bytes_clear(&buffer);
}

static void
long_text_is_cut_and_says_so(void **state)
{
  (void)state;
  struct pw_bytes buffer = {0};
  assert_view_equal(pw_log_text(LITERAL("0123456789"), 10, &buffer), "0123456789");
  assert_view_equal(pw_log_text(LITERAL("0123456789"), 9, &buffer), "012345678 [cut: 10 bytes in all]");
  assert_view_equal(pw_log_text(LITERAL("0123456789"), 0, &buffer), " [cut: 10 bytes in all]");
  pw_bytes_clear(&buffer);
}

static void
no_character_and_no_escape_is_cut_in_two(void **state)
{
  (void)state;
  struct pw_bytes buffer = {0};
  assert_view_equal(pw_log_text(LITERAL("ab\xc3\xbcz"), 3, &buffer), "ab [cut: 5 bytes in all]");
  assert_view_equal(pw_log_text(LITERAL("ab\xc3\xbcz"), 4, &buffer), "ab\xc3\xbc [cut: 5 bytes in all]");
  assert_view_equal(pw_log_text(LITERAL("ab\x1bz"), 5, &buffer), "ab [cut: 4 bytes in all]");
  assert_view_equal(pw_log_text(LITERAL("ab\x1bz"), 6, &buffer), "ab\\x1b [cut: 4 bytes in all]");
  assert_view_equal(pw_log_text(LITERAL("ab\x1bz"), 7, &buffer), "ab\\x1bz");
  pw_bytes_clear(&buffer);
}

static void
any_bytes_become_one_clean_line_within_the_limit(void **state)
{
  (void)state;
  struct pw_bytes buffer = {0};
  uint32_t        random = 3;
  for (int round = 0; round < 2000; round++) {
    char text[200];
    for (size_t i = 0; i < sizeof(text); i++) {
      random  = random * 1664525 + 1013904223;
      text[i] = (char)(random >> 24);
    }
    size_t         size   = random % sizeof(text);
    struct pw_view result = pw_log_text(pw_view_make(text, size), 300, &buffer);
    assert_true(result.size <= 300 + 32);
    for (size_t i = 0; i < result.size;) {
      uint32_t character;
      size_t   length = pw_utf8_decode(result.data + i, result.size - i, &character);
      assert_true(length > 0);
      assert_true(character == '\t' || (character >= 0x20 && (character < 0x7f || character >= 0xa0)));
      i += length;
    }
  }
  pw_bytes_clear(&buffer);
}

static void
the_buffer_is_reused(void **state)
{
  (void)state;
  struct pw_bytes buffer = {0};
  pw_log_text(LITERAL("some text with a line end\n"), LIMIT, &buffer);
  fail_alloc_at(1);
  assert_view_equal(pw_log_text(LITERAL("other\n"), LIMIT, &buffer), "other\\n");
  assert_false(fail_alloc_stop());
  pw_bytes_clear(&buffer);
}

static void
the_text_is_cut_when_memory_is_out(void **state)
{
  (void)state;
  struct pw_bytes buffer = {0};
  for (unsigned n = 1; n < 4; n++) {
    fail_alloc_at(n);
    struct pw_view result = pw_log_text(LITERAL("line\n"), LIMIT, &buffer);
    fail_alloc_stop();
    assert_true(result.size <= 6);
    assert_memory_equal("line\\n", result.data ? result.data : "", result.size);
    pw_bytes_clear(&buffer);
  }
}

static const uint64_t SECOND = 1000000000;

static void
lines_beyond_the_rate_are_dropped_until_the_next_second(void **state)
{
  (void)state;
  struct pw_log_limiter limiter = {0};
  uint64_t              now     = 5 * SECOND;
  uint64_t              dropped = 99;
  for (int i = 0; i < 10; i++) {
    assert_int_equal(pw_log_limiter_allow(&limiter, 3, now + (uint64_t)i, &dropped), i < 3);
    assert_int_equal(dropped, 0);
  }
  assert_false(pw_log_limiter_allow(&limiter, 3, now + SECOND - 1, &dropped));
  assert_true(pw_log_limiter_allow(&limiter, 3, now + SECOND, &dropped));
  assert_int_equal(dropped, 8);
  assert_true(pw_log_limiter_allow(&limiter, 3, now + SECOND + 1, &dropped));
  assert_int_equal(dropped, 0);
}

/* However lines come, and whenever: here now and then, with the whole rate at once in between. */
static void
no_second_has_more_than_twice_the_rate(void **state)
{
  (void)state;
  enum { RATE = 4, STEPS = 2000 };
  struct pw_log_limiter limiter = {0};
  bool                  allowed[STEPS];
  uint64_t              dropped;
  unsigned              all = 0;
  for (unsigned i = 0; i < STEPS; i++) {
    /* A step is a tenth of a second. */
    allowed[i] = (i % 7 == 0 || i % 61 > 40) && pw_log_limiter_allow(&limiter, RATE, (i + 10) * SECOND / 10, &dropped);
    all += allowed[i];
  }
  for (unsigned i = 0; i + 10 <= STEPS; i++) {
    unsigned lines = 0;
    for (unsigned j = i; j < i + 10; j++) {
      lines += allowed[j];
    }
    assert_in_range(lines, 0, 2 * RATE);
  }
  assert_in_range(all, STEPS / 10, RATE * STEPS / 10);
}

static void
lines_that_are_left_need_no_clock(void **state)
{
  (void)state;
  struct pw_log_limiter limiter = {0};
  uint64_t              dropped;
  assert_false(pw_log_limiter_take(&limiter));
  assert_true(pw_log_limiter_allow(&limiter, 3, SECOND, &dropped));
  assert_true(pw_log_limiter_take(&limiter));
  assert_true(pw_log_limiter_take(&limiter));
  assert_false(pw_log_limiter_take(&limiter));
}

static void
what_was_dropped_is_told_once(void **state)
{
  (void)state;
  struct pw_log_limiter limiter = {0};
  uint64_t              dropped;
  assert_true(pw_log_limiter_allow(&limiter, 1, SECOND, &dropped));
  assert_false(pw_log_limiter_allow(&limiter, 1, SECOND, &dropped));
  assert_int_equal(pw_log_limiter_take_dropped(&limiter), 1);
  assert_int_equal(pw_log_limiter_take_dropped(&limiter), 0);
  assert_true(pw_log_limiter_allow(&limiter, 1, 9 * SECOND, &dropped));
  assert_int_equal(dropped, 0);
}

static void
a_rate_of_nothing_drops_all_and_tells(void **state)
{
  (void)state;
  struct pw_log_limiter limiter = {0};
  uint64_t              dropped;
  assert_false(pw_log_limiter_allow(&limiter, 0, 1, &dropped));
  assert_false(pw_log_limiter_allow(&limiter, 0, 2 * SECOND, &dropped));
  assert_int_equal(dropped, 1);
}

static void
a_clock_that_goes_back_silences_nobody(void **state)
{
  (void)state;
  struct pw_log_limiter limiter = {0};
  uint64_t              dropped;
  assert_true(pw_log_limiter_allow(&limiter, 1, 100 * SECOND, &dropped));
  assert_true(pw_log_limiter_allow(&limiter, 1, 50 * SECOND, &dropped));
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(plain_text_is_not_copied),
    cmocka_unit_test(a_byte_is_plain_or_escaped_wherever_it_stands),
    cmocka_unit_test(a_text_is_plain_when_each_of_its_bytes_is),
    cmocka_unit_test(control_characters_are_escaped),
    cmocka_unit_test(a_byte_that_cannot_stay_is_found_at_any_place),
    cmocka_unit_test(long_text_is_cut_and_says_so),
    cmocka_unit_test(no_character_and_no_escape_is_cut_in_two),
    cmocka_unit_test(any_bytes_become_one_clean_line_within_the_limit),
    cmocka_unit_test(the_buffer_is_reused),
    cmocka_unit_test(the_text_is_cut_when_memory_is_out),
    cmocka_unit_test(lines_beyond_the_rate_are_dropped_until_the_next_second),
    cmocka_unit_test(no_second_has_more_than_twice_the_rate),
    cmocka_unit_test(lines_that_are_left_need_no_clock),
    cmocka_unit_test(what_was_dropped_is_told_once),
    cmocka_unit_test(a_rate_of_nothing_drops_all_and_tells),
    cmocka_unit_test(a_clock_that_goes_back_silences_nobody),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
