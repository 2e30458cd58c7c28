/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file field_map.h
 * All maps of a transaction, as the maps of pw_proxy_ops: headers (header_map.h) and trailers (trailers.h). `stream` is
 * a struct pw_segment.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_FIELD_MAP_H
#define PROXYWASM_TRAFFIC_SERVER_FIELD_MAP_H

#include <proxywasm/proxy.h>

enum pw_status pw_field_map_count(void *stream, enum pw_map_type map, size_t *count);
enum pw_status pw_field_map_size(void *stream, enum pw_map_type map, struct pw_map_size *size);
enum pw_status pw_field_map_pairs(void *stream, enum pw_map_type map, struct pw_pairs *pairs);
enum pw_status pw_field_map_get(void *stream, enum pw_map_type map, struct pw_view key, struct pw_pairs *pairs);
enum pw_status pw_field_map_add(void *stream, enum pw_map_type map, struct pw_view key, struct pw_view value);
enum pw_status pw_field_map_replace(void *stream, enum pw_map_type map, struct pw_view key, struct pw_view value);
enum pw_status pw_field_map_remove(void *stream, enum pw_map_type map, struct pw_view key);
enum pw_status pw_field_map_set(void *stream, enum pw_map_type map, const struct pw_pairs *pairs);

#endif
