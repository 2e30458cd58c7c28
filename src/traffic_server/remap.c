/* SPDX-License-Identifier: Apache-2.0 */
/* wasm.so in remap.config: filters for the transactions of a rule. */
#include "traffic_server/body/held_inner.h"
#include "traffic_server/compatibility.h"
#include "traffic_server/configuration/slot.h"
#include "traffic_server/log.h"
#include "traffic_server/process.h"
#include "traffic_server/transaction/transaction.h"

#include <stdio.h>

PW_ENTRY_POINT TSReturnCode  TSRemapInit(TSRemapInterface *api, char *message, int size);
PW_ENTRY_POINT TSReturnCode  TSRemapNewInstance(int argc, char *argv[], void **instance, char *message, int size);
PW_ENTRY_POINT void          TSRemapDeleteInstance(void *instance);
PW_ENTRY_POINT TSRemapStatus TSRemapDoRemap(void *instance, TSHttpTxn txn, TSRemapRequestInfo *request);
PW_ENTRY_POINT void          TSRemapPreConfigReload(void);

/* Set by the first reload: until then the server starts, and has to come up whatever is wrong here. */
static bool reloading;

static TSReturnCode
fail(char *message, int size, const char *text)
{
  pw_log_error("remap.config: @plugin=wasm.so: %s", text);
  snprintf(message, size > 0 ? (size_t)size : 0, "[wasm] %s", text);
  return TS_ERROR;
}

TSReturnCode
TSRemapInit(TSRemapInterface *api, char *message, int size)
{
  struct pw_error error;
  (void)api;
  return pw_process_start(false, &error) ? TS_SUCCESS : fail(message, size, error.message);
}

void
TSRemapPreConfigReload(void)
{
  reloading = true;
}

TSReturnCode
TSRemapNewInstance(int argc, char *argv[], void **instance, char *message, int size)
{
  struct pw_error error;
  /* The first two are the rule's URLs. */
  if (argc < 3) {
    return fail(message, size, "no configuration file is named; write '@pparam=FILE.yaml'");
  }
  struct pw_slot *slot = pw_slot_open(argc - 2, argv + 2, false, !reloading, &error);
  if (!slot) {
    return fail(message, size, error.message);
  }
  *instance = slot;
  return TS_SUCCESS;
}

void
TSRemapDeleteInstance(void *instance)
{
  pw_slot_close((struct pw_slot *)instance);
}

TSRemapStatus
TSRemapDoRemap(void *instance, TSHttpTxn txn, TSRemapRequestInfo *request)
{
  (void)request;
  bool held = pw_held_inner_is(txn);
  if (held && pw_held_inner_hides_body(txn)) {
    /* The rule has come by a reload, in this moment. */
    pw_log_error("a request with a body met a new rule's filters too late for them to see it; the client gets 503");
    TSHttpTxnStatusSet(txn, TS_HTTP_STATUS_SERVICE_UNAVAILABLE);
    return TSREMAP_NO_REMAP;
  }
  return TSHttpTxnIsInternal(txn) && !held ? TSREMAP_NO_REMAP : pw_transaction_remap(txn, (struct pw_slot *)instance);
}
