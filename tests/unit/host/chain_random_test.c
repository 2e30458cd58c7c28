/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chains of plugins that pause, continue, reply and trap at random, under random pieces of body and trailers. Whatever
 * comes: bytes stay in order, none is lost or doubled, nothing overtakes its headers, and a stream whose modules have
 * all continued does not wait.
 */
#include "fakes/fixture.h"
#include "support/unit.h"

enum { CHAINS = 600, STREAMS = 25, BODY = 200 };

static uint32_t seed; /* of this stream: enough to run it again */
static uint32_t random_state;

static uint32_t
roll(uint32_t sides)
{
  random_state = random_state * 1664525u + 1013904223u;
  return (random_state >> 8) % sides;
}

#define check(condition)                                                                                               \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      fail_msg("stream %u, line %d: %s", seed, __LINE__, #condition);                                                  \
    }                                                                                                                  \
  } while (0)

/* -------------------------------------------------------------------------------------------------------- modules */

/* What the plugins have seen of this stream. */
struct seen {
  uint32_t context; /* 0: none */
  bool     headers[2];
  bool     trailers[2];
  uint32_t body_from[2]; /* where the last piece began */
  uint32_t body_end[2];
};

static struct seen seen[FIXTURE_PLUGINS];
static uint32_t    given[2]; /* bytes of body */
static bool        calm;     /* everybody continues from now on */
static bool        trapped;  /* somebody did */

/* Each byte tells where it is from. */
static char
byte_at(uint32_t place)
{
  return (char)(place * 7 + 13);
}

static uint32_t
place_of(char byte)
{
  /* 183 * 7 = 1 modulo 256. */
  return ((uint32_t)(unsigned char)byte - 13) * 183 % 256;
}

static uint32_t
act(struct fake_vm *vm, int direction)
{
  if (calm) {
    return PW_ACTION_CONTINUE;
  }
  switch (roll(40)) {
  case 0:
    trapped = true;
    fake_trap(vm, "on purpose");
    return PW_ACTION_CONTINUE;
  case 1:
    FAKE_HOSTCALL(vm, "proxy_send_local_response", 403, 0, 0, 0, 0, 0, 0, UINT32_MAX);
    return PW_ACTION_PAUSE;
  case 2:
    FAKE_HOSTCALL(vm, "proxy_continue_stream", (uint32_t)direction);
    return PW_ACTION_PAUSE;
  default:
    return roll(3) == 0 ? PW_ACTION_PAUSE : PW_ACTION_CONTINUE;
  }
}

static uint32_t
on_create(int n, const pw_value *a)
{
  if (a[1].u32 != 0) {
    seen[n].context = a[0].u32;
  }
  return 0;
}

static uint32_t
on_headers(int n, struct fake_vm *vm, int direction)
{
  check(!seen[n].headers[direction]);
  check(seen[n].body_end[direction] == 0);
  seen[n].headers[direction] = true;
  return act(vm, direction);
}

static uint32_t
on_body(int n, struct fake_vm *vm, int direction, const pw_value *a)
{
  uint32_t    size = a[1].u32;
  uint32_t    from;
  const char *bytes;
  uint32_t    i;

  check(seen[n].headers[direction]);
  check(!seen[n].trailers[direction]);
  if (size > 0) {
    check(FAKE_HOSTCALL(vm, "proxy_get_buffer_bytes", (uint32_t)direction, 0, size, 300, 304) == PW_STATUS_OK);
    check(fake_u32(vm, 304) == size);
    bytes = fake_memory(vm, fake_u32(vm, 300));
    from  = place_of(bytes[0]);
    for (i = 0; i < size; ++i) {
      check(bytes[i] == byte_at(from + i));
    }
    /* What was held back is shown again; nothing is left out. */
    check(from >= seen[n].body_from[direction] && from <= seen[n].body_end[direction]);
    check(from + size >= seen[n].body_end[direction]);
    seen[n].body_from[direction] = from;
    seen[n].body_end[direction]  = from + size;
  }
  return act(vm, direction);
}

static uint32_t
on_trailers(int n, struct fake_vm *vm, int direction)
{
  check(!seen[n].trailers[direction]);
  check(seen[n].headers[direction]);
  check(seen[n].body_end[direction] == given[direction]);
  seen[n].trailers[direction] = true;
  return act(vm, direction);
}

