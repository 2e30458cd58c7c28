/* SPDX-License-Identifier: Apache-2.0 */
/* Properties of the request and the response. */
#include "host/pairs.h"
#include "traffic_server/clock.h"
#include "traffic_server/fields/field_map.h"
#include "traffic_server/fields/property.h"
#include "traffic_server/transaction/transaction.h"

#include <stdio.h>

/* ------------------------------------------------------------------------------------------------------ pseudo-headers
 */

static enum pw_status
get_pseudo(const struct pw_property_request *request)
{
  struct pw_transaction *transaction = request->segment->transaction;
  struct pw_header       header;
  struct pw_view         value;
  if (!pw_header_of(transaction, PW_MAP_HTTP_REQUEST_HEADERS, &header)) {
    return PW_STATUS_NOT_FOUND;
  }
  if (!pw_pseudo_header_get(transaction, &header, (enum pw_pseudo_header)request->detail, &value)) {
    return PW_STATUS_SERIALIZATION_FAILURE;
  }
  return pw_property_put_text(request->value, value);
}

/* What is before the first '?' of the path (detail 0), or after it. */
static enum pw_status
get_path_part(const struct pw_property_request *request)
{
  struct pw_transaction *transaction = request->segment->transaction;
  struct pw_header       header;
  struct pw_view         path;
  if (!pw_header_of(transaction, PW_MAP_HTTP_REQUEST_HEADERS, &header)) {
    return PW_STATUS_NOT_FOUND;
  }
  if (!pw_pseudo_header_get(transaction, &header, PW_PSEUDO_PATH, &path)) {
    return PW_STATUS_SERIALIZATION_FAILURE;
  }
  const char    *mark  = path.size ? (const char *)memchr(path.data, '?', path.size) : NULL;
  size_t         head  = mark ? (size_t)(mark - path.data) : path.size;
  struct pw_view query = mark ? pw_view_make(mark + 1, path.size - head - 1) : pw_view_make(NULL, 0);
  return pw_property_put_text(request->value, request->detail ? query : pw_view_make(path.data, head));
}

/* -------------------------------------------------------------------------------------------------------------- fields
 */

static enum pw_map_type
map_of(int detail)
{
  return (enum pw_map_type)detail;
}

/* All values of a field in one, as a list. */
static enum pw_status
put_field(const struct pw_property_request *request, enum pw_map_type map, struct pw_view name)
{
  struct pw_pairs pairs  = {NULL, 0, 0};
  enum pw_status  status = pw_field_map_get(request->segment, map, name, &pairs);
  for (size_t i = 0; status == PW_STATUS_OK && i < pairs.count; i++) {
    status = i > 0 ? pw_property_put_text(request->value, pw_view_of(",")) : PW_STATUS_OK;
    if (status == PW_STATUS_OK) {
      status = pw_property_put_text(request->value, pairs.items[i].value);
    }
  }
  pw_pairs_clear(&pairs);
  return status == PW_STATUS_INTERNAL_FAILURE ? PW_STATUS_SERIALIZATION_FAILURE : status;
}

static enum pw_status
get_referer(const struct pw_property_request *request)
{
  return put_field(request, PW_MAP_HTTP_REQUEST_HEADERS, pw_view_of("Referer"));
}

static enum pw_status
get_user_agent(const struct pw_property_request *request)
{
  return put_field(request, PW_MAP_HTTP_REQUEST_HEADERS, pw_view_of("User-Agent"));
}

/* The whole map, or one field of it: request.headers.x. Of headers, or of trailers. */
static enum pw_status
get_headers(const struct pw_property_request *request)
{
  struct pw_pairs pairs = {NULL, 0, 0};
  if (request->rest.size > 0) {
    return put_field(request, map_of(request->detail), request->rest);
  }
  enum pw_status status = pw_field_map_pairs(request->segment, map_of(request->detail), &pairs);
  if (status == PW_STATUS_OK) {
    size_t size = pw_pairs_serialized_size(&pairs);
    status      = PW_STATUS_SERIALIZATION_FAILURE;
    if (size != SIZE_MAX && pw_bytes_reserve(request->value, request->value->size + size)) {
      pw_pairs_write(&pairs, (uint8_t *)request->value->data + request->value->size, true);
      request->value->size += size;
      status = PW_STATUS_OK;
    }
  }
  pw_pairs_clear(&pairs);
  return status;
}

