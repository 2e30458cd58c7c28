/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include "host/name_map.h"

static const struct pw_view NO_SCOPE = {NULL, 0};

struct named {
  struct pw_name_node node;
  char                name[16];
};

static struct named *
named_new(struct pw_view scope, int number)
{
  struct named *named = calloc(1, sizeof(*named));
  assert_non_null(named);
  snprintf(named->name, sizeof(named->name), "%d", number);
  named->node.scope = scope;
  named->node.name  = pw_view_of(named->name);
  named->node.hash  = pw_name_hash(scope, named->node.name);
  return named;
}

static struct pw_name_node *
find(const struct pw_name_map *map, struct pw_view scope, struct pw_view name)
{
  return pw_name_map_find(map, pw_name_hash(scope, name), scope, name);
}

static bool
free_named(void *data, struct pw_name_node *node)
{
  size_t *count = data;
  (*count)++;
  free(node);
  return true;
}

/** A map with the numbers 0 … 999 in scope "even" or "odd". */
static struct pw_name_map
thousand(void)
{
  struct pw_name_map map = {0};
  for (int i = 0; i < 1000; i++) {
    struct named *named = named_new(i % 2 ? LITERAL("odd") : LITERAL("even"), i);
    assert_true(pw_name_map_insert(&map, &named->node));
  }
  return map;
}

static void
free_all(struct pw_name_map *map, size_t expected)
{
  size_t count = 0;
  pw_name_map_remove_scope(map, NULL, free_named, &count);
  assert_int_equal(count, expected);
  assert_int_equal(map->count, 0);
  pw_name_map_clear(map);
}

static void
names_are_found_in_their_scope_only(void **state)
{
  (void)state;
  struct pw_name_map map = thousand();
  assert_int_equal(map.count, 1000);
  for (int i = 0; i < 1000; i++) {
    char text[16];
    snprintf(text, sizeof(text), "%d", i);
    struct pw_name_node *node = find(&map, i % 2 ? LITERAL("odd") : LITERAL("even"), pw_view_of(text));
    assert_non_null(node);
    assert_string_equal(((struct named *)node)->name, text);
    assert_null(find(&map, i % 2 ? LITERAL("even") : LITERAL("odd"), pw_view_of(text)));
  }
  assert_null(find(&map, LITERAL("odd"), LITERAL("1001")));
  free_all(&map, 1000);
}

/* The last bytes of a name are hashed in pieces, which depend on its size. */
static void
each_byte_of_a_name_of_any_size_counts(void **state)
{
  (void)state;
  char     text[26] = {0};
  uint64_t before   = pw_name_hash(NO_SCOPE, pw_view_make(text, 0));
  for (size_t size = 1; size < sizeof(text); size++) {
    uint64_t hash = pw_name_hash(NO_SCOPE, pw_view_make(text, size));
    assert_int_not_equal(hash, before);
    before = hash;
    for (size_t at = 0; at < size; at++) {
      text[at]       = 1;
      uint64_t other = pw_name_hash(NO_SCOPE, pw_view_make(text, size));
      assert_int_not_equal(other, hash);
      text[at] = 0;
      assert_int_equal(pw_name_hash(NO_SCOPE, pw_view_make(text, size)), hash);
    }
    text[size] = 1; /* behind it, so that reading on would be seen */
    assert_int_equal(pw_name_hash(NO_SCOPE, pw_view_make(text, size)), hash);
    text[size] = 0;
  }
}

static void
an_empty_map_has_nothing(void **state)
{
  (void)state;
  struct pw_name_map map = {0};
  assert_null(find(&map, NO_SCOPE, LITERAL("a")));
  free_all(&map, 0);
}

static void
a_removed_name_is_gone_and_others_stay(void **state)
{
  (void)state;
  struct pw_name_map   map  = thousand();
  struct pw_name_node *node = find(&map, LITERAL("odd"), LITERAL("501"));
  pw_name_map_remove(&map, node);
  free(node);
  assert_null(find(&map, LITERAL("odd"), LITERAL("501")));
  assert_non_null(find(&map, LITERAL("odd"), LITERAL("503")));
  free_all(&map, 999);
}

