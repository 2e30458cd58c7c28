/* SPDX-License-Identifier: Apache-2.0 */
/* Every way to leave a function gives its results and leaves nothing behind: an engine that counts the stack of a guest
 * itself finds it as it was. */
#include "each_fixture.h"

/* So often that any engine's stack would be used up by what one call leaves behind. */
#define ROUNDS 3000

static const struct guest_options leaving = {.module = "leaving", .stack_bytes = 64 << 10, .memory_bytes = 1 << 20};

static const char *const ways[] = {
  "by_end",
  "by_return",
  "by_branch",
  "by_branch_if",
  "by_branch_table",
  "by_branch_table_out",
  "with_two_results",
  "with_three_results",
  "without_a_result",
  "from_depth",
  "with_block_parameters",
  "beside_memory_grow",
};

static void
every_way_out_gives_its_result(void **state)
{
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    for (int32_t number = 0; number < 3; number++) {
      int32_t result = call_i32(*state, ways[i], number, 0);

      if (result != 10 * number + 1) {
        fail_msg("%s(%d) is %d", ways[i], number, result);
      }
    }
  }
}

static void
no_way_out_leaves_anything_behind(void **state)
{
  struct guest *guest = *state;

  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    pw_function function;

    assert_true(guest->ops->function_find(guest->instance, ways[i], &function));
    for (int32_t round = 0; round < ROUNDS; round++) {
      pw_value       values[1] = {{.i32 = round % 3}};
      struct pw_trap trap;

      if (!guest->ops->call(guest->instance, &function, values, 1, 0, &trap)) {
        fail_msg("%s, round %d: %s\n%s", ways[i], round, trap.message, trap.backtrace);
      }
    }
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    GUEST_TEST(every_way_out_gives_its_result, &leaving),
    GUEST_TEST(no_way_out_leaves_anything_behind, &leaving),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
