/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file id_map.h
 * A hash map from 32-bit ids (contexts, calls) to pointers. Allocates only when it grows. For one thread at a time.
 */
#ifndef PROXYWASM_HOST_ID_MAP_H
#define PROXYWASM_HOST_ID_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pw_id_slot {
  void    *value; /**< NULL: free */
  uint32_t id;
};

/** Zero-initialised is empty. */
struct pw_id_map {
  struct pw_id_slot *slots;
  size_t             capacity; /**< a power of two, or 0 */
  size_t             count;
  size_t             most;  /**< of ids, before it grows */
  unsigned           shift; /**< 32 less its logarithm */
};

/** Makes room for `count` ids in all. False when memory is out. */
bool pw_id_map_reserve(struct pw_id_map *map, size_t count);
/** Where an id wants to be, in a map that is not empty. Ids are mostly counted up: a multiple of the golden ratio puts
 *  those that follow each other far apart, so that hardly two of them meet (Knuth 3, 6.4). */
static inline size_t
pw_id_map_home(const struct pw_id_map *map, uint32_t id)
{
  return (id * UINT32_C(0x9e3779b1)) >> map->shift;
}
/** pw_id_map_put, when the id's home is taken or the map has to grow. */
bool pw_id_map_put_elsewhere(struct pw_id_map *map, uint32_t id, void *value);
/** Sets the value of an id (any number), which is not NULL; replaces an earlier one. False when memory is out: nothing
 *  is changed. */
static inline bool
pw_id_map_put(struct pw_id_map *map, uint32_t id, void *value)
{
  struct pw_id_slot *home;

  if (__builtin_expect(map->count < map->most, 1)) {
    /* When it is free, the id is nowhere else. */
    home = &map->slots[pw_id_map_home(map, id)];
    if (__builtin_expect(home->value == NULL, 1)) {
      home->id    = id;
      home->value = value;
      map->count++;
      return true;
    }
  }
  return pw_id_map_put_elsewhere(map, id, value);
}
/** The value of an id that is not at its home, or NULL. */
void *pw_id_map_search(const struct pw_id_map *map, uint32_t id);
/** The value of an id, or NULL. */
static inline void *
pw_id_map_get(const struct pw_id_map *map, uint32_t id)
{
  const struct pw_id_slot *slot;

  if (map->capacity == 0) {
    return NULL;
  }
  slot = &map->slots[pw_id_map_home(map, id)];
  return __builtin_expect(slot->id == id || slot->value == NULL, 1) ? slot->value : pw_id_map_search(map, id);
}
/** pw_id_map_remove, when the id is not at its home, or what follows it may have to move. */
void *pw_id_map_remove_elsewhere(struct pw_id_map *map, uint32_t id);
/** Removes an id; returns its value, or NULL if there was none. */
static inline void *
pw_id_map_remove(struct pw_id_map *map, uint32_t id)
{
  struct pw_id_slot *slot;
  size_t             home;
  void              *value;

  if (map->capacity == 0) {
    return NULL;
  }
  home  = pw_id_map_home(map, id);
  slot  = &map->slots[home];
  value = slot->value;
  if (__builtin_expect(slot->id == id && value != NULL && map->slots[(home + 1) & (map->capacity - 1)].value == NULL,
                       1)) {
    slot->value = NULL;
    map->count--;
    return value;
  }
  return pw_id_map_remove_elsewhere(map, id);
}
/**
 * Walks over all values, in no order: begin with `*cursor` 0; NULL at the end. `id` may be NULL. The map must not be
 * changed meanwhile; to empty it while walking, begin anew after each removal, or walk and then clear it.
 */
void *pw_id_map_next(const struct pw_id_map *map, size_t *cursor, uint32_t *id);
/** Frees the table, not what the values point to, and leaves it empty. */
void pw_id_map_clear(struct pw_id_map *map);

#endif
