/* SPDX-License-Identifier: Apache-2.0 */
/* How a plugin starts on a worker, is replaced after a trap, shares a VM, and what its root context is told. */
#include "fakes/fixture.h"
#include "fakes/notes.h"
#include "support/unit.h"

static uint32_t vm_start_answer  = 1;
static uint32_t configure_answer = 1;
static bool     trap_now;
static int      status;

static void
reset(void)
{
  notes_clear();
  vm_start_answer  = 1;
  configure_answer = 1;
  trap_now         = false;
}

static uint32_t
initialize(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  (void)a;
  note("initialize ");
  return 0;
}

static uint32_t
start(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  (void)a;
  note("_start ");
  return 0;
}

static uint32_t
create(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  note("create(%u,%u) ", a[0].u32, a[1].u32);
  return 0;
}

static uint32_t
vm_start(struct fake_vm *vm, const pw_value *a)
{
  note("vm_start(%u;%u ms) ", a[1].u32, fake_deadline(vm));
  return vm_start_answer;
}

static uint32_t
configure(struct fake_vm *vm, const pw_value *a)
{
  assert_int_equal(FAKE_HOSTCALL(vm, "proxy_get_buffer_bytes", PW_BUFFER_PLUGIN_CONFIGURATION, 0, 100, 300, 304),
                   PW_STATUS_OK);
  note("configure(%u:%.*s) ", a[1].u32, (int)fake_u32(vm, 304), fake_memory(vm, fake_u32(vm, 300)));
  return configure_answer;
}

static uint32_t
headers(struct fake_vm *vm, const pw_value *a)
{
  note("q%u ", a[0].u32);
  if (trap_now) {
    fake_trap(vm, "wasm unreachable");
  }
  return 0;
}

static const struct fake_export module[] = {{"_initialize", ":v", initialize},
                                            {"_start", ":v", start},
                                            {"proxy_on_context_create", "ii:v", create},
                                            {"proxy_on_vm_start", "ii:i", vm_start},
                                            {"proxy_on_configure", "ii:i", configure},
                                            {"proxy_on_request_headers", "iii:i", headers},
                                            {NULL, NULL, NULL}};

static struct pw_plugin_config
configured(void)
{
  struct pw_plugin_config config;

  memset(&config, 0, sizeof(config));
  config.fail_open                 = true;
  config.configuration             = pw_view_of("abc");
  config.vm_configuration          = pw_view_of("vm");
  config.limits.start_milliseconds = 1234;
  return config;
}

static void
open_one(struct fixture *f)
{
  struct pw_plugin_config config = configured();

  reset();
  fixture_open(f);
  fixture_add(f, module, &config);
  fixture_chain(f);
}

/* One request through the chain; answers whether the module saw it. */
static bool
request_is_seen(struct fixture *f)
{
  struct pw_stream *stream = pw_stream_new(f->chain, f);
  size_t            before = strlen(notes);
  bool              seen;

  pw_stream_request_headers(stream, true);
  seen = strstr(notes + before, "q") != NULL;
  pw_stream_end(stream);
  return seen;
}

static void
a_start_runs_initialize_create_vm_start_configure_in_order(void **state)
{
  struct fixture f;

  (void)state;
  open_one(&f);
  assert_string_equal(notes, "initialize create(1,0) vm_start(2;1234 ms) configure(3:abc) ");
  assert_int_equal(pw_instance_get_state(f.instances[0]), PW_INSTANCE_RUNNING);
  fixture_close(&f);
}

static void
a_refused_configuration_fails_the_instance_and_says_so(void **state)
{
  struct pw_plugin_config config = configured();
  struct fixture          f;

  (void)state;
  reset();
  configure_answer = 0;
  fixture_open(&f);
  fixture_add(&f, module, &config);
  assert_int_equal(pw_instance_get_state(f.instances[0]), PW_INSTANCE_FAILED);
  assert_int_equal(f.error.code, PW_ERROR_START);
  assert_contains(f.error.message, "proxy_on_configure answered false");
  assert_int_equal(fake_instances_alive, 0);
  fixture_close(&f);
}

static void
a_failed_start_is_tried_again_later_not_at_once(void **state)
{
  struct pw_plugin_config config = configured();
  struct fixture          f;

  (void)state;
  reset();
  vm_start_answer = 0;
  fixture_open(&f);
  fixture_add(&f, module, &config);
  fixture_chain(&f);
  vm_start_answer = 1;
  assert_false(request_is_seen(&f));
  fake.now += UINT64_C(10000000000);
  assert_true(request_is_seen(&f));
  fixture_close(&f);
}

