/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/transaction/local_reply.h"

#include "host/grpc_reply.h"
#include "host/pairs.h"
#include "traffic_server/fields/header_map.h"
#include "traffic_server/statistics.h"
#include "traffic_server/transaction/transaction.h"

#include <stdio.h>

#define DEFAULT_TYPE "text/plain"
#define REASON_BYTES 128

/* The status on the way to the error page: any that is neither below 400 (TS_EVENT_HTTP_ERROR would make it 500), nor
 * 400 (which ends the connection). */
#define ARMED_STATUS TS_HTTP_STATUS_FORBIDDEN

/* Traffic Server keeps a response's status in 16 bits, but looks at the whole number whether it is an error. */
#define STATUS_WRAP 0x10000

static bool
name_is(struct pw_view name, const char *text)
{
  return pw_field_name_equal(name, pw_view_of(text));
}

/* Fields about the connection and the body's end are the server's. */
static bool
is_servers_own(struct pw_view name)
{
  static const char *const names[] = {"content-length",   "transfer-encoding", "connection", "keep-alive",
                                      "proxy-connection", "trailer",           "te",         "upgrade"};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    if (name_is(name, names[i])) {
      return true;
    }
  }
  return false;
}

static bool
body_precluded(uint32_t status)
{
  return status == 204 || status == 304;
}

/* ------------------------------------------------------------------------------------------------------- taking a copy
 */

static bool
copy(struct pw_bytes *bytes, struct pw_view view)
{
  bytes->size = 0;
  return pw_bytes_append(bytes, view.data, view.size);
}

static bool
add_field(struct pw_bytes *fields, struct pw_view name, struct pw_view value)
{
  return pw_bytes_append(fields, name.data, name.size) && pw_bytes_append(fields, ": ", 2) &&
         pw_bytes_append(fields, value.data, value.size) && pw_bytes_append(fields, "\r\n", 2);
}

static bool
copy_fields(struct pw_local_answer *answer, const struct pw_pairs *headers)
{
  answer->fields.size = 0;
  answer->type.size   = 0;
  for (size_t i = 0; headers && i < headers->count; i++) {
    struct pw_view name  = headers->items[i].key;
    struct pw_view value = headers->items[i].value;
    bool           done  = true;
    /* They become lines: what could end a line is not let through, whoever checked it before. */
    if (!pw_field_name_valid(name) || !pw_field_value_valid(value)) {
      return false;
    }
    if (name_is(name, "content-type")) {
      done = copy(&answer->type, value);
    } else if (name.data[0] != ':' && !is_servers_own(name)) {
      done = add_field(&answer->fields, name, value);
    }
    if (!done) {
      return false;
    }
  }
  return true;
}

static enum pw_status
keep(struct pw_local_answer *answer, const struct pw_local_reply *reply)
{
  struct pw_view reason = reply->details;
  if (!pw_field_value_valid(reason)) {
    reason = pw_view_make(NULL, 0);
  }
  reason.size    = reason.size < REASON_BYTES ? reason.size : REASON_BYTES;
  answer->given  = false;
  answer->status = reply->status;
  if (!copy(&answer->reason, reason) || !copy(&answer->body, reply->body) || !copy_fields(answer, reply->headers)) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  answer->given = true;
  pw_statistics_add(PW_STATISTIC_LOCAL_REPLIES, 1);
  return PW_STATUS_OK;
}

static bool
is_grpc(struct pw_transaction *transaction)
{
  const struct pw_header *request = pw_header_find(transaction, PW_MAP_HTTP_REQUEST_HEADERS);
  struct pw_view          type;
  return request && pw_header_field(request, "content-type", &type) && pw_grpc_is_content_type(type);
}

enum pw_status
pw_local_reply_take(void *stream, const struct pw_local_reply *reply)
{
  struct pw_transaction *transaction = ((struct pw_segment *)stream)->transaction;

  bool too_late =
    transaction->phase == PW_PHASE_UPSTREAM ? !pw_request_body_runs(transaction) : transaction->phase == PW_PHASE_SENT;
  if (too_late) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  if (!is_grpc(transaction)) {
    return keep(&transaction->answer, reply);
  }
  struct pw_grpc_reply grpc;
  enum pw_status       status =
    pw_grpc_reply_make(&grpc, reply) ? keep(&transaction->answer, &grpc.reply) : PW_STATUS_INTERNAL_FAILURE;
  pw_grpc_reply_clear(&grpc);
  return status;
}

