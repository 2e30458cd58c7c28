/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/call/http_call_inner.h"

#include "traffic_server/call/http_call_request.h"
#include "traffic_server/late_hook.h"
#include "traffic_server/process.h"

#include "host/id_map.h"

#include <stdio.h>

/* Of this thread, by number: a transaction and its exchange are on the same one. */
static __thread struct pw_id_map exchanges;

bool
pw_inner_expect(struct pw_exchange *exchange)
{
  return pw_id_map_put(&exchanges, exchange->number, exchange);
}

void
pw_inner_forget(const struct pw_exchange *exchange)
{
  if (pw_id_map_get(&exchanges, exchange->number) == exchange) {
    pw_id_map_remove(&exchanges, exchange->number);
  }
}

/* ----------------------------------------------------------------------------------------------------- the request */

/* The number in the request's PW_CALL_FIELD, which is taken out; 0: there is none. */
static uint32_t
take_number(TSMBuffer buffer, TSMLoc header)
{
  TSMLoc   field  = TSMimeHdrFieldFind(buffer, header, PW_CALL_FIELD, (int)strlen(PW_CALL_FIELD));
  uint32_t number = 0;
  if (field != TS_NULL_MLOC) {
    number = TSMimeHdrFieldValueUintGet(buffer, header, field, 0);
    TSMimeHdrFieldDestroy(buffer, header, field);
    TSHandleMLocRelease(buffer, header, field);
  }
  return number;
}

/* The server has made Host what the URL says; the module's :authority is what the upstream is to see. */
static void
set_host(TSMBuffer buffer, TSMLoc header, struct pw_view authority)
{
  TSMLoc field = TSMimeHdrFieldFind(buffer, header, TS_MIME_FIELD_HOST, TS_MIME_LEN_HOST);
  if (field != TS_NULL_MLOC) {
    TSMimeHdrFieldValueStringSet(buffer, header, field, -1, authority.data, (int)authority.size);
    TSHandleMLocRelease(buffer, header, field);
  }
}

static void
set_timeouts(TSHttpTxn txn, uint32_t milliseconds)
{
  static const TSOverridableConfigKey keys[] = {TS_CONFIG_HTTP_TRANSACTION_NO_ACTIVITY_TIMEOUT_IN,
                                                TS_CONFIG_HTTP_TRANSACTION_NO_ACTIVITY_TIMEOUT_OUT,
                                                TS_CONFIG_HTTP_CONNECT_ATTEMPTS_TIMEOUT};
  /* The exchange's own timer comes first. */
  TSMgmtInt seconds = (TSMgmtInt)(milliseconds / 1000) + 2;
  for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
    TSHttpTxnConfigIntSet(txn, keys[i], seconds);
  }
}

/* Calls are answered by the upstream, not from the cache; and what the server adds to requests of clients has no place
 * in them, but for Via: it ends calls of a server to itself that would go round for ever. */
static void
set_up(TSHttpTxn txn)
{
  static const TSOverridableConfigKey off[] = {
    TS_CONFIG_HTTP_CACHE_HTTP,
    TS_CONFIG_HTTP_INSERT_RESPONSE_VIA_STR,
    TS_CONFIG_HTTP_INSERT_AGE_IN_RESPONSE,
    TS_CONFIG_HTTP_RESPONSE_SERVER_ENABLED,
    TS_CONFIG_HTTP_ANONYMIZE_INSERT_CLIENT_IP,
    TS_CONFIG_HTTP_INSERT_SQUID_X_FORWARDED_FOR,
    TS_CONFIG_HTTP_NORMALIZE_AE,
    TS_CONFIG_HTTP_NUMBER_OF_REDIRECTIONS,
  };
  for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
    TSHttpTxnConfigIntSet(txn, off[i], 0);
  }
}

/* ---------------------------------------------------------------------------------------------------- the response */

static struct pw_exchange *
exchange_of(TSHttpTxn txn)
{
  uint32_t number = (uint32_t)(uintptr_t)TSUserArgGet(txn, pw_process_argument_index());
  return (struct pw_exchange *)pw_id_map_get(&exchanges, number);
}

