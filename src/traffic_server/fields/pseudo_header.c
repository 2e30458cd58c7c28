/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/fields/pseudo_header.h"

#include "host/pairs.h"
#include "traffic_server/transaction/transaction.h"

#include <stdio.h>
#include <strings.h>

/* Traffic Server keeps lengths of URLs and fields in 16 bits in places. */
#define VALUE_BYTES 65000

static const char *const names[PW_PSEUDO_COUNT] = {":method", ":scheme", ":authority", ":path", ":status"};

struct pw_view
pw_pseudo_header_name(enum pw_pseudo_header pseudo)
{
  return pw_view_of(names[pseudo]);
}

enum pw_pseudo_header
pw_pseudo_header_find(enum pw_map_type map, struct pw_view key)
{
  enum pw_pseudo_header first, end;
  pw_pseudo_headers_of(map, &first, &end);
  for (int i = (int)first; i < (int)end; i++) {
    if (pw_field_name_equal(key, pw_view_of(names[i]))) {
      return (enum pw_pseudo_header)i;
    }
  }
  return PW_PSEUDO_COUNT;
}

void
pw_pseudo_values_free(struct pw_pseudo_values *values)
{
  pw_bytes_clear(&values->path);
  pw_bytes_clear(&values->authority);
}

/* ----------------------------------------------------------------------------------------------------------- reading
 */

static struct pw_view
view_of_int(const char *data, int size)
{
  return pw_view_make(data, data && size > 0 ? (size_t)size : 0);
}

static bool
add(struct pw_bytes *bytes, const char *before, struct pw_view part)
{
  return pw_bytes_append(bytes, before, strlen(before)) && pw_bytes_append(bytes, part.data, part.size);
}

static bool
compose_path(TSMBuffer buffer, TSMLoc url, struct pw_bytes *path)
{
  int            size       = 0;
  const char    *data       = TSUrlPathGet(buffer, url, &size);
  struct pw_view part       = view_of_int(data, size);
  bool           asterisk   = part.size == 1 && part.data[0] == '*';
  struct pw_view parameters = view_of_int(pw_url_parameters(buffer, url, &size), size);
  path->size                = 0;
  if (!add(path, asterisk ? "" : "/", part) || (parameters.size > 0 && !add(path, ";", parameters))) {
    return false;
  }
  data                 = TSUrlHttpQueryGet(buffer, url, &size);
  struct pw_view query = view_of_int(data, size);
  return query.size == 0 || add(path, "?", query);
}

static bool
compose_authority(TSMBuffer buffer, TSMLoc url, struct pw_bytes *authority)
{
  int         size = 0;
  const char *host = TSUrlHostGet(buffer, url, &size);
  int         port = TSUrlRawPortGet(buffer, url);
  char        text[16];
  authority->size = 0;
  if (size <= 0) {
    return true;
  }
  bool literal = memchr(host, ':', (size_t)size) != NULL && host[0] != '[';
  snprintf(text, sizeof(text), ":%d", port);
  return pw_bytes_append(authority, "[", literal ? 1 : 0) && pw_bytes_append(authority, host, (size_t)size) &&
         pw_bytes_append(authority, "]", literal ? 1 : 0) &&
         (port <= 0 || pw_bytes_append(authority, text, strlen(text)));
}

static bool
get_from_url(struct pw_transaction *transaction, const struct pw_header *header, enum pw_pseudo_header pseudo,
             struct pw_view *value)
{
  struct pw_pseudo_values *values = &transaction->values;
  TSMLoc                   url;
  bool                     done = true;

  if (TSHttpHdrUrlGet(header->buffer, header->location, &url) != TS_SUCCESS) {
    return true;
  }
  if (pseudo == PW_PSEUDO_SCHEME) {
    int         size   = 0;
    const char *scheme = TSUrlSchemeGet(header->buffer, url, &size);
    *value             = view_of_int(scheme, size);
  } else if (pseudo == PW_PSEUDO_PATH) {
    done               = values->known.path || compose_path(header->buffer, url, &values->path);
    values->known.path = done;
    *value             = pw_bytes_view(&values->path);
  } else {
    done                    = values->known.authority || compose_authority(header->buffer, url, &values->authority);
    values->known.authority = done;
    *value                  = pw_bytes_view(&values->authority);
  }
  TSHandleMLocRelease(header->buffer, header->location, url);
  return done;
}

