/* SPDX-License-Identifier: Apache-2.0 */
/* The table of functions: all that this object exports. */
#include "common/origin.h"
#include "internal.h"

static const char *
version(void)
{
  return WASMTIME_VERSION;
}

static const char *
origin(void)
{
  return pw_origin_of((const void *)wasm_engine_new_with_config);
}

static const struct pw_engine_ops ops = {
  .interface          = PW_ENGINE_INTERFACE,
  .name               = "wasmtime",
  .version            = version,
  .origin             = origin,
  .engine_new         = pw_wasmtime_engine_new,
  .engine_delete      = pw_wasmtime_engine_delete,
  .module_compile     = pw_wasmtime_module_compile,
  .module_serialize   = pw_wasmtime_module_serialize,
  .module_deserialize = pw_wasmtime_module_deserialize,
  .module_delete      = pw_wasmtime_module_delete,
  .link               = pw_wasmtime_link,
  .linked_delete      = pw_wasmtime_linked_release,
  .instance_new       = pw_wasmtime_instance_new,
  .instance_delete    = pw_wasmtime_instance_delete,
  .function_find      = pw_wasmtime_function_find,
  .call               = pw_wasmtime_call,
  .memory             = pw_wasmtime_memory,
  .memory_refresh     = pw_wasmtime_memory_refresh,
  .image_take         = pw_wasmtime_image_take,
  .image_apply        = pw_wasmtime_image_apply,
  .image_delete       = pw_wasmtime_image_delete,
};

__attribute__((visibility("default"))) const struct pw_engine_ops *pw_engine_entry(void);

const struct pw_engine_ops *
pw_engine_entry(void)
{
  return &ops;
}
