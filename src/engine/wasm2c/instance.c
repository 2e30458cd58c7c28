/* SPDX-License-Identifier: Apache-2.0 */
/* Instances: the code's own, which the state that it looks at lies before. */
#include "common/memory.h"
#include "common/tables.h"
#include "internal.h"

#include <stdlib.h>

static uint32_t
table_limit(const struct pw_instance_options *options)
{
  return options->table_elements ? options->table_elements : PW_WASM2C_MOST_ELEMENTS;
}

static bool
check_limits(const struct pw_compiled_module *module, const struct pw_instance_options *options, struct pw_error *error)
{
  uint64_t bytes = module->info->has_memory ? module->info->memory_minimum * PW_WASM2C_PAGE_BYTES : 0;

  return pw_memory_check("wasm2c", bytes, options->memory_bytes, error) &&
         pw_table_check("wasm2c", module->table_elements, table_limit(options), module->table_count, error);
}

static bool
make_state(struct pw_engine_instance *instance, const struct pw_instance_options *options, struct pw_error *error)
{
  const struct pw_compiled_module *module = instance->linked->module;
  size_t                           size   = sizeof *instance->state + module->opened.object->instance_size;
  uint64_t                         pages  = options->memory_bytes / PW_WASM2C_PAGE_BYTES;

  instance->state = aligned_alloc(_Alignof(struct pw_wasm2c_state), (size + 15) / 16 * 16);
  if (!instance->state) {
    return pw_error_set(error, PW_ERROR_MEMORY, "instance");
  }
  memset(instance->state, 0, size);
  /* The clock's thread writes it whole, and the code reads it so. */
  instance->state->now       = (const uint64_t *)&instance->ticker->now;
  instance->state->deadline  = PW_WASM2C_NO_DEADLINE;
  instance->state->imports   = instance->linked->imports;
  instance->state->host_data = options->host_data;
  instance->most_pages =
    options->memory_bytes == 0 || pages > PW_WASM2C_MOST_PAGES ? PW_WASM2C_MOST_PAGES : (uint32_t)pages;
  instance->most_elements = pw_table_share(table_limit(options), module->table_count);
  return true;
}

static bool
start(struct pw_engine_instance *instance, const struct pw_instance_options *options, uint32_t deadline_ms,
      struct pw_error *error)
{
  const struct pw_wasm2c_object *object = instance->linked->module->opened.object;
  struct pw_trap                 trap;

  if (!check_limits(instance->linked->module, options, error) || !make_state(instance, options, error)) {
    return false;
  }
  if (!pw_wasm2c_start(instance, deadline_ms, &trap)) {
    return pw_error_set(error, PW_ERROR_TRAP, "in the start section: %s\n%s", trap.message, trap.backtrace);
  }
  if (object->memory) {
    instance->exported_memory = object->memory(instance->state + 1);
    instance->memory.base     = instance->exported_memory->data;
    pw_wasm2c_memory_refresh(instance);
  }
  return true;
}

struct pw_engine_instance *
pw_wasm2c_instance_new(struct pw_linked_module *linked, const struct pw_instance_options *options, uint32_t deadline_ms,
                       struct pw_error *error)
{
  struct pw_engine_instance *instance = calloc(1, sizeof *instance);

  if (!instance) {
    pw_error_set(error, PW_ERROR_MEMORY, "instance");
    return NULL;
  }
  atomic_fetch_add(&linked->references, 1);
  instance->linked      = linked;
  instance->ticker      = linked->module->engine->ticker;
  instance->stack_bytes = linked->module->engine->stack_bytes;
  if (!start(instance, options, deadline_ms, error)) {
    pw_wasm2c_instance_delete(instance);
    return NULL;
  }
  return instance;
}

void
pw_wasm2c_instance_delete(struct pw_engine_instance *instance)
{
  if (!instance) {
    return;
  }
  /* What was not made yet is zeros, which ends as nothing. */
  if (instance->state) {
    instance->linked->module->opened.object->end(instance->state + 1);
  }
  free(instance->state);
  pw_wasm2c_linked_release(instance->linked);
  free(instance);
}

/* ---- what is in it ---- */

bool
pw_wasm2c_function_find(struct pw_engine_instance *instance, const char *name, pw_function *function)
{
  const struct pw_module_info *info = instance->linked->module->info;
  const struct pw_extern *export    = pw_module_export(info, name);
  pw_wasm2c_call call;

  if (!export || !pw_wasm2c_is_callable(export)) {
    return false;
  }
  call = instance->linked->module->opened.object->calls[export - info->exports];
  memset(function, 0, sizeof *function);
  memcpy(function->handle, &call, sizeof call);
  return call != NULL;
}

struct pw_memory *
pw_wasm2c_memory(struct pw_engine_instance *instance)
{
  return instance->exported_memory ? &instance->memory : NULL;
}

void
pw_wasm2c_memory_refresh(struct pw_engine_instance *instance)
{
  if (instance->exported_memory) {
    instance->memory.size = instance->exported_memory->size;
  }
}
