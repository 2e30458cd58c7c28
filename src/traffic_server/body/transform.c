/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/body/transform.h"

#include <stdio.h>

/* Traffic Server takes INT64_MAX as "unknown", and refuses that for a request. */
#define UNKNOWN_REQUEST_LENGTH (INT64_MAX - 1)

/* Less is copied: noting down where it is takes as long, and keeps the memory of all that lies around it. */
#define LEAST_SHARED_BYTES 1024

/* Between looks whether the server has begun to take an output that is to be aborted. */
#define ABORT_MILLISECONDS 10

static void abort_output(struct pw_transform *transform);

/* -------------------------------------------------------------------------------------------------------------- events
 */

static int
on_event(TSCont continuation, TSEvent event, void *data)
{
  struct pw_transform *transform = (struct pw_transform *)TSContDataGet(continuation);
  (void)data;

  if (event == TS_EVENT_TIMEOUT) {
    transform->timer = NULL;
  }
  if (TSVConnClosedGet((TSVConn)continuation)) {
    transform->closed = true;
    transform->ops->closed(transform);
    return 0;
  }
  if (event == TS_EVENT_ERROR) {
    TSVIO input = TSVConnWriteVIOGet(transform->connection);
    TSContCall(TSVIOContGet(input), TS_EVENT_ERROR, input);
    return 0;
  }
  if (transform->aborts) {
    abort_output(transform);
    return 0;
  }
  if (event == TS_EVENT_VCONN_WRITE_COMPLETE) {
    TSVConnShutdown(TSTransformOutputVConnGet(transform->connection), 0, 1);
  }
  transform->ops->ready(transform);
  return 0;
}

bool
pw_transform_open(struct pw_transform *transform, TSHttpTxn txn, const struct pw_transform_ops *ops, void *owner)
{
  memset(transform, 0, sizeof(*transform));
  transform->ops        = ops;
  transform->owner      = owner;
  transform->txn        = txn;
  transform->connection = TSTransformCreate(on_event, txn);
  if (!transform->connection) {
    return false;
  }
  TSContDataSet((TSCont)transform->connection, transform);
  TSHttpTxnHookAdd(txn, ops->hook, (TSCont)transform->connection);
  return true;
}

void
pw_transform_leave(struct pw_transform *transform)
{
  if (transform->connection && transform->closed) {
    /* Not here: the server may have closed it a second time, and destroys it only in an event if events are under way.
     */
    pw_transform_later(transform, 0);
  }
}

void
pw_transform_free(struct pw_transform *transform)
{
  if (transform->pending) {
    TSIOBufferReaderFree(transform->pending_reader);
    TSIOBufferDestroy(transform->pending);
  }
  if (transform->buffer) {
    TSIOBufferReaderFree(transform->reader);
    TSIOBufferDestroy(transform->buffer);
  }
  TSContDestroy((TSCont)transform->connection);
  memset(transform, 0, sizeof(*transform));
}

void
pw_transform_later(struct pw_transform *transform, unsigned milliseconds)
{
  if (milliseconds == 0) {
    TSContScheduleOnThread((TSCont)transform->connection, 0, TSEventThreadSelf());
    return;
  }
  if (transform->timer && transform->timer_milliseconds <= milliseconds) {
    return;
  }
  /* In this order: the server destroys a closed transform that no events are under way for. */
  TSAction longer               = transform->timer;
  transform->timer_milliseconds = milliseconds;
  transform->timer = TSContScheduleOnThread((TSCont)transform->connection, milliseconds, TSEventThreadSelf());
  TSActionCancel(longer);
}

/* --------------------------------------------------------------------------------------------------------------- input
 */

bool
pw_transform_input(struct pw_transform *transform, struct pw_view *piece, bool *end)
{
  *piece = pw_view_make(NULL, 0);
  *end   = false;
  if (transform->input_over || transform->closed) {
    return false;
  }
  TSVIO input = TSVConnWriteVIOGet(transform->connection);
  /* Without a buffer the server has ended it by itself, as it does when the end of a body comes after all of it. */
  int64_t todo = TSVIOBufferGet(input) ? TSVIONTodoGet(input) : 0;
  *end         = todo <= 0;
  if (*end) {
    return true;
  }
  TSIOBufferReader reader = TSVIOReaderGet(input);
  for (TSIOBufferBlock block = TSIOBufferReaderStart(reader); block; block = TSIOBufferBlockNext(block)) {
    int64_t     size = 0;
    const char *data = TSIOBufferBlockReadStart(block, reader, &size);
    if (size > 0) {
      size   = size < todo ? size : todo;
      *piece = pw_view_make(data, (size_t)size);
      *end   = size == todo;

      transform->piece = *piece;
      return true;
    }
  }
  return false;
}

