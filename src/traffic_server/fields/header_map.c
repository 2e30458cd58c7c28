/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/fields/header_map.h"

#include "host/pairs.h"
#include "traffic_server/apart.h"
#include "traffic_server/body/response_body.h"
#include "traffic_server/fields/kept_field.h"
#include "traffic_server/fields/pseudo_header.h"
#include "traffic_server/transaction/transaction.h"

/* Traffic Server keeps the length of a name in 16 bits, and that of a value in 24. */
#define NAME_BYTES  8192
#define VALUE_BYTES ((size_t)1 << 20)

/* Of the names of fields that are not like others. */
#define CONTENT_LENGTH_BYTES    14
#define TRANSFER_ENCODING_BYTES 17
#define HOST_BYTES              4

/* ----------------------------------------------------------------------------------------------- the server's headers
 */

/* The response to the client is made from that of the transform when the transform's output begins. */
static bool
is_transforms(const struct pw_transaction *transaction)
{
  return transaction->wants_bodies && transaction->phase == PW_PHASE_CLIENT_RESPONSE &&
         pw_response_body_runs(transaction);
}

PW_APART static const struct pw_header *
ask_request(struct pw_transaction *transaction)
{
  struct pw_header *header = &transaction->values.request;
  if (TSHttpTxnClientReqGet(transaction->txn, &header->buffer, &header->location) != TS_SUCCESS) {
    return NULL;
  }
  transaction->values.known.request = true;
  return header;
}

PW_APART static const struct pw_header *
ask_response(struct pw_transaction *transaction)
{
  struct pw_header *header = &transaction->values.response;
  TSReturnCode      found;
  if (is_transforms(transaction)) {
    found = TSHttpTxnTransformRespGet(transaction->txn, &header->buffer, &header->location);
  } else if (transaction->phase == PW_PHASE_ORIGIN_RESPONSE) {
    found = TSHttpTxnServerRespGet(transaction->txn, &header->buffer, &header->location);
  } else {
    found = TSHttpTxnClientRespGet(transaction->txn, &header->buffer, &header->location);
  }
  transaction->values.known.response_of = found == TS_SUCCESS ? (uint8_t)transaction->phase : 0;
  return found == TS_SUCCESS ? header : NULL;
}

void
pw_header_found(struct pw_transaction *transaction, const struct pw_header *response)
{
  if (!is_transforms(transaction)) {
    transaction->values.response          = *response;
    transaction->values.known.response_of = (uint8_t)transaction->phase;
  }
}

/* A header stays where it is while the server waits in a hook, and no longer. */
const struct pw_header *
pw_header_find(struct pw_transaction *transaction, enum pw_map_type map)
{
  const struct pw_pseudo_values *values = &transaction->values;
  bool                           held   = transaction->held != TS_EVENT_NONE;

  if (map == PW_MAP_HTTP_REQUEST_HEADERS) {
    return held && values->known.request ? &values->request : ask_request(transaction);
  }
  if (map != PW_MAP_HTTP_RESPONSE_HEADERS || transaction->phase == PW_PHASE_REQUEST) {
    return NULL;
  }
  return held && values->known.response_of == transaction->phase ? &values->response : ask_response(transaction);
}

static struct pw_view
field_value(const struct pw_header *header, TSMLoc field)
{
  int         size  = 0;
  const char *value = TSMimeHdrFieldValueStringGet(header->buffer, header->location, field, -1, &size);
  return pw_view_make(value, value && size > 0 ? (size_t)size : 0);
}

static struct pw_view
field_name(const struct pw_header *header, TSMLoc field)
{
  int         size = 0;
  const char *name = TSMimeHdrFieldNameGet(header->buffer, header->location, field, &size);
  return pw_view_make(name, name && size > 0 ? (size_t)size : 0);
}

static TSMLoc
field_find(const struct pw_header *header, struct pw_view name)
{
  if (name.size == 0 || name.size > NAME_BYTES) {
    return TS_NULL_MLOC;
  }
  return TSMimeHdrFieldFind(header->buffer, header->location, name.data, (int)name.size);
}

static void
field_release(const struct pw_header *header, TSMLoc field)
{
  TSHandleMLocRelease(header->buffer, header->location, field);
}

bool
pw_header_field(const struct pw_header *header, const char *name, struct pw_view *value)
{
  TSMLoc field = field_find(header, pw_view_of(name));
  if (field == TS_NULL_MLOC) {
    return false;
  }
  *value = field_value(header, field);
  field_release(header, field);
  return true;
}

