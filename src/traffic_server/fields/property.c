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

/* The others that are parts of the message are fields to the host. */
enum pw_status
pw_property_set(void *worker, void *stream, struct pw_view path, struct pw_view value)
{
  struct pw_view rest;
  (void)worker;

  if (stream && path_matches(path, "response.code_details", &rest) && rest.size == 0) {
    return set_reason(stream, value);
  }
  return PW_STATUS_NOT_FOUND;
}
