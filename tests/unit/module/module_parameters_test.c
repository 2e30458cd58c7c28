/* SPDX-License-Identifier: Apache-2.0 */
/* Which parameters the code of a function names. */
#include "module/module_parameters.h"
#include "support/unit.h"

#include "engine/file.h"

struct opened {
  struct pw_bytes        code;
  struct pw_module_info *info;
};

static int
open_module(void **state)
{
  static struct opened module;
  struct pw_error      error = {0};
  assert_true(pw_file_read(PW_TEST_MODULES "/module/module_parameters.wasm", &module.code, &error));
  module.info = pw_module_info_read(pw_bytes_view(&module.code), &error);
  *state      = &module;
  return module.info ? 0 : -1;
}

static int
close_module(void **state)
{
  struct opened *module = *state;
  pw_module_info_free(module->info);
  pw_bytes_clear(&module->code);
  return 0;
}

static uint32_t
used(void **state, const char *name)
{
  struct opened *module = *state;
  return pw_module_parameters_used(pw_bytes_view(&module->code), module->info, name);
}

static void
parameters_that_code_names_are_found(void **state)
{
  assert_int_equal(used(state, "first"), 1);
  assert_int_equal(used(state, "second"), 2);
  assert_int_equal(used(state, "third"), 4);
  assert_int_equal(used(state, "first_and_third"), 5);
  assert_int_equal(used(state, "behind"), 2);
}

static void
what_only_looks_like_one_is_not(void **state)
{
  assert_int_equal(used(state, "nothing"), 0);
  assert_int_equal(used(state, "control"), 0);
  assert_int_equal(used(state, "values"), 0);
  assert_int_equal(used(state, "memory_and_tables"), 0);
}

static void
own_locals_are_no_parameters_of_a_callback(void **state)
{
  assert_int_equal(used(state, "own_locals"), 1u << 3 | 1u << 4);
}

static void
all_are_used_where_it_cannot_be_told(void **state)
{
  assert_int_equal(used(state, "vectors"), PW_MODULE_ALL_PARAMETERS);
  assert_int_equal(used(state, "imported_too"), PW_MODULE_ALL_PARAMETERS);
  assert_int_equal(used(state, "a_table"), PW_MODULE_ALL_PARAMETERS);
  assert_int_equal(used(state, "missing"), PW_MODULE_ALL_PARAMETERS);
}

/* Wherever the module ends, nothing beyond its end is read: each is a copy of its own, for sanitizers to see. */
static void
a_module_that_is_cut_off_tells_nothing_wrong(void **state)
{
  struct opened *module = *state;
  for (size_t size = 0; size < module->code.size; size++) {
    char *copy = malloc(size + 1);
    assert_non_null(copy);
    memcpy(copy, module->code.data, size);
    uint32_t found = pw_module_parameters_used(pw_view_make(copy, size), module->info, "second");
    assert_true(found == 2 || found == PW_MODULE_ALL_PARAMETERS);
    free(copy);
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(parameters_that_code_names_are_found),
    cmocka_unit_test(what_only_looks_like_one_is_not),
    cmocka_unit_test(own_locals_are_no_parameters_of_a_callback),
    cmocka_unit_test(all_are_used_where_it_cannot_be_told),
    cmocka_unit_test(a_module_that_is_cut_off_tells_nothing_wrong),
  };
  return cmocka_run_group_tests(tests, open_module, close_module);
}
