/* SPDX-License-Identifier: Apache-2.0 */
/* The hostcalls of the lean host. */
#include "lean.h"

#include "surroundings.h"

#include "host/buffer.h"
#include "host/id_map.h"
#include "host/name_map.h"
#include "host/property_store.h"
#include "host/shared_queue.h"

#include <pthread.h>

#define NO_LIMIT SIZE_MAX

static uint64_t metric;
static struct histogram {
  uint64_t sum;
  uint64_t buckets[65];
} histogram;
static struct pw_id_map         contexts;
static void                    *effective;
static pthread_mutex_t          shared_lock = PTHREAD_MUTEX_INITIALIZER;
static struct pw_name_map       shared_names;
static struct pw_shared_queues *queues;
static struct pw_property_store properties;
static struct pw_buffer         body;

/* A value of the shared data. */
static struct shared {
  struct pw_name_node node; /* first */
  uint32_t            size;
  char                bytes[64];
} only_value = {.node = {.name = {"a key", 5}}};

/* Room for what is returned: asks the module for it, and tells it where it is. */
static uint32_t
room(uint32_t size, uint32_t data_at, uint32_t size_at, uint8_t **target)
{
  if (!raw_is_within(data_at, 4) || !raw_is_within(size_at, 4)) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  uint32_t address = lean_allocate(size);
  if (address == 0 || !raw_is_within(address, size)) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  memcpy(raw_memory + data_at, &address, 4);
  memcpy(raw_memory + size_at, &size, 4);
  *target = raw_memory + address;
  return PW_STATUS_OK;
}

static uint32_t
give(struct pw_view bytes, uint32_t data_at, uint32_t size_at)
{
  uint8_t *target;
  uint32_t status = room((uint32_t)bytes.size, data_at, size_at, &target);
  if (status == PW_STATUS_OK) {
    memcpy(target, bytes.data, bytes.size);
  }
  return status;
}

#define HOSTCALL(name) static uint32_t name(const wasmtime_val_raw_t *in)

HOSTCALL(get_value)
{
  if (IN(0) >= PW_MAP_TYPE_COUNT || !raw_is_within(IN(1), IN(2))) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  const struct pw_view *value = header_find(raw_view(IN(1), IN(2)));
  return value ? give(*value, IN(3), IN(4)) : PW_STATUS_NOT_FOUND;
}

HOSTCALL(set_value)
{
  if (IN(0) >= PW_MAP_TYPE_COUNT || !raw_is_within(IN(1), IN(2)) || !raw_is_within(IN(3), IN(4))) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  header_set(raw_view(IN(1), IN(2)), raw_view(IN(3), IN(4)));
  return PW_STATUS_OK;
}

HOSTCALL(remove_value)
{
  if (IN(0) >= PW_MAP_TYPE_COUNT || !raw_is_within(IN(1), IN(2))) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  header_remove(raw_view(IN(1), IN(2)));
  return PW_STATUS_OK;
}

static uint32_t
serialized_size(void)
{
  uint32_t size = 4;
  for (size_t i = 0; i < HEADER_COUNT; i++) {
    size += (uint32_t)(8 + headers[i].key.size + 1 + headers[i].value.size + 1);
  }
  return size;
}

HOSTCALL(get_size)
{
  uint32_t size = serialized_size();
  return IN(0) < PW_MAP_TYPE_COUNT ? raw_put(IN(1), &size, 4) : PW_STATUS_BAD_ARGUMENT;
}

/* The next text of a serialised map, with the byte behind it. */
static bool
next_text(struct pw_view *left, uint32_t size, struct pw_view *text)
{
  if (left->size <= size || left->data[size] != '\0') {
    return false;
  }
  *text = pw_view_make(left->data, size);
  *left = pw_view_make(left->data + size + 1, left->size - size - 1);
  return true;
}

