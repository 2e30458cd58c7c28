/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include "cli/simulator/simulator_internal.h"

#define REQUEST  PW_MAP_HTTP_REQUEST_HEADERS
#define RESPONSE PW_MAP_HTTP_RESPONSE_HEADERS

static struct pw_transaction transaction;

/* A request whose headers can be changed, and no response. */
static int
begin(void **state)
{
  (void)state;
  static const char *const fields[][2] = {{":method", "GET"}, {":path", "/"}, {"a", "1"}, {"b", "2"}, {"A", "3"}};
  transaction                          = (struct pw_transaction){0};
  transaction.map_states[REQUEST]      = PW_MAP_OPEN;
  for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
    pw_fields_add(&transaction.maps[REQUEST], pw_view_of(fields[i][0]), pw_view_of(fields[i][1]));
  }
  return 0;
}

static int
end(void **state)
{
  (void)state;
  for (size_t i = 0; i < PW_MAP_STREAM_COUNT; i++) {
    pw_fields_clear(&transaction.maps[i]);
  }
  return 0;
}

static const char *
text(enum pw_map_type map)
{
  static char all[512];
  size_t      used = 0;
  all[0]           = '\0';
  for (size_t i = 0; i < transaction.maps[map].count; i++) {
    const struct pw_field *field = &transaction.maps[map].items[i];
    used += (size_t)snprintf(all + used, sizeof(all) - used, "%s=%s;", field->name.data, field->value.data);
  }
  return all;
}

static enum pw_status
replace(enum pw_map_type map, const char *key, const char *value)
{
  return pw_simulator_ops.map_replace(&transaction, map, pw_view_of(key), pw_view_of(value));
}

static void
a_map_that_does_not_exist_is_not_found(void **state)
{
  (void)state;
  struct pw_pairs    pairs = {0};
  struct pw_map_size size  = {0};
  size_t             count;
  assert_int_equal(pw_simulator_ops.map_count(&transaction, RESPONSE, &count), PW_STATUS_NOT_FOUND);
  assert_int_equal(pw_simulator_ops.map_size(&transaction, RESPONSE, &size), PW_STATUS_NOT_FOUND);
  assert_int_equal(pw_simulator_ops.map_pairs(&transaction, RESPONSE, &pairs), PW_STATUS_NOT_FOUND);
  assert_int_equal(pw_simulator_ops.map_get(&transaction, RESPONSE, pw_view_of("a"), &pairs), PW_STATUS_NOT_FOUND);
  assert_int_equal(replace(RESPONSE, "a", "1"), PW_STATUS_NOT_FOUND);
  assert_int_equal(pw_simulator_ops.map_set(&transaction, RESPONSE, &pairs), PW_STATUS_NOT_FOUND);
  assert_int_equal(pw_simulator_ops.map_remove(&transaction, RESPONSE, pw_view_of("a")), PW_STATUS_NOT_FOUND);
}

