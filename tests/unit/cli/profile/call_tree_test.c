/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include "cli/profile/call_tree.h"

static struct pw_call_tree tree;
static char               *text;
static size_t              size;

static int
begin(void **state)
{
  (void)state;
  tree = (struct pw_call_tree){0};
  return 0;
}

static int
end(void **state)
{
  (void)state;
  pw_call_tree_clear(&tree);
  free(text);
  text = NULL;
  return 0;
}

/* A stack from names, outermost first, each one character. Capitals are hostcalls, the first one is a callback. */
static void
add(const char *names, unsigned times)
{
  static struct pw_stack stack;
  size_t                 length = strlen(names);
  stack.count                   = 0;
  for (size_t i = length; i-- > 0;) {
    bool hostcall               = names[i] >= 'A' && names[i] <= 'Z';
    stack.frames[stack.count++] = (struct pw_frame){.name = pw_view_make(names + i, 1),
                                                    .kind = i == 0     ? PW_FRAME_CALLBACK
                                                            : hostcall ? PW_FRAME_HOSTCALL
                                                                       : PW_FRAME_FUNCTION};
  }
  while (times-- > 0) {
    assert_true(pw_call_tree_add(&tree, &stack));
  }
}

static const struct pw_tree_name *
name(const char *wanted)
{
  for (size_t i = 0; i < tree.name_count; i++) {
    if (strcmp(tree.names[i].text, wanted) == 0) {
      return &tree.names[i];
    }
  }
  fail_msg("%s", wanted);
  return NULL;
}

static const char *
folded(void)
{
  FILE *out = open_memstream(&text, &size);
  pw_profile_print_folded(out, &tree);
  fclose(out);
  return text;
}

static void
what_a_function_calls_counts_for_it(void **state)
{
  (void)state;
  add("ab", 3);
  add("abc", 4);
  add("aB", 2);
  add("a", 1);
  pw_call_tree_finish(&tree);
  assert_int_equal(pw_call_tree_total(&tree), 10);
  assert_int_equal(name("a")->total, 10);
  assert_int_equal(name("a")->self, 1);
  assert_int_equal(name("b")->total, 7);
  assert_int_equal(name("b")->self, 3);
  assert_int_equal(name("c")->self, 4);
  assert_int_equal(name("B")->self, 2);
  assert_string_equal(folded(), "a 1\na;b 3\na;b;c 4\na;B_[h] 2\n");
}

static void
a_recursive_function_counts_once(void **state)
{
  (void)state;
  add("abbb", 5);
  add("abcb", 5);
  pw_call_tree_finish(&tree);
  assert_int_equal(name("b")->total, 10);
  assert_int_equal(name("b")->self, 10);
  assert_int_equal(name("c")->total, 5);
}

static void
siblings_are_in_the_order_of_their_names(void **state)
{
  (void)state;
  add("ad", 1);
  add("ab", 1);
  add("ac", 1);
  pw_call_tree_finish(&tree);
  unsigned at = tree.nodes[tree.nodes[0].first].first;
  for (const char *wanted = "bcd"; *wanted; wanted++, at = tree.nodes[at].next) {
    assert_int_equal(tree.names[tree.nodes[at].name].text[0], *wanted);
  }
  assert_int_equal(at, 0);
}

static void
an_empty_tree_can_be_shown(void **state)
{
  struct pw_profile_facts facts = {.title = "none", .engine = "e"};
  (void)state;
  pw_call_tree_finish(&tree);
  assert_int_equal(pw_call_tree_total(&tree), 0);
  FILE *out = open_memstream(&text, &size);
  pw_profile_print_flame_graph(out, &tree, &facts);
  pw_profile_print_text(out, &tree, &facts);
  fclose(out);
  assert_non_null(strstr(text, "</svg>"));
  assert_non_null(strstr(text, "few samples"));
}

/* Names are the module's, and so may be anything. */
static void
hostile_names_stay_names(void **state)
{
  static struct pw_stack  stack;
  struct pw_profile_facts facts = {.title = "<t>", .engine = "e"};
  (void)state;
  stack.frames[0] = (struct pw_frame){pw_view_of("a;b\n</title><script>&\"\xff\x01"), PW_FRAME_FUNCTION};
  stack.frames[1] = (struct pw_frame){pw_view_of("root"), PW_FRAME_CALLBACK};
  stack.count     = 2;
  assert_true(pw_call_tree_add(&tree, &stack));
  pw_call_tree_finish(&tree);
  assert_string_equal(folded(), "root;a:b?</title><script>&\"\xff? 1\n");
  free(text);
  FILE *out = open_memstream(&text, &size);
  pw_profile_print_flame_graph(out, &tree, &facts);
  fclose(out);
  assert_non_null(strstr(text, "a;b?&lt;/title&gt;&lt;script&gt;&amp;&quot;??"));
  assert_null(strstr(text, "<script"));
  assert_null(strstr(text, "\xff"));
  free(text);
  out = open_memstream(&text, &size);
  pw_profile_print_text(out, &tree, &facts);
  fclose(out);
  assert_non_null(strstr(text, "a;b\\n</title>"));
  assert_null(strstr(text, "\x01"));
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    TEST(what_a_function_calls_counts_for_it),
    TEST(a_recursive_function_counts_once),
    TEST(siblings_are_in_the_order_of_their_names),
    TEST(an_empty_tree_can_be_shown),
    TEST(hostile_names_stay_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
