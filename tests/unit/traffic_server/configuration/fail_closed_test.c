/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

/* The plugin is no library: its file comes in as it is. It needs nothing of Traffic Server. */
#include "traffic_server/configuration/fail_closed.c"

static bool
says(const char *text)
{
  return pw_text_says_fail_closed(pw_view_of(text));
}

static void
each_form_of_false_closes(void **state)
{
  (void)state;
  assert_true(says("config:\n  fail_open: false\n"));
  assert_true(says("fail_open:false"));
  assert_true(says("  fail_open :   False  # why"));
  assert_true(says("fail_open: no"));
  assert_true(says("fail_open: OFF\r\n"));
  assert_true(says("\"fail_open\": \"false\""));
  assert_true(says("{name: x, fail_open: false}"));
  assert_true(says("{fail_open: no, name: x}"));
  assert_true(says("{name: x#1, fail_open: no}"));
  assert_true(says("fail_open:\n  false\n"));
}

static void
the_rest_of_the_text_may_be_broken(void **state)
{
  (void)state;
  assert_true(says("config: [\n  name: 'unclosed\n\tfail_open: false\n  \x01\xff"));
}

static void
anything_else_does_not_close(void **state)
{
  (void)state;
  assert_false(says(""));
  assert_false(says("fail_open"));
  assert_false(says("fail_open:"));
  assert_false(says("fail_open:\nname: x\n"));
  assert_false(says("{fail_open: , name: x}"));
  assert_false(says("{fail_open: }"));
  assert_false(says("fail_open: # to be decided\n"));
  assert_false(says("fail_open: true\n"));
  assert_false(says("{fail_open: Yes}"));
  assert_false(says("fail_open: ON # no"));
  assert_false(says("failure_mode: false"));
  assert_false(says("fail_open_since: false"));
  assert_false(says("fail_opn: fales"));
  assert_false(says("is_fail_open_now: false"));
  assert_false(says("fail_open is false"));
  assert_false(says("# fail_open: false\nname: x"));
  assert_false(pw_text_says_fail_closed(pw_view_make(NULL, 0)));
}

/* Whoever writes the key wants to decide; what it says is no word for "open". */
static void
a_slip_in_its_value_closes(void **state)
{
  (void)state;
  assert_true(says("fail_open: fales\n"));
  assert_true(says("fail_open: falsetto\n"));
  assert_true(says("fail_open: 'false '"));
  assert_true(says("{fail_open: 0}"));
  assert_true(says("fail_open: [false]"));
  assert_true(says("fail_open: truee"));
}

static void
a_slip_in_the_key_does_not_open(void **state)
{
  (void)state;
  assert_true(says("fail_opn: false\n"));
  assert_true(says("failopen: false"));
  assert_true(says("fail-open: no"));
  assert_true(says("{Fail_Open: off}"));
  assert_true(says("  fial_open: false"));
}

static void
a_comment_ends_with_its_line(void **state)
{
  (void)state;
  assert_true(says("# a comment\nfail_open: false"));
  assert_true(says("fail_open: true # was: fail_open: false\nplugins:\n- fail_open: no\n"));
}

static void
text_need_not_be_terminated(void **state)
{
  static const char text[] = "fail_open: falsexxx";
  (void)state;
  assert_true(pw_text_says_fail_closed(pw_view_make(text, sizeof("fail_open: false") - 1)));
  assert_false(pw_text_says_fail_closed(pw_view_make(text, sizeof("fail_open: ") - 1)));
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(each_form_of_false_closes),       cmocka_unit_test(the_rest_of_the_text_may_be_broken),
    cmocka_unit_test(anything_else_does_not_close),    cmocka_unit_test(a_slip_in_its_value_closes),
    cmocka_unit_test(a_slip_in_the_key_does_not_open), cmocka_unit_test(a_comment_ends_with_its_line),
    cmocka_unit_test(text_need_not_be_terminated),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
