/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/trailers/response_trailers.h"

#include "host/pairs.h"
#include "traffic_server/body/outflow.h"
#include "traffic_server/fields/header_map.h"
#include "traffic_server/log.h"
#include "traffic_server/transaction/transaction.h"

#include <stdio.h>

static const char out_of_sight[] = "they could not be followed";

/* --------------------------------------------------------------------------------------------------------- reading
 */

/* All that a reader has: parsed, and consumed. */
static void
read_all(struct pw_trailer_tap *tap, TSIOBufferReader reader)
{
  for (TSIOBufferBlock block = TSIOBufferReaderStart(reader); block && !tap->problem;
       block                 = TSIOBufferBlockNext(block)) {
    int64_t        size  = 0;
    const char    *bytes = TSIOBufferBlockReadStart(block, reader, &size);
    struct pw_view piece = pw_view_make(bytes, size > 0 ? (size_t)size : 0);
    struct pw_view data  = pw_view_make(bytes, 1);
    while (!tap->problem && data.size > 0) {
      tap->problem = pw_chunks_next(&tap->chunks, &piece, &data);
      tap->size += (int64_t)data.size;
    }
  }
  TSIOBufferReaderConsume(reader, TSIOBufferReaderAvail(reader));
}

/* What has been read of the connection, and is of what follows the header. -1: that cannot be told. */
static int64_t
bytes_behind_header(struct pw_transaction *transaction, TSVIO operation)
{
  return transaction->trailer_tap.carried + TSVIONDoneGet(operation) - TSHttpTxnServerRespHdrBytesGet(transaction->txn);
}

void
pw_response_trailers_interim(struct pw_transaction *transaction)
{
  TSVIO operation = transaction->response_body.transform.connection ? pw_inflow_from_origin(transaction->txn) : NULL;
  if (operation) {
    transaction->trailer_tap.carried = bytes_behind_header(transaction, operation);
  }
}

static void
read_behind_header(struct pw_transaction *transaction)
{
  struct pw_trailer_tap *tap       = &transaction->trailer_tap;
  TSVIO                  operation = pw_inflow_from_origin(transaction->txn);
  TSIOBuffer             buffer    = operation ? TSVIOBufferGet(operation) : NULL;
  int64_t                size      = buffer ? bytes_behind_header(transaction, operation) : -1;
  tap->carried                     = 0;
  if (size == 0) {
    return;
  }
  TSIOBufferReader reader = size > 0 ? TSIOBufferReaderAlloc(buffer) : NULL;
  if (!reader || TSIOBufferReaderAvail(reader) < size) {
    tap->problem = out_of_sight;
  } else {
    TSIOBufferReaderConsume(reader, TSIOBufferReaderAvail(reader) - size);
    read_all(tap, reader);
  }
  if (reader) {
    TSIOBufferReaderFree(reader);
  }
}

static bool
is_chunked(const struct pw_header *header)
{
  struct pw_view coding;
  const char     chunked[] = "chunked";
  size_t         size      = sizeof(chunked) - 1;
  return pw_header_field(header, "Transfer-Encoding", &coding) && coding.size >= size &&
         pw_field_name_equal(pw_view_make(coding.data + coding.size - size, size), pw_view_of(chunked));
}

void
pw_response_trailers_expect(struct pw_transaction *transaction)
{
  struct pw_trailer_tap *tap     = &transaction->trailer_tap;
  int64_t                carried = tap->carried;
  struct pw_header       header;
  if (!transaction->response_body.transform.connection) {
    return;
  }
  pw_response_trailers_end(transaction);
  tap->carried = carried;
  tap->wanted =
    TSHttpTxnServerRespGet(transaction->txn, &header.buffer, &header.location) == TS_SUCCESS && is_chunked(&header);
  if (tap->wanted) {
    read_behind_header(transaction);
  }
}

static bool
is_over(const struct pw_trailer_tap *tap)
{
  return !tap->wanted || tap->problem || tap->chunks.state == PW_CHUNKS_DONE;
}

