/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file kept_field.h
 * Fields kept ready-made on each event thread, under the names that are set in one transaction after another.
 *
 * A field that is made of a name costs the server a look among all names that it knows, letter by letter. A copy of one
 * that is there does not, and so a module that sets a header in each direction takes a tenth less above a native plugin
 * that does (docs/performance.md).
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_KEPT_FIELD_H
#define PROXYWASM_TRAFFIC_SERVER_KEPT_FIELD_H

#include "traffic_server/fields/header_map.h"

/** An event thread's: never freed, as threads never go. */
struct pw_kept_fields;

/**
 * Makes a field of this name without a value, that is not in the header yet, as a copy of one that is kept. `*field` is
 * to be released. False: none of that name is, but it may be from now on; or memory is out. The field is to be made
 * without it then. On the thread of the header's transaction.
 */
bool pw_kept_field_copy(const struct pw_header *header, struct pw_view name, TSMLoc *field);

#endif
