/* SPDX-License-Identifier: Apache-2.0 */
/* The table of functions: all that the engine exports but for compatibility.c. */
#include "common/origin.h"
#include "internal.h"

static const char *
origin(void)
{
  return pw_origin_of((const void *)WasmEdge_VersionGet);
}

/* It interprets: there is no compiled code to keep. */
static const struct pw_engine_ops ops = {
  .interface       = PW_ENGINE_INTERFACE,
  .name            = "wasmedge",
  .version         = WasmEdge_VersionGet,
  .origin          = origin,
  .engine_new      = pw_wasmedge_engine_new,
  .engine_delete   = pw_wasmedge_engine_delete,
  .module_compile  = pw_wasmedge_module_compile,
  .module_delete   = pw_wasmedge_module_release,
  .link            = pw_wasmedge_link,
  .linked_delete   = pw_wasmedge_linked_release,
  .instance_new    = pw_wasmedge_instance_new,
  .instance_delete = pw_wasmedge_instance_delete,
  .function_find   = pw_wasmedge_function_find,
  .call            = pw_wasmedge_call,
  .memory          = pw_wasmedge_memory,
  .memory_refresh  = pw_wasmedge_memory_refresh,
};

__attribute__((visibility("default"))) const struct pw_engine_ops *pw_engine_entry(void);

const struct pw_engine_ops *
pw_engine_entry(void)
{
  return &ops;
}
