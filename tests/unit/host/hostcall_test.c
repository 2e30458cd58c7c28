/* SPDX-License-Identifier: Apache-2.0 */
/* What hostile modules pass to hostcalls: each bad pointer gets its status, and the VM lives on. */
#include "fakes/fixture.h"
#include "support/unit.h"

#include "host/pairs.h"

#include <stdio.h>

#define BAD UINT32_C(0xfffffffc)

static int statuses[64];
static int count;

static uint32_t
bad_pointers(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  count = 0;
  fake_put(vm, 0, "a");
#define CALL(...) statuses[count++] = FAKE_HOSTCALL(vm, __VA_ARGS__)
  CALL("proxy_log", PW_LOG_INFO, BAD, 8);
  CALL("proxy_log", PW_LOG_INFO, 65535, 2);
  CALL("proxy_get_log_level", 65533);
  CALL("proxy_get_current_time_nanoseconds", 65529);
  CALL("proxy_get_buffer_bytes", PW_BUFFER_PLUGIN_CONFIGURATION, 0, 10, BAD, 8);
  CALL("proxy_get_buffer_status", PW_BUFFER_PLUGIN_CONFIGURATION, 8, BAD);
  CALL("proxy_get_header_map_size", 0, BAD);
  CALL("proxy_get_header_map_pairs", 0, BAD, 8);
  CALL("proxy_set_header_map_pairs", 0, BAD, 8);
  CALL("proxy_get_header_map_value", 0, 0, 1, 8, BAD);
  CALL("proxy_get_header_map_value", 0, 1, UINT32_MAX, 8, 12);
  CALL("proxy_add_header_map_value", 0, 0, 1, BAD, 8);
  CALL("proxy_remove_header_map_value", 0, BAD, 8);
  CALL("proxy_get_property", BAD, 8, 8, 12);
  CALL("proxy_set_property", 0, 1, BAD, 8);
  CALL("proxy_send_local_response", 200, BAD, 8, 0, 0, 0, 0, 0);
  CALL("proxy_send_local_response", 200, 0, 0, 0, 0, BAD, 8, 0);
  CALL("proxy_http_call", BAD, 8, 0, 0, 0, 0, 0, 0, 0, 8);
  CALL("proxy_get_shared_data", BAD, 8, 8, 12, 16);
  CALL("proxy_get_shared_data", 0, 1, 8, 12, BAD);
  CALL("proxy_set_shared_data", 0, 1, BAD, 8, 0);
  CALL("proxy_register_shared_queue", 0, 1, BAD);
  CALL("proxy_resolve_shared_queue", 0, 1, BAD, 8, 8);
  CALL("proxy_enqueue_shared_queue", 1, BAD, 8);
  CALL("proxy_dequeue_shared_queue", 1, BAD, 8);
  CALL("proxy_define_metric", 0, 0, 1, BAD);
  CALL("proxy_call_foreign_function", BAD, 8, 0, 0, 0, 0);
  CALL("proxy_get_status", BAD, 8, 8);
#undef CALL
  return 0;
}

static const struct fake_export hostile[] = {{"proxy_on_request_headers", "iii:i", bad_pointers}, {NULL, NULL, NULL}};

static void
every_bad_pointer_is_an_invalid_memory_access(void **state)
{
  struct pw_plugin_config config;
  struct fixture          f;
  struct pw_stream       *stream;
  int                     i;

  (void)state;
  memset(&config, 0, sizeof(config));
  config.configuration = pw_view_of("abc");
  fixture_open(&f);
  fixture_add(&f, hostile, &config);
  fixture_chain(&f);
  fake_header("a", "1");
  stream = pw_stream_new(f.chain, &f);
  assert_int_equal(pw_stream_request_headers(stream, true), PW_NEXT_CONTINUE);
  for (i = 0; i < count; ++i) {
    if (statuses[i] != PW_STATUS_INVALID_MEMORY_ACCESS) {
      fail_msg("call %d answered %s", i, pw_status_name(statuses[i]));
    }
  }
  assert_int_equal(fake.replies, 0);
  assert_int_equal(fake.calls, 0);
  pw_stream_end(stream);
  fixture_close(&f);
}

static int value_status;

static uint32_t
reads_header(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  /* Number 1, for the allocator. */
  FAKE_HOSTCALL(vm, "proxy_define_metric", PW_METRIC_COUNTER, 0, fake_put(vm, 0, "a"), 16);
  value_status = FAKE_HOSTCALL(vm, "proxy_get_header_map_value", 0, 0, 1, 8, 12);
  return 0;
}

