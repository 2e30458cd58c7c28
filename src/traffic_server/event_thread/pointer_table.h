/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file pointer_table.h
 * Finds what belongs to an object of somebody else by the object's address. What is found holds the node itself, so
 * nothing is allocated and nothing can fail. For one thread.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_POINTER_TABLE_H
#define PROXYWASM_TRAFFIC_SERVER_POINTER_TABLE_H

#include <stddef.h>
#include <stdint.h>

/** Chains stay short up to some thousands of entries. A power of two. */
#define PW_POINTER_BUCKETS 2048

struct pw_pointer_node {
  struct pw_pointer_node *next; /**< of the same bucket */
  const void             *key;
};

/** Zero-initialised is empty. */
struct pw_pointer_table {
  struct pw_pointer_node *buckets[PW_POINTER_BUCKETS];
};

/* Addresses of large objects differ in their middle bits: the multiplication spreads these over the upper ones. */
static inline struct pw_pointer_node **
pw_pointer_bucket(struct pw_pointer_table *table, const void *key)
{
  uint64_t mixed = (uint64_t)(uintptr_t)key * UINT64_C(0x9e3779b97f4a7c15);
  return &table->buckets[mixed >> 32 & (PW_POINTER_BUCKETS - 1)];
}

/** Adds a node for a key that is not there. The node stays where it is until it is removed. */
static inline void
pw_pointer_table_add(struct pw_pointer_table *table, struct pw_pointer_node *node, const void *key)
{
  struct pw_pointer_node **bucket = pw_pointer_bucket(table, key);
  node->key                       = key;
  node->next                      = *bucket;
  *bucket                         = node;
}

/** The node of a key; NULL: there is none. */
static inline struct pw_pointer_node *
pw_pointer_table_find(struct pw_pointer_table *table, const void *key)
{
  struct pw_pointer_node *node = *pw_pointer_bucket(table, key);
  while (node && node->key != key) {
    node = node->next;
  }
  return node;
}

/** Removes a node that was added. */
static inline void
pw_pointer_table_remove(struct pw_pointer_table *table, struct pw_pointer_node *node)
{
  struct pw_pointer_node **link = pw_pointer_bucket(table, node->key);
  while (*link != node) {
    link = &(*link)->next;
  }
  *link = node->next;
}

#endif
