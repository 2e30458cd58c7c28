/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of WebAssembly, one by one, and that nothing in a module does harm. That validator and standard agree on
 * more than this is the business of the fuzz target "validator". */
#include "support/unit.h"

#include "support/wasm_builder.h"
#include "validator/validator.h"

/* Validates a copy in a block of exactly its size, so that a read beyond it is found. */
static bool
validate(struct pw_view code, struct pw_error *error)
{
  char *copy = malloc(code.size ? code.size : 1);
  bool  valid;

  assert_non_null(copy);
  if (code.size > 0) {
    memcpy(copy, code.data, code.size);
  }
  valid = pw_validate(pw_view_make(copy, code.size), error);
  free(copy);
  return valid;
}

/* NULL: it is valid. */
static void
expect(struct pw_view code, const char *message, const char *what)
{
  struct pw_error error = {.message = ""};
  bool            valid = validate(code, &error);

  if (!message && !valid) {
    fail_msg("%s: %s", what, error.message);
  }
  if (message && (valid || error.code != PW_ERROR_MODULE || !strstr(error.message, message))) {
    fail_msg("%s: '%s', not '%s'", what, error.message, message);
  }
}

/* What functions of the cases have around them: types 0 () -> (), 1 (i32) -> i32, 2 () -> (i32, i64); functions 0 of
 * type 0, 1 and 2 of type 1, 3 of type 2; a table of functions, one of others; a memory; a constant i32 and a variable
 * i64; an element segment with function 2; a data segment. Function 0 has the locals i32, f64 and the code of the case.
 */
static void
build(struct pw_bytes *code, struct pw_view body)
{
  struct pw_bytes function = {0};
  struct pw_bytes section  = {0};

  wasm_begin(code);
  wasm_section(code, 1, LITERAL("\3\x60\0\0\x60\1\x7f\1\x7f\x60\0\2\x7f\x7e"));
  wasm_section(code, 3, LITERAL("\4\0\1\1\2"));
  wasm_section(code, 4, LITERAL("\2\x70\0\1\x6f\0\1"));
  wasm_section(code, 5, LITERAL("\1\0\1"));
  wasm_section(code, 6, LITERAL("\2\x7f\0\x41\7\x0b\x7e\1\x42\x7f\x0b"));
  wasm_section(code, 7, LITERAL("\1\1f\0\1"));
  wasm_section(code, 9, LITERAL("\1\0\x41\0\x0b\1\2"));
  wasm_section(code, 12, LITERAL("\1"));
  wasm_bytes(&function, "\2\1\x7f\1\x7c", 5);
  wasm_bytes(&function, body.data, body.size);
  wasm_number(&section, 4);
  wasm_number(&section, function.size);
  wasm_bytes(&section, function.data, function.size);
  wasm_bytes(&section, "\4\0\x20\0\x0b\4\0\x20\0\x0b\6\0\x41\0\x42\0\x0b", 17);
  wasm_section(code, 10, pw_bytes_view(&section));
  wasm_section(code, 11, LITERAL("\1\1\0"));
  pw_bytes_clear(&function);
  pw_bytes_clear(&section);
}

struct code_case {
  const char    *what;
  struct pw_view body;
  const char    *message;
};

#define CODE(what, bytes, message)                                                                                     \
  {                                                                                                                    \
    what, {bytes, sizeof(bytes) - 1}, message                                                                          \
  }

static void
run_cases(const struct code_case *cases, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    struct pw_bytes code = {0};

    build(&code, cases[i].body);
    expect(pw_bytes_view(&code), cases[i].message, cases[i].what);
    pw_bytes_clear(&code);
  }
}

