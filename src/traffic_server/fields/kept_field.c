/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/fields/kept_field.h"

#include "text/sixteen.h"
#include "traffic_server/apart.h"
#include "traffic_server/event_thread/event_thread.h"

#include <stdlib.h>

/* So many are kept, each in a place that its name tells. */
#define PLACES 64
/* Another name takes a place when it, or others, came there so often without the one that is kept: names that come once
 * are not made twice, and push nothing out. */
#define MOST_MISSES 16
/* So many are made in the server's memory before all of it is given back: it has no way to give back one. */
#define MOST_MADE (4 * PLACES)

#define LINE_OF_CACHE 64
#define NAME_BYTES    (LINE_OF_CACHE - sizeof(TSMLoc) - 2)

struct kept_field {
  TSMLoc  field;
  uint8_t name_size; /* 0: the place is free */
  uint8_t misses;
  char    name[NAME_BYTES];
} __attribute__((aligned(LINE_OF_CACHE)));

struct pw_kept_fields {
  TSMBuffer         buffer; /* NULL: not yet, or memory is out */
  TSMLoc            header;
  unsigned          made;
  struct kept_field places[PLACES];
};

/* --------------------------------------------------------------------------------------------------------- keeping it
 */

/* The server's handle of a field is not in the buffer. */
static void
forget(const struct pw_kept_fields *fields, struct kept_field *place)
{
  if (place->name_size > 0) {
    TSHandleMLocRelease(fields->buffer, fields->header, place->field);
  }
  memset(place, 0, sizeof(*place));
}

/* With none kept: at first, and when so many were made. */
static void
begin(struct pw_kept_fields *fields)
{
  for (size_t i = 0; i < PLACES; i++) {
    forget(fields, &fields->places[i]);
  }
  if (fields->buffer) {
    TSHandleMLocRelease(fields->buffer, TS_NULL_MLOC, fields->header);
    TSMBufferDestroy(fields->buffer);
  }
  fields->made   = 0;
  fields->buffer = TSMBufferCreate();
  if (fields->buffer && TSMimeHdrCreate(fields->buffer, &fields->header) != TS_SUCCESS) {
    TSMBufferDestroy(fields->buffer);
    fields->buffer = NULL;
  }
}

static void
keep(struct pw_kept_fields *fields, struct kept_field *place, struct pw_view name)
{
  if (fields->made == MOST_MADE || !fields->buffer) {
    begin(fields);
  }
  forget(fields, place);
  if (fields->buffer && TSMimeHdrFieldCreateNamed(fields->buffer, fields->header, name.data, (int)name.size,
                                                  &place->field) == TS_SUCCESS) {
    memcpy(place->name, name.data, name.size);
    place->name_size = (uint8_t)name.size;
    fields->made++;
  }
}

static struct kept_field *
place_of(struct pw_kept_fields *fields, struct pw_view name)
{
  size_t sum = name.size + 5u * (uint8_t)name.data[name.size - 1] + 11u * (uint8_t)name.data[name.size / 2];
  return &fields->places[sum % PLACES];
}

/* A name has come that is not in its place. */
PW_APART static void
miss(struct pw_event_thread *thread, struct pw_view name)
{
  if (!thread->kept_fields) {
    thread->kept_fields = (struct pw_kept_fields *)aligned_alloc(LINE_OF_CACHE, sizeof(*thread->kept_fields));
    if (!thread->kept_fields) {
      return;
    }
    memset(thread->kept_fields, 0, sizeof(*thread->kept_fields));
  }
  struct kept_field *place = place_of(thread->kept_fields, name);
  if (name.size <= NAME_BYTES && (place->name_size == 0 || ++place->misses == MOST_MISSES)) {
    keep(thread->kept_fields, place, name);
  }
}

/* -------------------------------------------------------------------------------------------------------- copying it
 */

static inline bool
is_of(const struct kept_field *place, struct pw_view name)
{
  return place->name_size == name.size && pw_sixteen_equal(pw_view_make(place->name, name.size), name);
}

bool
pw_kept_field_copy(const struct pw_header *header, struct pw_view name, TSMLoc *field)
{
  struct pw_event_thread *thread = pw_event_thread_own;
  if (!thread || name.size == 0) {
    return false;
  }
  struct pw_kept_fields *fields = thread->kept_fields;
  struct kept_field     *place  = fields ? place_of(fields, name) : NULL;
  if (!place || !is_of(place, name)) {
    miss(thread, name);
    return false;
  }
  place->misses = 0;
  return TSMimeHdrFieldClone(header->buffer, header->location, fields->buffer, fields->header, place->field, field) ==
         TS_SUCCESS;
}
