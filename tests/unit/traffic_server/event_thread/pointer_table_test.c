/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include "traffic_server/event_thread/pointer_table.h"

/* More than there are buckets: some have several. */
#define MANY (3 * PW_POINTER_BUCKETS)

static struct pw_pointer_table table;
static struct pw_pointer_node  nodes[MANY];
/* As far from each other as a server's objects. */
static char objects[MANY][64];

static void
a_key_that_was_not_added_is_not_found(void **state)
{
  (void)state;
  assert_null(pw_pointer_table_find(&table, objects[0]));
  pw_pointer_table_add(&table, &nodes[0], objects[0]);
  assert_null(pw_pointer_table_find(&table, objects[1]));
  assert_null(pw_pointer_table_find(&table, NULL));
  pw_pointer_table_remove(&table, &nodes[0]);
}

static void
each_of_many_is_found_until_it_is_removed(void **state)
{
  (void)state;
  for (size_t i = 0; i < MANY; i++) {
    pw_pointer_table_add(&table, &nodes[i], objects[i]);
  }
  for (size_t i = 0; i < MANY; i++) {
    assert_ptr_equal(pw_pointer_table_find(&table, objects[i]), &nodes[i]);
  }
  /* Not in the order of adding: from the middle of chains, too. */
  for (size_t i = 0; i < MANY; i += 2) {
    pw_pointer_table_remove(&table, &nodes[i]);
  }
  for (size_t i = 0; i < MANY; i++) {
    assert_ptr_equal(pw_pointer_table_find(&table, objects[i]), i % 2 ? &nodes[i] : NULL);
  }
  for (size_t i = 1; i < MANY; i += 2) {
    pw_pointer_table_remove(&table, &nodes[i]);
  }
  for (size_t i = 0; i < PW_POINTER_BUCKETS; i++) {
    assert_null(table.buckets[i]);
  }
}

static void
an_address_that_comes_again_has_its_new_node(void **state)
{
  (void)state;
  pw_pointer_table_add(&table, &nodes[0], objects[0]);
  pw_pointer_table_remove(&table, &nodes[0]);
  pw_pointer_table_add(&table, &nodes[1], objects[0]);
  assert_ptr_equal(pw_pointer_table_find(&table, objects[0]), &nodes[1]);
  pw_pointer_table_remove(&table, &nodes[1]);
}

/* The objects of a server lie at equal distances, of a few kilobytes each. */
static void
objects_at_equal_distances_are_spread(void **state)
{
  static const size_t distances[] = {64, 4096, 10240, 20480, 33024};
  (void)state;
  for (size_t d = 0; d < sizeof(distances) / sizeof(distances[0]); d++) {
    size_t longest = 0;
    for (size_t i = 0; i < PW_POINTER_BUCKETS; i++) {
      pw_pointer_table_add(&table, &nodes[i], (const void *)(uintptr_t)(0x7f1200000000 + i * distances[d]));
    }
    for (size_t i = 0; i < PW_POINTER_BUCKETS; i++) {
      size_t length = 0;
      for (struct pw_pointer_node *node = table.buckets[i]; node; node = node->next) {
        length++;
      }
      longest = length > longest ? length : longest;
    }
    assert_in_range(longest, 1, 12);
    memset(&table, 0, sizeof(table));
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_key_that_was_not_added_is_not_found),
    cmocka_unit_test(each_of_many_is_found_until_it_is_removed),
    cmocka_unit_test(an_address_that_comes_again_has_its_new_node),
    cmocka_unit_test(objects_at_equal_distances_are_spread),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
