/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include "cli/simulator/simulator_fields.h"

static struct pw_fields fields;

static int
clear(void **state)
{
  (void)state;
  pw_fields_clear(&fields);
  return 0;
}

static void
add(const char *name, const char *value)
{
  assert_true(pw_fields_add(&fields, pw_view_of(name), pw_view_of(value)));
}

/* All fields as "name=value;". */
static const char *
text(void)
{
  static char all[512];
  size_t      used = 0;
  all[0]           = '\0';
  for (size_t i = 0; i < fields.count; i++) {
    used +=
      (size_t)snprintf(all + used, sizeof(all) - used, "%s=%s;", fields.items[i].name.data, fields.items[i].value.data);
  }
  return all;
}

static void
repeated_names_stay_apart_and_in_order(void **state)
{
  (void)state;
  add("a", "1");
  add("b", "2");
  add("A", "3");
  assert_string_equal(text(), "a=1;b=2;A=3;");
}

static void
pseudo_headers_come_first(void **state)
{
  (void)state;
  add("a", "1");
  add(":method", "GET");
  add("b", "2");
  add(":path", "/");
  assert_string_equal(text(), ":method=GET;:path=/;a=1;b=2;");
}

static void
replace_leaves_one_at_the_first_place(void **state)
{
  (void)state;
  add("a", "1");
  add("b", "2");
  add("A", "3");
  assert_true(pw_fields_replace(&fields, pw_view_of("a"), pw_view_of("x")));
  assert_string_equal(text(), "a=x;b=2;");
}

static void
replace_adds_what_is_not_there(void **state)
{
  (void)state;
  add("a", "1");
  assert_true(pw_fields_replace(&fields, pw_view_of("b"), pw_view_of("2")));
  assert_string_equal(text(), "a=1;b=2;");
}

static void
remove_takes_all_of_a_name_without_case(void **state)
{
  (void)state;
  add("a", "1");
  add("b", "2");
  add("A", "3");
  add("c", "4");
  pw_fields_remove(&fields, pw_view_of("a"));
  assert_string_equal(text(), "b=2;c=4;");
  pw_fields_remove(&fields, pw_view_of("none"));
  assert_string_equal(text(), "b=2;c=4;");
}

static void
a_list_can_be_given_its_own_bytes(void **state)
{
  (void)state;
  add("a", "1");
  add("a", "2");
  assert_true(pw_fields_replace(&fields, fields.items[1].name, fields.items[1].value));
  assert_string_equal(text(), "a=2;");
  assert_true(pw_fields_add(&fields, fields.items[0].value, fields.items[0].name));
  assert_string_equal(text(), "a=2;2=a;");
  pw_fields_remove(&fields, fields.items[0].name);
  assert_string_equal(text(), "2=a;");
}

static void
values_may_hold_any_byte(void **state)
{
  (void)state;
  assert_true(pw_fields_add(&fields, pw_view_of("a"), LITERAL("x\0y")));
  assert_view_equal(pw_fields_value(&fields, "A"), "x\0y");
  assert_int_equal(pw_fields_value(&fields, "b").size, 0);
}

static void
a_copy_that_fails_changes_nothing(void **state)
{
  (void)state;
  struct pw_fields copy = {0};
  bool             done;
  add("a", "1");
  add("b", "2");
  assert_true(pw_fields_add(&copy, pw_view_of("old"), pw_view_of("value")));
  for (unsigned n = 1; fail_alloc_at(n), done = pw_fields_copy(&copy, &fields), fail_alloc_stop(); n++) {
    assert_false(done);
    assert_int_equal(copy.count, 1);
    assert_view_equal(pw_fields_value(&copy, "old"), "value");
  }
  assert_true(done);
  assert_int_equal(copy.count, 2);
  pw_fields_clear(&copy);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_teardown(repeated_names_stay_apart_and_in_order, clear),
    cmocka_unit_test_teardown(pseudo_headers_come_first, clear),
    cmocka_unit_test_teardown(replace_leaves_one_at_the_first_place, clear),
    cmocka_unit_test_teardown(replace_adds_what_is_not_there, clear),
    cmocka_unit_test_teardown(remove_takes_all_of_a_name_without_case, clear),
    cmocka_unit_test_teardown(a_list_can_be_given_its_own_bytes, clear),
    cmocka_unit_test_teardown(values_may_hold_any_byte, clear),
    cmocka_unit_test_teardown(a_copy_that_fails_changes_nothing, clear),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
