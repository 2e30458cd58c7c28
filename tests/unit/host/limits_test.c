/* SPDX-License-Identifier: Apache-2.0 */
/* What a module could use without end, if nobody counted: log lines of the host, ends that never come, starts. */
#include "fakes/fixture.h"
#include "support/unit.h"

static uint32_t wanted_calls; /* of each hostcall in a tick */
static int      last_status;
static int      log_count;

static size_t
lines_of_log(void)
{
  size_t      lines = 0;
  const char *at    = fake.log;

  while ((at = strchr(at, '\n')) != NULL) {
    ++lines;
    ++at;
  }
  return lines;
}

static uint32_t
tick_makes_the_host_log(struct fake_vm *vm, const pw_value *a)
{
  uint32_t i;

  (void)a;
  for (i = 0; i < wanted_calls; ++i) {
    FAKE_HOSTCALL(vm, "proxy_set_tick_period_milliseconds", 1);
  }
  return 0;
}

static uint32_t
headers_are_changed_late(struct fake_vm *vm, const pw_value *a)
{
  uint32_t i;

  (void)a;
  for (i = 0; i < wanted_calls; ++i) {
    last_status =
      FAKE_HOSTCALL(vm, "proxy_add_header_map_value", PW_MAP_HTTP_REQUEST_HEADERS, 200, fake_put(vm, 200, "a"), 200, 1);
  }
  return PW_ACTION_CONTINUE;
}

static uint32_t
defers(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  (void)a;
  return 0;
}

static uint32_t
logs(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  (void)a;
  ++log_count;
  return 0;
}

static uint32_t
refuses(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  (void)a;
  return 0;
}

static uint32_t
registers_a_long_name(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  last_status = FAKE_HOSTCALL(vm, "proxy_register_shared_queue", 1000, wanted_calls, 200);
  return 0;
}

static const struct fake_export noisy[] = {{"proxy_on_tick", "i:v", tick_makes_the_host_log},
                                           {"proxy_on_response_headers", "iii:i", headers_are_changed_late},
                                           {NULL, NULL, NULL}};

static void
what_a_module_makes_the_host_log_is_limited(void **state)
{
  const struct pw_plugin_config config = {.fail_open = true, .limits = {.log_lines_per_second = 5}};
  struct fixture                f;

  (void)state;
  fixture_open(&f);
  fixture_add(&f, noisy, &config);
  wanted_calls = 50;
  pw_instance_tick(f.instances[0]);
  assert_contains(fake.log, "a tick period of 1 ms is raised");
  assert_int_equal(lines_of_log(), 5);
  fixture_close(&f);
}

static void
how_many_lines_were_dropped_is_told_once_without_another_line(void **state)
{
  const struct pw_plugin_config config = {.fail_open = true, .limits = {.log_lines_per_second = 5}};
  struct fixture                f;

  (void)state;
  fixture_open(&f);
  fixture_add(&f, noisy, &config);
  fixture_chain(&f);
  pw_chain_tell_dropped_lines(f.chain);
  assert_string_equal(fake.log, "");
  wanted_calls = 50;
  pw_instance_tick(f.instances[0]);
  assert_int_equal(lines_of_log(), 5);
  pw_chain_tell_dropped_lines(f.chain);
  assert_contains(fake.log, "45 log lines of the module were dropped: it writes more than 5 a second");
  pw_chain_tell_dropped_lines(f.chain);
  assert_int_equal(lines_of_log(), 6);
  /* When it ends nobody else comes to tell it. */
  pw_instance_tick(f.instances[0]);
  pw_chain_delete(f.chain);
  f.chain = NULL;
  pw_instance_delete(f.instances[0]);
  f.instances[0] = NULL;
  assert_contains(fake.log, "50 log lines of the module were dropped");
  fixture_close(&f);
}

static void
what_the_host_logs_of_a_module_has_the_plugins_level(void **state)
{
  struct pw_plugin_config config = {.fail_open = true, .log_level = PW_LOG_INFO};
  struct fixture          f;
  struct pw_stream       *stream;

  (void)state;
  fixture_open(&f);
  fixture_add(&f, noisy, &config);
  fixture_chain(&f);
  wanted_calls = 1;
  stream       = pw_stream_new(f.chain, &f);
  pw_stream_response_headers(stream, true);
  assert_int_equal(last_status, PW_STATUS_BAD_ARGUMENT);
  assert_string_equal(fake.log, "");
  pw_stream_end(stream);
  fixture_close(&f);
}