bool
pw_pseudo_header_get(struct pw_transaction *transaction, const struct pw_header *header, enum pw_pseudo_header pseudo,
                     struct pw_view *value)
{
  int size = 0;
  *value   = pw_view_make(NULL, 0);
  switch (pseudo) {
  case PW_PSEUDO_METHOD: {
    const char *method = TSHttpHdrMethodGet(header->buffer, header->location, &size);
    *value             = view_of_int(method, size);
    return true;
  }
  case PW_PSEUDO_STATUS: {
    unsigned status = (unsigned)TSHttpHdrStatusGet(header->buffer, header->location) % 1000;
    snprintf(transaction->values.status, sizeof(transaction->values.status), "%03u", status);
    *value = pw_view_make(transaction->values.status, 3);
    return true;
  }
  case PW_PSEUDO_AUTHORITY:
    /* The URL may name the upstream already; the Host field is what the client asked for. */
    return pw_header_field(header, "Host", value) || get_from_url(transaction, header, pseudo, value);
  default:
    return get_from_url(transaction, header, pseudo, value);
  }
}

/* ---------------------------------------------------------------------------------------------------------- checking
 */

static bool
is_connect(const struct pw_header *header)
{
  int         size   = 0;
  const char *method = TSHttpHdrMethodGet(header->buffer, header->location, &size);
  return method && size == TS_HTTP_LEN_CONNECT && memcmp(method, "CONNECT", 7) == 0;
}

/* A method becomes a tunnel, or the other way round, only by the client's will. */
static bool
method_valid(const struct pw_header *header, struct pw_view value)
{
  return value.size > 0 && value.size <= 64 && !pw_is_pseudo(value) && pw_field_name_valid(value) &&
         !is_connect(header) && !pw_view_equal(value, pw_view_of("CONNECT"));
}

static bool
path_valid(const struct pw_header *header, struct pw_view value)
{
  if (value.size == 0 || value.size > VALUE_BYTES || is_connect(header) ||
      (value.data[0] != '/' && !pw_view_equal(value, pw_view_of("*")))) {
    return false;
  }
  for (size_t i = 0; i < value.size; i++) {
    unsigned char letter = (unsigned char)value.data[i];
    if (letter <= ' ' || letter == 0x7f) {
      return false;
    }
  }
  return true;
}

/* The port of "host:port" or "[address]:port"; -1: none, -2: it is no port. `host` gets the rest. */
static int
split_port(struct pw_view value, struct pw_view *host)
{
  const char *end   = value.data + value.size;
  const char *colon = (const char *)memrchr(value.data, ':', value.size);
  int         port  = 0;

  *host = value;
  if (!colon || (value.data[0] == '[' && value.data[value.size - 1] == ']')) {
    return -1;
  }
  if (end - colon < 2 || end - colon > 6) {
    return -2;
  }
  for (const char *at = colon + 1; at < end; at++) {
    if (*at < '0' || *at > '9') {
      return -2;
    }
    port = port * 10 + (*at - '0');
  }
  host->size = (size_t)(colon - value.data);
  return port > 0 && port <= 65535 ? port : -2;
}

static bool
authority_valid(const struct pw_header *header, struct pw_view value)
{
  struct pw_view host;
  if (value.size == 0 || value.size > 255 || is_connect(header) || split_port(value, &host) == -2 || host.size == 0) {
    return false;
  }
  bool literal = host.data[0] == '[' && host.data[host.size - 1] == ']' && host.size > 2;
  for (size_t i = 0; i < host.size; i++) {
    char letter = host.data[i];
    bool plain  = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                 (letter >= '0' && letter <= '9') || (letter != '\0' && strchr(".-_~%!$&'()*+,;=", letter) != NULL);
    bool bracket = literal && (i == 0 || i == host.size - 1);
    if (!plain && !bracket && !(literal && letter == ':')) {
      return false;
    }
  }
  return true;
}

/* The server has already decided by the status whether a body follows. */
static bool
status_valid(const struct pw_transaction *transaction, const struct pw_header *header, struct pw_view value)
{
  if (value.size != 3 || value.data[0] < '2' || value.data[0] > '5') {
    return false;
  }
  int status = 0;
  for (size_t i = 0; i < 3; i++) {
    if (value.data[i] < '0' || value.data[i] > '9') {
      return false;
    }
    status = status * 10 + (value.data[i] - '0');
  }
  int  present  = TSHttpHdrStatusGet(header->buffer, header->location);
  bool was_bare = present == 204 || present == 304;
  bool is_bare  = status == 204 || status == 304;
  return transaction->answer.built || was_bare == is_bare;
}

