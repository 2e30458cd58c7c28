/* SPDX-License-Identifier: Apache-2.0 */
/* A stream through a chain: order, pausing, resuming, replies, ends, and what a trap does to it. */
#include "fakes/fixture.h"
#include "fakes/notes.h"
#include "support/unit.h"

/* What the fake modules do, and what they noted down. */
static uint32_t answer[4]; /* the action of each plugin's headers callback */
static bool     done_answer = true;
static uint32_t first_context;

#define PLUGIN(n)                                                                                                      \
  static uint32_t request_##n(struct fake_vm *vm, const pw_value *a)                                                   \
  {                                                                                                                    \
    (void)vm;                                                                                                          \
    note("q%d(%u,%u) ", n, a[1].u32, a[2].u32);                                                                        \
    return answer[n];                                                                                                  \
  }                                                                                                                    \
  static uint32_t response_##n(struct fake_vm *vm, const pw_value *a)                                                  \
  {                                                                                                                    \
    (void)vm;                                                                                                          \
    note("r%d(%u,%u) ", n, a[1].u32, a[2].u32);                                                                        \
    return answer[n];                                                                                                  \
  }                                                                                                                    \
  static const struct fake_export plugin_##n[] = {{"proxy_on_request_headers", "iii:i", request_##n},                  \
                                                  {"proxy_on_response_headers", "iii:i", response_##n},                \
                                                  {NULL, NULL, NULL}};
PLUGIN(0)
PLUGIN(1)
PLUGIN(2)

static void
reset(void)
{
  notes_clear();
  memset(answer, 0, sizeof(answer));
  done_answer = true;
}

static void
open_three(struct fixture *f)
{
  reset();
  fixture_open(f);
  fixture_add(f, plugin_0, NULL);
  fixture_add(f, plugin_1, NULL);
  fixture_add(f, plugin_2, NULL);
  fixture_chain(f);
}

static void
requests_meet_plugins_in_order_and_responses_in_reverse(void **state)
{
  struct fixture    f;
  struct pw_stream *stream;

  (void)state;
  open_three(&f);
  fake_header("a", "1");
  stream = pw_stream_new(f.chain, &f);
  assert_int_equal(pw_stream_request_headers(stream, true), PW_NEXT_CONTINUE);
  fake_header("b", "2");
  assert_int_equal(pw_stream_response_headers(stream, false), PW_NEXT_CONTINUE);
  pw_stream_end(stream);
  assert_string_equal(notes, "q0(1,1) q1(1,1) q2(1,1) r2(2,0) r1(2,0) r0(2,0) ");
  fixture_close(&f);
}

/* proxy_continue_stream on a paused context, as a call's response or a tick would do it. */
static enum pw_stream_type continue_type;
static int                 continue_status;

static uint32_t
tick_continues(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  assert_int_equal(FAKE_HOSTCALL(vm, "proxy_set_effective_context", first_context), PW_STATUS_OK);
  continue_status = FAKE_HOSTCALL(vm, "proxy_continue_stream", continue_type);
  return 0;
}

static uint32_t
create_notes_context(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  if (a[1].u32 != 0) {
    first_context = a[0].u32;
  }
  return 0;
}

static const struct fake_export pausing[] = {{"proxy_on_request_headers", "iii:i", request_1},
                                             {"proxy_on_response_headers", "iii:i", response_1},
                                             {"proxy_on_context_create", "ii:v", create_notes_context},
                                             {"proxy_on_tick", "i:v", tick_continues},
                                             {NULL, NULL, NULL}};

static void
open_pausing(struct fixture *f)
{
  reset();
  fixture_open(f);
  fixture_add(f, plugin_0, NULL);
  fixture_add(f, pausing, NULL);
  fixture_add(f, plugin_2, NULL);
  fixture_chain(f);
}

