/* SPDX-License-Identifier: Apache-2.0 */
/* The header maps of a simulated transaction, as pw_proxy_ops has them. */
#include "cli/simulator/simulator_internal.h"

static struct pw_fields *
readable(void *stream, enum pw_map_type map)
{
  struct pw_transaction *transaction = stream;
  if (map >= PW_MAP_STREAM_COUNT || transaction->map_states[map] == PW_MAP_ABSENT) {
    return NULL;
  }
  return &transaction->maps[map];
}

static enum pw_status
writable(void *stream, enum pw_map_type map, struct pw_fields **fields)
{
  struct pw_transaction *transaction = stream;
  *fields                            = readable(stream, map);
  if (*fields == NULL) {
    return PW_STATUS_NOT_FOUND;
  }
  return transaction->map_states[map] == PW_MAP_OPEN ? PW_STATUS_OK : PW_STATUS_BAD_ARGUMENT;
}

static bool
is_pseudo(struct pw_view name)
{
  return name.size > 0 && name.data[0] == ':';
}

/* The values that pseudo-headers may have: those that the Traffic Server plugin takes. */

static bool
is_method(struct pw_view value)
{
  return !is_pseudo(value) && pw_field_name_valid(value) && !pw_view_equal(value, pw_view_of("CONNECT"));
}

static bool
is_path(struct pw_view value)
{
  for (size_t i = 0; i < value.size; i++) {
    if ((unsigned char)value.data[i] <= ' ' || value.data[i] == 0x7f) {
      return false;
    }
  }
  return value.size > 0 && (value.data[0] == '/' || pw_view_equal(value, pw_view_of("*")));
}

static bool
is_scheme(struct pw_view value)
{
  return pw_view_equal(value, pw_view_of("http")) || pw_view_equal(value, pw_view_of("https"));
}

static bool
is_authority(struct pw_view value)
{
  for (size_t i = 0; i < value.size; i++) {
    unsigned char letter = (unsigned char)value.data[i];
    if (letter <= ' ' || letter >= 0x7f || strchr("/?#@\\\"<>^`{|}", letter) != NULL) {
      return false;
    }
  }
  return value.size > 0 && value.size <= 255;
}

static bool
is_status(struct pw_view value)
{
  if (value.size != 3 || value.data[0] < '2' || value.data[0] > '5') {
    return false;
  }
  return value.data[1] >= '0' && value.data[1] <= '9' && value.data[2] >= '0' && value.data[2] <= '9';
}

/* Whether a field may be in this map: a pseudo-header has to belong there, and its value to be one. */
static bool
field_allowed(enum pw_map_type map, struct pw_view name, struct pw_view value)
{
  static const struct {
    const char      *name;
    enum pw_map_type map;
    bool (*valid)(struct pw_view value);
  } pseudos[] = {{":method", PW_MAP_HTTP_REQUEST_HEADERS, is_method},
                 {":path", PW_MAP_HTTP_REQUEST_HEADERS, is_path},
                 {":authority", PW_MAP_HTTP_REQUEST_HEADERS, is_authority},
                 {":scheme", PW_MAP_HTTP_REQUEST_HEADERS, is_scheme},
                 {":status", PW_MAP_HTTP_RESPONSE_HEADERS, is_status}};
  if (!is_pseudo(name)) {
    return true;
  }
  for (size_t i = 0; i < sizeof(pseudos) / sizeof(pseudos[0]); i++) {
    if (pw_field_name_equal(name, pw_view_of(pseudos[i].name))) {
      return pseudos[i].map == map && pseudos[i].valid(value);
    }
  }
  return false;
}

struct pw_view
pw_simulator_place_of(enum pw_map_type map, struct pw_view key)
{
  bool host = map == PW_MAP_HTTP_REQUEST_HEADERS && pw_field_name_equal(key, pw_view_of("host"));
  return host ? pw_view_of(":authority") : key;
}

/* Where there is a Host field it says what ":authority" says. */
static bool
follow_authority(struct pw_fields *fields)
{
  const struct pw_field *authority = pw_fields_find(fields, pw_view_of(":authority"));
  const struct pw_field *host      = pw_fields_find(fields, pw_view_of("host"));
  return authority == NULL || host == NULL || pw_view_equal(authority->value, host->value) ||
         pw_fields_replace(fields, pw_view_of("host"), authority->value);
}

static enum pw_status
status_of(bool done)
{
  return done ? PW_STATUS_OK : PW_STATUS_INTERNAL_FAILURE;
}

