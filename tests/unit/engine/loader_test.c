/* SPDX-License-Identifier: Apache-2.0 */
/* Finding engines. The ones that cannot be opened come first: an engine that was opened once stays so. */
#include "support.h"

#include <pthread.h>
#include <unistd.h>

static void
the_names_end_and_wasmtime_is_the_default(void **state)
{
  const char *const *names = pw_engine_names();

  (void)state;
  assert_string_equal(names[0], "wasmtime");
  for (size_t i = 0; names[i]; i++) {
    assert_true(i < 16);
  }
}

static void
an_unknown_name_is_told_with_the_known_ones(void **state)
{
  static const char *const unknown[] = {"wasmtimes", "ats.wasm.runtime.", "ats.wasm.runtime.nothing", "../wasmtime",
                                        "%s"};
  struct pw_error          error;

  (void)state;
  for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
    assert_null(pw_engine_find(unknown[i], &error));
    assert_int_equal(error.code, PW_ERROR_ENGINE);
    assert_non_null(strstr(error.message, unknown[i]));
    assert_non_null(strstr(error.message, "wasmtime"));
  }
}

/* Puts a folder of the test's objects first and expects that the engine which lies there is refused. */
static void
expect_engine_refused(const char *engine, const char *object, const char *text)
{
  char            folder[512];
  struct pw_error error;

  snprintf(folder, sizeof folder, "/nonexistent:%s/%s", PW_TEST_OBJECTS, object);
  setenv("PROXYWASM_ENGINE_PATH", folder, 1);
  assert_null(pw_engine_find(engine, &error));
  unsetenv("PROXYWASM_ENGINE_PATH");
  assert_int_equal(error.code, PW_ERROR_ENGINE);
  assert_non_null(strstr(error.message, object));
  if (!strstr(error.message, text)) {
    fail_msg("'%s' does not say '%s'", error.message, text);
  }
}

static void
expect_refused(const char *object, const char *text)
{
  expect_engine_refused("wasmtime", object, text);
}

static void
an_engine_of_another_interface_is_refused(void **state)
{
  (void)state;
  expect_refused("other_interface", "interface");
}

static void
an_engine_under_another_name_is_refused(void **state)
{
  (void)state;
  expect_refused("other_name", "'another'");
}

static void
an_object_that_is_no_engine_is_refused(void **state)
{
  (void)state;
  expect_refused("no_entry", "no engine");
}

static void
a_missing_library_is_named_with_what_to_install(void **state)
{
  (void)state;
  expect_refused("needs_library", "libengine_object_library.so");
  expect_refused("needs_library", "libwasmtime.so: install");
  expect_engine_refused("v8", "v8_needs_library", "install the package libnode108");
  expect_engine_refused("wasmedge", "wasmedge_needs_library", "install the package libllvm19");
}

static void
the_engine_is_found_by_each_of_its_names(void **state)
{
  static const char *const    names[] = {"wasmtime", "ats.wasm.runtime.wasmtime", "", NULL};
  const struct pw_engine_ops *ops     = find_engine();
  struct pw_error             error;

  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    assert_ptr_equal(pw_engine_find(names[i], &error), ops);
  }
  assert_int_equal(ops->interface, PW_ENGINE_INTERFACE);
}

static void
every_engine_is_found_by_both_of_its_names(void **state)
{
  (void)state;
  for (const char *const *name = pw_engine_names(); *name; name++) {
    char                        long_name[64];
    struct pw_error             error;
    const struct pw_engine_ops *ops = pw_engine_find(*name, &error);

    if (!ops) {
      fail_msg("%s", error.message);
    }
    assert_string_equal(ops->name, *name);
    snprintf(long_name, sizeof long_name, "ats.wasm.runtime.%s", *name);
    assert_ptr_equal(pw_engine_find(long_name, &error), ops);
  }
}

static void *
find(void *found)
{
  *(const struct pw_engine_ops **)found = pw_engine_find("wasmtime", NULL);
  return NULL;
}

static void
threads_find_the_same_engine(void **state)
{
  pthread_t                   threads[4];
  const struct pw_engine_ops *found[4];

  (void)state;
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, find, &found[i]), 0);
  }
  for (size_t i = 0; i < 4; i++) {
    pthread_join(threads[i], NULL);
    assert_non_null(found[i]);
    assert_ptr_equal(found[i], found[0]);
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_names_end_and_wasmtime_is_the_default),
    cmocka_unit_test(an_unknown_name_is_told_with_the_known_ones),
    cmocka_unit_test(an_engine_of_another_interface_is_refused),
    cmocka_unit_test(an_engine_under_another_name_is_refused),
    cmocka_unit_test(an_object_that_is_no_engine_is_refused),
    cmocka_unit_test(a_missing_library_is_named_with_what_to_install),
    cmocka_unit_test(the_engine_is_found_by_each_of_its_names),
    cmocka_unit_test(every_engine_is_found_by_both_of_its_names),
    cmocka_unit_test(threads_find_the_same_engine),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
