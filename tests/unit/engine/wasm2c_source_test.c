/* SPDX-License-Identifier: Apache-2.0 */
/* What wasm2c is given, and what is made of what it gives: nothing that a module's author has chosen reaches C code,
 * and code without a look at the clock in each loop is refused. What compiled modules do is tested with the other
 * engines'. */
#define _GNU_SOURCE /* memmem */
#include "engine/wasm2c/internal.h"
#include "support.h"
#include "support/fail_alloc.h"
#include "support/wasm_builder.h"

/* ---- names ---- */

static struct pw_bytes
canonical(struct pw_view code)
{
  struct pw_bytes        out = {0};
  struct pw_error        error;
  struct pw_module_info *info = pw_module_info_read(code, &error);

  assert_non_null(info);
  assert_true(pw_wasm2c_canonical(code, info, &out));
  pw_module_info_free(info);
  return out;
}

static bool
holds(const struct pw_bytes *bytes, const char *text)
{
  return memmem(bytes->data, bytes->size, text, strlen(text)) != NULL;
}

static void
no_name_of_a_module_reaches_wasm2c(void **state)
{
  struct pw_bytes        code = read_module("odd_ways");
  struct pw_bytes        out  = canonical(pw_bytes_view(&code));
  struct pw_error        error;
  struct pw_module_info *info = pw_module_info_read(pw_bytes_view(&out), &error);

  (void)state;
  assert_true(holds(&code, "*/ return; } /*"));
  assert_false(holds(&out, "*/ return; } /*"));
  assert_false(holds(&out, "combine"));
  assert_false(holds(&out, "name"));
  assert_int_equal(info->import_count, 3);
  assert_string_equal(info->imports[2].module, PW_WASM2C_IMPORT_MODULE);
  assert_string_equal(info->imports[2].name, PW_WASM2C_IMPORT "2");
  assert_int_equal(info->export_count, 4);
  assert_string_equal(info->exports[3].name, PW_WASM2C_EXPORT "3");
  pw_module_info_free(info);
  pw_bytes_clear(&code);
  pw_bytes_clear(&out);
}

static void
only_functions_that_can_be_called_and_the_memory_are_exported(void **state)
{
  /* Types: of no parameters, with two results. The exports: a function of each, a global, a memory of another name. */
  static const char      exports[] = "\5\1a\0\0\1b\0\1\1c\3\0\1d\2\0\6memory\2\0";
  struct pw_bytes        code      = {0};
  struct pw_bytes        out;
  struct pw_error        error;
  struct pw_module_info *info;

  (void)state;
  wasm_begin(&code);
  wasm_section(&code, 1, pw_view_make("\2\x60\0\0\x60\0\2\x7f\x7f", 9));
  wasm_section(&code, 3, pw_view_make("\2\0\1", 3));
  wasm_section(&code, 5, pw_view_make("\1\0\1", 3));
  wasm_section(&code, 6, pw_view_make("\1\x7f\0\x41\0\x0b", 6));
  wasm_section(&code, 7, pw_view_make(exports, sizeof exports - 1));
  wasm_section(&code, 10, pw_view_make("\2\2\0\x0b\6\0\x41\0\x41\0\x0b", 11));
  out  = canonical(pw_bytes_view(&code));
  info = pw_module_info_read(pw_bytes_view(&out), &error);
  assert_int_equal(info->export_count, 2);
  assert_string_equal(info->exports[0].name, PW_WASM2C_EXPORT "0");
  assert_string_equal(info->exports[1].name, PW_WASM2C_EXPORT "4");
  pw_module_info_free(info);
  pw_bytes_clear(&code);
  pw_bytes_clear(&out);
}

/* ---- C code ---- */

/* As wasm2c writes: two functions, of which the second has a loop. */
#define HEAD                                                                                                           \
  "#include \"wasm-rt.h\"\n"                                                                                           \
  "#include \"wasm.h\"\n"                                                                                              \
  "static bool s_module_initialized = false;\n"                                                                        \
  "static void w2c_f0(Z_m_instance_t*);\n"                                                                             \
  "static u32 w2c_e0(Z_m_instance_t*, u32);\n"
#define BLOCK "  w2c_B0:;\n"
#define LOOP  "  w2c_L1: \n"

static bool
make(const char *code, size_t functions, size_t loops, struct pw_bytes *out, struct pw_error *error)
{
  struct pw_module_info info  = {0};
  struct pw_valid_notes notes = {.function_count = functions, .reached_loops = loops};

  return pw_wasm2c_source(pw_view_of(code), &info, &notes, out, error);
}

static void
each_loop_looks_at_the_clock(void **state)
{
  struct pw_bytes out = {0};
  struct pw_error error;

  (void)state;
  assert_true(make(HEAD BLOCK LOOP "x\n    w2c_L12: \n", 2, 2, &out, &error));
  assert_true(holds(&out, BLOCK LOOP "PW_WASM2C_LOOP(instance);\nx\n    w2c_L12: \nPW_WASM2C_LOOP(instance);\n"));
  assert_true(holds(&out, "#define FUNC_PROLOGUE PW_WASM2C_FUNCTION(instance)\n"));
  assert_true(holds(&out, "(void *)w2c_f0,\n(void *)w2c_e0,\n"));
  assert_false(holds(&out, "#include \"wasm"));
  pw_bytes_clear(&out);
}

static void
code_that_is_not_as_expected_is_refused(void **state)
{
  static const struct {
    const char *code;
    size_t      functions;
    size_t      loops;
  } cases[] = {
    {HEAD LOOP, 2, 0},           /* a loop too many, */
    {HEAD LOOP, 2, 2},           /* too few, */
    {HEAD "  w2c_L1:;\n", 2, 1}, /* written otherwise */
    {HEAD LOOP, 1, 1},
    {HEAD LOOP, 3, 1},
    {"#include \"wasm-rt.h\"\n#include \"wasm.h\"\n", 0, 0}, /* no place for what holds functions */
    {"", 0, 0},
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct pw_bytes out = {0};
    struct pw_error error;

    assert_false(make(cases[i].code, cases[i].functions, cases[i].loops, &out, &error));
    assert_int_equal(error.code, PW_ERROR_ENGINE);
    assert_non_null(strstr(error.message, "its C code is not as wabt"));
    pw_bytes_clear(&out);
  }
}

static void
without_memory_it_is_an_error(void **state)
{
  bool done;

  (void)state;
  for (unsigned n = 1;; n++) {
    struct pw_bytes out = {0};
    struct pw_error error;

    fail_alloc_at(n);
    done = make(HEAD LOOP, 2, 1, &out, &error);
    pw_bytes_clear(&out);
    if (!fail_alloc_stop()) {
      break;
    }
    assert_true(done || error.code == PW_ERROR_MEMORY);
  }
  assert_true(done);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(no_name_of_a_module_reaches_wasm2c),
    cmocka_unit_test(only_functions_that_can_be_called_and_the_memory_are_exported),
    cmocka_unit_test(each_loop_looks_at_the_clock),
    cmocka_unit_test(code_that_is_not_as_expected_is_refused),
    cmocka_unit_test(without_memory_it_is_an_error),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
