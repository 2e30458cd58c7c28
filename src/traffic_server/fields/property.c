/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/fields/property.h"

#include "host/pairs.h"
#include "traffic_server/transaction/transaction.h"

enum pw_status
pw_property_put_text(struct pw_bytes *value, struct pw_view text)
{
  return pw_bytes_append(value, text.data, text.size) ? PW_STATUS_OK : PW_STATUS_SERIALIZATION_FAILURE;
}

enum pw_status
pw_property_put_number(struct pw_bytes *value, uint64_t number)
{
  unsigned char bytes[8];
  for (size_t i = 0; i < sizeof(bytes); i++) {
    bytes[i] = (unsigned char)(number >> (8 * i));
  }
  return pw_property_put_text(value, pw_view_make(bytes, sizeof(bytes)));
}

enum pw_status
pw_property_put_bool(struct pw_bytes *value, bool flag)
{
  unsigned char byte = flag ? 1 : 0;
  return pw_property_put_text(value, pw_view_make(&byte, 1));
}

/* Whether a path (parts with NUL between) begins with a name (parts with '.' between); `rest` gets what follows. */
static bool
path_matches(struct pw_view path, const char *name, struct pw_view *rest)
{
  size_t i = 0;
  for (; name[i] != '\0'; i++) {
    if (i == path.size || path.data[i] != (name[i] == '.' ? '\0' : name[i])) {
      return false;
    }
  }
  if (i == path.size) {
    *rest = pw_view_make(NULL, 0);
    return true;
  }
  *rest = pw_view_make(path.data + i + 1, path.size - i - 1);
  return path.data[i] == '\0';
}

static const struct pw_property *
find_in(const struct pw_property *properties, size_t count, struct pw_view path, struct pw_view *rest)
{
  for (size_t i = 0; i < count; i++) {
    if (path_matches(path, properties[i].path, rest)) {
      return &properties[i];
    }
  }
  return NULL;
}

enum pw_status
pw_property_get(void *worker, void *stream, struct pw_view path, struct pw_bytes *value)
{
  struct pw_property_request request;
  (void)worker;

  memset(&request, 0, sizeof(request));
  if (path_matches(path, "node", &request.rest) && request.rest.size == 0) {
    /* There is no such description of the server: empty, as the existing plugin has it. */
    return PW_STATUS_OK;
  }
  if (!stream) {
    return PW_STATUS_NOT_FOUND;
  }
  const struct pw_property *property = find_in(pw_http_properties, pw_http_property_count, path, &request.rest);
  if (!property) {
    property = find_in(pw_connection_properties, pw_connection_property_count, path, &request.rest);
  }
  if (!property) {
    return PW_STATUS_NOT_FOUND;
  }
  request.segment = (struct pw_segment *)stream;
  request.txn     = request.segment->transaction->txn;
  request.detail  = property->detail;
  request.value   = value;
  return property->get(&request);
}

/* ---------------------------------------------------------------------------------------------------------------
 * setting */

static enum pw_status
set_path_part(void *stream, struct pw_view value, bool query)
{
  struct pw_transaction *transaction = ((struct pw_segment *)stream)->transaction;
  struct pw_header       header;
  struct pw_view         present;
  struct pw_bytes        path = {NULL, 0, 0};

  if (!pw_header_of(transaction, PW_MAP_HTTP_REQUEST_HEADERS, &header) ||
      !pw_pseudo_header_get(transaction, &header, PW_PSEUDO_PATH, &present)) {
    return PW_STATUS_NOT_FOUND;
  }
  const char    *mark = present.size ? (const char *)memchr(present.data, '?', present.size) : NULL;
  struct pw_view head = pw_view_make(present.data, mark ? (size_t)(mark - present.data) : present.size);
  struct pw_view tail = mark ? pw_view_make(mark + 1, present.size - head.size - 1) : pw_view_make(NULL, 0);
  head                = query ? head : value;
  tail                = query ? value : tail;
  bool slash          = head.size > 0 && head.data[0] == '/';
  bool done           = pw_bytes_append(&path, "/", slash ? 0 : 1) && pw_bytes_append(&path, head.data, head.size) &&
              (tail.size == 0 || (pw_bytes_append(&path, "?", 1) && pw_bytes_append(&path, tail.data, tail.size)));
  enum pw_status status = PW_STATUS_INTERNAL_FAILURE;
  if (done) {
    status = pw_header_map_replace(stream, PW_MAP_HTTP_REQUEST_HEADERS, pw_view_of(":path"), pw_bytes_view(&path));
  }
  pw_bytes_clear(&path);
  return status;
}

