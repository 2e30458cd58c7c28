/* SPDX-License-Identifier: Apache-2.0 */
/* Instances: a WAMR module instance each, with its memory and a stack. */
#include "common/memory.h"
#include "common/tables.h"
#include "internal.h"

#include <stdlib.h>
#include <sys/mman.h>

/* Of the environment's own stack, which is not used: it would be cleared as a whole, ours is when it is used. */
#define UNUSED_STACK_BYTES 64

static bool
check_limits(const WASMModule *module, const struct pw_instance_options *options, struct pw_error *error)
{
  uint64_t bytes   = 0;
  uint32_t largest = 0;

  for (uint32_t i = 0; i < module->memory_count; i++) {
    if (module->memories[i].init_page_count > PW_WAMR_MOST_PAGES) {
      return pw_error_set(error, PW_ERROR_LIMIT,
                          "wamr cannot start the module: a memory of %u pages exceeds its limit of %u",
                          module->memories[i].init_page_count, PW_WAMR_MOST_PAGES);
    }
    bytes += (uint64_t)module->memories[i].init_page_count * PW_WAMR_PAGE_BYTES;
  }
  for (uint32_t i = 0; i < module->table_count; i++) {
    if (largest < module->tables[i].table_type.init_size) {
      largest = module->tables[i].table_type.init_size;
    }
  }
  return pw_memory_check("wamr", bytes, options->memory_bytes, error) &&
         pw_table_check("wamr", largest, options->table_elements, module->table_count, error);
}

/* What the guest may still grow to. */
static void
set_limits(WASMModuleInstance *instance, const struct pw_instance_options *options)
{
  uint32_t share = pw_table_share(options->table_elements, instance->table_count);
  uint64_t pages = options->memory_bytes ? options->memory_bytes / PW_WAMR_PAGE_BYTES : PW_WAMR_MOST_PAGES;

  if (pages > PW_WAMR_MOST_PAGES) {
    pages = PW_WAMR_MOST_PAGES;
  }
  for (uint32_t i = 0; i < instance->memory_count; i++) {
    if (instance->memories[i]->max_page_count > pages) {
      instance->memories[i]->max_page_count = (uint32_t)pages;
    }
  }
  for (uint32_t i = 0; i < instance->table_count; i++) {
    if (instance->tables[i]->max_size > share) {
      instance->tables[i]->max_size = share;
    }
  }
}

static bool
make_environment(struct pw_engine_instance *instance, struct pw_error *error)
{
  WASMExecEnv *environment = wasm_exec_env_create((WASMModuleInstanceCommon *)instance->instance, UNUSED_STACK_BYTES);

  instance->environment = environment;
  instance->stack       = pw_wamr_map(instance->stack_bytes);
  if (!environment || !instance->stack) {
    return pw_error_set(error, PW_ERROR_MEMORY, "stack of an instance");
  }
  environment->user_data               = instance;
  environment->wasm_stack_size         = (uint32_t)instance->stack_bytes;
  environment->wasm_stack.bottom       = instance->stack;
  environment->wasm_stack.top          = instance->stack;
  environment->wasm_stack.top_boundary = instance->stack + instance->stack_bytes;
  /* WAMR guesses which global is the stack pointer of C, and traps when it leaves what it takes for the stack. Modules
   * with stacks of their own (coroutines) may do that. */
  environment->aux_stack_boundary = 0;
  environment->aux_stack_bottom   = UINTPTR_MAX;
  return true;
}

static void
find_memory(struct pw_engine_instance *instance)
{
  const WASMModule *module = instance->linked->module->module;

  for (uint32_t i = 0; i < module->export_count; i++) {
    const WASMExport *item = &module->exports[i];

    if (item->kind == EXPORT_KIND_MEMORY && strcmp(item->name, "memory") == 0) {
      instance->exported_memory = wasm_get_memory_with_idx(instance->instance, item->index);
      pw_wamr_memory_refresh(instance);
    }
  }
}

