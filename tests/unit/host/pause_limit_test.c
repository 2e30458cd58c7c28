/* SPDX-License-Identifier: Apache-2.0 */
/* A module that never continues what it paused (limits.pause). */
#include "fakes/fixture.h"
#include "fakes/notes.h"
#include "support/unit.h"

#define SECOND UINT64_C(1000000000)

static uint32_t request_answer;
static uint32_t body_answer;
static uint32_t response_answer;
static uint32_t stream_context;

static uint32_t
create(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  stream_context = a[1].u32 != 0 ? a[0].u32 : stream_context;
  return 0;
}

static uint32_t
request_headers(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  (void)a;
  note("q ");
  return request_answer;
}

static uint32_t
request_body(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  note("b%u ", a[1].u32);
  return body_answer;
}

static uint32_t
response_headers(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  (void)a;
  note("p ");
  return response_answer;
}

static uint32_t
tick(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  assert_int_equal(FAKE_HOSTCALL(vm, "proxy_set_effective_context", stream_context), PW_STATUS_OK);
  assert_int_equal(FAKE_HOSTCALL(vm, "proxy_continue_stream", PW_STREAM_HTTP_REQUEST), PW_STATUS_OK);
  return 0;
}

static uint32_t
second_headers(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  (void)a;
  note("q2 ");
  return PW_ACTION_CONTINUE;
}

static const struct fake_export pausing[] = {{"proxy_on_context_create", "ii:v", create},
                                             {"proxy_on_request_headers", "iii:i", request_headers},
                                             {"proxy_on_request_body", "iii:i", request_body},
                                             {"proxy_on_response_headers", "iii:i", response_headers},
                                             {"proxy_on_tick", "i:v", tick},
                                             {NULL, NULL, NULL}};
static const struct fake_export second[]  = {{"proxy_on_request_headers", "iii:i", second_headers}, {NULL, NULL, NULL}};

static struct pw_stream *
open_stream(struct fixture *f, bool fail_open, uint32_t milliseconds)
{
  const struct pw_plugin_config config = {
    .name = pw_view_of("slow"), .fail_open = fail_open, .limits = {.pause_milliseconds = milliseconds}};

  notes_clear();
  request_answer = body_answer = response_answer = PW_ACTION_CONTINUE;
  fixture_open(f);
  fixture_add(f, pausing, &config);
  fixture_add(f, second, NULL);
  fixture_chain(f);
  return pw_stream_new(f->chain, f);
}

static void
close_stream(struct fixture *f, struct pw_stream *stream)
{
  pw_stream_end(stream);
  fixture_close(f);
}

/* What the proxy does from time to time. */
static bool
look(struct fixture *f, uint64_t *next)
{
  return pw_chain_end_pauses(f->chain, next);
}

static void
a_pause_of_a_plugin_that_fails_open_ends_at_the_limit(void **state)
{
  struct fixture    f;
  struct pw_stream *stream = open_stream(&f, true, 2000);
  uint64_t          begin  = fake.now;
  uint64_t          next;

  (void)state;
  request_answer = PW_ACTION_PAUSE;
  assert_int_equal(pw_stream_request_headers(stream, true), PW_NEXT_PAUSE);
  assert_false(look(&f, &next));
  assert_int_equal(next, begin + 2 * SECOND);
  fake.now = begin + 2 * SECOND - 1;
  assert_false(look(&f, &next));
  assert_int_equal(fake.resumes[PW_STREAM_HTTP_REQUEST], 0);
  fake.now = begin + 2 * SECOND;
  assert_true(look(&f, &next));
  assert_int_equal(next, UINT64_MAX);
  assert_int_equal(fake.resumes[PW_STREAM_HTTP_REQUEST], 1);
  assert_false(look(&f, NULL));
  assert_int_equal(fake.resumes[PW_STREAM_HTTP_REQUEST], 1);
  assert_int_equal(pw_stream_resume(stream, PW_STREAM_HTTP_REQUEST), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "q q2 ");
  assert_contains(fake.log, "proxy_on_request_headers");
  assert_contains(fake.log, "2000 ms (limits.pause)");
  close_stream(&f, stream);
}

static void
a_pause_of_a_plugin_that_fails_closed_ends_the_stream(void **state)
{
  struct fixture    f;
  struct pw_stream *stream = open_stream(&f, false, 2000);

  (void)state;
  request_answer = PW_ACTION_PAUSE;
  assert_int_equal(pw_stream_request_headers(stream, true), PW_NEXT_PAUSE);
  fake.now += 2 * SECOND;
  assert_true(look(&f, NULL));
  assert_int_equal(pw_stream_resume(stream, PW_STREAM_HTTP_REQUEST), PW_NEXT_FAIL);
  assert_string_equal(notes, "q ");
  assert_int_equal(pw_stream_response_headers(stream, true), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "q ");
  close_stream(&f, stream);
}

