/* SPDX-License-Identifier: Apache-2.0 */
/* What is read from well-formed modules. */
#include "support/unit.h"

#include <proxywasm/module.h>

#include "engine/file.h"
#include "support/wasm_builder.h"

/** The bytes of a module made of the .wat beside this file. */
static struct pw_bytes
read_module(const char *name)
{
  struct pw_bytes bytes = {0};
  struct pw_error error;
  char            path[512];
  snprintf(path, sizeof(path), "%s/module/%s.wasm", PW_TEST_MODULES, name);
  if (!pw_file_read(path, &bytes, &error)) {
    fail_msg("%s", error.message);
  }
  return bytes;
}

/** Reads, frees the code, and expects success. */
static struct pw_module_info *
read_info(struct pw_bytes *code)
{
  struct pw_error        error = {0};
  struct pw_module_info *info  = pw_module_info_read(pw_bytes_view(code), &error);
  pw_bytes_clear(code);
  if (!info) {
    fail_msg("%s", error.message);
  }
  return info;
}

static int
read_everything(void **state)
{
  struct pw_bytes code = read_module("module_everything");
  *state               = read_info(&code);
  return 0;
}

static int
free_info(void **state)
{
  pw_module_info_free(*state);
  return 0;
}

static void
expect_type(const struct pw_extern *external, const char *text)
{
  char buffer[128];
  assert_non_null(external);
  assert_int_equal(external->kind, PW_EXTERN_FUNCTION);
  assert_true(external->type_known);
  assert_string_equal(pw_function_type_text(&external->type, buffer, sizeof(buffer)), text);
}

static void
imports_come_with_module_name_kind_and_type(void **state)
{
  const struct pw_module_info *info = *state;
  assert_int_equal(info->import_count, 5);
  assert_string_equal(info->imports[0].module, "env");
  assert_string_equal(info->imports[0].name, "proxy_log");
  expect_type(&info->imports[0], "(i32, i32, i32) -> i32");
  assert_int_equal(info->imports[1].kind, PW_EXTERN_TABLE);
  assert_int_equal(info->imports[2].kind, PW_EXTERN_GLOBAL);
  assert_int_equal(info->imports[3].kind, PW_EXTERN_GLOBAL);
  assert_string_equal(info->imports[3].name, "mutable");
  assert_string_equal(info->imports[4].module, "wasi_snapshot_preview1");
  expect_type(&info->imports[4], "(i32, i32, i32, i32) -> i32");
}

static void
exports_come_with_kind_and_type(void **state)
{
  const struct pw_module_info *info = *state;
  assert_int_equal(info->export_count, 11);
  expect_type(pw_module_export(info, "nothing"), "()");
  expect_type(pw_module_export(info, "wide"), "(i64, f32, f64) -> i64");
  expect_type(pw_module_export(info, "again"), "(i32, i32, i32) -> i32");
  assert_int_equal(pw_module_export(info, "memory")->kind, PW_EXTERN_MEMORY);
  assert_int_equal(pw_module_export(info, "g")->kind, PW_EXTERN_GLOBAL);
  assert_int_equal(pw_module_export(info, "t")->kind, PW_EXTERN_TABLE);
  assert_null(pw_module_export(info, "nothin"));
  assert_null(pw_module_export(info, ""));
  assert_null(pw_module_export(info, "wide")->module);
}

static void
types_that_the_abi_cannot_have_are_not_known(void **state)
{
  const char *const names[] = {"pair", "vector", "reference", "many"};
  for (size_t i = 0; i < 4; i++) {
    const struct pw_extern *external = pw_module_export(*state, names[i]);
    assert_non_null(external);
    assert_int_equal(external->kind, PW_EXTERN_FUNCTION);
    assert_false(external->type_known);
  }
}

static void
memory_abi_version_name_and_sizes_are_read(void **state)
{
  const struct pw_module_info *info = *state;
  assert_true(info->has_memory);
  assert_true(info->exports_memory);
  assert_int_equal(info->memory_minimum, 2);
  assert_int_equal(info->memory_maximum, 16);
  assert_int_equal(info->abi_versions, PW_ABI_0_2_1);
  assert_string_equal(info->name, "everything");
  assert_string_equal(info->producers, "");
  assert_string_equal(info->features, "");
  assert_int_equal(info->function_count, 7);
  assert_in_range(info->code_size, 20, 60);
  assert_int_equal(info->data_size, 15);
}

static void
the_smallest_module_has_nothing(void **state)
{
  (void)state;
  struct pw_bytes code = {0};
  wasm_begin(&code);
  struct pw_module_info *info = read_info(&code);
  assert_int_equal(info->import_count + info->export_count + info->function_count, 0);
  assert_false(info->has_memory);
  assert_int_equal(info->abi_versions, PW_ABI_NONE);
  assert_string_equal(info->name, "");
  assert_null(pw_module_export(info, "memory"));
  pw_module_info_free(info);
  pw_module_info_free(NULL);
}

