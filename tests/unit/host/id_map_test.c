/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include "host/id_map.h"

/** Something to point to, different for each id. */
static char things[70000];

static void *
thing(uint32_t id)
{
  return &things[id % sizeof(things)];
}

static void
an_empty_map_has_nothing(void **state)
{
  (void)state;
  struct pw_id_map map    = {0};
  size_t           cursor = 0;
  assert_null(pw_id_map_get(&map, 1));
  assert_null(pw_id_map_remove(&map, 1));
  assert_null(pw_id_map_next(&map, &cursor, NULL));
  pw_id_map_clear(&map);
}

static void
any_number_is_an_id(void **state)
{
  (void)state;
  struct pw_id_map map   = {0};
  const uint32_t   ids[] = {0, 1, UINT32_MAX, 0x80000000};
  for (size_t i = 0; i < 4; i++) {
    assert_true(pw_id_map_put(&map, ids[i], &things[i]));
  }
  for (size_t i = 0; i < 4; i++) {
    assert_ptr_equal(pw_id_map_get(&map, ids[i]), &things[i]);
  }
  assert_int_equal(map.count, 4);
  pw_id_map_clear(&map);
}

static void
a_value_can_be_replaced(void **state)
{
  (void)state;
  struct pw_id_map map = {0};
  assert_true(pw_id_map_put(&map, 5, &things[1]));
  assert_true(pw_id_map_put(&map, 5, &things[2]));
  assert_int_equal(map.count, 1);
  assert_ptr_equal(pw_id_map_remove(&map, 5), &things[2]);
  assert_null(pw_id_map_get(&map, 5));
  pw_id_map_clear(&map);
}

/** Whether map and `there` agree on all ids below `count`. */
static bool
agrees(const struct pw_id_map *map, const bool *there, uint32_t count)
{
  for (uint32_t id = 0; id < count; id++) {
    if (pw_id_map_get(map, id) != (there[id] ? thing(id) : NULL)) {
      return false;
    }
  }
  return true;
}

static void
what_is_put_and_removed_at_random_is_there_or_not(void **state)
{
  (void)state;
  enum { IDS = 300 };
  struct pw_id_map map        = {0};
  bool             there[IDS] = {false};
  size_t           count      = 0;
  uint32_t         random     = 1;
  for (int step = 0; step < 20000; step++) {
    random      = random * 1664525 + 1013904223;
    uint32_t id = (random >> 8) % IDS;
    if (random >> 31) {
      assert_true(pw_id_map_put(&map, id, thing(id)));
      count += !there[id];
      there[id] = true;
    } else {
      assert_ptr_equal(pw_id_map_remove(&map, id), there[id] ? thing(id) : NULL);
      count -= there[id];
      there[id] = false;
    }
    assert_int_equal(map.count, count);
    if (step % 64 == 0) {
      assert_true(agrees(&map, there, IDS));
    }
  }
  assert_true(agrees(&map, there, IDS));
  pw_id_map_clear(&map);
}

static void
ids_that_come_and_go_need_no_more_memory(void **state)
{
  (void)state;
  struct pw_id_map map = {0};
  assert_true(pw_id_map_reserve(&map, 8));
  fail_alloc_at(1);
  for (uint32_t id = 0; id < 1000000; id++) {
    assert_true(pw_id_map_put(&map, id, thing(id)));
    if (id >= 8) {
      assert_ptr_equal(pw_id_map_remove(&map, id - 8), thing(id - 8));
    }
  }
  assert_false(fail_alloc_stop());
  assert_int_equal(map.count, 8);
  pw_id_map_clear(&map);
}

static void
a_walk_meets_each_value_once(void **state)
{
  (void)state;
  struct pw_id_map map = {0};
  for (uint32_t id = 10; id < 60; id++) {
    assert_true(pw_id_map_put(&map, id, thing(id)));
  }
  bool     met[60] = {false};
  size_t   cursor  = 0;
  size_t   count   = 0;
  uint32_t id      = 0;
  void    *value;
  while ((value = pw_id_map_next(&map, &cursor, &id))) {
    assert_ptr_equal(value, thing(id));
    assert_false(met[id]);
    met[id] = true;
    count++;
  }
  assert_int_equal(count, 50);
  pw_id_map_clear(&map);
}

static void
the_map_stays_as_it_was_when_memory_is_out(void **state)
{
  (void)state;
  struct pw_id_map map = {0};
  fail_alloc_at(1);
  assert_false(pw_id_map_put(&map, 1, things));
  assert_true(fail_alloc_stop());
  uint32_t id = 0;
  for (;; id++) {
    fail_alloc_at(1);
    bool put = pw_id_map_put(&map, id, thing(id));
    if (fail_alloc_stop()) {
      assert_false(put);
      if (id > 0) {
        break;
      }
      assert_true(pw_id_map_put(&map, id, thing(id)));
      continue;
    }
    assert_true(put);
  }
  assert_int_equal(map.count, id);
  for (uint32_t i = 0; i < id; i++) {
    assert_ptr_equal(pw_id_map_get(&map, i), thing(i));
  }
  assert_null(pw_id_map_get(&map, id));
  assert_false(pw_id_map_reserve(&map, SIZE_MAX));
  pw_id_map_clear(&map);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(an_empty_map_has_nothing),
    cmocka_unit_test(any_number_is_an_id),
    cmocka_unit_test(a_value_can_be_replaced),
    cmocka_unit_test(what_is_put_and_removed_at_random_is_there_or_not),
    cmocka_unit_test(ids_that_come_and_go_need_no_more_memory),
    cmocka_unit_test(a_walk_meets_each_value_once),
    cmocka_unit_test(the_map_stays_as_it_was_when_memory_is_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
