/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What our host is held against: a host by hand on the same engine, that does what the ABI asks of these hostcalls and
 * nothing else. It checks bounds, looks up in the same tables, asks the module for memory and copies; it has no limits,
 * no traps that are told, no checks of what a field may hold, no versions of the ABI, and one module.
 */
#include "measure.h"
#include "raw.h"
#include "surroundings.h"

#include "host/id_map.h"
#include "host/name_map.h"

#include <proxywasm/abi.h>

#include <pthread.h>

static struct order       ordered;
static uint64_t           metric;
static struct pw_id_map   contexts;
static void              *effective;
static pthread_mutex_t    shared_lock = PTHREAD_MUTEX_INITIALIZER;
static struct pw_name_map shared_names;
static wasmtime_func_t    allocate, create, configure, request_headers, request_body_function, response_headers, done,
  logged, deleted;

/* A value of the shared data. */
static struct shared {
  struct pw_name_node node; /* first */
  uint32_t            size;
  char                bytes[64];
} only_value = {.node = {.name = {"a key", 5}}};

/* One function, as in any host that has more than one place to call from. */
__attribute__((noinline)) static uint32_t
call(const wasmtime_func_t *function, uint32_t a, uint32_t b, uint32_t c)
{
  return raw_call(function, a, b, c);
}

/* --------------------------------------------------------------------------------------------------------- hostcalls
 */

/* Room for what is returned: asks the module for it, and tells it where it is. */
static uint32_t
room(uint32_t size, uint32_t data_at, uint32_t size_at, uint8_t **target)
{
  if (!raw_is_within(data_at, 4) || !raw_is_within(size_at, 4)) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  uint32_t address = call(&allocate, size, 0, 0);
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

HOSTCALL(get_pairs)
{
  uint32_t size = 4, count = HEADER_COUNT;
  uint8_t *at, *bytes;
  if (IN(0) >= PW_MAP_TYPE_COUNT) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  for (size_t i = 0; i < HEADER_COUNT; i++) {
    size += (uint32_t)(8 + headers[i].key.size + 1 + headers[i].value.size + 1);
  }
  uint32_t status = room(size, IN(1), IN(2), &at);
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
    IN(0) == PW_BUFFER_PLUGIN_CONFIGURATION ? pw_view_make(&ordered, sizeof ordered) : request_body();
  uint32_t start = IN(1), most = IN(2);
  if (IN(0) >= PW_BUFFER_TYPE_COUNT || start > bytes.size) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  bytes = pw_view_make(bytes.data + start, bytes.size - start < most ? bytes.size - start : most);
  return give(bytes, IN(3), IN(4));
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

HOSTCALL(get_time)
{
  uint64_t time = time_now();
  return raw_put(IN(0), &time, 8);
}

HOSTCALL(define_metric)
{
  uint32_t id = 0;
  return raw_put(IN(3), &id, 4);
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

HOSTCALL(set_effective)
{
  void *found = pw_id_map_get(&contexts, IN(0));

  if (!found) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  effective = found;
  return PW_STATUS_OK;
}

static const struct raw_hostcall hostcalls[] = {
  {"proxy_get_header_map_value", "iiiii", get_value},     {"proxy_add_header_map_value", "iiiii", set_value},
  {"proxy_replace_header_map_value", "iiiii", set_value}, {"proxy_remove_header_map_value", "iii", remove_value},
  {"proxy_get_header_map_pairs", "iii", get_pairs},       {"proxy_get_buffer_bytes", "iiiii", get_buffer},
  {"proxy_get_property", "iiii", get_property},           {"proxy_log", "iii", write_log},
  {"proxy_get_current_time_nanoseconds", "i", get_time},  {"proxy_define_metric", "iiii", define_metric},
  {"proxy_increment_metric", "iI", increment_metric},     {"proxy_get_metric", "ii", get_metric},
  {"proxy_get_shared_data", "iiiii", get_shared},         {"proxy_set_shared_data", "iiiii", set_shared},
  {"proxy_set_effective_context", "i", set_effective},
};

/* ------------------------------------------------------------------------------------------------------- the subject
 */

static void
find_exports(void)
{
  static const struct {
    const char      *name;
    wasmtime_func_t *function;
  } exports[] = {
    {"proxy_on_memory_allocate", &allocate},
    {"proxy_on_context_create", &create},
    {"proxy_on_configure", &configure},
    {"proxy_on_request_headers", &request_headers},
    {"proxy_on_request_body", &request_body_function},
    {"proxy_on_response_headers", &response_headers},
    {"proxy_on_done", &done},
    {"proxy_on_log", &logged},
    {"proxy_on_delete", &deleted},
  };
  for (size_t i = 0; i < sizeof exports / sizeof exports[0]; i++) {
    *exports[i].function = raw_function(exports[i].name);
  }
}

static void
open_module(const void *code, size_t size, struct order order)
{
  raw_open(code, size, hostcalls, sizeof hostcalls / sizeof hostcalls[0]);
  find_exports();
  ordered = order;
  pw_id_map_put(&contexts, 1, &contexts);
  pw_id_map_put(&contexts, 2, &contexts);
  only_value.node.hash = pw_name_hash(only_value.node.scope, only_value.node.name);
  pw_name_map_insert(&shared_names, &only_value.node);
  call(&create, 1, 0, 0);
  raw_need(call(&configure, 1, sizeof order, 0) == 1, "it refuses its configuration");
}

static void
run_stream(void)
{
  bool with_body = ordered.operation == OPERATION_BUFFER;
  call(&create, 2, 1, 0);
  call(&request_headers, 2, HEADER_COUNT, !with_body);
  if (with_body) {
    call(&request_body_function, 2, (uint32_t)request_body().size, 1);
  }
  call(&response_headers, 2, HEADER_COUNT, 1);
  call(&done, 2, 0, 0);
  call(&logged, 2, 0, 0);
  call(&deleted, 2, 0, 0);
}

static void
close_module(void)
{
  pw_id_map_clear(&contexts);
  pw_name_map_clear(&shared_names);
  raw_close();
}

int
main(int argc, char **argv)
{
  return measure(argc, argv, &(struct subject){open_module, run_stream, close_module});
}