static void
a_scope_can_be_removed(void **state)
{
  (void)state;
  struct pw_name_map   map   = thousand();
  const struct pw_view odd   = LITERAL("odd");
  size_t               count = 0;
  pw_name_map_remove_scope(&map, &odd, free_named, &count);
  assert_int_equal(count, 500);
  assert_int_equal(map.count, 500);
  assert_null(find(&map, odd, LITERAL("1")));
  assert_non_null(find(&map, LITERAL("even"), LITERAL("2")));
  free_all(&map, 500);
}

/** Keeps the names that begin with '1'. */
static bool
free_unless_one(void *data, struct pw_name_node *node)
{
  return node->name.data[0] != '1' && free_named(data, node);
}

static void
what_is_not_to_be_dropped_stays(void **state)
{
  (void)state;
  struct pw_name_map map   = thousand();
  size_t             count = 0;
  pw_name_map_remove_scope(&map, NULL, free_unless_one, &count);
  assert_int_equal(count, 1000 - 111);
  assert_non_null(find(&map, LITERAL("odd"), LITERAL("1")));
  assert_null(find(&map, LITERAL("odd"), LITERAL("3")));
  free_all(&map, 111);
}

static void
the_border_between_scope_and_name_counts(void **state)
{
  (void)state;
  assert_true(pw_name_hash(LITERAL("a"), LITERAL("bc")) != pw_name_hash(LITERAL("ab"), LITERAL("c")));
  assert_true(pw_name_hash(LITERAL(""), LITERAL("a")) != pw_name_hash(LITERAL("a"), LITERAL("")));
  assert_true(pw_name_hash(LITERAL("a"), LITERAL("b")) == pw_name_hash(LITERAL("a"), LITERAL("b")));
}

static void
hashes_spread_evenly_whatever_the_length(void **state)
{
  (void)state;
  enum { BUCKETS = 64, NAMES = 64 * 100 };
  unsigned low[BUCKETS]  = {0};
  unsigned high[BUCKETS] = {0};
  char     text[64]      = "";
  for (size_t i = 0; i < NAMES; i++) {
    /* Names that differ in a few bits only, of many lengths. */
    memcpy(text + i % 40, &i, sizeof(i));
    uint64_t hash = pw_name_hash(NO_SCOPE, pw_view_make(text, i % 40 + sizeof(i)));
    low[hash % BUCKETS]++;
    high[hash >> 58]++;
  }
  for (size_t i = 0; i < BUCKETS; i++) {
    assert_in_range(low[i], 40, 180);
    assert_in_range(high[i], 40, 180);
  }
}

static void
a_map_that_cannot_grow_still_works(void **state)
{
  (void)state;
  struct pw_name_map map   = {0};
  struct named      *first = named_new(NO_SCOPE, 0);
  fail_alloc_at(1);
  assert_false(pw_name_map_insert(&map, &first->node));
  assert_true(fail_alloc_stop());
  assert_true(pw_name_map_insert(&map, &first->node));
  for (int i = 1; i < 200; i++) {
    struct named *named = named_new(NO_SCOPE, i);
    fail_alloc_at(1);
    assert_true(pw_name_map_insert(&map, &named->node));
    fail_alloc_stop();
  }
  assert_int_equal(map.bucket_count, 16);
  assert_non_null(find(&map, NO_SCOPE, LITERAL("0")));
  assert_non_null(find(&map, NO_SCOPE, LITERAL("199")));
  free_all(&map, 200);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(names_are_found_in_their_scope_only),
    cmocka_unit_test(each_byte_of_a_name_of_any_size_counts),
    cmocka_unit_test(an_empty_map_has_nothing),
    cmocka_unit_test(a_removed_name_is_gone_and_others_stay),
    cmocka_unit_test(a_scope_can_be_removed),
    cmocka_unit_test(what_is_not_to_be_dropped_stays),
    cmocka_unit_test(the_border_between_scope_and_name_counts),
    cmocka_unit_test(hashes_spread_evenly_whatever_the_length),
    cmocka_unit_test(a_map_that_cannot_grow_still_works),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
