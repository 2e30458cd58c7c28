/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file name_map.h
 * A hash map from names to what has them: shared data, queues, metrics, foreign functions.
 *
 * A name has two parts, scope (a VM id, or empty) and name proper; both may hold any bytes. Names come from modules, so
 * the hash is keyed (SipHash-1-3) with a key that is random for each process: a module cannot choose names that
 * collide.
 *
 * The map is intrusive: an entry begins with `struct pw_name_node`, and is owned by whoever inserts it. Not
 * thread-safe.
 */
#ifndef PROXYWASM_HOST_NAME_MAP_H
#define PROXYWASM_HOST_NAME_MAP_H

#include <proxywasm/types.h>

struct pw_name_node {
  struct pw_name_node *next;
  uint64_t             hash;
  struct pw_view       scope; /**< bytes that live as long as the node */
  struct pw_view       name;  /**< likewise */
};

/** Zero-initialised is empty. */
struct pw_name_map {
  struct pw_name_node **buckets;
  size_t                bucket_count; /**< a power of two, or 0 */
  size_t                count;
};

/** The hash of a name, the same all through the process. Any thread. */
uint64_t pw_name_hash(struct pw_view scope, struct pw_view name);

/** The entry of that name, or NULL. `hash` is pw_name_hash of it. */
struct pw_name_node *pw_name_map_find(const struct pw_name_map *map, uint64_t hash, struct pw_view scope,
                                      struct pw_view name);

/** Inserts an entry whose name is not in the map; `hash`, `scope` and `name` are set. False when memory is out (only
 *  ever for the first entry: a map that cannot grow gets slower). */
bool pw_name_map_insert(struct pw_name_map *map, struct pw_name_node *node);

/** Takes an entry out that is in the map. */
void pw_name_map_remove(struct pw_name_map *map, struct pw_name_node *node);

/** Gives every entry of `scope` (of all scopes: `scope` NULL) to `drop`. When that answers true the entry is out of the
 * map, and may have been freed; else it stays. */
void pw_name_map_remove_scope(struct pw_name_map *map, const struct pw_view             *scope,
                              bool (*drop)(void *data, struct pw_name_node *node), void *data);

/** Frees the table, not the entries, and leaves the map empty. */
void pw_name_map_clear(struct pw_name_map *map);

#endif
