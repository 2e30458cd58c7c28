/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What no host on Wasmtime can be below: the native plugin, with examples/c/headers or examples/rust/headers in it by
 * raw calls. The module is called as the ABI asks, and its hostcalls check their bounds and do what the native plugin
 * does, but for the fields, which are copies of one. There are no limits of time or memory, no checks of what a field
 * may hold, no traps that are told, one event thread, and callbacks are told that there are no headers.
 *
 *   raw_calls.so MODULE.wasm
 */
#include "core/raw.h"
#include "set_header.h"

#include "engine/file.h"

#define ROOT_CONTEXT 1
#define SLOTS        4096

/* The context of a transaction, by the transaction's place in memory. One that another takes the slot of loses it: this
 * measures, and its load has 16 transactions at a time. */
static uint32_t contexts[SLOTS];
static uint32_t last_context = ROOT_CONTEXT;

static int             statistic;
static wasmtime_func_t create, request_headers, response_headers, done, logged, deleted;
static bool            has_done, has_log;
/* The header that the module works on. */
static TSMBuffer buffer;
static TSMLoc    header;
static struct {
  TSMBuffer buffer;
  TSMLoc    header;
  TSMLoc    field;
} kept;

static uint32_t
get_log_level(const wasmtime_val_raw_t *in)
{
  uint32_t level = PW_LOG_WARN;
  return raw_put(IN(0), &level, sizeof level);
}

/* Nothing is to be done. */
static uint32_t
accept_call(const wasmtime_val_raw_t *in)
{
  (void)in;
  return PW_STATUS_OK;
}

/* There is no configuration. */
static uint32_t
no_buffer(const wasmtime_val_raw_t *in)
{
  (void)in;
  return PW_STATUS_NOT_FOUND;
}

static uint32_t
define_metric(const wasmtime_val_raw_t *in)
{
  uint32_t id = 0;
  return raw_put(IN(3), &id, sizeof id);
}

static uint32_t
increment_metric(const wasmtime_val_raw_t *in)
{
  if (IN(0) != 0) {
    return PW_STATUS_NOT_FOUND;
  }
  TSStatIntIncrement(statistic, in[1].i64);
  return PW_STATUS_OK;
}

/* A field to be copied, as ours does it (src/traffic_server/fields/kept_field.h): the module sets no other one. */
static void
keep_field(const char *name, int name_size)
{
  kept.buffer = TSMBufferCreate();
  raw_need(TSMimeHdrCreate(kept.buffer, &kept.header) == TS_SUCCESS &&
             TSMimeHdrFieldCreateNamed(kept.buffer, kept.header, name, name_size, &kept.field) == TS_SUCCESS,
           "the server makes no field");
}

static uint32_t
replace_value(const wasmtime_val_raw_t *in)
{
  if (!raw_is_within(IN(1), IN(2)) || !raw_is_within(IN(3), IN(4))) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  const char *name = (const char *)raw_memory + IN(1);
  TSMLoc      field;
  if (!kept.buffer) {
    keep_field(name, (int)IN(2));
  }
  remove_header(buffer, header, name, (int)IN(2));
  if (TSMimeHdrFieldClone(buffer, header, kept.buffer, kept.header, kept.field, &field) == TS_SUCCESS) {
    append_field(buffer, header, field, (const char *)raw_memory + IN(3), (int)IN(4));
  }
  return PW_STATUS_OK;
}

static const struct raw_hostcall hostcalls[] = {
  {"proxy_get_log_level", "i", get_log_level},
  {"proxy_log", "iii", accept_call},
  {"proxy_get_buffer_bytes", "iiiii", no_buffer},
  {"proxy_set_effective_context", "i", accept_call},
  {"proxy_define_metric", "iiii", define_metric},
  {"proxy_increment_metric", "iI", increment_metric},
  {"proxy_replace_header_map_value", "iiiii", replace_value},
};

static uint32_t *
context_of(TSHttpTxn transaction)
{
  return &contexts[((uintptr_t)transaction >> 8) % SLOTS];
}

static void
end(uint32_t context)
{
  if (has_done) {
    raw_call(&done, context, 0, 0);
  }
  if (has_log) {
    raw_call(&logged, context, 0, 0);
  }
  raw_call(&deleted, context, 0, 0);
}

static int
on_event(TSCont continuation, TSEvent event, void *data)
{
  TSHttpTxn transaction = (TSHttpTxn)data;
  uint32_t *context     = context_of(transaction);
  (void)continuation;
  if (event == TS_EVENT_HTTP_READ_REQUEST_HDR) {
    *context = ++last_context;
    raw_call(&create, *context, ROOT_CONTEXT, 0);
    TSHttpTxnClientReqGet(transaction, &buffer, &header);
    raw_call(&request_headers, *context, 0, 0);
  } else if (event == TS_EVENT_HTTP_SEND_RESPONSE_HDR) {
    TSHttpTxnClientRespGet(transaction, &buffer, &header);
    raw_call(&response_headers, *context, 0, 0);
  } else {
    end(*context);
  }
  TSHttpTxnReenable(transaction, TS_EVENT_HTTP_CONTINUE);
  return 0;
}

/* As a host starts it, with a root context. */
static void
start_module(void)
{
  wasmtime_func_t configure = raw_function("proxy_on_configure");
  wasmtime_func_t initialize, start;
  if (raw_find_function("_initialize", &initialize)) {
    raw_call(&initialize, 0, 0, 0);
  }
  raw_call(&create, ROOT_CONTEXT, 0, 0);
  if (raw_find_function("proxy_on_vm_start", &start)) {
    raw_need(raw_call(&start, ROOT_CONTEXT, 0, 0) == 1, "the module does not start");
  }
  raw_need(raw_call(&configure, ROOT_CONTEXT, 0, 0) == 1, "the module refuses its configuration");
}

static void
open_module(const char *path)
{
  struct pw_bytes code = {0};
  struct pw_error error;
  raw_need(pw_file_read(path, &code, &error), path);
  raw_open(code.data, code.size, hostcalls, sizeof hostcalls / sizeof hostcalls[0]);
  pw_bytes_clear(&code);
  create           = raw_function("proxy_on_context_create");
  request_headers  = raw_function("proxy_on_request_headers");
  response_headers = raw_function("proxy_on_response_headers");
  deleted          = raw_function("proxy_on_delete");
  has_done         = raw_find_function("proxy_on_done", &done);
  has_log          = raw_find_function("proxy_on_log", &logged);
  start_module();
}

void
TSPluginInit(int argc, const char *argv[])
{
  TSPluginRegistrationInfo registration = {"raw_calls", "proxywasm", ""};
  raw_need(argc == 2 && TSPluginRegister(&registration) == TS_SUCCESS, "usage: raw_calls.so MODULE.wasm");
  statistic = TSStatCreate("raw_calls.requests", TS_RECORDDATATYPE_INT, TS_STAT_NON_PERSISTENT, TS_STAT_SYNC_COUNT);
  open_module(argv[1]);
  TSCont continuation = TSContCreate(on_event, NULL);
  TSHttpHookAdd(TS_HTTP_READ_REQUEST_HDR_HOOK, continuation);
  TSHttpHookAdd(TS_HTTP_SEND_RESPONSE_HDR_HOOK, continuation);
  TSHttpHookAdd(TS_HTTP_TXN_CLOSE_HOOK, continuation);
}
