/* SPDX-License-Identifier: Apache-2.0 */
#include "host/id_map.h"

#include <stdlib.h>
#include <string.h>

/* Open addressing with linear probing, at most 3/4 full. A removal moves later entries of the run back, so there are no
 * tombstones, and a map that ids come and go in does not get slower. */

enum { FIRST_CAPACITY = 16 };

/** The slot that has the id, or the free one where it would go. The map has a free slot. */
static struct pw_id_slot *
slot_of(const struct pw_id_map *map, uint32_t id)
{
  size_t index = pw_id_map_home(map, id);
  while (map->slots[index].value && map->slots[index].id != id) {
    index = (index + 1) & (map->capacity - 1);
  }
  return &map->slots[index];
}

bool
pw_id_map_reserve(struct pw_id_map *map, size_t count)
{
  size_t capacity = map->capacity ? map->capacity : FIRST_CAPACITY;
  if (count > UINT32_MAX / 4) {
    return false; /* so that a home is a number of 32 bits */
  }
  while (capacity / 4 * 3 < count) {
    capacity *= 2;
  }
  if (capacity == map->capacity) {
    return true;
  }
  struct pw_id_map grown = {calloc(capacity, sizeof(*grown.slots)), capacity, map->count, capacity / 4 * 3,
                            32 - (unsigned)__builtin_ctzll(capacity)};
  if (!grown.slots) {
    return false;
  }
  for (size_t i = 0; i < map->capacity; i++) {
    if (map->slots[i].value) {
      *slot_of(&grown, map->slots[i].id) = map->slots[i];
    }
  }
  free(map->slots);
  *map = grown;
  return true;
}

bool
pw_id_map_put_elsewhere(struct pw_id_map *map, uint32_t id, void *value)
{
  bool full = map->count >= map->most;
  if (full && !pw_id_map_get(map, id) && !pw_id_map_reserve(map, map->count + 1)) {
    return false;
  }
  struct pw_id_slot *slot = slot_of(map, id);
  map->count += slot->value ? 0 : 1;
  slot->id    = id;
  slot->value = value;
  return true;
}

void *
pw_id_map_search(const struct pw_id_map *map, uint32_t id)
{
  return slot_of(map, id)->value;
}

void *
pw_id_map_remove_elsewhere(struct pw_id_map *map, uint32_t id)
{
  size_t mask  = map->capacity - 1;
  size_t hole  = (size_t)(slot_of(map, id) - map->slots);
  void  *value = map->slots[hole].value;
  if (!value) {
    return NULL;
  }
  for (size_t next = (hole + 1) & mask; map->slots[next].value; next = (next + 1) & mask) {
    /* An entry may move back into the hole only when its home is not after the hole. */
    size_t home = pw_id_map_home(map, map->slots[next].id);
    if (((next - home) & mask) >= ((next - hole) & mask)) {
      map->slots[hole] = map->slots[next];
      hole             = next;
    }
  }
  map->slots[hole].value = NULL;
  map->count--;
  return value;
}

void *
pw_id_map_next(const struct pw_id_map *map, size_t *cursor, uint32_t *id)
{
  while (*cursor < map->capacity) {
    const struct pw_id_slot *slot = &map->slots[(*cursor)++];
    if (slot->value) {
      if (id) {
        *id = slot->id;
      }
      return slot->value;
    }
  }
  return NULL;
}

void
pw_id_map_clear(struct pw_id_map *map)
{
  free(map->slots);
  memset(map, 0, sizeof(*map));
}
