/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/fields/field_map.h"

#include "traffic_server/fields/header_map.h"
#include "traffic_server/transaction/transaction.h"

/* The trailers that a map shows; NULL: it shows headers. */
static inline struct pw_trailers *
trailers_of(void *stream, enum pw_map_type map)
{
  if (map == PW_MAP_HTTP_REQUEST_HEADERS || map == PW_MAP_HTTP_RESPONSE_HEADERS) {
    return NULL;
  }
  return &((struct pw_segment *)stream)->transaction->trailers[map == PW_MAP_HTTP_RESPONSE_TRAILERS];
}

enum pw_status
pw_field_map_count(void *stream, enum pw_map_type map, size_t *count)
{
  struct pw_trailers *trailers = trailers_of(stream, map);
  return trailers ? pw_trailers_count(trailers, count) : pw_header_map_count(stream, map, count);
}

enum pw_status
pw_field_map_size(void *stream, enum pw_map_type map, struct pw_map_size *size)
{
  struct pw_trailers *trailers = trailers_of(stream, map);
  return trailers ? pw_trailers_size(trailers, size) : pw_header_map_size(stream, map, size);
}

enum pw_status
pw_field_map_pairs(void *stream, enum pw_map_type map, struct pw_pairs *pairs)
{
  struct pw_trailers *trailers = trailers_of(stream, map);
  return trailers ? pw_trailers_pairs(trailers, pairs) : pw_header_map_pairs(stream, map, pairs);
}

enum pw_status
pw_field_map_get(void *stream, enum pw_map_type map, struct pw_view key, struct pw_pairs *pairs)
{
  struct pw_trailers *trailers = trailers_of(stream, map);
  return trailers ? pw_trailers_get(trailers, key, pairs) : pw_header_map_get(stream, map, key, pairs);
}

enum pw_status
pw_field_map_add(void *stream, enum pw_map_type map, struct pw_view key, struct pw_view value)
{
  struct pw_trailers *trailers = trailers_of(stream, map);
  return trailers ? pw_trailers_add(trailers, key, value) : pw_header_map_add(stream, map, key, value);
}

enum pw_status
pw_field_map_replace(void *stream, enum pw_map_type map, struct pw_view key, struct pw_view value)
{
  struct pw_trailers *trailers = trailers_of(stream, map);
  return trailers ? pw_trailers_replace(trailers, key, value) : pw_header_map_replace(stream, map, key, value);
}

enum pw_status
pw_field_map_remove(void *stream, enum pw_map_type map, struct pw_view key)
{
  struct pw_trailers *trailers = trailers_of(stream, map);
  return trailers ? pw_trailers_remove(trailers, key) : pw_header_map_remove(stream, map, key);
}

enum pw_status
pw_field_map_set(void *stream, enum pw_map_type map, const struct pw_pairs *pairs)
{
  struct pw_trailers *trailers = trailers_of(stream, map);
  return trailers ? pw_trailers_set(trailers, pairs) : pw_header_map_set(stream, map, pairs);
}
