/* SPDX-License-Identifier: Apache-2.0 */
/* Names of functions in a module's custom section, and that nothing in it does harm. */
#include "support/unit.h"
#include "support/wasm_builder.h"

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
  char           *copy  = malloc(size ? size : 1);
  struct pw_frame frame = {.function = index};
  struct pw_bytes bytes = {.data = copy, .size = size};
  struct pw_view  found;

  assert_non_null(copy);
  memcpy(copy, code, size);
  pw_names_find(pw_names_in(pw_view_make(copy, size)), &frame, 1);
  found = frame.name;
  if (found.size > 0) {
    assert_true(found.data >= copy && found.size <= size && found.data - copy <= (ptrdiff_t)(size - found.size));
    snprintf(name, 16, "%.*s", (int)found.size, found.data);
  }
  pw_names_hide(&bytes);
  free(copy);
  return found.size > 0;
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

static void
all_frames_get_their_names_at_once(void **state)
{
  struct pw_frame frames[] = {
    {.function = 300}, {.function = 7}, {.function = 1}, {.function = 300}, {.function = 1, .name = LITERAL("own")}};

  (void)state;
  pw_names_find(pw_names_in(LITERAL(module)), frames, sizeof frames / sizeof *frames);
  assert_view_equal(frames[0].name, "far");
  assert_int_equal(frames[1].name.size, 0);
  assert_view_equal(frames[2].name, "one");
  assert_view_equal(frames[3].name, "far");
  assert_view_equal(frames[4].name, "own");
}

/* Names of nothing for function 0, and "last" for function 1 as the one of that number. */
static struct pw_frame
find_behind(uint32_t before)
{
  struct pw_frame frame = {.function = 1};
  struct pw_bytes names = {0};

  wasm_number(&names, (uint64_t)before + 1);
  for (uint32_t i = 0; i < before; i++) {
    wasm_bytes(&names, "\0\0", 2);
  }
  wasm_bytes(&names, "\1\4last", 6);
  pw_names_find(pw_bytes_view(&names), &frame, 1);
  pw_bytes_clear(&names);
  return frame;
}

static void
no_more_names_are_looked_at_than_a_trap_has_time_for(void **state)
{
  (void)state;
  assert_int_equal(find_behind(PW_NAMES_LOOKED_AT - 1).name.size, 4);
  assert_int_equal(find_behind(PW_NAMES_LOOKED_AT).name.size, 0);
}

/* A module of a section of names, behind one that has none: `count` times function 0, with a name of `length` bytes. */
static void
make_module(struct pw_bytes *code, uint32_t count, size_t length)
{
  struct pw_bytes name    = {0};
  struct pw_bytes map     = {0};
  struct pw_bytes section = {0};

  wasm_number(&name, 0);
  wasm_number(&name, length);
  for (size_t i = 0; i < length; i++) {
    wasm_bytes(&name, "x", 1);
  }
  wasm_number(&map, count);
  for (uint32_t i = 0; i < count; i++) {
    wasm_bytes(&map, name.data, name.size);
  }
  wasm_section(&section, 1, pw_bytes_view(&map));
  wasm_begin(code);
  wasm_custom(code, "name", LITERAL("\0\4\3mod"));
  wasm_custom(code, "name", pw_bytes_view(&section));
  pw_bytes_clear(&name);
  pw_bytes_clear(&map);
  pw_bytes_clear(&section);
}

static void
names_without_measure_are_hidden_and_others_are_not(void **state)
{
  static const struct {
    uint32_t count;
    size_t   length;
    bool     hidden;
  } cases[] = {
    {1, PW_NAMES_LONGEST, false}, {1, PW_NAMES_LONGEST + 1, true}, {3, PW_NAMES_LONGEST + 1, true},
    {PW_NAMES_MOST, 1, false},    {PW_NAMES_MOST + 1, 0, true},
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct pw_bytes code    = {0};
    struct pw_bytes kept    = {0};
    size_t          changed = 0;

    make_module(&code, cases[i].count, cases[i].length);
    wasm_bytes(&kept, code.data, code.size);
    pw_names_hide(&code);
    assert_int_equal(code.size, kept.size);
    for (size_t at = 0; at < code.size; at++) {
      changed += code.data[at] != kept.data[at];
    }
    assert_int_equal(changed, cases[i].hidden ? 1 : 0);
    assert_int_equal(pw_names_in(pw_bytes_view(&code)).size == 0, cases[i].hidden);
    pw_bytes_clear(&code);
    pw_bytes_clear(&kept);
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
    cmocka_unit_test(all_frames_get_their_names_at_once),
    cmocka_unit_test(no_more_names_are_looked_at_than_a_trap_has_time_for),
    cmocka_unit_test(names_without_measure_are_hidden_and_others_are_not),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