static void
a_map_on_its_way_can_be_read_but_not_changed(void **state)
{
  (void)state;
  size_t             count        = 0;
  struct pw_map_size size         = {0};
  transaction.map_states[REQUEST] = PW_MAP_SENT;
  assert_int_equal(pw_simulator_ops.map_count(&transaction, REQUEST, &count), PW_STATUS_OK);
  assert_int_equal(count, 5);
  assert_int_equal(pw_simulator_ops.map_size(&transaction, REQUEST, &size), PW_STATUS_OK);
  assert_int_equal(size.count, 5);
  assert_int_equal(size.bytes, sizeof(":methodGET:path/a1b2A3") - 1);
  assert_int_equal(replace(REQUEST, "a", "x"), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(pw_simulator_ops.map_add(&transaction, REQUEST, pw_view_of("c"), pw_view_of("x")),
                   PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(pw_simulator_ops.map_remove(&transaction, REQUEST, pw_view_of("a")), PW_STATUS_BAD_ARGUMENT);
  assert_string_equal(text(REQUEST), ":method=GET;:path=/;a=1;b=2;A=3;");
}

static void
every_value_of_a_repeated_name_is_found(void **state)
{
  (void)state;
  struct pw_pairs pairs = {0};
  assert_int_equal(pw_simulator_ops.map_get(&transaction, REQUEST, pw_view_of("A"), &pairs), PW_STATUS_OK);
  assert_int_equal(pairs.count, 2);
  assert_view_equal(pairs.items[0].value, "1");
  assert_view_equal(pairs.items[1].value, "3");
  assert_int_equal(pw_simulator_ops.map_get(&transaction, REQUEST, pw_view_of("z"), &pairs), PW_STATUS_NOT_FOUND);
  pw_pairs_clear(&pairs);
}

static void
add_adds_and_replace_replaces(void **state)
{
  (void)state;
  assert_int_equal(pw_simulator_ops.map_add(&transaction, REQUEST, pw_view_of("a"), pw_view_of("4")), PW_STATUS_OK);
  assert_string_equal(text(REQUEST), ":method=GET;:path=/;a=1;b=2;A=3;a=4;");
  assert_int_equal(replace(REQUEST, "a", "x"), PW_STATUS_OK);
  assert_string_equal(text(REQUEST), ":method=GET;:path=/;a=x;b=2;");
  assert_int_equal(replace(REQUEST, "new", "y"), PW_STATUS_OK);
  assert_string_equal(text(REQUEST), ":method=GET;:path=/;a=x;b=2;new=y;");
}

static void
a_pseudo_header_is_set_and_stays_one(void **state)
{
  (void)state;
  assert_int_equal(pw_simulator_ops.map_add(&transaction, REQUEST, pw_view_of(":path"), pw_view_of("/x")),
                   PW_STATUS_OK);
  assert_string_equal(text(REQUEST), ":method=GET;:path=/x;a=1;b=2;A=3;");
  assert_int_equal(replace(REQUEST, ":path", ""), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(replace(REQUEST, ":status", "200"), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(replace(REQUEST, ":nonsense", "x"), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(pw_simulator_ops.map_remove(&transaction, REQUEST, pw_view_of(":path")), PW_STATUS_BAD_ARGUMENT);
  assert_string_equal(text(REQUEST), ":method=GET;:path=/x;a=1;b=2;A=3;");
}

static void
host_is_another_name_of_the_authority(void **state)
{
  (void)state;
  struct pw_pairs pairs = {0};
  pw_fields_clear(&transaction.maps[REQUEST]);
  pw_fields_add(&transaction.maps[REQUEST], pw_view_of(":authority"), pw_view_of("a.test"));
  assert_int_equal(replace(REQUEST, "Host", "b.test"), PW_STATUS_OK);
  assert_string_equal(text(REQUEST), ":authority=b.test;");
  pw_fields_add(&transaction.maps[REQUEST], pw_view_of("Host"), pw_view_of("b.test"));
  assert_int_equal(replace(REQUEST, ":authority", "c.test"), PW_STATUS_OK);
  assert_string_equal(text(REQUEST), ":authority=c.test;Host=c.test;");
  assert_int_equal(pw_simulator_ops.map_remove(&transaction, REQUEST, pw_view_of("host")), PW_STATUS_OK);
  assert_string_equal(text(REQUEST), ":authority=c.test;Host=c.test;");
  pw_pairs_add(&pairs, pw_view_of("host"), pw_view_of("d.test"));
  assert_int_equal(pw_simulator_ops.map_set(&transaction, REQUEST, &pairs), PW_STATUS_OK);
  assert_string_equal(text(REQUEST), ":authority=d.test;Host=d.test;");
  assert_int_equal(replace(REQUEST, "host", "no host"), PW_STATUS_BAD_ARGUMENT);
  pw_pairs_clear(&pairs);
}

static void
a_status_has_three_digits(void **state)
{
  (void)state;
  transaction.map_states[RESPONSE] = PW_MAP_OPEN;
  assert_int_equal(replace(RESPONSE, ":status", "404"), PW_STATUS_OK);
  assert_int_equal(replace(RESPONSE, ":status", "40"), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(replace(RESPONSE, ":status", "4O4"), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(replace(RESPONSE, ":status", "0404"), PW_STATUS_BAD_ARGUMENT);
  assert_string_equal(text(RESPONSE), ":status=404;");
}

static void
setting_a_map_keeps_pseudo_headers_that_are_not_given(void **state)
{
  (void)state;
  struct pw_pairs pairs = {0};
  pw_pairs_add(&pairs, pw_view_of("x"), pw_view_of("1"));
  pw_pairs_add(&pairs, pw_view_of(":path"), pw_view_of("/new"));
  pw_pairs_add(&pairs, pw_view_of("x"), pw_view_of("2"));
  assert_int_equal(pw_simulator_ops.map_set(&transaction, REQUEST, &pairs), PW_STATUS_OK);
  assert_string_equal(text(REQUEST), ":method=GET;:path=/new;x=1;x=2;");
  pw_pairs_clear(&pairs);
}

static void
a_map_can_be_set_from_its_own_pairs(void **state)
{
  (void)state;
  struct pw_pairs pairs = {0};
  assert_int_equal(pw_simulator_ops.map_pairs(&transaction, REQUEST, &pairs), PW_STATUS_OK);
  assert_int_equal(pw_simulator_ops.map_set(&transaction, REQUEST, &pairs), PW_STATUS_OK);
  assert_string_equal(text(REQUEST), ":method=GET;:path=/;a=1;b=2;A=3;");
  pw_pairs_clear(&pairs);
}

static void
a_wrong_pseudo_header_leaves_the_whole_map(void **state)
{
  (void)state;
  struct pw_pairs pairs = {0};
  pw_pairs_add(&pairs, pw_view_of("x"), pw_view_of("1"));
  pw_pairs_add(&pairs, pw_view_of(":status"), pw_view_of("200"));
  assert_int_equal(pw_simulator_ops.map_set(&transaction, REQUEST, &pairs), PW_STATUS_BAD_ARGUMENT);
  assert_string_equal(text(REQUEST), ":method=GET;:path=/;a=1;b=2;A=3;");
  pw_pairs_clear(&pairs);
}

static void
a_set_that_lacks_memory_changes_nothing(void **state)
{
  (void)state;
  struct pw_pairs pairs = {0};
  enum pw_status  status;
  pw_pairs_add(&pairs, pw_view_of("x"), pw_view_of("1"));
  for (unsigned n = 1;
       fail_alloc_at(n), status = pw_simulator_ops.map_set(&transaction, REQUEST, &pairs), fail_alloc_stop(); n++) {
    assert_int_equal(status, PW_STATUS_INTERNAL_FAILURE);
    assert_string_equal(text(REQUEST), ":method=GET;:path=/;a=1;b=2;A=3;");
  }
  assert_int_equal(status, PW_STATUS_OK);
  pw_pairs_clear(&pairs);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(a_map_that_does_not_exist_is_not_found, begin, end),
    cmocka_unit_test_setup_teardown(a_map_on_its_way_can_be_read_but_not_changed, begin, end),
    cmocka_unit_test_setup_teardown(every_value_of_a_repeated_name_is_found, begin, end),
    cmocka_unit_test_setup_teardown(add_adds_and_replace_replaces, begin, end),
    cmocka_unit_test_setup_teardown(a_pseudo_header_is_set_and_stays_one, begin, end),
    cmocka_unit_test_setup_teardown(host_is_another_name_of_the_authority, begin, end),
    cmocka_unit_test_setup_teardown(a_status_has_three_digits, begin, end),
    cmocka_unit_test_setup_teardown(setting_a_map_keeps_pseudo_headers_that_are_not_given, begin, end),
    cmocka_unit_test_setup_teardown(a_map_can_be_set_from_its_own_pairs, begin, end),
    cmocka_unit_test_setup_teardown(a_wrong_pseudo_header_leaves_the_whole_map, begin, end),
    cmocka_unit_test_setup_teardown(a_set_that_lacks_memory_changes_nothing, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