static void
code_that_the_standard_allows_is_valid(void **state)
{
  static const struct code_case cases[] = {
    CODE("nothing", "\x0b", NULL),
    CODE("locals", "\x41\1\x21\0\x20\0\x22\0\x1a\x0b", NULL),
    CODE("globals", "\x23\1\x24\1\x0b", NULL),
    CODE("loads and stores", "\x41\0\x41\0\x29\3\0\x37\3\0\x0b", NULL),
    CODE("memory", "\x3f\0\x40\0\x1a\x0b", NULL),
    CODE("a loop", "\3\x40\x41\0\x0d\0\x0b\x0b", NULL),
    CODE("if and else", "\x41\0\4\x7f\x41\1\5\x41\2\x0b\x1a\x0b", NULL),
    CODE("a block with parameters", "\x41\0\2\1\x45\x0b\x1a\x0b", NULL),
    CODE("several results", "\2\2\x41\0\x42\0\x0b\x1a\x1a\x0b", NULL),
    CODE("a branch table", "\2\x40\2\x40\x41\0\x0e\2\0\1\1\x0b\x0b\x0b", NULL),
    CODE("a return", "\x0f\x0b", NULL),
    CODE("code that is never reached", "\0\x6a\x1a\x1b\x1a\x0b", NULL),
    CODE("a call", "\x41\0\x10\1\x1a\x0b", NULL),
    CODE("an indirect call", "\x41\0\x41\0\x11\1\0\x1a\x0b", NULL),
    CODE("a select", "\x41\1\x41\2\x41\0\x1b\x1a\x0b", NULL),
    CODE("a select of references", "\xd0\x70\xd0\x70\x41\0\x1c\1\x70\x1a\x0b", NULL),
    CODE("references", "\xd2\1\xd1\x1a\x0b", NULL),
    CODE("tables", "\x41\0\x41\0\x25\1\x26\1\x0b", NULL),
    CODE("sign extension", "\x41\0\xc0\x1a\x0b", NULL),
    CODE("saturation", "\x44\0\0\0\0\0\0\0\0\xfc\6\x1a\x0b", NULL),
    CODE("bulk memory", "\x41\0\x41\0\x41\0\xfc\x0a\0\0\x41\0\x41\0\x41\0\xfc\x08\0\0\xfc\x09\0\x0b", NULL),
    CODE("bulk tables", "\x41\0\x41\0\x41\0\xfc\x0c\0\0\xfc\x0d\0\xd0\x6f\x41\1\xfc\x0f\1\x1a\x0b", NULL),
  };

  (void)state;
  run_cases(cases, sizeof cases / sizeof *cases);
}

static void
code_that_it_does_not_allow_is_refused(void **state)
{
  static const struct code_case cases[] = {
    CODE("an empty stack", "\x1a\x0b", "anything wanted, nothing found"),
    CODE("another type", "\x42\0\x45\x1a\x0b", "i32 wanted, i64 found"),
    CODE("values left", "\x41\0\x0b", "1 values are left"),
    CODE("beyond a block's own values", "\x41\0\2\x40\x1a\x0b\x1a\x0b", "nothing found"),
    CODE("no end", "\1", "unexpected end"),
    CODE("code behind the end", "\x0b\1\x0b", "code follows"),
    CODE("else without if", "\2\x40\5\x0b\x0b", "else without an if"),
    CODE("a second else", "\x41\0\4\x40\5\5\x0b\x0b", "else without an if"),
    CODE("if without its else", "\x41\0\4\x7f\x41\1\x0b\x1a\x0b", "an if without an else"),
    CODE("no such label", "\x0c\1\x0b", "no label 1"),
    CODE("branches that differ", "\2\x7f\x41\0\x41\0\x0e\1\0\1\x0b\x1a\x0b", "targets of a branch table differ"),
    CODE("no such local", "\x20\2\x1a\x0b", "no local 2"),
    CODE("no such global", "\x23\2\x1a\x0b", "no global 2"),
    CODE("a constant set", "\x41\0\x24\0\x0b", "global 0 is constant"),
    CODE("no such function", "\x10\4\x0b", "no function 4"),
    CODE("no such type", "\x41\0\x11\3\0\x0b", "no type 3"),
    CODE("no such block type", "\2\3\x0b\x0b", "no type 3"),
    CODE("no such table", "\x41\0\x25\2\x1a\x0b", "no table 2"),
    CODE("no functions in the table", "\x41\0\x11\0\1\x0b", "table 1 has no functions"),
    CODE("alignment", "\x41\0\x28\3\0\x1a\x0b", "alignment"),
    CODE("select of references", "\xd0\x70\xd0\x70\x41\0\x1b\x1a\x0b", "select between funcref and funcref"),
    CODE("select of different types", "\x41\0\x42\0\x41\0\x1b\x1a\x0b", "select between i32 and i64"),
    CODE("undeclared function", "\xd2\3\x1a\x0b", "function 3 is not declared"),
    CODE("no such data", "\xfc\x09\1\x0b", "no data segment 1"),
    CODE("no such elements", "\xfc\x0d\1\x0b", "no element segment 1"),
    CODE("elements of another table", "\x41\0\x41\0\x41\0\xfc\x0c\0\1\x0b", "elements for another table"),
    CODE("no instruction", "\x06\xff\x0b", "exceptions"),
    CODE("no instruction either", "\xff\x0b", "0xff is no instruction"),
    CODE("a number too long", "\x41\x80\x80\x80\x80\x80\0\x1a\x0b", "too long"),
    CODE("a number too large", "\x41\xff\xff\xff\xff\x17\x1a\x0b", "too large"),
    CODE("an index too large", "\x20\xff\xff\xff\xff\x1f\x0b", "too large"),
    CODE("a branch table without end", "\x41\0\x0e\xff\xff\xff\xff\x0f\0\x0b", "unexpected end"),
  };

  (void)state;
  run_cases(cases, sizeof cases / sizeof *cases);
}