static const struct fake_export reader[] = {{"proxy_on_request_headers", "iii:i", reads_header}, {NULL, NULL, NULL}};

/* What proxy_get_header_map_value answers when the module's allocator behaves so. */
static int
with_allocator(int mode, enum pw_next expected)
{
  struct pw_plugin_config closed;
  struct fixture          f;
  struct pw_stream       *stream;

  memset(&closed, 0, sizeof(closed));
  fixture_open(&f);
  fixture_add(&f, reader, &closed);
  fixture_chain(&f);
  fake_header("a", "long enough");
  fake_allocator_mode = mode;
  stream              = pw_stream_new(f.chain, &f);
  assert_int_equal(pw_stream_request_headers(stream, true), expected);
  pw_stream_end(stream);
  fixture_close(&f);
  return value_status;
}

static void
an_allocator_that_fails_or_lies_is_an_invalid_memory_access(void **state)
{
  (void)state;
  assert_int_equal(with_allocator(0, PW_NEXT_CONTINUE), PW_STATUS_OK);
  assert_int_equal(with_allocator(1, PW_NEXT_CONTINUE), PW_STATUS_INVALID_MEMORY_ACCESS);
  assert_int_equal(with_allocator(2, PW_NEXT_CONTINUE), PW_STATUS_INVALID_MEMORY_ACCESS);
}

static void
a_trap_in_the_allocator_ends_the_callback_too(void **state)
{
  (void)state;
  assert_int_equal(with_allocator(3, PW_NEXT_FAIL), -1);
}

static void
an_allocator_may_not_call_back(void **state)
{
  (void)state;
  /* With what would be right at any other time. */
  for (int mode = 4; mode <= 6; ++mode) {
    assert_int_equal(with_allocator(mode, PW_NEXT_CONTINUE), PW_STATUS_OK);
    assert_int_equal(fake_allocator_status, PW_STATUS_INTERNAL_FAILURE);
  }
}

static uint32_t
many_pairs(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  memset(fake_memory(vm, 0), 0xff, 4);
  statuses[0] = FAKE_HOSTCALL(vm, "proxy_set_header_map_pairs", 0, 0, 65536);
  statuses[1] = FAKE_HOSTCALL(vm, "proxy_add_header_map_value", 0, 100, fake_put(vm, 100, "a\r\nb"), 100, 1);
  statuses[2] = FAKE_HOSTCALL(vm, "proxy_replace_header_map_value", 0, 200, fake_put(vm, 200, "a"), 100,
                              fake_put(vm, 100, "x\r\nset-cookie: y"));
  statuses[3] = FAKE_HOSTCALL(vm, "proxy_send_local_response", 101, 0, 0, 0, 0, 0, 0, 0);
  statuses[4] = FAKE_HOSTCALL(vm, "proxy_log", 6, 0, 0);
  statuses[5] = FAKE_HOSTCALL(vm, "proxy_set_effective_context", 99);
  statuses[6] = FAKE_HOSTCALL(vm, "proxy_get_header_map_value", 8, 0, 0, 8, 12);
  statuses[7] = FAKE_HOSTCALL(vm, "proxy_get_buffer_bytes", 9, 0, 0, 8, 12);
  return 0;
}

static void
arguments_out_of_range_are_bad_arguments(void **state)
{
  static const struct fake_export module[] = {{"proxy_on_request_headers", "iii:i", many_pairs}, {NULL, NULL, NULL}};
  struct fixture                  f;
  struct pw_stream               *stream;
  int                             i;

  (void)state;
  fixture_open(&f);
  fixture_add(&f, module, NULL);
  fixture_chain(&f);
  stream = pw_stream_new(f.chain, &f);
  pw_stream_request_headers(stream, true);
  for (i = 0; i < 8; ++i) {
    if (statuses[i] != PW_STATUS_BAD_ARGUMENT) {
      fail_msg("call %d answered %s", i, pw_status_name(statuses[i]));
    }
  }
  pw_stream_end(stream);
  fixture_close(&f);
}

#define NAME_BYTES 32

/* The names of a map, by number. */
static const char *(*field_name)(int number, char *text);
static int fields;

static const char *
one_name(int number, char *text)
{
  (void)text;
  return number % 2 ? "x-same" : "X-SAME";
}

static const char *
name_of_a_kind(int number, char *text)
{
  /* Of one size, with one letter at the end. */
  snprintf(text, NAME_BYTES, "x-%03d-alike", number);
  return text;
}

static const char *
one_name_among_others(int number, char *text)
{
  return number < 200 && number % 3 == 0 ? "x-000-alike" : name_of_a_kind(number + 1, text);
}

