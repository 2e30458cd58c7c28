/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

/* The plugin is no library: its file comes in as it is. It needs nothing of Traffic Server. */
#include "traffic_server/trailers/trailers.c"

#define LINES "x-a: 1\r\nX-B:\t two words \r\nx-a:3\r\n"

static struct pw_trailers trailers;

static int
begin(void **state)
{
  (void)state;
  pw_trailers_clear(&trailers);
  assert_null(pw_trailers_read(&trailers, pw_view_of(LINES "\r\n")));
  trailers.state = PW_TRAILERS_OPEN;
  return 0;
}

static int
end(void **state)
{
  (void)state;
  pw_trailers_clear(&trailers);
  return 0;
}

static void
assert_written(const char *expected)
{
  struct pw_bytes bytes = {NULL, 0, 0};
  assert_true(pw_trailers_write(&trailers, &bytes));
  assert_true(pw_bytes_append(&bytes, "", 1));
  assert_string_equal(bytes.data, expected);
  pw_bytes_clear(&bytes);
}

#define assert_status(call, status) assert_int_equal((call), PW_STATUS_##status)

static void
what_is_read_is_written(void **state)
{
  (void)state;
  assert_int_equal(trailers.count, 3);
  assert_written("x-a: 1\r\nX-B: two words\r\nx-a: 3\r\n");
}

/* A request that is held and made anew has them read twice. */
static void
what_is_read_again_takes_the_place_of_what_was(void **state)
{
  (void)state;
  assert_null(pw_trailers_read(&trailers, pw_view_of("x-c: 4\r\n\r\n")));
  assert_written("x-c: 4\r\n");
}

static void
all_values_of_a_name_are_found_whatever_its_case(void **state)
{
  struct pw_pairs pairs = {NULL, 0, 0};
  (void)state;
  assert_status(pw_trailers_get(&trailers, pw_view_of("X-A"), &pairs), OK);
  assert_int_equal(pairs.count, 2);
  assert_view_equal(pairs.items[1].value, "3");
  assert_status(pw_trailers_get(&trailers, pw_view_of("x"), &pairs), NOT_FOUND);
  pw_pairs_clear(&pairs);
}

static void
replace_leaves_one_at_the_first_place(void **state)
{
  (void)state;
  assert_status(pw_trailers_replace(&trailers, pw_view_of("X-A"), pw_view_of("new")), OK);
  assert_written("x-a: new\r\nX-B: two words\r\n");
  assert_status(pw_trailers_replace(&trailers, pw_view_of("x-c"), pw_view_of("")), OK);
  assert_written("x-a: new\r\nX-B: two words\r\nx-c: \r\n");
}

static void
remove_takes_all_of_a_name(void **state)
{
  (void)state;
  assert_status(pw_trailers_remove(&trailers, pw_view_of("x-a")), OK);
  assert_status(pw_trailers_remove(&trailers, pw_view_of("x-z")), OK);
  assert_written("X-B: two words\r\n");
}

static void
their_size_is_that_of_what_the_map_shows(void **state)
{
  struct pw_map_size size = {0, 0};
  (void)state;
  assert_status(pw_trailers_replace(&trailers, pw_view_of("x-b"), pw_view_of("one")), OK);
  assert_status(pw_trailers_size(&trailers, &size), OK);
  assert_int_equal(size.count, 3);
  assert_int_equal(size.bytes, sizeof("x-a1X-Bonex-a3") - 1);
  trailers.state = PW_TRAILERS_ABSENT;
  assert_status(pw_trailers_size(&trailers, &size), NOT_FOUND);
}

static void
set_takes_what_the_map_itself_shows(void **state)
{
  struct pw_pairs pairs = {NULL, 0, 0};
  (void)state;
  assert_status(pw_trailers_pairs(&trailers, &pairs), OK);
  assert_true(pw_pairs_add(&pairs, pw_view_of("x-d"), pw_view_of("4")));
  assert_status(pw_trailers_set(&trailers, &pairs), OK);
  assert_written("x-a: 1\r\nX-B: two words\r\nx-a: 3\r\nx-d: 4\r\n");
  pw_pairs_clear(&pairs);
}

