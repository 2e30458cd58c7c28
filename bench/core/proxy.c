/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy.h"

#include "surroundings.h"

#include <stdio.h>
#include <stdlib.h>

size_t bench_header_count = HEADER_COUNT;

void
need(bool good, const struct pw_error *error)
{
  if (!good) {
    fprintf(stderr, "%s\n", error->message);
    exit(1);
  }
}

static void
write_line(void *proxy, const struct pw_plugin *of, enum pw_log_level level, struct pw_view text)
{
  (void)proxy;
  (void)of;
  (void)level;
  line_written(text);
}

static uint64_t
now(void *proxy)
{
  (void)proxy;
  return time_now();
}

static bool
fill_random(void *of, void *bytes, size_t size)
{
  (void)of;
  fill_random_bytes(bytes, size);
  return true;
}

static enum pw_status
map_count(void *stream, enum pw_map_type map, size_t *count)
{
  (void)stream;
  (void)map;
  *count = bench_header_count;
  return PW_STATUS_OK;
}

static enum pw_status
map_size(void *stream, enum pw_map_type map, struct pw_map_size *size)
{
  (void)stream;
  (void)map;
  for (size_t left = bench_header_count; left > 0;) {
    size_t some = left < HEADER_COUNT ? left : HEADER_COUNT;
    for (size_t i = 0; i < some; i++) {
      size->bytes += headers[i].key.size + headers[i].value.size;
    }
    left -= some;
  }
  size->count = bench_header_count;
  return PW_STATUS_OK;
}

static enum pw_status
map_pairs(void *stream, enum pw_map_type map, struct pw_pairs *pairs)
{
  (void)stream;
  (void)map;
  if (!pw_pairs_reserve(pairs, bench_header_count)) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  for (size_t left = bench_header_count; left > 0;) {
    size_t          some = left < HEADER_COUNT ? left : HEADER_COUNT;
    struct pw_pair *next = pairs->items + pairs->count;
    for (size_t i = 0; i < some; i++) {
      next[i] = headers[i];
    }
    pairs->count += some;
    left -= some;
  }
  return PW_STATUS_OK;
}

static enum pw_status
map_get(void *stream, enum pw_map_type map, struct pw_view key, struct pw_pairs *pairs)
{
  const struct pw_view *value = header_find(key);
  (void)stream;
  (void)map;
  return value && pw_pairs_add(pairs, key, *value) ? PW_STATUS_OK : PW_STATUS_NOT_FOUND;
}

static enum pw_status
map_set(void *stream, enum pw_map_type map, struct pw_view key, struct pw_view value)
{
  (void)stream;
  (void)map;
  header_set(key, value);
  return PW_STATUS_OK;
}

static enum pw_status
map_remove(void *stream, enum pw_map_type map, struct pw_view key)
{
  (void)stream;
  (void)map;
  header_remove(key);
  return PW_STATUS_OK;
}

static enum pw_status
map_set_all(void *stream, enum pw_map_type map, const struct pw_pairs *pairs)
{
  (void)stream;
  (void)map;
  headers_set(pairs->items, pairs->count);
  return PW_STATUS_OK;
}

static enum pw_status
property_get(void *of, void *stream, struct pw_view path, struct pw_bytes *value)
{
  (void)of;
  (void)stream;
  if (!pw_view_equal(path, pw_view_make("request\0path", 12))) {
    return PW_STATUS_NOT_FOUND;
  }
  return pw_bytes_append(value, request_path().data, request_path().size) ? PW_STATUS_OK : PW_STATUS_INTERNAL_FAILURE;
}

static void
body_out(void *stream, enum pw_stream_type type, struct pw_view piece, bool end_of_stream)
{
  (void)stream;
  (void)type;
  (void)piece;
  (void)end_of_stream;
}

static void
set_tick(void *of, struct pw_instance *ticking, uint32_t milliseconds)
{
  (void)of;
  (void)ticking;
  tick_set(milliseconds);
}

const struct pw_proxy_ops bench_proxy = {
  .log            = write_line,
  .time_realtime  = now,
  .time_monotonic = now,
  .random         = fill_random,
  .set_tick       = set_tick,
  .map_count      = map_count,
  .map_size       = map_size,
  .map_pairs      = map_pairs,
  .map_get        = map_get,
  .map_add        = map_set,
  .map_replace    = map_set,
  .map_remove     = map_remove,
  .map_set        = map_set_all,
  .property_get   = property_get,
  .body_out       = body_out,
};
