/* SPDX-License-Identifier: Apache-2.0 */
/* Starting the engine, compiling, linking, serialised code. */
#include "support.h"

#include <unistd.h>

struct fixture {
  const struct pw_engine_ops *ops;
  struct pw_engine           *engine;
};

static int
setup(void **state)
{
  static struct fixture fixture;

  fixture.ops    = find_engine();
  fixture.engine = start_engine(fixture.ops, 0);
  *state         = &fixture;
  return 0;
}

static int
teardown(void **state)
{
  struct fixture *fixture = *state;

  fixture->ops->engine_delete(fixture->engine);
  return 0;
}

static void
the_engine_says_its_version_and_origin(void **state)
{
  struct fixture *fixture = *state;

  assert_string_equal(fixture->ops->name, engine_name());
  assert_true(fixture->ops->version()[0] >= '0' && fixture->ops->version()[0] <= '9');
  assert_int_equal(access(fixture->ops->origin(), R_OK), 0);
}

static void
a_stack_size_out_of_range_is_an_error_and_not_the_end(void **state)
{
  static const uint32_t sizes[] = {1, UINT32_MAX};
  struct fixture       *fixture = *state;

  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    struct pw_engine_settings settings = {.stack_bytes = sizes[i]};
    struct pw_error           error;

    assert_null(fixture->ops->engine_new(&settings, &error));
    assert_int_equal(error.code, PW_ERROR_ENGINE);
    assert_non_null(strstr(error.message, "stack"));
  }
}

static void
a_large_stack_setting_is_accepted(void **state)
{
  struct fixture *fixture = *state;

  fixture->ops->engine_delete(start_engine(fixture->ops, 16 << 20));
}

static void
deleting_no_engine_is_allowed(void **state)
{
  struct fixture *fixture = *state;

  fixture->ops->engine_delete(NULL);
}

static void
expect_refused(struct fixture *fixture, const void *bytes, size_t size, const char *text)
{
  struct pw_error error;

  assert_null(fixture->ops->module_compile(fixture->engine, pw_view_make(bytes, size), &error));
  assert_int_equal(error.code, PW_ERROR_MODULE);
  assert_null(strchr(error.message, '\n'));
  if (!strstr(error.message, text)) {
    fail_msg("'%s' does not say '%s'", error.message, text);
  }
}

static void
what_is_no_valid_module_is_refused_with_the_reason(void **state)
{
  static const uint8_t memory64[]     = {0, 'a', 's', 'm', 1, 0, 0, 0, 5, 3, 1, 4, 1};
  static const uint8_t two_memories[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 5, 5, 2, 0, 1, 0, 1};

  expect_refused(*state, "", 0, "end");
  expect_refused(*state, "<html>", 6, "magic");
  expect_refused(*state, memory64, sizeof memory64, "memory64");
  expect_refused(*state, two_memories, sizeof two_memories, "memor");
}

static void
a_truncated_module_is_refused_at_every_length(void **state)
{
  struct fixture *fixture = *state;
  struct pw_bytes code    = read_module("private_memory");
  /* A module may end after any section: only lengths within one count. */
  struct pw_error            error;
  size_t                     accepted = 0;
  struct pw_compiled_module *module;

  for (size_t size = 0; size < code.size; size++) {
    module = fixture->ops->module_compile(fixture->engine, pw_view_make(code.data, size), &error);
    accepted += module != NULL;
    fixture->ops->module_delete(module);
  }
  assert_true(accepted < 6);
  pw_bytes_clear(&code);
}

static struct pw_compiled_module *
compile(struct fixture *fixture, const char *name)
{
  struct pw_bytes            code = read_module(name);
  struct pw_error            error;
  struct pw_compiled_module *module = fixture->ops->module_compile(fixture->engine, pw_bytes_view(&code), &error);

  pw_bytes_clear(&code);
  if (!module) {
    fail_msg("%s", error.message);
  }
  return module;
}

static void
a_missing_import_is_named(void **state)
{
  struct fixture            *fixture = *state;
  struct pw_compiled_module *module  = compile(fixture, "engine_module");
  struct pw_error            error;

  assert_null(fixture->ops->link(module, test_imports, 1, &error));
  assert_int_equal(error.code, PW_ERROR_LINK);
  assert_non_null(strstr(error.message, "env::notify"));
  fixture->ops->module_delete(module);
}

