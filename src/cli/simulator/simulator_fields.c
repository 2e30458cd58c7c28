/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/simulator/simulator_fields.h"

#include <stdlib.h>

static bool
is_pseudo(struct pw_view name)
{
  return name.size > 0 && name.data[0] == ':';
}

/* Name and value share one allocation, which begins at the name. */
static bool
field_make(struct pw_field *field, struct pw_view name, struct pw_view value)
{
  if (name.size > SIZE_MAX / 2 - 2 || value.size > SIZE_MAX / 2 - 2) {
    return false;
  }
  char *bytes = malloc(name.size + value.size + 2);
  if (bytes == NULL) {
    return false;
  }
  if (name.size > 0) {
    memcpy(bytes, name.data, name.size);
  }
  bytes[name.size] = '\0';
  char *second     = bytes + name.size + 1;
  if (value.size > 0) {
    memcpy(second, value.data, value.size);
  }
  second[value.size] = '\0';
  field->name        = pw_view_make(bytes, name.size);
  field->value       = pw_view_make(second, value.size);
  return true;
}

static void
field_free(struct pw_field *field)
{
  free((char *)field->name.data);
}

static bool
reserve_one(struct pw_fields *fields)
{
  if (fields->count < fields->capacity) {
    return true;
  }
  size_t capacity = fields->capacity == 0 ? 16 : fields->capacity * 2;
  if (capacity > SIZE_MAX / sizeof(struct pw_field)) {
    return false;
  }
  struct pw_field *items = realloc(fields->items, capacity * sizeof(*items));
  if (items == NULL) {
    return false;
  }
  fields->items    = items;
  fields->capacity = capacity;
  return true;
}

bool
pw_fields_add(struct pw_fields *fields, struct pw_view name, struct pw_view value)
{
  struct pw_field field;
  if (!reserve_one(fields) || !field_make(&field, name, value)) {
    return false;
  }
  size_t at = fields->count;
  if (is_pseudo(field.name)) {
    at = 0;
    while (at < fields->count && is_pseudo(fields->items[at].name)) {
      at++;
    }
    memmove(&fields->items[at + 1], &fields->items[at], (fields->count - at) * sizeof(field));
  }
  fields->items[at] = field;
  fields->count++;
  return true;
}

/* Removes the fields of that name from index `from` on. */
static void
remove_from(struct pw_fields *fields, struct pw_view name, size_t from)
{
  /* The name may be one of the list's own: what goes is freed last. */
  size_t kept    = from;
  size_t removed = 0;
  for (size_t i = from; i < fields->count; i++) {
    struct pw_field field = fields->items[i];
    if (pw_field_name_equal(field.name, name)) {
      removed++;
      continue;
    }
    if (kept != i) {
      fields->items[i]      = fields->items[kept];
      fields->items[kept++] = field;
    } else {
      kept++;
    }
  }
  fields->count = kept;
  for (size_t i = kept; i < kept + removed; i++) {
    field_free(&fields->items[i]);
  }
}

void
pw_fields_remove(struct pw_fields *fields, struct pw_view name)
{
  remove_from(fields, name, 0);
}

bool
pw_fields_replace(struct pw_fields *fields, struct pw_view name, struct pw_view value)
{
  for (size_t i = 0; i < fields->count; i++) {
    if (pw_field_name_equal(fields->items[i].name, name)) {
      struct pw_field old = fields->items[i];
      struct pw_field field;
      if (!field_make(&field, old.name, value)) {
        return false;
      }
      fields->items[i] = field;
      remove_from(fields, field.name, i + 1);
      field_free(&old);
      return true;
    }
  }
  return pw_fields_add(fields, name, value);
}

const struct pw_field *
pw_fields_find(const struct pw_fields *fields, struct pw_view name)
{
  for (size_t i = 0; i < fields->count; i++) {
    if (pw_field_name_equal(fields->items[i].name, name)) {
      return &fields->items[i];
    }
  }
  return NULL;
}

struct pw_view
pw_fields_value(const struct pw_fields *fields, const char *name)
{
  const struct pw_field *field = pw_fields_find(fields, pw_view_of(name));
  return field ? field->value : pw_view_make(NULL, 0);
}

bool
pw_fields_copy(struct pw_fields *to, const struct pw_fields *from)
{
  struct pw_fields copy = {0};
  for (size_t i = 0; i < from->count; i++) {
    if (!pw_fields_add(&copy, from->items[i].name, from->items[i].value)) {
      pw_fields_clear(&copy);
      return false;
    }
  }
  pw_fields_clear(to);
  *to = copy;
  return true;
}

bool
pw_fields_pairs(const struct pw_fields *fields, struct pw_pairs *pairs)
{
  if (!pw_pairs_reserve(pairs, fields->count)) {
    return false;
  }
  struct pw_pair *next = pairs->items + pairs->count;
  for (size_t i = 0; i < fields->count; i++) {
    next[i] = (struct pw_pair){fields->items[i].name, fields->items[i].value};
  }
  pairs->count += fields->count;
  return true;
}

void
pw_fields_size(const struct pw_fields *fields, struct pw_map_size *size)
{
  for (size_t i = 0; i < fields->count; i++) {
    size->bytes += fields->items[i].name.size + fields->items[i].value.size;
  }
  size->count += fields->count;
}

void
pw_fields_clear(struct pw_fields *fields)
{
  for (size_t i = 0; i < fields->count; i++) {
    field_free(&fields->items[i]);
  }
  free(fields->items);
  *fields = (struct pw_fields){0};
}