static uint32_t
on_tick(int n, struct fake_vm *vm)
{
  uint32_t type = roll(2);

  if (seen[n].context == 0 || FAKE_HOSTCALL(vm, "proxy_set_effective_context", seen[n].context) != PW_STATUS_OK) {
    return 0;
  }
  if (calm) {
    FAKE_HOSTCALL(vm, "proxy_continue_stream", PW_STREAM_HTTP_REQUEST);
    FAKE_HOSTCALL(vm, "proxy_continue_stream", PW_STREAM_HTTP_RESPONSE);
  } else if (roll(40) == 0) {
    FAKE_HOSTCALL(vm, "proxy_send_local_response", 403, 0, 0, 0, 0, 0, 0, UINT32_MAX);
  } else if (roll(40) == 0) {
    trapped = true;
    fake_trap(vm, "on purpose");
  } else {
    FAKE_HOSTCALL(vm, "proxy_get_buffer_bytes", type, 0, 1000, 300, 304);
    FAKE_HOSTCALL(vm, "proxy_continue_stream", type);
  }
  return 0;
}

#define CALLBACK(name, call)                                                                                           \
  static uint32_t name(struct fake_vm *vm, const pw_value *a)                                                          \
  {                                                                                                                    \
    (void)vm;                                                                                                          \
    (void)a;                                                                                                           \
    return call;                                                                                                       \
  }