static void
every_abi_marker_counts_if_it_is_a_function(void **state)
{
  (void)state;
  struct pw_bytes code    = {0};
  struct pw_bytes exports = {0};
  wasm_begin(&code);
  wasm_section(&code, 1, LITERAL("\x01\x60\0\0"));
  wasm_section(&code, 3, LITERAL("\x01\0"));
  wasm_section(&code, 5, LITERAL("\x01\0\x01"));
  wasm_number(&exports, 3);
  wasm_name(&exports, "proxy_abi_version_0_1_0");
  wasm_bytes(&exports, "\0\0", 2);
  wasm_name(&exports, "proxy_abi_version_0_2_0");
  wasm_bytes(&exports, "\0\0", 2);
  wasm_name(&exports, "proxy_abi_version_0_2_1");
  wasm_bytes(&exports, "\x02\0", 2);
  wasm_section(&code, 7, pw_bytes_view(&exports));
  struct pw_module_info *info = read_info(&code);
  assert_int_equal(info->abi_versions, PW_ABI_0_1_0 | PW_ABI_0_2_0);
  assert_true(info->has_memory);
  assert_false(info->exports_memory);
  assert_int_equal(info->memory_minimum, 1);
  assert_true(info->memory_maximum == UINT64_MAX);
  pw_module_info_free(info);
  pw_bytes_clear(&exports);
}

static void
an_imported_memory_is_a_memory(void **state)
{
  (void)state;
  struct pw_bytes code = {0};
  wasm_begin(&code);
  wasm_section(&code, 2,
               LITERAL("\x01\x03"
                       "env\x06"
                       "memory\x02\x01\x03\x80\x01"));
  struct pw_module_info *info = read_info(&code);
  assert_true(info->has_memory);
  assert_false(info->exports_memory);
  assert_int_equal(info->memory_minimum, 3);
  assert_int_equal(info->memory_maximum, 128);
  pw_module_info_free(info);
}

static void
of_several_memories_the_exported_one_counts(void **state)
{
  (void)state;
  struct pw_bytes code = {0};
  wasm_begin(&code);
  wasm_section(&code, 5, LITERAL("\x02\0\x01\0\x05"));
  wasm_section(&code, 7, LITERAL("\x01\x06memory\x02\x01"));
  struct pw_module_info *info = read_info(&code);
  assert_true(info->exports_memory);
  assert_int_equal(info->memory_minimum, 5);
  pw_module_info_free(info);
}

static void
limits_of_64_bits_and_of_other_page_sizes_are_read(void **state)
{
  (void)state;
  struct pw_bytes code = {0};
  wasm_begin(&code);
  wasm_section(&code, 5, LITERAL("\x01\x05\x80\x80\x80\x80\x10\xff\xff\xff\xff\xff\xff\xff\xff\x7f"));
  struct pw_module_info *info = read_info(&code);
  assert_true(info->memory_minimum == UINT64_C(1) << 32);
  assert_true(info->memory_maximum == INT64_MAX);
  pw_module_info_free(info);
  /* 65537 pages of one byte are two pages; at most 131073 are two as well. */
  wasm_begin(&code);
  wasm_section(&code, 5, LITERAL("\x01\x09\x81\x80\x04\x81\x80\x08\0"));
  info = read_info(&code);
  assert_int_equal(info->memory_minimum, 2);
  assert_int_equal(info->memory_maximum, 2);
  pw_module_info_free(info);
}

static void
types_of_newer_proposals_do_not_get_in_the_way(void **state)
{
  (void)state;
  struct pw_bytes code = {0};
  wasm_begin(&code);
  /* A group of a struct and an open function type with a reference to it, an array, and a plain function. */
  wasm_section(&code, 1,
               LITERAL("\x03"
                       "\x4e\x02\x5f\x02\x7f\x01\x78\0\x50\0\x60\x01\x63\0\0"
                       "\x5e\x77\x01"
                       "\x60\x01\x7f\x01\x7e"));
  wasm_section(&code, 3, LITERAL("\x04\x00\x01\x02\x03"));
  wasm_section(&code, 7, LITERAL("\x02\x01r\0\x01\x01p\0\x03"));
  struct pw_module_info *info = read_info(&code);
  assert_false(pw_module_export(info, "r")->type_known);
  expect_type(pw_module_export(info, "p"), "(i32) -> i64");
  pw_module_info_free(info);
}