HOSTCALL(set_pairs)
{
  struct pw_pair pairs[HEADER_COUNT];
  uint32_t       count, sizes[2];
  if (IN(0) >= PW_MAP_TYPE_COUNT || IN(2) < 4 || !raw_is_within(IN(1), IN(2))) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  struct pw_view all = raw_view(IN(1), IN(2));
  memcpy(&count, all.data, 4);
  if (count > HEADER_COUNT || all.size < 4 + 8 * (size_t)count) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  struct pw_view left = pw_view_make(all.data + 4 + 8 * (size_t)count, all.size - 4 - 8 * (size_t)count);
  for (uint32_t i = 0; i < count; i++) {
    memcpy(sizes, all.data + 4 + 8 * (size_t)i, 8);
    if (!next_text(&left, sizes[0], &pairs[i].key) || !next_text(&left, sizes[1], &pairs[i].value)) {
      return PW_STATUS_BAD_ARGUMENT;
    }
  }
  headers_set(pairs, count);
  return PW_STATUS_OK;
}

HOSTCALL(get_pairs)
{
  uint32_t count = HEADER_COUNT;
  uint8_t *at, *bytes;
  if (IN(0) >= PW_MAP_TYPE_COUNT) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  uint32_t status = room(serialized_size(), IN(1), IN(2), &at);
  if (status != PW_STATUS_OK) {
    return status;
  }
  memcpy(at, &count, 4);
  at += 4;
  bytes = at + 8 * (size_t)HEADER_COUNT;
  for (size_t i = 0; i < HEADER_COUNT; i++, at += 8) {
    uint32_t sizes[2] = {(uint32_t)headers[i].key.size, (uint32_t)headers[i].value.size};
    memcpy(at, sizes, 8);
    memcpy(bytes, headers[i].key.data, sizes[0] + 1);
    bytes += sizes[0] + 1;
    memcpy(bytes, headers[i].value.data, sizes[1] + 1);
    bytes += sizes[1] + 1;
  }
  return PW_STATUS_OK;
}

HOSTCALL(get_buffer)
{
  struct pw_view bytes =
    IN(0) == PW_BUFFER_PLUGIN_CONFIGURATION ? pw_view_make(&lean_order, sizeof lean_order) : pw_buffer_view(&body);
  uint32_t start = IN(1), most = IN(2);
  if (IN(0) >= PW_BUFFER_TYPE_COUNT || start > bytes.size) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  bytes = pw_view_make(bytes.data + start, bytes.size - start < most ? bytes.size - start : most);
  return give(bytes, IN(3), IN(4));
}

HOSTCALL(get_buffer_status)
{
  uint32_t size = (uint32_t)pw_buffer_view(&body).size, none = 0;
  if (IN(0) >= PW_BUFFER_TYPE_COUNT) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  uint32_t status = raw_put(IN(1), &size, 4);
  return status == PW_STATUS_OK ? raw_put(IN(2), &none, 4) : status;
}

HOSTCALL(set_buffer)
{
  if (IN(0) > PW_BUFFER_UPSTREAM_DATA || !raw_is_within(IN(3), IN(4))) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  return pw_buffer_replace(&body, IN(1), IN(2), raw_view(IN(3), IN(4)), NO_LIMIT);
}

HOSTCALL(set_property)
{
  if (!raw_is_within(IN(0), IN(1)) || !raw_is_within(IN(2), IN(3))) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  return pw_property_store_set(&properties, raw_view(IN(0), IN(1)), raw_view(IN(2), IN(3)), NO_LIMIT);
}

HOSTCALL(get_property)
{
  if (!raw_is_within(IN(0), IN(1)) || !pw_view_equal(raw_view(IN(0), IN(1)), pw_view_make("request\0path", 12))) {
    return PW_STATUS_NOT_FOUND;
  }
  return give(request_path(), IN(2), IN(3));
}

HOSTCALL(write_log)
{
  if (IN(0) > PW_LOG_CRITICAL || !raw_is_within(IN(1), IN(2))) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  line_written(raw_view(IN(1), IN(2)));
  return PW_STATUS_OK;
}

/* Copied first, as the vectors lie apart. */
HOSTCALL(write_vectors)
{
  char     line[512];
  uint32_t size = 0;
  if (IN(2) > UINT32_MAX / 8 || !raw_is_within(IN(1), 8 * IN(2))) {
    return PW_WASI_FAULT;
  }
  for (uint32_t i = 0; i < IN(2); i++) {
    uint32_t part[2];
    memcpy(part, raw_memory + IN(1) + 8 * (size_t)i, 8);
    if (!raw_is_within(part[0], part[1]) || part[1] > sizeof line - size) {
      return PW_WASI_FAULT;
    }
    memcpy(line + size, raw_memory + part[0], part[1]);
    size += part[1];
  }
  line_written(pw_view_make(line, size > 0 && line[size - 1] == '\n' ? size - 1 : size));
  return raw_put(IN(3), &size, 4);
}