static void
give(struct pw_transaction *transaction, TSHttpStatus status, const char *text)
{
  struct pw_local_answer *answer = &transaction->answer;
  bool                    armed  = answer->armed;
  bool                    built  = answer->built;
  pw_local_reply_clear(answer);
  answer->given  = true;
  answer->armed  = armed;
  answer->built  = built;
  answer->status = status;
  /* Without memory for the text, the status has to do. */
  (void)copy(&answer->body, pw_view_of(text));
}

void
pw_local_reply_refuse(struct pw_transaction *transaction)
{
  give(transaction, TS_HTTP_STATUS_SERVICE_UNAVAILABLE, "A filter of this service is out of order.\n");
  pw_statistics_add(PW_STATISTIC_REFUSED, 1);
}

void
pw_local_reply_bad_request(struct pw_transaction *transaction)
{
  give(transaction, TS_HTTP_STATUS_BAD_REQUEST, "The body of the request is malformed.\n");
}

void
pw_local_reply_clear(struct pw_local_answer *answer)
{
  answer->given       = false;
  answer->armed       = false;
  answer->built       = false;
  answer->status      = 0;
  answer->reason.size = 0;
  answer->body.size   = 0;
  answer->fields.size = 0;
  answer->type.size   = 0;
}

void
pw_local_reply_free(struct pw_local_answer *answer)
{
  pw_bytes_clear(&answer->reason);
  pw_bytes_clear(&answer->body);
  pw_bytes_clear(&answer->fields);
  pw_bytes_clear(&answer->type);
}

/* ------------------------------------------------------------------------------------------------ before SEND_RESPONSE
 */

static char *
server_copy(struct pw_view bytes, size_t extra)
{
  char *memory = (char *)TSmalloc(bytes.size + extra + 1);
  if (bytes.size > 0) {
    memcpy(memory, bytes.data, bytes.size);
  }
  memory[bytes.size] = '\0';
  return memory;
}

void
pw_local_reply_arm(struct pw_transaction *transaction)
{
  transaction->answer.armed = true;
  TSHttpTxnStatusSet(transaction->txn, ARMED_STATUS);
  /* Some body has to be there, or the connection is closed without an answer. */
  TSHttpTxnErrorBodySet(transaction->txn, server_copy(pw_view_of(" "), 0), 1, NULL);
}

/* ---------------------------------------------------------------------------------------------------- at SEND_RESPONSE
 */

static struct pw_view
reason_of(const struct pw_local_answer *answer)
{
  if (answer->reason.size > 0) {
    return pw_bytes_view(&answer->reason);
  }
  return pw_view_of(TSHttpHdrReasonLookup((TSHttpStatus)answer->status));
}

/* What an error page, or an earlier reply, brought along: all but what the server says of itself and the connection. */
static bool
is_kept(struct pw_view name)
{
  static const char *const names[] = {
    "date", "server", "connection", "proxy-connection", "via", "age", "strict-transport-security"};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    if (name_is(name, names[i])) {
      return true;
    }
  }
  return false;
}

static void
append_fields(const struct pw_header *header, struct pw_view fields)
{
  const char *at  = fields.data;
  const char *end = fields.data + fields.size;
  while (at < end) {
    const char *colon = (const char *)memchr(at, ':', (size_t)(end - at));
    const char *line  = (const char *)memchr(at, '\r', (size_t)(end - at));
    pw_header_append(header, pw_view_make(at, (size_t)(colon - at)),
                     pw_view_make(colon + 2, (size_t)(line - colon - 2)));
    at = line + 2;
  }
}

static void
append_body_fields(const struct pw_header *header, const struct pw_local_answer *answer)
{
  char length[24];
  if (answer->type.size > 0) {
    pw_header_append(header, pw_view_of("Content-Type"), pw_bytes_view(&answer->type));
  } else if (answer->body.size > 0) {
    pw_header_append(header, pw_view_of("Content-Type"), pw_view_of(DEFAULT_TYPE));
  }
  if (!body_precluded(answer->status)) {
    snprintf(length, sizeof(length), "%zu", answer->body.size);
    pw_header_append(header, pw_view_of("Content-Length"), pw_view_of(length));
  }
}