static void
a_paused_request_goes_on_after_the_plugin_that_paused_it(void **state)
{
  struct fixture    f;
  struct pw_stream *stream;

  (void)state;
  open_pausing(&f);
  answer[1]     = PW_ACTION_PAUSE;
  continue_type = PW_STREAM_HTTP_REQUEST;
  stream        = pw_stream_new(f.chain, &f);
  assert_int_equal(pw_stream_request_headers(stream, true), PW_NEXT_PAUSE);
  assert_string_equal(notes, "q0(0,1) q1(0,1) ");
  assert_false(pw_stream_headers_passed(stream, PW_STREAM_HTTP_REQUEST));
  assert_int_equal(fake.resumes[PW_STREAM_HTTP_REQUEST], 0);
  pw_instance_tick(f.instances[1]);
  pw_instance_tick(f.instances[1]);
  assert_int_equal(continue_status, PW_STATUS_OK);
  assert_int_equal(fake.resumes[PW_STREAM_HTTP_REQUEST], 1);
  assert_int_equal(pw_stream_resume(stream, PW_STREAM_HTTP_REQUEST), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "q0(0,1) q1(0,1) q2(0,1) ");
  assert_true(pw_stream_headers_passed(stream, PW_STREAM_HTTP_REQUEST));
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
a_stream_that_is_used_again_begins_anew(void **state)
{
  struct fixture    f;
  struct pw_stream *stream;
  struct pw_stream *again;

  (void)state;
  open_pausing(&f);
  answer[1]     = PW_ACTION_PAUSE;
  continue_type = PW_STREAM_HTTP_REQUEST;
  stream        = pw_stream_new(f.chain, &f);
  assert_int_equal(pw_stream_request_headers(stream, true), PW_NEXT_PAUSE);
  pw_instance_tick(f.instances[1]);
  assert_int_equal(fake.resumes[PW_STREAM_HTTP_REQUEST], 1);
  pw_stream_end(stream);
  notes_clear();
  answer[1] = PW_ACTION_CONTINUE;
  again     = pw_stream_new(f.chain, &f);
  assert_ptr_equal(again, stream);
  assert_true(pw_stream_headers_passed(again, PW_STREAM_HTTP_REQUEST));
  assert_int_equal(pw_stream_resume(again, PW_STREAM_HTTP_REQUEST), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "");
  assert_int_equal(pw_stream_request_headers(again, false), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "q0(0,0) q1(0,0) q2(0,0) ");
  /* It is not paused, and asks for nothing. */
  pw_instance_tick(f.instances[1]);
  assert_int_equal(fake.resumes[PW_STREAM_HTTP_REQUEST], 1);
  pw_stream_end(again);
  fixture_close(&f);
}

static void
a_response_is_paused_and_resumed_on_its_own(void **state)
{
  struct fixture    f;
  struct pw_stream *stream;

  (void)state;
  open_pausing(&f);
  stream = pw_stream_new(f.chain, &f);
  pw_stream_request_headers(stream, true);
  answer[1]     = PW_ACTION_PAUSE;
  continue_type = PW_STREAM_HTTP_REQUEST;
  assert_int_equal(pw_stream_response_headers(stream, true), PW_NEXT_PAUSE);
  pw_instance_tick(f.instances[1]);
  assert_int_equal(fake.resumes[PW_STREAM_HTTP_RESPONSE], 0);
  continue_type = PW_STREAM_HTTP_RESPONSE;
  pw_instance_tick(f.instances[1]);
  assert_int_equal(fake.resumes[PW_STREAM_HTTP_RESPONSE], 1);
  assert_int_equal(pw_stream_resume(stream, PW_STREAM_HTTP_RESPONSE), PW_NEXT_CONTINUE);
  pw_stream_end(stream);
  fixture_close(&f);
}

static uint32_t
continue_then_pause(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  FAKE_HOSTCALL(vm, "proxy_continue_stream", PW_STREAM_HTTP_REQUEST);
  return PW_ACTION_PAUSE;
}

static void
a_module_that_continues_within_its_callback_does_not_pause(void **state)
{
  static const struct fake_export module[] = {{"proxy_on_request_headers", "iii:i", continue_then_pause},
                                              {NULL, NULL, NULL}};
  struct fixture                  f;
  struct pw_stream               *stream;

  (void)state;
  reset();
  fixture_open(&f);
  fixture_add(&f, module, NULL);
  fixture_chain(&f);
  stream = pw_stream_new(f.chain, &f);
  assert_int_equal(pw_stream_request_headers(stream, true), PW_NEXT_CONTINUE);
  assert_int_equal(fake.resumes[0], 0);
  pw_stream_end(stream);
  fixture_close(&f);
}

static uint32_t closed_context;
static int      close_status;

static uint32_t
remember_context(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  closed_context = a[1].u32 != 0 ? a[0].u32 : closed_context;
  return 0;
}

static uint32_t
close_from_tick(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  FAKE_HOSTCALL(vm, "proxy_set_effective_context", closed_context);
  close_status = FAKE_HOSTCALL(vm, "proxy_close_stream", PW_STREAM_HTTP_REQUEST);
  return 0;
}

/* The proxy is told at once: its next phase may be far away, or have no plugin in it. */
static void
a_stream_that_waits_for_no_module_can_be_closed(void **state)
{
  static const struct fake_export module[] = {{"proxy_on_context_create", "ii:v", remember_context},
                                              {"proxy_on_tick", "i:v", close_from_tick},
                                              {NULL, NULL, NULL}};
  struct fixture                  f;
  struct pw_stream               *stream;

  (void)state;
  reset();
  fixture_open(&f);
  fixture_add(&f, module, NULL);
  fixture_chain(&f);
  stream = pw_stream_new(f.chain, &f);
  assert_int_equal(pw_stream_request_headers(stream, true), PW_NEXT_CONTINUE);
  pw_instance_tick(f.instances[0]);
  pw_instance_tick(f.instances[0]);
  assert_int_equal(close_status, PW_STATUS_OK);
  assert_int_equal(fake.resumes[PW_STREAM_HTTP_REQUEST], 1);
  assert_int_equal(pw_stream_resume(stream, PW_STREAM_HTTP_REQUEST), PW_NEXT_CLOSE);
  pw_stream_end(stream);
  fixture_close(&f);
}

static uint32_t
reply_418(struct fake_vm *vm, const pw_value *a)
{
  uint32_t size = fake_put(vm, 100, "teapot");

  (void)a;
  assert_int_equal(FAKE_HOSTCALL(vm, "proxy_send_local_response", 418, 0, 0, 100, size, 0, 0, (uint32_t)-1),
                   PW_STATUS_OK);
  return PW_ACTION_PAUSE;
}

static void
a_local_reply_ends_the_phase(void **state)
{
  static const struct fake_export module[] = {{"proxy_on_request_headers", "iii:i", reply_418}, {NULL, NULL, NULL}};
  struct fixture                  f;
  struct pw_stream               *stream;

  (void)state;
  reset();
  fixture_open(&f);
  fixture_add(&f, module, NULL);
  fixture_add(&f, plugin_1, NULL);
  fixture_chain(&f);
  stream = pw_stream_new(f.chain, &f);
  assert_int_equal(pw_stream_request_headers(stream, true), PW_NEXT_REPLY);
  assert_string_equal(notes, "");
  assert_int_equal(fake.reply_status, 418);
  assert_string_equal(fake.reply_body, "teapot");
  /* The reply is a response like others to the modules. */
  assert_int_equal(pw_stream_response_headers(stream, false), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "r1(0,0) ");
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
a_module_that_answers_its_own_replies_is_stopped(void **state)
{
  static const struct fake_export module[] = {{"proxy_on_request_headers", "iii:i", reply_418},
                                              {"proxy_on_response_headers", "iii:i", reply_418},
                                              {NULL, NULL, NULL}};
  struct fixture                  f;
  struct pw_stream               *stream;

  (void)state;
  reset();
  fixture_open(&f);
  fixture_add(&f, module, NULL);
  fixture_chain(&f);
  stream = pw_stream_new(f.chain, &f);
  assert_int_equal(pw_stream_request_headers(stream, true), PW_NEXT_REPLY);
  assert_int_equal(pw_stream_response_headers(stream, true), PW_NEXT_REPLY);
  assert_int_equal(fake.replies, 2);
  pw_stream_end(stream);
  fixture_close(&f);
}

static uint32_t
trap(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  fake_trap(vm, "wasm unreachable");
  return 0;
}

static const struct fake_export trapping[] = {
  {"proxy_on_request_headers", "iii:i", trap}, {"proxy_on_response_headers", "iii:i", response_0}, {NULL, NULL, NULL}};

static void
a_trap_in_a_plugin_that_fails_open_lets_the_stream_pass(void **state)
{
  struct fixture    f;
  struct pw_stream *stream;

  (void)state;
  reset();
  fixture_open(&f);
  fixture_add(&f, trapping, NULL);
  fixture_add(&f, plugin_1, NULL);
  fixture_chain(&f);
  stream = pw_stream_new(f.chain, &f);
  assert_int_equal(pw_stream_request_headers(stream, true), PW_NEXT_CONTINUE);
  assert_int_equal(pw_stream_response_headers(stream, true), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "q1(0,1) r1(0,1) ");
  assert_contains(fake.log, "error: the module trapped in proxy_on_request_headers: wasm unreachable");
  assert_contains(fake.log, "#0 proxy_on_request_headers");
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
a_trap_in_a_plugin_that_fails_closed_refuses_the_stream(void **state)
{
  struct pw_plugin_config closed;
  struct fixture          f;
  struct pw_stream       *stream;

  (void)state;
  reset();
  memset(&closed, 0, sizeof(closed));
  fixture_open(&f);
  fixture_add(&f, trapping, &closed);
  fixture_add(&f, plugin_1, NULL);
  fixture_chain(&f);
  stream = pw_stream_new(f.chain, &f);
  assert_false(pw_stream_refused(stream));
  assert_int_equal(pw_stream_request_headers(stream, true), PW_NEXT_FAIL);
  assert_int_equal(pw_stream_response_headers(stream, true), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "");
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
a_stream_that_waits_for_a_plugin_whose_vm_dies_goes_on(void **state)
{
  static const struct fake_export module[] = {
    {"proxy_on_request_headers", "iii:i", request_0}, {"proxy_on_tick", "i:v", trap}, {NULL, NULL, NULL}};
  struct fixture    f;
  struct pw_stream *stream;

  (void)state;
  reset();
  answer[0] = PW_ACTION_PAUSE;
  fixture_open(&f);
  fixture_add(&f, module, NULL);
  fixture_add(&f, plugin_1, NULL);
  fixture_chain(&f);
  stream = pw_stream_new(f.chain, &f);
  assert_int_equal(pw_stream_request_headers(stream, true), PW_NEXT_PAUSE);
  pw_instance_tick(f.instances[0]);
  assert_int_equal(fake.resumes[PW_STREAM_HTTP_REQUEST], 1);
  assert_int_equal(pw_stream_resume(stream, PW_STREAM_HTTP_REQUEST), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "q0(0,1) q1(0,1) ");
  pw_stream_end(stream);
  fixture_close(&f);
}

static uint32_t
done(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  note("done%u ", a[0].u32);
  return a[0].u32 == first_context ? done_answer : 1;
}

static int log_size_status;

static uint32_t
log_reads_headers(struct fake_vm *vm, const pw_value *a)
{
  note("log%u", a[0].u32);
  if (a[0].u32 == first_context) {
    log_size_status = FAKE_HOSTCALL(vm, "proxy_get_header_map_value", PW_MAP_HTTP_REQUEST_HEADERS, 200,
                                    fake_put(vm, 200, "a"), 300, 304);
    if (log_size_status == PW_STATUS_OK) {
      note("[%.*s]", (int)fake_u32(vm, 304), fake_memory(vm, fake_u32(vm, 300)));
    }
  }
  note(" ");
  return 0;
}

static uint32_t
deleted(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  note("delete%u ", a[0].u32);
  return 0;
}

static int tick_done_status;

static uint32_t
tick_says_done(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  FAKE_HOSTCALL(vm, "proxy_set_effective_context", first_context);
  tick_done_status = FAKE_HOSTCALL(vm, "proxy_done");
  note("tick ");
  return 0;
}

static const struct fake_export ending[] = {{"proxy_on_context_create", "ii:v", create_notes_context},
                                            {"proxy_on_done", "i:i", done},
                                            {"proxy_on_log", "i:v", log_reads_headers},
                                            {"proxy_on_delete", "i:v", deleted},
                                            {"proxy_on_tick", "i:v", tick_says_done},
                                            {NULL, NULL, NULL}};

static void
the_end_is_done_log_delete(void **state)
{
  struct fixture    f;
  struct pw_stream *stream;

  (void)state;
  reset();
  fixture_open(&f);
  fixture_add(&f, ending, NULL);
  fixture_chain(&f);
  fake_header("a", "one");
  stream = pw_stream_new(f.chain, &f);
  pw_stream_end(stream);
  assert_string_equal(notes, "done2 log2[one] delete2 ");
  assert_int_equal(pw_instance_streams(f.instances[0]), 0);
  fixture_close(&f);
  assert_string_equal(notes, "done2 log2[one] delete2 done1 delete1 ");
}

static void
a_deferred_end_comes_with_proxy_done_and_still_reads_the_headers(void **state)
{
  struct fixture    f;
  struct pw_stream *stream;

  (void)state;
  reset();
  fixture_open(&f);
  fixture_add(&f, ending, NULL);
  fixture_chain(&f);
  fake_header("a", "one");
  done_answer = false;
  stream      = pw_stream_new(f.chain, &f);
  pw_stream_end(stream);
  /* The proxy's headers are gone. */
  fake.headers = 0;
  assert_string_equal(notes, "done2 ");
  assert_int_equal(pw_instance_streams(f.instances[0]), 1);
  pw_instance_tick(f.instances[0]);
  assert_int_equal(tick_done_status, PW_STATUS_OK);
  assert_string_equal(notes, "done2 tick log2[one] delete2 ");
  assert_int_equal(pw_instance_streams(f.instances[0]), 0);
  done_answer = true;
  fixture_close(&f);
}

static void
proxy_done_without_a_deferred_end_finds_nothing(void **state)
{
  struct fixture    f;
  struct pw_stream *stream;

  (void)state;
  reset();
  fixture_open(&f);
  fixture_add(&f, ending, NULL);
  fixture_chain(&f);
  stream = pw_stream_new(f.chain, &f);
  pw_instance_tick(f.instances[0]);
  assert_int_equal(tick_done_status, PW_STATUS_NOT_FOUND);
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
a_context_that_never_says_done_goes_with_its_worker(void **state)
{
  struct fixture    f;
  struct pw_stream *stream;

  (void)state;
  reset();
  fixture_open(&f);
  fixture_add(&f, ending, NULL);
  fixture_chain(&f);
  done_answer = false;
  stream      = pw_stream_new(f.chain, &f);
  pw_stream_end(stream);
  fixture_close(&f);
  assert_string_equal(notes, "done2 ");
}

static void
a_stream_costs_no_allocation_after_the_first(void **state)
{
  struct fixture    f;
  struct pw_stream *stream;
  int               i;

  (void)state;
  open_three(&f);
  for (i = 0; i < 3; ++i) {
    if (i > 0) {
      fail_alloc_at(1);
    }
    stream = pw_stream_new(f.chain, &f);
    pw_stream_request_headers(stream, true);
    pw_stream_response_headers(stream, true);
    pw_stream_end(stream);
    if (i > 0) {
      assert_false(fail_alloc_stop());
    }
  }
  fixture_close(&f);
}

static void
each_stream_can_have_a_vm_of_its_own(void **state)
{
  struct pw_plugin_config config;
  struct fixture          f;
  struct pw_stream       *one;
  struct pw_stream       *two;

  (void)state;
  reset();
  memset(&config, 0, sizeof(config));
  config.fail_open     = true;
  config.vm_per_stream = true;
  fixture_open(&f);
  fixture_add(&f, plugin_0, &config);
  fixture_chain(&f);
  assert_int_equal(fake_instances_alive, 1);
  one = pw_stream_new(f.chain, &f);
  two = pw_stream_new(f.chain, &f);
  assert_int_equal(fake_instances_alive, 3);
  pw_stream_request_headers(one, true);
  pw_stream_request_headers(two, true);
  assert_string_equal(notes, "q0(0,1) q0(0,1) ");
  pw_stream_end(one);
  pw_stream_end(two);
  assert_int_equal(fake_instances_alive, 1);
  fixture_close(&f);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(requests_meet_plugins_in_order_and_responses_in_reverse),
    cmocka_unit_test(a_paused_request_goes_on_after_the_plugin_that_paused_it),
    cmocka_unit_test(a_stream_that_is_used_again_begins_anew),
    cmocka_unit_test(a_response_is_paused_and_resumed_on_its_own),
    cmocka_unit_test(a_module_that_continues_within_its_callback_does_not_pause),
    cmocka_unit_test(a_stream_that_waits_for_no_module_can_be_closed),
    cmocka_unit_test(a_local_reply_ends_the_phase),
    cmocka_unit_test(a_module_that_answers_its_own_replies_is_stopped),
    cmocka_unit_test(a_trap_in_a_plugin_that_fails_open_lets_the_stream_pass),
    cmocka_unit_test(a_trap_in_a_plugin_that_fails_closed_refuses_the_stream),
    cmocka_unit_test(a_stream_that_waits_for_a_plugin_whose_vm_dies_goes_on),
    cmocka_unit_test(the_end_is_done_log_delete),
    cmocka_unit_test(a_deferred_end_comes_with_proxy_done_and_still_reads_the_headers),
    cmocka_unit_test(proxy_done_without_a_deferred_end_finds_nothing),
    cmocka_unit_test(a_context_that_never_says_done_goes_with_its_worker),
    cmocka_unit_test(a_stream_costs_no_allocation_after_the_first),
    cmocka_unit_test(each_stream_can_have_a_vm_of_its_own),
  };

  return cmocka_run_group_tests_name("host/stream", tests, NULL, NULL);
}
