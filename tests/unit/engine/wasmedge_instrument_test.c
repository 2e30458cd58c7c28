/* SPDX-License-Identifier: Apache-2.0 */
/* Modules that are changed for WasmEdge: what they get, and that nothing in a module makes that read beyond it. What
 * changed modules do is the business of each_leaving_test.c, each_limits_test.c and each_trap_test.c. */
#define _GNU_SOURCE /* memmem */
#include "engine/wasmedge/internal.h"
#include "support.h"
#include "support/fail_alloc.h"
#include "support/wasm_builder.h"

#define STACK_BYTES (100u << 10)

static bool
change(struct pw_view code, struct pw_bytes *out, struct pw_wasmedge_layout *layout, struct pw_error *error)
{
  return pw_wasmedge_instrument(code, STACK_BYTES, out, layout, error);
}

static void
a_module_gets_a_stack_and_keeps_what_it_had(void **state)
{
  struct pw_bytes           code   = read_module("engine_module");
  struct pw_bytes           out    = {0};
  struct pw_wasmedge_layout layout = {0};
  struct pw_error           error;
  struct pw_module_info    *before;
  struct pw_module_info    *after;

  (void)state;
  assert_true(change(pw_bytes_view(&code), &out, &layout, &error));
  before = pw_module_info_read(pw_bytes_view(&code), &error);
  after  = pw_module_info_read(pw_bytes_view(&out), &error);
  if (!before || !after) {
    fail_msg("%s", error.message);
  }
  assert_int_equal(after->import_count, before->import_count);
  assert_int_equal(after->function_count, before->function_count);
  for (size_t i = 0; i < before->export_count; i++) {
    assert_string_equal(after->exports[i].name, before->exports[i].name);
  }
  assert_non_null(pw_module_export(after, PW_WASMEDGE_STACK));
  assert_null(pw_module_export(after, PW_WASMEDGE_START));
  /* Two pages, of which the stack is the upper part. */
  assert_int_equal(layout.size, 2 * 65536);
  assert_int_equal(layout.size - layout.bottom, STACK_BYTES);
  assert_int_equal(layout.memory_pages, 1);
  assert_int_equal(layout.table_elements, 2);
  assert_int_equal(layout.table_count, 1);
  assert_int_equal(layout.function_count, before->function_count);
  assert_int_equal(layout.imported_functions, 3);
  pw_module_info_free(before);
  pw_module_info_free(after);
  pw_wasmedge_layout_clear(&layout);
  pw_bytes_clear(&code);
  pw_bytes_clear(&out);
}

static void
custom_sections_do_not_reach_the_engine(void **state)
{
  static const char         native[] = "native code";
  struct pw_bytes           code     = read_module("private_memory");
  struct pw_bytes           out      = {0};
  struct pw_wasmedge_layout layout   = {0};
  struct pw_error           error;

  (void)state;
  wasm_custom(&code, "wasmedge", pw_view_make(native, sizeof native - 1));
  assert_true(change(pw_bytes_view(&code), &out, &layout, &error));
  assert_null(memmem(out.data, out.size, "native code", 11));
  pw_wasmedge_layout_clear(&layout);
  pw_bytes_clear(&code);
  pw_bytes_clear(&out);
}

static void
a_start_section_becomes_an_export(void **state)
{
  struct pw_bytes           code   = read_module("start_traps");
  struct pw_bytes           out    = {0};
  struct pw_wasmedge_layout layout = {0};
  struct pw_error           error;
  struct pw_module_info    *after;

  (void)state;
  assert_true(change(pw_bytes_view(&code), &out, &layout, &error));
  assert_true(layout.has_start);
  after = pw_module_info_read(pw_bytes_view(&out), &error);
  assert_non_null(after);
  assert_non_null(pw_module_export(after, PW_WASMEDGE_START));
  pw_module_info_free(after);
  pw_wasmedge_layout_clear(&layout);
  pw_bytes_clear(&code);
  pw_bytes_clear(&out);
}

static void
the_engines_own_names_are_refused(void **state)
{
  struct pw_bytes           code   = {0};
  struct pw_bytes           out    = {0};
  struct pw_wasmedge_layout layout = {0};
  struct pw_error           error;

  (void)state;
  wasm_begin(&code);
  wasm_section(&code, 5, pw_view_make("\1\0\1", 3));
  wasm_section(&code, 7, pw_view_make("\1\x16" PW_WASMEDGE_STACK "\2\0", 26));
  assert_false(change(pw_bytes_view(&code), &out, &layout, &error));
  assert_int_equal(error.code, PW_ERROR_MODULE);
  assert_non_null(strstr(error.message, PW_WASMEDGE_STACK));
  pw_wasmedge_layout_clear(&layout);
  pw_bytes_clear(&code);
  pw_bytes_clear(&out);
}

static void
a_truncated_module_is_refused_or_changed_at_every_length(void **state)
{
  struct pw_bytes code = read_module("leaving");

  (void)state;
  for (size_t size = 0; size <= code.size; size++) {
    struct pw_bytes           out    = {0};
    struct pw_wasmedge_layout layout = {0};
    struct pw_error           error;
    /* In a block of exactly that size, so that a read beyond it is found. */
    char *copy = malloc(size + !size);

    assert_non_null(copy);
    memcpy(copy, code.data, size);
    if (!change(pw_view_make(copy, size), &out, &layout, &error)) {
      assert_int_equal(error.code, PW_ERROR_MODULE);
    }
    free(copy);
    pw_wasmedge_layout_clear(&layout);
    pw_bytes_clear(&out);
  }
  pw_bytes_clear(&code);
}

static void
without_memory_it_is_an_error(void **state)
{
  struct pw_bytes code = read_module("leaving");
  bool            done;

  (void)state;
  for (unsigned n = 1;; n++) {
    struct pw_bytes           out    = {0};
    struct pw_wasmedge_layout layout = {0};
    struct pw_error           error;

    fail_alloc_at(n);
    done = change(pw_bytes_view(&code), &out, &layout, &error);
    if (!fail_alloc_stop()) {
      if (!done) {
        fail_msg("%s", error.message);
      }
      pw_wasmedge_layout_clear(&layout);
      pw_bytes_clear(&out);
      break;
    }
    /* Bytes that cannot grow by as much as they want may still grow by as much as they need. */
    assert_true(done || error.code == PW_ERROR_MEMORY);
    pw_wasmedge_layout_clear(&layout);
    pw_bytes_clear(&out);
  }
  pw_bytes_clear(&code);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_module_gets_a_stack_and_keeps_what_it_had),
    cmocka_unit_test(custom_sections_do_not_reach_the_engine),
    cmocka_unit_test(a_start_section_becomes_an_export),
    cmocka_unit_test(the_engines_own_names_are_refused),
    cmocka_unit_test(a_truncated_module_is_refused_or_changed_at_every_length),
    cmocka_unit_test(without_memory_it_is_an_error),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