bool
pw_transform_is_last(struct pw_transform *transform)
{
  /* A transform of a plugin has operations to be looked at, the end of the chain has not. */
  TSVConn output = transform->closed ? NULL : TSTransformOutputVConnGet(transform->connection);
  return output && !TSVConnReadVIOGet(output);
}

bool
pw_transform_has_input(struct pw_transform *transform)
{
  return TSVIOBufferGet(TSVConnWriteVIOGet(transform->connection)) != NULL;
}

bool
pw_transform_is_fed_by(struct pw_transform *transform, TSVIO operation)
{
  TSVIO input = TSVConnWriteVIOGet(transform->connection);
  return !transform->closed && !transform->input_over && TSVIOBufferGet(input) && TSVIOBufferGet(operation) &&
         TSVIOContGet(operation) == TSVIOContGet(input);
}

bool
pw_transform_was_aborted(const struct pw_transform *transform)
{
  return TSVConnClosedGet((TSVConn)transform->connection) == TS_VC_CLOSE_ABORT;
}

bool
pw_transform_awaits_input(const struct pw_transform *transform)
{
  TSVIO input = transform->input_over || transform->closed ? NULL : TSVConnWriteVIOGet(transform->connection);
  return input && TSVIOBufferGet(input) && TSVIONTodoGet(input) > TSIOBufferReaderAvail(TSVIOReaderGet(input));
}

int64_t
pw_transform_input_length(struct pw_transform *transform)
{
  int64_t length = pw_transform_has_input(transform) ? TSVIONBytesGet(TSVConnWriteVIOGet(transform->connection)) : 0;
  return length < INT64_MAX ? length : -1;
}

void
pw_transform_consume(struct pw_transform *transform, size_t size)
{
  TSVIO input      = TSVConnWriteVIOGet(transform->connection);
  transform->piece = pw_view_make(NULL, 0);
  if (size > 0 && TSVIOBufferGet(input)) {
    TSIOBufferReaderConsume(TSVIOReaderGet(input), (int64_t)size);
    TSVIONDoneSet(input, TSVIONDoneGet(input) + (int64_t)size);
    transform->taken = true;
  }
}

bool
pw_transform_has_more(struct pw_transform *transform)
{
  struct pw_view piece;
  bool           end;
  return pw_transform_input(transform, &piece, &end);
}

static void
tell_input(struct pw_transform *transform, TSEvent event)
{
  TSVIO input = TSVConnWriteVIOGet(transform->connection);
  if (!transform->closed && TSVIOBufferGet(input)) {
    TSContCall(TSVIOContGet(input), event, input);
  }
}

void
pw_transform_more(struct pw_transform *transform)
{
  /* An input that has nothing would answer at once, and so on without an end. */
  if (!transform->input_over && transform->taken) {
    transform->taken = false;
    tell_input(transform, TS_EVENT_VCONN_WRITE_READY);
  }
}

void
pw_transform_input_done(struct pw_transform *transform)
{
  if (!transform->input_over) {
    transform->input_over = true;
    tell_input(transform, TS_EVENT_VCONN_WRITE_COMPLETE);
  }
}

void
pw_transform_input_stop(struct pw_transform *transform)
{
  if (!transform->input_over) {
    transform->input_over = true;
    tell_input(transform, TS_EVENT_VCONN_EOS);
  }
}

/* -------------------------------------------------------------------------------------------------------------- output
 */

static void
make_buffer(TSIOBuffer *buffer, TSIOBufferReader *reader)
{
  if (!*buffer) {
    *buffer = TSIOBufferCreate();
    *reader = TSIOBufferReaderAlloc(*buffer);
  }
}

/* Whether the bytes are (a part of) what the input begins with. */
static bool
is_input(const struct pw_transform *transform, struct pw_view bytes)
{
  uintptr_t from = (uintptr_t)transform->piece.data, at = (uintptr_t)bytes.data;
  return at >= from && at - from <= transform->piece.size && bytes.size <= transform->piece.size - (at - from);
}

/* What nobody changed goes from buffer to buffer as a reference. */
static void
share_input(struct pw_transform *transform, struct pw_view bytes)
{
  TSIOBufferReader input = TSVIOReaderGet(TSVConnWriteVIOGet(transform->connection));
  TSIOBufferCopy(transform->pending, input, (int64_t)bytes.size, bytes.data - transform->piece.data);
}

void
pw_transform_write(struct pw_transform *transform, struct pw_view bytes)
{
  if (bytes.size > 0 && !transform->ended) {
    make_buffer(&transform->pending, &transform->pending_reader);
    if (bytes.size >= LEAST_SHARED_BYTES && is_input(transform, bytes)) {
      share_input(transform, bytes);
    } else {
      TSIOBufferWrite(transform->pending, bytes.data, (int64_t)bytes.size);
    }
    transform->written += (int64_t)bytes.size;
  }
}