/* An empty value takes the field away, as the existing plugin has it. */
static enum pw_status
set_field(void *stream, enum pw_map_type map, struct pw_view name, struct pw_view value)
{
  if (value.size == 0) {
    return pw_header_map_remove(stream, map, name);
  }
  return pw_field_name_valid(name) && pw_field_value_valid(value) ? pw_header_map_replace(stream, map, name, value)
                                                                  : PW_STATUS_BAD_ARGUMENT;
}

static enum pw_status
set_code(void *stream, struct pw_view value)
{
  char     text[4];
  uint64_t code = 0;
  if (value.size != 8 && value.size != 4) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  for (size_t i = 0; i < value.size; i++) {
    code |= (uint64_t)(unsigned char)value.data[i] << (8 * i);
  }
  if (code > 999) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  text[0] = (char)('0' + code / 100);
  text[1] = (char)('0' + code / 10 % 10);
  text[2] = (char)('0' + code % 10);
  return pw_header_map_replace(stream, PW_MAP_HTTP_RESPONSE_HEADERS, pw_view_of(":status"), pw_view_make(text, 3));
}

static enum pw_status
set_reason(void *stream, struct pw_view value)
{
  struct pw_transaction *transaction = ((struct pw_segment *)stream)->transaction;
  struct pw_header       header;
  bool open = transaction->phase == PW_PHASE_ORIGIN_RESPONSE || transaction->phase == PW_PHASE_CLIENT_RESPONSE;
  if (!open || value.size > 1024 || !pw_field_value_valid(value) ||
      !pw_header_of(transaction, PW_MAP_HTTP_RESPONSE_HEADERS, &header)) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  TSHttpHdrReasonSet(header.buffer, header.location, value.size ? value.data : "", (int)value.size);
  return PW_STATUS_OK;
}

/* Those that the existing plugin reacts to. */
enum pw_status
pw_property_set(void *worker, void *stream, struct pw_view path, struct pw_view value)
{
  static const struct {
    const char *property;
    const char *pseudo;
  } pseudos[] = {{"request.host", ":authority"},
                 {"request.scheme", ":scheme"},
                 {"request.method", ":method"},
                 {"request.path", ":path"}};
  struct pw_view rest;
  (void)worker;

  if (!stream) {
    return PW_STATUS_NOT_FOUND;
  }
  for (size_t i = 0; i < sizeof(pseudos) / sizeof(pseudos[0]); i++) {
    if (path_matches(path, pseudos[i].property, &rest) && rest.size == 0) {
      return pw_header_map_replace(stream, PW_MAP_HTTP_REQUEST_HEADERS, pw_view_of(pseudos[i].pseudo), value);
    }
  }
  if (path_matches(path, "request.url_path", &rest) && rest.size == 0) {
    return set_path_part(stream, value, false);
  }
  if (path_matches(path, "request.query", &rest) && rest.size == 0) {
    return set_path_part(stream, value, true);
  }
  if (path_matches(path, "request.headers", &rest) && rest.size > 0) {
    return set_field(stream, PW_MAP_HTTP_REQUEST_HEADERS, rest, value);
  }
  if (path_matches(path, "response.headers", &rest) && rest.size > 0) {
    return set_field(stream, PW_MAP_HTTP_RESPONSE_HEADERS, rest, value);
  }
  if (path_matches(path, "response.code", &rest) && rest.size == 0) {
    return set_code(stream, value);
  }
  if (path_matches(path, "response.code_details", &rest) && rest.size == 0) {
    return set_reason(stream, value);
  }
  return PW_STATUS_NOT_FOUND;
}
