/* SPDX-License-Identifier: Apache-2.0 */
/* The table of functions: all that this object exports. */
#include "common/origin.h"
#include "internal.h"

static const char *
origin(void)
{
  return pw_origin_of(pw_v8_library_address());
}

static const struct pw_engine_ops ops = {
  .interface          = PW_ENGINE_INTERFACE,
  .name               = "v8",
  .version            = pw_v8_version,
  .origin             = origin,
  .engine_new         = pw_v8_engine_new,
  .engine_delete      = pw_v8_engine_delete,
  .module_compile     = pw_v8_module_compile,
  .module_serialize   = pw_v8_module_serialize,
  .module_deserialize = pw_v8_module_deserialize,
  .module_delete      = pw_v8_module_release,
  .link               = pw_v8_link,
  .linked_delete      = pw_v8_linked_release,
  .instance_new       = pw_v8_instance_new,
  .instance_delete    = pw_v8_instance_delete,
  .function_find      = pw_v8_function_find,
  .call               = pw_v8_call,
  .memory             = pw_v8_memory,
  .memory_refresh     = pw_v8_memory_refresh,
};

__attribute__((visibility("default"))) const struct pw_engine_ops *pw_engine_entry(void);

const struct pw_engine_ops *
pw_engine_entry(void)
{
  return &ops;
}
