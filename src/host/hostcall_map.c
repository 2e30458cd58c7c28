/* SPDX-License-Identifier: Apache-2.0 */
/* Hostcalls on maps of HTTP fields and metadata (ABI text, section "HTTP fields"). */
#include "host/guest.h"
#include "host/hostcall_table.h"
#include "host/log.h"

#include <limits.h>

/* Pairs that a hostcall collects. The list's memory is kept for the next one: no allocation on a request's path. */
static struct pw_pairs *
pairs_begin(struct pw_vm *vm)
{
  vm->worker->pairs.count = 0;
  return &vm->worker->pairs;
}

/* --------------------------------------------------------------------------------------------------------- reading */

/* A map that belongs to a call, there only while its callback runs. NULL: not there. */
static const struct pw_pairs *
call_map(const struct pw_root *root, uint32_t map)
{
  switch (map) {
  case PW_MAP_GRPC_CALL_INITIAL_METADATA:
    return root->grpc_initial_metadata;
  case PW_MAP_GRPC_CALL_TRAILING_METADATA:
    return root->grpc_trailing_metadata;
  case PW_MAP_HTTP_CALL_RESPONSE_HEADERS:
    return root->http_call != NULL ? root->http_call->headers : NULL;
  default:
    return root->http_call != NULL ? root->http_call->trailers : NULL;
  }
}

/* map_find, where the host has the map, or nobody has it, or another thread comes to the stream. */
static __attribute__((noinline)) enum pw_status
map_find_otherwise(const struct pw_context *context, uint32_t map, const struct pw_pairs **pairs, void **data)
{
  static const struct pw_pairs none;
  const struct pw_pairs       *own = &none;

  *pairs = NULL;
  *data  = pw_context_stream_data(context);
  if (map >= PW_MAP_TYPE_COUNT) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  if (map >= PW_MAP_STREAM_COUNT) {
    own = call_map(context->root, map);
  } else if (context->detached) {
    own = context->stream->snapshot != NULL ? &context->stream->snapshot->maps[map] : NULL;
  } else if (context->stream != NULL) {
    return *data != NULL ? PW_STATUS_OK : PW_STATUS_BAD_ARGUMENT;
  }
  *pairs = own != NULL ? own : &none;
  return PW_STATUS_OK;
}

/* Who has a map: the proxy, which is to be asked with `*data` (then `*pairs` is NULL), or the host, of a call or of a
 * stream that has outlived the proxy's (`*pairs`; a map that is not there now is an empty one). BAD_ARGUMENT: no such
 * map, or one of a stream that another thread works at. */
static inline enum pw_status
map_find(const struct pw_context *context, uint32_t map, const struct pw_pairs **pairs, void **data)
{
  if (PW_LIKELY(map < PW_MAP_STREAM_COUNT && context->data != NULL)) {
    *pairs = NULL;
    *data  = context->data;
    return PW_STATUS_OK;
  }
  return map_find_otherwise(context, map, pairs, data);
}

/* A stream's map that does not exist yet (no response came) reads as empty: a client that goes away early must not make
 * a module fail that looks at the response in on_log. */
static inline enum pw_status
empty_if_not_found(enum pw_status status)
{
  return status == PW_STATUS_NOT_FOUND ? PW_STATUS_OK : status;
}

static enum pw_status
map_pairs(struct pw_vm *vm, uint32_t map, struct pw_pairs *scratch, const struct pw_pairs **pairs)
{
  void          *data;
  enum pw_status status = map_find(vm->effective, map, pairs, &data);

  if (status == PW_STATUS_OK && *pairs == NULL) {
    *pairs = scratch;
    status = empty_if_not_found(vm->host->proxy->map_pairs(data, (enum pw_map_type)map, scratch));
  }
  return status;
}