static const struct fake_export never_done[] = {
  {"proxy_on_done", "i:i", defers}, {"proxy_on_log", "i:v", logs}, {NULL, NULL, NULL}};

/* Each would be kept for ever, with its headers. */
static void
ends_that_are_deferred_for_ever_are_limited(void **state)
{
  struct fixture f;
  int            i;

  (void)state;
  fixture_open(&f);
  fixture_add(&f, never_done, NULL);
  fixture_chain(&f);
  log_count = 0;
  for (i = 0; i < 10100; ++i) {
    pw_stream_end(pw_stream_new(f.chain, &f));
  }
  assert_int_equal(pw_instance_streams(f.instances[0]), 10000);
  assert_int_equal(log_count, 100);
  assert_contains(fake.log, "deferred");
  fixture_close(&f);
}

/* Here each would keep a VM, too. */
static void
vms_of_streams_that_are_never_done_are_limited(void **state)
{
  const struct pw_plugin_config config = {.fail_open = true, .vm_per_stream = true};
  struct fixture                f;
  int                           i;

  (void)state;
  fixture_open(&f);
  fixture_add(&f, never_done, &config);
  fixture_chain(&f);
  for (i = 0; i < 150; ++i) {
    pw_stream_end(pw_stream_new(f.chain, &f));
  }
  /* The factory's, and those of the deferred. */
  assert_int_equal(fake_instances_alive, 101);
  fixture_close(&f);
}

static const struct fake_export unwilling[] = {{"proxy_on_configure", "ii:i", refuses}, {NULL, NULL, NULL}};

static void
a_vm_for_each_stream_that_does_not_start_is_tried_again_later(void **state)
{
  const struct pw_plugin_config config = {.fail_open = true, .vm_per_stream = true};
  struct fixture                f;
  int                           i;

  (void)state;
  fixture_open(&f);
  fixture_add(&f, unwilling, &config);
  fixture_chain(&f);
  assert_int_equal(fake_instances_made, 1);
  for (i = 0; i < 20; ++i) {
    pw_stream_end(pw_stream_new(f.chain, &f));
  }
  assert_int_equal(fake_instances_made, 1);
  fake.now += UINT64_C(60000000);
  for (i = 0; i < 20; ++i) {
    pw_stream_end(pw_stream_new(f.chain, &f));
  }
  assert_int_equal(fake_instances_made, 2);
  fixture_close(&f);
}

static const struct fake_export naming[] = {{"proxy_on_tick", "i:v", registers_a_long_name}, {NULL, NULL, NULL}};

static void
names_of_queues_are_limited(void **state)
{
  struct fixture f;

  (void)state;
  fixture_open(&f);
  fixture_add(&f, naming, NULL);
  wanted_calls = 4096;
  pw_instance_tick(f.instances[0]);
  assert_int_equal(last_status, PW_STATUS_OK);
  wanted_calls = 4097;
  pw_instance_tick(f.instances[0]);
  assert_int_equal(last_status, PW_STATUS_INTERNAL_FAILURE);
  fixture_close(&f);
}

static uint32_t stream_ids[8];
static uint32_t stream_count;

static uint32_t
creates(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  if (a[1].u32 != 0) {
    stream_ids[stream_count++] = a[0].u32;
  }
  return 0;
}

static uint32_t
tick_is_done_with_all(struct fake_vm *vm, const pw_value *a)
{
  uint32_t i;

  (void)a;
  for (i = 0; i < stream_count; ++i) {
    FAKE_HOSTCALL(vm, "proxy_set_effective_context", stream_ids[i]);
    FAKE_HOSTCALL(vm, "proxy_done");
  }
  return 0;
}

static uint32_t
logs_for_thirty_milliseconds(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  (void)a;
  ++log_count;
  fake.now += UINT64_C(30000000);
  return 0;
}

static const struct fake_export late[] = {{"proxy_on_context_create", "ii:v", creates},
                                          {"proxy_on_tick", "i:v", tick_is_done_with_all},
                                          {"proxy_on_done", "i:i", defers},
                                          {"proxy_on_log", "i:v", logs_for_thirty_milliseconds},
                                          {NULL, NULL, NULL}};