HOSTCALL(clock_time)
{
  uint64_t time = time_now();
  return raw_put(IN(2), &time, 8);
}

HOSTCALL(random_bytes)
{
  if (!raw_is_within(IN(0), IN(1))) {
    return PW_WASI_FAULT;
  }
  fill_random_bytes(raw_memory + IN(0), IN(1));
  return PW_WASI_SUCCESS;
}

HOSTCALL(get_log_level)
{
  uint32_t level = PW_LOG_INFO;
  return raw_put(IN(0), &level, 4);
}

HOSTCALL(set_tick)
{
  tick_set(IN(0));
  return PW_STATUS_OK;
}

HOSTCALL(get_time)
{
  uint64_t time = time_now();
  return raw_put(IN(0), &time, 8);
}

HOSTCALL(define_metric)
{
  uint32_t id = IN(0) == PW_METRIC_HISTOGRAM;
  return raw_put(IN(3), &id, 4);
}

HOSTCALL(record_metric)
{
  uint64_t sample = (uint64_t)in[1].i64;
  if (IN(0) != 1) {
    return PW_STATUS_NOT_FOUND;
  }
  histogram.sum += sample;
  histogram.buckets[sample <= 1 ? 0 : 64 - __builtin_clzll(sample - 1)]++;
  return PW_STATUS_OK;
}

HOSTCALL(increment_metric)
{
  if (IN(0) != 0) {
    return PW_STATUS_NOT_FOUND;
  }
  __atomic_fetch_add(&metric, (uint64_t)in[1].i64, __ATOMIC_RELAXED);
  return PW_STATUS_OK;
}

HOSTCALL(get_metric)
{
  uint64_t value = __atomic_load_n(&metric, __ATOMIC_RELAXED);
  return IN(0) == 0 ? raw_put(IN(1), &value, 8) : PW_STATUS_NOT_FOUND;
}

static struct shared *
shared_find(struct pw_view key)
{
  const struct pw_view no_scope = {NULL, 0};

  return (struct shared *)pw_name_map_find(&shared_names, pw_name_hash(no_scope, key), no_scope, key);
}

HOSTCALL(get_shared)
{
  char           copy[sizeof only_value.bytes];
  struct shared *value;
  uint32_t       size = 0, cas = 1;

  if (!raw_is_within(IN(0), IN(1))) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  pthread_mutex_lock(&shared_lock);
  value = shared_find(raw_view(IN(0), IN(1)));
  if (value) {
    size = value->size;
    memcpy(copy, value->bytes, size);
  }
  pthread_mutex_unlock(&shared_lock);
  uint32_t status = value ? raw_put(IN(4), &cas, 4) : PW_STATUS_NOT_FOUND;
  return status == PW_STATUS_OK ? give(pw_view_make(copy, size), IN(2), IN(3)) : status;
}

HOSTCALL(set_shared)
{
  struct shared *value;

  if (!raw_is_within(IN(0), IN(1)) || !raw_is_within(IN(2), IN(3)) || IN(3) > sizeof value->bytes) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  pthread_mutex_lock(&shared_lock);
  value = shared_find(raw_view(IN(0), IN(1)));
  if (value) {
    value->size = IN(3);
    memcpy(value->bytes, raw_memory + IN(2), IN(3));
  }
  pthread_mutex_unlock(&shared_lock);
  return value ? PW_STATUS_OK : PW_STATUS_INTERNAL_FAILURE;
}

static void
ignore(void *data, uint32_t id, uint32_t items)
{
  (void)data;
  (void)id;
  (void)items;
}

HOSTCALL(register_queue)
{
  static const struct pw_queue_subscriber subscriber = {ignore, &queues};
  uint32_t                                id         = 0;
  if (!raw_is_within(IN(0), IN(1))) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  uint32_t status = pw_shared_queues_register(queues, pw_view_of(""), raw_view(IN(0), IN(1)), &subscriber, &id);
  return status == PW_STATUS_OK ? raw_put(IN(2), &id, 4) : status;
}

