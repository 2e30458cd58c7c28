/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "support/unit.h"

/* The plugin is no library: its file comes in as it is. It needs nothing of Traffic Server. */
#include "traffic_server/body/interim_response.c"

#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"
#define HINTS    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"

static void
assert_responses(const char *text, size_t interim, bool final)
{
  bool is_final;
  assert_int_equal(pw_interim_responses(pw_view_of(text), &is_final), interim);
  assert_int_equal(is_final, final);
}

static void
nothing_has_come(void **state)
{
  (void)state;
  assert_responses("", 0, false);
}

static void
a_final_response_is_told_by_its_status(void **state)
{
  (void)state;
  assert_responses("HTTP/1.1 200 OK\r\n", 0, true);
  assert_responses("HTTP/1.0 413 Too large\r\n\r\n", 0, true);
}

static void
interim_responses_are_counted_when_they_are_whole(void **state)
{
  (void)state;
  assert_responses(CONTINUE, sizeof(CONTINUE) - 1, false);
  assert_responses(CONTINUE HINTS, sizeof(CONTINUE HINTS) - 1, false);
  assert_responses(CONTINUE "HTTP/1.1 103 Early", sizeof(CONTINUE) - 1, false);
  assert_responses(CONTINUE HINTS "HTTP/1.1 200 OK\r\n", sizeof(CONTINUE HINTS) - 1, true);
}

/* Wherever it is cut, a beginning is taken for neither. */
static void
a_beginning_is_not_final(void **state)
{
  const char text[] = HINTS "HTTP/1.1 200 OK";
  (void)state;
  for (size_t size = 0; size < sizeof(HINTS) - 1 + sizeof("HTTP/1.1 ") - 1; size++) {
    bool final;
    pw_interim_responses(pw_view_make(text, size), &final);
    assert_false(final);
  }
}

static void
what_is_no_response_is_the_servers_to_refuse(void **state)
{
  (void)state;
  assert_responses("garbage", 0, true);
  assert_responses(CONTINUE "x", sizeof(CONTINUE) - 1, true);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(nothing_has_come),
    cmocka_unit_test(a_final_response_is_told_by_its_status),
    cmocka_unit_test(interim_responses_are_counted_when_they_are_whole),
    cmocka_unit_test(a_beginning_is_not_final),
    cmocka_unit_test(what_is_no_response_is_the_servers_to_refuse),
  };
  return cmocka_run_group_tests_name("traffic_server/interim_response", tests, NULL, NULL);
}
