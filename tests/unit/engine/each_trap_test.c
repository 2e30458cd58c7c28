/* SPDX-License-Identifier: Apache-2.0 */
/* Traps: their kinds and texts, and that they end an instance only. */
#include "each_fixture.h"

#include "support/unit.h"
#include "support/wasm_builder.h"

#define LONG_NAME_BYTES (16u << 20)

/* Calls an export that must trap. */
static struct pw_trap
expect_trap(struct guest *guest, const char *name, int32_t first, int32_t second)
{
  pw_value       values[3] = {{.i32 = first}, {.i32 = second}};
  struct pw_trap trap;

  memset(&trap, 0xff, sizeof trap);
  assert_false(call_guest(guest, name, values, 2, 0, &trap));
  assert_null(strchr(trap.message, '\n'));
  return trap;
}

static void
unreachable_is_the_guests_fault_and_names_the_functions(void **state)
{
  struct pw_trap trap = expect_trap(*state, "fail", 0, 0);
  const char    *inner;
  const char    *outer;

  assert_int_equal(trap.kind, PW_TRAP_GUEST);
  assert_non_null(strstr(trap.message, "unreachable"));
  inner = strstr(trap.backtrace, "  #0 inner (module offset 0x");
  outer = strstr(trap.backtrace, "\n  #1 outer (module offset 0x");
  assert_non_null(inner);
  assert_non_null(outer);
  assert_true(inner < outer);
  assert_int_equal(trap.backtrace[strlen(trap.backtrace) - 1], '\n');
}

static void
the_guests_own_faults_are_told_apart(void **state)
{
  static const struct {
    const char *function;
    int32_t     first;
    int32_t     second;
    const char *text;
  } cases[] = {
    {"load", -4, 0, "out of bounds memory access"}, {"divide", 1, 0, "divide by zero"},
    {"divide", INT32_MIN, -1, "integer overflow"},  {"call_element", 1, 0, "uninitialized"},
    {"call_element", 2, 0, "out of bounds table"},  {"call_wrong_type", 0, 0, "type mismatch"},
  };
  struct guest *guest = *state;

  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct pw_trap trap = expect_trap(guest, cases[i].function, cases[i].first, cases[i].second);

    assert_int_equal(trap.kind, PW_TRAP_GUEST);
    if (!strstr(trap.message, cases[i].text)) {
      fail_msg("%s: '%s' does not say '%s'", cases[i].function, trap.message, cases[i].text);
    }
  }
}

static void
endless_recursion_exhausts_the_stack_and_nothing_else(void **state)
{
  struct pw_trap trap = expect_trap(*state, "recurse", 0, 0);

  assert_int_equal(trap.kind, PW_TRAP_STACK);
  assert_non_null(strstr(trap.message, "stack"));
  assert_non_null(strstr(trap.backtrace, "recurse"));
}

static void
a_host_functions_message_traps(void **state)
{
  struct guest  *guest = *state;
  struct pw_trap trap;

  guest->answer = "the host says no";
  trap          = expect_trap(guest, "call_notify", 0, 0);
  assert_int_equal(trap.kind, PW_TRAP_HOST);
  assert_string_equal(trap.message, "the host says no");
  assert_non_null(strstr(trap.backtrace, "module offset"));
}

static void
a_later_trap_is_not_taken_for_the_hosts(void **state)
{
  struct guest *guest = *state;

  guest->answer = "the host says no";
  expect_trap(guest, "call_notify", 0, 0);
  assert_int_equal(expect_trap(guest, "fail", 0, 0).kind, PW_TRAP_GUEST);
}

static void
trap_inside(struct guest *guest, int32_t what)
{
  pw_value values[1];

  (void)what;
  guest->nested_ok = call_guest(guest, "fail", values, 0, 0, &guest->nested_trap);
}

static void
a_trap_in_a_nested_call_is_told_to_the_host_function_alone(void **state)
{
  struct guest  *guest     = *state;
  pw_value       values[1] = {{.i32 = 0}};
  struct pw_trap trap;

  guest->notified = trap_inside;
  assert_true(call_guest(guest, "call_notify", values, 1, 0, &trap));
  assert_false(guest->nested_ok);
  assert_int_equal(guest->nested_trap.kind, PW_TRAP_GUEST);
}