PW_HOSTCALL(pw_hc_get_header_map_size)
{
  struct pw_map_size     size = {0, 0};
  const struct pw_pairs *pairs;
  void                  *data;
  enum pw_status         status = map_find(vm->effective, in[0].u32, &pairs, &data);

  if (status == PW_STATUS_OK && pairs == NULL) {
    status = empty_if_not_found(vm->host->proxy->map_size(data, (enum pw_map_type)in[0].u32, &size));
  } else if (status == PW_STATUS_OK) {
    size = pw_pairs_size(pairs);
  }
  if (status != PW_STATUS_OK) {
    return status;
  }
  return pw_guest_write_u32(vm, in[1].u32, (uint32_t)pw_map_serialized_size(size)) ? PW_STATUS_OK
                                                                                   : PW_STATUS_INVALID_MEMORY_ACCESS;
}

PW_HOSTCALL(pw_hc_get_header_map_pairs)
{
  const struct pw_pairs *pairs;
  enum pw_status         status = map_pairs(vm, in[0].u32, pairs_begin(vm), &pairs);
  char                  *target;

  if (status != PW_STATUS_OK) {
    return status;
  }
  status = pw_guest_return_room(vm, pairs->count > 0 ? pw_pairs_serialized_size(pairs) : 0, in[1], in[2], &target);
  if (status == PW_STATUS_OK && target != NULL) {
    /* HTTP fields have no case, and modules compare with the lower case that HTTP/2 prescribes. */
    pw_pairs_write(pairs, (uint8_t *)target, true);
  }
  return status;
}

/* Finds the values of a key among pairs. */
static enum pw_status
pairs_get(const struct pw_pairs *pairs, struct pw_view key, struct pw_pairs *values)
{
  size_t i;

  for (i = 0; i < pairs->count; ++i) {
    if (pw_field_name_equal(pairs->items[i].key, key) &&
        !pw_pairs_add(values, pairs->items[i].key, pairs->items[i].value)) {
      return PW_STATUS_INTERNAL_FAILURE;
    }
  }
  return values->count > 0 ? PW_STATUS_OK : PW_STATUS_NOT_FOUND;
}

static enum pw_status
map_values(struct pw_vm *vm, uint32_t map, struct pw_view key, struct pw_pairs *values)
{
  const struct pw_context *context = vm->effective;
  const struct pw_pairs   *pairs;
  void                    *data;

  /* A field of a stream that there is none of is no missing field. */
  if (PW_UNLIKELY(context->stream == NULL && map < PW_MAP_STREAM_COUNT)) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  if (map_find(context, map, &pairs, &data) != PW_STATUS_OK) {
    return PW_STATUS_NOT_FOUND;
  }
  return pairs == NULL ? vm->host->proxy->map_get(data, (enum pw_map_type)map, key, values)
                       : pairs_get(pairs, key, values);
}

/* Several values of one name are one list (RFC 9110, 5.3); cookies have a separator of their own (RFC 9113, 8.2.3). */
static enum pw_status
return_joined(struct pw_vm *vm, const struct pw_pairs *values, pw_value address_at, pw_value size_at)
{
  const char    *separator = pw_field_name_equal(values->items[0].key, pw_view_of("cookie")) ? "; " : ", ";
  size_t         size      = 2 * (values->count - 1);
  enum pw_status status;
  char          *target;
  size_t         i;

  for (i = 0; i < values->count; ++i) {
    size += values->items[i].value.size;
  }
  status = pw_guest_return_room(vm, size, address_at, size_at, &target);
  for (i = 0; status == PW_STATUS_OK && i < values->count; ++i) {
    if (i > 0) {
      memcpy(target, separator, 2);
      target += 2;
    }
    if (values->items[i].value.size > 0) {
      memcpy(target, values->items[i].value.data, values->items[i].value.size);
      target += values->items[i].value.size;
    }
  }
  return status;
}

/* No such field. The text of 0.1.0 has no NOT_FOUND here, and the Rust SDK of that time panics on it: an empty value.
 */
