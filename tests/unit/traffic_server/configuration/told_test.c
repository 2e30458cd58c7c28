/* SPDX-License-Identifier: Apache-2.0 */
/* What callbacks of headers look at. */
#include "support/unit.h"
#include "support/wasm_builder.h"

#include <stdio.h>

/* The plugin is no library: its file comes in as it is. It needs nothing of Traffic Server. */
#include "traffic_server/configuration/told.c"

static struct pw_told
told_of(const char *name)
{
  struct pw_bytes code = {0};
  char            path[512];
  char            block[4096];
  size_t          size;
  snprintf(path, sizeof(path), "%s/traffic_server/configuration/%s.wasm", PW_TEST_MODULES, name);
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  while ((size = fread(block, 1, sizeof(block), file)) > 0) {
    wasm_bytes(&code, block, size);
  }
  fclose(file);
  struct pw_told told = pw_told_of_module(pw_bytes_view(&code));
  pw_bytes_clear(&code);
  return told;
}

static void
each_callback_is_told_what_it_looks_at(void **state)
{
  (void)state;
  struct pw_told told = told_of("told");
  assert_true(told.count[PW_STREAM_HTTP_REQUEST]);
  assert_false(told.end[PW_STREAM_HTTP_REQUEST]);
  assert_false(told.count[PW_STREAM_HTTP_RESPONSE]);
  assert_true(told.end[PW_STREAM_HTTP_RESPONSE]);
}

static void
a_callback_that_is_not_there_is_told_nothing(void **state)
{
  (void)state;
  struct pw_told told = told_of("told_nothing");
  for (int direction = 0; direction < 2; direction++) {
    assert_false(told.count[direction]);
    assert_false(told.end[direction]);
  }
}

static void
what_cannot_be_read_is_told_all(void **state)
{
  (void)state;
  struct pw_told told = pw_told_of_module(pw_view_of("no module"));
  for (int direction = 0; direction < 2; direction++) {
    assert_true(told.count[direction]);
    assert_true(told.end[direction]);
  }
}

static void
a_segment_is_told_what_any_of_its_plugins_looks_at(void **state)
{
  (void)state;
  struct pw_told told  = told_of("told_nothing");
  struct pw_told other = told_of("told");
  pw_told_add(&told, &other);
  assert_true(told.count[PW_STREAM_HTTP_REQUEST]);
  assert_true(told.end[PW_STREAM_HTTP_RESPONSE]);
  assert_false(told.end[PW_STREAM_HTTP_REQUEST]);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(each_callback_is_told_what_it_looks_at),
    cmocka_unit_test(a_callback_that_is_not_there_is_told_nothing),
    cmocka_unit_test(what_cannot_be_read_is_told_all),
    cmocka_unit_test(a_segment_is_told_what_any_of_its_plugins_looks_at),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
