/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the header filters of examples/ do, as a native plugin of Traffic Server: sets a header in each request and each
 * response, and counts requests. The yardstick of bench/header_filter.
 */
#include "set_header.h"

static const char name[]  = "x-filtered-by";
static const char value[] = "native-c";

static int statistic;

/* Exactly one value, whatever the other side sent under this name. */
static void
set_header(TSMBuffer buffer, TSMLoc header)
{
  TSMLoc field;
  remove_header(buffer, header, name, sizeof name - 1);
  if (TSMimeHdrFieldCreateNamed(buffer, header, name, sizeof name - 1, &field) == TS_SUCCESS) {
    append_field(buffer, header, field, value, sizeof value - 1);
  }
}

static int
on_event(TSCont continuation, TSEvent event, void *data)
{
  TSHttpTxn transaction = (TSHttpTxn)data;
  TSMBuffer buffer;
  TSMLoc    header;
  (void)continuation;
  if (event == TS_EVENT_HTTP_READ_REQUEST_HDR) {
    TSStatIntIncrement(statistic, 1);
    if (TSHttpTxnClientReqGet(transaction, &buffer, &header) == TS_SUCCESS) {
      set_header(buffer, header);
      TSHandleMLocRelease(buffer, TS_NULL_MLOC, header);
    }
  } else if (TSHttpTxnClientRespGet(transaction, &buffer, &header) == TS_SUCCESS) {
    set_header(buffer, header);
    TSHandleMLocRelease(buffer, TS_NULL_MLOC, header);
  }
  TSHttpTxnReenable(transaction, TS_EVENT_HTTP_CONTINUE);
  return 0;
}

void
TSPluginInit(int argc, const char *argv[])
{
  TSPluginRegistrationInfo registration = {"native_header_filter", "proxywasm", ""};
  (void)argc;
  (void)argv;
  if (TSPluginRegister(&registration) != TS_SUCCESS) {
    TSError("[native_header_filter] cannot be registered");
    return;
  }
  statistic =
    TSStatCreate("native_header_filter.requests", TS_RECORDDATATYPE_INT, TS_STAT_NON_PERSISTENT, TS_STAT_SYNC_COUNT);
  TSCont continuation = TSContCreate(on_event, NULL);
  TSHttpHookAdd(TS_HTTP_READ_REQUEST_HDR_HOOK, continuation);
  TSHttpHookAdd(TS_HTTP_SEND_RESPONSE_HDR_HOOK, continuation);
}
