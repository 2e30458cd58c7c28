/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "config/plugin_schema.h"
#include "config/reference.h"

#include <stdio.h>

static void
the_reference_has_the_table_of_the_reader(void **state)
{
  (void)state;
  char        path[1024];
  const char *test = strstr(__FILE__, "tests/unit/config/");
  assert_non_null(test);
  snprintf(path, sizeof(path), "%.*sdocs/reference/configuration.md", (int)(test - __FILE__), __FILE__);
  struct pw_bytes page = {0}, table = {0};
  struct pw_error error = {0};
  if (!pw_config_read_bytes(path, 1 << 20, &page, &error) || !pw_bytes_append(&page, "", 1)) {
    fail_msg("%s", error.message);
  }
  assert_true(pw_schema_reference(&pw_config_schema, &table) && pw_bytes_append(&table, "", 1));
  char *begin = strstr(page.data, "<!-- keys:begin -->\n"), *end = strstr(page.data, "<!-- keys:end -->");
  assert_non_null(begin);
  assert_non_null(end);
  *end = '\0';
  assert_string_equal(strchr(begin, '\n') + 1, table.data);
  pw_bytes_clear(&page);
  pw_bytes_clear(&table);
}

/* The defaults of limits are the host's (pw_limits), and the table only tells them. */
static void
presets_in_the_table_can_be_read(void *data, const char *path, const struct pw_schema_key *key, const char *same_as)
{
  (void)data;
  (void)same_as;
  uint64_t number  = 0;
  bool     boolean = false;
  if (!key->preset) {
    return;
  }
  switch (key->type) {
  case PW_SCHEMA_BOOLEAN:
    assert_true(pw_value_boolean(pw_view_of(key->preset), &boolean));
    break;
  case PW_SCHEMA_NUMBER:
  case PW_SCHEMA_SIZE:
  case PW_SCHEMA_DURATION:
    assert_null(pw_value_number(pw_view_of(key->preset),
                                key->type == PW_SCHEMA_SIZE       ? PW_VALUE_BYTES
                                : key->type == PW_SCHEMA_DURATION ? PW_VALUE_MILLISECONDS
                                                                  : PW_VALUE_PLAIN,
                                &number));
    if (number < key->minimum || (key->maximum > 0 && number > key->maximum)) {
      fail_msg("%s: the default %s is out of its own range", path, key->preset);
    }
    break;
  default:
    break;
  }
}

static void
defaults_are_within_their_ranges(void **state)
{
  (void)state;
  pw_schema_walk(&pw_config_schema, presets_in_the_table_can_be_read, NULL);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_reference_has_the_table_of_the_reader),
    cmocka_unit_test(defaults_are_within_their_ranges),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