/* A field that is not in the header yet. */
static inline bool
field_make(const struct pw_header *header, struct pw_view name, TSMLoc *field)
{
  return pw_kept_field_copy(header, name, field) ||
         TSMimeHdrFieldCreateNamed(header->buffer, header->location, name.data, (int)name.size, field) == TS_SUCCESS;
}

static inline bool
field_set_value(const struct pw_header *header, TSMLoc field, struct pw_view value)
{
  return TSMimeHdrFieldValueStringSet(header->buffer, header->location, field, -1, value.size ? value.data : "",
                                      (int)value.size) == TS_SUCCESS;
}

bool
pw_header_append(const struct pw_header *header, struct pw_view name, struct pw_view value)
{
  TSMLoc field;
  if (!field_make(header, name, &field)) {
    return false;
  }
  bool done = field_set_value(header, field, value) &&
              TSMimeHdrFieldAppend(header->buffer, header->location, field) == TS_SUCCESS;
  field_release(header, field);
  return done;
}

/* Destroys a field and all that follow of its name. */
static void
remove_from(const struct pw_header *header, TSMLoc field)
{
  while (field != TS_NULL_MLOC) {
    TSMLoc next = TSMimeHdrFieldNextDup(header->buffer, header->location, field);
    TSMimeHdrFieldDestroy(header->buffer, header->location, field);
    field_release(header, field);
    field = next;
  }
}

void
pw_header_remove(const struct pw_header *header, struct pw_view name)
{
  remove_from(header, field_find(header, name));
}

void
pw_header_retain(const struct pw_header *header, bool (*keep)(struct pw_view name))
{
  TSMLoc field = TSMimeHdrFieldGet(header->buffer, header->location, 0);
  while (field != TS_NULL_MLOC) {
    TSMLoc next = TSMimeHdrFieldNext(header->buffer, header->location, field);
    if (!keep(field_name(header, field))) {
      TSMimeHdrFieldDestroy(header->buffer, header->location, field);
    }
    field_release(header, field);
    field = next;
  }
}

/* --------------------------------------------------------------------------------------------------------- where it
 * ends */

static struct pw_view
method_of(const struct pw_header *header)
{
  int         size   = 0;
  const char *method = TSHttpHdrMethodGet(header->buffer, header->location, &size);
  return pw_view_make(method, method && size > 0 ? (size_t)size : 0);
}

/* The server finds the names of its own constants without looking at each field. (Its constants for their lengths are
 * variables, too, each in another line of the cache.) */
static TSMLoc
find_content_length(const struct pw_header *header)
{
  return TSMimeHdrFieldFind(header->buffer, header->location, TS_MIME_FIELD_CONTENT_LENGTH, CONTENT_LENGTH_BYTES);
}

static bool
is_chunked(const struct pw_header *header)
{
  TSMLoc field =
    TSMimeHdrFieldFind(header->buffer, header->location, TS_MIME_FIELD_TRANSFER_ENCODING, TRANSFER_ENCODING_BYTES);
  if (field != TS_NULL_MLOC) {
    field_release(header, field);
  }
  return field != TS_NULL_MLOC;
}

/* Takes the handle. */
static bool
is_zero(const struct pw_header *header, TSMLoc content_length)
{
  struct pw_view value = field_value(header, content_length);
  field_release(header, content_length);
  return value.size == 1 && value.data[0] == '0';
}

/* An HTTP/2 request may have a body of unknown length, and whether one follows is not shown: its method tells what is
 * usual. */
static bool
has_body_of_unknown_length(TSHttpTxn txn, struct pw_view method)
{
  bool usual = pw_view_equal(method, pw_view_of("POST")) || pw_view_equal(method, pw_view_of("PUT")) ||
               pw_view_equal(method, pw_view_of("PATCH"));
  return usual && TSHttpTxnClientProtocolStackContains(txn, "h2") != NULL;
}

bool
pw_request_is_connect(struct pw_transaction *transaction)
{
  const struct pw_header *header = pw_header_find(transaction, PW_MAP_HTTP_REQUEST_HEADERS);
  return header && pw_view_equal(method_of(header), pw_view_of("CONNECT"));
}