static bool
run_start_section(struct pw_engine_instance *instance, uint32_t deadline_ms, struct pw_error *error)
{
  uint32_t       start = instance->linked->module->start_function;
  struct pw_trap trap;

  if (start == UINT32_MAX || pw_wamr_run(instance, &instance->instance->e->functions[start], deadline_ms, &trap)) {
    return true;
  }
  return pw_error_set(error, PW_ERROR_TRAP, "in the start section: %s\n%s", trap.message, trap.backtrace);
}

static bool
start(struct pw_engine_instance *instance, const struct pw_instance_options *options, uint32_t deadline_ms,
      struct pw_error *error)
{
  WASMModule       *module    = instance->linked->module->module;
  InstantiationArgs arguments = {.default_stack_size = UNUSED_STACK_BYTES};
  char              text[256] = "";
  char              line[256];

  if (!check_limits(module, options, error)) {
    return false;
  }
  instance->instance =
    (WASMModuleInstance *)wasm_runtime_instantiate_ex((WASMModuleCommon *)module, &arguments, text, sizeof text);
  if (!instance->instance) {
    pw_text_line(line, sizeof line, text, strlen(text));
    return pw_error_set(error, PW_ERROR_START, "wamr cannot start the module: %s", line);
  }
  set_limits(instance->instance, options);
  if (!make_environment(instance, error)) {
    return false;
  }
  find_memory(instance);
  return run_start_section(instance, deadline_ms, error);
}

struct pw_engine_instance *
pw_wamr_instance_new(struct pw_linked_module *linked, const struct pw_instance_options *options, uint32_t deadline_ms,
                     struct pw_error *error)
{
  struct pw_engine_instance *instance = calloc(1, sizeof *instance);

  if (!instance) {
    pw_error_set(error, PW_ERROR_MEMORY, "instance");
    return NULL;
  }
  atomic_fetch_add(&linked->references, 1);
  instance->linked      = linked;
  instance->imports     = linked->imports;
  instance->host_data   = options->host_data;
  instance->ticker      = linked->module->engine->ticker;
  instance->stack_bytes = linked->module->engine->stack_bytes;
  instance->deadline    = PW_WAMR_NO_DEADLINE;
  if (!start(instance, options, deadline_ms, error)) {
    pw_wamr_instance_delete(instance);
    return NULL;
  }
  return instance;
}

void
pw_wamr_instance_delete(struct pw_engine_instance *instance)
{
  if (!instance) {
    return;
  }
  if (instance->environment) {
    wasm_exec_env_destroy(instance->environment);
  }
  if (instance->instance) {
    wasm_runtime_deinstantiate((WASMModuleInstanceCommon *)instance->instance);
  }
  if (instance->stack) {
    munmap(instance->stack, instance->stack_bytes);
  }
  pw_wamr_linked_release(instance->linked);
  free(instance);
}

bool
pw_wamr_function_find(struct pw_engine_instance *instance, const char *name, pw_function *function)
{
  WASMFunctionInstance *found = wasm_lookup_function(instance->instance, name);
  struct pw_wamr_layout layout;

  if (!found ||
      !pw_wamr_layout_of(found->is_import_func ? found->u.func_import->func_type : found->u.func->func_type, &layout)) {
    return false;
  }
  memset(function, 0, sizeof *function);
  memcpy(function->handle, &layout, sizeof layout);
  function->pointer = found;
  return true;
}

struct pw_memory *
pw_wamr_memory(struct pw_engine_instance *instance)
{
  return instance->exported_memory ? &instance->memory : NULL;
}

void
pw_wamr_memory_refresh(struct pw_engine_instance *instance)
{
  if (instance->exported_memory) {
    instance->memory.base = instance->exported_memory->memory_data;
    instance->memory.size = instance->exported_memory->memory_data_size;
  }
}