enum pw_status
pw_pseudo_header_check(struct pw_transaction *transaction, const struct pw_header *header, enum pw_pseudo_header pseudo,
                       struct pw_view value)
{
  bool valid = false;
  switch (pseudo) {
  case PW_PSEUDO_METHOD:
    valid = method_valid(header, value);
    break;
  case PW_PSEUDO_SCHEME:
    valid = pw_view_equal(value, pw_view_of("http")) || pw_view_equal(value, pw_view_of("https"));
    break;
  case PW_PSEUDO_AUTHORITY:
    valid = authority_valid(header, value);
    break;
  case PW_PSEUDO_PATH:
    valid = path_valid(header, value);
    break;
  case PW_PSEUDO_STATUS:
    valid = status_valid(transaction, header, value);
    break;
  default:
    break;
  }
  return valid ? PW_STATUS_OK : PW_STATUS_BAD_ARGUMENT;
}

/* ----------------------------------------------------------------------------------------------------------- writing
 */

static void
set_path(TSMBuffer buffer, TSMLoc url, struct pw_view value)
{
  const char *end      = value.data + value.size;
  const char *fragment = (const char *)memchr(value.data, '#', value.size);
  end                  = fragment ? fragment : end;
  const char *query    = (const char *)memchr(value.data, '?', (size_t)(end - value.data));
  const char *path     = value.data[0] == '/' ? value.data + 1 : value.data;
  const char *path_end = query ? query : end;

  TSUrlPathSet(buffer, url, path, (int)(path_end > path ? path_end - path : 0));
  pw_url_remove_parameters(buffer, url);
  TSUrlHttpQuerySet(buffer, url, query ? query + 1 : NULL, query ? (int)(end - query - 1) : 0);
}

/* The URL is given the host only where it names one: before remap most requests have it in the Host field alone, and
 * in a remap rule the URL's host is the upstream. */
static void
set_authority(TSMBuffer buffer, TSMLoc url, struct pw_view value)
{
  struct pw_view host;
  int            size = 0;
  int            port = split_port(value, &host);
  if (TSUrlHostGet(buffer, url, &size) != NULL && size > 0) {
    TSUrlHostSet(buffer, url, host.data, (int)host.size);
    TSUrlPortSet(buffer, url, port > 0 ? port : 0);
  }
}

static void
set_status(const struct pw_header *header, struct pw_view value)
{
  int         status = (value.data[0] - '0') * 100 + (value.data[1] - '0') * 10 + (value.data[2] - '0');
  const char *reason = TSHttpHdrReasonLookup((TSHttpStatus)status);
  reason             = reason ? reason : "";
  TSHttpHdrStatusSet(header->buffer, header->location, (TSHttpStatus)status);
  TSHttpHdrReasonSet(header->buffer, header->location, reason, (int)strlen(reason));
}

static void
set_in_url(const struct pw_header *header, enum pw_pseudo_header pseudo, struct pw_view value)
{
  TSMLoc url;
  if (TSHttpHdrUrlGet(header->buffer, header->location, &url) != TS_SUCCESS) {
    return;
  }
  if (pseudo == PW_PSEUDO_SCHEME) {
    TSUrlSchemeSet(header->buffer, url, value.data, (int)value.size);
  } else if (pseudo == PW_PSEUDO_PATH) {
    set_path(header->buffer, url, value);
  } else {
    set_authority(header->buffer, url, value);
  }
  TSHandleMLocRelease(header->buffer, header->location, url);
}

enum pw_status
pw_pseudo_header_set(struct pw_transaction *transaction, const struct pw_header *header, enum pw_pseudo_header pseudo,
                     struct pw_view value)
{
  enum pw_status status = pw_pseudo_header_check(transaction, header, pseudo, value);
  if (status != PW_STATUS_OK) {
    return status;
  }
  pw_pseudo_values_forget(&transaction->values);
  if (pseudo == PW_PSEUDO_METHOD) {
    TSHttpHdrMethodSet(header->buffer, header->location, value.data, (int)value.size);
  } else if (pseudo == PW_PSEUDO_STATUS) {
    set_status(header, value);
  } else {
    set_in_url(header, pseudo, value);
  }
  if (pseudo == PW_PSEUDO_AUTHORITY) {
    pw_header_remove(header, pw_view_of("Host"));
    if (!pw_header_append(header, pw_view_of("Host"), value)) {
      return PW_STATUS_INTERNAL_FAILURE;
    }
  }
  if (pseudo != PW_PSEUDO_STATUS) {
    TSMBuffer buffer;
    TSMLoc    request;
    /* Asking for the request makes the server look up its host anew. */
    TSHttpTxnClientReqGet(transaction->txn, &buffer, &request);
  }
  return PW_STATUS_OK;
}