/* ------------------------------------------------------------------------------------------------------------- request
 */

/* The client's request id, or the transaction's number. */
static enum pw_status
get_id(const struct pw_property_request *request)
{
  char           text[24];
  enum pw_status status = put_field(request, PW_MAP_HTTP_REQUEST_HEADERS, pw_view_of("X-Request-Id"));
  if (status != PW_STATUS_NOT_FOUND) {
    return status;
  }
  snprintf(text, sizeof(text), "%llu", (unsigned long long)TSHttpTxnIdGet(request->txn));
  return pw_property_put_text(request->value, pw_view_of(text));
}

static enum pw_status
get_protocol(const struct pw_property_request *request)
{
  static const char *const names[][2] = {
    {"h3", "HTTP/3"}, {"h2", "HTTP/2"}, {"http/1.1", "HTTP/1.1"}, {"http/1.0", "HTTP/1.0"}};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    if (TSHttpTxnClientProtocolStackContains(request->txn, names[i][0])) {
      return pw_property_put_text(request->value, pw_view_of(names[i][1]));
    }
  }
  return PW_STATUS_NOT_FOUND;
}

/* Nanoseconds since 1970; 0: not known. */
static uint64_t
begin_of(TSHttpTxn txn)
{
  TSHRTime time = 0;
  if (TSHttpTxnMilestoneGet(txn, TS_MILESTONE_UA_FIRST_READ, &time) == TS_SUCCESS && time > 0) {
    return (uint64_t)time;
  }
  if (TSHttpTxnMilestoneGet(txn, TS_MILESTONE_SM_START, &time) == TS_SUCCESS && time > 0) {
    return (uint64_t)time;
  }
  return 0;
}

static enum pw_status
get_time(const struct pw_property_request *request)
{
  uint64_t begin = begin_of(request->txn);
  return begin ? pw_property_put_number(request->value, begin) : PW_STATUS_NOT_FOUND;
}

/* So far; in proxy_on_log that is all of it. */
static enum pw_status
get_duration(const struct pw_property_request *request)
{
  uint64_t begin = begin_of(request->txn);
  uint64_t end   = pw_clock_nanoseconds(CLOCK_REALTIME);
  return begin ? pw_property_put_number(request->value, end > begin ? end - begin : 0) : PW_STATUS_NOT_FOUND;
}

/* --------------------------------------------------------------------------------------------------------------- sizes
 */

static bool
content_length(const struct pw_property_request *request, enum pw_map_type map, uint64_t *length)
{
  struct pw_header header;
  struct pw_view   value;
  *length = 0;
  if (!pw_header_of(request->segment->transaction, map, &header) ||
      !pw_header_field(&header, "Content-Length", &value) || value.size == 0 || value.size > 18) {
    return false;
  }
  for (size_t i = 0; i < value.size; i++) {
    if (value.data[i] < '0' || value.data[i] > '9') {
      return false;
    }
    *length = *length * 10 + (uint64_t)(value.data[i] - '0');
  }
  return true;
}

static uint64_t
not_negative(int64_t number)
{
  return number > 0 ? (uint64_t)number : 0;
}

/* As announced, else as counted so far. */
static uint64_t
request_size(const struct pw_property_request *request)
{
  uint64_t size;
  return content_length(request, PW_MAP_HTTP_REQUEST_HEADERS, &size)
           ? size
           : not_negative(TSHttpTxnClientReqBodyBytesGet(request->txn));
}

static enum pw_status
get_request_size(const struct pw_property_request *request)
{
  return pw_property_put_number(request->value, request_size(request));
}

