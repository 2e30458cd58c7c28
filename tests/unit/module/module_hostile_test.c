/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of files that are no module, or a broken one, and that nothing in them does harm. */
#include "support/unit.h"

#include <proxywasm/module.h>

#include "support/wasm_builder.h"

/** Reads a copy in a block of exactly its size, so that a read beyond it is found. */
static struct pw_module_info *
read_exact(struct pw_view code, struct pw_error *error)
{
  char *copy = malloc(code.size ? code.size : 1);
  assert_non_null(copy);
  if (code.size) {
    memcpy(copy, code.data, code.size);
  }
  struct pw_module_info *info = pw_module_info_read(pw_view_make(copy, code.size), error);
  free(copy);
  return info;
}

static void
expect_error(struct pw_view code, const char *part)
{
  struct pw_error error = {0};
  assert_null(read_exact(code, &error));
  assert_int_equal(error.code, PW_ERROR_MODULE);
  assert_contains(error.message, part);
}

/** A module of one section with this content is refused, with a message that has `part` in it. */
static void
expect_section_error(int id, struct pw_view content, const char *part)
{
  struct pw_bytes code = {0};
  wasm_begin(&code);
  wasm_section(&code, id, content);
  expect_error(pw_bytes_view(&code), part);
  pw_bytes_clear(&code);
}

static void
other_files_are_told_apart(void **state)
{
  (void)state;
  expect_error(LITERAL(""), "empty");
  expect_error(LITERAL("<!DOCTYPE html>"), "begins with 3c 21 44 4f …; is it a text file?");
  expect_error(LITERAL("x"), "begins with 78;");
  expect_error(LITERAL("(module)"), ".wat");
  expect_error(LITERAL("  ;; comment\n\t(module $m)"), "wat2wasm");
  expect_error(LITERAL("(; block ;) (module)"), "wat2wasm");
  expect_error(LITERAL("(component)"), "wat2wasm");
  expect_error(LITERAL("\x7f"
                       "ELF\x02\x01"),
               "ELF");
  expect_error(LITERAL("\x1f\x8b\x08"), "gzip");
  expect_error(LITERAL("\x28\xb5\x2f\xfd"), "zstd");
  expect_error(LITERAL(";;;;"), "text file");
}

static void
a_component_is_told_from_a_module(void **state)
{
  (void)state;
  expect_error(LITERAL("\0asm\x0d\0\x01\0"),
               "this is a WebAssembly component, not a core module: build for wasm32-wasip1");
  expect_error(LITERAL("\0asm\x0a\0\x01\0rest"), "component");
}

static void
other_versions_and_cut_headers_are_refused(void **state)
{
  (void)state;
  expect_error(LITERAL("\0asm\x02\0\0\0"), "version of wasm: 02 00 00 00");
  expect_error(LITERAL("\0as"), "ends after 3 bytes");
  expect_error(LITERAL("\0asm\x01\0\0"), "ends after 7 bytes");
}

static void
a_section_that_ends_beyond_the_file_is_named(void **state)
{
  (void)state;
  expect_error(LITERAL("\0asm\x01\0\0\0\x02\x10\x01"), "section 2 (import) at 0x08: it ends beyond the file");
  expect_error(LITERAL("\0asm\x01\0\0\0\x01\xff\xff\xff\xff\x0f"), "section 1 (type)");
  expect_error(LITERAL("\0asm\x01\0\0\0\x01\xff\xff\xff\xff\x1f"), "longer than 32 bits");
  expect_error(LITERAL("\0asm\x01\0\0\0\x01\x80\x80\x80\x80\x80\0"), "longer than 32 bits");
  expect_error(LITERAL("\0asm\x01\0\0\0\x01\x80"), "ends too early");
  expect_error(LITERAL("\0asm\x01\0\0\0\x01"), "ends too early");
}

static void
sections_have_their_order(void **state)
{
  (void)state;
  static const int orders[][2] = {{3, 1}, {1, 1}, {7, 5}, {6, 13}, {10, 12}, {11, 10}};
  for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
    struct pw_bytes code = {0};
    wasm_begin(&code);
    wasm_section(&code, orders[i][0], LITERAL("\0"));
    wasm_section(&code, orders[i][1], LITERAL("\0"));
    expect_error(pw_bytes_view(&code), "twice, or not in its place");
    pw_bytes_clear(&code);
  }
  expect_section_error(14, LITERAL(""), "unknown section 14");
}

static void
counts_that_cannot_be_are_refused(void **state)
{
  (void)state;
  static const int ids[] = {1, 2, 3, 5, 7};
  for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
    expect_section_error(ids[i], LITERAL("\xff\xff\xff\xff\x0f"), "no more than");
    expect_section_error(ids[i], LITERAL("\x60\x01\x01\x01"), "do not fit");
    expect_section_error(ids[i], LITERAL(""), "too early");
    expect_section_error(ids[i], LITERAL("\0\0"), "left over");
  }
}

