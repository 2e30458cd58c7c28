/* SPDX-License-Identifier: Apache-2.0 */
/* What is held back, and by whom: nothing of it may be lost, stay for ever, or be seen when it is gone. */
#include "fakes/fixture.h"
#include "fakes/notes.h"
#include "support/unit.h"

/* What each of two plugins answers, and the context that it has. */
static uint32_t headers_answer[2];
static uint32_t body_answer[2];
static bool     body_drained[2];
static bool     body_replies[2];
static bool     metadata_continues;
static bool     tick_replies;
static uint32_t stream_contexts[2];
static int      buffer_status;

static void
reset(void)
{
  notes_clear();
  memset(headers_answer, 0, sizeof(headers_answer));
  memset(body_answer, 0, sizeof(body_answer));
  memset(body_drained, 0, sizeof(body_drained));
  memset(body_replies, 0, sizeof(body_replies));
  metadata_continues = false;
  tick_replies       = false;
  buffer_status      = -1;
}

static uint32_t
created(int n, const pw_value *a)
{
  if (a[1].u32 != 0) {
    stream_contexts[n] = a[0].u32;
  }
  return 0;
}

static uint32_t
reply(struct fake_vm *vm)
{
  return (uint32_t)FAKE_HOSTCALL(vm, "proxy_send_local_response", 403, 0, 0, 0, 0, 0, 0, UINT32_MAX);
}

static uint32_t
on_body(int n, struct fake_vm *vm, const pw_value *a)
{
  assert_int_equal(FAKE_HOSTCALL(vm, "proxy_get_buffer_bytes", PW_BUFFER_HTTP_REQUEST_BODY, 0, a[1].u32, 300, 304),
                   PW_STATUS_OK);
  note("b%d<%.*s>%s ", n, (int)fake_u32(vm, 304), fake_memory(vm, fake_u32(vm, 300)), a[2].u32 ? "end" : "");
  if (body_drained[n]) {
    assert_int_equal(FAKE_HOSTCALL(vm, "proxy_set_buffer_bytes", PW_BUFFER_HTTP_REQUEST_BODY, 0, UINT32_MAX, 0, 0),
                     PW_STATUS_OK);
  }
  if (body_replies[n]) {
    assert_int_equal(reply(vm), PW_STATUS_OK);
  }
  return body_answer[n];
}

/* Looks at the body of the stream, then continues it or replies. */
static uint32_t
on_tick(int n, struct fake_vm *vm)
{
  assert_int_equal(FAKE_HOSTCALL(vm, "proxy_set_effective_context", stream_contexts[n]), PW_STATUS_OK);
  buffer_status = FAKE_HOSTCALL(vm, "proxy_get_buffer_bytes", PW_BUFFER_HTTP_REQUEST_BODY, 0, 100, 300, 304);
  if (tick_replies) {
    assert_int_equal(reply(vm), PW_STATUS_OK);
  } else {
    FAKE_HOSTCALL(vm, "proxy_continue_stream", PW_STREAM_HTTP_REQUEST);
  }
  return 0;
}

