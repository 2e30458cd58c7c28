/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/trailers/trailers.h"

#include "host/pairs.h"

#include <stdlib.h>

static const char broken_line[] = "a trailer is no field";
static const char too_many[]    = "there are too many trailers";
static const char too_long[]    = "the trailers are too long";
static const char no_memory[]   = "out of memory";

/* -------------------------------------------------------------------------------------------------------------- fields
 */

static struct pw_view
name_of(const struct pw_trailer *trailer)
{
  return pw_view_make(trailer->text, trailer->name_size);
}

static struct pw_view
value_of(const struct pw_trailer *trailer)
{
  return pw_view_make(trailer->text + trailer->name_size, trailer->value_size);
}

static bool
fits(const struct pw_trailers *trailers, struct pw_view name, struct pw_view value)
{
  return trailers->count < PW_TRAILERS_MOST && name.size <= PW_TRAILERS_BYTES && value.size <= PW_TRAILERS_BYTES &&
         trailers->bytes + name.size + value.size <= PW_TRAILERS_BYTES;
}

/* NULL: memory is out. */
static char *
make_text(struct pw_view name, struct pw_view value)
{
  char *text = (char *)malloc(name.size + value.size + 1);
  if (text) {
    memcpy(text, name.data, name.size);
    memcpy(text + name.size, value.size > 0 ? value.data : "", value.size);
  }
  return text;
}

static bool
make_room(struct pw_trailers *trailers)
{
  if (trailers->count < trailers->capacity) {
    return true;
  }
  size_t             capacity = trailers->capacity > 0 ? 2 * trailers->capacity : 4;
  struct pw_trailer *fields   = (struct pw_trailer *)realloc(trailers->fields, capacity * sizeof(*fields));
  if (!fields) {
    return false;
  }
  trailers->fields   = fields;
  trailers->capacity = capacity;
  return true;
}

/* What fits. False: memory is out. */
static bool
append(struct pw_trailers *trailers, struct pw_view name, struct pw_view value)
{
  char *text = make_room(trailers) ? make_text(name, value) : NULL;
  if (!text) {
    return false;
  }
  trailers->fields[trailers->count].text       = text;
  trailers->fields[trailers->count].name_size  = name.size;
  trailers->fields[trailers->count].value_size = value.size;
  trailers->count++;
  trailers->bytes += name.size + value.size;
  return true;
}

static void
remove_at(struct pw_trailers *trailers, size_t place)
{
  struct pw_trailer *trailer = &trailers->fields[place];
  trailers->bytes -= trailer->name_size + trailer->value_size;
  free(trailer->text);
  trailers->count--;
  memmove(trailer, trailer + 1, (trailers->count - place) * sizeof(*trailer));
}

static void
remove_from(struct pw_trailers *trailers, struct pw_view name, size_t first)
{
  for (size_t i = trailers->count; i > first; i--) {
    if (pw_field_name_equal(name_of(&trailers->fields[i - 1]), name)) {
      remove_at(trailers, i - 1);
    }
  }
}

void
pw_trailers_clear(struct pw_trailers *trailers)
{
  while (trailers->count > 0) {
    remove_at(trailers, trailers->count - 1);
  }
  free(trailers->fields);
  memset(trailers, 0, sizeof(*trailers));
}

/* --------------------------------------------------------------------------------------------------------------- lines
 */

static struct pw_view
trim(struct pw_view text)
{
  while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
    text = pw_view_make(text.data + 1, text.size - 1);
  }
  while (text.size > 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t')) {
    text.size--;
  }
  return text;
}

static const char *
read_line(struct pw_trailers *trailers, struct pw_view line)
{
  const char    *colon = (const char *)memchr(line.data, ':', line.size);
  struct pw_view name  = pw_view_make(line.data, colon ? (size_t)(colon - line.data) : 0);
  if (name.size == 0 || !pw_field_name_valid(name)) {
    return broken_line;
  }
  struct pw_view value = trim(pw_view_make(colon + 1, line.size - name.size - 1));
  if (!pw_field_value_valid(value)) {
    return broken_line;
  }
  if (!pw_trailer_name_valid(name)) {
    return NULL;
  }
  if (!fits(trailers, name, value)) {
    return trailers->count >= PW_TRAILERS_MOST ? too_many : too_long;
  }
  return append(trailers, name, value) ? NULL : no_memory;
}

const char *
pw_trailers_read(struct pw_trailers *trailers, struct pw_view lines)
{
  const char *problem = NULL;
  pw_trailers_clear(trailers);
  while (!problem && lines.size > 0) {
    const char *end  = (const char *)memchr(lines.data, '\n', lines.size);
    size_t      size = end ? (size_t)(end - lines.data) : 0;
    if (size == 0 || lines.data[size - 1] != '\r') {
      problem = broken_line;
    } else if (size > 1) {
      problem = read_line(trailers, pw_view_make(lines.data, size - 1));
    }
    lines = problem ? lines : pw_view_make(lines.data + size + 1, lines.size - size - 1);
  }
  if (problem) {
    pw_trailers_clear(trailers);
  }
  return problem;
}

