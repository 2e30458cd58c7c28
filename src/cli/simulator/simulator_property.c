/* SPDX-License-Identifier: Apache-2.0 */
/* Properties of a simulated transaction: those that were given, and those that follow from what came (ABI text,
 * "Well-known properties", and the names that Envoy made common). */
#include <inttypes.h>
#include <stdio.h>

#include "cli/simulator/simulator_internal.h"

#define CLIENT_PORT   49152
#define PROXY_PORT    80
#define UPSTREAM_PORT 8080
#define OUTGOING_PORT 49153

static bool
put_text(struct pw_bytes *value, struct pw_view text)
{
  return pw_simulator_copy_bytes(value, text);
}

static bool
put_number(struct pw_bytes *value, uint64_t number)
{
  uint8_t bytes[8];
  for (size_t i = 0; i < sizeof(bytes); i++) {
    bytes[i] = (uint8_t)(number >> (8 * i));
  }
  return pw_bytes_append(value, bytes, sizeof(bytes));
}

static bool
put_map(struct pw_bytes *value, const struct pw_fields *fields)
{
  struct pw_pairs pairs = {0};
  bool            done  = pw_fields_pairs(fields, &pairs);
  size_t          size  = done ? pw_pairs_serialized_size(&pairs) : 0;
  done                  = done && size != SIZE_MAX && pw_bytes_reserve(value, value->size + size);
  if (done && size > 0) {
    pw_pairs_write(&pairs, (uint8_t *)value->data + value->size, true);
    value->size += size;
  }
  pw_pairs_clear(&pairs);
  return done;
}

/* All values of a field in one, as a list. */
static enum pw_status
put_field(struct pw_bytes *value, const struct pw_fields *fields, struct pw_view name)
{
  bool found = false;
  for (size_t i = 0; i < fields->count; i++) {
    if (!pw_field_name_equal(fields->items[i].name, name)) {
      continue;
    }
    if ((found && !pw_bytes_append(value, ",", 1)) || !put_text(value, fields->items[i].value)) {
      return PW_STATUS_SERIALIZATION_FAILURE;
    }
    found = true;
  }
  return found ? PW_STATUS_OK : PW_STATUS_NOT_FOUND;
}

static uint64_t
fields_size(const struct pw_fields *fields)
{
  uint64_t size = 0;
  for (size_t i = 0; i < fields->count; i++) {
    size += fields->items[i].name.size + fields->items[i].value.size;
  }
  return size;
}

/* --------------------------------------------------------------------------------------------- computed properties */

/** Where a computed property comes from. */
enum source {
  FIELD,       /* a field of `map`, by `name` */
  MAP,         /* the whole map */
  URL_PATH,    /* ":path" without its query */
  QUERY,       /* what follows '?' in ":path" */
  TEXT,        /* `name` itself */
  NUMBER,      /* `number` itself */
  ADDRESS,     /* of this machine, with `number` as its port */
  BODY_SIZE,   /* bytes of body that came, `number` is the stream type */
  TOTAL_SIZE,  /* and of its headers and trailers */
  TIME,        /* of the begin */
  DURATION,    /* since then */
  IDENTIFIER,  /* the transaction's number */
  REQUEST_ID,  /* a field of `map`, by `name`, or that number as text */
  STATUS_CODE, /* of the response */
  BOOLEAN      /* `number` */
};

struct computed {
  const char      *path;
  enum source      source;
  enum pw_map_type map; /* it exists only while this map does; PW_MAP_STREAM_COUNT: always in a stream */
  const char      *name;
  uint64_t         number;
};

#define REQUEST  PW_MAP_HTTP_REQUEST_HEADERS
#define RESPONSE PW_MAP_HTTP_RESPONSE_HEADERS
#define NO_MAP   PW_MAP_STREAM_COUNT

