/* SPDX-License-Identifier: Apache-2.0 */
/* Each allocation of a host's life fails in turn, from its making to its end: it is survived, and nothing leaks. */
#include "fakes/fake_engine.h"
#include "fakes/fake_proxy.h"
#include "support/unit.h"

static uint32_t contexts[8];
static size_t   context_count;
static bool     defers;
static bool     traps;

/* Calls the hostcalls that allocate. */
static void
spend(struct fake_vm *vm)
{
  uint32_t name = fake_put(vm, 200, "na\x01me");

  FAKE_HOSTCALL(vm, "proxy_log", PW_LOG_INFO, 200, name);
  FAKE_HOSTCALL(vm, "proxy_set_property", 200, name, 200, name);
  FAKE_HOSTCALL(vm, "proxy_get_property", 200, name, 400, 404);
  FAKE_HOSTCALL(vm, "proxy_set_shared_data", 200, name, 200, name, 0);
  FAKE_HOSTCALL(vm, "proxy_get_shared_data", 200, name, 400, 404, 408);
  FAKE_HOSTCALL(vm, "proxy_register_shared_queue", 200, name, 412);
  FAKE_HOSTCALL(vm, "proxy_enqueue_shared_queue", fake_u32(vm, 412), 200, name);
  FAKE_HOSTCALL(vm, "proxy_dequeue_shared_queue", fake_u32(vm, 412), 400, 404);
  FAKE_HOSTCALL(vm, "proxy_enqueue_shared_queue", fake_u32(vm, 412), 200, name);
  FAKE_HOSTCALL(vm, "proxy_define_metric", 2, 201, 1, 416);
  FAKE_HOSTCALL(vm, "proxy_get_header_map_pairs", PW_MAP_HTTP_REQUEST_HEADERS, 400, 404);
  /* The least that a call needs. */
  memcpy(fake_memory(vm, 500), "\3\0\0\0\7\0\0\0\1\0\0\0\5\0\0\0\1\0\0\0\12\0\0\0\1\0\0\0", 28);
  memcpy(fake_memory(vm, 528), ":method\0G\0:path\0/\0:authority\0a", 31);
  FAKE_HOSTCALL(vm, "proxy_http_call", 200, name, 500, 59, 0, 0, 0, 0, 1000, 420);
}

static uint32_t
created(struct fake_vm *vm, const pw_value *a)
{
  if (context_count < 8) {
    contexts[context_count++] = a[0].u32;
  }
  spend(vm);
  return 0;
}

static uint32_t
configured(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  spend(vm);
  return 1;
}

static uint32_t
pauses(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  spend(vm);
  FAKE_HOSTCALL(vm, "proxy_set_buffer_bytes", PW_BUFFER_HTTP_REQUEST_BODY, UINT32_MAX, 0, 200, 5);
  if (traps) {
    fake_trap(vm, "on purpose");
  }
  return PW_ACTION_PAUSE;
}

static uint32_t
done(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  (void)a;
  return !defers;
}

static uint32_t
logged(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  spend(vm);
  return 0;
}

static uint32_t
tick(struct fake_vm *vm, const pw_value *a)
{
  size_t i;

  (void)a;
  for (i = 0; i < context_count; ++i) {
    if (FAKE_HOSTCALL(vm, "proxy_set_effective_context", contexts[i]) == PW_STATUS_OK) {
      FAKE_HOSTCALL(vm, "proxy_continue_stream", PW_STREAM_HTTP_REQUEST);
      FAKE_HOSTCALL(vm, "proxy_done");
    }
  }
  return 0;
}

static const struct fake_export module[] = {{"proxy_on_context_create", "ii:v", created},
                                            {"proxy_on_configure", "ii:i", configured},
                                            {"proxy_on_request_headers", "iii:i", pauses},
                                            {"proxy_on_request_body", "iii:i", pauses},
                                            {"proxy_on_request_trailers", "ii:i", pauses},
                                            {"proxy_on_queue_ready", "ii:v", logged},
                                            {"proxy_on_done", "i:i", done},
                                            {"proxy_on_log", "i:v", logged},
                                            {"proxy_on_tick", "i:v", tick},
                                            {NULL, NULL, NULL}};