/* The upstream's headers have come: those of an interim answer, too. */
static void
note_answer(TSHttpTxn txn, struct pw_exchange *exchange)
{
  TSMBuffer buffer;
  TSMLoc    header;
  if (TSHttpTxnServerRespGet(txn, &buffer, &header) == TS_SUCCESS) {
    exchange->answered = exchange->answered || TSHttpHdrStatusGet(buffer, header) >= TS_HTTP_STATUS_OK;
    TSHandleMLocRelease(buffer, TS_NULL_MLOC, header);
  }
}

/* A page of the server's own (the upstream could not be reached, or did not answer) is a failure for the module. */
static void
note_failure(TSHttpTxn txn, struct pw_exchange *exchange)
{
  TSMBuffer buffer;
  TSMLoc    header;
  int       size = 0;
  if (exchange->answered || TSHttpTxnClientRespGet(txn, &buffer, &header) != TS_SUCCESS) {
    return;
  }
  TSHttpStatus status = TSHttpHdrStatusGet(buffer, header);
  if (status >= TS_HTTP_STATUS_OK) {
    const char *reason = TSHttpHdrReasonGet(buffer, header, &size);
    exchange->failure  = (uint32_t)status;
    snprintf(exchange->message, sizeof(exchange->message), "%.*s", reason ? size : 0, reason ? reason : "");
  }
  TSHandleMLocRelease(buffer, TS_NULL_MLOC, header);
}

static void
at_response(TSHttpTxn txn, TSEvent event)
{
  struct pw_exchange *exchange = exchange_of(txn);
  if (exchange && event == TS_EVENT_HTTP_READ_RESPONSE_HDR) {
    note_answer(txn, exchange);
  } else if (exchange) {
    note_failure(txn, exchange);
  }
  TSHttpTxnReenable(txn, TS_EVENT_HTTP_CONTINUE);
}

/* ----------------------------------------------------------------------------------------------------------- begin */

static struct pw_late_hook hook;

/* False: nobody waits for it any more. */
static bool
prepare(TSHttpTxn txn)
{
  TSMBuffer buffer;
  TSMLoc    header;
  if (TSHttpTxnClientReqGet(txn, &buffer, &header) != TS_SUCCESS) {
    return false;
  }
  uint32_t                  number   = take_number(buffer, header);
  const struct pw_exchange *exchange = (const struct pw_exchange *)pw_id_map_get(&exchanges, number);
  set_up(txn);
  if (exchange) {
    set_timeouts(txn, exchange->timeout_milliseconds);
    TSUserArgSet(txn, pw_process_argument_index(), (void *)(uintptr_t)number);
    TSHttpTxnHookAdd(txn, TS_HTTP_READ_RESPONSE_HDR_HOOK, hook.continuation);
    TSHttpTxnHookAdd(txn, TS_HTTP_SEND_RESPONSE_HDR_HOOK, hook.continuation);
    if (!exchange->by_remap) {
      TSHttpTxnCntlSet(txn, TS_HTTP_CNTL_SKIP_REMAPPING, true);
      set_host(buffer, header, pw_bytes_view(&exchange->authority));
    }
  }
  TSHandleMLocRelease(buffer, TS_NULL_MLOC, header);
  return exchange != NULL;
}

static void
at_request(TSHttpTxn txn)
{
  const char *tag  = TSHttpTxnIsInternal(txn) ? TSHttpTxnPluginTagGet(txn) : NULL;
  bool        ours = tag && strcmp(tag, PW_INNER_TAG) == 0;
  TSHttpTxnReenable(txn, ours && !prepare(txn) ? TS_EVENT_HTTP_ERROR : TS_EVENT_HTTP_CONTINUE);
}

static int
on_hook(TSCont continuation, TSEvent event, void *data)
{
  TSHttpTxn txn = (TSHttpTxn)data;
  (void)continuation;
  if (event == TS_EVENT_HTTP_READ_REQUEST_HDR) {
    at_request(txn);
  } else {
    at_response(txn, event);
  }
  return 0;
}

void
pw_exchange_watch(void)
{
  pw_late_hook_add(&hook, TS_HTTP_READ_REQUEST_HDR_HOOK, on_hook);
}
