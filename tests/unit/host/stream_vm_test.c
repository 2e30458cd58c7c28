/* SPDX-License-Identifier: Apache-2.0 */
/* A VM for each stream, where the engine has images: the start runs once, each stream begins as it left things, and VMs
 * are used again. */
#include "fakes/fixture.h"
#include "fakes/notes.h"
#include "support/unit.h"

enum { COUNTER = 100, STREAM = 2 /* the id of a stream's context, after the root's */ };

static const struct pw_plugin_config each_its_own = {.fail_open = true, .vm_per_stream = true};

static uint32_t tick_at_start;
static uint32_t tick_in_stream;
static bool     refuse_now;
static bool     trap_now;
static bool     subscribe_now;

static uint32_t
configure(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  note("configure ");
  *fake_memory(vm, COUNTER) = 10;
  if (tick_at_start != 0) {
    FAKE_HOSTCALL(vm, "proxy_set_tick_period_milliseconds", tick_at_start);
  }
  return !refuse_now;
}

static uint32_t
create(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  note("create(%u,%u) ", a[0].u32, a[1].u32);
  return 0;
}

static uint32_t
headers(struct fake_vm *vm, const pw_value *a)
{
  note("q%u:%d ", a[0].u32, ++*fake_memory(vm, COUNTER));
  if (tick_in_stream != 0) {
    FAKE_HOSTCALL(vm, "proxy_set_tick_period_milliseconds", tick_in_stream);
  }
  if (subscribe_now) {
    FAKE_HOSTCALL(vm, "proxy_register_shared_queue", 0, fake_put(vm, 0, "queue"), 200);
  }
  if (trap_now) {
    fake_trap(vm, "wasm unreachable");
  }
  return 0;
}

static uint32_t
deleted(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  note("delete(%u) ", a[0].u32);
  return 0;
}

static const struct fake_export module[] = {{"proxy_on_context_create", "ii:v", create},
                                            {"proxy_on_configure", "ii:i", configure},
                                            {"proxy_on_request_headers", "iii:i", headers},
                                            {"proxy_on_delete", "i:v", deleted},
                                            {NULL, NULL, NULL}};

static uint32_t
put_off(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  return a[0].u32 != STREAM;
}

static uint32_t
come_to_an_end(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  FAKE_HOSTCALL(vm, "proxy_set_effective_context", STREAM);
  FAKE_HOSTCALL(vm, "proxy_done");
  return 0;
}

static uint32_t
trap(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  fake_trap(vm, "wasm unreachable");
  return 0;
}

/* Ends its stream with a tick, and traps when it is told so. */
static const struct fake_export deferring[] = {{"proxy_on_request_headers", "iii:i", headers},
                                               {"proxy_on_done", "i:i", put_off},
                                               {"proxy_on_tick", "i:v", come_to_an_end},
                                               {"proxy_on_log", "i:v", trap},
                                               {NULL, NULL, NULL}};

/* Traps in each tick. */
static const struct fake_export ticking[] = {{"proxy_on_configure", "ii:i", configure},
                                             {"proxy_on_request_headers", "iii:i", headers},
                                             {"proxy_on_tick", "i:v", trap},
                                             {NULL, NULL, NULL}};

static void
begin(struct fixture *f, enum fake_images images)
{
  tick_at_start = tick_in_stream = 0;
  refuse_now = trap_now = subscribe_now = false;
  fake_images                           = images;
  fixture_open(f);
}

static void
add(struct fixture *f)
{
  fixture_add(f, module, &each_its_own);
  fixture_chain(f);
}

static void
end(struct fixture *f)
{
  fixture_close(f);
  fake_images = FAKE_IMAGES_NONE;
}

static void
assert_counts(const struct fixture *f, unsigned wanted_traps)
{
  uint64_t restarts;
  uint64_t traps;

  pw_instance_counts(f->instances[0], &restarts, &traps);
  assert_int_equal(traps, wanted_traps);
  /* Each stream gets a VM anyway. */
  assert_int_equal(restarts, 0);
}

static void
serve(struct fixture *f)
{
  struct pw_stream *stream = pw_stream_new(f->chain, f);

  pw_stream_request_headers(stream, true);
  pw_stream_end(stream);
}

static void
the_start_runs_once_and_each_stream_begins_as_it_left_things(void **state)
{
  struct fixture f;
  int            made;

  (void)state;
  begin(&f, FAKE_IMAGES_WORK);
  notes_clear();
  add(&f);
  assert_string_equal(notes, "create(1,0) configure ");
  made = fake_instances_made;
  notes_clear();
  for (int i = 0; i < 3; ++i) {
    serve(&f);
  }
  assert_string_equal(notes, "create(2,1) q2:11 delete(2) create(2,1) q2:11 delete(2) create(2,1) q2:11 delete(2) ");
  assert_int_equal(fake_instances_made, made + 1);
  assert_int_equal(fake_instances_alive, 2);
  end(&f);
}