static void
live_stream(struct pw_chain *chain, struct pw_instance *const *instances, bool with_trap, bool deferred)
{
  struct pw_stream *stream = pw_stream_new(chain, NULL);
  int               phase;

  context_count = 0;
  if (stream == NULL) {
    return;
  }
  pw_stream_request_headers(stream, false);
  traps = with_trap;
  for (phase = 0; phase < 6; ++phase) {
    if (phase < 2) {
      pw_stream_request_body(stream, pw_view_of("piece"), false);
    } else if (phase == 3) {
      pw_stream_request_trailers(stream);
    }
    pw_instance_tick(instances[0]);
    pw_instance_tick(instances[1]);
    pw_stream_resume(stream, PW_STREAM_HTTP_REQUEST);
  }
  traps  = false;
  defers = deferred;
  pw_stream_end(stream);
  pw_instance_tick(instances[0]);
  defers = false;
}

static void
live_instances(struct pw_worker *const *workers, struct pw_plugin *const *plugins)
{
  struct pw_instance *instances[2];
  struct pw_error     error;
  struct pw_chain    *chain;

  instances[0] = pw_instance_new(workers[0], plugins[0], &error);
  instances[1] = pw_instance_new(workers[1], plugins[1], &error);
  if (instances[0] != NULL && instances[1] != NULL) {
    chain = pw_chain_new(workers[0], instances, 2, &error);
    if (chain != NULL) {
      live_stream(chain, instances, false, false);
      pw_worker_run(workers[0]);
      live_stream(chain, instances, true, false);
      fake.now += UINT64_C(10000000000);
      live_stream(chain, instances, false, true);
      pw_worker_run(workers[1]);
    }
    pw_chain_delete(chain);
  }
  pw_instance_delete(instances[0]);
  pw_instance_delete(instances[1]);
}

/* All of a host's life, as far as it goes. */
static void
live(struct pw_view code, bool vm_per_stream)
{
  const struct pw_host_options  options     = {.proxy = &fake_proxy_ops, .cache_directory = "/nowhere"};
  const struct pw_view          denied      = pw_view_of("proxy_log");
  const struct pw_pair          environment = {pw_view_of("A"), pw_view_of("b")};
  const struct pw_plugin_config config      = {.name              = pw_view_of("plugin"),
                                               .configuration     = pw_view_of("configuration"),
                                               .capabilities      = &denied,
                                               .capability_count  = 1,
                                               .environment       = &environment,
                                               .environment_count = 1,
                                               .vm_per_stream     = vm_per_stream,
                                               .fail_open         = true};
  struct pw_error               error;
  struct pw_host               *host       = pw_host_new(&options, &error);
  struct pw_worker             *workers[2] = {NULL, NULL};
  struct pw_plugin             *plugins[2] = {NULL, NULL};

  if (host == NULL) {
    return;
  }
  workers[0] = pw_worker_new(host, NULL, &error);
  workers[1] = pw_worker_new_shared(host, NULL, &error);
  plugins[0] = pw_plugin_load(host, &config, code, "fake.wasm", &error);
  plugins[1] = pw_plugin_load(host, &config, code, "fake.wasm", &error);
  if (workers[0] != NULL && workers[1] != NULL && plugins[0] != NULL && plugins[1] != NULL) {
    live_instances(workers, plugins);
  }
  pw_worker_delete(workers[0]);
  pw_worker_delete(workers[1]);
  pw_plugin_release(plugins[0]);
  pw_plugin_release(plugins[1]);
  pw_host_delete(host);
}

static void
fail_each_allocation(bool vm_per_stream)
{
  struct pw_bytes code;
  unsigned        n = 0;

  fake_module = module;
  code        = fake_code();
  do {
    fake_proxy_reset();
    fake_header("a", "1");
    fail_alloc_at(++n);
    live(pw_bytes_view(&code), vm_per_stream);
    assert_int_equal(fake_instances_alive, 0);
  } while (fail_alloc_stop());
  /* It was the whole of that life. */
  assert_true(n > 100);
  assert_true(fake.calls > 0);
  assert_true(fake.wakes > 0);
  fake_proxy_reset();
  pw_bytes_clear(&code);
}

static void
every_allocation_may_fail(void **state)
{
  (void)state;
  fail_each_allocation(false);
}

static void
every_allocation_may_fail_with_a_vm_for_each_stream(void **state)
{
  (void)state;
  fail_each_allocation(true);
}

static void
every_allocation_may_fail_with_images(void **state)
{
  (void)state;
  fake_images = FAKE_IMAGES_WORK;
  fail_each_allocation(true);
  fake_images = FAKE_IMAGES_NONE;
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_allocation_may_fail),
    cmocka_unit_test(every_allocation_may_fail_with_a_vm_for_each_stream),
    cmocka_unit_test(every_allocation_may_fail_with_images),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