static void
the_limit_is_a_minute_unless_configured(void **state)
{
  struct fixture    f;
  struct pw_stream *stream = open_stream(&f, true, 0);

  (void)state;
  request_answer = PW_ACTION_PAUSE;
  pw_stream_request_headers(stream, true);
  fake.now += 60 * SECOND - 1;
  assert_false(look(&f, NULL));
  fake.now += 1;
  assert_true(look(&f, NULL));
  close_stream(&f, stream);
}

static void
a_module_that_continues_in_time_is_left_alone_and_each_pause_counts_by_itself(void **state)
{
  struct fixture    f;
  struct pw_stream *stream = open_stream(&f, true, 1000);
  uint64_t          next;

  (void)state;
  request_answer  = PW_ACTION_PAUSE;
  response_answer = PW_ACTION_PAUSE;
  pw_stream_request_headers(stream, true);
  fake.now += SECOND - 1;
  pw_instance_tick(f.instances[0]);
  fake.now += SECOND;
  /* It said continue; that the proxy is late with it is not its fault. */
  assert_false(look(&f, &next));
  assert_int_equal(next, UINT64_MAX);
  assert_int_equal(pw_stream_resume(stream, PW_STREAM_HTTP_REQUEST), PW_NEXT_CONTINUE);
  assert_false(look(&f, NULL));
  assert_int_equal(pw_stream_response_headers(stream, true), PW_NEXT_PAUSE);
  assert_false(look(&f, &next));
  assert_int_equal(next, fake.now + SECOND);
  fake.now = next;
  assert_true(look(&f, NULL));
  assert_int_equal(fake.resumes[PW_STREAM_HTTP_RESPONSE], 1);
  assert_int_equal(pw_stream_resume(stream, PW_STREAM_HTTP_RESPONSE), PW_NEXT_CONTINUE);
  assert_contains(fake.log, "proxy_on_response_headers");
  close_stream(&f, stream);
}

/* Who collects a body waits for its sender, not for itself. */
static void
a_paused_body_counts_from_its_end_on(void **state)
{
  struct fixture    f;
  struct pw_stream *stream = open_stream(&f, true, 1000);
  uint64_t          next;

  (void)state;
  body_answer = PW_ACTION_PAUSE;
  pw_stream_request_headers(stream, false);
  assert_int_equal(pw_stream_request_body(stream, pw_view_of("bo"), false), PW_NEXT_PAUSE);
  fake.now += 10 * SECOND;
  assert_false(look(&f, &next));
  assert_int_equal(next, UINT64_MAX);
  assert_int_equal(pw_stream_request_body(stream, pw_view_of("dy"), true), PW_NEXT_PAUSE);
  assert_false(look(&f, &next));
  assert_int_equal(next, fake.now + SECOND);
  fake.now = next;
  assert_true(look(&f, NULL));
  assert_int_equal(pw_stream_resume(stream, PW_STREAM_HTTP_REQUEST), PW_NEXT_CONTINUE);
  assert_view_equal(pw_bytes_view(&fake.body[PW_STREAM_HTTP_REQUEST]), "body");
  assert_true(fake.body_end[PW_STREAM_HTTP_REQUEST]);
  assert_contains(fake.log, "proxy_on_request_body");
  close_stream(&f, stream);
}

static void
a_stream_that_ends_while_it_is_paused_is_forgotten(void **state)
{
  struct fixture    f;
  struct pw_stream *streams[3];
  uint64_t          next;

  (void)state;
  streams[0]     = open_stream(&f, true, 1000);
  streams[1]     = pw_stream_new(f.chain, &f);
  streams[2]     = pw_stream_new(f.chain, &f);
  request_answer = PW_ACTION_PAUSE;
  for (size_t i = 0; i < 3; ++i) {
    pw_stream_request_headers(streams[i], true);
  }
  pw_stream_end(streams[1]);
  assert_false(look(&f, NULL));
  pw_stream_end(streams[2]);
  pw_stream_end(streams[0]);
  fake.now += 10 * SECOND;
  assert_false(look(&f, &next));
  assert_int_equal(next, UINT64_MAX);
  assert_int_equal(fake.resumes[PW_STREAM_HTTP_REQUEST], 0);
  fixture_close(&f);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_pause_of_a_plugin_that_fails_open_ends_at_the_limit),
    cmocka_unit_test(a_pause_of_a_plugin_that_fails_closed_ends_the_stream),
    cmocka_unit_test(the_limit_is_a_minute_unless_configured),
    cmocka_unit_test(a_module_that_continues_in_time_is_left_alone_and_each_pause_counts_by_itself),
    cmocka_unit_test(a_paused_body_counts_from_its_end_on),
    cmocka_unit_test(a_stream_that_ends_while_it_is_paused_is_forgotten),
  };

  return cmocka_run_group_tests_name("host/pause_limit", tests, NULL, NULL);
}