static void
proposals_that_are_not_known_are_named(void **state)
{
  static const struct code_case cases[] = {
    CODE("a vector", "\xfd\x0c\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x1a\x0b", "it needs SIMD"),
    CODE("a vector as block type", "\2\x7b\x0b\x0b", "it needs SIMD"),
    CODE("an atomic fence", "\xfe\3\0\x0b", "it needs threads"),
    CODE("a tail call", "\x12\0\x0b", "it needs tail calls"),
    CODE("a call by reference", "\x14\0\x0b", "it needs typed function references"),
    CODE("try_table", "\x1f\x40\0\x0b\x0b", "it needs exceptions"),
    CODE("struct.new", "\xfb\0\0\x0b", "it needs garbage collection"),
    CODE("another memory", "\x3f\1\x1a\x0b", "it needs multi-memory"),
    CODE("an access to another memory", "\x41\0\x28\x42\1\0\x1a\x0b", "it needs multi-memory"),
  };

  (void)state;
  run_cases(cases, sizeof cases / sizeof *cases);
}

struct section_case {
  int            id;
  struct pw_view content;
  const char    *message;
};

#define SECTION(id, bytes, message)                                                                                    \
  {                                                                                                                    \
    id, {bytes, sizeof(bytes) - 1}, message                                                                            \
  }

static void
each_section_is_held_against_the_standard(void **state)
{
  static const struct section_case cases[] = {
    SECTION(1, "\1\x60\0\0", NULL),
    SECTION(1, "\1\x61\0\0", "no form of a type"),
    SECTION(1, "\1\x5f\0", "it needs garbage collection"),
    SECTION(1, "\1\x60\1\x7b\0", "it needs SIMD"),
    SECTION(1, "\1\x60\1\x40\0", "no type of a value"),
    SECTION(1, "\1\x60\xe9\7\0", "unexpected end"),
    SECTION(1, "\xff\xff\xff\xff\x0f", "unexpected end"),
    SECTION(1, "\0\0", "more bytes than content"),
    SECTION(2, "\1\0\0\2\0\1", NULL),
    SECTION(2, "\1\0\0\0\0", "no type 0"),
    SECTION(2, "\1\0\0\4\0\0", "it needs exceptions"),
    SECTION(2, "\1\0\0\5\0", "no kind of an import"),
    SECTION(2, "\1\xff\xff\xff\xff\x0f\0", "unexpected end"),
    SECTION(3, "\1\0", "no type 0"),
    SECTION(4, "\1\x70\1\2\1", "minimum of 2 is above the maximum of 1"),
    SECTION(4, "\1\x7f\0\1", "no type of a reference"),
    SECTION(4, "\1\x70\4\1", "it needs memory64"),
    SECTION(5, "\1\0\x80\x80\4", NULL),
    SECTION(5, "\1\0\x81\x80\4", "more than 65536 pages"),
    SECTION(5, "\1\3\1\1", "it needs threads"),
    SECTION(5, "\1\4\1", "it needs memory64"),
    SECTION(5, "\1\x08\1\0", "it needs custom page sizes"),
    SECTION(5, "\2\0\1\0\1", "it needs multi-memory"),
    SECTION(6, "\1\x7f\0\x41\0\x0b", NULL),
    SECTION(6, "\1\x7f\0\x42\0\x0b", "i32 wanted, i64 found"),
    SECTION(6, "\1\x7f\0\x41\0\x41\0\x6a\x0b", "it needs extended constant expressions"),
    SECTION(6, "\1\x7f\0\x20\0\x0b", "is not constant"),
    SECTION(6, "\1\x7f\0\x23\0\x0b", "no imported global 0"),
    SECTION(6, "\1\x7f\4\x41\0\x0b", "mutability 4"),
    SECTION(7, "\1\1m\2\0", "no memory 0"),
    SECTION(8, "\0", "no function 0"),
    SECTION(9, "\1\0\x41\0\x0b\0", "no table 0"),
    SECTION(9, "\1\x08\0", "flags 0x8"),
    SECTION(9, "\1\1\1\0", "no kind of an element"),
    SECTION(9, "\1\5\x70\1\xd0\x70\x0b", NULL),
    SECTION(9, "\1\5\x70\1\xd0\x6f\x0b", "funcref wanted, externref found"),
    SECTION(10, "\1\2\0\x0b", "0 functions, but code of 1"),
    SECTION(11, "\1\0\x41\0\x0b\0", "no memory 0"),
    SECTION(11, "\1\1\1", "unexpected end"),
    SECTION(11, "\1\3\0", "flags 0x3"),
    SECTION(12, "\1", "1 data segments announced, 0 found"),
    SECTION(13, "\1\0\0", "it needs exceptions"),
    SECTION(14, "", "no section 14"),
    SECTION(0, "\5other", NULL),
    SECTION(0, "\6other", "the name of a section"),
    SECTION(0, "", "unexpected end"),
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct pw_bytes code = {0};
    char            what[32];

    snprintf(what, sizeof what, "section %d, case %zu", cases[i].id, i);
    wasm_begin(&code);
    wasm_section(&code, cases[i].id, cases[i].content);
    expect(pw_bytes_view(&code), cases[i].message, what);
    pw_bytes_clear(&code);
  }
}