static __attribute__((noinline)) enum pw_status
return_none(struct pw_vm *vm, pw_value address_at, pw_value size_at)
{
  return vm->plugin->abi == PW_ABI_0_1_0 ? pw_guest_return(vm, pw_view_make(NULL, 0), address_at, size_at)
                                         : PW_STATUS_NOT_FOUND;
}

PW_HOSTCALL(pw_hc_get_header_map_value)
{
  struct pw_pairs *values = pairs_begin(vm);
  struct pw_view   key;
  enum pw_status   status;

  if (in[0].u32 >= PW_MAP_TYPE_COUNT) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  if (!pw_guest_view(vm, in[1], in[2], &key) || pw_guest(vm, in[3].u32, 4) == NULL ||
      pw_guest(vm, in[4].u32, 4) == NULL) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  status = key.size <= INT_MAX ? map_values(vm, in[0].u32, key, values) : PW_STATUS_NOT_FOUND;
  if (PW_LIKELY(status == PW_STATUS_OK && values->count == 1)) {
    return pw_guest_return(vm, values->items[0].value, in[3], in[4]);
  }
  if (status == PW_STATUS_NOT_FOUND) {
    return return_none(vm, in[3], in[4]);
  }
  return status == PW_STATUS_OK ? return_joined(vm, values, in[3], in[4]) : status;
}

/* -------------------------------------------------------------------------------------------------------- changing */

static __attribute__((noinline, cold)) enum pw_status
too_late(struct pw_context *context, uint32_t map)
{
  pw_instance_note(context->instance, PW_LOG_DEBUG,
                   "a change of map %u is refused: its headers have gone on already, or have not come", map);
  return PW_STATUS_BAD_ARGUMENT;
}

/* The stream whose map may be changed now. */
static inline enum pw_status
changeable(struct pw_vm *vm, uint32_t map, struct pw_stream **stream)
{
  struct pw_context *context = vm->effective;

  if (PW_UNLIKELY(map >= PW_MAP_STREAM_COUNT || pw_context_stream_data(context) == NULL)) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  *stream = context->stream;
  return PW_LIKELY(pw_stream_map_open(*stream, (enum pw_map_type)map)) ? PW_STATUS_OK : too_late(context, map);
}

/* Until so many bytes are counted 128 fields were changed at most: what there are of them need not be asked for. */
#define FEW_CHANGED_BYTES (128 * PW_CHANGED_FIELD_OVERHEAD)

/* Counts what a change leaves in the proxy's memory for as long as the stream lives, replaced or not. */
static inline bool
charge(struct pw_stream *stream, size_t bytes)
{
  size_t sum = stream->changed_bytes + bytes + PW_CHANGED_FIELD_OVERHEAD;

  if (PW_UNLIKELY(sum > PW_MAX_CHANGED_BYTES)) {
    return false;
  }
  stream->changed_bytes = (uint32_t)sum;
  return true;
}

/* Whether a map has room for a field, when modules have changed some already. */
static __attribute__((noinline, cold)) bool
has_room(struct pw_vm *vm, struct pw_stream *stream, enum pw_map_type map, struct pw_view key, bool adds)
{
  const struct pw_proxy_ops *proxy  = vm->host->proxy;
  struct pw_pairs           *values = &vm->worker->more_pairs;
  size_t                     count  = 0;

  values->count = 0;
  if (proxy->map_get(stream->data, map, key, values) == PW_STATUS_OK && values->count > 0) {
    return !adds || values->count < PW_MAX_SAME_FIELDS;
  }
  return proxy->map_count(stream->data, map, &count) != PW_STATUS_OK || count < PW_MAX_FIELDS;
}

enum pw_status
pw_map_change(struct pw_vm *vm, struct pw_stream *stream, enum pw_map_type map, struct pw_view key, size_t value_size,
              bool adds)
{
  size_t size = key.size + value_size;

  if (size > PW_MAX_FIELD_BYTES || !charge(stream, size) ||
      (PW_UNLIKELY(stream->changed_bytes > FEW_CHANGED_BYTES) && !has_room(vm, stream, map, key, adds))) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  return PW_STATUS_OK;
}