bool
pw_request_ends_with_headers(struct pw_transaction *transaction)
{
  const struct pw_header *header = pw_header_find(transaction, PW_MAP_HTTP_REQUEST_HEADERS);
  if (!header) {
    return false;
  }
  struct pw_view method = method_of(header);
  if (pw_view_equal(method, pw_view_of("CONNECT")) || is_chunked(header)) {
    return false;
  }
  TSMLoc content_length = find_content_length(header);
  return content_length != TS_NULL_MLOC ? is_zero(header, content_length)
                                        : !has_body_of_unknown_length(transaction->txn, method);
}

bool
pw_response_ends_with_headers(struct pw_transaction *transaction)
{
  const struct pw_header *response = pw_header_find(transaction, PW_MAP_HTTP_RESPONSE_HEADERS);
  if (!response) {
    return false;
  }
  int status = TSHttpHdrStatusGet(response->buffer, response->location);
  if (status == 204 || status == 304) {
    return true;
  }
  TSMLoc content_length = find_content_length(response);
  if (content_length != TS_NULL_MLOC && is_zero(response, content_length)) {
    return true;
  }
  const struct pw_header *request = pw_header_find(transaction, PW_MAP_HTTP_REQUEST_HEADERS);
  return request && pw_view_equal(method_of(request), pw_view_of("HEAD"));
}

/* ----------------------------------------------------------------------------------------------------------- reading
 */

static inline struct pw_transaction *
transaction_of(void *stream)
{
  return ((struct pw_segment *)stream)->transaction;
}

enum pw_status
pw_header_map_count(void *stream, enum pw_map_type map, size_t *count)
{
  const struct pw_header *header = pw_header_find(transaction_of(stream), map);
  enum pw_pseudo_header   first, end;
  if (!header) {
    return PW_STATUS_NOT_FOUND;
  }
  int fields = TSMimeHdrFieldsCount(header->buffer, header->location);
  pw_pseudo_headers_of(map, &first, &end);
  *count = (fields > 0 ? (size_t)fields : 0) + (size_t)(end - first);
  return PW_STATUS_OK;
}

/* Gives each pair of a map to `visit`, until that answers false. */
__attribute__((always_inline)) static inline enum pw_status
visit_pairs(void *stream, enum pw_map_type map, bool (*visit)(void *to, struct pw_view name, struct pw_view value),
            void *to)
{
  struct pw_transaction  *transaction = transaction_of(stream);
  const struct pw_header *header      = pw_header_find(transaction, map);
  enum pw_pseudo_header   first, end;
  bool                    done = true;
  if (!header) {
    return PW_STATUS_NOT_FOUND;
  }
  pw_pseudo_headers_of(map, &first, &end);
  for (int i = (int)first; done && i < (int)end; i++) {
    enum pw_pseudo_header pseudo = (enum pw_pseudo_header)i;
    struct pw_view        value;
    done = pw_pseudo_header_get(transaction, header, pseudo, &value) && visit(to, pw_pseudo_header_name(pseudo), value);
  }
  TSMLoc field = TSMimeHdrFieldGet(header->buffer, header->location, 0);
  while (field != TS_NULL_MLOC) {
    TSMLoc next = TSMimeHdrFieldNext(header->buffer, header->location, field);
    done        = done && visit(to, field_name(header, field), field_value(header, field));
    field_release(header, field);
    field = next;
  }
  return done ? PW_STATUS_OK : PW_STATUS_INTERNAL_FAILURE;
}

static bool
measure_pair(void *to, struct pw_view name, struct pw_view value)
{
  struct pw_map_size *size = (struct pw_map_size *)to;
  size->count++;
  size->bytes += name.size + value.size;
  return true;
}

enum pw_status
pw_header_map_size(void *stream, enum pw_map_type map, struct pw_map_size *size)
{
  return visit_pairs(stream, map, measure_pair, size);
}

static bool
add_pair(void *to, struct pw_view name, struct pw_view value)
{
  return pw_pairs_add((struct pw_pairs *)to, name, value);
}

enum pw_status
pw_header_map_pairs(void *stream, enum pw_map_type map, struct pw_pairs *pairs)
{
  return visit_pairs(stream, map, add_pair, pairs);
}

static enum pw_status
get_pseudo(struct pw_transaction *transaction, const struct pw_header *header, enum pw_map_type map, struct pw_view key,
           struct pw_pairs *pairs)
{
  struct pw_view        value;
  enum pw_pseudo_header pseudo = pw_pseudo_header_find(map, key);
  if (pseudo == PW_PSEUDO_COUNT) {
    return PW_STATUS_NOT_FOUND;
  }
  return pw_pseudo_header_get(transaction, header, pseudo, &value) && pw_pairs_add(pairs, key, value)
           ? PW_STATUS_OK
           : PW_STATUS_INTERNAL_FAILURE;
}