static uint32_t
sets_fields(struct fake_vm *vm, const pw_value *a)
{
  static char     names[300][NAME_BYTES];
  struct pw_pairs pairs = {0};
  size_t          size;

  (void)a;
  for (int i = 0; i < fields; i++) {
    assert_true(pw_pairs_add(&pairs, pw_view_of(field_name(i, names[i])), pw_view_of("v")));
  }
  size = pw_pairs_serialized_size(&pairs);
  pw_pairs_write(&pairs, (uint8_t *)fake_memory(vm, 0), false);
  statuses[0] = FAKE_HOSTCALL(vm, "proxy_set_header_map_pairs", 0, 0, (uint32_t)size);
  pw_pairs_clear(&pairs);
  return 0;
}

static int
set_fields(const char *(*name)(int number, char *text), int number)
{
  static const struct fake_export module[] = {{"proxy_on_request_headers", "iii:i", sets_fields}, {NULL, NULL, NULL}};
  struct fixture                  f;
  struct pw_stream               *stream;

  field_name  = name;
  fields      = number;
  statuses[0] = -1;
  fixture_open(&f);
  fixture_add(&f, module, NULL);
  fixture_chain(&f);
  stream = pw_stream_new(f.chain, &f);
  pw_stream_request_headers(stream, true);
  pw_stream_end(stream);
  fixture_close(&f);
  return statuses[0];
}

static void
a_map_may_have_256_fields_and_64_of_one_name_however_names_are_alike(void **state)
{
  (void)state;
  assert_int_equal(set_fields(one_name, 64), PW_STATUS_OK);
  assert_int_equal(set_fields(one_name, 65), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(set_fields(one_name, 256), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(set_fields(name_of_a_kind, 65), PW_STATUS_OK);
  assert_int_equal(set_fields(name_of_a_kind, 256), PW_STATUS_OK);
  assert_int_equal(set_fields(name_of_a_kind, 257), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(set_fields(one_name_among_others, 190), PW_STATUS_OK);
  assert_int_equal(set_fields(one_name_among_others, 256), PW_STATUS_BAD_ARGUMENT);
}

static uint32_t
late_change(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  statuses[0] =
    FAKE_HOSTCALL(vm, "proxy_add_header_map_value", PW_MAP_HTTP_REQUEST_HEADERS, 0, fake_put(vm, 0, "a"), 0, 1);
  return 0;
}

static void
request_headers_cannot_be_changed_after_they_went_on(void **state)
{
  static const struct fake_export module[] = {{"proxy_on_response_headers", "iii:i", late_change}, {NULL, NULL, NULL}};
  struct fixture                  f;
  struct pw_stream               *stream;

  (void)state;
  fixture_open(&f);
  fixture_add(&f, module, NULL);
  fixture_chain(&f);
  stream = pw_stream_new(f.chain, &f);
  pw_stream_request_headers(stream, true);
  pw_stream_response_headers(stream, true);
  assert_int_equal(statuses[0], PW_STATUS_BAD_ARGUMENT);
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
denied_capabilities_answer_instead_of_acting(void **state)
{
  static const struct pw_view capabilities[] = {{"proxy_on_request_headers", 24}, {"proxy_log", 9}};
  struct pw_plugin_config     config;
  struct fixture              f;
  struct pw_stream           *stream;

  (void)state;
  memset(&config, 0, sizeof(config));
  config.restrict_capabilities = true;
  config.capabilities          = capabilities;
  config.capability_count      = 2;
  fixture_open(&f);
  fixture_add(&f, reader, &config);
  fixture_chain(&f);
  fake_header("a", "1");
  stream = pw_stream_new(f.chain, &f);
  pw_stream_request_headers(stream, true);
  assert_int_equal(value_status, PW_STATUS_INTERNAL_FAILURE);
  pw_stream_end(stream);
  fixture_close(&f);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_bad_pointer_is_an_invalid_memory_access),
    cmocka_unit_test(an_allocator_that_fails_or_lies_is_an_invalid_memory_access),
    cmocka_unit_test(a_trap_in_the_allocator_ends_the_callback_too),
    cmocka_unit_test(an_allocator_may_not_call_back),
    cmocka_unit_test(arguments_out_of_range_are_bad_arguments),
    cmocka_unit_test(a_map_may_have_256_fields_and_64_of_one_name_however_names_are_alike),
    cmocka_unit_test(request_headers_cannot_be_changed_after_they_went_on),
    cmocka_unit_test(denied_capabilities_answer_instead_of_acting),
  };

  return cmocka_run_group_tests_name("host/hostcall", tests, NULL, NULL);
}