static void
a_caller_that_does_not_want_the_trap_need_not_take_it(void **state)
{
  pw_value values[1];

  assert_false(call_guest(*state, "fail", values, 0, 0, NULL));
}

/* Calls the export "f" of a module without imports, which must trap. */
static struct pw_trap
trap_of(const struct guest *guest, struct pw_view code, int32_t parameter)
{
  struct guest               hostile = *guest;
  struct pw_instance_options options = {0};
  struct pw_error            error   = {.message = ""};
  struct pw_compiled_module *module  = guest->ops->module_compile(guest->engine, code, &error);
  struct pw_trap             trap;

  if (!module) {
    fail_msg("%s", error.message);
  }
  hostile.linked = guest->ops->link(module, NULL, 0, &error);
  assert_non_null(hostile.linked);
  guest->ops->module_delete(module);
  hostile.instance = guest->ops->instance_new(hostile.linked, &options, 0, &error);
  assert_non_null(hostile.instance);
  trap = expect_trap(&hostile, "f", parameter, 0);
  guest->ops->instance_delete(hostile.instance);
  guest->ops->linked_delete(hostile.linked);
  return trap;
}

static void
names_from_the_module_cannot_break_a_log_line(void **state)
{
  /* One function that traps, whose name has ESC, a line feed, DEL and U+009B in it. */
  static const uint8_t code[] = {0,   'a', 's', 'm', 1,   0, 0, 0,  1,   4,    1,    0x60, 0,   0,    3,    2,  1, 0,
                                 7,   5,   1,   1,   'f', 0, 0, 10, 5,   1,    3,    0,    0,   0xb,  0,    18, 4, 'n',
                                 'a', 'm', 'e', 1,   11,  1, 0, 8,  'a', 0x1b, '\n', 0x7f, 'b', 0xc2, 0x9b, 'c'};
  struct pw_trap       trap   = trap_of(*state, pw_view_make(code, sizeof code), 0);

  assert_non_null(strstr(trap.backtrace, "  #0 a b c (module offset"));
}

/* Two functions, of which the second one traps. Before its name, names of nothing for the first one. */
static void
make_module_of_names(struct pw_bytes *code, uint32_t before)
{
  struct pw_bytes map     = {0};
  struct pw_bytes section = {0};

  wasm_begin(code);
  wasm_section(code, 1, LITERAL("\x01\x60\0\0"));
  wasm_section(code, 3, LITERAL("\x02\0\0"));
  wasm_section(code, 7, LITERAL("\x01\x01\x66\0\x01"));
  wasm_section(code, 10, LITERAL("\x02\x02\0\x0b\x03\0\0\x0b"));
  wasm_number(&map, (uint64_t)before + 1);
  for (uint32_t i = 0; i < before; i++) {
    wasm_bytes(&map, "\0\0", 2);
  }
  wasm_bytes(&map, "\1\3far", 5);
  wasm_section(&section, 1, pw_bytes_view(&map));
  wasm_custom(code, "name", pw_bytes_view(&section));
  pw_bytes_clear(&map);
  pw_bytes_clear(&section);
}

/* Wasmtime has names at hand; for the others, no module can make a trap take its time by the number of its names. */
static void
a_name_behind_too_many_is_not_looked_for(void **state)
{
  static const struct {
    uint32_t before;
    bool     found;
  } cases[] = {{0, true}, {10000, true}, {200000, false}};

  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bool            found = cases[i].found || strcmp(engine_name(), "wasmtime") == 0;
    struct pw_bytes code  = {0};
    struct pw_trap  trap;

    make_module_of_names(&code, cases[i].before);
    trap = trap_of(*state, pw_bytes_view(&code), 0);
    if (found != (strstr(trap.backtrace, "  #0 far (module offset") != NULL)) {
      fail_msg("%u names before it: %s", cases[i].before, trap.backtrace);
    }
    assert_non_null(strstr(trap.backtrace, "  #0 "));
    pw_bytes_clear(&code);
  }
}

