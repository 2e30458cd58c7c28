/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include <proxywasm/host.h>

static void
statuses_have_the_names_of_the_abi_text(void **state)
{
  (void)state;
  assert_string_equal(pw_status_name(PW_STATUS_OK), "OK");
  assert_string_equal(pw_status_name(8), "CAS_MISMATCH");
  assert_string_equal(pw_status_name(12), "UNIMPLEMENTED");
}

static void
numbers_that_the_abi_has_not_are_unknown(void **state)
{
  (void)state;
  const int unknown[] = {-1, 5, 9, 11, 13, INT32_MAX, INT32_MIN};
  for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
    assert_string_equal(pw_status_name(unknown[i]), "UNKNOWN");
  }
  assert_string_equal(pw_log_level_name(-1), "unknown");
  assert_string_equal(pw_log_level_name(6), "unknown");
  assert_string_equal(pw_callback_name(PW_CALLBACK_COUNT), "unknown");
}

static void
log_levels_have_names(void **state)
{
  (void)state;
  assert_string_equal(pw_log_level_name(PW_LOG_TRACE), "trace");
  assert_string_equal(pw_log_level_name(PW_LOG_INFO), "info");
  assert_string_equal(pw_log_level_name(PW_LOG_CRITICAL), "critical");
}

static void
callbacks_have_their_export_names(void **state)
{
  (void)state;
  assert_string_equal(pw_callback_name(PW_CALLBACK_CONTEXT_CREATE), "proxy_on_context_create");
  assert_string_equal(pw_callback_name(PW_CALLBACK_GRPC_CLOSE), "proxy_on_grpc_close");
  for (int i = 0; i < PW_CALLBACK_COUNT; i++) {
    assert_memory_equal(pw_callback_name((enum pw_callback)i), "proxy_", 6);
  }
}

static void
the_version_has_three_numbers(void **state)
{
  (void)state;
  unsigned major, minor, patch;
  char     rest;
  assert_int_equal(sscanf(pw_version(), "%u.%u.%u%c", &major, &minor, &patch, &rest), 3);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(statuses_have_the_names_of_the_abi_text),
    cmocka_unit_test(numbers_that_the_abi_has_not_are_unknown),
    cmocka_unit_test(log_levels_have_names),
    cmocka_unit_test(callbacks_have_their_export_names),
    cmocka_unit_test(the_version_has_three_numbers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
