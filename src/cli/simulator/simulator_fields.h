/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file simulator_fields.h
 * A list of HTTP fields that owns its bytes: the header maps of a simulated transaction, and what is written about
 * them in suites and on the command line.
 *
 * Names compare without case (pw_field_name_equal); their case is kept. Pseudo-headers (names that begin with ':')
 * always come first. Values may hold any byte. No function is safe to call from two threads at once.
 */
#ifndef PROXYWASM_CLI_SIMULATOR_FIELDS_H
#define PROXYWASM_CLI_SIMULATOR_FIELDS_H

#include <proxywasm/types.h>

#include "host/pairs.h"

/** One field. The views' bytes belong to the list; they are followed by a NUL that does not count. */
struct pw_field {
  struct pw_view name;
  struct pw_view value;
};

/** Zero-initialised is empty. */
struct pw_fields {
  struct pw_field *items;
  size_t           count;
  size_t           capacity;
};

/** One more field, after the others; a pseudo-header after the other pseudo-headers. The bytes are copied and may be
 *  the list's own. false when memory is out (nothing is changed then); so with all functions here that answer bool. */
bool pw_fields_add(struct pw_fields *fields, struct pw_view name, struct pw_view value);
/** Exactly this one value: in the place of the first field of that name, or added. */
bool pw_fields_replace(struct pw_fields *fields, struct pw_view name, struct pw_view value);
/** All fields of that name go. */
void pw_fields_remove(struct pw_fields *fields, struct pw_view name);
/** The first field of that name, or NULL. Valid until the list is changed. */
const struct pw_field *pw_fields_find(const struct pw_fields *fields, struct pw_view name);
/** The first value of a terminated name, or an empty view. */
struct pw_view pw_fields_value(const struct pw_fields *fields, const char *name);
/** Makes `to` equal to `from`. */
bool pw_fields_copy(struct pw_fields *to, const struct pw_fields *from);
/** Adds how much there is to `size`. */
void pw_fields_size(const struct pw_fields *fields, struct pw_map_size *size);
/** Views of all fields, appended. They are valid until the list is changed. */
bool pw_fields_pairs(const struct pw_fields *fields, struct pw_pairs *pairs);
/** Frees all and leaves it empty. */
void pw_fields_clear(struct pw_fields *fields);

#endif
