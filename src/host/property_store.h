/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file property_store.h
 * The properties that modules set on a stream (ABI text, proxy_set_property), where the proxy has none of that path.
 *
 * Meant for a few properties: it is searched from end to end. For one thread at a time.
 */
#ifndef PROXYWASM_HOST_PROPERTY_STORE_H
#define PROXYWASM_HOST_PROPERTY_STORE_H

#include <proxywasm/abi.h>
#include <proxywasm/types.h>

/** What each property counts for besides its path and value. */
#define PW_PROPERTY_OVERHEAD 32

struct pw_property;

/** Zero-initialised is empty. */
struct pw_property_store {
  struct pw_property *items;
  size_t              count;
  size_t              capacity;
  size_t              bytes; /**< paths, values, and PW_PROPERTY_OVERHEAD each */
};

/** Sets a property; an empty value is a value. INTERNAL_FAILURE: it would be over `limit` bytes, or memory is out;
 *  nothing is changed then. */
enum pw_status pw_property_store_set(struct pw_property_store *store, struct pw_view path, struct pw_view value,
                                     size_t limit);
bool pw_property_store_find(const struct pw_property_store *store, struct pw_view path, struct pw_view *value);
/** False when there is none. `*value` is valid until the store is changed. */
static inline bool
pw_property_store_get(const struct pw_property_store *store, struct pw_view path, struct pw_view *value)
{
  return store->count > 0 && pw_property_store_find(store, path, value);
}
void pw_property_store_clear_items(struct pw_property_store *store);
/** Frees everything and leaves it empty. */
static inline void
pw_property_store_clear(struct pw_property_store *store)
{
  if (store->items) {
    pw_property_store_clear_items(store);
  }
}

#endif