static enum pw_status
get_request_total_size(const struct pw_property_request *request)
{
  uint64_t headers = not_negative(TSHttpTxnClientReqHdrBytesGet(request->txn));
  return pw_property_put_number(request->value, headers + request_size(request));
}

/* As sent to the client when it was sent, else as announced. */
static bool
response_size(const struct pw_property_request *request, uint64_t *size)
{
  if (request->segment->transaction->phase == PW_PHASE_SENT) {
    *size = not_negative(TSHttpTxnClientRespBodyBytesGet(request->txn));
    return true;
  }
  return content_length(request, PW_MAP_HTTP_RESPONSE_HEADERS, size);
}

static enum pw_status
get_response_size(const struct pw_property_request *request)
{
  uint64_t size;
  return response_size(request, &size) ? pw_property_put_number(request->value, size) : PW_STATUS_NOT_FOUND;
}

static enum pw_status
get_response_total_size(const struct pw_property_request *request)
{
  uint64_t size;
  if (!response_size(request, &size)) {
    return PW_STATUS_NOT_FOUND;
  }
  bool sent    = request->segment->transaction->phase == PW_PHASE_SENT;
  int  headers = sent ? TSHttpTxnClientRespHdrBytesGet(request->txn) : TSHttpTxnServerRespHdrBytesGet(request->txn);
  return pw_property_put_number(request->value, size + not_negative(headers));
}

/* ------------------------------------------------------------------------------------------------------------ response
 */

static enum pw_status
get_code(const struct pw_property_request *request)
{
  struct pw_header header;
  if (!pw_header_of(request->segment->transaction, PW_MAP_HTTP_RESPONSE_HEADERS, &header)) {
    return PW_STATUS_NOT_FOUND;
  }
  int status = TSHttpHdrStatusGet(header.buffer, header.location);
  return pw_property_put_number(request->value, not_negative(status));
}

static enum pw_status
get_code_details(const struct pw_property_request *request)
{
  struct pw_header header;
  int              size = 0;
  if (!pw_header_of(request->segment->transaction, PW_MAP_HTTP_RESPONSE_HEADERS, &header)) {
    return PW_STATUS_NOT_FOUND;
  }
  const char *reason = TSHttpHdrReasonGet(header.buffer, header.location, &size);
  return pw_property_put_text(request->value, pw_view_make(reason, reason && size > 0 ? (size_t)size : 0));
}

/* The most asked for come first. */
const struct pw_property pw_http_properties[] = {
  {"request.path", get_pseudo, PW_PSEUDO_PATH},
  {"request.url_path", get_path_part, 0},
  {"request.host", get_pseudo, PW_PSEUDO_AUTHORITY},
  {"request.method", get_pseudo, PW_PSEUDO_METHOD},
  {"request.scheme", get_pseudo, PW_PSEUDO_SCHEME},
  {"request.query", get_path_part, 1},
  {"request.headers", get_headers, PW_MAP_HTTP_REQUEST_HEADERS},
  {"request.referer", get_referer, 0},
  {"request.useragent", get_user_agent, 0},
  {"request.id", get_id, 0},
  {"request.protocol", get_protocol, 0},
  {"request.time", get_time, 0},
  {"request.duration", get_duration, 0},
  {"request.size", get_request_size, 0},
  {"request.total_size", get_request_total_size, 0},
  {"response.code", get_code, 0},
  {"response.code_details", get_code_details, 0},
  {"response.headers", get_headers, PW_MAP_HTTP_RESPONSE_HEADERS},
  {"response.size", get_response_size, 0},
  {"response.total_size", get_response_total_size, 0},
  {"request.trailers", get_headers, PW_MAP_HTTP_REQUEST_TRAILERS},
  {"response.trailers", get_headers, PW_MAP_HTTP_RESPONSE_TRAILERS},
};
const size_t pw_http_property_count = sizeof(pw_http_properties) / sizeof(pw_http_properties[0]);
