/* SPDX-License-Identifier: Apache-2.0 */
/* Instances: a module instance of WasmEdge's each, with its memory and its stack. */
#include "common/memory.h"
#include "common/tables.h"
#include "internal.h"

#include <stdlib.h>

/* Of all tables together. */
static uint32_t
table_limit(const struct pw_instance_options *options)
{
  return options->table_elements ? options->table_elements : PW_WASMEDGE_MOST_ELEMENTS;
}

static bool
check_limits(const struct pw_wasmedge_layout *layout, const struct pw_instance_options *options, struct pw_error *error)
{
  uint64_t bytes = (uint64_t)layout->memory_pages * PW_WASMEDGE_PAGE_BYTES;

  return pw_memory_check("wasmedge", bytes, options->memory_bytes, error) &&
         pw_table_check("wasmedge", layout->table_elements, table_limit(options), layout->table_count, error);
}

/* ---- globals of 32 bits ---- */

uint32_t
pw_wasmedge_global_get(const WasmEdge_GlobalInstanceContext *global)
{
  return (uint32_t)WasmEdge_ValueGetI32(WasmEdge_GlobalInstanceGetValue(global));
}

void
pw_wasmedge_global_set(WasmEdge_GlobalInstanceContext *global, uint32_t value)
{
  WasmEdge_GlobalInstanceSetValue(global, WasmEdge_ValueGenI32((int32_t)value));
}

static WasmEdge_GlobalInstanceContext *
find_global(const struct pw_engine_instance *instance, const char *name)
{
  return WasmEdge_ModuleInstanceFindGlobal(instance->instance, pw_wasmedge_string(name));
}

/* ---- the beginning of an instance ---- */

static void
set_limits(struct pw_engine_instance *instance, const struct pw_instance_options *options)
{
  uint64_t pages = options->memory_bytes / PW_WASMEDGE_PAGE_BYTES;
  uint32_t share = pw_table_share(table_limit(options), instance->linked->module->layout.table_count);

  if (options->memory_bytes == 0 || pages > PW_WASMEDGE_MOST_PAGES) {
    pages = PW_WASMEDGE_MOST_PAGES;
  }
  pw_wasmedge_global_set(find_global(instance, PW_WASMEDGE_PAGES), (uint32_t)pages);
  pw_wasmedge_global_set(find_global(instance, PW_WASMEDGE_ELEMENTS), share);
}

/* WasmEdge makes a memory of nothing where it gets no addresses for it. */
static bool
find_parts(struct pw_engine_instance *instance, struct pw_error *error)
{
  const struct pw_wasmedge_layout *layout = &instance->linked->module->layout;

  instance->top   = find_global(instance, PW_WASMEDGE_TOP);
  instance->leaf  = find_global(instance, PW_WASMEDGE_LEAF);
  instance->stack = WasmEdge_ModuleInstanceFindMemory(instance->instance, pw_wasmedge_string(PW_WASMEDGE_STACK));
  instance->exported_memory = WasmEdge_ModuleInstanceFindMemory(instance->instance, pw_wasmedge_string("memory"));
  if (WasmEdge_MemoryInstanceGetPageSize(instance->stack) * PW_WASMEDGE_PAGE_BYTES != layout->size) {
    return pw_error_set(error, PW_ERROR_MEMORY, "stack of an instance");
  }
  if (instance->exported_memory) {
    instance->memory.base = WasmEdge_MemoryInstanceGetPointer(instance->exported_memory, 0, 0);
    pw_wasmedge_memory_refresh(instance);
    if (!instance->memory.base || instance->memory.size != (size_t)layout->memory_pages * PW_WASMEDGE_PAGE_BYTES) {
      return pw_error_set(error, PW_ERROR_MEMORY, "memory of an instance");
    }
  }
  return true;
}

static bool
run_start_section(struct pw_engine_instance *instance, uint32_t deadline_ms, struct pw_error *error)
{
  pw_function    function = {.pointer = NULL};
  pw_value       value    = {.u64 = 0};
  struct pw_trap trap;

  if (!instance->linked->module->layout.has_start) {
    return true;
  }
  function.pointer = WasmEdge_ModuleInstanceFindFunction(instance->instance, pw_wasmedge_string(PW_WASMEDGE_START));
  if (pw_wasmedge_call(instance, &function, &value, 1, deadline_ms, &trap)) {
    return true;
  }
  return pw_error_set(error, PW_ERROR_TRAP, "in the start section: %s\n%s", trap.message, trap.backtrace);
}

static bool
start(struct pw_engine_instance *instance, const struct pw_instance_options *options, uint32_t deadline_ms,
      struct pw_error *error)
{
  struct pw_compiled_module *module = instance->linked->module;
  WasmEdge_Result            result;

  if (!check_limits(&module->layout, options, error)) {
    return false;
  }
  instance->executor = pw_wasmedge_executor_take(module->engine, options->worker, error);
  if (!instance->executor) {
    return false;
  }
  result = WasmEdge_ExecutorInstantiate(instance->executor->executor, &instance->instance, instance->linked->store,
                                        module->module);
  if (!WasmEdge_ResultOK(result)) {
    return pw_error_set(error, PW_ERROR_START, "wasmedge cannot start the module: %s",
                        WasmEdge_ResultGetMessage(result));
  }
  if (!find_parts(instance, error)) {
    return false;
  }
  set_limits(instance, options);
  return run_start_section(instance, deadline_ms, error);
}

struct pw_engine_instance *
pw_wasmedge_instance_new(struct pw_linked_module *linked, const struct pw_instance_options *options,
                         uint32_t deadline_ms, struct pw_error *error)
{
  struct pw_engine_instance *instance = calloc(1, sizeof *instance);

  if (!instance) {
    pw_error_set(error, PW_ERROR_MEMORY, "instance");
    return NULL;
  }
  atomic_fetch_add(&linked->references, 1);
  instance->linked    = linked;
  instance->host_data = options->host_data;
  if (!start(instance, options, deadline_ms, error)) {
    pw_wasmedge_instance_delete(instance);
    return NULL;
  }
  return instance;
}

void
pw_wasmedge_instance_delete(struct pw_engine_instance *instance)
{
  if (!instance) {
    return;
  }
  WasmEdge_ModuleInstanceDelete(instance->instance);
  pw_wasmedge_executor_give(instance->executor);
  pw_wasmedge_linked_release(instance->linked);
  free(instance);
}

/* ---- what is in it ---- */

bool
pw_wasmedge_function_find(struct pw_engine_instance *instance, const char *name, pw_function *function)
{
  const struct pw_extern *export = pw_module_export(instance->linked->module->info, name);
  struct pw_wasmedge_signature signature;

  if (!export || export->kind != PW_EXTERN_FUNCTION || !export->type_known) {
    return false;
  }
  signature = pw_wasmedge_signature_of(&export->type);
  memset(function, 0, sizeof *function);
  memcpy(function->handle, &signature, sizeof signature);
  function->pointer = WasmEdge_ModuleInstanceFindFunction(instance->instance, pw_wasmedge_string(name));
  return function->pointer != NULL;
}

struct pw_memory *
pw_wasmedge_memory(struct pw_engine_instance *instance)
{
  return instance->exported_memory ? &instance->memory : NULL;
}

/* It never moves: WasmEdge takes addresses for all of it. */
void
pw_wasmedge_memory_refresh(struct pw_engine_instance *instance)
{
  if (instance->exported_memory) {
    instance->memory.size =
      (size_t)WasmEdge_MemoryInstanceGetPageSize(instance->exported_memory) * PW_WASMEDGE_PAGE_BYTES;
  }
}