static void
streams_at_once_have_vms_of_their_own_which_are_kept(void **state)
{
  struct fixture    f;
  struct pw_stream *streams[100];

  (void)state;
  begin(&f, FAKE_IMAGES_WORK);
  add(&f);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 100; ++i) {
      streams[i] = pw_stream_new(f.chain, &f);
      notes_clear();
      pw_stream_request_headers(streams[i], true);
      assert_string_equal(notes, "q2:11 ");
    }
    assert_int_equal(fake_instances_alive, 101);
    for (int i = 0; i < 100; ++i) {
      pw_stream_end(streams[i]);
    }
    /* Not all of those of a busy moment. */
    assert_int_equal(fake_instances_alive, 65);
  }
  end(&f);
}

static void
a_vm_that_trapped_serves_nobody_else(void **state)
{
  struct fixture f;
  int            made;

  (void)state;
  begin(&f, FAKE_IMAGES_WORK);
  add(&f);
  made     = fake_instances_made;
  trap_now = true;
  serve(&f);
  trap_now = false;
  assert_int_equal(fake_instances_alive, 1);
  notes_clear();
  serve(&f);
  assert_string_equal(notes, "create(2,1) q2:11 delete(2) ");
  assert_int_equal(fake_instances_made, made + 2);
  end(&f);
}

static void
traps_of_streams_vms_are_counted_with_their_plugin(void **state)
{
  const enum fake_images images[] = {FAKE_IMAGES_WORK, FAKE_IMAGES_NONE};
  struct fixture         f;

  (void)state;
  for (int i = 0; i < 2; ++i) {
    begin(&f, images[i]);
    add(&f);
    assert_counts(&f, 0);
    trap_now = true;
    serve(&f);
    serve(&f);
    trap_now = false;
    serve(&f);
    assert_counts(&f, 2);
    end(&f);
  }
}

static void
a_trap_after_its_stream_is_counted_too(void **state)
{
  struct fixture f;

  (void)state;
  begin(&f, FAKE_IMAGES_WORK);
  tick_in_stream = 70;
  fixture_add(&f, deferring, &each_its_own);
  fixture_chain(&f);
  serve(&f);
  assert_int_equal(fake_instances_alive, 2);
  assert_int_equal(pw_instance_streams(f.instances[0]), 1);
  pw_instance_tick(fake.tick_instance);
  assert_int_equal(fake_instances_alive, 1);
  assert_int_equal(pw_instance_streams(f.instances[0]), 0);
  assert_counts(&f, 1);
  end(&f);
}

/* Ticks of the plugin itself go to the VM that started first, which no stream has. */
static void
the_first_vm_starts_again_after_a_trap(void **state)
{
  const enum fake_images images[] = {FAKE_IMAGES_WORK, FAKE_IMAGES_NONE};
  struct fixture         f;
  uint64_t               restarts;
  uint64_t               traps;

  (void)state;
  for (int i = 0; i < 2; ++i) {
    begin(&f, images[i]);
    fixture_add(&f, ticking, &each_its_own);
    fixture_chain(&f);
    serve(&f);
    for (unsigned count = 1; count <= 3; ++count) {
      pw_instance_tick(f.instances[0]);
      assert_int_equal(pw_instance_get_state(f.instances[0]), PW_INSTANCE_FAILED);
      notes_clear();
      fake.now += UINT64_C(1000000000);
      serve(&f);
      assert_contains(notes, "configure ");
      assert_contains(notes, "q2:11 ");
      assert_int_equal(pw_instance_get_state(f.instances[0]), PW_INSTANCE_RUNNING);
      pw_instance_counts(f.instances[0], &restarts, &traps);
      assert_int_equal(restarts, count);
      assert_int_equal(traps, count);
    }
    /* Streams are served until its time has come. */
    for (int round = 0; round < 2; ++round) {
      pw_instance_tick(f.instances[0]);
      notes_clear();
      serve(&f);
      assert_contains(notes, "q2:11 ");
      assert_int_equal(pw_instance_get_state(f.instances[0]), PW_INSTANCE_FAILED);
    }
    end(&f);
  }
}

static void
streams_are_served_from_the_image_when_the_first_vm_does_not_start_again(void **state)
{
  struct fixture f;

  (void)state;
  begin(&f, FAKE_IMAGES_WORK);
  fixture_add(&f, ticking, &each_its_own);
  fixture_chain(&f);
  pw_instance_tick(f.instances[0]);
  refuse_now = true;
  for (int i = 0; i < 3; ++i) {
    notes_clear();
    serve(&f);
    assert_string_equal(notes, i == 0 ? "configure q2:11 " : "q2:11 ");
    assert_int_equal(pw_instance_get_state(f.instances[0]), PW_INSTANCE_FAILED);
  }
  end(&f);
}