static inline bool
is_trailers(uint32_t map)
{
  return map == PW_MAP_HTTP_REQUEST_TRAILERS || map == PW_MAP_HTTP_RESPONSE_TRAILERS;
}

/* The parameters of add and replace. */
static inline enum pw_status
changed_field(struct pw_vm *vm, const pw_value *in, struct pw_view *key, struct pw_view *value,
              struct pw_stream **stream, bool adds)
{
  enum pw_status status;

  if (in[0].u32 >= PW_MAP_TYPE_COUNT) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  if (!pw_guest_view(vm, in[1], in[2], key) || !pw_guest_view(vm, in[3], in[4], value)) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  status = changeable(vm, in[0].u32, stream);
  if (status != PW_STATUS_OK) {
    return status;
  }
  if (!pw_field_valid(*key, *value) || (is_trailers(in[0].u32) && !pw_trailer_name_valid(*key))) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  return pw_map_change(vm, *stream, (enum pw_map_type)in[0].u32, *key, value->size, adds);
}

PW_HOSTCALL_PLAIN(pw_hc_add_header_map_value)
{
  struct pw_stream *stream;
  struct pw_view    key;
  struct pw_view    value;
  enum pw_status    status = changed_field(vm, in, &key, &value, &stream, true);

  return status == PW_STATUS_OK ? vm->host->proxy->map_add(stream->data, (enum pw_map_type)in[0].u32, key, value)
                                : status;
}

PW_HOSTCALL_PLAIN(pw_hc_replace_header_map_value)
{
  struct pw_stream *stream;
  struct pw_view    key;
  struct pw_view    value;
  enum pw_status    status = changed_field(vm, in, &key, &value, &stream, false);

  return status == PW_STATUS_OK ? vm->host->proxy->map_replace(stream->data, (enum pw_map_type)in[0].u32, key, value)
                                : status;
}

static __attribute__((noinline)) const char *remove_field(void *context, const void *data, pw_value *values);

PW_HOSTCALL_PLAIN(remove_field)
{
  struct pw_stream *stream;
  struct pw_view    key;
  enum pw_status    status;

  if (in[0].u32 >= PW_MAP_TYPE_COUNT) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  if (!pw_guest_view(vm, in[1], in[2], &key)) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  status = changeable(vm, in[0].u32, &stream);
  if (status != PW_STATUS_OK) {
    return status;
  }
  if (key.size > PW_MAX_FIELD_BYTES || !pw_field_name_valid(key)) {
    /* Such a name is in no map. */
    return PW_STATUS_OK;
  }
  return vm->host->proxy->map_remove(stream->data, (enum pw_map_type)in[0].u32, key);
}

/* What nearly always holds, with no call to save registers for; else it is done the careful way. */
const char *
pw_hc_remove_header_map_value(void *context, const void *data, pw_value *values)
{
  const struct pw_vm      *vm    = (const struct pw_vm *)context;
  const struct pw_context *asker = vm->effective;
  uint32_t                 map   = values[0].u32;
  struct pw_view           key;

  if (PW_LIKELY(!vm->allocating && map < PW_MAP_STREAM_COUNT && pw_guest_has(vm, values[1], values[2], &key) &&
                asker->data != NULL && pw_stream_map_open(asker->stream, (enum pw_map_type)map) &&
                key.size <= PW_MAX_FIELD_BYTES && pw_field_name_common(key))) {
    values[0].u64 = vm->host->proxy->map_remove(asker->data, (enum pw_map_type)map, key);
    return NULL;
  }
  return remove_field(context, data, values);
}

/* Whether all may stand in HTTP fields. The values are looked at in one go, as they lie in `serialised`; each by itself
 * where that finds something. */
static bool
fields_valid(struct pw_view serialised, const struct pw_pairs *pairs)
{
  size_t count         = pairs->count;
  bool   values_common = count == 0 || pw_field_texts_common(pw_pairs_texts(serialised, count), 2 * count);

  for (size_t i = 0; i < count; i++) {
    const struct pw_pair *pair = &pairs->items[i];

    if (!pw_field_name_valid(pair->key) || !(values_common || pw_field_value_valid(pair->value))) {
      return false;
    }
  }
  return true;
}