enum pw_status
pw_header_map_get(void *stream, enum pw_map_type map, struct pw_view key, struct pw_pairs *pairs)
{
  struct pw_transaction  *transaction = transaction_of(stream);
  const struct pw_header *header      = pw_header_find(transaction, map);
  bool                    done        = true;
  if (!header) {
    return PW_STATUS_NOT_FOUND;
  }
  if (pw_is_pseudo(key)) {
    return get_pseudo(transaction, header, map, key, pairs);
  }
  TSMLoc         field  = field_find(header, key);
  enum pw_status status = field == TS_NULL_MLOC ? PW_STATUS_NOT_FOUND : PW_STATUS_OK;
  while (field != TS_NULL_MLOC) {
    TSMLoc next = TSMimeHdrFieldNextDup(header->buffer, header->location, field);
    done        = done && pw_pairs_add(pairs, key, field_value(header, field));
    field_release(header, field);
    field = next;
  }
  return done ? status : PW_STATUS_INTERNAL_FAILURE;
}

/* ----------------------------------------------------------------------------------------------------------- writing
 */

/* OK: `*header` can be changed now. */
static inline enum pw_status
find_writable(struct pw_transaction *transaction, enum pw_map_type map, const struct pw_header **header)
{
  unsigned open = map == PW_MAP_HTTP_REQUEST_HEADERS ? 1u << PW_PHASE_REQUEST
                                                     : 1u << PW_PHASE_ORIGIN_RESPONSE | 1u << PW_PHASE_CLIENT_RESPONSE;
  *header       = pw_header_find(transaction, map);
  if (!*header) {
    return PW_STATUS_NOT_FOUND;
  }
  return open >> transaction->phase & 1 ? PW_STATUS_OK : PW_STATUS_BAD_ARGUMENT;
}

enum field_kind { FIELD_PLAIN, FIELD_HOST, FIELD_FRAMING };

static enum field_kind
kind_of(enum pw_map_type map, struct pw_view key)
{
  if ((key.size == CONTENT_LENGTH_BYTES && pw_field_name_equal(key, pw_view_of("content-length"))) ||
      (key.size == TRANSFER_ENCODING_BYTES && pw_field_name_equal(key, pw_view_of("transfer-encoding")))) {
    return FIELD_FRAMING;
  }
  bool host =
    map == PW_MAP_HTTP_REQUEST_HEADERS && key.size == HOST_BYTES && pw_field_name_equal(key, pw_view_of("host"));
  return host ? FIELD_HOST : FIELD_PLAIN;
}

/* Of what characters they are, the host has seen to. */
static bool
field_fits(struct pw_view key, struct pw_view value)
{
  return key.size > 0 && key.size <= NAME_BYTES && value.size <= VALUE_BYTES;
}

PW_APART static enum pw_status
set_special(struct pw_transaction *transaction, const struct pw_header *header, enum pw_map_type map,
            struct pw_view key, struct pw_view value)
{
  if (kind_of(map, key) == FIELD_FRAMING) {
    return PW_STATUS_OK;
  }
  enum pw_pseudo_header pseudo = pw_is_pseudo(key) ? pw_pseudo_header_find(map, key) : PW_PSEUDO_AUTHORITY;
  return pw_pseudo_header_set(transaction, header, pseudo, value);
}

/* Few names are so long: the others need not be compared. */
static inline bool
is_special(enum pw_map_type map, struct pw_view key)
{
  bool sized = key.size == HOST_BYTES || key.size == CONTENT_LENGTH_BYTES || key.size == TRANSFER_ENCODING_BYTES;
  return pw_is_pseudo(key) || (sized && kind_of(map, key) != FIELD_PLAIN);
}

/* What adding and replacing have in common: `change` is what they do to a plain field. */
__attribute__((always_inline)) static inline enum pw_status
change_field(void *stream, enum pw_map_type map, struct pw_view key, struct pw_view value,
             bool (*change)(const struct pw_header *header, struct pw_view key, struct pw_view value))
{
  struct pw_transaction  *transaction = transaction_of(stream);
  const struct pw_header *header;
  enum pw_status          status = find_writable(transaction, map, &header);
  if (status != PW_STATUS_OK) {
    return status;
  }
  if (!field_fits(key, value)) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  if (is_special(map, key)) {
    return set_special(transaction, header, map, key, value);
  }
  return change(header, key, value) ? PW_STATUS_OK : PW_STATUS_INTERNAL_FAILURE;
}