/* Some engines copy names for each frame. */
static void
a_name_as_long_as_a_module_does_no_harm(void **state)
{
  /* It calls itself as often as its parameter says. */
  static const char recursion[] = "\x01\x0f\0\x20\0\x04\x40\x20\0\x41\x01\x6b\x10\0\x0b\0\x0b";
  struct pw_bytes   code        = {0};
  struct pw_bytes   map         = {0};
  struct pw_bytes   section     = {0};
  struct pw_bytes   name        = {0};
  struct pw_trap    trap;

  assert_true(pw_bytes_reserve(&name, LONG_NAME_BYTES));
  memset(name.data, 'x', LONG_NAME_BYTES);
  name.size = LONG_NAME_BYTES;
  wasm_begin(&code);
  wasm_section(&code, 1, LITERAL("\x01\x60\x01\x7f\0"));
  wasm_section(&code, 3, LITERAL("\x01\0"));
  wasm_section(&code, 7, LITERAL("\x01\x01\x66\0\0"));
  wasm_section(&code, 10, LITERAL(recursion));
  wasm_bytes(&map, "\x01\0", 2);
  wasm_number(&map, name.size);
  wasm_bytes(&map, name.data, name.size);
  wasm_section(&section, 1, pw_bytes_view(&map));
  wasm_custom(&code, "name", pw_bytes_view(&section));
  trap = trap_of(*state, pw_bytes_view(&code), 40);
  assert_non_null(strstr(trap.message, "unreachable"));
  assert_non_null(strstr(trap.backtrace, "\n  #5 "));
  pw_bytes_clear(&code);
  pw_bytes_clear(&map);
  pw_bytes_clear(&section);
  pw_bytes_clear(&name);
}

static void
after_a_trap_a_new_instance_works(void **state)
{
  struct guest              *guest   = *state;
  struct pw_instance_options options = {.host_data = guest};
  struct pw_error            error;

  expect_trap(guest, "fail", 0, 0);
  guest->ops->instance_delete(guest->instance);
  guest->instance = guest->ops->instance_new(guest->linked, &options, 0, &error);
  assert_non_null(guest->instance);
  assert_int_equal(call_i32(guest, "add", 1, 2), 3);
}

static void
a_trapping_start_section_is_an_error_with_its_backtrace(void **state)
{
  struct guest              *guest   = *state;
  struct pw_linked_module   *linked  = link_module(guest->ops, guest->engine, "start_traps");
  struct pw_instance_options options = {.host_data = guest};
  struct pw_error            error;

  use_engine_signals();
  assert_null(guest->ops->instance_new(linked, &options, 0, &error));
  assert_int_equal(error.code, PW_ERROR_TRAP);
  assert_non_null(strstr(error.message, "start section: unreachable"));
  assert_non_null(strstr(error.message, "#0 begin"));
  guest->ops->linked_delete(linked);
}

/* Interpreters do without signals: those that are handled are as they were, after a trap too. */
static void
no_signal_is_taken_by_an_engine_that_needs_none(void **state)
{
  struct guest    *guest = *state;
  struct sigaction before[32];
  struct sigaction after;

  if (strcmp(engine_name(), "wasmtime") == 0 || strcmp(engine_name(), "v8") == 0) {
    skip();
  }
  for (int i = 1; i < 32; i++) {
    sigaction(i, NULL, &before[i]);
  }
  stop_guest(guest);
  start_guest(guest, &plain_guest);
  expect_trap(guest, "load", -4, 0);
  expect_trap(guest, "divide", 1, 0);
  for (int i = 1; i < 32; i++) {
    sigaction(i, NULL, &after);
    assert_ptr_equal(after.sa_sigaction, before[i].sa_sigaction);
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
#define TEST(name) GUEST_TEST(name, &plain_guest)
    TEST(unreachable_is_the_guests_fault_and_names_the_functions),
    TEST(the_guests_own_faults_are_told_apart),
    TEST(endless_recursion_exhausts_the_stack_and_nothing_else),
    TEST(a_host_functions_message_traps),
    TEST(a_later_trap_is_not_taken_for_the_hosts),
    TEST(a_trap_in_a_nested_call_is_told_to_the_host_function_alone),
    TEST(a_caller_that_does_not_want_the_trap_need_not_take_it),
    TEST(names_from_the_module_cannot_break_a_log_line),
    TEST(a_name_behind_too_many_is_not_looked_for),
    TEST(a_name_as_long_as_a_module_does_no_harm),
    TEST(after_a_trap_a_new_instance_works),
    TEST(a_trapping_start_section_is_an_error_with_its_backtrace),
    TEST(no_signal_is_taken_by_an_engine_that_needs_none),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