static void
a_plugin_that_fails_closed_refuses_streams_while_it_is_broken(void **state)
{
  struct pw_plugin_config config = configured();
  struct fixture          f;
  struct pw_stream       *stream;

  (void)state;
  reset();
  config.fail_open = false;
  vm_start_answer  = 0;
  fixture_open(&f);
  fixture_add(&f, module, &config);
  fixture_chain(&f);
  stream = pw_stream_new(f.chain, &f);
  assert_true(pw_stream_refused(stream));
  assert_int_equal(pw_stream_request_headers(stream, true), PW_NEXT_FAIL);
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
the_stream_after_a_trap_gets_a_new_vm(void **state)
{
  struct fixture f;
  uint64_t       restarts;
  uint64_t       traps;

  (void)state;
  open_one(&f);
  trap_now = true;
  request_is_seen(&f);
  assert_int_equal(fake_instances_alive, 0);
  trap_now = false;
  assert_true(request_is_seen(&f));
  assert_int_equal(fake_instances_alive, 1);
  assert_int_equal(fake_instances_made, 2);
  pw_instance_counts(f.instances[0], &restarts, &traps);
  assert_int_equal(restarts, 1);
  assert_int_equal(traps, 1);
  fixture_close(&f);
}

static void
a_module_that_traps_on_and_on_is_restarted_ever_more_slowly(void **state)
{
  struct fixture f;
  int            i;

  (void)state;
  open_one(&f);
  trap_now = true;
  for (i = 0; i < 1000; ++i) {
    request_is_seen(&f);
    fake.now += UINT64_C(10000000); /* 10 ms */
  }
  /* 10 s at one restart each 5 s in the end. */
  assert_in_range(fake_instances_made, 3, 16);
  fixture_close(&f);
}

static void
a_trap_leaves_other_streams_of_the_vm_without_it(void **state)
{
  struct fixture    f;
  struct pw_stream *one;
  struct pw_stream *two;

  (void)state;
  open_one(&f);
  one      = pw_stream_new(f.chain, &f);
  two      = pw_stream_new(f.chain, &f);
  trap_now = true;
  pw_stream_request_headers(one, true);
  assert_int_equal(pw_stream_request_headers(two, true), PW_NEXT_CONTINUE);
  pw_stream_end(one);
  pw_stream_end(two);
  assert_int_equal(pw_instance_streams(f.instances[0]), 0);
  fixture_close(&f);
}

/* Two plugins that share a VM. What the first one has switched off the second one may want. */
static void
open_two_of(struct fixture *f, const struct fake_export *exports)
{
  struct pw_plugin_config config = configured();
  struct pw_bytes         code;
  size_t                  i;

  fake_module         = exports;
  code                = fake_code();
  config.name         = pw_view_of("first");
  config.request_body = PW_BODY_OFF;
  for (i = 0; i < 2; ++i) {
    f->plugins[i]   = pw_plugin_load(f->host, &config, pw_bytes_view(&code), "fake.wasm", &f->error);
    f->instances[i] = pw_instance_new(f->worker, f->plugins[i], &f->error);

    config.name         = pw_view_of("second");
    config.request_body = PW_BODY_EXPORTED;
  }
  f->count = 2;
  pw_bytes_clear(&code);
  assert_int_equal(fake_instances_made, 1);
}

static void
plugins_of_one_identity_share_a_vm_and_have_roots_of_their_own(void **state)
{
  struct fixture f;

  (void)state;
  reset();
  fixture_open(&f);
  open_two_of(&f, module);
  assert_string_equal(notes, "initialize create(1,0) vm_start(2;1234 ms) configure(3:abc) "
                             "create(2,0) vm_start(2;1234 ms) configure(3:abc) ");
  fixture_chain(&f);
  notes_clear();
  request_is_seen(&f);
  assert_string_equal(notes, "create(3,1) create(4,2) q3 q4 ");
  fixture_close(&f);
}

static uint32_t
request_body_is_noted(struct fake_vm *vm, const pw_value *a)
{
  note("body(%u) ", a[1].u32);
  if (trap_now) {
    fake_trap(vm, "wasm unreachable");
  }
  return PW_ACTION_CONTINUE;
}

static const struct fake_export noting_bodies[] = {{"proxy_on_request_body", "iii:i", request_body_is_noted},
                                                   {NULL, NULL, NULL}};

/* Opens a chain of two plugins that share a VM, and ends a stream whose body came to them. */
static void
a_body_comes_to_two(struct fixture *f, bool traps)
{
  struct pw_stream *stream;

  reset();
  fixture_open(f);
  open_two_of(f, noting_bodies);
  fixture_chain(f);
  stream   = pw_stream_new(f->chain, f);
  trap_now = traps;
  pw_stream_request_headers(stream, false);
  pw_stream_request_body(stream, pw_view_of("abc"), true);
  pw_stream_end(stream);
}

static void
a_body_that_one_plugin_has_switched_off_comes_to_the_other_of_its_vm(void **state)
{
  struct fixture f;

  (void)state;
  a_body_comes_to_two(&f, false);
  assert_string_equal(notes, "body(3) ");
  fixture_close(&f);
}

static void
a_trap_is_told_of_the_plugin_whose_callback_it_was(void **state)
{
  struct fixture f;

  (void)state;
  a_body_comes_to_two(&f, true);
  assert_non_null(strstr(fake.log, "the module trapped in proxy_on_request_body"));
  assert_ptr_equal(fake.log_plugin, f.plugins[1]);
  fixture_close(&f);
}

/* ------------------------------------------------------------------------------------------------ root's events */

static uint32_t call_id;
static uint32_t queue_id;

static uint32_t
configure_calls(struct fake_vm *vm, const pw_value *a)
{
  static const char headers_bytes[] = "\3\0\0\0\7\0\0\0\3\0\0\0\5\0\0\0\1\0\0\0\12\0\0\0\1\0\0\0"
                                      ":method\0GET\0:path\0/\0:authority\0h\0";

  (void)a;
  memcpy(fake_memory(vm, 500), headers_bytes, sizeof(headers_bytes) - 1);
  fake_put(vm, 400, "cluster");
  status =
    FAKE_HOSTCALL(vm, "proxy_http_call", 400, 7, 500, (uint32_t)sizeof(headers_bytes) - 1, 0, 0, 0, 0, 1000, 600);
  call_id = fake_u32(vm, 600);
  FAKE_HOSTCALL(vm, "proxy_set_tick_period_milliseconds", 500);
  fake_put(vm, 700, "queue");
  FAKE_HOSTCALL(vm, "proxy_register_shared_queue", 700, 5, 710);
  queue_id = fake_u32(vm, 710);
  return 1;
}

static uint32_t
call_response(struct fake_vm *vm, const pw_value *a)
{
  note("response(%u,%u,%u,%u) ", a[1].u32 == call_id, a[2].u32, a[3].u32, a[4].u32);
  status = FAKE_HOSTCALL(vm, "proxy_get_buffer_bytes", PW_BUFFER_HTTP_CALL_RESPONSE_BODY, 0, 100, 300, 304);
  if (trap_now) {
    fake_trap(vm, "wasm unreachable");
  }
  return 0;
}

static uint32_t
tick(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  note("tick ");
  status = FAKE_HOSTCALL(vm, "proxy_get_buffer_bytes", PW_BUFFER_HTTP_CALL_RESPONSE_BODY, 0, 100, 300, 304);
  fake_put(vm, 800, "item");
  FAKE_HOSTCALL(vm, "proxy_enqueue_shared_queue", queue_id, 800, 4);
  return 0;
}

static uint32_t
queue_ready(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  note("ready(%u) ", a[1].u32 == queue_id);
  return 0;
}

static const struct fake_export calling[] = {{"proxy_on_configure", "ii:i", configure_calls},
                                             {"proxy_on_http_call_response", "iiiii:v", call_response},
                                             {"proxy_on_tick", "i:v", tick},
                                             {"proxy_on_queue_ready", "ii:v", queue_ready},
                                             {NULL, NULL, NULL}};

static void
a_call_from_the_start_is_answered_once(void **state)
{
  struct pw_http_call_result result;
  struct pw_pairs            pairs = {NULL, 0, 0};
  struct fixture             f;

  (void)state;
  reset();
  fixture_open(&f);
  fixture_add(&f, calling, NULL);
  assert_int_equal(status, PW_STATUS_OK);
  assert_int_equal(call_id, fake.call_id);
  memset(&result, 0, sizeof(result));
  pw_pairs_add(&pairs, pw_view_of(":status"), pw_view_of("200"));
  result.headers = &pairs;
  result.body    = pw_view_of("body");
  pw_instance_http_call_end(f.instances[0], call_id, &result);
  pw_instance_http_call_end(f.instances[0], call_id, &result);
  assert_string_equal(notes, "response(1,1,4,0) ");
  assert_int_equal(status, PW_STATUS_OK);
  pw_instance_tick(f.instances[0]);
  assert_int_equal(status, PW_STATUS_NOT_FOUND);
  pw_pairs_clear(&pairs);
  fixture_close(&f);
  assert_int_equal(fake.cancelled, 0);
}

static void
open_calls_timers_and_queues_end_with_the_vm(void **state)
{
  struct pw_http_call_result result;
  struct fixture             f;

  (void)state;
  reset();
  fixture_open(&f);
  fixture_add(&f, calling, NULL);
  assert_int_equal(fake.tick, 500);
  trap_now = true;
  memset(&result, 0, sizeof(result));
  pw_instance_tick(f.instances[0]);
  assert_int_equal(fake.wakes, 1);
  pw_instance_http_call_end(f.instances[0], call_id, &result);
  assert_int_equal(fake.tick, 0);
  pw_worker_run(f.worker);
  assert_string_equal(notes, "tick response(1,0,0,0) ");
  fixture_close(&f);
}

static void
an_instance_that_ends_cancels_its_calls(void **state)
{
  struct fixture f;
  int            cancelled;

  (void)state;
  reset();
  fixture_open(&f);
  fixture_add(&f, calling, NULL);
  pw_instance_delete(f.instances[0]);
  f.instances[0] = NULL;
  cancelled      = fake.cancelled;
  assert_int_equal(fake.tick, 0);
  fixture_close(&f);
  assert_int_equal(cancelled, 1);
}

static void
queue_items_are_told_on_the_workers_own_thread(void **state)
{
  struct fixture f;

  (void)state;
  reset();
  fixture_open(&f);
  fixture_add(&f, calling, NULL);
  pw_instance_tick(f.instances[0]);
  assert_string_equal(notes, "tick ");
  pw_worker_run(f.worker);
  assert_string_equal(notes, "tick ready(1) ");
  fixture_close(&f);
}

static uint32_t
queue_ready_feeds_itself(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  note("r");
  FAKE_HOSTCALL(vm, "proxy_enqueue_shared_queue", queue_id, 800, 4);
  FAKE_HOSTCALL(vm, "proxy_enqueue_shared_queue", queue_id, 800, 4);
  return 0;
}

static void
a_module_that_feeds_its_own_queue_does_not_hold_the_thread(void **state)
{
  static const struct fake_export feeding[] = {{"proxy_on_configure", "ii:i", configure_calls},
                                               {"proxy_on_tick", "i:v", tick},
                                               {"proxy_on_queue_ready", "ii:v", queue_ready_feeds_itself},
                                               {NULL, NULL, NULL}};
  struct fixture                  f;
  int                             i;

  (void)state;
  reset();
  fixture_open(&f);
  fixture_add(&f, feeding, NULL);
  pw_instance_tick(f.instances[0]);
  notes_clear();
  for (i = 0; i < 12; ++i) {
    pw_worker_run(f.worker);
    assert_int_equal(fake.wakes, i + 2);
  }
  /* 1, 2, 4 … 32, and then 64 a run. */
  assert_int_equal(strlen(notes), 1 + 2 + 4 + 8 + 16 + 32 + 6 * 64);
  fixture_close(&f);
}

static void
a_module_that_does_not_listen_to_its_queue_wakes_nobody(void **state)
{
  static const struct fake_export deaf[] = {
    {"proxy_on_configure", "ii:i", configure_calls}, {"proxy_on_tick", "i:v", tick}, {NULL, NULL, NULL}};
  struct fixture f;
  int            i;

  (void)state;
  reset();
  fixture_open(&f);
  fixture_add(&f, deaf, NULL);
  pw_instance_tick(f.instances[0]);
  for (i = 0; i < 3; ++i) {
    pw_worker_run(f.worker);
  }
  assert_int_equal(fake.wakes, 0);
  fixture_close(&f);
}

/* What a root context does that wants to live on: it defers its end, and asks for more when it is done. */
static uint32_t
done_with_items_left(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  FAKE_HOSTCALL(vm, "proxy_enqueue_shared_queue", queue_id, 800, 4);
  FAKE_HOSTCALL(vm, "proxy_enqueue_shared_queue", queue_id, 800, 4);
  return 0;
}

static uint32_t
queue_ready_ends_the_root(struct fake_vm *vm, const pw_value *a)
{
  pw_value start[2] = {a[0], a[1]};

  note("ready ");
  FAKE_HOSTCALL(vm, "proxy_done");
  return configure_calls(vm, start);
}

static void
a_root_that_is_done_is_told_of_no_more_items(void **state)
{
  static const struct fake_export living[]  = {{"proxy_on_configure", "ii:i", configure_calls},
                                               {"proxy_on_done", "i:i", done_with_items_left},
                                               {"proxy_on_queue_ready", "ii:v", queue_ready_ends_the_root},
                                               {"proxy_on_http_call_response", "iiiii:v", call_response},
                                               {NULL, NULL, NULL}};
  static const struct fake_export sending[] = {{"proxy_on_tick", "i:v", tick}, {NULL, NULL, NULL}};
  struct fixture                  f;

  (void)state;
  reset();
  fixture_open(&f);
  fixture_add(&f, living, NULL);
  fixture_add(&f, sending, NULL);
  pw_instance_delete(f.instances[0]);
  f.instances[0] = NULL;
  pw_worker_run(f.worker);
  assert_string_equal(notes, "ready ");
  assert_int_equal(fake.tick, 0);
  /* Nobody is subscribed any more, and what was is not looked at. */
  pw_instance_tick(f.instances[1]);
  pw_worker_run(f.worker);
  assert_string_equal(notes, "ready tick ");
  fixture_close(&f);
}

static uint32_t root_ids[2];
static size_t   root_count;

static uint32_t
create_remembers(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  root_ids[root_count++] = a[0].u32;
  return 0;
}

static uint32_t
defers_end(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  (void)a;
  return 0;
}

static uint32_t
tick_ends_both(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  FAKE_HOSTCALL(vm, "proxy_set_effective_context", root_ids[1]);
  FAKE_HOSTCALL(vm, "proxy_done");
  FAKE_HOSTCALL(vm, "proxy_set_effective_context", root_ids[0]);
  FAKE_HOSTCALL(vm, "proxy_done");
  return 0;
}

static uint32_t
delete_acts_for_the_other(struct fake_vm *vm, const pw_value *a)
{
  if (a[0].u32 == root_ids[1]) {
    status = FAKE_HOSTCALL(vm, "proxy_set_effective_context", root_ids[0]);
    note("delete(%d) ", status);
    FAKE_HOSTCALL(vm, "proxy_set_tick_period_milliseconds", 500);
  }
  return 0;
}

static void
a_root_that_has_ended_cannot_be_acted_for(void **state)
{
  static const struct fake_export both[] = {{"proxy_on_context_create", "ii:v", create_remembers},
                                            {"proxy_on_tick", "i:v", tick_ends_both},
                                            {"proxy_on_done", "i:i", defers_end},
                                            {"proxy_on_delete", "i:v", delete_acts_for_the_other},
                                            {NULL, NULL, NULL}};
  struct fixture                  f;
  struct pw_instance             *first;
  int                             i;

  (void)state;
  reset();
  root_count = 0;
  fixture_open(&f);
  open_two_of(&f, both);
  first = f.instances[0];
  for (i = 0; i < 2; ++i) {
    pw_instance_delete(f.instances[i]);
    f.instances[i] = NULL;
  }
  pw_instance_tick(first);
  assert_string_equal(notes, "delete(2) ");
  assert_int_equal(fake.tick, 0);
  fixture_close(&f);
}

static uint32_t
configure_counts(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  fake_put(vm, 0, "key");
  status = FAKE_HOSTCALL(vm, "proxy_get_shared_data", 0, 3, 8, 12, 16);
  FAKE_HOSTCALL(vm, "proxy_set_shared_data", 0, 3, 0, 3, 0);
  return 1;
}

static void
shared_data_goes_with_the_last_plugin_of_its_vm_id(void **state)
{
  static const struct fake_export counting[] = {{"proxy_on_configure", "ii:i", configure_counts}, {NULL, NULL, NULL}};
  struct fixture                  f;

  (void)state;
  fixture_open(&f);
  fixture_add(&f, counting, NULL);
  assert_int_equal(status, PW_STATUS_NOT_FOUND);
  /* A reload: the new plugin comes before the old one goes. */
  fixture_add(&f, counting, NULL);
  assert_int_equal(status, PW_STATUS_OK);
  for (; f.count > 0; --f.count) {
    pw_instance_delete(f.instances[f.count - 1]);
    pw_plugin_release(f.plugins[f.count - 1]);
  }
  fixture_add(&f, counting, NULL);
  assert_int_equal(status, PW_STATUS_NOT_FOUND);
  fixture_close(&f);
}

static void
an_instance_outlives_its_owner_until_its_streams_end(void **state)
{
  struct fixture    f;
  struct pw_stream *stream;

  (void)state;
  open_one(&f);
  stream = pw_stream_new(f.chain, &f);
  pw_instance_delete(f.instances[0]);
  f.instances[0] = NULL;
  notes_clear();
  pw_stream_request_headers(stream, true);
  assert_string_equal(notes, "q2 ");
  assert_int_equal(fake_instances_alive, 1);
  pw_stream_end(stream);
  assert_int_equal(fake_instances_alive, 0);
  fixture_close(&f);
}

static int of_no_ticks, of_a_tick;

static uint32_t
configure_ticks(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  of_no_ticks = FAKE_HOSTCALL(vm, "proxy_set_tick_period_milliseconds", 0);
  of_a_tick   = FAKE_HOSTCALL(vm, "proxy_set_tick_period_milliseconds", 500);
  return 1;
}

static void
ticks_of_a_proxy_that_has_none_are_refused(void **state)
{
  static const struct fake_export configures[] = {{"proxy_on_configure", "ii:i", configure_ticks}, {NULL, NULL, NULL}};
  struct pw_proxy_ops             proxy        = fake_proxy_ops;
  struct pw_host_options          options      = {.proxy = &proxy};
  struct fixture                  f;

  (void)state;
  fixture_open(&f);
  pw_worker_delete(f.worker);
  pw_host_delete(f.host);
  proxy.set_tick = NULL;
  f.host         = pw_host_new(&options, &f.error);
  f.worker       = pw_worker_new(f.host, NULL, &f.error);
  fixture_add(&f, configures, NULL);
  assert_int_equal(of_no_ticks, PW_STATUS_UNIMPLEMENTED);
  assert_int_equal(of_a_tick, PW_STATUS_UNIMPLEMENTED);
  fixture_close(&f);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_start_runs_initialize_create_vm_start_configure_in_order),
    cmocka_unit_test(a_refused_configuration_fails_the_instance_and_says_so),
    cmocka_unit_test(a_failed_start_is_tried_again_later_not_at_once),
    cmocka_unit_test(a_plugin_that_fails_closed_refuses_streams_while_it_is_broken),
    cmocka_unit_test(the_stream_after_a_trap_gets_a_new_vm),
    cmocka_unit_test(a_module_that_traps_on_and_on_is_restarted_ever_more_slowly),
    cmocka_unit_test(a_trap_leaves_other_streams_of_the_vm_without_it),
    cmocka_unit_test(plugins_of_one_identity_share_a_vm_and_have_roots_of_their_own),
    cmocka_unit_test(a_call_from_the_start_is_answered_once),
    cmocka_unit_test(a_body_that_one_plugin_has_switched_off_comes_to_the_other_of_its_vm),
    cmocka_unit_test(a_trap_is_told_of_the_plugin_whose_callback_it_was),
    cmocka_unit_test(open_calls_timers_and_queues_end_with_the_vm),
    cmocka_unit_test(an_instance_that_ends_cancels_its_calls),
    cmocka_unit_test(queue_items_are_told_on_the_workers_own_thread),
    cmocka_unit_test(a_module_that_feeds_its_own_queue_does_not_hold_the_thread),
    cmocka_unit_test(a_module_that_does_not_listen_to_its_queue_wakes_nobody),
    cmocka_unit_test(a_root_that_is_done_is_told_of_no_more_items),
    cmocka_unit_test(a_root_that_has_ended_cannot_be_acted_for),
    cmocka_unit_test(shared_data_goes_with_the_last_plugin_of_its_vm_id),
    cmocka_unit_test(an_instance_outlives_its_owner_until_its_streams_end),
    cmocka_unit_test(ticks_of_a_proxy_that_has_none_are_refused),
  };

  return cmocka_run_group_tests_name("host/instance", tests, NULL, NULL);
}
