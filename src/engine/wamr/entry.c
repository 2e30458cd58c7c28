/* SPDX-License-Identifier: Apache-2.0 */
/* The table of functions: all that this object exports. */
#include "common/origin.h"
#include "internal.h"

#include <version.h>

#define TEXT_OF(number) #number
#define TEXT(number)    TEXT_OF(number)

static const char *
version(void)
{
  return TEXT(WAMR_VERSION_MAJOR) "." TEXT(WAMR_VERSION_MINOR) "." TEXT(WAMR_VERSION_PATCH);
}

/* WAMR is a part of this object. */
static const char *
origin(void)
{
  return pw_origin_of((const void *)version);
}

/* It interprets: there is no compiled code to keep. */
static const struct pw_engine_ops ops = {
  .interface       = PW_ENGINE_INTERFACE,
  .name            = "wamr",
  .version         = version,
  .origin          = origin,
  .engine_new      = pw_wamr_engine_new,
  .engine_delete   = pw_wamr_engine_delete,
  .module_compile  = pw_wamr_module_compile,
  .module_delete   = pw_wamr_module_release,
  .link            = pw_wamr_link,
  .linked_delete   = pw_wamr_linked_release,
  .instance_new    = pw_wamr_instance_new,
  .instance_delete = pw_wamr_instance_delete,
  .function_find   = pw_wamr_function_find,
  .call            = pw_wamr_call,
  .memory          = pw_wamr_memory,
  .memory_refresh  = pw_wamr_memory_refresh,
};

__attribute__((visibility("default"))) const struct pw_engine_ops *pw_engine_entry(void);

const struct pw_engine_ops *
pw_engine_entry(void)
{
  return &ops;
}
