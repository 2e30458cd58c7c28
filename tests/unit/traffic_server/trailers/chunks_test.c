/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

/* The plugin is no library: its file comes in as it is. It needs nothing of Traffic Server. */
#include "traffic_server/trailers/chunks.c"

#define MESSAGE "5\r\nhello\r\nA;why=not\r\n, wide wor\r\n2\r\nld\r\n0\r\nsum: 1\r\n\r\n"

/* What is in the chunks of a text that comes in pieces of `step` bytes. */
static const char *
content(const char *text, size_t step, struct pw_chunks *chunks, char result[64])
{
  size_t      size    = strlen(text);
  size_t      used    = 0;
  const char *problem = NULL;
  memset(chunks, 0, sizeof(*chunks));
  for (size_t at = 0; at < size && !problem; at += step) {
    struct pw_view piece = pw_view_make(text + at, step < size - at ? step : size - at);
    struct pw_view data;
    do {
      problem = pw_chunks_next(chunks, &piece, &data);
      if (!problem && data.size > 0) {
        memcpy(result + used, data.data, data.size);
        used += data.size;
      }
    } while (!problem && data.size > 0);
  }
  result[used] = '\0';
  return problem;
}

static void
any_cut_gives_the_same_content(void **state)
{
  (void)state;
  for (size_t step = 1; step < sizeof(MESSAGE); step++) {
    struct pw_chunks chunks;
    struct pw_pairs  trailers = {NULL, 0, 0};
    char             result[64];
    assert_null(content(MESSAGE, step, &chunks, result));
    assert_string_equal(result, "hello, wide world");
    assert_int_equal(chunks.state, PW_CHUNKS_DONE);
    assert_true(pw_chunks_trailers(&chunks, &trailers));
    assert_int_equal(trailers.count, 1);
    pw_pairs_clear(&trailers);
    pw_chunks_clear(&chunks);
  }
}

static void
what_is_beyond_the_end_is_left(void **state)
{
  struct pw_chunks chunks;
  struct pw_view   piece = pw_view_of("0\r\n\r\nGET / HTTP/1.1\r\n");
  struct pw_view   data;
  (void)state;
  memset(&chunks, 0, sizeof(chunks));
  assert_null(pw_chunks_next(&chunks, &piece, &data));
  assert_int_equal(data.size, 0);
  assert_int_equal(chunks.state, PW_CHUNKS_DONE);
  assert_int_equal(piece.size, strlen("GET / HTTP/1.1\r\n"));
  pw_chunks_clear(&chunks);
}

static void
broken_framing_is_refused(void **state)
{
  static const char *const broken[] = {"x\r\n",     "\r\n", "5\nhello", "5\r\nhello!\r\n", "fffffffffffffffff\r\n",
                                       "1\r\na\r\r"};
  (void)state;
  for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
    struct pw_chunks chunks;
    char             result[64];
    assert_non_null(content(broken[i], 64, &chunks, result));
    pw_chunks_clear(&chunks);
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(any_cut_gives_the_same_content),
    cmocka_unit_test(what_is_beyond_the_end_is_left),
    cmocka_unit_test(broken_framing_is_refused),
  };
  return cmocka_run_group_tests_name("traffic_server/chunks", tests, NULL, NULL);
}