enum pw_status
pw_simulator_map_count(void *stream, enum pw_map_type map, size_t *count)
{
  const struct pw_fields *fields = readable(stream, map);
  if (fields == NULL) {
    return PW_STATUS_NOT_FOUND;
  }
  *count = fields->count;
  return PW_STATUS_OK;
}

enum pw_status
pw_simulator_map_size(void *stream, enum pw_map_type map, struct pw_map_size *size)
{
  const struct pw_fields *fields = readable(stream, map);
  if (fields == NULL) {
    return PW_STATUS_NOT_FOUND;
  }
  pw_fields_size(fields, size);
  return PW_STATUS_OK;
}

enum pw_status
pw_simulator_map_pairs(void *stream, enum pw_map_type map, struct pw_pairs *pairs)
{
  const struct pw_fields *fields = readable(stream, map);
  return fields == NULL ? PW_STATUS_NOT_FOUND : status_of(pw_fields_pairs(fields, pairs));
}

enum pw_status
pw_simulator_map_get(void *stream, enum pw_map_type map, struct pw_view key, struct pw_pairs *pairs)
{
  const struct pw_fields *fields = readable(stream, map);
  if (fields == NULL) {
    return PW_STATUS_NOT_FOUND;
  }
  key        = pw_simulator_place_of(map, key);
  bool found = false;
  for (size_t i = 0; i < fields->count; i++) {
    if (pw_field_name_equal(fields->items[i].name, key)) {
      found = true;
      if (!pw_pairs_add(pairs, fields->items[i].name, fields->items[i].value)) {
        return PW_STATUS_INTERNAL_FAILURE;
      }
    }
  }
  return found ? PW_STATUS_OK : PW_STATUS_NOT_FOUND;
}

enum pw_status
pw_simulator_map_add(void *stream, enum pw_map_type map, struct pw_view key, struct pw_view value)
{
  key = pw_simulator_place_of(map, key);
  if (is_pseudo(key)) {
    return pw_simulator_map_replace(stream, map, key, value);
  }
  struct pw_fields *fields;
  enum pw_status    status = writable(stream, map, &fields);
  return status != PW_STATUS_OK ? status : status_of(pw_fields_add(fields, key, value));
}

enum pw_status
pw_simulator_map_replace(void *stream, enum pw_map_type map, struct pw_view key, struct pw_view value)
{
  struct pw_fields *fields;
  enum pw_status    status = writable(stream, map, &fields);
  if (status != PW_STATUS_OK) {
    return status;
  }
  key = pw_simulator_place_of(map, key);
  if (!field_allowed(map, key, value)) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  return status_of(pw_fields_replace(fields, key, value) && follow_authority(fields));
}

enum pw_status
pw_simulator_map_remove(void *stream, enum pw_map_type map, struct pw_view key)
{
  struct pw_fields *fields;
  enum pw_status    status = writable(stream, map, &fields);
  if (status != PW_STATUS_OK) {
    return status;
  }
  /* No message can do without its pseudo-headers. */
  if (is_pseudo(key) && pw_fields_find(fields, key) != NULL) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  if (!is_pseudo(pw_simulator_place_of(map, key))) {
    pw_fields_remove(fields, key);
  }
  return PW_STATUS_OK;
}

enum pw_status
pw_simulator_map_set(void *stream, enum pw_map_type map, const struct pw_pairs *pairs)
{
  struct pw_fields *fields;
  enum pw_status    status = writable(stream, map, &fields);
  if (status != PW_STATUS_OK) {
    return status;
  }
  for (size_t i = 0; i < pairs->count; i++) {
    if (!field_allowed(map, pw_simulator_place_of(map, pairs->items[i].key), pairs->items[i].value)) {
      return PW_STATUS_BAD_ARGUMENT;
    }
  }

  /* Built beside the old one, so that a failure leaves that as it was, and the pairs may be views of it. */
  struct pw_fields fresh = {0};
  bool             done  = true;
  for (size_t i = 0; done && i < fields->count; i++) {
    const struct pw_field *field = &fields->items[i];
    done = !is_pseudo(pw_simulator_place_of(map, field->name)) || pw_fields_add(&fresh, field->name, field->value);
  }
  for (size_t i = 0; done && i < pairs->count; i++) {
    struct pw_view key = pw_simulator_place_of(map, pairs->items[i].key);
    done               = is_pseudo(key) ? pw_fields_replace(&fresh, key, pairs->items[i].value)
                                        : pw_fields_add(&fresh, key, pairs->items[i].value);
  }
  if (!done || !follow_authority(&fresh)) {
    pw_fields_clear(&fresh);
    return PW_STATUS_INTERNAL_FAILURE;
  }
  pw_fields_clear(fields);
  *fields = fresh;
  return PW_STATUS_OK;
}