static void
a_large_file_gets_no_more_memory_than_it_may(void **state)
{
  (void)state;
  /* 200,000 imports would fit into it; their number is beyond the limit. */
  struct pw_bytes code    = {0};
  struct pw_bytes content = {0};
  wasm_number(&content, 200000);
  for (int i = 0; i < 200000; i++) {
    wasm_bytes(&content, "\0\0\x03\x7f\0", 5);
  }
  wasm_begin(&code);
  wasm_section(&code, 2, pw_bytes_view(&content));
  expect_error(pw_bytes_view(&code), "200000 imports; no more than 100000 are supported");
  pw_bytes_clear(&content);
  pw_bytes_clear(&code);
}

static void
broken_types_are_refused(void **state)
{
  (void)state;
  expect_section_error(1, LITERAL("\x01\x60\x01\x11\0"), "unknown value type 0x11");
  expect_section_error(1, LITERAL("\x01\x61\0\0"), "unknown type 0x61");
  expect_section_error(1, LITERAL("\x01\x60\x7f\x7f"), "parameters do not fit");
  expect_section_error(1, LITERAL("\x01\x60\0\x02\x7f"), "results do not fit");
  expect_section_error(1, LITERAL("\x01\x60\x01\x63\x80\x80\x80\x80\x80\0"), "33 bits");
  expect_section_error(1, LITERAL("\x01\x50\x02\0\0\x60\0\0"), "supertypes");
  expect_section_error(1, LITERAL("\x01\x4e\xff\x7f"), "types of a group");
}

static void
broken_imports_are_refused(void **state)
{
  (void)state;
  expect_section_error(2, LITERAL("\x01\x01m\x01n\0\0"), "function type 0 does not exist");
  expect_section_error(2, LITERAL("\x01\x01m\x01n\x05\0"), "unknown kind of import 0x05");
  expect_section_error(2, LITERAL("\x01\x01m\x01\xff\x03\x7f\0"), "not UTF-8");
  expect_section_error(2,
                       LITERAL("\x01\x01m\x03"
                               "a\0b\x03\x7f\0"),
                       "NUL");
  expect_section_error(2, LITERAL("\x01\x01m\x7fn\x02\0\x01"), "do not fit");
  expect_section_error(2, LITERAL("\x01\x01m\x01n\x02\x10\x01"), "unknown limits 0x10");
  expect_section_error(5, LITERAL("\x01\x08\x01\x11"), "pages of 2^17 bytes");
}

static void
exports_of_what_does_not_exist_are_refused(void **state)
{
  (void)state;
  expect_section_error(7, LITERAL("\x01\x01n\0\0"), "function 0 does not exist");
  expect_section_error(7, LITERAL("\x01\x01n\x02\0"), "memory 0 does not exist");
  expect_section_error(7, LITERAL("\x01\x01n\x05\0"), "unknown kind of export 0x05");
  struct pw_bytes code = {0};
  wasm_begin(&code);
  wasm_section(&code, 3, LITERAL("\x01\x09"));
  wasm_section(&code, 7, LITERAL("\x01\x01n\0\0"));
  expect_error(pw_bytes_view(&code), "function type 9 does not exist");
  pw_bytes_clear(&code);
}

/** A module with something in each section that is read. */
static struct pw_bytes
rich_module(void)
{
  struct pw_bytes code = {0};
  wasm_begin(&code);
  wasm_section(&code, 1, LITERAL("\x03\x60\x02\x7f\x7e\x01\x7d\x4e\x01\x50\0\x5f\x01\x7c\x01\x60\x01\x63\0\0"));
  wasm_section(&code, 2,
               LITERAL("\x04\x03"
                       "env\x01"
                       "f\0\0\x01m\x01t\x01\x70\x01\x01\x02\x01m\x01g\x03\x7f\0\x01m\x01m\x02\x05\x01\x02"));
  wasm_section(&code, 3, LITERAL("\x02\0\x02"));
  wasm_section(&code, 5, LITERAL("\x01\x01\x01\x02"));
  wasm_section(&code, 7,
               LITERAL("\x03\x06memory\x02\x01\x17proxy_abi_version_0_2_1\0\x01\x02"
                       "fn\0\0"));
  wasm_section(&code, 10, LITERAL("\x02\x02\0\x0b\x02\0\x0b"));
  wasm_section(&code, 11, LITERAL("\0"));
  wasm_custom(&code, "name", LITERAL("\0\x05\x04name"));
  wasm_custom(&code, "producers",
              LITERAL("\x01\x08language\x01\x03"
                      "C11\x01"
                      "1"));
  wasm_custom(&code, "target_features", LITERAL("\x01+\x08sign-ext"));
  return code;
}

