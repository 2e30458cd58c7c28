/* SPDX-License-Identifier: Apache-2.0 */
#include "host/property_store.h"

#include <stdlib.h>

struct pw_property {
  struct pw_bytes path;
  struct pw_bytes value;
};

static struct pw_property *
find(const struct pw_property_store *store, struct pw_view path)
{
  for (size_t i = 0; i < store->count; i++) {
    if (pw_view_equal(pw_bytes_view(&store->items[i].path), path)) {
      return &store->items[i];
    }
  }
  return NULL;
}

static bool
make_room(struct pw_property_store *store)
{
  if (store->count < store->capacity) {
    return true;
  }
  /* The byte limit, with its overhead for each, keeps the count far from any overflow. */
  size_t              capacity = store->capacity ? store->capacity * 2 : 8;
  struct pw_property *items    = realloc(store->items, capacity * sizeof(*items));
  if (!items) {
    return false;
  }
  store->items    = items;
  store->capacity = capacity;
  return true;
}

enum pw_status
pw_property_store_set(struct pw_property_store *store, struct pw_view path, struct pw_view value, size_t limit)
{
  struct pw_property *property = find(store, path);
  size_t              others   = store->bytes;
  if (property) {
    others -= path.size + property->value.size + PW_PROPERTY_OVERHEAD;
  }
  /* Subtractions only: sizes that a module chose must not wrap around. */
  size_t left = others < limit ? limit - others : 0;
  if (left < PW_PROPERTY_OVERHEAD || path.size > left - PW_PROPERTY_OVERHEAD ||
      value.size > left - PW_PROPERTY_OVERHEAD - path.size) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  struct pw_property fresh = {{0}, {0}};
  if (!pw_bytes_append(&fresh.value, value.data, value.size)) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  if (property) {
    pw_bytes_clear(&property->value);
    property->value = fresh.value;
  } else {
    if (!pw_bytes_append(&fresh.path, path.data, path.size) || !make_room(store)) {
      pw_bytes_clear(&fresh.path);
      pw_bytes_clear(&fresh.value);
      return PW_STATUS_INTERNAL_FAILURE;
    }
    store->items[store->count++] = fresh;
  }
  store->bytes = others + path.size + value.size + PW_PROPERTY_OVERHEAD;
  return PW_STATUS_OK;
}

bool
pw_property_store_find(const struct pw_property_store *store, struct pw_view path, struct pw_view *value)
{
  const struct pw_property *property = find(store, path);
  if (!property) {
    return false;
  }
  *value = pw_bytes_view(&property->value);
  return true;
}

void
pw_property_store_clear_items(struct pw_property_store *store)
{
  for (size_t i = 0; i < store->count; i++) {
    pw_bytes_clear(&store->items[i].path);
    pw_bytes_clear(&store->items[i].value);
  }
  free(store->items);
  memset(store, 0, sizeof(*store));
}
