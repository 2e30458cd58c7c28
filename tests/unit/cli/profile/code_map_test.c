/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include <unistd.h>

#include "cli/profile/code_map.h"

static struct pw_code_map map;
static char               path[64];

static int
begin(void **state)
{
  (void)state;
  map = (struct pw_code_map){0};
  snprintf(path, sizeof(path), "/tmp/perf-%ld.map", (long)getpid());
  return 0;
}

static int
end(void **state)
{
  (void)state;
  pw_code_map_clear(&map);
  return access(path, F_OK) == 0;
}

static void
write_map(const char *text)
{
  struct pw_error error;
  FILE           *file = fopen(path, "a");
  fputs(text, file);
  fclose(file);
  assert_true(pw_code_map_read(&map, &error));
}

static const char *
at(uintptr_t address)
{
  const struct pw_code_range *range = pw_code_map_find(&map, address);
  return range ? range->name : "";
}

static void
functions_are_found_by_any_of_their_addresses(void **state)
{
  (void)state;
  write_map("0x2000 10 second\n0x1000 100 first one\n");
  assert_string_equal(at(0xfff), "");
  assert_string_equal(at(0x1000), "first one");
  assert_string_equal(at(0x10ff), "first one");
  assert_string_equal(at(0x1100), "");
  assert_string_equal(at(0x200f), "second");
  assert_string_equal(at(0x2010), "");
}

static void
what_engines_add_to_names_is_taken_off(void **state)
{
  (void)state;
  write_map("1000 10 wasm Function:a-b-12-turbofan\n2000 10 wasm[0]::array_to_wasm_trampoline[3]\n"
            "3000 10 wasmtime_builtin_memory_grow\n4000 10 wasm[0]::function[7]\n");
  assert_string_equal(at(0x1000), "a-b");
  assert_true(pw_code_map_find(&map, 0x2000)->glue);
  assert_string_equal(at(0x3000), "[memory_grow]");
  assert_string_equal(at(0x4000), "wasm[0]::function[7]");
  assert_false(pw_code_map_find(&map, 0x4000)->glue);
}

static void
what_is_written_later_is_read_later_and_counts(void **state)
{
  (void)state;
  write_map("1000 100 old\n");
  assert_string_equal(at(0x1010), "old");
  write_map("1000 80 new\n1080");
  assert_string_equal(at(0x1010), "new");
  assert_string_equal(at(0x1090), "old");
  write_map(" 80 newer\n");
  assert_string_equal(at(0x1090), "newer");
}

static void
lines_that_make_no_sense_are_passed_over(void **state)
{
  (void)state;
  write_map("\n\nx\n1000\n1000 \n1000 0 none\nffffffffffffffff ff over\n1000 10\n1000 10 \nzz 10 z\n2000 10 good\n");
  assert_int_equal(map.count, 1);
  assert_string_equal(at(0x2000), "good");
}

static void
a_file_of_another_or_a_link_is_not_read(void **state)
{
  struct pw_error error;
  (void)state;
  assert_int_equal(symlink("/etc/passwd", path), 0);
  assert_true(pw_code_map_read(&map, &error));
  assert_int_equal(map.count, 0);
  assert_true(pw_code_map_prepare(&error));
  assert_int_not_equal(access(path, F_OK), 0);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    TEST(functions_are_found_by_any_of_their_addresses),  TEST(what_engines_add_to_names_is_taken_off),
    TEST(what_is_written_later_is_read_later_and_counts), TEST(lines_that_make_no_sense_are_passed_over),
    TEST(a_file_of_another_or_a_link_is_not_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