bool
pw_local_reply_precludes_body(const struct pw_local_answer *answer)
{
  return body_precluded(answer->status);
}

void
pw_local_reply_write(const struct pw_local_answer *answer, const struct pw_header *header)
{
  struct pw_view reason = reason_of(answer);
  TSHttpHdrStatusSet(header->buffer, header->location, (TSHttpStatus)answer->status);
  TSHttpHdrReasonSet(header->buffer, header->location, reason.size ? reason.data : "", (int)reason.size);
  pw_header_retain(header, is_kept);
  append_fields(header, pw_bytes_view(&answer->fields));
  append_body_fields(header, answer);
}

struct pw_view
pw_local_reply_body(const struct pw_local_answer *answer)
{
  return body_precluded(answer->status) ? pw_view_make(NULL, 0) : pw_bytes_view(&answer->body);
}

bool
pw_local_reply_build(struct pw_transaction *transaction)
{
  struct pw_header header;
  if (TSHttpTxnClientRespGet(transaction->txn, &header.buffer, &header.location) != TS_SUCCESS) {
    return false;
  }
  pw_local_reply_write(&transaction->answer, &header);
  transaction->answer.built = true;
  return true;
}

void
pw_local_reply_finish(struct pw_transaction *transaction)
{
  struct pw_local_answer *answer = &transaction->answer;
  struct pw_header        header;
  struct pw_view          type = pw_view_make(NULL, 0);

  if (TSHttpTxnClientRespGet(transaction->txn, &header.buffer, &header.location) != TS_SUCCESS) {
    return;
  }
  int status = TSHttpHdrStatusGet(header.buffer, header.location);
  pw_header_field(&header, "Content-Type", &type);
  if (answer->body.size == 0 || body_precluded((uint32_t)status)) {
    pw_header_remove(&header, pw_view_of("Content-Length"));
    TSHttpTxnErrorBodySet(transaction->txn, NULL, 0, NULL);
  } else {
    /* The server sets Content-Type itself, from this. */
    char *mime = server_copy(type.size > 0 ? type : pw_view_of(DEFAULT_TYPE), 0);
    TSHttpTxnErrorBodySet(transaction->txn, server_copy(pw_bytes_view(&answer->body), 0), answer->body.size, mime);
  }
}

/*
 * The page that TS_EVENT_HTTP_ERROR makes at this hook shows neither other fields than Content-Type, nor a status below
 * 400, and no hook comes after it. But the type that a plugin gives for the page is written as it is, so that more
 * lines can follow in it; and a status is looked at as a number of 32 bits when it is asked whether it is an error, and
 * kept in 16. The lines are made of fields that were checked: nothing else can come in this way. An HTTP/2 answer is
 * read from the same text, so it gets the same fields.
 */
void
pw_local_reply_at_send(struct pw_transaction *transaction)
{
  struct pw_local_answer *answer = &transaction->answer;
  struct pw_view          type   = answer->type.size > 0 ? pw_bytes_view(&answer->type) : pw_view_of(DEFAULT_TYPE);
  struct pw_view          fields = pw_bytes_view(&answer->fields);
  bool                    bare   = answer->body.size == 0 || body_precluded(answer->status);
  uint32_t                status = answer->status >= 400 ? answer->status : answer->status + STATUS_WRAP;

  TSHttpTxnStatusSet(transaction->txn, (TSHttpStatus)status);
  if (bare && fields.size == 0 && answer->type.size == 0) {
    TSHttpTxnErrorBodySet(transaction->txn, NULL, 0, NULL);
    return;
  }
  char *lines = server_copy(type, 2 + fields.size);
  if (fields.size > 0) {
    size_t without_end = fields.size - 2;
    memcpy(lines + type.size, "\r\n", 2);
    memcpy(lines + type.size + 2, fields.data, without_end);
    lines[type.size + 2 + without_end] = '\0';
  }
  struct pw_view body = bare ? pw_view_make(NULL, 0) : pw_bytes_view(&answer->body);
  TSHttpTxnErrorBodySet(transaction->txn, server_copy(body, 0), body.size, lines);
}