/** Touches all that an info points to. */
static void
use(const struct pw_module_info *info)
{
  size_t total = strlen(info->name) + strlen(info->producers) + strlen(info->features);
  char   text[128];
  for (size_t i = 0; i < info->import_count; i++) {
    total += strlen(info->imports[i].module) + strlen(info->imports[i].name);
    total += strlen(pw_function_type_text(&info->imports[i].type, text, sizeof(text)));
  }
  for (size_t i = 0; i < info->export_count; i++) {
    total += strlen(info->exports[i].name);
    total += strlen(pw_function_type_text(&info->exports[i].type, text, sizeof(text)));
  }
  assert_true(total < 1 << 20);
  assert_null(pw_module_export(info, "no such export"));
}

static void
a_module_cut_anywhere_is_refused_or_read_up_to_there(void **state)
{
  (void)state;
  struct pw_bytes code  = rich_module();
  size_t          whole = 0;
  for (size_t size = 0; size <= code.size; size++) {
    struct pw_error        error = {0};
    struct pw_module_info *info  = read_exact(pw_view_make(code.data, size), &error);
    if (info) {
      use(info);
      whole++;
    } else {
      assert_int_equal(error.code, PW_ERROR_MODULE);
      assert_true(strlen(error.message) > 0);
    }
    pw_module_info_free(info);
  }
  /* After the header and after each of the ten sections. */
  assert_int_equal(whole, 11);
  pw_bytes_clear(&code);
}

static void
any_changed_byte_is_survived(void **state)
{
  (void)state;
  struct pw_bytes code = rich_module();
  for (size_t i = 0; i < code.size; i++) {
    char byte = code.data[i];
    for (int value = 0; value < 256; value++) {
      struct pw_error error       = {0};
      code.data[i]                = (char)value;
      struct pw_module_info *info = read_exact(pw_bytes_view(&code), &error);
      if (info) {
        use(info);
      } else {
        assert_int_equal(error.code, PW_ERROR_MODULE);
      }
      pw_module_info_free(info);
    }
    code.data[i] = byte;
  }
  pw_bytes_clear(&code);
}

static void
random_changes_are_survived(void **state)
{
  (void)state;
  struct pw_bytes original = rich_module();
  uint32_t        random   = 11;
  for (int round = 0; round < 20000; round++) {
    struct pw_bytes code = {0};
    wasm_bytes(&code, original.data, original.size);
    for (int change = 0; change < 4; change++) {
      random                                         = random * 1664525 + 1013904223;
      code.data[8 + (random >> 8) % (code.size - 8)] = (char)(random >> 24);
    }
    struct pw_error        error = {0};
    struct pw_module_info *info  = read_exact(pw_bytes_view(&code), &error);
    if (info) {
      use(info);
    }
    pw_module_info_free(info);
    pw_bytes_clear(&code);
  }
  pw_bytes_clear(&original);
}

static void
every_allocation_may_fail(void **state)
{
  (void)state;
  struct pw_bytes code = rich_module();
  unsigned        n    = 1;
  for (;; n++) {
    struct pw_error error = {0};
    fail_alloc_at(n);
    struct pw_module_info *info   = pw_module_info_read(pw_bytes_view(&code), &error);
    bool                   failed = fail_alloc_stop();
    if (info) {
      use(info);
    } else {
      assert_true(failed);
      assert_int_equal(error.code, PW_ERROR_MEMORY);
    }
    pw_module_info_free(info);
    if (!failed) {
      assert_non_null(info);
      break;
    }
  }
  assert_true(n > 10);
  pw_bytes_clear(&code);
}

static void
nobody_has_to_ask_for_the_error(void **state)
{
  (void)state;
  assert_null(pw_module_info_read(LITERAL("\0asm\x01\0\0\0\x7f"), NULL));
  assert_null(pw_module_info_read(LITERAL(""), NULL));
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(other_files_are_told_apart),
    cmocka_unit_test(a_component_is_told_from_a_module),
    cmocka_unit_test(other_versions_and_cut_headers_are_refused),
    cmocka_unit_test(a_section_that_ends_beyond_the_file_is_named),
    cmocka_unit_test(sections_have_their_order),
    cmocka_unit_test(counts_that_cannot_be_are_refused),
    cmocka_unit_test(a_large_file_gets_no_more_memory_than_it_may),
    cmocka_unit_test(broken_types_are_refused),
    cmocka_unit_test(broken_imports_are_refused),
    cmocka_unit_test(exports_of_what_does_not_exist_are_refused),
    cmocka_unit_test(a_module_cut_anywhere_is_refused_or_read_up_to_there),
    cmocka_unit_test(any_changed_byte_is_survived),
    cmocka_unit_test(random_changes_are_survived),
    cmocka_unit_test(every_allocation_may_fail),
    cmocka_unit_test(nobody_has_to_ask_for_the_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