static void
nothing_is_changed_when_they_are_not_open(void **state)
{
  struct pw_pairs none = {NULL, 0, 0};
  (void)state;
  for (int i = 0; i < 2; i++) {
    trailers.state = i ? PW_TRAILERS_SENT : PW_TRAILERS_ABSENT;
    assert_status(pw_trailers_add(&trailers, pw_view_of("a"), pw_view_of("1")), BAD_ARGUMENT);
    assert_status(pw_trailers_replace(&trailers, pw_view_of("x-a"), pw_view_of("1")), BAD_ARGUMENT);
    assert_status(pw_trailers_remove(&trailers, pw_view_of("x-a")), BAD_ARGUMENT);
    assert_status(pw_trailers_set(&trailers, &none), BAD_ARGUMENT);
  }
  assert_int_equal(trailers.count, 3);
}

static void
there_is_an_end_of_them(void **state)
{
  static char    text[PW_TRAILERS_BYTES + 1];
  struct pw_view most = pw_view_make(text, sizeof(text));
  (void)state;
  memset(text, 'v', sizeof(text));
  assert_status(pw_trailers_add(&trailers, pw_view_of("a"), most), BAD_ARGUMENT);
  assert_status(pw_trailers_replace(&trailers, pw_view_of("x-a"), most), BAD_ARGUMENT);
  assert_status(pw_trailers_replace(&trailers, pw_view_of("x-a"), pw_view_make(text, 60000)), OK);
  assert_status(pw_trailers_add(&trailers, pw_view_of("a"), pw_view_make(text, 6000)), BAD_ARGUMENT);
  assert_status(pw_trailers_replace(&trailers, pw_view_of("x-a"), pw_view_of("")), OK);
  for (size_t i = trailers.count; i < PW_TRAILERS_MOST; i++) {
    assert_status(pw_trailers_add(&trailers, pw_view_of("a"), pw_view_of("1")), OK);
  }
  assert_status(pw_trailers_add(&trailers, pw_view_of("a"), pw_view_of("1")), BAD_ARGUMENT);
  assert_status(pw_trailers_replace(&trailers, pw_view_of("X-B"), pw_view_of("still")), OK);
}

static void
what_is_no_field_is_refused_with_all_of_them(void **state)
{
  static const char *const broken[] = {"x-a 1\r\n",        ": 1\r\n",      " : 1\r\n",     "x-a : 1\r\n",
                                       "x a: 1\r\n",       "x-a: 1\n",     "\n",           "x-a: 1",
                                       "x-a: 1\r\n 2\r\n", ":path: /\r\n", "x-a: \r1\r\n", "x-a: 1\n2\r\n"};
  (void)state;
  for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
    pw_trailers_clear(&trailers);
    char text[64];
    snprintf(text, sizeof(text), "x-z: 0\r\n%s\r\n", broken[i]);
    if (strcmp(broken[i], "x-a: 1") == 0) {
      text[strlen(text) - 2] = '\0';
    }
    assert_non_null(pw_trailers_read(&trailers, pw_view_of(text)));
    assert_int_equal(trailers.count, 0);
  }
}

static void
what_says_where_a_message_ends_is_left_out(void **state)
{
  (void)state;
  pw_trailers_clear(&trailers);
  assert_null(pw_trailers_read(
    &trailers,
    pw_view_of("Content-Length: 5\r\ntransfer-encoding: chunked\r\nHOST: a\r\nx-a: 1\r\nte: trailers\r\n\r\n")));
  assert_written("x-a: 1\r\n");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
  const struct CMUnitTest tests[] = {
    TEST(what_is_read_is_written),
    TEST(what_is_read_again_takes_the_place_of_what_was),
    TEST(all_values_of_a_name_are_found_whatever_its_case),
    TEST(replace_leaves_one_at_the_first_place),
    TEST(remove_takes_all_of_a_name),
    TEST(their_size_is_that_of_what_the_map_shows),
    TEST(set_takes_what_the_map_itself_shows),
    TEST(nothing_is_changed_when_they_are_not_open),
    TEST(there_is_an_end_of_them),
    TEST(what_is_no_field_is_refused_with_all_of_them),
    TEST(what_says_where_a_message_ends_is_left_out),
  };
  return cmocka_run_group_tests_name("traffic_server/trailers", tests, NULL, NULL);
}
