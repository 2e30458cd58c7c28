/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include "host/foreign_function.h"

static enum pw_status
echo(void *data, struct pw_instance *instance, void *stream, struct pw_view arguments, struct pw_bytes *result)
{
  (void)data;
  (void)instance;
  (void)stream;
  return pw_bytes_append(result, arguments.data, arguments.size) ? PW_STATUS_OK : PW_STATUS_INTERNAL_FAILURE;
}

static void
a_registered_function_is_found_with_its_data(void **state)
{
  (void)state;
  struct pw_foreign_functions functions = {0};
  struct pw_error             error;
  char                        name[] = "echo";
  int                         data;
  assert_null(pw_foreign_functions_find(&functions, LITERAL("echo")));
  assert_true(pw_foreign_functions_register(&functions, name, echo, &data, &error));
  name[0]                                       = 'x'; /* the name was copied */
  const struct pw_foreign_function_entry *entry = pw_foreign_functions_find(&functions, LITERAL("echo"));
  assert_non_null(entry);
  assert_ptr_equal(entry->function, echo);
  assert_ptr_equal(entry->data, &data);
  assert_null(pw_foreign_functions_find(&functions, LITERAL("ech")));
  assert_null(pw_foreign_functions_find(&functions, LITERAL("echo\0")));
  assert_null(pw_foreign_functions_find(&functions, LITERAL("")));
  pw_foreign_functions_clear(&functions);
  assert_null(pw_foreign_functions_find(&functions, LITERAL("echo")));
}

static void
a_name_is_registered_once(void **state)
{
  (void)state;
  struct pw_foreign_functions functions = {0};
  struct pw_error             error;
  assert_true(pw_foreign_functions_register(&functions, "echo", echo, NULL, &error));
  assert_false(pw_foreign_functions_register(&functions, "echo", echo, NULL, &error));
  assert_int_equal(error.code, PW_ERROR_ARGUMENT);
  assert_contains(error.message, "'echo'");
  assert_true(pw_foreign_functions_register(&functions, "echo2", echo, NULL, &error));
  pw_foreign_functions_clear(&functions);
}

static void
a_function_needs_name_and_code(void **state)
{
  (void)state;
  struct pw_foreign_functions functions = {0};
  struct pw_error             error;
  assert_false(pw_foreign_functions_register(&functions, "", echo, NULL, &error));
  assert_false(pw_foreign_functions_register(&functions, NULL, echo, NULL, &error));
  assert_false(pw_foreign_functions_register(&functions, "echo", NULL, NULL, &error));
  assert_int_equal(error.code, PW_ERROR_ARGUMENT);
  pw_foreign_functions_clear(&functions);
}

static void
a_function_is_not_there_when_memory_is_out(void **state)
{
  (void)state;
  unsigned n = 1;
  for (;; n++) {
    struct pw_foreign_functions functions = {0};
    struct pw_error             error;
    fail_alloc_at(n);
    bool done   = pw_foreign_functions_register(&functions, "echo", echo, NULL, &error);
    bool failed = fail_alloc_stop();
    assert_int_equal(done, !failed);
    if (failed) {
      assert_int_equal(error.code, PW_ERROR_MEMORY);
      assert_null(pw_foreign_functions_find(&functions, LITERAL("echo")));
    }
    pw_foreign_functions_clear(&functions);
    if (!failed) {
      break;
    }
  }
  assert_int_equal(n, 4); /* entry, name, table */
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_registered_function_is_found_with_its_data),
    cmocka_unit_test(a_name_is_registered_once),
    cmocka_unit_test(a_function_needs_name_and_code),
    cmocka_unit_test(a_function_is_not_there_when_memory_is_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
