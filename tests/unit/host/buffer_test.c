/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include "host/buffer.h"

static const size_t NO_LIMIT = SIZE_MAX;

/** A buffer of its own that holds "hello". */
static struct pw_buffer
hello(void)
{
  struct pw_buffer buffer = {0};
  assert_int_equal(pw_buffer_append(&buffer, LITERAL("hello"), NO_LIMIT), PW_STATUS_OK);
  return buffer;
}

static void
a_view_is_shown_without_a_copy(void **state)
{
  (void)state;
  struct pw_buffer buffer = {0};
  const char       text[] = "body";
  fail_alloc_at(1);
  pw_buffer_set_view(&buffer, pw_view_of(text));
  assert_false(fail_alloc_stop());
  assert_true(pw_buffer_is_borrowed(&buffer));
  assert_ptr_equal(pw_buffer_view(&buffer).data, text);
  pw_buffer_free(&buffer);
}

static void
an_owned_copy_outlives_the_bytes(void **state)
{
  (void)state;
  struct pw_buffer buffer = {0};
  char             text[] = "body";
  pw_buffer_set_view(&buffer, pw_view_of(text));
  assert_true(pw_buffer_own(&buffer));
  assert_false(pw_buffer_is_borrowed(&buffer));
  memset(text, 'x', 4);
  assert_view_equal(pw_buffer_view(&buffer), "body");
  pw_buffer_free(&buffer);
}

static void
appending_to_a_view_copies_it(void **state)
{
  (void)state;
  struct pw_buffer buffer = {0};
  char             text[] = "one";
  pw_buffer_set_view(&buffer, pw_view_of(text));
  assert_int_equal(pw_buffer_append(&buffer, LITERAL(" two"), NO_LIMIT), PW_STATUS_OK);
  memset(text, 'x', 3);
  assert_view_equal(pw_buffer_view(&buffer), "one two");
  assert_int_equal(pw_buffer_append(&buffer, LITERAL(" three"), NO_LIMIT), PW_STATUS_OK);
  assert_view_equal(pw_buffer_view(&buffer), "one two three");
  pw_buffer_free(&buffer);
}

static void
replace_does_what_the_abi_text_says(void **state)
{
  (void)state;
  static const struct {
    size_t      start;
    size_t      size;
    const char *value;
    const char *result;
  } cases[] = {
    {0, 0, "ab", "abhello"},                   /* prepend */
    {5, 0, "ab", "helloab"},                   /* append at the end */
    {SIZE_MAX, 0, "ab", "helloab"},            /* append, wherever that is */
    {SIZE_MAX, SIZE_MAX, "ab", "helloab"},     /* there is nothing to replace there */
    {UINT32_MAX, UINT32_MAX, "ab", "helloab"}, /* likewise, as a module says it */
    {6, 3, "ab", "helloab"},                   /* beyond the end */
    {2, 0, "ab", "heabllo"},                   /* inject */
    {1, 2, "ab", "hablo"},                     /* replace by as much */
    {1, 3, "a", "hao"},                        /* replace by less */
    {1, 1, "abc", "habcllo"},                  /* replace by more */
    {1, SIZE_MAX, "ab", "hab"},                /* size is cut to what is there */
    {0, SIZE_MAX, "ab", "ab"},                 /* replace all */
    {0, 5, "", ""},                            /* remove all */
    {1, 3, "", "ho"},                          /* remove */
    {5, 5, "", "hello"},                       /* nothing */
    {0, 0, "", "hello"},                       /* nothing */
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    for (int borrowed = 0; borrowed < 2; borrowed++) {
      struct pw_buffer buffer = {0};
      if (borrowed) {
        pw_buffer_set_view(&buffer, LITERAL("hello"));
      } else {
        buffer = hello();
      }
      struct pw_view value = pw_view_of(cases[i].value);
      assert_int_equal(pw_buffer_replace(&buffer, cases[i].start, cases[i].size, value, NO_LIMIT), PW_STATUS_OK);
      assert_true(pw_view_equal(pw_buffer_view(&buffer), pw_view_of(cases[i].result)));
      pw_buffer_free(&buffer);
    }
  }
}

static void
random_replacements_equal_those_of_a_plain_string(void **state)
{
  (void)state;
  struct pw_buffer buffer     = {0};
  char             model[512] = "";
  size_t           length     = 0;
  uint32_t         random     = 7;
  for (int step = 0; step < 5000; step++) {
    random                  = random * 1664525 + 1013904223;
    size_t         start    = (random >> 4) % 40;
    size_t         size     = (random >> 12) % 40;
    struct pw_view value    = pw_view_make("0123456789abcdef", (random >> 20) % 16);
    size_t         at       = start < length ? start : length;
    size_t         removed  = size < length - at ? size : length - at;
    bool           too_long = length - removed + value.size > 300;
    enum pw_status status   = pw_buffer_replace(&buffer, start, size, value, 300);
    assert_int_equal(status, too_long ? PW_STATUS_BAD_ARGUMENT : PW_STATUS_OK);
    if (!too_long) {
      memmove(model + at + value.size, model + at + removed, length - at - removed);
      memcpy(model + at, value.data, value.size);
      length += value.size - removed;
    }
    assert_true(pw_view_equal(pw_buffer_view(&buffer), pw_view_make(model, length)));
  }
  pw_buffer_free(&buffer);
}

