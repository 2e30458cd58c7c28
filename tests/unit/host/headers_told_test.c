/* SPDX-License-Identifier: Apache-2.0 */
/* What callbacks of headers look at is found out for them, and nothing else. */
#include "fakes/fixture.h"
#include "fakes/notes.h"
#include "support/unit.h"

static uint32_t
on_headers(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  note("%u,%u ", a[1].u32, a[2].u32);
  return PW_ACTION_CONTINUE;
}

static const struct fake_export looking[] = {{"proxy_on_request_headers", "iii:i", on_headers},
                                             {"proxy_on_response_headers", "iii:i", on_headers},
                                             {NULL, NULL, NULL}};
static const struct fake_export blind[]   = {{"proxy_on_request_headers", "iii:i-", on_headers},
                                             {"proxy_on_response_headers", "iii:i-", on_headers},
                                             {NULL, NULL, NULL}};
static const struct fake_export half[]    = {{"proxy_on_request_headers", "iii:i-", on_headers}, {NULL, NULL, NULL}};

/* A request with two headers and its response. */
static void
stream(struct fixture *f)
{
  fake_header("a", "1");
  fake_header("b", "2");
  struct pw_stream *stream = pw_stream_new(f->chain, f);
  pw_stream_request_headers(stream, true);
  pw_stream_response_headers(stream, true);
  pw_stream_end(stream);
}

/* What the callbacks of one or two plugins are told, and how often the proxy is asked to count. */
static void
expect_told(const struct fake_export *first, const struct fake_export *second, const char *told, int counts)
{
  struct fixture f;
  notes_clear();
  fixture_open(&f);
  fixture_add(&f, first, NULL);
  if (second) {
    fixture_add(&f, second, NULL);
  }
  fixture_chain(&f);
  stream(&f);
  assert_string_equal(notes, told);
  assert_int_equal(fake.counts, counts);
  fixture_close(&f);
}

static void
a_callback_that_looks_is_told_how_many_headers_there_are(void **state)
{
  (void)state;
  expect_told(looking, NULL, "2,1 2,1 ", 2);
}

static void
nothing_is_counted_for_a_callback_that_does_not_look(void **state)
{
  (void)state;
  expect_told(blind, NULL, "0,1 0,1 ", 0);
}

static void
one_that_does_not_look_hides_nothing_from_the_next(void **state)
{
  (void)state;
  expect_told(blind, looking, "0,1 2,1 2,1 0,1 ", 2);
}

static void
a_proxy_can_ask_who_looks_at_the_end_of_the_stream(void **state)
{
  struct fixture f;
  (void)state;
  fixture_open(&f);
  fixture_add(&f, looking, NULL);
  fixture_add(&f, blind, NULL);
  fixture_add(&f, half, NULL);
  assert_true(pw_plugin_looks_at_end(f.plugins[0], PW_STREAM_HTTP_REQUEST));
  assert_true(pw_plugin_looks_at_end(f.plugins[0], PW_STREAM_HTTP_RESPONSE));
  assert_false(pw_plugin_looks_at_end(f.plugins[1], PW_STREAM_HTTP_REQUEST));
  assert_false(pw_plugin_looks_at_end(f.plugins[1], PW_STREAM_HTTP_RESPONSE));
  assert_false(pw_plugin_looks_at_end(f.plugins[2], PW_STREAM_HTTP_RESPONSE));
  fixture_close(&f);
}

/* ------------------------------------------------------------------------------------------------------- in a trace */

static void
callback_begin(void *data, struct pw_instance *instance, const char *callback, const pw_value *arguments, size_t count)
{
  (void)data;
  (void)instance;
  if (count == 3 && strcmp(callback, "proxy_on_request_headers") == 0) {
    note("traced %u ", arguments[1].u32);
  }
}

static void
callback_end(void *data, struct pw_instance *instance, const char *callback, const pw_value *result,
             const struct pw_trap *trap)
{
  (void)data;
  (void)instance;
  (void)callback;
  (void)result;
  (void)trap;
}

static void
a_trace_shows_what_nobody_looks_at(void **state)
{
  static const struct pw_trace_ops trace   = {.callback_begin = callback_begin, .callback_end = callback_end};
  struct pw_host_options           options = {.proxy = &fake_proxy_ops, .trace = &trace};
  struct fixture                   f;
  (void)state;
  notes_clear();
  fixture_open(&f);
  pw_worker_delete(f.worker);
  pw_host_delete(f.host);
  f.host   = pw_host_new(&options, &f.error);
  f.worker = pw_worker_new(f.host, NULL, &f.error);
  fixture_add(&f, half, NULL);
  fixture_chain(&f);
  assert_true(pw_plugin_looks_at_end(f.plugins[0], PW_STREAM_HTTP_REQUEST));
  stream(&f);
  assert_string_equal(notes, "traced 2 2,1 ");
  fixture_close(&f);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_callback_that_looks_is_told_how_many_headers_there_are),
    cmocka_unit_test(nothing_is_counted_for_a_callback_that_does_not_look),
    cmocka_unit_test(one_that_does_not_look_hides_nothing_from_the_next),
    cmocka_unit_test(a_proxy_can_ask_who_looks_at_the_end_of_the_stream),
    cmocka_unit_test(a_trace_shows_what_nobody_looks_at),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