#define MODULE(n)                                                                                                      \
  CALLBACK(create_##n, on_create(n, a))                                                                                \
  CALLBACK(request_##n, on_headers(n, vm, 0))                                                                          \
  CALLBACK(response_##n, on_headers(n, vm, 1))                                                                         \
  CALLBACK(request_body_##n, on_body(n, vm, 0, a))                                                                     \
  CALLBACK(response_body_##n, on_body(n, vm, 1, a))                                                                    \
  CALLBACK(request_trailers_##n, on_trailers(n, vm, 0))                                                                \
  CALLBACK(response_trailers_##n, on_trailers(n, vm, 1))                                                               \
  CALLBACK(metadata_##n, act(vm, 0))                                                                                   \
  CALLBACK(tick_##n, on_tick(n, vm))                                                                                   \
  static const struct fake_export full_##n[]         = {{"proxy_on_context_create", "ii:v", create_##n},               \
                                                        {"proxy_on_request_headers", "iii:i", request_##n},            \
                                                        {"proxy_on_response_headers", "iii:i", response_##n},          \
                                                        {"proxy_on_request_body", "iii:i", request_body_##n},          \
                                                        {"proxy_on_response_body", "iii:i", response_body_##n},        \
                                                        {"proxy_on_request_trailers", "ii:i", request_trailers_##n},   \
                                                        {"proxy_on_response_trailers", "ii:i", response_trailers_##n}, \
                                                        {"proxy_on_request_metadata", "ii:i", metadata_##n},           \
                                                        {"proxy_on_tick", "i:v", tick_##n},                            \
                                                        {NULL, NULL, NULL}};                                           \
  static const struct fake_export headers_only_##n[] = {{"proxy_on_context_create", "ii:v", create_##n},               \
                                                        {"proxy_on_request_headers", "iii:i", request_##n},            \
                                                        {"proxy_on_response_headers", "iii:i", response_##n},          \
                                                        {"proxy_on_tick", "i:v", tick_##n},                            \
                                                        {NULL, NULL, NULL}};
MODULE(0)
MODULE(1)
MODULE(2)
MODULE(3)

static const struct fake_export *const modules[FIXTURE_PLUGINS][2] = {
  {full_0, headers_only_0}, {full_1, headers_only_1}, {full_2, headers_only_2}, {full_3, headers_only_3}};

/* ---------------------------------------------------------------------------------------------------------- proxy */

/* The proxy's side of one direction. */
struct side {
  bool begun;
  bool ended;    /* all was given: with the body, or with trailers */
  bool trailers; /* they are what ended it */
  int  resumes;  /* that were asked for, and done */
};

struct run {
  struct fixture   *fixture;
  struct pw_stream *stream;
  struct side       sides[2];
  enum pw_next      last[2];
  bool              over; /* a reply, or a refusal */
};

static void
after(struct run *run, int direction, enum pw_next next)
{
  struct pw_bytes *out = &fake.body[direction];
  size_t           i;

  run->last[direction] = next;
  run->over            = run->over || next >= PW_NEXT_REPLY;
  check(out->size <= given[direction]);
  for (i = 0; i < out->size; ++i) {
    check(out->data[i] == byte_at((uint32_t)i));
  }
  check(out->size == 0 || pw_stream_headers_passed(run->stream, (enum pw_stream_type)direction) || run->over);
}

/* A piece in memory of its own, gone right after. */
static enum pw_next
give_body(struct run *run, int direction, bool end)
{
  uint32_t     left  = BODY - given[direction];
  uint32_t     size  = roll(left / 4 + 1);
  char        *piece = (char *)malloc(size + 1);
  enum pw_next next;
  uint32_t     i;

  for (i = 0; i < size; ++i) {
    piece[i] = byte_at(given[direction] + i);
  }
  given[direction] += size;
  next = direction == 0 ? pw_stream_request_body(run->stream, pw_view_make(piece, size), end)
                        : pw_stream_response_body(run->stream, pw_view_make(piece, size), end);
  free(piece);
  return next;
}

static void
give(struct run *run, int direction)
{
  struct side *side = &run->sides[direction];
  enum pw_next next;

  if (side->ended) {
    return;
  }
  if (!side->begun) {
    side->begun = true;
    side->ended = roll(4) == 0;
    next        = direction == 0 ? pw_stream_request_headers(run->stream, side->ended)
                                 : pw_stream_response_headers(run->stream, side->ended);
  } else if (roll(6) == 0) {
    side->ended    = true;
    side->trailers = true;
    next = direction == 0 ? pw_stream_request_trailers(run->stream) : pw_stream_response_trailers(run->stream);
  } else if (direction == 0 && roll(8) == 0) {
    next = pw_stream_request_metadata(run->stream, 1);
    /* It pauses nothing, and lets nothing go on. */
    run->over = run->over || next >= PW_NEXT_REPLY;
    return;
  } else {
    side->ended = roll(5) == 0;
    next        = give_body(run, direction, side->ended);
  }
  after(run, direction, next);
}

static void
resume_if_asked(struct run *run, int direction)
{
  struct side *side = &run->sides[direction];

  if (fake.resumes[direction] > side->resumes) {
    side->resumes = fake.resumes[direction];
    after(run, direction, pw_stream_resume(run->stream, (enum pw_stream_type)direction));
  }
}

static void
step(struct run *run)
{
  int direction = (int)roll(2);

  switch (roll(4)) {
  case 0:
    pw_instance_tick(run->fixture->instances[roll((uint32_t)run->fixture->count)]);
    break;
  case 1:
    resume_if_asked(run, direction);
    break;
  default:
    give(run, direction);
    break;
  }
}

/* Everybody continues, and what is missing is given: then nothing may wait any more. */
static void
finish(struct run *run)
{
  int    direction;
  int    round;
  size_t i;

  calm = true;
  for (direction = 0; direction < 2 && !run->over; ++direction) {
    while (!run->sides[direction].ended && !run->over) {
      give(run, direction);
    }
    for (round = 0; round < 8 && !run->over; ++round) {
      for (i = 0; i < run->fixture->count; ++i) {
        pw_instance_tick(run->fixture->instances[i]);
      }
      resume_if_asked(run, direction);
    }
    if (!run->over) {
      check(run->last[direction] == PW_NEXT_CONTINUE);
      check(pw_stream_headers_passed(run->stream, (enum pw_stream_type)direction));
      check(fake.body[direction].size == given[direction]);
    }
  }
}

static void
run_stream(struct fixture *fixture)
{
  struct run run = {.fixture = fixture};
  int        i;

  random_state = seed * 2654435761u + 1;
  memset(seen, 0, sizeof(seen));
  memset(given, 0, sizeof(given));
  memset(fake.resumes, 0, sizeof(fake.resumes));
  memset(fake.body_end, 0, sizeof(fake.body_end));
  fake.body[0].size = 0;
  fake.body[1].size = 0;
  fake.log[0]       = '\0';
  /* A VM that trapped is made anew. */
  fake.now += UINT64_C(10000000000);
  calm       = false;
  run.stream = pw_stream_new(fixture->chain, fixture);
  for (i = 0; i < 40 && !run.over; ++i) {
    step(&run);
  }
  finish(&run);
  pw_stream_end(run.stream);
}

static void
run_chain(uint32_t number)
{
  struct fixture          fixture;
  struct pw_plugin_config config = {.fail_open = true};
  uint32_t                count;
  uint32_t                i;

  random_state = number + 1;
  fixture_open(&fixture);
  count = 1 + roll(FIXTURE_PLUGINS);
  for (i = 0; i < count; ++i) {
    config.allow_on_headers_stop_iteration = roll(3) == 0;
    config.fail_open                       = roll(4) != 0;
    fixture_add(&fixture, modules[i][roll(4) == 0], &config);
  }
  fixture_chain(&fixture);
  for (i = 0; i < STREAMS; ++i) {
    seed = number * STREAMS + i;
    run_stream(&fixture);
  }
  fixture_close(&fixture);
}

static void
random_streams_lose_nothing_and_never_hang(void **state)
{
  uint32_t i;

  (void)state;
  for (i = 0; i < CHAINS; ++i) {
    run_chain(i);
  }
  assert_true(trapped);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(random_streams_lose_nothing_and_never_hang),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
