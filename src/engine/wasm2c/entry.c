/* SPDX-License-Identifier: Apache-2.0 */
/* The table of functions: all that this object exports. */
#include "common/origin.h"
#include "internal.h"

/* Of wabt, as the code that it makes is looked for by its lines; and of what lies between that code and this object. */
static const char *
version(void)
{
  return PW_WASM2C_VERSION;
}

/* The programs are found when they run. */
static const char *
origin(void)
{
  return pw_origin_of((const void *)version);
}

static const struct pw_engine_ops ops = {
  .interface          = PW_ENGINE_INTERFACE,
  .name               = "wasm2c",
  .version            = version,
  .origin             = origin,
  .engine_new         = pw_wasm2c_engine_new,
  .engine_delete      = pw_wasm2c_engine_delete,
  .module_compile     = pw_wasm2c_module_compile,
  .module_serialize   = pw_wasm2c_module_serialize,
  .module_deserialize = pw_wasm2c_module_deserialize,
  .module_delete      = pw_wasm2c_module_release,
  .link               = pw_wasm2c_link,
  .linked_delete      = pw_wasm2c_linked_release,
  .instance_new       = pw_wasm2c_instance_new,
  .instance_delete    = pw_wasm2c_instance_delete,
  .function_find      = pw_wasm2c_function_find,
  .call               = pw_wasm2c_call_in,
  .memory             = pw_wasm2c_memory,
  .memory_refresh     = pw_wasm2c_memory_refresh,
};

__attribute__((visibility("default"))) const struct pw_engine_ops *pw_engine_entry(void);

const struct pw_engine_ops *
pw_engine_entry(void)
{
  return &ops;
}
