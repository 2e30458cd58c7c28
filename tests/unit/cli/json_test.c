/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include "cli/json.h"

static char          *text;
static size_t         size;
static struct pw_json json;

static int
begin(void **state)
{
  (void)state;
  json = (struct pw_json){.out = open_memstream(&text, &size)};
  return json.out == NULL;
}

static int
end(void **state)
{
  (void)state;
  free(text);
  return 0;
}

static const char *
written(void)
{
  fclose(json.out);
  return text;
}

static void
values_are_separated_and_indented(void **state)
{
  (void)state;
  pw_json_object_begin(&json);
  pw_json_key(&json, "a");
  pw_json_integer(&json, -1);
  pw_json_key(&json, "b");
  pw_json_array_begin(&json);
  pw_json_boolean(&json, true);
  pw_json_null(&json);
  pw_json_unsigned(&json, UINT64_MAX);
  pw_json_array_end(&json);
  pw_json_key(&json, "c");
  pw_json_object_begin(&json);
  pw_json_object_end(&json);
  pw_json_object_end(&json);
  pw_json_finish(&json);
  assert_string_equal(written(), "{\n  \"a\": -1,\n  \"b\": [\n    true,\n    null,\n    18446744073709551615\n  ],\n"
                                 "  \"c\": {}\n}\n");
}

static void
strings_are_escaped(void **state)
{
  (void)state;
  pw_json_bytes(&json, LITERAL("\"\\\n\x01\x7f\xc3\xa4\xe2\x80\xa8\0"));
  assert_string_equal(written(), "\"\\\"\\\\\\n\\u0001\\u007f\xc3\xa4\\u2028\\u0000\"");
}

static void
bytes_that_are_no_text_become_base64(void **state)
{
  (void)state;
  pw_json_array_begin(&json);
  pw_json_bytes(&json, LITERAL("\xff"));
  pw_json_bytes(&json, LITERAL("\xff\xfe"));
  pw_json_bytes(&json, LITERAL("\xff\xfe\xfd"));
  pw_json_array_end(&json);
  const char *all = written();
  assert_contains(all, "\"base64\": \"/w==\"");
  assert_contains(all, "\"base64\": \"//4=\"");
  assert_contains(all, "\"base64\": \"//79\"");
}

static void
fields_keep_order_and_repetition(void **state)
{
  (void)state;
  struct pw_fields fields = {0};
  pw_fields_add(&fields, pw_view_of("a"), pw_view_of("1"));
  pw_fields_add(&fields, pw_view_of("a"), pw_view_of("2"));
  pw_json_fields(&json, &fields);
  pw_fields_clear(&fields);
  assert_string_equal(written(), "[\n  [\n    \"a\",\n    \"1\"\n  ],\n  [\n    \"a\",\n    \"2\"\n  ]\n]");
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(values_are_separated_and_indented, begin, end),
    cmocka_unit_test_setup_teardown(strings_are_escaped, begin, end),
    cmocka_unit_test_setup_teardown(bytes_that_are_no_text_become_base64, begin, end),
    cmocka_unit_test_setup_teardown(fields_keep_order_and_repetition, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