static void
sections_stand_in_order_once_and_fit_together(void **state)
{
  struct pw_bytes code = {0};

  (void)state;
  expect(LITERAL(""), "unexpected end", "nothing");
  expect(LITERAL("\0asm"), "unexpected end", "no version");
  expect(LITERAL("<html>"), "magic", "text");
  expect(LITERAL("\0asm\x0d\0\1\0"), "version", "a component");
  expect(LITERAL("\0asm\1\0\0\0\1\5\0"), "section 1 has 5 bytes", "beyond the end");
  wasm_begin(&code);
  wasm_section(&code, 3, LITERAL("\0"));
  wasm_section(&code, 1, LITERAL("\0"));
  expect(pw_bytes_view(&code), "section 1 is out of order", "order");
  pw_bytes_clear(&code);
  wasm_begin(&code);
  wasm_section(&code, 1, LITERAL("\1\x60\1\x7f\0"));
  wasm_section(&code, 3, LITERAL("\1\0"));
  expect(pw_bytes_view(&code), "1 functions have no code", "no code");
  wasm_section(&code, 7, LITERAL("\2\1f\0\0\1f\0\0"));
  expect(pw_bytes_view(&code), "two exports have the same name", "names");
  pw_bytes_clear(&code);
  wasm_begin(&code);
  wasm_section(&code, 1, LITERAL("\1\x60\1\x7f\0"));
  wasm_section(&code, 3, LITERAL("\1\0"));
  wasm_section(&code, 8, LITERAL("\0"));
  expect(pw_bytes_view(&code), "the start function has parameters", "start");
  pw_bytes_clear(&code);
}

static void
a_module_cut_off_anywhere_is_read_to_its_end_only(void **state)
{
  struct pw_bytes code     = {0};
  size_t          accepted = 0;

  (void)state;
  build(&code, LITERAL("\x41\0\4\x7f\x41\1\5\x41\2\x0b\x1a\x0b"));
  for (size_t size = 0; size < code.size; size++) {
    struct pw_error error;

    accepted += validate(pw_view_make(code.data, size), &error);
  }
  /* Without any section, with types alone. */
  assert_int_equal(accepted, 2);
  pw_bytes_clear(&code);
}

/* Counts that ask for memory or time out of proportion. */
static void
numbers_of_things_are_limited(void **state)
{
  struct pw_bytes code = {0};

  (void)state;
  wasm_begin(&code);
  wasm_section(&code, 1, LITERAL("\1\x60\0\0"));
  wasm_section(&code, 3, LITERAL("\1\0"));
  wasm_section(&code, 10, LITERAL("\1\x0a\1\xff\xff\xff\xff\x0f\x7f\x0b\0\0"));
  expect(pw_bytes_view(&code), "more than 50000 locals", "locals");
  pw_bytes_clear(&code);
}

static void
no_memory_is_an_error(void **state)
{
  struct pw_bytes code   = {0};
  unsigned        failed = 0;
  struct pw_error error;
  bool            valid;

  (void)state;
  build(&code, LITERAL("\x41\0\4\x7f\x41\1\5\x41\2\x0b\x1a\x0b"));
  for (unsigned n = 1; fail_alloc_at(n), valid = pw_validate(pw_bytes_view(&code), &error), fail_alloc_stop(); n++) {
    assert_false(valid);
    assert_int_equal(error.code, PW_ERROR_MEMORY);
    failed++;
  }
  assert_true(valid);
  assert_true(failed > 5);
  pw_bytes_clear(&code);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(code_that_the_standard_allows_is_valid),
    cmocka_unit_test(code_that_it_does_not_allow_is_refused),
    cmocka_unit_test(proposals_that_are_not_known_are_named),
    cmocka_unit_test(each_section_is_held_against_the_standard),
    cmocka_unit_test(sections_stand_in_order_once_and_fit_together),
    cmocka_unit_test(a_module_cut_off_anywhere_is_read_to_its_end_only),
    cmocka_unit_test(numbers_of_things_are_limited),
    cmocka_unit_test(no_memory_is_an_error),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
