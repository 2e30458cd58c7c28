/* SPDX-License-Identifier: Apache-2.0 */
/* Modules whose globals are exported for images: what they get, and that nothing in a module makes that read beyond it.
 * What images do is the business of each_image_test.c. */
#include "engine/wasmtime/expose.h"
#include "support.h"
#include "support/fail_alloc.h"

#include <proxywasm/module.h>

static struct pw_module_info *
info_of(const struct pw_bytes *code)
{
  struct pw_error        error;
  struct pw_module_info *info = pw_module_info_read(pw_bytes_view(code), &error);

  if (!info) {
    fail_msg("%s", error.message);
  }
  return info;
}

static void
globals_that_can_be_set_are_exported_and_nothing_else_changes(void **state)
{
  struct pw_bytes        code = read_module("image");
  struct pw_bytes        out  = {0};
  struct pw_exposed      exposed;
  struct pw_module_info *before;
  struct pw_module_info *after;

  (void)state;
  assert_true(pw_wasmtime_expose(pw_bytes_view(&code), &out, &exposed));
  assert_true(exposed.complete);
  assert_int_equal(exposed.globals, 3);
  assert_int_equal(exposed.shift, out.size - code.size);
  before = info_of(&code);
  after  = info_of(&out);
  assert_int_equal(after->export_count, before->export_count + 3);
  for (size_t i = 0; i < before->export_count; i++) {
    assert_string_equal(after->exports[i].name, before->exports[i].name);
  }
  for (size_t i = before->export_count; i < after->export_count; i++) {
    assert_int_equal(after->exports[i].kind, PW_EXTERN_GLOBAL);
  }
  assert_non_null(pw_module_export(after, "proxywasm:global:2"));
  /* What follows is the same, only later. */
  assert_memory_equal(out.data + exposed.from, code.data + exposed.from - exposed.shift, out.size - exposed.from);
  pw_module_info_free(before);
  pw_module_info_free(after);
  pw_bytes_clear(&code);
  pw_bytes_clear(&out);
}

static void
a_module_without_such_globals_is_left_as_it_is(void **state)
{
  struct pw_bytes   code = read_module("engine_module");
  struct pw_bytes   out  = {0};
  struct pw_exposed exposed;

  (void)state;
  assert_true(pw_wasmtime_expose(pw_bytes_view(&code), &out, &exposed));
  assert_true(exposed.complete);
  assert_int_equal(exposed.globals, 0);
  assert_int_equal(out.size, 0);
  pw_bytes_clear(&code);
}

static void
a_module_with_more_state_is_left_as_it_is(void **state)
{
  static const char *const names[] = {"image_table", "image_names", "image_start", "private_memory"};

  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    struct pw_bytes   code = read_module(names[i]);
    struct pw_bytes   out  = {0};
    struct pw_exposed exposed;

    assert_true(pw_wasmtime_expose(pw_bytes_view(&code), &out, &exposed));
    if (exposed.complete && i < 3) {
      fail_msg("%s is taken for complete", names[i]);
    }
    assert_true(exposed.complete || out.size == 0);
    pw_bytes_clear(&code);
    pw_bytes_clear(&out);
  }
}

static void
expose_copy(const char *bytes, size_t size)
{
  /* Of its own size, so that a sanitizer sees a read beyond it. */
  char             *copy = malloc(size ? size : 1);
  struct pw_bytes   out  = {0};
  struct pw_exposed exposed;

  assert_non_null(copy);
  memcpy(copy, bytes, size);
  assert_true(pw_wasmtime_expose(pw_view_make(copy, size), &out, &exposed));
  assert_true(exposed.complete || out.size == 0);
  pw_bytes_clear(&out);
  free(copy);
}

static void
no_module_makes_it_read_beyond_the_end(void **state)
{
  struct pw_bytes code = read_module("image");

  (void)state;
  for (size_t size = 0; size < code.size; size++) {
    expose_copy(code.data, size);
  }
  for (size_t at = 0; at < code.size; at++) {
    char old = code.data[at];

    for (unsigned bit = 0; bit < 8; bit++) {
      code.data[at] = (char)(old ^ (1 << bit));
      expose_copy(code.data, code.size);
    }
    code.data[at] = old;
  }
  pw_bytes_clear(&code);
}

static void
memory_that_is_out_is_told(void **state)
{
  struct pw_bytes   code = read_module("image");
  struct pw_bytes   out  = {0};
  struct pw_exposed exposed;
  unsigned          n = 0;
  bool              done;

  (void)state;
  do {
    pw_bytes_clear(&out);
    fail_alloc_at(++n);
    done = pw_wasmtime_expose(pw_bytes_view(&code), &out, &exposed);
  } while (fail_alloc_stop());
  assert_true(done && n > 3);
  pw_bytes_clear(&code);
  pw_bytes_clear(&out);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(globals_that_can_be_set_are_exported_and_nothing_else_changes),
    cmocka_unit_test(a_module_without_such_globals_is_left_as_it_is),
    cmocka_unit_test(a_module_with_more_state_is_left_as_it_is),
    cmocka_unit_test(no_module_makes_it_read_beyond_the_end),
    cmocka_unit_test(memory_that_is_out_is_told),
  };

  return cmocka_run_group_tests_name("engine/wasmtime_expose", tests, NULL, NULL);
}