enum pw_status
pw_header_map_add(void *stream, enum pw_map_type map, struct pw_view key, struct pw_view value)
{
  return change_field(stream, map, key, value, pw_header_append);
}

/* Takes the handle. */
PW_APART static bool
replace_value(const struct pw_header *header, TSMLoc field, struct pw_view value)
{
  remove_from(header, TSMimeHdrFieldNextDup(header->buffer, header->location, field));
  bool done = field_set_value(header, field, value);
  field_release(header, field);
  return done;
}

static inline bool
replace_plain(const struct pw_header *header, struct pw_view key, struct pw_view value)
{
  TSMLoc field = field_find(header, key);
  return field == TS_NULL_MLOC ? pw_header_append(header, key, value) : replace_value(header, field, value);
}

enum pw_status
pw_header_map_replace(void *stream, enum pw_map_type map, struct pw_view key, struct pw_view value)
{
  return change_field(stream, map, key, value, replace_plain);
}

enum pw_status
pw_header_map_remove(void *stream, enum pw_map_type map, struct pw_view key)
{
  struct pw_transaction  *transaction = transaction_of(stream);
  const struct pw_header *header;
  enum pw_status          status = find_writable(transaction, map, &header);
  if (status != PW_STATUS_OK) {
    return status;
  }
  if (pw_is_pseudo(key)) {
    /* No message can do without those that it has. */
    return pw_pseudo_header_find(map, key) == PW_PSEUDO_COUNT ? PW_STATUS_OK : PW_STATUS_BAD_ARGUMENT;
  }
  if (kind_of(map, key) == FIELD_PLAIN) {
    pw_header_remove(header, key);
  }
  return PW_STATUS_OK;
}

static enum pw_status
check_pairs(struct pw_transaction *transaction, const struct pw_header *header, enum pw_map_type map,
            const struct pw_pairs *pairs)
{
  for (size_t i = 0; i < pairs->count; i++) {
    struct pw_view        key    = pairs->items[i].key;
    struct pw_view        value  = pairs->items[i].value;
    enum pw_pseudo_header pseudo = pw_is_pseudo(key)                 ? pw_pseudo_header_find(map, key)
                                   : kind_of(map, key) == FIELD_HOST ? PW_PSEUDO_AUTHORITY
                                                                     : PW_PSEUDO_COUNT;
    if (!field_fits(key, value) || (pw_is_pseudo(key) && pseudo == PW_PSEUDO_COUNT) ||
        (pseudo != PW_PSEUDO_COUNT && pw_pseudo_header_check(transaction, header, pseudo, value) != PW_STATUS_OK)) {
      return PW_STATUS_BAD_ARGUMENT;
    }
  }
  return PW_STATUS_OK;
}

static bool
is_request_field_kept(struct pw_view name)
{
  return kind_of(PW_MAP_HTTP_REQUEST_HEADERS, name) != FIELD_PLAIN;
}

static bool
is_response_field_kept(struct pw_view name)
{
  return kind_of(PW_MAP_HTTP_RESPONSE_HEADERS, name) != FIELD_PLAIN;
}

enum pw_status
pw_header_map_set(void *stream, enum pw_map_type map, const struct pw_pairs *pairs)
{
  struct pw_transaction  *transaction = transaction_of(stream);
  const struct pw_header *header;
  enum pw_status          status = find_writable(transaction, map, &header);
  if (status == PW_STATUS_OK) {
    status = check_pairs(transaction, header, map, pairs);
  }
  if (status != PW_STATUS_OK) {
    return status;
  }
  pw_header_retain(header, map == PW_MAP_HTTP_REQUEST_HEADERS ? is_request_field_kept : is_response_field_kept);
  for (size_t i = 0; status == PW_STATUS_OK && i < pairs->count; i++) {
    struct pw_view key   = pairs->items[i].key;
    struct pw_view value = pairs->items[i].value;
    if (is_special(map, key)) {
      status = set_special(transaction, header, map, key, value);
    } else if (!pw_header_append(header, key, value)) {
      status = PW_STATUS_INTERNAL_FAILURE;
    }
  }
  return status;
}