static void
ends_of_many_contexts_take_several_turns_of_the_thread(void **state)
{
  struct fixture f;
  int            i;
  int            wakes;

  (void)state;
  log_count    = 0;
  stream_count = 0;
  fixture_open(&f);
  fixture_add(&f, late, NULL);
  fixture_chain(&f);
  for (i = 0; i < 5; ++i) {
    pw_stream_end(pw_stream_new(f.chain, &f));
  }
  wakes = fake.wakes;
  pw_instance_tick(f.instances[0]);
  assert_int_equal(log_count, 2);
  assert_int_equal(fake.wakes, wakes + 1);
  pw_worker_run(f.worker);
  assert_int_equal(log_count, 4);
  assert_int_equal(fake.wakes, wakes + 2);
  pw_worker_run(f.worker);
  assert_int_equal(log_count, 5);
  assert_int_equal(fake.wakes, wakes + 2);
  fixture_close(&f);
}

static uint32_t
registers_and_fills_two_queues(struct fake_vm *vm, const pw_value *a)
{
  uint32_t i;
  uint32_t id;

  (void)a;
  for (i = 0; i < 6; ++i) {
    FAKE_HOSTCALL(vm, "proxy_register_shared_queue", 700, fake_put(vm, 700, i % 2 == 0 ? "a" : "b"), 710);
    id = fake_u32(vm, 710);
    FAKE_HOSTCALL(vm, "proxy_enqueue_shared_queue", id, 700, 1);
  }
  return 0;
}

static const struct fake_export filling[] = {{"proxy_on_tick", "i:v", registers_and_fills_two_queues},
                                             {"proxy_on_queue_ready", "ii:v", logs_for_thirty_milliseconds},
                                             {NULL, NULL, NULL}};

static void
items_of_all_queues_take_several_turns_of_the_thread(void **state)
{
  struct fixture f;
  int            i;

  (void)state;
  log_count = 0;
  fixture_open(&f);
  fixture_add(&f, filling, NULL);
  pw_instance_tick(f.instances[0]);
  for (i = 1; i <= 3; ++i) {
    pw_worker_run(f.worker);
    assert_int_equal(log_count, 2 * i);
  }
  pw_worker_run(f.worker);
  assert_int_equal(log_count, 6);
  fixture_close(&f);
}

static int added;

static uint32_t
adds_fields_without_end(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  fake_put(vm, 100, "x");
  memset(fake_memory(vm, 1000), 'v', 40000);
  while (FAKE_HOSTCALL(vm, "proxy_add_header_map_value", PW_MAP_HTTP_REQUEST_HEADERS, 100, 1, 1000, 40000) ==
         PW_STATUS_OK) {
    ++added;
    fake.headers = 0; /* which has room for a few */
  }
  return PW_ACTION_CONTINUE;
}

static const struct fake_export adding[] = {{"proxy_on_request_headers", "iii:i", adds_fields_without_end},
                                            {NULL, NULL, NULL}};

static void
what_a_module_changes_in_the_headers_of_a_stream_is_limited(void **state)
{
  struct fixture    f;
  struct pw_stream *stream;

  (void)state;
  added = 0;
  fixture_open(&f);
  fixture_add(&f, adding, NULL);
  fixture_chain(&f);
  stream = pw_stream_new(f.chain, &f);
  pw_stream_request_headers(stream, true);
  assert_in_range(added, 90, 110);
  pw_stream_end(stream);
  /* Each stream has its own. */
  stream = pw_stream_new(f.chain, &f);
  pw_stream_request_headers(stream, true);
  assert_in_range(added, 180, 220);
  pw_stream_end(stream);
  fixture_close(&f);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_a_module_makes_the_host_log_is_limited),
    cmocka_unit_test(how_many_lines_were_dropped_is_told_once_without_another_line),
    cmocka_unit_test(what_the_host_logs_of_a_module_has_the_plugins_level),
    cmocka_unit_test(ends_that_are_deferred_for_ever_are_limited),
    cmocka_unit_test(vms_of_streams_that_are_never_done_are_limited),
    cmocka_unit_test(a_vm_for_each_stream_that_does_not_start_is_tried_again_later),
    cmocka_unit_test(names_of_queues_are_limited),
    cmocka_unit_test(what_a_module_changes_in_the_headers_of_a_stream_is_limited),
    cmocka_unit_test(ends_of_many_contexts_take_several_turns_of_the_thread),
    cmocka_unit_test(items_of_all_queues_take_several_turns_of_the_thread),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