static void
custom_sections_may_stand_anywhere(void **state)
{
  (void)state;
  struct pw_bytes code = {0};
  wasm_begin(&code);
  wasm_custom(&code, "first", LITERAL("anything"));
  wasm_section(&code, 1, LITERAL("\0"));
  wasm_custom(&code, "", LITERAL(""));
  wasm_section(&code, 5, LITERAL("\x01\0\x01"));
  wasm_custom(&code, "target_features",
              LITERAL("\x02+\x0b"
                      "bulk-memory-\x08sign-ext"));
  wasm_custom(&code, "producers",
              LITERAL("\x02\x08language\x02\x03"
                      "C11\0\x01R\x01"
                      "2\x0cprocessed-by\x01\x05"
                      "clang\x06"
                      "14.0.6"));
  wasm_custom(&code, "name", LITERAL("\x01\x01x\0\x05\x04name"));
  struct pw_module_info *info = read_info(&code);
  assert_string_equal(info->features, "+bulk-memory -sign-ext");
  assert_string_equal(info->producers, "language C11, R 2; processed-by clang 14.0.6");
  assert_string_equal(info->name, "name");
  pw_module_info_free(info);
}

static void
broken_custom_sections_are_left_out(void **state)
{
  (void)state;
  struct pw_bytes code = {0};
  wasm_begin(&code);
  wasm_custom(&code, "name", LITERAL("\0\x7f\x04name"));
  wasm_custom(&code, "producers", LITERAL("\xff\xff\xff\xff\x0f"));
  wasm_custom(&code, "target_features", LITERAL("\x02+\x01"));
  wasm_custom(&code, "name", LITERAL("\0\x07\x06second"));
  wasm_section(&code, 0, LITERAL("\x7fno name"));
  wasm_section(&code, 0, LITERAL(""));
  struct pw_module_info *info = read_info(&code);
  assert_string_equal(info->name, "second");
  assert_string_equal(info->producers, "");
  assert_string_equal(info->features, "");
  pw_module_info_free(info);
}

static void
texts_are_fit_to_be_printed(void **state)
{
  (void)state;
  struct pw_bytes code = {0};
  struct pw_bytes name = {0};
  char            text[5000];
  wasm_begin(&code);
  wasm_custom(&code, "target_features", LITERAL("\x01+\x04\x1b[2J"));
  memset(text, 'x', sizeof(text));
  wasm_bytes(&name, "\0\x8a\x27\x88\x27", 5); /* part 0 of 5002 bytes, a name of 5000 */
  wasm_bytes(&name, text, sizeof(text));
  wasm_custom(&code, "name", pw_bytes_view(&name));
  struct pw_module_info *info = read_info(&code);
  assert_string_equal(info->features, "+\\x1b[2J");
  assert_in_range(strlen(info->name), 1000, 1100);
  pw_module_info_free(info);
  pw_bytes_clear(&name);
}

static void
types_compare_and_print(void **state)
{
  (void)state;
  const struct pw_function_type a    = {"iI", 'i', 2};
  const struct pw_function_type b    = {"iI", 'v', 2};
  const struct pw_function_type c    = {"i", 'i', 1};
  const struct pw_function_type most = {"FFFFFFFFFFFFFFFF", 'F', 16};
  char                          text[128];
  char                          small[8];
  assert_true(pw_function_type_equal(&a, &a));
  assert_false(pw_function_type_equal(&a, &b));
  assert_false(pw_function_type_equal(&a, &c));
  assert_string_equal(pw_function_type_text(&b, text, sizeof(text)), "(i32, i64)");
  assert_int_equal(strlen(pw_function_type_text(&most, text, sizeof(text))), 16 * 5 - 2 + 2 + 7);
  assert_string_equal(pw_function_type_text(&a, small, sizeof(small)), "(i32, i");
  pw_function_type_text(&a, NULL, 0);
}

int
main(void)
{
#define OF_EVERYTHING(test) cmocka_unit_test_setup_teardown(test, read_everything, free_info)
  const struct CMUnitTest tests[] = {
    OF_EVERYTHING(imports_come_with_module_name_kind_and_type),
    OF_EVERYTHING(exports_come_with_kind_and_type),
    OF_EVERYTHING(types_that_the_abi_cannot_have_are_not_known),
    OF_EVERYTHING(memory_abi_version_name_and_sizes_are_read),
    cmocka_unit_test(the_smallest_module_has_nothing),
    cmocka_unit_test(every_abi_marker_counts_if_it_is_a_function),
    cmocka_unit_test(an_imported_memory_is_a_memory),
    cmocka_unit_test(of_several_memories_the_exported_one_counts),
    cmocka_unit_test(limits_of_64_bits_and_of_other_page_sizes_are_read),
    cmocka_unit_test(types_of_newer_proposals_do_not_get_in_the_way),
    cmocka_unit_test(custom_sections_may_stand_anywhere),
    cmocka_unit_test(broken_custom_sections_are_left_out),
    cmocka_unit_test(texts_are_fit_to_be_printed),
    cmocka_unit_test(types_compare_and_print),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