#define PLUGIN(n)                                                                                                      \
  static uint32_t create_##n(struct fake_vm *vm, const pw_value *a)                                                    \
  {                                                                                                                    \
    (void)vm;                                                                                                          \
    return created(n, a);                                                                                              \
  }                                                                                                                    \
  static uint32_t headers_##n(struct fake_vm *vm, const pw_value *a)                                                   \
  {                                                                                                                    \
    (void)vm;                                                                                                          \
    (void)a;                                                                                                           \
    note("h%d ", n);                                                                                                   \
    return headers_answer[n];                                                                                          \
  }                                                                                                                    \
  static uint32_t body_##n(struct fake_vm *vm, const pw_value *a)                                                      \
  {                                                                                                                    \
    return on_body(n, vm, a);                                                                                          \
  }                                                                                                                    \
  static uint32_t metadata_##n(struct fake_vm *vm, const pw_value *a)                                                  \
  {                                                                                                                    \
    (void)a;                                                                                                           \
    if (metadata_continues) {                                                                                          \
      FAKE_HOSTCALL(vm, "proxy_continue_stream", PW_STREAM_HTTP_REQUEST);                                              \
    }                                                                                                                  \
    return PW_ACTION_PAUSE;                                                                                            \
  }                                                                                                                    \
  static uint32_t tick_##n(struct fake_vm *vm, const pw_value *a)                                                      \
  {                                                                                                                    \
    (void)a;                                                                                                           \
    return on_tick(n, vm);                                                                                             \
  }                                                                                                                    \
  static const struct fake_export plugin_##n[] = {{"proxy_on_context_create", "ii:v", create_##n},                     \
                                                  {"proxy_on_request_headers", "iii:i", headers_##n},                  \
                                                  {"proxy_on_request_body", "iii:i", body_##n},                        \
                                                  {"proxy_on_request_metadata", "ii:i", metadata_##n},                 \
                                                  {"proxy_on_tick", "i:v", tick_##n},                                  \
                                                  {NULL, NULL, NULL}};
PLUGIN(0)
PLUGIN(1)

static const struct fake_export without_body_0[] = {{"proxy_on_context_create", "ii:v", create_0},
                                                    {"proxy_on_request_headers", "iii:i", headers_0},
                                                    {"proxy_on_tick", "i:v", tick_0},
                                                    {NULL, NULL, NULL}};

static struct pw_stream *
open_stream(struct fixture *f, const struct fake_export *first, const struct fake_export *second,
            const struct pw_plugin_config *config)
{
  reset();
  fixture_open(f);
  fixture_add(f, first, config);
  if (second != NULL) {
    fixture_add(f, second, NULL);
  }
  fixture_chain(f);
  return pw_stream_new(f->chain, f);
}

static enum pw_next
resume(struct pw_stream *stream)
{
  return pw_stream_resume(stream, PW_STREAM_HTTP_REQUEST);
}

static enum pw_next
give(struct pw_stream *stream, const char *text, bool end)
{
  /* In memory of its own, which is gone when the call returns. */
  size_t       size = strlen(text);
  char        *copy = (char *)malloc(size + 1);
  enum pw_next next;

  memcpy(copy, text, size + 1);
  next = pw_stream_request_body(stream, pw_view_make(copy, size), end);
  memset(copy, '#', size);
  free(copy);
  return next;
}

#define assert_out(text) assert_view_equal(pw_bytes_view(&fake.body[PW_STREAM_HTTP_REQUEST]), text)

static void
a_body_behind_two_pauses_of_headers_is_not_forgotten(void **state)
{
  struct fixture    f;
  struct pw_stream *stream = open_stream(&f, plugin_0, plugin_1, NULL);

  (void)state;
  headers_answer[0] = PW_ACTION_PAUSE;
  headers_answer[1] = PW_ACTION_PAUSE;
  assert_int_equal(pw_stream_request_headers(stream, false), PW_NEXT_PAUSE);
  assert_int_equal(give(stream, "body", true), PW_NEXT_PAUSE);
  pw_instance_tick(f.instances[0]);
  assert_int_equal(resume(stream), PW_NEXT_PAUSE);
  pw_instance_tick(f.instances[1]);
  assert_int_equal(resume(stream), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "h0 h1 b0<body>end b1<body>end ");
  assert_out("body");
  assert_true(fake.body_end[0]);
  pw_stream_end(stream);
  fixture_close(&f);
}

/* allow_on_headers_stop_iteration shows the body to the module; where it has no callback for it, nobody is to see it.
 */
static void
a_body_never_overtakes_headers_of_a_plugin_without_body_callback(void **state)
{
  const struct pw_plugin_config config = {.fail_open = true, .allow_on_headers_stop_iteration = true};
  struct fixture                f;
  struct pw_stream             *stream = open_stream(&f, without_body_0, plugin_1, &config);

  (void)state;
  headers_answer[0] = PW_ACTION_PAUSE;
  assert_int_equal(pw_stream_request_headers(stream, false), PW_NEXT_PAUSE);
  assert_int_equal(give(stream, "bo", false), PW_NEXT_PAUSE);
  assert_int_equal(give(stream, "dy", true), PW_NEXT_PAUSE);
  assert_int_equal(fake.body[0].size, 0);
  pw_instance_tick(f.instances[0]);
  assert_int_equal(resume(stream), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "h0 h1 b1<body>end ");
  assert_out("body");
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
the_last_plugin_without_body_callback_holds_the_body_with_its_headers(void **state)
{
  const struct pw_plugin_config config = {.fail_open = true, .allow_on_headers_stop_iteration = true};
  struct fixture                f;
  struct pw_stream             *stream = open_stream(&f, without_body_0, NULL, &config);

  (void)state;
  headers_answer[0] = PW_ACTION_PAUSE;
  assert_int_equal(pw_stream_request_headers(stream, false), PW_NEXT_PAUSE);
  assert_int_equal(give(stream, "body", true), PW_NEXT_PAUSE);
  assert_int_equal(fake.body[0].size, 0);
  pw_instance_tick(f.instances[0]);
  assert_int_equal(resume(stream), PW_NEXT_CONTINUE);
  assert_out("body");
  pw_stream_end(stream);
  fixture_close(&f);
}

/* A piece is the proxy's own: after the call it must not be found in any buffer, however the phase ended. */
static void
a_piece_cannot_be_read_after_a_reply(void **state)
{
  struct fixture    f;
  struct pw_stream *stream = open_stream(&f, plugin_0, NULL, NULL);

  (void)state;
  pw_stream_request_headers(stream, false);
  body_answer[0]  = PW_ACTION_PAUSE;
  body_drained[0] = true;
  assert_int_equal(give(stream, "first", false), PW_NEXT_PAUSE);
  body_drained[0] = false;
  body_replies[0] = true;
  assert_int_equal(give(stream, "second", false), PW_NEXT_REPLY);
  pw_instance_tick(f.instances[0]);
  assert_int_equal(buffer_status, PW_STATUS_NOT_FOUND);
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
a_piece_that_is_too_large_cannot_be_read_later(void **state)
{
  const struct pw_plugin_config config = {.fail_open = true, .limits = {.body_bytes = 4}};
  struct fixture                f;
  struct pw_stream             *stream = open_stream(&f, plugin_0, NULL, &config);

  (void)state;
  pw_stream_request_headers(stream, false);
  body_answer[0] = PW_ACTION_PAUSE;
  assert_int_equal(give(stream, "larger", false), PW_NEXT_REPLY);
  assert_int_equal(fake.reply_status, 413);
  pw_instance_tick(f.instances[0]);
  assert_int_equal(buffer_status, PW_STATUS_NOT_FOUND);
  pw_stream_end(stream);
  fixture_close(&f);
}

/* The request was answered: what waited in it does not go on, not even when its module says so afterwards. */
static void
a_reply_ends_what_the_request_waits_for(void **state)
{
  struct fixture    f;
  struct pw_stream *stream = open_stream(&f, plugin_0, plugin_1, NULL);

  (void)state;
  headers_answer[0] = PW_ACTION_PAUSE;
  assert_int_equal(pw_stream_request_headers(stream, false), PW_NEXT_PAUSE);
  assert_int_equal(give(stream, "body", true), PW_NEXT_PAUSE);
  tick_replies = true;
  pw_instance_tick(f.instances[0]);
  assert_int_equal(fake.resumes[0], 1);
  assert_int_equal(resume(stream), PW_NEXT_REPLY);
  tick_replies = false;
  pw_instance_tick(f.instances[0]);
  assert_int_equal(fake.resumes[0], 1);
  assert_int_equal(resume(stream), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "h0 ");
  assert_int_equal(fake.body[0].size, 0);
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
metadata_does_not_undo_a_continue(void **state)
{
  struct fixture    f;
  struct pw_stream *stream = open_stream(&f, plugin_0, plugin_1, NULL);

  (void)state;
  headers_answer[0] = PW_ACTION_PAUSE;
  assert_int_equal(pw_stream_request_headers(stream, true), PW_NEXT_PAUSE);
  pw_instance_tick(f.instances[0]);
  pw_stream_request_metadata(stream, 1);
  assert_int_equal(resume(stream), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "h0 h1 ");
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
a_module_can_continue_from_its_metadata_callback(void **state)
{
  struct fixture    f;
  struct pw_stream *stream = open_stream(&f, plugin_0, plugin_1, NULL);

  (void)state;
  headers_answer[0] = PW_ACTION_PAUSE;
  assert_int_equal(pw_stream_request_headers(stream, true), PW_NEXT_PAUSE);
  metadata_continues = true;
  pw_stream_request_metadata(stream, 1);
  assert_int_equal(fake.resumes[0], 1);
  assert_int_equal(resume(stream), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "h0 h1 ");
  pw_stream_end(stream);
  fixture_close(&f);
}

static bool replies_early;

static uint32_t
create_replies(struct fake_vm *vm, const pw_value *a)
{
  if (a[1].u32 != 0 && replies_early) {
    assert_int_equal(reply(vm), PW_STATUS_OK);
  }
  return 0;
}

/* Contexts further down the chain do not exist yet: nothing may be asked of them, nor of the proxy. */
static void
a_reply_while_the_stream_is_made_comes_with_its_first_phase(void **state)
{
  static const struct fake_export early[] = {{"proxy_on_context_create", "ii:v", create_replies}, {NULL, NULL, NULL}};
  struct fixture                  f;
  struct pw_stream               *stream;
  struct pw_stream               *paused;

  (void)state;
  reset();
  fixture_open(&f);
  fixture_add(&f, early, NULL);
  fixture_add(&f, plugin_1, NULL);
  fixture_chain(&f);
  /* Its memory is used again by the next one, as it was left: paused. */
  replies_early     = false;
  paused            = pw_stream_new(f.chain, &f);
  headers_answer[1] = PW_ACTION_PAUSE;
  assert_int_equal(pw_stream_request_headers(paused, true), PW_NEXT_PAUSE);
  pw_stream_end(paused);
  replies_early = true;
  stream        = pw_stream_new(f.chain, &f);
  assert_int_equal(fake.resumes[0], 0);
  assert_int_equal(pw_stream_request_headers(stream, true), PW_NEXT_REPLY);
  pw_stream_end(stream);
  fixture_close(&f);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_body_behind_two_pauses_of_headers_is_not_forgotten),
    cmocka_unit_test(a_body_never_overtakes_headers_of_a_plugin_without_body_callback),
    cmocka_unit_test(the_last_plugin_without_body_callback_holds_the_body_with_its_headers),
    cmocka_unit_test(a_piece_cannot_be_read_after_a_reply),
    cmocka_unit_test(a_piece_that_is_too_large_cannot_be_read_later),
    cmocka_unit_test(a_reply_ends_what_the_request_waits_for),
    cmocka_unit_test(metadata_does_not_undo_a_continue),
    cmocka_unit_test(a_module_can_continue_from_its_metadata_callback),
    cmocka_unit_test(a_reply_while_the_stream_is_made_comes_with_its_first_phase),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