static size_t
count_of_name(const struct pw_pairs *pairs, struct pw_view name)
{
  size_t count = 0;

  for (size_t i = 0; i < pairs->count; i++) {
    count += pw_field_name_equal(pairs->items[i].key, name);
  }
  return count;
}

/* Whether there are no more of one name than there may be, for names of which too many end alike. They are told apart
 * by their size and two letters first: where many meet in that, one by one. */
static __attribute__((noinline, cold)) bool
few_of_each_name(const struct pw_pairs *pairs)
{
  uint16_t counts[64] = {0};

  for (size_t i = 0; i < pairs->count; i++) {
    struct pw_view name = pairs->items[i].key;
    unsigned       ends = ((unsigned char)name.data[0] | 0x20u) + 5 * ((unsigned char)name.data[name.size - 1] | 0x20u);
    uint16_t      *count = &counts[(ends + name.size) % 64];

    if (++*count > PW_MAX_SAME_FIELDS && count_of_name(pairs, name) > PW_MAX_SAME_FIELDS) {
      return false;
    }
  }
  return true;
}

/* The same, for names as they come: there are no more of one name than there are of its last letter. The bit that tells
 * small letters from large ones is left out. */
static __attribute__((noinline)) bool
names_differ(const struct pw_pairs *pairs)
{
  uint16_t counts[32] = {0};
  uint16_t most       = 0;

#pragma GCC unroll 4
  for (size_t i = 0; i < pairs->count; i++) {
    struct pw_view name = pairs->items[i].key;

    counts[(unsigned char)name.data[name.size - 1] % 32]++;
  }
  for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
    most = counts[i] > most ? counts[i] : most;
  }
  return PW_LIKELY(most <= PW_MAX_SAME_FIELDS) || few_of_each_name(pairs);
}

enum pw_status
pw_guest_pairs(struct pw_vm *vm, pw_value address, pw_value size, struct pw_pairs *pairs)
{
  struct pw_view bytes;
  enum pw_status status;
  uint32_t       count = 0;

  if (!pw_guest_view(vm, address, size, &bytes)) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  if (bytes.size >= sizeof(count)) {
    memcpy(&count, bytes.data, sizeof(count));
  }
  if (bytes.size > PW_MAX_FIELDS_BYTES || count > PW_MAX_FIELDS) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  status = pw_pairs_parse(bytes, pairs);
  if (status == PW_STATUS_OK &&
      (!fields_valid(bytes, pairs) || (PW_UNLIKELY(pairs->count > PW_MAX_SAME_FIELDS) && !names_differ(pairs)))) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  /* The texts of the hostcalls that take pairs have no PARSE_FAILURE. */
  return status == PW_STATUS_PARSE_FAILURE ? PW_STATUS_BAD_ARGUMENT : status;
}

PW_HOSTCALL(pw_hc_set_header_map_pairs)
{
  struct pw_pairs  *pairs = pairs_begin(vm);
  struct pw_stream *stream;
  enum pw_status    status;
  size_t            i;

  if (in[0].u32 >= PW_MAP_TYPE_COUNT) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  status = pw_guest_pairs(vm, in[1], in[2], pairs);
  if (status != PW_STATUS_OK) {
    return status;
  }
  status = changeable(vm, in[0].u32, &stream);
  if (status != PW_STATUS_OK) {
    return status;
  }
  for (i = 0; is_trailers(in[0].u32) && i < pairs->count; ++i) {
    if (!pw_trailer_name_valid(pairs->items[i].key)) {
      return PW_STATUS_BAD_ARGUMENT;
    }
  }
  if (!charge(stream, in[2].u32)) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  return vm->host->proxy->map_set(stream->data, (enum pw_map_type)in[0].u32, pairs);
}
