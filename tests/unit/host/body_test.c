/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies through a chain: streamed, held back, changed, limited, and behind paused headers. */
#include "fakes/fixture.h"
#include "fakes/notes.h"
#include "support/unit.h"

static uint32_t headers_answer;
static uint32_t body_answer;
static uint32_t trailers_answer;
static bool     pause_until_end;
static uint32_t first_context;
static int      set_status;

static void
reset(void)
{
  notes_clear();
  headers_answer  = PW_ACTION_CONTINUE;
  body_answer     = PW_ACTION_CONTINUE;
  pause_until_end = false;
}

/* Notes the request body that it can read, as "<text>". */
static void
note_body(struct fake_vm *vm, uint32_t size)
{
  assert_int_equal(FAKE_HOSTCALL(vm, "proxy_get_buffer_bytes", PW_BUFFER_HTTP_REQUEST_BODY, 0, size, 300, 304),
                   PW_STATUS_OK);
  note("<%.*s>", (int)fake_u32(vm, 304), size > 0 ? fake_memory(vm, fake_u32(vm, 300)) : "");
}

static uint32_t
reading_body(struct fake_vm *vm, const pw_value *a)
{
  uint32_t end = a[2].u32;

  note("%s", end ? "end" : "");
  note_body(vm, a[1].u32);
  if (pause_until_end) {
    return end ? PW_ACTION_CONTINUE : PW_ACTION_PAUSE;
  }
  return body_answer;
}

static uint32_t
headers(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  (void)a;
  note("h");
  return headers_answer;
}

static uint32_t
context_create(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  if (a[1].u32 != 0) {
    first_context = a[0].u32;
  }
  return 0;
}

static uint32_t
tick_continues(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  FAKE_HOSTCALL(vm, "proxy_set_effective_context", first_context);
  assert_int_equal(FAKE_HOSTCALL(vm, "proxy_continue_stream", PW_STREAM_HTTP_REQUEST), PW_STATUS_OK);
  return 0;
}

static const struct fake_export reader[] = {{"proxy_on_context_create", "ii:v", context_create},
                                            {"proxy_on_request_headers", "iii:i", headers},
                                            {"proxy_on_request_body", "iii:i", reading_body},
                                            {"proxy_on_tick", "i:v", tick_continues},
                                            {NULL, NULL, NULL}};

/* "[]" is put around what comes by, as by a module that wraps each piece: also around the empty one that tells it, as
 * it has no callback for trailers, that they have come. */
static uint32_t
wrapping_body(struct fake_vm *vm, const pw_value *a)
{
  fake_put(vm, 400, "[]");
  assert_int_equal(FAKE_HOSTCALL(vm, "proxy_set_buffer_bytes", PW_BUFFER_HTTP_REQUEST_BODY, 0, 0, 400, 1),
                   PW_STATUS_OK);
  set_status = FAKE_HOSTCALL(vm, "proxy_set_buffer_bytes", PW_BUFFER_HTTP_REQUEST_BODY, UINT32_MAX, 0, 401, 1);
  (void)a;
  return PW_ACTION_CONTINUE;
}

static const struct fake_export wrapper[] = {{"proxy_on_request_body", "iii:i", wrapping_body}, {NULL, NULL, NULL}};

static struct pw_stream *
open_stream(struct fixture *f, const struct fake_export *first, const struct fake_export *second,
            const struct pw_plugin_config *config)
{
  fixture_open(f);
  fixture_add(f, first, config);
  if (second != NULL) {
    fixture_add(f, second, NULL);
  }
  fixture_chain(f);
  return pw_stream_new(f->chain, f);
}

static enum pw_next
give(struct pw_stream *stream, const char *text, bool end)
{
  return pw_stream_request_body(stream, pw_view_of(text), end);
}

#define assert_out(text) assert_view_equal(pw_bytes_view(&fake.body[PW_STREAM_HTTP_REQUEST]), text)

