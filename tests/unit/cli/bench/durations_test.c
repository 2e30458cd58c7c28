/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include "cli/bench/durations.h"

static struct pw_durations durations;

static int
begin(void **state)
{
  (void)state;
  memset(&durations, 0, sizeof(durations));
  return 0;
}

static void
parts_are_right_to_within_a_bucket(void **state)
{
  (void)state;
  for (uint64_t i = 1; i <= 100000; i++) {
    pw_durations_add(&durations, i);
  }
  for (double part = 0.01; part < 1; part += 0.01) {
    double wanted = part * 100000;
    assert_true(pw_durations_part(&durations, part) > wanted * 0.98 - 1);
    assert_true(pw_durations_part(&durations, part) < wanted * 1.02 + 1);
  }
  assert_int_equal(durations.least, 1);
  assert_int_equal(durations.most, 100000);
  assert_true(pw_durations_mean(&durations) == 50000.5);
}

static void
small_durations_are_exact(void **state)
{
  (void)state;
  for (unsigned i = 0; i < 100; i++) {
    pw_durations_add(&durations, i < 50 ? 7 : 120);
  }
  assert_true(pw_durations_part(&durations, 0.49) == 7);
  assert_true(pw_durations_part(&durations, 0.5) == 120);
  assert_true(pw_durations_part(&durations, 1) == 120);
}

static void
none_and_one_and_the_longest_have_parts(void **state)
{
  (void)state;
  assert_true(pw_durations_part(&durations, 0.5) == 0);
  assert_true(pw_durations_mean(&durations) == 0);
  pw_durations_add(&durations, 123456789);
  assert_true(pw_durations_part(&durations, 0) == 123456789);
  assert_true(pw_durations_part(&durations, 0.99) == 123456789);
  begin(NULL);
  pw_durations_add(&durations, UINT64_MAX);
  pw_durations_add(&durations, 0);
  assert_true(pw_durations_part(&durations, 0) == 0);
  assert_true(pw_durations_part(&durations, 1) > 1e12);
}

static void
texts_have_three_digits(void **state)
{
  char text[PW_DURATION_TEXT];
  (void)state;
  assert_string_equal(pw_duration_text(0, text), "0 ns");
  assert_string_equal(pw_duration_text(999.4, text), "999 ns");
  assert_string_equal(pw_duration_text(999.6, text), "1.00 µs");
  assert_string_equal(pw_duration_text(12345, text), "12.3 µs");
  assert_string_equal(pw_duration_text(123456789, text), "123 ms");
  assert_string_equal(pw_duration_text(3.6e12, text), "3600 s");
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(parts_are_right_to_within_a_bucket, begin),
    cmocka_unit_test_setup(small_durations_are_exact, begin),
    cmocka_unit_test_setup(none_and_one_and_the_longest_have_parts, begin),
    cmocka_unit_test_setup(texts_have_three_digits, begin),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