static void
a_late_start_runs_once_too(void **state)
{
  struct fixture f;

  (void)state;
  begin(&f, FAKE_IMAGES_WORK);
  refuse_now = true;
  add(&f);
  assert_int_equal(pw_instance_get_state(f.instances[0]), PW_INSTANCE_FAILED);
  fake.now += UINT64_C(1000000000);
  refuse_now = false;
  notes_clear();
  serve(&f);
  serve(&f);
  assert_string_equal(notes, "create(1,0) configure create(2,1) q2:11 delete(2) create(2,1) q2:11 delete(2) ");
  end(&f);
}

static void
what_is_not_in_the_vm_alone_is_not_kept(void **state)
{
  struct fixture f;

  (void)state;
  begin(&f, FAKE_IMAGES_WORK);
  add(&f);
  subscribe_now = true;
  serve(&f);
  /* Its root's end came with that of the stream. */
  assert_int_equal(fake_instances_alive, 1);
  subscribe_now = false;
  serve(&f);
  assert_int_equal(fake_instances_alive, 2);
  end(&f);
}

static void
the_tick_of_the_start_runs_while_a_stream_is_served(void **state)
{
  struct fixture    f;
  struct pw_stream *stream;

  (void)state;
  begin(&f, FAKE_IMAGES_WORK);
  tick_at_start = 50;
  add(&f);
  for (int i = 0; i < 2; ++i) {
    fake.tick = 1;
    stream    = pw_stream_new(f.chain, &f);
    assert_int_equal(fake.tick, 50);
    tick_in_stream = 70;
    pw_stream_request_headers(stream, true);
    assert_int_equal(fake.tick, 70);
    pw_stream_end(stream);
    assert_int_equal(fake.tick, 0);
  }
  assert_int_equal(fake_instances_alive, 2);
  end(&f);
}

static void
vms_that_cannot_be_brought_back_are_ended(void **state)
{
  struct fixture f;

  (void)state;
  begin(&f, FAKE_IMAGES_WORK);
  add(&f);
  serve(&f);
  fake_images = FAKE_IMAGES_CANNOT;
  serve(&f);
  assert_int_equal(fake_instances_alive, 1);
  /* Nor can a new one begin: that is told, and tried again later. */
  notes_clear();
  serve(&f);
  assert_string_equal(notes, "");
  assert_contains(fake.log, "no VM could be started for a stream: out of memory for the image");
  fake_images = FAKE_IMAGES_WORK;
  fake.now += UINT64_C(60000000);
  serve(&f);
  assert_string_equal(notes, "create(2,1) q2:11 delete(2) ");
  end(&f);
}

static void
a_stream_may_outlive_its_plugins_place(void **state)
{
  struct fixture    f;
  struct pw_stream *stream;

  (void)state;
  for (int traps = 0; traps < 2; ++traps) {
    begin(&f, FAKE_IMAGES_WORK);
    add(&f);
    serve(&f);
    stream = pw_stream_new(f.chain, &f);
    notes_clear();
    pw_instance_delete(f.instances[0]);
    f.instances[0] = NULL;
    trap_now       = traps > 0;
    pw_stream_request_headers(stream, true);
    assert_contains(notes, "q2:11 ");
    pw_stream_end(stream);
    assert_int_equal(fake_instances_alive, 0);
    end(&f);
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_start_runs_once_and_each_stream_begins_as_it_left_things),
    cmocka_unit_test(streams_at_once_have_vms_of_their_own_which_are_kept),
    cmocka_unit_test(a_vm_that_trapped_serves_nobody_else),
    cmocka_unit_test(traps_of_streams_vms_are_counted_with_their_plugin),
    cmocka_unit_test(a_trap_after_its_stream_is_counted_too),
    cmocka_unit_test(what_is_not_in_the_vm_alone_is_not_kept),
    cmocka_unit_test(the_first_vm_starts_again_after_a_trap),
    cmocka_unit_test(streams_are_served_from_the_image_when_the_first_vm_does_not_start_again),
    cmocka_unit_test(a_late_start_runs_once_too),
    cmocka_unit_test(the_tick_of_the_start_runs_while_a_stream_is_served),
    cmocka_unit_test(vms_that_cannot_be_brought_back_are_ended),
    cmocka_unit_test(a_stream_may_outlive_its_plugins_place),
  };

  return cmocka_run_group_tests_name("host/stream_vm", tests, NULL, NULL);
}