static void
a_body_streams_through_piece_by_piece(void **state)
{
  struct fixture    f;
  struct pw_stream *stream;

  (void)state;
  reset();
  stream = open_stream(&f, reader, NULL, NULL);
  pw_stream_request_headers(stream, false);
  assert_int_equal(give(stream, "one", false), PW_NEXT_CONTINUE);
  assert_out("one");
  assert_false(fake.body_end[0]);
  assert_int_equal(give(stream, "two", true), PW_NEXT_CONTINUE);
  assert_out("onetwo");
  assert_true(fake.body_end[0]);
  assert_string_equal(notes, "h<one>end<two>");
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
a_paused_body_grows_until_the_module_has_it_all(void **state)
{
  struct fixture    f;
  struct pw_stream *stream;

  (void)state;
  reset();
  pause_until_end = true;
  stream          = open_stream(&f, reader, NULL, NULL);
  pw_stream_request_headers(stream, false);
  assert_int_equal(give(stream, "one", false), PW_NEXT_PAUSE);
  assert_int_equal(give(stream, "two", false), PW_NEXT_PAUSE);
  assert_int_equal(fake.body[0].size, 0);
  assert_int_equal(give(stream, "", true), PW_NEXT_CONTINUE);
  assert_out("onetwo");
  assert_string_equal(notes, "h<one><onetwo>end<onetwo>");
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
a_continued_body_goes_on_without_another_callback(void **state)
{
  struct fixture    f;
  struct pw_stream *stream;

  (void)state;
  reset();
  body_answer = PW_ACTION_PAUSE;
  stream      = open_stream(&f, reader, wrapper, NULL);
  pw_stream_request_headers(stream, false);
  assert_int_equal(give(stream, "one", true), PW_NEXT_PAUSE);
  pw_instance_tick(f.instances[0]);
  assert_int_equal(fake.resumes[0], 1);
  assert_int_equal(pw_stream_resume(stream, PW_STREAM_HTTP_REQUEST), PW_NEXT_CONTINUE);
  assert_out("[one]");
  assert_true(fake.body_end[0]);
  assert_string_equal(notes, "hend<one>");
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
each_plugin_sees_what_the_one_before_made(void **state)
{
  struct fixture    f;
  struct pw_stream *stream;

  (void)state;
  reset();
  stream = open_stream(&f, wrapper, reader, NULL);
  pw_stream_request_headers(stream, false);
  give(stream, "one", false);
  give(stream, "two", true);
  assert_string_equal(notes, "h<[one]>end<[two]>");
  assert_out("[one][two]");
  assert_int_equal(set_status, PW_STATUS_OK);
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
paused_headers_hold_the_body_too(void **state)
{
  struct fixture    f;
  struct pw_stream *stream;

  (void)state;
  reset();
  headers_answer = PW_ACTION_PAUSE;
  stream         = open_stream(&f, reader, wrapper, NULL);
  assert_int_equal(pw_stream_request_headers(stream, false), PW_NEXT_PAUSE);
  assert_int_equal(give(stream, "one", false), PW_NEXT_PAUSE);
  assert_int_equal(give(stream, "two", true), PW_NEXT_PAUSE);
  /* Its body callback, which would say continue, is not asked: the request must not slip through a pause. */
  assert_string_equal(notes, "h");
  assert_int_equal(fake.body[0].size, 0);
  pw_instance_tick(f.instances[0]);
  assert_int_equal(pw_stream_resume(stream, PW_STREAM_HTTP_REQUEST), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "hend<onetwo>");
  assert_out("[onetwo]");
  assert_true(fake.body_end[0]);
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
with_stop_iteration_the_body_is_seen_before_the_headers_go(void **state)
{
  struct pw_plugin_config config;
  struct fixture          f;
  struct pw_stream       *stream;

  (void)state;
  reset();
  memset(&config, 0, sizeof(config));
  config.fail_open                       = true;
  config.allow_on_headers_stop_iteration = true;
  headers_answer                         = PW_ACTION_PAUSE;
  pause_until_end                        = true;
  stream                                 = open_stream(&f, reader, wrapper, &config);
  assert_int_equal(pw_stream_request_headers(stream, false), PW_NEXT_PAUSE);
  assert_int_equal(give(stream, "one", false), PW_NEXT_PAUSE);
  assert_int_equal(give(stream, "two", true), PW_NEXT_PAUSE);
  assert_string_equal(notes, "h<one>end<onetwo>");
  assert_int_equal(fake.body[0].size, 0);
  /* The module let all go with its last answer. */
  assert_int_equal(fake.resumes[0], 1);
  assert_int_equal(pw_stream_resume(stream, PW_STREAM_HTTP_REQUEST), PW_NEXT_CONTINUE);
  assert_true(pw_stream_headers_passed(stream, PW_STREAM_HTTP_REQUEST));
  assert_out("[onetwo]");
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
a_body_beyond_the_limit_is_answered_413(void **state)
{
  struct pw_plugin_config config;
  struct fixture          f;
  struct pw_stream       *stream;

  (void)state;
  reset();
  memset(&config, 0, sizeof(config));
  config.fail_open         = true;
  config.limits.body_bytes = 5;
  pause_until_end          = true;
  stream                   = open_stream(&f, reader, NULL, &config);
  pw_stream_request_headers(stream, false);
  assert_int_equal(give(stream, "four", false), PW_NEXT_PAUSE);
  assert_int_equal(give(stream, "more", false), PW_NEXT_REPLY);
  assert_int_equal(fake.reply_status, 413);
  assert_contains(fake.log, "limits.body");
  pw_stream_end(stream);
  fixture_close(&f);
}

static uint32_t
trap_in_body(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  fake_trap(vm, "wasm unreachable");
  return 0;
}

static void
a_body_passes_a_plugin_that_broke_open(void **state)
{
  static const struct fake_export broken[] = {{"proxy_on_request_body", "iii:i", trap_in_body}, {NULL, NULL, NULL}};
  struct fixture                  f;
  struct pw_stream               *stream;

  (void)state;
  reset();
  stream = open_stream(&f, broken, wrapper, NULL);
  assert_int_equal(give(stream, "one", false), PW_NEXT_CONTINUE);
  assert_int_equal(give(stream, "two", true), PW_NEXT_CONTINUE);
  assert_out("[one][two]");
  pw_stream_end(stream);
  fixture_close(&f);
}

static uint32_t
trailers(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  note("t%u", a[1].u32);
  return PW_ACTION_CONTINUE;
}

static void
trailers_push_a_paused_body_out_before_them(void **state)
{
  static const struct fake_export module[] = {{"proxy_on_request_body", "iii:i", reading_body},
                                              {"proxy_on_request_trailers", "ii:i", trailers},
                                              {NULL, NULL, NULL}};
  struct fixture                  f;
  struct pw_stream               *stream;

  (void)state;
  reset();
  body_answer = PW_ACTION_PAUSE;
  stream      = open_stream(&f, module, NULL, NULL);
  fake_header("checksum", "1");
  assert_int_equal(give(stream, "one", false), PW_NEXT_PAUSE);
  assert_int_equal(pw_stream_request_trailers(stream), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "<one>t1");
  assert_out("one");
  assert_false(fake.body_end[0]);
  pw_stream_end(stream);
  fixture_close(&f);
}

static uint32_t
pausing_trailers(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  note("t%u", a[1].u32);
  return trailers_answer;
}

static const struct fake_export holder[] = {{"proxy_on_context_create", "ii:v", context_create},
                                            {"proxy_on_request_headers", "iii:i", headers},
                                            {"proxy_on_request_body", "iii:i", reading_body},
                                            {"proxy_on_request_trailers", "ii:i", pausing_trailers},
                                            {"proxy_on_tick", "i:v", tick_continues},
                                            {NULL, NULL, NULL}};

static struct pw_stream *
open_holding_stream(struct fixture *f, bool shown)
{
  struct pw_plugin_config config;
  struct pw_stream       *stream;

  reset();
  memset(&config, 0, sizeof(config));
  config.fail_open                       = true;
  config.limits.body_bytes               = 100;
  config.allow_on_headers_stop_iteration = shown;
  headers_answer                         = PW_ACTION_PAUSE;
  body_answer                            = PW_ACTION_PAUSE;
  trailers_answer                        = PW_ACTION_CONTINUE;
  stream                                 = open_stream(f, holder, wrapper, &config);
  fake_header("checksum", "1");
  assert_int_equal(pw_stream_request_headers(stream, false), PW_NEXT_PAUSE);
  assert_int_equal(give(stream, "one", false), PW_NEXT_PAUSE);
  return stream;
}

static void
trailers_are_shown_while_headers_wait_and_let_all_go(void **state)
{
  struct fixture    f;
  struct pw_stream *stream = open_holding_stream(&f, true);

  (void)state;
  assert_int_equal(pw_stream_request_trailers(stream), PW_NEXT_PAUSE);
  assert_string_equal(notes, "h<one>t1");
  assert_false(pw_stream_trailers_passed(stream, PW_STREAM_HTTP_REQUEST));
  assert_int_equal(fake.resumes[0], 1);
  assert_int_equal(pw_stream_resume(stream, PW_STREAM_HTTP_REQUEST), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "h<one>t1");
  assert_true(pw_stream_trailers_passed(stream, PW_STREAM_HTTP_REQUEST));
  assert_out("[one][]");
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
trailers_can_go_on_holding_headers(void **state)
{
  struct fixture    f;
  struct pw_stream *stream = open_holding_stream(&f, true);

  (void)state;
  trailers_answer = PW_ACTION_PAUSE;
  assert_int_equal(pw_stream_request_trailers(stream), PW_NEXT_PAUSE);
  assert_int_equal(fake.resumes[0], 0);
  assert_int_equal(fake.body[0].size, 0);
  pw_instance_tick(f.instances[0]);
  assert_int_equal(pw_stream_resume(stream, PW_STREAM_HTTP_REQUEST), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "h<one>t1");
  assert_true(pw_stream_trailers_passed(stream, PW_STREAM_HTTP_REQUEST));
  assert_out("[one][]");
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
trailers_wait_for_headers_whose_body_let_them_go(void **state)
{
  struct fixture    f;
  struct pw_stream *stream = open_holding_stream(&f, true);

  (void)state;
  body_answer = PW_ACTION_CONTINUE;
  assert_int_equal(give(stream, "two", false), PW_NEXT_PAUSE);
  assert_int_equal(fake.resumes[0], 1);
  assert_int_equal(pw_stream_request_trailers(stream), PW_NEXT_PAUSE);
  assert_string_equal(notes, "h<one><onetwo>");
  assert_int_equal(pw_stream_resume(stream, PW_STREAM_HTTP_REQUEST), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "h<one><onetwo>t1");
  assert_out("[onetwo][]");
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
trailers_wait_with_headers_that_hold_the_body_too(void **state)
{
  struct fixture    f;
  struct pw_stream *stream = open_holding_stream(&f, false);

  (void)state;
  body_answer = PW_ACTION_CONTINUE;
  assert_int_equal(pw_stream_request_trailers(stream), PW_NEXT_PAUSE);
  assert_string_equal(notes, "h");
  pw_instance_tick(f.instances[0]);
  assert_int_equal(pw_stream_resume(stream, PW_STREAM_HTTP_REQUEST), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "h<one>t1");
  assert_out("[one][]");
  pw_stream_end(stream);
  fixture_close(&f);
}

static struct pw_stream *
open_gathering_stream(struct fixture *f, const struct fake_export *module)
{
  struct pw_plugin_config config;

  reset();
  memset(&config, 0, sizeof(config));
  config.fail_open         = true;
  config.request_body      = PW_BODY_BUFFER;
  config.limits.body_bytes = 7;
  return open_stream(f, module, wrapper, &config);
}

static void
a_gathered_body_is_shown_once_and_whole(void **state)
{
  struct fixture    f;
  struct pw_stream *stream = open_gathering_stream(&f, reader);

  (void)state;
  pw_stream_request_headers(stream, false);
  assert_int_equal(give(stream, "one", false), PW_NEXT_PAUSE);
  assert_int_equal(give(stream, "two", false), PW_NEXT_PAUSE);
  assert_string_equal(notes, "h");
  assert_int_equal(give(stream, "", true), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "hend<onetwo>");
  assert_out("[onetwo]");
  assert_true(fake.body_end[0]);
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
a_gathered_body_beyond_the_limit_is_answered_413(void **state)
{
  struct fixture    f;
  struct pw_stream *stream = open_gathering_stream(&f, reader);

  (void)state;
  pw_stream_request_headers(stream, false);
  assert_int_equal(give(stream, "1234", false), PW_NEXT_PAUSE);
  assert_int_equal(give(stream, "5678", false), PW_NEXT_REPLY);
  assert_int_equal(fake.reply_status, 413);
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
trailers_end_a_gathered_body(void **state)
{
  static const struct fake_export module[] = {{"proxy_on_request_body", "iii:i", reading_body},
                                              {"proxy_on_request_trailers", "ii:i", trailers},
                                              {NULL, NULL, NULL}};
  struct fixture                  f;
  struct pw_stream               *stream = open_gathering_stream(&f, module);

  (void)state;
  fake_header("checksum", "1");
  give(stream, "one", false);
  give(stream, "two", false);
  assert_int_equal(pw_stream_request_trailers(stream), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "<onetwo>t1");
  assert_out("[onetwo][]");
  pw_stream_end(stream);
  fixture_close(&f);
}

static const struct fake_export unaware[] = {{"proxy_on_context_create", "ii:v", context_create},
                                             {"proxy_on_request_headers", "iii:i", headers},
                                             {"proxy_on_request_body", "iii:i", reading_body},
                                             {"proxy_on_tick", "i:v", tick_continues},
                                             {NULL, NULL, NULL}};

static void
a_plugin_that_cannot_be_told_of_trailers_is_told_the_end(void **state)
{
  struct fixture    f;
  struct pw_stream *stream;

  (void)state;
  reset();
  pause_until_end = true;
  stream          = open_stream(&f, unaware, holder, NULL);
  trailers_answer = PW_ACTION_CONTINUE;
  pw_stream_request_headers(stream, false);
  assert_int_equal(give(stream, "one", false), PW_NEXT_PAUSE);
  pause_until_end = false;
  assert_int_equal(pw_stream_request_trailers(stream), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "hh<one>end<one><one>t0");
  assert_out("one");
  assert_false(fake.body_end[0]);
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
it_is_told_so_without_a_body_or_once_for_all(void **state)
{
  struct fixture    f;
  struct pw_stream *stream;

  (void)state;
  reset();
  stream = open_stream(&f, unaware, NULL, NULL);
  pw_stream_request_headers(stream, false);
  body_answer = PW_ACTION_PAUSE;
  assert_int_equal(pw_stream_request_trailers(stream), PW_NEXT_PAUSE);
  assert_string_equal(notes, "hend<>");
  assert_false(pw_stream_trailers_passed(stream, PW_STREAM_HTTP_REQUEST));
  pw_instance_tick(f.instances[0]);
  assert_int_equal(pw_stream_resume(stream, PW_STREAM_HTTP_REQUEST), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "hend<>");
  assert_true(pw_stream_trailers_passed(stream, PW_STREAM_HTTP_REQUEST));
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
it_lets_go_headers_with_the_end_that_trailers_are(void **state)
{
  struct pw_plugin_config config;
  struct fixture          f;
  struct pw_stream       *stream;

  (void)state;
  reset();
  memset(&config, 0, sizeof(config));
  config.fail_open                       = true;
  config.limits.body_bytes               = 100;
  config.allow_on_headers_stop_iteration = true;
  headers_answer                         = PW_ACTION_PAUSE;
  pause_until_end                        = true;
  stream                                 = open_stream(&f, unaware, wrapper, &config);
  assert_int_equal(pw_stream_request_headers(stream, false), PW_NEXT_PAUSE);
  assert_int_equal(give(stream, "one", false), PW_NEXT_PAUSE);
  assert_int_equal(pw_stream_request_trailers(stream), PW_NEXT_PAUSE);
  assert_string_equal(notes, "h<one>end<one>");
  assert_int_equal(pw_stream_resume(stream, PW_STREAM_HTTP_REQUEST), PW_NEXT_CONTINUE);
  assert_true(pw_stream_trailers_passed(stream, PW_STREAM_HTTP_REQUEST));
  assert_out("[one][]");
  pw_stream_end(stream);
  fixture_close(&f);
}

static uint32_t
changing_trailers(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  fake_put(vm, 400, "ab");
  note("%u", FAKE_HOSTCALL(vm, "proxy_add_header_map_value", PW_MAP_HTTP_REQUEST_TRAILERS, 400, 1, 401, 1));
  return PW_ACTION_CONTINUE;
}

static void
trailers_of_a_gathered_body_can_be_changed(void **state)
{
  static const struct fake_export module[] = {{"proxy_on_request_body", "iii:i", reading_body},
                                              {"proxy_on_request_trailers", "ii:i", changing_trailers},
                                              {NULL, NULL, NULL}};
  struct fixture                  f;
  struct pw_stream               *stream = open_gathering_stream(&f, module);

  (void)state;
  give(stream, "one", false);
  assert_int_equal(pw_stream_request_trailers(stream), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "<one>0");
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
a_body_that_is_switched_off_passes_unseen(void **state)
{
  struct pw_plugin_config config;
  struct fixture          f;
  struct pw_stream       *stream;

  (void)state;
  reset();
  memset(&config, 0, sizeof(config));
  config.fail_open    = true;
  config.request_body = PW_BODY_OFF;
  stream              = open_stream(&f, reader, NULL, &config);
  assert_false(pw_plugin_has_callback(f.plugins[0], PW_CALLBACK_REQUEST_BODY));
  pw_stream_request_headers(stream, false);
  assert_int_equal(give(stream, "one", true), PW_NEXT_CONTINUE);
  assert_string_equal(notes, "h");
  assert_out("one");
  pw_stream_end(stream);
  fixture_close(&f);
}

static void
a_body_is_taken_when_somebody_is_to_see_it(void **state)
{
  struct fixture    f;
  struct pw_stream *stream;

  (void)state;
  reset();
  headers_answer = PW_ACTION_PAUSE;
  stream         = open_stream(&f, reader, NULL, NULL);
  pw_stream_request_headers(stream, false);
  assert_false(pw_stream_takes_body(stream, PW_STREAM_HTTP_REQUEST));
  pw_instance_tick(f.instances[0]);
  pw_stream_resume(stream, PW_STREAM_HTTP_REQUEST);
  assert_true(pw_stream_takes_body(stream, PW_STREAM_HTTP_REQUEST));
  pw_stream_end(stream);
  fixture_close(&f);
}

static uint32_t
headers_read_body(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  set_status = FAKE_HOSTCALL(vm, "proxy_get_buffer_bytes", PW_BUFFER_HTTP_REQUEST_BODY, 0, 1, 300, 304);
  return PW_ACTION_CONTINUE;
}

static void
a_body_is_there_only_in_its_own_callback(void **state)
{
  static const struct fake_export module[] = {{"proxy_on_request_headers", "iii:i", headers_read_body},
                                              {NULL, NULL, NULL}};
  struct fixture                  f;
  struct pw_stream               *stream;

  (void)state;
  reset();
  stream = open_stream(&f, module, NULL, NULL);
  pw_stream_request_headers(stream, false);
  assert_int_equal(set_status, PW_STATUS_NOT_FOUND);
  pw_stream_end(stream);
  fixture_close(&f);
}

/* However a body is cut, what comes out is the same. */
static void
any_cut_of_a_body_gives_the_same_result(void **state)
{
  static const char text[] = "The quick brown fox jumps over the lazy dog";
  unsigned          seed;

  (void)state;
  for (seed = 1; seed <= 200; ++seed) {
    struct fixture    f;
    struct pw_stream *stream;
    size_t            at = 0;

    reset();
    srand(seed);
    stream = open_stream(&f, reader, reader, NULL);
    pw_stream_request_headers(stream, false);
    while (at < sizeof(text) - 1) {
      size_t size = 1 + (size_t)rand() % 9;

      size            = size < sizeof(text) - 1 - at ? size : sizeof(text) - 1 - at;
      pause_until_end = rand() % 3 == 0;
      pw_stream_request_body(stream, pw_view_make(text + at, size), false);
      at += size;
    }
    pause_until_end = true;
    give(stream, "", true);
    assert_out("The quick brown fox jumps over the lazy dog");
    assert_true(fake.body_end[0]);
    pw_stream_end(stream);
    fixture_close(&f);
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_body_streams_through_piece_by_piece),
    cmocka_unit_test(a_paused_body_grows_until_the_module_has_it_all),
    cmocka_unit_test(a_continued_body_goes_on_without_another_callback),
    cmocka_unit_test(each_plugin_sees_what_the_one_before_made),
    cmocka_unit_test(paused_headers_hold_the_body_too),
    cmocka_unit_test(with_stop_iteration_the_body_is_seen_before_the_headers_go),
    cmocka_unit_test(a_body_beyond_the_limit_is_answered_413),
    cmocka_unit_test(a_body_passes_a_plugin_that_broke_open),
    cmocka_unit_test(trailers_push_a_paused_body_out_before_them),
    cmocka_unit_test(a_gathered_body_is_shown_once_and_whole),
    cmocka_unit_test(a_gathered_body_beyond_the_limit_is_answered_413),
    cmocka_unit_test(trailers_end_a_gathered_body),
    cmocka_unit_test(trailers_are_shown_while_headers_wait_and_let_all_go),
    cmocka_unit_test(trailers_can_go_on_holding_headers),
    cmocka_unit_test(trailers_wait_for_headers_whose_body_let_them_go),
    cmocka_unit_test(trailers_wait_with_headers_that_hold_the_body_too),
    cmocka_unit_test(trailers_of_a_gathered_body_can_be_changed),
    cmocka_unit_test(a_plugin_that_cannot_be_told_of_trailers_is_told_the_end),
    cmocka_unit_test(it_is_told_so_without_a_body_or_once_for_all),
    cmocka_unit_test(it_lets_go_headers_with_the_end_that_trailers_are),
    cmocka_unit_test(a_body_that_is_switched_off_passes_unseen),
    cmocka_unit_test(a_body_is_taken_when_somebody_is_to_see_it),
    cmocka_unit_test(a_body_is_there_only_in_its_own_callback),
    cmocka_unit_test(any_cut_of_a_body_gives_the_same_result),
  };

  return cmocka_run_group_tests_name("host/body", tests, NULL, NULL);
}
