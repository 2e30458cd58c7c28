/* SPDX-License-Identifier: Apache-2.0 */
/* Names of functions in a module's custom section, and that nothing in it does harm. */
#include "support/unit.h"

#include "common/names.h"

#include <stdlib.h>

#define HEADER "\0asm\1\0\0\0"

/* Function 1 is "one", function 300 is "far"; a type section, a section of another name and one of module names before.
 */
static const char module[] = HEADER "\x01\x01\x00"
                                    "\x00\x06\x05other"
                                    "\x00\x1c\x04name"
                                    "\x00\x04\x03mod"
                                    "\x01\x0c\x02\x01\x03one\xac\x02\x03"
                                    "far"
                                    "\x02\x01\x00";

/* Looks in a copy in a block of exactly its size, so that a read beyond it is found. */
static bool
find(const void *code, size_t size, uint32_t index, char name[16])
{
  char          *copy = malloc(size ? size : 1);
  struct pw_view found;
  bool           is_found;

  assert_non_null(copy);
  memcpy(copy, code, size);
  is_found = pw_names_find(pw_view_make(copy, size), index, &found);
  if (is_found) {
    assert_true(found.data >= copy && found.size <= size && found.data - copy <= (ptrdiff_t)(size - found.size));
    snprintf(name, 16, "%.*s", (int)found.size, found.data);
  }
  free(copy);
  return is_found;
}

static void
functions_have_the_names_of_the_section(void **state)
{
  char name[16];

  (void)state;
  assert_true(find(module, sizeof module - 1, 1, name));
  assert_string_equal(name, "one");
  assert_true(find(module, sizeof module - 1, 300, name));
  assert_string_equal(name, "far");
}

static void
other_functions_have_none(void **state)
{
  char name[16];

  (void)state;
  assert_false(find(module, sizeof module - 1, 0, name));
  assert_false(find(module, sizeof module - 1, 2, name));
  assert_false(find(module, sizeof module - 1, UINT32_MAX, name));
}

static void
a_module_without_names_has_none(void **state)
{
  char name[16];

  (void)state;
  assert_false(find(HEADER, 8, 0, name));
  assert_false(find("", 0, 0, name));
}

static void
a_module_that_ends_anywhere_is_read_to_its_end_only(void **state)
{
  char name[16];

  (void)state;
  for (size_t size = 0; size < sizeof module - 1; size++) {
    find(module, size, 300, name);
  }
}

static void
sizes_and_counts_that_lie_do_no_harm(void **state)
{
  static const struct {
    const char *code;
    size_t      size;
  } cases[] = {
#define CASE(text) {HEADER text, sizeof(HEADER text) - 1}
    CASE("\x00\xff\xff\xff\xff\x0f\x04name"),                             /* of the section */
    CASE("\x00\x08\xff\xff\xff\xff\x0fname"),                             /* of its name */
    CASE("\x00\x0c\x04name\x01\xff\xff\xff\xff\x0f"),                     /* of a subsection */
    CASE("\x00\x0d\x04name\x01\x06\xff\xff\xff\xff\x0f\x05"),             /* how many names */
    CASE("\x00\x0e\x04name\x01\x07\x01\x07\xff\xff\xff\xff\x0f"),         /* of a name */
    CASE("\x00\x0e\x04name\x01\x07\x01\xff\xff\xff\xff\xff\x7f"),         /* a number that does not fit */
    CASE("\x00\x10\x04name\x01\x09\x01\x80\x80\x80\x80\x80\x80\x80\x01"), /* a number without end */
    CASE("\x00"),
    CASE("\x00\x80"),
    CASE("\x00\x00"),
    CASE("\x00\x01\x04"),
#undef CASE
  };
  char name[16];

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_false(find(cases[i].code, cases[i].size, 7, name));
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(functions_have_the_names_of_the_section),
    cmocka_unit_test(other_functions_have_none),
    cmocka_unit_test(a_module_without_names_has_none),
    cmocka_unit_test(a_module_that_ends_anywhere_is_read_to_its_end_only),
    cmocka_unit_test(sizes_and_counts_that_lie_do_no_harm),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
