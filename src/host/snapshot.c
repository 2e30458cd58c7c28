/* SPDX-License-Identifier: Apache-2.0 */
#include "host/snapshot.h"

#include "host/log.h"
#include "host/pairs.h"

#include <stdlib.h>

/* Of all streams whose end one plugin has deferred. */
#define PW_MAX_SNAPSHOT_BYTES ((size_t)64 << 20)

/* What a field takes besides its bytes. */
#define FIELD_OVERHEAD sizeof(struct pw_pair)

/* Counts bytes for the plugin. False: it would be too many. */
static bool
charge(struct pw_snapshot *snapshot, size_t size)
{
  atomic_size_t *held = &snapshot->plugin->snapshot_bytes;

  if (atomic_fetch_add_explicit(held, size, memory_order_relaxed) + size <= PW_MAX_SNAPSHOT_BYTES) {
    snapshot->size += size;
    return true;
  }
  atomic_fetch_sub_explicit(held, size, memory_order_relaxed);
  return false;
}

/* Room for copies of a map's texts. False: there is none. */
static bool
make_room(struct pw_snapshot *snapshot, enum pw_map_type map)
{
  struct pw_map_size size = pw_pairs_size(&snapshot->maps[map]);

  return size.bytes <= PW_MAX_SNAPSHOT_BYTES && charge(snapshot, size.bytes + size.count * FIELD_OVERHEAD) &&
         pw_bytes_reserve(&snapshot->bytes[map], size.bytes);
}

/* False: it is empty, though the stream's is not. */
static bool
copy_map(struct pw_snapshot *snapshot, const struct pw_stream *stream, enum pw_map_type map)
{
  struct pw_pairs *pairs = &snapshot->maps[map];

  if (stream->chain->worker->host->proxy->map_pairs(stream->data, map, pairs) != PW_STATUS_OK) {
    pairs->count = 0;
  }
  if (!make_room(snapshot, map)) {
    pw_pairs_clear(pairs);
    return false;
  }
  pw_pairs_move_texts(pairs, &snapshot->bytes[map]);
  return true;
}

struct pw_snapshot *
pw_snapshot_take(const struct pw_stream *stream, struct pw_context *context)
{
  struct pw_snapshot *snapshot = (struct pw_snapshot *)calloc(1, sizeof(*snapshot));
  bool                whole    = true;
  int                 map;

  if (snapshot == NULL) {
    return NULL;
  }
  snapshot->plugin = pw_plugin_retain(context->instance->plugin);
  for (map = 0; map < PW_MAP_STREAM_COUNT; ++map) {
    whole = copy_map(snapshot, stream, (enum pw_map_type)map) && whole;
  }
  if (!whole) {
    pw_instance_note(context->instance, PW_LOG_WARN,
                     "headers of a stream whose end is deferred are not kept: those of others take %zu bytes already",
                     atomic_load_explicit(&snapshot->plugin->snapshot_bytes, memory_order_relaxed));
  }
  return snapshot;
}

void
pw_snapshot_free(struct pw_snapshot *snapshot)
{
  int map;

  if (snapshot == NULL) {
    return;
  }
  for (map = 0; map < PW_MAP_STREAM_COUNT; ++map) {
    pw_pairs_clear(&snapshot->maps[map]);
    pw_bytes_clear(&snapshot->bytes[map]);
  }
  atomic_fetch_sub_explicit(&snapshot->plugin->snapshot_bytes, snapshot->size, memory_order_relaxed);
  pw_plugin_release(snapshot->plugin);
  free(snapshot);
}