bool
pw_trailers_write(const struct pw_trailers *trailers, struct pw_bytes *bytes)
{
  bool done = true;
  for (size_t i = 0; done && i < trailers->count; i++) {
    struct pw_view name  = name_of(&trailers->fields[i]);
    struct pw_view value = value_of(&trailers->fields[i]);
    done                 = pw_bytes_append(bytes, name.data, name.size) && pw_bytes_append(bytes, ": ", 2) &&
           pw_bytes_append(bytes, value.data, value.size) && pw_bytes_append(bytes, "\r\n", 2);
  }
  return done;
}

/* ------------------------------------------------------------------------------------------------------------- the map
 */

enum pw_status
pw_trailers_count(const struct pw_trailers *trailers, size_t *count)
{
  *count = trailers->count;
  return trailers->state == PW_TRAILERS_ABSENT ? PW_STATUS_NOT_FOUND : PW_STATUS_OK;
}

enum pw_status
pw_trailers_size(const struct pw_trailers *trailers, struct pw_map_size *size)
{
  size->bytes = trailers->bytes;
  return pw_trailers_count(trailers, &size->count);
}

enum pw_status
pw_trailers_pairs(const struct pw_trailers *trailers, struct pw_pairs *pairs)
{
  bool done = true;
  for (size_t i = 0; done && i < trailers->count; i++) {
    done = pw_pairs_add(pairs, name_of(&trailers->fields[i]), value_of(&trailers->fields[i]));
  }
  if (!done) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  return trailers->state == PW_TRAILERS_ABSENT ? PW_STATUS_NOT_FOUND : PW_STATUS_OK;
}

enum pw_status
pw_trailers_get(const struct pw_trailers *trailers, struct pw_view key, struct pw_pairs *pairs)
{
  enum pw_status status = PW_STATUS_NOT_FOUND;
  for (size_t i = 0; i < trailers->count; i++) {
    if (pw_field_name_equal(name_of(&trailers->fields[i]), key)) {
      status = PW_STATUS_OK;
      if (!pw_pairs_add(pairs, name_of(&trailers->fields[i]), value_of(&trailers->fields[i]))) {
        return PW_STATUS_INTERNAL_FAILURE;
      }
    }
  }
  return status;
}

enum pw_status
pw_trailers_add(struct pw_trailers *trailers, struct pw_view key, struct pw_view value)
{
  if (trailers->state != PW_TRAILERS_OPEN || !fits(trailers, key, value)) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  return append(trailers, key, value) ? PW_STATUS_OK : PW_STATUS_INTERNAL_FAILURE;
}

/* The new one stands where the first one stood, with the name that it had. */
static enum pw_status
replace_at(struct pw_trailers *trailers, size_t place, struct pw_view value)
{
  struct pw_trailer *trailer = &trailers->fields[place];
  if (value.size > PW_TRAILERS_BYTES || trailers->bytes - trailer->value_size + value.size > PW_TRAILERS_BYTES) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  char *text = make_text(name_of(trailer), value);
  if (!text) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  trailers->bytes += value.size - trailer->value_size;
  free(trailer->text);
  trailer->text       = text;
  trailer->value_size = value.size;
  remove_from(trailers, name_of(trailer), place + 1);
  return PW_STATUS_OK;
}

enum pw_status
pw_trailers_replace(struct pw_trailers *trailers, struct pw_view key, struct pw_view value)
{
  size_t place = 0;
  if (trailers->state != PW_TRAILERS_OPEN) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  while (place < trailers->count && !pw_field_name_equal(name_of(&trailers->fields[place]), key)) {
    place++;
  }
  if (place == trailers->count) {
    return pw_trailers_add(trailers, key, value);
  }
  return replace_at(trailers, place, value);
}

enum pw_status
pw_trailers_remove(struct pw_trailers *trailers, struct pw_view key)
{
  if (trailers->state != PW_TRAILERS_OPEN) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  remove_from(trailers, key, 0);
  return PW_STATUS_OK;
}

enum pw_status
pw_trailers_set(struct pw_trailers *trailers, const struct pw_pairs *pairs)
{
  struct pw_trailers fresh  = {PW_TRAILERS_OPEN, NULL, 0, 0, 0};
  enum pw_status     status = trailers->state == PW_TRAILERS_OPEN ? PW_STATUS_OK : PW_STATUS_BAD_ARGUMENT;
  for (size_t i = 0; status == PW_STATUS_OK && i < pairs->count; i++) {
    status = pw_trailers_add(&fresh, pairs->items[i].key, pairs->items[i].value);
  }
  if (status != PW_STATUS_OK) {
    pw_trailers_clear(&fresh);
    return status;
  }
  pw_trailers_clear(trailers);
  *trailers = fresh;
  return PW_STATUS_OK;
}