HOSTCALL(resolve_queue)
{
  uint32_t id = 0;
  if (!raw_is_within(IN(0), IN(1)) || !raw_is_within(IN(2), IN(3))) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  uint32_t status = pw_shared_queues_resolve(queues, raw_view(IN(0), IN(1)), raw_view(IN(2), IN(3)), &id);
  return status == PW_STATUS_OK ? raw_put(IN(4), &id, 4) : status;
}

HOSTCALL(enqueue)
{
  if (!raw_is_within(IN(1), IN(2))) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  return pw_shared_queues_enqueue(queues, IN(0), raw_view(IN(1), IN(2)));
}

HOSTCALL(dequeue)
{
  static struct pw_bytes item;
  item.size       = 0;
  uint32_t status = pw_shared_queues_dequeue(queues, IN(0), &item);
  return status == PW_STATUS_OK ? give(pw_bytes_view(&item), IN(1), IN(2)) : status;
}

HOSTCALL(set_effective)
{
  void *found = pw_id_map_get(&contexts, IN(0));

  if (!found) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  effective = found;
  return PW_STATUS_OK;
}

const struct raw_hostcall lean_hostcalls[] = {
  {"proxy_get_header_map_value", "iiiii", get_value},
  {"proxy_add_header_map_value", "iiiii", set_value},
  {"proxy_replace_header_map_value", "iiiii", set_value},
  {"proxy_remove_header_map_value", "iii", remove_value},
  {"proxy_get_header_map_size", "ii", get_size},
  {"proxy_get_header_map_pairs", "iii", get_pairs},
  {"proxy_set_header_map_pairs", "iii", set_pairs},
  {"proxy_get_buffer_bytes", "iiiii", get_buffer},
  {"proxy_set_buffer_bytes", "iiiii", set_buffer},
  {"proxy_get_buffer_status", "iii", get_buffer_status},
  {"proxy_get_property", "iiii", get_property},
  {"proxy_set_property", "iiii", set_property},
  {"proxy_log", "iii", write_log},
  {"proxy_get_log_level", "i", get_log_level},
  {"proxy_get_current_time_nanoseconds", "i", get_time},
  {"proxy_set_tick_period_milliseconds", "i", set_tick},
  {"proxy_define_metric", "iiii", define_metric},
  {"proxy_increment_metric", "iI", increment_metric},
  {"proxy_record_metric", "iI", record_metric},
  {"proxy_get_metric", "ii", get_metric},
  {"proxy_get_shared_data", "iiiii", get_shared},
  {"proxy_set_shared_data", "iiiii", set_shared},
  {"proxy_register_shared_queue", "iii", register_queue},
  {"proxy_resolve_shared_queue", "iiiii", resolve_queue},
  {"proxy_enqueue_shared_queue", "iii", enqueue},
  {"proxy_dequeue_shared_queue", "iii", dequeue},
  {"proxy_set_effective_context", "i", set_effective},
  {"fd_write", "iiii", write_vectors},
  {"clock_time_get", "iIi", clock_time},
  {"random_get", "ii", random_bytes},
};
const size_t lean_hostcall_count = sizeof lean_hostcalls / sizeof lean_hostcalls[0];

/* ---------------------------------------------------------------------------------------------------------- its state
 */

void
lean_begin(void)
{
  queues = pw_shared_queues_new(1, UINT64_C(1) << 30, UINT64_C(1) << 30);
  raw_need(queues != NULL, "out of memory");
  pw_id_map_put(&contexts, 1, &contexts);
  pw_id_map_put(&contexts, 2, &contexts);
  only_value.node.hash = pw_name_hash(only_value.node.scope, only_value.node.name);
  pw_name_map_insert(&shared_names, &only_value.node);
}

void
lean_body_begin(void)
{
  pw_buffer_set_view(&body, request_body());
}

void
lean_properties_end(void)
{
  pw_property_store_clear(&properties);
}

void
lean_end(void)
{
  pw_id_map_clear(&contexts);
  pw_name_map_clear(&shared_names);
  pw_shared_queues_delete(queues);
}
