/* SPDX-License-Identifier: Apache-2.0 */
/* Whose code a plugin runs: plugins share what they may share, and none gets precompiled code that it does not allow.
 */
#define _GNU_SOURCE
#include "fakes/fixture.h"
#include "host/code.h"
#include "host/internal.h"
#include "support/unit.h"

#include <pthread.h>
#include <time.h>

/* A section of precompiled code, with nothing in it: the fake engine takes any. */
static const char section[] = "\0\x16\x15proxywasm.precompiled";

static struct pw_plugin *
load(struct fixture *fixture, struct pw_view file, bool allow_precompiled)
{
  struct pw_plugin_config config = {.name = pw_view_of("it"), .allow_precompiled = allow_precompiled};
  struct pw_error         error;
  struct pw_plugin       *plugin = pw_plugin_load(fixture->host, &config, file, "it.wasm", &error);

  if (plugin == NULL) {
    fail_msg("%s", error.message);
  }
  return plugin;
}

static void
a_capability_that_does_not_exist_is_refused_by_name(void **state)
{
  const struct pw_view    names[] = {LITERAL("proxy_log"), LITERAL("malloc"), LITERAL("proxy_lgo")};
  struct pw_plugin_config config  = {.name = LITERAL("it"), .capabilities = names, .restrict_capabilities = true};
  struct pw_bytes         file    = fake_code();
  struct fixture          fixture;
  struct pw_error         error;

  (void)state;
  fixture_open(&fixture);
  for (config.capability_count = 2; config.capability_count <= 3; ++config.capability_count) {
    struct pw_plugin *plugin = pw_plugin_load(fixture.host, &config, pw_bytes_view(&file), "it.wasm", &error);

    assert_int_equal(plugin != NULL, config.capability_count == 2);
    pw_plugin_release(plugin);
  }
  assert_int_equal(error.code, PW_ERROR_ARGUMENT);
  assert_contains(error.message, "unknown capability 'proxy_lgo'");
  pw_bytes_clear(&file);
  fixture_close(&fixture);
}

static void
a_file_without_the_compiled_code_that_is_allowed_is_told(void **state)
{
  struct pw_bytes file = fake_code();
  struct fixture  fixture;

  (void)state;
  fixture_open(&fixture);
  pw_plugin_release(load(&fixture, pw_bytes_view(&file), false));
  assert_string_equal(fake.log, "");
  pw_plugin_release(load(&fixture, pw_bytes_view(&file), true));
  assert_contains(fake.log, "vm_config.allow_precompiled is true, but the module's file has none at its end");
  pw_bytes_clear(&file);
  fixture_close(&fixture);
}

static bool
same_identity(const struct pw_plugin *a, const struct pw_plugin *b)
{
  return pw_view_equal(pw_bytes_view(&a->identity), pw_bytes_view(&b->identity));
}

static void
precompiled_code_is_not_shared_with_who_forbids_it(void **state)
{
  struct fixture    fixture;
  struct pw_bytes   file;
  struct pw_plugin *allows, *forbids, *allows_too;

  (void)state;
  fixture_open(&fixture);
  file = fake_code();
  assert_true(pw_bytes_append(&file, section, sizeof(section) - 1));
  allows  = load(&fixture, pw_bytes_view(&file), true);
  forbids = load(&fixture, pw_bytes_view(&file), false);
  assert_true(allows->code->precompiled);
  assert_false(forbids->code->precompiled);
  assert_false(same_identity(allows, forbids));
  assert_non_null(strstr(fake.log, "the precompiled code of the module is used"));
  assert_non_null(strstr(fake.log, "the precompiled code of the module is not used"));
  allows_too = load(&fixture, pw_bytes_view(&file), true);
  assert_true(allows_too->code == allows->code || allows_too->code == forbids->code);
  pw_plugin_release(allows);
  pw_plugin_release(forbids);
  pw_plugin_release(allows_too);
  pw_bytes_clear(&file);
  fixture_close(&fixture);
}

static void
the_module_is_the_same_with_and_without_precompiled_code(void **state)
{
  struct fixture    fixture;
  struct pw_bytes   file;
  struct pw_plugin *plain, *allows, *forbids;

  (void)state;
  fixture_open(&fixture);
  file  = fake_code();
  plain = load(&fixture, pw_bytes_view(&file), true);
  assert_true(pw_bytes_append(&file, section, sizeof(section) - 1));
  forbids = load(&fixture, pw_bytes_view(&file), false);
  allows  = load(&fixture, pw_bytes_view(&file), true);
  /* It was compiled already: nothing is loaded anew. */
  assert_ptr_equal(plain->code, forbids->code);
  assert_ptr_equal(plain->code, allows->code);
  assert_true(same_identity(plain, allows));
  pw_plugin_release(plain);
  pw_plugin_release(forbids);
  pw_plugin_release(allows);
  pw_bytes_clear(&file);
  fixture_close(&fixture);
}

static struct pw_plugin *released;
static bool              was_released;

static void *
release(void *data)
{
  pw_plugin_release((struct pw_plugin *)data);
  return NULL;
}

/* As an event thread does it with the plugins of a configuration that is gone. */
static void
release_on_another_thread(void)
{
  struct timespec end;
  pthread_t       thread;

  fake_while_compiling = NULL;
  assert_int_equal(pthread_create(&thread, NULL, release, released), 0);
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += 30;
  was_released = pthread_timedjoin_np(thread, NULL, &end) == 0;
}

static void
a_plugin_goes_while_another_one_is_compiled(void **state)
{
  struct fixture    fixture;
  struct pw_bytes   files[2];
  struct pw_plugin *other;

  (void)state;
  fixture_open(&fixture);
  files[0] = fake_code();
  files[1] = fake_code();
  released = load(&fixture, pw_bytes_view(&files[0]), false);

  fake_while_compiling = release_on_another_thread;
  other                = load(&fixture, pw_bytes_view(&files[1]), false);
  assert_true(was_released);
  pw_plugin_release(other);
  pw_bytes_clear(&files[0]);
  pw_bytes_clear(&files[1]);
  fixture_close(&fixture);
}

int
main(void)
{
  static const struct fake_export nothing[] = {{NULL, NULL, NULL}};
  const struct CMUnitTest         tests[]   = {
              cmocka_unit_test(a_capability_that_does_not_exist_is_refused_by_name),
              cmocka_unit_test(a_file_without_the_compiled_code_that_is_allowed_is_told),
              cmocka_unit_test(precompiled_code_is_not_shared_with_who_forbids_it),
              cmocka_unit_test(the_module_is_the_same_with_and_without_precompiled_code),
              cmocka_unit_test(a_plugin_goes_while_another_one_is_compiled),
  };

  fake_module = nothing;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