static void
the_limit_holds_to_the_byte(void **state)
{
  (void)state;
  struct pw_buffer buffer = hello();
  assert_int_equal(pw_buffer_append(&buffer, LITERAL("ab"), 6), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(pw_buffer_append(&buffer, LITERAL("ab"), 1), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(pw_buffer_append(&buffer, pw_view_make("x", SIZE_MAX), SIZE_MAX), PW_STATUS_BAD_ARGUMENT);
  assert_view_equal(pw_buffer_view(&buffer), "hello");
  assert_int_equal(pw_buffer_append(&buffer, LITERAL("ab"), 7), PW_STATUS_OK);
  assert_int_equal(pw_buffer_replace(&buffer, 0, 5, LITERAL("HELLO"), 7), PW_STATUS_OK);
  assert_int_equal(pw_buffer_replace(&buffer, 0, 5, LITERAL("HELLO!"), 7), PW_STATUS_BAD_ARGUMENT);
  assert_view_equal(pw_buffer_view(&buffer), "HELLOab");
  pw_buffer_free(&buffer);
}

static void
parts_are_cut_to_what_is_there(void **state)
{
  (void)state;
  struct pw_view part;
  assert_int_equal(pw_buffer_part(LITERAL("hello"), 1, 3, &part), PW_STATUS_OK);
  assert_view_equal(part, "ell");
  assert_int_equal(pw_buffer_part(LITERAL("hello"), 1, UINT32_MAX, &part), PW_STATUS_OK);
  assert_view_equal(part, "ello");
  assert_int_equal(pw_buffer_part(LITERAL("hello"), 0, 0, &part), PW_STATUS_OK);
  assert_int_equal(part.size, 0);
  assert_int_equal(pw_buffer_part(LITERAL("hello"), 5, 10, &part), PW_STATUS_OK);
  assert_int_equal(part.size, 0);
  assert_int_equal(pw_buffer_part(LITERAL("hello"), 100, 10, &part), PW_STATUS_OK);
  assert_int_equal(part.size, 0);
  assert_int_equal(pw_buffer_part(pw_view_make(NULL, 0), 0, 10, &part), PW_STATUS_OK);
  assert_int_equal(part.size, 0);
}

static void
a_part_beyond_the_end_whose_end_wraps_around_is_refused(void **state)
{
  (void)state;
  struct pw_view part;
  assert_int_equal(pw_buffer_part(LITERAL("hello"), UINT32_MAX, 1, &part), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(pw_buffer_part(LITERAL("hello"), 6, UINT32_MAX - 5, &part), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(pw_buffer_part(LITERAL("hello"), 6, UINT32_MAX - 6, &part), PW_STATUS_OK);
  assert_int_equal(part.size, 0);
}

static void
what_is_taken_is_gone_from_the_buffer(void **state)
{
  (void)state;
  struct pw_buffer buffer = hello();
  struct pw_bytes  taken  = {0};
  const char      *data   = pw_buffer_view(&buffer).data;
  assert_true(pw_bytes_append(&taken, "old", 3));
  assert_true(pw_buffer_take(&buffer, &taken));
  assert_view_equal(pw_bytes_view(&taken), "hello");
  assert_ptr_equal(taken.data, data);
  assert_int_equal(pw_buffer_view(&buffer).size, 0);
  pw_buffer_set_view(&buffer, LITERAL("view"));
  assert_true(pw_buffer_take(&buffer, &taken));
  assert_view_equal(pw_bytes_view(&taken), "view");
  assert_int_equal(pw_buffer_view(&buffer).size, 0);
  pw_bytes_clear(&taken);
  pw_buffer_free(&buffer);
}

static void
a_cleared_buffer_reuses_its_memory(void **state)
{
  (void)state;
  struct pw_buffer buffer = hello();
  pw_buffer_clear(&buffer);
  assert_int_equal(pw_buffer_view(&buffer).size, 0);
  fail_alloc_at(1);
  assert_int_equal(pw_buffer_append(&buffer, LITERAL("again"), NO_LIMIT), PW_STATUS_OK);
  assert_false(fail_alloc_stop());
  assert_view_equal(pw_buffer_view(&buffer), "again");
  pw_buffer_free(&buffer);
}

static void
nothing_is_changed_when_memory_is_out(void **state)
{
  (void)state;
  for (int operation = 0; operation < 4; operation++) {
    struct pw_buffer buffer = {0};
    struct pw_bytes  taken  = {0};
    bool             done;
    pw_buffer_set_view(&buffer, LITERAL("hello"));
    fail_alloc_at(1);
    switch (operation) {
    case 0:
      done = pw_buffer_own(&buffer);
      break;
    case 1:
      done = pw_buffer_append(&buffer, LITERAL("ab"), NO_LIMIT) != PW_STATUS_INTERNAL_FAILURE;
      break;
    case 2:
      done = pw_buffer_replace(&buffer, 1, 1, LITERAL("abc"), NO_LIMIT) != PW_STATUS_INTERNAL_FAILURE;
      break;
    default:
      done = pw_buffer_take(&buffer, &taken);
      break;
    }
    assert_true(fail_alloc_stop());
    assert_false(done);
    assert_view_equal(pw_buffer_view(&buffer), "hello");
    pw_buffer_free(&buffer);
    pw_bytes_clear(&taken);
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_view_is_shown_without_a_copy),
    cmocka_unit_test(an_owned_copy_outlives_the_bytes),
    cmocka_unit_test(appending_to_a_view_copies_it),
    cmocka_unit_test(replace_does_what_the_abi_text_says),
    cmocka_unit_test(random_replacements_equal_those_of_a_plain_string),
    cmocka_unit_test(the_limit_holds_to_the_byte),
    cmocka_unit_test(parts_are_cut_to_what_is_there),
    cmocka_unit_test(a_part_beyond_the_end_whose_end_wraps_around_is_refused),
    cmocka_unit_test(what_is_taken_is_gone_from_the_buffer),
    cmocka_unit_test(a_cleared_buffer_reuses_its_memory),
    cmocka_unit_test(nothing_is_changed_when_memory_is_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
