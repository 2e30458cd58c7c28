/* SPDX-License-Identifier: Apache-2.0 */
/* Modules that V8 could take, but not here. */
#include "support.h"

static void
expect_refused(const uint8_t *code, size_t size, const char *text)
{
  const struct pw_engine_ops *ops;
  struct pw_engine           *engine;
  struct pw_error             error;

  setenv("PW_TEST_ENGINE", "v8", 1);
  ops    = find_engine();
  engine = start_engine(ops, 0);
  assert_null(ops->module_compile(engine, pw_view_make(code, size), &error));
  assert_int_equal(error.code, PW_ERROR_MODULE);
  assert_null(strstr(error.message, "--"));
  if (!strstr(error.message, text)) {
    fail_msg("'%s' does not say '%s'", error.message, text);
  }
  ops->engine_delete(engine);
}

static void
exceptions_by_which_a_module_could_catch_what_ends_it_are_off(void **state)
{
  static const uint8_t catch_all[] = {0, 'a', 's', 'm', 1,  0, 0, 0, 1, 4,    1,    0x60, 0,   0,
                                      3, 2,   1,   0,   10, 7, 1, 5, 0, 0x06, 0x40, 0x0b, 0x0b};

  (void)state;
  expect_refused(catch_all, sizeof catch_all, "lacks the proposal eh");
}

static void
shared_memories_are_off(void **state)
{
  static const uint8_t shared[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 5, 4, 1, 3, 1, 2};

  (void)state;
  expect_refused(shared, sizeof shared, "lacks the proposal threads");
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(exceptions_by_which_a_module_could_catch_what_ends_it_are_off),
    cmocka_unit_test(shared_memories_are_off),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
