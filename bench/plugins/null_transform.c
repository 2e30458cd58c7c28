/* SPDX-License-Identifier: Apache-2.0 */
/* Passes the body of each response through a transform that changes nothing, as a native plugin of Traffic Server does
 * it. The yardstick of bench/questions/bodies.py. */
#include <stdint.h>
#include <ts/ts.h>

struct transform {
  TSVIO            output;
  TSIOBuffer       buffer;
  TSIOBufferReader reader;
};

static void
begin(TSCont continuation, struct transform *transform)
{
  TSVIO input       = TSVConnWriteVIOGet(continuation);
  transform->buffer = TSIOBufferCreate();
  transform->reader = TSIOBufferReaderAlloc(transform->buffer);
  transform->output =
    TSVConnWrite(TSTransformOutputVConnGet(continuation), continuation, transform->reader, TSVIONBytesGet(input));
}

/* Takes over what has come. */
static void
pass(TSCont continuation, struct transform *transform)
{
  TSVIO input = TSVConnWriteVIOGet(continuation);
  if (!transform->output) {
    begin(continuation, transform);
  }
  if (!TSVIOBufferGet(input)) {
    TSVIONBytesSet(transform->output, TSVIONDoneGet(input));
    TSVIOReenable(transform->output);
    return;
  }
  TSIOBufferReader reader    = TSVIOReaderGet(input);
  int64_t          available = TSIOBufferReaderAvail(reader);
  int64_t          wanted    = TSVIONTodoGet(input);
  int64_t          taken     = available < wanted ? available : wanted;
  if (taken > 0) {
    TSIOBufferCopy(transform->buffer, reader, taken, 0);
    TSIOBufferReaderConsume(reader, taken);
    TSVIONDoneSet(input, TSVIONDoneGet(input) + taken);
  }
  if (TSVIONTodoGet(input) > 0) {
    if (taken > 0) {
      TSVIOReenable(transform->output);
      TSContCall(TSVIOContGet(input), TS_EVENT_VCONN_WRITE_READY, input);
    }
    return;
  }
  TSVIONBytesSet(transform->output, TSVIONDoneGet(input));
  TSVIOReenable(transform->output);
  TSContCall(TSVIOContGet(input), TS_EVENT_VCONN_WRITE_COMPLETE, input);
}

static int
on_transform(TSCont continuation, TSEvent event, void *data)
{
  struct transform *transform = TSContDataGet(continuation);
  (void)data;
  if (TSVConnClosedGet(continuation)) {
    if (transform->buffer) {
      TSIOBufferDestroy(transform->buffer);
    }
    TSfree(transform);
    TSContDestroy(continuation);
    return 0;
  }
  switch (event) {
  case TS_EVENT_ERROR: {
    TSVIO input = TSVConnWriteVIOGet(continuation);
    TSContCall(TSVIOContGet(input), TS_EVENT_ERROR, input);
    break;
  }
  case TS_EVENT_VCONN_WRITE_COMPLETE:
    TSVConnShutdown(TSTransformOutputVConnGet(continuation), 0, 1);
    break;
  default:
    pass(continuation, transform);
  }
  return 0;
}

static int
on_response(TSCont continuation, TSEvent event, void *data)
{
  TSHttpTxn transaction = data;
  (void)continuation;
  (void)event;
  struct transform *transform = TSmalloc(sizeof *transform);
  *transform                  = (struct transform){0};
  TSVConn connection          = TSTransformCreate(on_transform, transaction);
  TSContDataSet(connection, transform);
  TSHttpTxnHookAdd(transaction, TS_HTTP_RESPONSE_TRANSFORM_HOOK, connection);
  TSHttpTxnUntransformedRespCache(transaction, 1);
  TSHttpTxnTransformedRespCache(transaction, 0);
  TSHttpTxnReenable(transaction, TS_EVENT_HTTP_CONTINUE);
  return 0;
}

void
TSPluginInit(int argc, const char *argv[])
{
  TSPluginRegistrationInfo registration = {"null_transform", "proxywasm", ""};
  (void)argc;
  (void)argv;
  if (TSPluginRegister(&registration) != TS_SUCCESS) {
    TSError("[null_transform] cannot be registered");
    return;
  }
  TSHttpHookAdd(TS_HTTP_READ_REQUEST_HDR_HOOK, TSContCreate(on_response, NULL));
}
