/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include "cli/simulator/simulator_internal.h"

static struct pw_simulator  *simulator;
static struct pw_transaction transaction;
static struct pw_bytes       value;

static int
begin(void **state)
{
  (void)state;
  static const char *const    fields[][2] = {{":method", "PUT"},      {":scheme", "https"}, {":authority", "h.test"},
                                             {":path", "/a/b?c=d?e"}, {"x-One", "1"},       {"X-one", "2"}};
  struct pw_simulator_options options     = {0};
  struct pw_error             error;
  simulator                 = pw_simulator_new(&options, &error);
  transaction               = (struct pw_transaction){.simulator = simulator, .id = 7};
  transaction.time_begin    = pw_simulator_time(simulator);
  transaction.map_states[0] = PW_MAP_SENT;
  for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
    pw_fields_add(&transaction.maps[0], pw_view_of(fields[i][0]), pw_view_of(fields[i][1]));
  }
  return simulator == NULL;
}

static int
end(void **state)
{
  (void)state;
  for (size_t i = 0; i < PW_MAP_STREAM_COUNT; i++) {
    pw_fields_clear(&transaction.maps[i]);
  }
  pw_fields_clear(&transaction.properties);
  pw_bytes_clear(&value);
  pw_simulator_delete(simulator);
  return 0;
}

/* `path` is a literal with NULs in it. */
#define get(path)         get_of(&transaction, LITERAL(path))
#define get_without(path) get_of(NULL, LITERAL(path))

static enum pw_status
get_of(struct pw_transaction *stream, struct pw_view path)
{
  pw_bytes_clear(&value);
  return pw_simulator_ops.property_get(simulator, stream, path, &value);
}

static uint64_t
number(void)
{
  uint64_t result = 0;
  assert_int_equal(value.size, 8);
  for (size_t i = 0; i < 8; i++) {
    result |= (uint64_t)(uint8_t)value.data[i] << (8 * i);
  }
  return result;
}

static void
request_properties_follow_from_the_headers(void **state)
{
  (void)state;
  assert_int_equal(get("request\0path"), PW_STATUS_OK);
  assert_view_equal(pw_bytes_view(&value), "/a/b?c=d?e");
  assert_int_equal(get("request\0url_path"), PW_STATUS_OK);
  assert_view_equal(pw_bytes_view(&value), "/a/b");
  assert_int_equal(get("request\0query"), PW_STATUS_OK);
  assert_view_equal(pw_bytes_view(&value), "c=d?e");
  assert_int_equal(get("request\0method"), PW_STATUS_OK);
  assert_view_equal(pw_bytes_view(&value), "PUT");
  assert_int_equal(get("request\0host"), PW_STATUS_OK);
  assert_view_equal(pw_bytes_view(&value), "h.test");
  assert_int_equal(get("request\0scheme"), PW_STATUS_OK);
  assert_view_equal(pw_bytes_view(&value), "https");
  assert_int_equal(get("request\0headers\0x-one"), PW_STATUS_OK);
  assert_view_equal(pw_bytes_view(&value), "1,2");
  assert_int_equal(get("request\0headers\0none"), PW_STATUS_NOT_FOUND);
  assert_int_equal(get("request\0referer"), PW_STATUS_NOT_FOUND);
}

static void
addresses_have_ports(void **state)
{
  (void)state;
  assert_int_equal(get("source\0address"), PW_STATUS_OK);
  assert_view_equal(pw_bytes_view(&value), "127.0.0.1:49152");
  assert_int_equal(get("destination\0address"), PW_STATUS_OK);
  assert_view_equal(pw_bytes_view(&value), "127.0.0.1:80");
  transaction.map_states[PW_MAP_HTTP_RESPONSE_HEADERS] = PW_MAP_SENT;
  assert_int_equal(get("upstream\0address"), PW_STATUS_OK);
  assert_view_equal(pw_bytes_view(&value), "127.0.0.1:8080");
  transaction.map_states[PW_MAP_HTTP_RESPONSE_HEADERS] = PW_MAP_ABSENT;
}

