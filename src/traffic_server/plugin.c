/* SPDX-License-Identifier: Apache-2.0 */
/* wasm.so in plugin.config: filters for all transactions. */
#include "traffic_server/compatibility.h"
#include "traffic_server/configuration/slot.h"
#include "traffic_server/log.h"
#include "traffic_server/process.h"
#include "traffic_server/transaction/transaction.h"

PW_ENTRY_POINT void TSPluginInit(int argc, const char *argv[]);

/* The server's own requests (those that plugins make, of the calls of our modules too) are not filtered: a module whose
 * calls came back to it would have no end. */
static int
on_request(TSCont continuation, TSEvent event, void *data)
{
  TSHttpTxn txn = (TSHttpTxn)data;
  (void)continuation;
  (void)event;
  if (TSHttpTxnIsInternal(txn)) {
    TSHttpTxnReenable(txn, TS_EVENT_HTTP_CONTINUE);
  } else {
    pw_transaction_begin(txn);
  }
  return 0;
}

static void
register_plugin(void)
{
  TSPluginRegistrationInfo info;
  info.plugin_name   = "wasm";
  info.vendor_name   = "proxywasm";
  info.support_email = "none";
  if (TSPluginRegister(&info) != TS_SUCCESS) {
    pw_log_warning("the server did not take the plugin's registration");
  }
}

static void
add_request_hook(void)
{
  static bool added;
  if (!added) {
    added = true;
    TSHttpHookAdd(TS_HTTP_READ_REQUEST_HDR_HOOK, TSContCreate(on_request, NULL));
  }
}

/* The number of files of a line of plugin.config. The server takes 64 words of a line: of a longer one it puts NULL in
 * the place of the last that it took, and leaves the others out. */
static int
count_files(int argc, const char *argv[])
{
  if (argc < 2) {
    pw_log_error("plugin.config: wasm.so: no configuration file is named; write 'wasm.so FILE.yaml'");
    return 0;
  }
  if (argv[argc - 1]) {
    return argc - 1;
  }
  pw_log_error(
    "plugin.config: wasm.so: the server takes no more than %d files of a line: none behind %s is loaded; write "
    "a second line 'wasm.so FILE.yaml' for the others",
    argc - 2, argv[argc - 2]);
  return argc - 2;
}

void
TSPluginInit(int argc, const char *argv[])
{
  struct pw_error error;

  register_plugin();
  /* plugin.config and remap.config then share one image of this object, and so the VMs and what modules share. */
  TSPluginDSOReloadEnable(0);
  if (!pw_process_start(true, &error)) {
    pw_log_error("%s\nThe plugin does nothing.", error.message);
    return;
  }
  int             count = count_files(argc, argv);
  struct pw_slot *slot  = count > 0 ? pw_slot_open(count, (char *const *)(argv + 1), true, true, &error) : NULL;
  if (count > 0 && !slot) {
    pw_log_error("plugin.config: wasm.so %s: %s", argv[1], error.message);
  }
  if (slot) {
    add_request_hook();
    pw_transactions_hook_all(slot);
  }
}