void
pw_transform_drop(struct pw_transform *transform)
{
  if (transform->pending) {
    int64_t size = TSIOBufferReaderAvail(transform->pending_reader);
    TSIOBufferReaderConsume(transform->pending_reader, size);
    transform->written -= size;
  }
}

bool
pw_transform_begin(struct pw_transform *transform, enum pw_transform_end end, int64_t length)
{
  TSVConn output = transform->closed ? NULL : TSTransformOutputVConnGet(transform->connection);
  if (!output) {
    return false;
  }
  make_buffer(&transform->buffer, &transform->reader);
  transform->end      = end;
  transform->promised = length;
  transform->output   = TSVConnWrite(output, (TSCont)transform->connection, transform->reader,
                                   end == PW_TRANSFORM_LENGTH ? length
                                     : end == PW_TRANSFORM_OPEN ? INT64_MAX
                                                                : UNKNOWN_REQUEST_LENGTH);
  return true;
}

static void
put(struct pw_transform *transform, const char *text, int size)
{
  TSIOBufferWrite(transform->buffer, text, size);
}

static void
push_bytes(struct pw_transform *transform, int64_t size)
{
  char line[24];
  if (transform->end == PW_TRANSFORM_CHUNKED) {
    put(transform, line, snprintf(line, sizeof(line), "%llx\r\n", (unsigned long long)size));
  }
  TSIOBufferCopy(transform->buffer, transform->pending_reader, size, 0);
  TSIOBufferReaderConsume(transform->pending_reader, size);
  if (transform->end == PW_TRANSFORM_CHUNKED) {
    put(transform, "\r\n", 2);
  }
}

void
pw_transform_push(struct pw_transform *transform)
{
  if (!transform->output || transform->ended || transform->closed || !transform->pending) {
    return;
  }
  int64_t size = TSIOBufferReaderAvail(transform->pending_reader);
  if (transform->end == PW_TRANSFORM_LENGTH) {
    int64_t left = transform->promised - (transform->written - size);
    size         = size < left ? size : left;
  }
  if (size > 0) {
    push_bytes(transform, size);
    transform->pushed = size;
  }
}

void
pw_transform_announce(struct pw_transform *transform)
{
  if (transform->output && !transform->ended && !transform->closed && pw_transform_untaken(transform) > 0) {
    TSVIOReenable(transform->output);
  }
}

/* What has been put into the output's buffer is all of it. */
static void
end_output(struct pw_transform *transform)
{
  TSVIONBytesSet(transform->output, TSVIONDoneGet(transform->output) + TSIOBufferReaderAvail(transform->reader));
  transform->ended = true;
  TSVIOReenable(transform->output);
}

void
pw_transform_finish(struct pw_transform *transform, struct pw_view trailers)
{
  if (!transform->output || transform->ended || transform->closed) {
    return;
  }
  pw_transform_push(transform);
  if (transform->end == PW_TRANSFORM_CHUNKED) {
    put(transform, "0\r\n", 3);
    put(transform, trailers.data ? trailers.data : "", (int)trailers.size);
    put(transform, "\r\n", 2);
  }
  end_output(transform);
}

void
pw_transform_cut(struct pw_transform *transform)
{
  if (transform->output && !transform->ended && !transform->closed) {
    end_output(transform);
  }
}

/* The state machine of the transaction takes this for what a transform says that gave up, or, amid an upload, a client
 * that left. The output itself cannot say so before it was read from (9.2.9 looks for a lock that is not there yet). */
static void
tell_transaction(struct pw_transform *transform)
{
  static int64_t nothing;
  TSContCall((TSCont)transform->txn, TS_EVENT_ERROR, &nothing);
}

static void
abort_output(struct pw_transform *transform)
{
  TSVConn output = transform->closed ? NULL : TSTransformOutputVConnGet(transform->connection);
  if (!output) {
    return;
  }
  if (TSVIONDoneGet(transform->output) == 0) {
    transform->aborts = true;
    pw_transform_later(transform, ABORT_MILLISECONDS);
    return;
  }
  transform->aborts = false;
  TSVConnAbort(output, 1);
}

void
pw_transform_abort(struct pw_transform *transform)
{
  transform->input_over = true;
  transform->ended      = true;
  if (transform->output) {
    abort_output(transform);
  } else {
    tell_transaction(transform);
  }
}

void
pw_transform_end_transaction(struct pw_transform *transform)
{
  transform->input_over = true;
  transform->ended      = true;
  tell_transaction(transform);
}

int64_t
pw_transform_waiting(const struct pw_transform *transform)
{
  int64_t waiting = transform->pending ? TSIOBufferReaderAvail(transform->pending_reader) : 0;
  return waiting + pw_transform_untaken(transform);
}

int64_t
pw_transform_untaken(const struct pw_transform *transform)
{
  return transform->buffer ? TSIOBufferReaderAvail(transform->reader) : 0;
}