static void
a_request_without_an_id_has_its_number(void **state)
{
  (void)state;
  assert_int_equal(get("request\0id"), PW_STATUS_OK);
  assert_view_equal(pw_bytes_view(&value), "7");
  pw_fields_add(&transaction.maps[0], pw_view_of("X-Request-ID"), pw_view_of("its own"));
  assert_int_equal(get("request\0id"), PW_STATUS_OK);
  assert_view_equal(pw_bytes_view(&value), "its own");
}

static void
the_node_is_empty_and_there_without_a_stream(void **state)
{
  (void)state;
  assert_int_equal(get_without("node"), PW_STATUS_OK);
  assert_int_equal(value.size, 0);
  assert_int_equal(get("node"), PW_STATUS_OK);
  assert_int_equal(value.size, 0);
}

static void
a_map_is_serialised(void **state)
{
  (void)state;
  struct pw_pairs pairs = {0};
  assert_int_equal(get("request\0headers"), PW_STATUS_OK);
  assert_int_equal(pw_pairs_parse(pw_bytes_view(&value), &pairs), PW_STATUS_OK);
  assert_int_equal(pairs.count, 6);
  assert_view_equal(pairs.items[4].key, "x-one");
  pw_pairs_clear(&pairs);
}

static void
numbers_are_64_bits(void **state)
{
  (void)state;
  transaction.body_in[PW_STREAM_HTTP_REQUEST] = 70000;
  assert_int_equal(get("request\0size"), PW_STATUS_OK);
  assert_int_equal(number(), 70000);
  assert_int_equal(get("connection\0id"), PW_STATUS_OK);
  assert_int_equal(number(), 7);
  assert_int_equal(get("source\0port"), PW_STATUS_OK);
  assert_true(number() > 0);
  assert_int_equal(get("connection\0mtls"), PW_STATUS_OK);
  assert_view_equal(pw_bytes_view(&value), "\0");
}

static void
time_is_that_of_the_virtual_clock(void **state)
{
  (void)state;
  pw_simulator_advance(simulator, 5000);
  assert_int_equal(get("request\0time"), PW_STATUS_OK);
  assert_true(number() == PW_SIMULATOR_TIME);
  assert_int_equal(get("request\0duration"), PW_STATUS_OK);
  assert_int_equal(number(), 5000);
}

static void
what_does_not_exist_yet_is_not_found(void **state)
{
  (void)state;
  assert_int_equal(get("response\0code"), PW_STATUS_NOT_FOUND);
  assert_int_equal(get("response\0headers\0a"), PW_STATUS_NOT_FOUND);
  assert_int_equal(get("upstream\0address"), PW_STATUS_NOT_FOUND);
  assert_int_equal(get_without("request\0path"), PW_STATUS_NOT_FOUND);
  assert_int_equal(get("no\0such\0thing"), PW_STATUS_NOT_FOUND);
  assert_int_equal(get(""), PW_STATUS_NOT_FOUND);
  transaction.map_states[PW_MAP_HTTP_RESPONSE_HEADERS] = PW_MAP_OPEN;
  pw_fields_add(&transaction.maps[PW_MAP_HTTP_RESPONSE_HEADERS], pw_view_of(":status"), pw_view_of("418"));
  assert_int_equal(get("response\0code"), PW_STATUS_OK);
  assert_int_equal(number(), 418);
}

static void
given_properties_hide_computed_ones(void **state)
{
  (void)state;
  assert_true(pw_simulator_set_property(simulator, pw_view_of("request.path"), pw_view_of("all")));
  assert_int_equal(get_without("request\0path"), PW_STATUS_OK);
  assert_view_equal(pw_bytes_view(&value), "all");
  assert_true(pw_transaction_set_property(&transaction, pw_view_of("request.path"), pw_view_of("one")));
  assert_int_equal(get("request\0path"), PW_STATUS_OK);
  assert_view_equal(pw_bytes_view(&value), "one");
  assert_true(pw_transaction_set_property(&transaction, pw_view_of("request.path"), pw_view_of("two")));
  assert_int_equal(get("request\0path"), PW_STATUS_OK);
  assert_view_equal(pw_bytes_view(&value), "two");
}