static void
an_import_of_another_type_is_refused(void **state)
{
  struct fixture            *fixture = *state;
  struct pw_compiled_module *module  = compile(fixture, "engine_module");
  struct pw_import           imports[TEST_IMPORT_COUNT];
  struct pw_error            error;

  memcpy(imports, test_imports, sizeof imports);
  imports[1].type.result = 'i';
  assert_null(fixture->ops->link(module, imports, TEST_IMPORT_COUNT, &error));
  assert_int_equal(error.code, PW_ERROR_LINK);
  fixture->ops->module_delete(module);
}

/* Only engines that compile have such code. */
static void
skip_without_compiled_code(const struct pw_engine_ops *ops)
{
  if (!ops->module_serialize) {
    assert_null(ops->module_deserialize);
    assert_string_not_equal(ops->name, "wasmtime");
    skip();
  }
}

static void
serialised_code_comes_back_as_the_same_module(void **state)
{
  struct fixture            *fixture = *state;
  struct pw_compiled_module *module;
  struct pw_bytes            bytes = {0};
  struct pw_bytes            code;
  struct pw_error            error;
  struct pw_linked_module   *linked;
  struct guest               guest   = {.ops = fixture->ops, .engine = fixture->engine};
  struct pw_instance_options options = {.host_data = &guest};
  struct pw_trap             trap;
  pw_value                   values[1];

  skip_without_compiled_code(fixture->ops);
  module = compile(fixture, "engine_module");
  assert_true(fixture->ops->module_serialize(module, &bytes, &error));
  fixture->ops->module_delete(module);
  code   = read_module("engine_module");
  module = fixture->ops->module_deserialize(fixture->engine, pw_bytes_view(&bytes), pw_bytes_view(&code), &error);
  assert_non_null(module);
  pw_bytes_clear(&bytes);
  pw_bytes_clear(&code);
  linked = fixture->ops->link(module, test_imports, TEST_IMPORT_COUNT, &error);
  assert_non_null(linked);
  fixture->ops->module_delete(module);
  guest.instance = fixture->ops->instance_new(linked, &options, 0, &error);
  assert_non_null(guest.instance);
  assert_int_equal(call_i32(&guest, "add", 2, 3), 5);
  /* Names come along. */
  assert_false(call_guest(&guest, "fail", values, 0, 0, &trap));
  assert_non_null(strstr(trap.backtrace, "#0 inner"));
  fixture->ops->instance_delete(guest.instance);
  fixture->ops->linked_delete(linked);
}

static void
what_is_no_serialised_code_is_refused(void **state)
{
  static const char garbage[] = "this is no compiled code, and long enough to have a header of some kind";
  struct fixture   *fixture   = *state;
  struct pw_view    none      = {0};
  struct pw_error   error;

  skip_without_compiled_code(fixture->ops);
  assert_null(fixture->ops->module_deserialize(fixture->engine, pw_view_make(garbage, sizeof garbage), none, &error));
  assert_int_equal(error.code, PW_ERROR_ENGINE);
  assert_null(fixture->ops->module_deserialize(fixture->engine, none, none, &error));
  assert_int_equal(error.code, PW_ERROR_ENGINE);
}

static void
functions_are_named_for_perf(void **state)
{
  struct fixture           *fixture  = *state;
  struct pw_engine_settings settings = {.profile = true};
  struct pw_engine         *engine;
  struct pw_error           error;
  char                      path[64];
  char                      line[512];
  unsigned                  found = 0;
  FILE                     *map;

  skip_without_compiled_code(fixture->ops);
  engine = fixture->ops->engine_new(&settings, &error);
  assert_non_null(engine);
  fixture->ops->linked_delete(link_module(fixture->ops, engine, "engine_module"));
  fixture->ops->engine_delete(engine);
  snprintf(path, sizeof path, "/tmp/perf-%ld.map", (long)getpid());
  map = fopen(path, "r");
  assert_non_null(map);
  while (fgets(line, sizeof line, map)) {
    found += strstr(line, "recurse") != NULL;
  }
  fclose(map);
  unlink(path);
  assert_true(found > 0);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    TEST(the_engine_says_its_version_and_origin),
    TEST(a_stack_size_out_of_range_is_an_error_and_not_the_end),
    TEST(a_large_stack_setting_is_accepted),
    TEST(deleting_no_engine_is_allowed),
    TEST(what_is_no_valid_module_is_refused_with_the_reason),
    TEST(a_truncated_module_is_refused_at_every_length),
    TEST(a_missing_import_is_named),
    TEST(an_import_of_another_type_is_refused),
    TEST(serialised_code_comes_back_as_the_same_module),
    TEST(what_is_no_serialised_code_is_refused),
    TEST(functions_are_named_for_perf),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
