/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "config/authority.h"

static void
authorities_are_a_host_and_perhaps_a_port(void **state)
{
  static const struct {
    const char *text, *host;
    uint32_t    port;
  } sound[] = {
    {"a", "a", 0},
    {"a.example", "a.example", 0},
    {"a-b_c.example:8080", "a-b_c.example", 8080},
    {"10.0.0.1:1", "10.0.0.1", 1},
    {"[::1]", "[::1]", 0},
    {"[2001:db8::1]:65535", "[2001:db8::1]", 65535},
  };
  (void)state;
  for (size_t i = 0; i < sizeof(sound) / sizeof(sound[0]); i++) {
    struct pw_authority authority;
    assert_true(pw_authority_parse(pw_view_of(sound[i].text), &authority));
    assert_true(pw_view_equal(authority.host, pw_view_of(sound[i].host)));
    assert_int_equal(authority.port, sound[i].port);
  }
}

static void
what_is_more_or_less_than_that_is_no_authority(void **state)
{
  static const char *const broken[] = {"",     ":80",     "a:",     "a:0",     "a:65536", "a:100000", "a:8o",
                                       "a:-1", "a b",     "a/b",    "u@a",     "a?b",     "a#b",      "{cache}",
                                       "::1",  "[::1",    "[::1]x", "[:]x:80", "[g::1]",  ".a",       "*.a",
                                       "a\n",  "a:80:80", "[]",     "a:80\r\n"};
  (void)state;
  for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
    struct pw_authority authority;
    if (pw_authority_parse(pw_view_of(broken[i]), &authority)) {
      fail_msg("taken: '%s'", broken[i]);
    }
  }
  char long_name[300];
  memset(long_name, 'a', sizeof(long_name));
  struct pw_authority authority;
  assert_false(pw_authority_parse(pw_view_make(long_name, 254), &authority));
  assert_true(pw_authority_parse(pw_view_make(long_name, 253), &authority));
}

static bool
allows(const char *pattern_text, const char *text, uint32_t default_port)
{
  struct pw_authority pattern, authority;
  assert_true(pw_authority_pattern_parse(pw_view_of(pattern_text), &pattern));
  assert_true(pw_authority_parse(pw_view_of(text), &authority));
  return pw_authority_matches(&pattern, &authority, default_port);
}

static void
patterns_match_names_without_case_and_ports_exactly(void **state)
{
  (void)state;
  assert_true(allows("a.example", "A.Example", 80));
  assert_true(allows("a.example", "a.example:80", 80));
  assert_true(allows("a.example:443", "a.example", 443));
  assert_false(allows("a.example", "a.example:8080", 80));
  assert_false(allows("a.example:8080", "a.example", 80));
  assert_false(allows("a.example", "b.a.example", 80));
  assert_false(allows("a.example", "a.example.evil", 80));
}

static void
wildcards_match_what_is_under_a_name(void **state)
{
  struct pw_authority pattern;
  (void)state;
  assert_true(allows("*.example.com", "a.example.com", 80));
  assert_true(allows("*.example.com", "a.b.EXAMPLE.com", 80));
  assert_true(allows("*.example.com:8080", "a.example.com:8080", 80));
  assert_false(allows("*.example.com", "example.com", 80));
  assert_false(allows("*.example.com", "evilexample.com", 80));
  assert_false(allows("*.example.com", "a.example.com.evil", 80));
  assert_false(allows("*.1", "[::1]", 80));
  assert_false(pw_authority_pattern_parse(pw_view_of("*"), &pattern));
  assert_false(pw_authority_pattern_parse(pw_view_of("*."), &pattern));
  assert_false(pw_authority_pattern_parse(pw_view_of("a.*"), &pattern));
  assert_false(pw_authority_pattern_parse(pw_view_of("*a.example"), &pattern));
  assert_false(pw_authority_pattern_parse(pw_view_of("*.*.example"), &pattern));
  assert_false(pw_authority_pattern_parse(pw_view_of("*.[::1]"), &pattern));
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(authorities_are_a_host_and_perhaps_a_port),
    cmocka_unit_test(what_is_more_or_less_than_that_is_no_authority),
    cmocka_unit_test(patterns_match_names_without_case_and_ports_exactly),
    cmocka_unit_test(wildcards_match_what_is_under_a_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