static const struct computed computed[] = {
  {"request.path", FIELD, REQUEST, ":path", 0},
  {"request.url_path", URL_PATH, REQUEST, NULL, 0},
  {"request.query", QUERY, REQUEST, NULL, 0},
  {"request.host", FIELD, REQUEST, ":authority", 0},
  {"request.scheme", FIELD, REQUEST, ":scheme", 0},
  {"request.method", FIELD, REQUEST, ":method", 0},
  {"request.referer", FIELD, REQUEST, "referer", 0},
  {"request.useragent", FIELD, REQUEST, "user-agent", 0},
  {"request.id", REQUEST_ID, REQUEST, "x-request-id", 0},
  {"request.protocol", TEXT, REQUEST, "HTTP/1.1", 0},
  {"request.headers", MAP, REQUEST, NULL, 0},
  {"request.trailers", MAP, PW_MAP_HTTP_REQUEST_TRAILERS, NULL, 0},
  {"request.time", TIME, NO_MAP, NULL, 0},
  {"request.duration", DURATION, NO_MAP, NULL, 0},
  {"request.size", BODY_SIZE, REQUEST, NULL, PW_STREAM_HTTP_REQUEST},
  {"request.total_size", TOTAL_SIZE, REQUEST, NULL, PW_STREAM_HTTP_REQUEST},
  {"response.code", STATUS_CODE, RESPONSE, NULL, 0},
  {"response.headers", MAP, RESPONSE, NULL, 0},
  {"response.trailers", MAP, PW_MAP_HTTP_RESPONSE_TRAILERS, NULL, 0},
  {"response.grpc_status", FIELD, RESPONSE, "grpc-status", 0},
  {"response.size", BODY_SIZE, RESPONSE, NULL, PW_STREAM_HTTP_RESPONSE},
  {"response.total_size", TOTAL_SIZE, RESPONSE, NULL, PW_STREAM_HTTP_RESPONSE},
  {"connection.id", IDENTIFIER, NO_MAP, NULL, 0},
  {"connection_id", IDENTIFIER, NO_MAP, NULL, 0},
  {"connection.mtls", BOOLEAN, NO_MAP, NULL, 0},
  {"source.address", ADDRESS, NO_MAP, NULL, CLIENT_PORT},
  {"source.port", NUMBER, NO_MAP, NULL, CLIENT_PORT},
  {"destination.address", ADDRESS, NO_MAP, NULL, PROXY_PORT},
  {"destination.port", NUMBER, NO_MAP, NULL, PROXY_PORT},
  {"upstream.address", ADDRESS, RESPONSE, NULL, UPSTREAM_PORT},
  {"upstream.port", NUMBER, RESPONSE, NULL, UPSTREAM_PORT},
  {"upstream.local_address", ADDRESS, RESPONSE, NULL, OUTGOING_PORT},
  {"upstream.local_port", NUMBER, RESPONSE, NULL, OUTGOING_PORT},
};

static enum pw_status
put_path_part(const struct pw_transaction *transaction, bool query, struct pw_bytes *value)
{
  const struct pw_field *field = pw_fields_find(&transaction->maps[REQUEST], pw_view_of(":path"));
  if (field == NULL) {
    return PW_STATUS_NOT_FOUND;
  }
  struct pw_view path = field->value;
  const char    *mark = path.size > 0 ? memchr(path.data, '?', path.size) : NULL;
  size_t         head = mark ? (size_t)(mark - path.data) : path.size;
  struct pw_view part = pw_view_make(path.data, head);
  if (query) {
    part = mark ? pw_view_make(mark + 1, path.size - head - 1) : pw_view_make(NULL, 0);
  }
  return put_text(value, part) ? PW_STATUS_OK : PW_STATUS_SERIALIZATION_FAILURE;
}

static enum pw_status
put_request_id(const struct pw_transaction *transaction, const struct computed *entry, struct pw_bytes *value)
{
  char           text[24];
  enum pw_status status = put_field(value, &transaction->maps[entry->map], pw_view_of(entry->name));
  if (status != PW_STATUS_NOT_FOUND) {
    return status;
  }
  snprintf(text, sizeof(text), "%" PRIu64, (uint64_t)transaction->id);
  return put_text(value, pw_view_of(text)) ? PW_STATUS_OK : PW_STATUS_SERIALIZATION_FAILURE;
}

static bool
put_address(struct pw_bytes *value, uint64_t port)
{
  char text[32];
  snprintf(text, sizeof(text), "127.0.0.1:%" PRIu64, port);
  return put_text(value, pw_view_of(text));
}

static uint64_t
number_of(const struct pw_transaction *transaction, const struct computed *entry)
{
  const struct pw_fields *maps = transaction->maps;
  uint64_t                now  = pw_simulator_time(transaction->simulator);
  switch (entry->source) {
  case BODY_SIZE:
    return transaction->body_in[entry->number];
  case TOTAL_SIZE:
    return transaction->body_in[entry->number] + fields_size(&maps[entry->map]) + fields_size(&maps[entry->map + 1]);
  case TIME:
    return transaction->time_begin;
  case DURATION:
    return now - transaction->time_begin;
  case IDENTIFIER:
    return transaction->id;
  case STATUS_CODE:
    return pw_simulator_status_number(pw_fields_value(&maps[RESPONSE], ":status"));
  default:
    return entry->number;
  }
}

static enum pw_status
compute(const struct pw_transaction *transaction, const struct computed *entry, struct pw_bytes *value)
{
  if (entry->map != NO_MAP && transaction->map_states[entry->map] == PW_MAP_ABSENT) {
    return PW_STATUS_NOT_FOUND;
  }
  bool done;
  switch (entry->source) {
  case FIELD:
    return put_field(value, &transaction->maps[entry->map], pw_view_of(entry->name));
  case REQUEST_ID:
    return put_request_id(transaction, entry, value);
  case URL_PATH:
  case QUERY:
    return put_path_part(transaction, entry->source == QUERY, value);
  case MAP:
    done = put_map(value, &transaction->maps[entry->map]);
    break;
  case TEXT:
    done = put_text(value, pw_view_of(entry->name));
    break;
  case ADDRESS:
    done = put_address(value, entry->number);
    break;
  case BOOLEAN:
    done = pw_bytes_append(value, entry->number ? "\1" : "\0", 1);
    break;
  default:
    done = put_number(value, number_of(transaction, entry));
    break;
  }
  return done ? PW_STATUS_OK : PW_STATUS_SERIALIZATION_FAILURE;
}