static enum pw_status
set_of(struct pw_view path, const char *text)
{
  return pw_simulator_ops.property_set(simulator, &transaction, path, pw_view_of(text));
}

static void
a_given_property_that_is_set_is_a_value_and_no_part_of_the_message(void **state)
{
  (void)state;
  transaction.map_states[0] = PW_MAP_OPEN;
  assert_true(pw_transaction_set_property(&transaction, pw_view_of("request.host"), pw_view_of("given")));
  assert_true(pw_simulator_set_property(simulator, pw_view_of("request.path"), pw_view_of("given")));
  assert_int_equal(set_of(LITERAL("request\0host"), "x"), PW_STATUS_OK);
  assert_int_equal(get("request\0host"), PW_STATUS_OK);
  assert_view_equal(pw_bytes_view(&value), "x");
  assert_int_equal(set_of(LITERAL("request\0path"), "y"), PW_STATUS_OK);
  assert_int_equal(get("request\0path"), PW_STATUS_OK);
  assert_view_equal(pw_bytes_view(&value), "y");
  assert_view_equal(pw_fields_value(&transaction.maps[0], ":authority"), "h.test");
}

static void
any_other_property_is_left_to_the_host(void **state)
{
  (void)state;
  transaction.map_states[0] = PW_MAP_OPEN;
  assert_int_equal(set_of(LITERAL("my\0own"), "x"), PW_STATUS_NOT_FOUND);
  assert_int_equal(set_of(LITERAL("request\0host"), "x"), PW_STATUS_NOT_FOUND);
  assert_true(pw_transaction_set_property(&transaction, pw_view_of("request.host"), pw_view_of("given")));
  assert_int_equal(set_of(LITERAL("request.host"), "x"), PW_STATUS_NOT_FOUND);
}

static void
random_bytes_come_from_the_seed(void **state)
{
  (void)state;
  struct pw_simulator_options options = {.seed = 1};
  struct pw_error             error;
  struct pw_simulator        *same  = pw_simulator_new(&options, &error);
  struct pw_simulator        *other = NULL;
  char                        a[13], b[13], c[13];
  options.seed            = 2;
  other                   = pw_simulator_new(&options, &error);
  simulator->random_state = 1;
  assert_true(pw_simulator_ops.random(simulator, a, sizeof(a)));
  assert_true(pw_simulator_ops.random(same, b, sizeof(b)));
  assert_true(pw_simulator_ops.random(other, c, sizeof(c)));
  assert_memory_equal(a, b, sizeof(a));
  assert_memory_not_equal(a, c, sizeof(a));
  pw_simulator_delete(same);
  pw_simulator_delete(other);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(request_properties_follow_from_the_headers, begin, end),
    cmocka_unit_test_setup_teardown(addresses_have_ports, begin, end),
    cmocka_unit_test_setup_teardown(a_request_without_an_id_has_its_number, begin, end),
    cmocka_unit_test_setup_teardown(the_node_is_empty_and_there_without_a_stream, begin, end),
    cmocka_unit_test_setup_teardown(a_map_is_serialised, begin, end),
    cmocka_unit_test_setup_teardown(numbers_are_64_bits, begin, end),
    cmocka_unit_test_setup_teardown(time_is_that_of_the_virtual_clock, begin, end),
    cmocka_unit_test_setup_teardown(what_does_not_exist_yet_is_not_found, begin, end),
    cmocka_unit_test_setup_teardown(given_properties_hide_computed_ones, begin, end),
    cmocka_unit_test_setup_teardown(a_given_property_that_is_set_is_a_value_and_no_part_of_the_message, begin, end),
    cmocka_unit_test_setup_teardown(any_other_property_is_left_to_the_host, begin, end),
    cmocka_unit_test_setup_teardown(random_bytes_come_from_the_seed, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
