/* SPDX-License-Identifier: Apache-2.0 */
#include "raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_PARAMETERS 8

wasmtime_context_t *raw_context;
wasmtime_memory_t   raw_exported;
uint8_t            *raw_memory;

static wasm_engine_t      *engine;
static wasmtime_store_t   *store;
static wasmtime_instance_t instance;

void
raw_fail(const char *what)
{
  fprintf(stderr, "raw calls: %s\n", what);
  exit(1);
}

static wasm_trap_t *
enter(void *data, wasmtime_caller_t *caller, wasmtime_val_raw_t *values, size_t count)
{
  const struct raw_hostcall *hostcall = data;
  (void)caller;
  (void)count;
  values[0].i32 = (int32_t)hostcall->function(values);
  return NULL;
}

static void
define(wasmtime_linker_t *linker, const struct raw_hostcall *hostcall)
{
  wasm_valtype_t    *types[MOST_PARAMETERS], *result = wasm_valtype_new(WASM_I32);
  wasm_valtype_vec_t parameters, results;
  size_t             count = strlen(hostcall->parameters);
  for (size_t i = 0; i < count; i++) {
    types[i] = wasm_valtype_new(hostcall->parameters[i] == 'I' ? WASM_I64 : WASM_I32);
  }
  wasm_valtype_vec_new(&parameters, count, types);
  wasm_valtype_vec_new(&results, 1, &result);
  wasm_functype_t *type   = wasm_functype_new(&parameters, &results);
  const char      *module = strncmp(hostcall->name, "proxy_", 6) == 0 ? "env" : "wasi_snapshot_preview1";
  raw_need(!wasmtime_linker_define_func_unchecked(linker, module, strlen(module), hostcall->name,
                                                  strlen(hostcall->name), type, enter, (void *)(uintptr_t)hostcall,
                                                  NULL),
           hostcall->name);
  wasm_functype_delete(type);
}

static bool
find_export(const char *name, wasmtime_extern_t *item)
{
  return wasmtime_instance_export_get(raw_context, &instance, name, strlen(name), item);
}

static wasmtime_extern_t
exported_as(const char *name)
{
  wasmtime_extern_t item;
  raw_need(find_export(name, &item), name);
  return item;
}

wasmtime_func_t
raw_function(const char *name)
{
  return exported_as(name).of.func;
}

bool
raw_find_function(const char *name, wasmtime_func_t *function)
{
  wasmtime_extern_t item;
  if (!find_export(name, &item)) {
    return false;
  }
  *function = item.of.func;
  return true;
}

static wasm_config_t *
make_config(void)
{
  wasm_config_t *config = wasm_config_new();
  /* As the host has it, so that the module's code is the same. */
  wasmtime_config_epoch_interruption_set(config, true);
  wasmtime_config_memory_reservation_set(config, UINT64_C(4) << 30);
  wasmtime_config_memory_may_move_set(config, false);
#ifdef WASMTIME_FEATURE_COMPONENT_MODEL
  wasmtime_config_concurrency_support_set(config, false);
#endif
  return config;
}

void
raw_open(const void *code, size_t size, const struct raw_hostcall *hostcalls, size_t count)
{
  wasmtime_module_t *module = NULL;
  wasm_trap_t       *trap   = NULL;
  engine                    = wasm_engine_new_with_config(make_config());
  store                     = wasmtime_store_new(engine, NULL, NULL);
  raw_context               = wasmtime_store_context(store);
  wasmtime_context_set_epoch_deadline(raw_context, 1);
  raw_need(!wasmtime_module_new(engine, code, size, &module), "the module does not compile");
  wasmtime_linker_t *linker = wasmtime_linker_new(engine);
  for (size_t i = 0; i < count; i++) {
    define(linker, &hostcalls[i]);
  }
  raw_need(!wasmtime_linker_define_unknown_imports_as_traps(linker, module), "it needs what cannot be given");
  raw_need(!wasmtime_linker_instantiate(linker, raw_context, module, &instance, &trap) && !trap, "it does not start");
  wasmtime_linker_delete(linker);
  wasmtime_module_delete(module);
  raw_exported = exported_as("memory").of.memory;
  raw_memory   = wasmtime_memory_data(raw_context, &raw_exported);
}

void
raw_close(void)
{
  wasmtime_store_delete(store);
  wasm_engine_delete(engine);
}