void
pw_response_trailers_follow(struct pw_transaction *transaction)
{
  struct pw_trailer_tap *tap       = &transaction->trailer_tap;
  TSVIO                  operation = is_over(tap) || tap->reader ? NULL : pw_inflow_from_origin(transaction->txn);
  if (!operation || !pw_transform_is_fed_by(&transaction->response_body.transform, operation)) {
    return;
  }
  tap->tunnel = TSVIOContGet(operation);
  tap->buffer = TSVIOBufferGet(operation);
  tap->reader = TSIOBufferReaderAlloc(tap->buffer);
  /* What was read with the header is in the buffer, too. */
  int64_t before = TSIOBufferReaderAvail(tap->reader) - TSVIONDoneGet(operation);
  if (before < 0) {
    tap->problem = out_of_sight;
    pw_response_trailers_stop(transaction);
    return;
  }
  TSIOBufferReaderConsume(tap->reader, before);
}

/* A reader that lags keeps the connection from being read. */
static void
read_on(struct pw_body *body)
{
  TSVIO operation = pw_inflow_from_origin(body->transaction->txn);
  if (operation && pw_transform_is_fed_by(&body->transform, operation)) {
    TSVIOReenable(operation);
  }
}

void
pw_response_trailers_look(struct pw_body *body)
{
  struct pw_transaction *transaction = body->transaction;
  struct pw_trailer_tap *tap         = &transaction->trailer_tap;
  pw_response_trailers_follow(transaction);
  if (!tap->reader || TSIOBufferReaderAvail(tap->reader) == 0) {
    return;
  }
  read_all(tap, tap->reader);
  if (is_over(tap)) {
    TSIOBufferReaderFree(tap->reader);
    tap->reader = NULL;
  }
  read_on(body);
}

void
pw_response_trailers_stop(struct pw_transaction *transaction)
{
  struct pw_trailer_tap *tap       = &transaction->trailer_tap;
  TSVIO                  operation = tap->reader ? pw_inflow_from_origin(transaction->txn) : NULL;
  /* Only while the server reads into the buffer is it sure to be there; and only then does the reader matter. */
  if (operation && TSVIOBufferGet(operation) == tap->buffer && TSVIOContGet(operation) == tap->tunnel) {
    TSIOBufferReaderFree(tap->reader);
    TSVIOReenable(operation);
  }
  tap->reader = NULL;
}

void
pw_response_trailers_end(struct pw_transaction *transaction)
{
  struct pw_trailer_tap *tap = &transaction->trailer_tap;
  pw_chunks_clear(&tap->chunks);
  memset(tap, 0, sizeof(*tap));
}

/* With another plugin's transform before this one it is the same for each response. */
static void
complain(const char *problem)
{
  static bool said;
  if (problem != out_of_sight) {
    pw_log_error("trailers of a response, if it has any, are dropped: %s", problem);
  } else if (!__atomic_exchange_n(&said, true, __ATOMIC_RELAXED)) {
    pw_log_note("trailers of responses, if they have any, are dropped when what the origin sends comes through another "
                "plugin's transform, or that has changed its length (said once)");
  }
}

bool
pw_response_trailers_come(struct pw_body *body, size_t last)
{
  struct pw_transaction *transaction = body->transaction;
  struct pw_trailer_tap *tap         = &transaction->trailer_tap;
  struct pw_trailers    *trailers    = &transaction->trailers[PW_STREAM_HTTP_RESPONSE];
  pw_response_trailers_look(body);
  pw_response_trailers_stop(transaction);
  if (!tap->wanted) {
    return false;
  }
  const char *problem = tap->problem;
  tap->wanted         = false;
  if (!problem && (tap->chunks.state != PW_CHUNKS_DONE || tap->size != body->given + (int64_t)last)) {
    problem = out_of_sight;
  }
  if (!problem) {
    problem = pw_trailers_read(trailers, pw_bytes_view(&tap->chunks.trailers));
  }
  if (problem) {
    complain(problem);
  }
  return !problem && trailers->count > 0;
}