/* "request.headers.NAME" and its like: one field of a map that is a property. */
static enum pw_status
compute_field(const struct pw_transaction *transaction, struct pw_view path, struct pw_bytes *value)
{
  for (size_t i = 0; i < sizeof(computed) / sizeof(computed[0]); i++) {
    size_t size = strlen(computed[i].path);
    if (computed[i].source == MAP && path.size > size + 1 && path.data[size] == '.' &&
        memcmp(path.data, computed[i].path, size) == 0) {
      if (transaction->map_states[computed[i].map] == PW_MAP_ABSENT) {
        return PW_STATUS_NOT_FOUND;
      }
      struct pw_view name = pw_view_make(path.data + size + 1, path.size - size - 1);
      return put_field(value, &transaction->maps[computed[i].map], pw_simulator_place_of(computed[i].map, name));
    }
  }
  return PW_STATUS_NOT_FOUND;
}

/* ------------------------------------------------------------------------------------------------------ given ones */

/* The last one counts; paths do not compare like names of fields. */
static const struct pw_field *
find_exactly(const struct pw_fields *properties, struct pw_view path)
{
  for (size_t i = properties->count; i-- > 0;) {
    if (pw_view_equal(properties->items[i].name, path)) {
      return &properties->items[i];
    }
  }
  return NULL;
}

/* Parts are separated by NUL: "request.path" is one part, and none that a proxy knows. Names of fields, which are third
 * parts, may have dots. */
static bool
parts_have_dots(struct pw_view path)
{
  unsigned parts = 0;
  for (size_t i = 0; i < path.size && parts < 2; i++) {
    if (path.data[i] == '.') {
      return true;
    }
    parts += path.data[i] == '\0';
  }
  return false;
}

/* `dotted` is `path` with dots for NULs. */
static enum pw_status
look_up(struct pw_simulator *simulator, const struct pw_transaction *transaction, struct pw_view path,
        struct pw_view dotted, struct pw_bytes *value)
{
  const struct pw_field *given = transaction ? find_exactly(&transaction->properties, dotted) : NULL;
  if (given == NULL) {
    given = find_exactly(&simulator->properties, dotted);
  }
  if (given != NULL) {
    return put_text(value, given->value) ? PW_STATUS_OK : PW_STATUS_SERIALIZATION_FAILURE;
  }
  if (pw_view_equal(path, pw_view_of("node"))) {
    return PW_STATUS_OK; /* empty, as it is in Traffic Server */
  }
  if (transaction == NULL || parts_have_dots(path)) {
    return PW_STATUS_NOT_FOUND;
  }
  for (size_t i = 0; i < sizeof(computed) / sizeof(computed[0]); i++) {
    if (pw_view_equal(dotted, pw_view_of(computed[i].path))) {
      return compute(transaction, &computed[i], value);
    }
  }
  return compute_field(transaction, dotted, value);
}

/* The parts of a path with '.' between them. false: memory. */
static bool
dot(struct pw_view path, struct pw_bytes *dotted)
{
  if (!pw_simulator_copy_bytes(dotted, path)) {
    return false;
  }
  for (size_t i = 0; i < dotted->size; i++) {
    if (dotted->data[i] == '\0') {
      dotted->data[i] = '.';
    }
  }
  return true;
}

enum pw_status
pw_simulator_property_get(void *worker, void *stream, struct pw_view path, struct pw_bytes *value)
{
  struct pw_bytes dotted = {0};
  if (!dot(path, &dotted)) {
    return PW_STATUS_SERIALIZATION_FAILURE;
  }
  enum pw_status status = look_up(worker, stream, path, pw_bytes_view(&dotted), value);
  pw_bytes_clear(&dotted);
  return status;
}

/* ------------------------------------------------------------------------------------------------------- setting them
 */

/* One that was given is no more than a value, whatever it is a part of in other transactions: it gets the new one. */
enum pw_status
pw_simulator_property_set(void *worker, void *stream, struct pw_view path, struct pw_view value)
{
  const struct pw_simulator *simulator   = worker;
  struct pw_transaction     *transaction = stream;
  struct pw_bytes            dotted      = {0};
  enum pw_status             status      = PW_STATUS_NOT_FOUND;
  if (transaction == NULL || parts_have_dots(path)) {
    return status;
  }
  if (!dot(path, &dotted)) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  struct pw_view name = pw_bytes_view(&dotted);
  if (find_exactly(&transaction->properties, name) != NULL || find_exactly(&simulator->properties, name) != NULL) {
    status = pw_fields_replace(&transaction->properties, name, value) ? PW_STATUS_OK : PW_STATUS_INTERNAL_FAILURE;
  }
  pw_bytes_clear(&dotted);
  return status;
}

bool
pw_simulator_set_property(struct pw_simulator *simulator, struct pw_view path, struct pw_view value)
{
  return pw_fields_add(&simulator->properties, path, value);
}

bool
pw_transaction_set_property(struct pw_transaction *transaction, struct pw_view path, struct pw_view value)
{
  return pw_fields_add(&transaction->properties, path, value);
}
