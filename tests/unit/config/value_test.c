/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "config/schema.h"
#include "config/suggest.h"

static void
numbers_with_units_are_exact(void **state)
{
  (void)state;
  static const struct {
    const char        *text;
    enum pw_value_unit unit;
    uint64_t           value;
  } cases[] = {
    {"0", PW_VALUE_PLAIN, 0},
    {"18446744073709551615", PW_VALUE_PLAIN, UINT64_MAX},
    {"7", PW_VALUE_BYTES, 7},
    {"7B", PW_VALUE_BYTES, 7},
    {"2 KiB", PW_VALUE_BYTES, 2048},
    {"3MiB", PW_VALUE_BYTES, 3 << 20},
    {"17179869183GiB", PW_VALUE_BYTES, 17179869183ULL << 30},
    {"5", PW_VALUE_MILLISECONDS, 5},
    {"5ms", PW_VALUE_MILLISECONDS, 5},
    {"2s", PW_VALUE_MILLISECONDS, 2000},
    {"2min", PW_VALUE_MILLISECONDS, 120000},
    {"1h", PW_VALUE_MILLISECONDS, 3600000},
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    uint64_t value = 1;
    assert_null(pw_value_number(pw_view_of(cases[i].text), cases[i].unit, &value));
    assert_true(value == cases[i].value);
  }
}

static void
what_is_no_number_is_refused(void **state)
{
  (void)state;
  static const char *const texts[] = {"",
                                      " ",
                                      "x",
                                      "-1",
                                      "+1",
                                      "1.5",
                                      "1e3",
                                      "0x10",
                                      "1 000",
                                      "1KB",
                                      "1kib",
                                      "KiB",
                                      "1KiBB",
                                      "18446744073709551616",
                                      "17179869184GiB",
                                      " 1",
                                      "1 "};
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    uint64_t value = 0;
    if (!pw_value_number(pw_view_of(texts[i]), PW_VALUE_BYTES, &value)) {
      fail_msg("'%s' was read as a number", texts[i]);
    }
  }
}

static void
a_number_is_told_in_its_largest_whole_unit(void **state)
{
  (void)state;
  char buffer[40];
  assert_string_equal(pw_value_number_text(64 << 20, PW_VALUE_BYTES, buffer, sizeof(buffer)), "64MiB");
  assert_string_equal(pw_value_number_text(1500, PW_VALUE_BYTES, buffer, sizeof(buffer)), "1500B");
  assert_string_equal(pw_value_number_text(90000, PW_VALUE_MILLISECONDS, buffer, sizeof(buffer)), "90s");
  assert_string_equal(pw_value_number_text(0, PW_VALUE_MILLISECONDS, buffer, sizeof(buffer)), "0ms");
  assert_string_equal(pw_value_number_text(9, PW_VALUE_PLAIN, buffer, sizeof(buffer)), "9");
}

static const char *
suggested(const char *wanted, const char *const *names)
{
  struct pw_suggestion suggestion = {.wanted = pw_view_of(wanted)};
  for (; *names; names++) {
    pw_suggestion_offer(&suggestion, *names);
  }
  return suggestion.best;
}

static void
the_nearest_name_is_suggested(void **state)
{
  (void)state;
  static const char *const names[] = {"name", "root_id", "runtime", "vm_config", "fail_open", NULL};
  assert_string_equal(suggested("nmae", names), "name");
  assert_string_equal(suggested("Runtime", names), "runtime");
  assert_string_equal(suggested("vmconfig", names), "vm_config");
  assert_string_equal(suggested("fail_opne", names), "fail_open");
  assert_null(suggested("entirely", names));
  assert_null(suggested("", names));
  assert_null(suggested("a_name_that_is_much_longer_than_all_that_anybody_would_write_by_mistake", names));
}

static void
base64_is_decoded_strictly(void **state)
{
  (void)state;
  struct pw_bytes bytes = {0};
  assert_true(pw_base64_decode(pw_view_of("aGVs\n bG8="), &bytes));
  assert_int_equal(bytes.size, 5);
  assert_memory_equal(bytes.data, "hello", 5);
  pw_bytes_clear(&bytes);
  static const char *const bad[] = {"a", "ab", "abc", "a===", "=abc", "ab=c", "ab==cdef", "ab*c", "ab==="};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    if (pw_base64_decode(pw_view_of(bad[i]), &bytes)) {
      fail_msg("'%s' was decoded", bad[i]);
    }
    pw_bytes_clear(&bytes);
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(numbers_with_units_are_exact),
    cmocka_unit_test(what_is_no_number_is_refused),
    cmocka_unit_test(a_number_is_told_in_its_largest_whole_unit),
    cmocka_unit_test(the_nearest_name_is_suggested),
    cmocka_unit_test(base64_is_decoded_strictly),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