/* --------------------------------------------------------------------------------------------------------- writing
 */

/* Whether trailers may follow: none can be added to those that are known to be none by a plugin that has no callback
 * for them. */
static bool
may_come(const struct pw_body *body)
{
  const struct pw_transaction *transaction = body->transaction;
  if (body->out_ended) {
    return pw_body_has_trailers(body);
  }
  if (transaction->trailer_tap.wanted || transaction->trailers[PW_STREAM_HTTP_RESPONSE].count > 0) {
    return true;
  }
  struct pw_segment *segment = pw_segment_first_of_body(body->transaction, PW_STREAM_HTTP_RESPONSE);
  while (segment && !segment->plan->wants_response_trailers) {
    segment = pw_segment_next_of_body(segment, PW_STREAM_HTTP_RESPONSE);
  }
  return segment != NULL;
}

/* What leaves the transform may become an object in the cache, where no chunks may be. */
static bool
is_cached(const struct pw_body *body)
{
  return body->caches && TSHttpTxnIsCacheable(body->transaction->txn, NULL, NULL);
}

/* Those of HTTP/1.1 do; the version says the same of one that has come by HTTP/2. */
static bool
client_takes_chunks(struct pw_transaction *transaction)
{
  struct pw_header header;
  return pw_header_of(transaction, PW_MAP_HTTP_REQUEST_HEADERS, &header) &&
         TSHttpHdrVersionGet(header.buffer, header.location) == TS_HTTP_VERSION(1, 1) &&
         !TSHttpTxnClientProtocolStackContains(transaction->txn, "h2") &&
         !TSHttpTxnClientProtocolStackContains(transaction->txn, "h3");
}

enum pw_transform_end
pw_response_trailers_framing(struct pw_body *body)
{
  TSHttpTxn txn    = body->transaction->txn;
  TSMgmtInt chunks = 0;
  if (!may_come(body) || !client_takes_chunks(body->transaction) ||
      TSHttpTxnConfigIntGet(txn, TS_CONFIG_HTTP_CHUNKING_ENABLED, &chunks) != TS_SUCCESS || chunks == 0 ||
      !pw_transform_is_last(&body->transform) || is_cached(body)) {
    return PW_TRANSFORM_OPEN;
  }
  /* Whatever the server thinks of it: nothing of this is cached; and it makes no chunks of its own. */
  TSHttpTxnTransformedRespCache(txn, 0);
  TSHttpTxnConfigIntSet(txn, TS_CONFIG_HTTP_CHUNKING_ENABLED, 0);
  return PW_TRANSFORM_CHUNKED;
}

/* Whether the header is that of the transform's output: it has its length, which is that of the chunks when all of them
 * were there at once. After one that has broken off it is an error page's. */
static bool
is_header_of_output(const struct pw_transform *transform, const struct pw_header *header)
{
  struct pw_view length;
  char           text[24];
  if (TSVConnClosedGet(transform->connection)) {
    return false;
  }
  snprintf(text, sizeof(text), "%lld", (long long)TSVIONBytesGet(transform->output));
  return !pw_header_field(header, "Content-Length", &length) ||
         pw_view_equal(length, pw_view_of(PW_TRANSFORM_CHUNKED_LENGTH)) || pw_view_equal(length, pw_view_of(text));
}

void
pw_response_trailers_send(struct pw_transaction *transaction)
{
  const struct pw_transform *transform = &transaction->response_body.transform;
  struct pw_header           header;
  if (transform->output && transform->end == PW_TRANSFORM_CHUNKED &&
      TSHttpTxnClientRespGet(transaction->txn, &header.buffer, &header.location) == TS_SUCCESS &&
      is_header_of_output(transform, &header)) {
    pw_header_remove(&header, pw_view_of("Content-Length"));
    pw_header_remove(&header, pw_view_of("Transfer-Encoding"));
    pw_header_append(&header, pw_view_of("Transfer-Encoding"), pw_view_of("chunked"));
  }
}
