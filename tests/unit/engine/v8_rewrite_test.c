/* SPDX-License-Identifier: Apache-2.0 */
/* Modules whose memory and tables become imports; nothing in a module makes that read beyond it. */
#include "engine/v8/internal.h"
#include "support.h"

static struct pw_bytes
rewrite(struct pw_view code, struct pw_v8_layout *layout)
{
  struct pw_bytes out = {0};
  struct pw_error error;

  if (!pw_v8_rewrite(code, &out, layout, &error)) {
    fail_msg("%s", error.message);
  }
  return out;
}

static const struct pw_extern *
find_import(const struct pw_module_info *info, const char *name)
{
  for (size_t i = 0; i < info->import_count; i++) {
    if (strcmp(info->imports[i].module, "proxywasm") == 0 && strcmp(info->imports[i].name, name) == 0) {
      return &info->imports[i];
    }
  }
  fail_msg("there is no import %s", name);
  return NULL;
}

static void
memory_and_tables_become_imports_behind_those_that_were_there(void **state)
{
  struct pw_bytes        code = read_module("engine_module");
  struct pw_v8_layout    layout;
  struct pw_bytes        out = rewrite(pw_bytes_view(&code), &layout);
  struct pw_error        error;
  struct pw_module_info *before = pw_module_info_read(pw_bytes_view(&code), &error);
  struct pw_module_info *after  = pw_module_info_read(pw_bytes_view(&out), &error);

  (void)state;
  assert_non_null(before);
  assert_non_null(after);
  assert_int_equal(after->import_count, before->import_count + 2);
  assert_string_equal(after->imports[0].name, before->imports[0].name);
  assert_int_equal(find_import(after, "memory")->kind, PW_EXTERN_MEMORY);
  assert_int_equal(find_import(after, "0")->kind, PW_EXTERN_TABLE);
  assert_true(layout.defines_memory);
  assert_int_equal(layout.memory_minimum, 1);
  assert_int_equal(layout.memory_maximum, 100);
  assert_int_equal(layout.table_count, 1);
  assert_int_equal(layout.tables[0].minimum, 2);
  assert_true(layout.tables[0].is_function);
  assert_int_equal(after->function_count, before->function_count);
  assert_int_equal(after->export_count, before->export_count);
  assert_true(after->exports_memory);
  pw_module_info_free(before);
  pw_module_info_free(after);
  pw_v8_layout_clear(&layout);
  pw_bytes_clear(&code);
  pw_bytes_clear(&out);
}

static struct pw_v8_bodies
read_bodies(struct pw_view code)
{
  struct pw_v8_bodies bodies;
  struct pw_error     error;

  if (!pw_v8_bodies_read(code, &bodies, &error)) {
    fail_msg("%s", error.message);
  }
  return bodies;
}

static void
functions_are_found_by_where_their_code_lies_then(void **state)
{
  struct pw_bytes        code = read_module("engine_module");
  struct pw_v8_layout    layout;
  struct pw_bytes        out  = rewrite(pw_bytes_view(&code), &layout);
  struct pw_v8_bodies    from = read_bodies(pw_bytes_view(&code));
  struct pw_v8_bodies    to   = read_bodies(pw_bytes_view(&out));
  size_t                 hits = 0;
  uint32_t               last = 0;
  struct pw_module_info *info = pw_module_info_read(pw_bytes_view(&code), NULL);

  (void)state;
  for (size_t offset = 0; offset < code.size; offset++) {
    uint32_t before;
    uint32_t after;

    if (pw_v8_function_at(&from, offset, &before)) {
      assert_true(pw_v8_function_at(&to, offset + (size_t)layout.code_shift, &after));
      assert_int_equal(after, before);
      assert_int_equal(((uint8_t *)code.data)[offset], ((uint8_t *)out.data)[offset + (size_t)layout.code_shift]);
      hits++;
      last = before;
    }
  }
  assert_true(hits > 100);
  assert_int_equal(last + 1, info->function_count);
  pw_module_info_free(info);
  assert_false(pw_v8_function_at(&to, SIZE_MAX, &last));
  pw_v8_bodies_clear(&from);
  pw_v8_bodies_clear(&to);
  pw_v8_layout_clear(&layout);
  pw_bytes_clear(&code);
  pw_bytes_clear(&out);
}

static void
a_module_without_memory_and_tables_stays_as_it_is(void **state)
{
  struct pw_bytes     code = read_module("start_traps");
  struct pw_v8_layout layout;
  struct pw_bytes     out = rewrite(pw_bytes_view(&code), &layout);

  (void)state;
  assert_int_equal(out.size, code.size);
  assert_memory_equal(out.data, code.data, code.size);
  assert_int_equal(layout.code_shift, 0);
  pw_v8_layout_clear(&layout);
  pw_bytes_clear(&code);
  pw_bytes_clear(&out);
}

/* Reads a copy in a block of exactly its size, so that a read beyond it is found. */
static void
use_exact(const char *data, size_t size)
{
  char               *copy = malloc(size ? size : 1);
  struct pw_view      view = pw_view_make(copy, size);
  struct pw_bytes     out  = {0};
  struct pw_v8_layout layout;
  struct pw_v8_bodies bodies;
  uint32_t            index;

  assert_non_null(copy);
  memcpy(copy, data, size);
  pw_v8_rewrite(view, &out, &layout, NULL);
  pw_v8_bodies_read(view, &bodies, NULL);
  for (size_t offset = 0; offset <= size; offset += 97) {
    pw_v8_function_at(&bodies, offset, &index);
  }
  pw_v8_bodies_clear(&bodies);
  pw_v8_layout_clear(&layout);
  pw_bytes_clear(&out);
  free(copy);
}

static void
broken_modules_do_no_harm(void **state)
{
  static const char *const names[] = {"engine_module", "many_tables", "private_memory"};

  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    struct pw_bytes code = read_module(names[i]);

    for (size_t size = 0; size < code.size; size++) {
      use_exact(code.data, size);
    }
    for (size_t at = 0; at < code.size; at++) {
      static const char bytes[] = {0, 1, 0x7f, (char)0x80, (char)0xff};
      char              kept    = code.data[at];

      for (size_t b = 0; b < sizeof bytes; b++) {
        code.data[at] = bytes[b];
        use_exact(code.data, code.size);
      }
      code.data[at] = kept;
    }
    pw_bytes_clear(&code);
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(memory_and_tables_become_imports_behind_those_that_were_there),
    cmocka_unit_test(functions_are_found_by_where_their_code_lies_then),
    cmocka_unit_test(a_module_without_memory_and_tables_stays_as_it_is),
    cmocka_unit_test(broken_modules_do_no_harm),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
