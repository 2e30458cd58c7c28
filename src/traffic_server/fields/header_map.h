/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file header_map.h
 * Request and response headers of a transaction as the maps of pw_proxy_ops. `stream` is a struct pw_segment.
 *
 * Pseudo-headers come first. `host` and `:authority` are the same thing in two places: whoever sets one sets both.
 * Content-Length and Transfer-Encoding tell where a body ends, and the server writes them itself: a change of these
 * fields is answered OK and has no effect. Trailers are NOT_FOUND: see field_map.h.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_HEADER_MAP_H
#define PROXYWASM_TRAFFIC_SERVER_HEADER_MAP_H

#include "traffic_server/compatibility.h"

#include <proxywasm/proxy.h>

struct pw_transaction;

enum pw_status pw_header_map_count(void *stream, enum pw_map_type map, size_t *count);
enum pw_status pw_header_map_size(void *stream, enum pw_map_type map, struct pw_map_size *size);
enum pw_status pw_header_map_pairs(void *stream, enum pw_map_type map, struct pw_pairs *pairs);
enum pw_status pw_header_map_get(void *stream, enum pw_map_type map, struct pw_view key, struct pw_pairs *pairs);
enum pw_status pw_header_map_add(void *stream, enum pw_map_type map, struct pw_view key, struct pw_view value);
enum pw_status pw_header_map_replace(void *stream, enum pw_map_type map, struct pw_view key, struct pw_view value);
enum pw_status pw_header_map_remove(void *stream, enum pw_map_type map, struct pw_view key);
enum pw_status pw_header_map_set(void *stream, enum pw_map_type map, const struct pw_pairs *pairs);

/** A header of a transaction in Traffic Server's hands. */
struct pw_header {
  TSMBuffer buffer;
  TSMLoc    location;
};

/** The header that a map shows now; NULL: there is none. What it points to is good until it is asked for again. */
const struct pw_header *pw_header_find(struct pw_transaction *transaction, enum pw_map_type map);
/** The same as a copy. False: there is none. */
static inline bool
pw_header_of(struct pw_transaction *transaction, enum pw_map_type map, struct pw_header *header)
{
  const struct pw_header *found = pw_header_find(transaction, map);
  if (found) {
    *header = *found;
  }
  return found != NULL;
}
/** The response of the present phase is this one, for as long as the server waits in this hook: it is not asked again.
 */
void pw_header_found(struct pw_transaction *transaction, const struct pw_header *response);
/** The first value of a field; false: it is not there. `name` is terminated. */
bool pw_header_field(const struct pw_header *header, const char *name, struct pw_view *value);
/** One more field, at the end. False: memory is out. */
bool pw_header_append(const struct pw_header *header, struct pw_view name, struct pw_view value);
/** All fields go that `keep` does not want. */
void pw_header_retain(const struct pw_header *header, bool (*keep)(struct pw_view name));
/** All fields of a name go. */
void pw_header_remove(const struct pw_header *header, struct pw_view name);

/** Whether the request opens a tunnel: what follows is no body. */
bool pw_request_is_connect(struct pw_transaction *transaction);
/** Whether the message has no body: `end_of_stream` of the headers callbacks. */
bool pw_request_ends_with_headers(struct pw_transaction *transaction);
bool pw_response_ends_with_headers(struct pw_transaction *transaction);

#endif
