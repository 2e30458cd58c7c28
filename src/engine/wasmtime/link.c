/* SPDX-License-Identifier: Apache-2.0 */
/* Modules with their imports resolved. */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>

static wasm_valkind_t
value_kind(char letter)
{
  switch (letter) {
  case 'I':
    return WASM_I64;
  case 'f':
    return WASM_F32;
  case 'F':
    return WASM_F64;
  default:
    return WASM_I32;
  }
}

static wasm_functype_t *
function_type(const struct pw_function_type *type)
{
  wasm_valtype_t    *parameters[PW_MAX_PARAMETERS];
  wasm_valtype_t    *result;
  wasm_valtype_vec_t parameter_vec;
  wasm_valtype_vec_t result_vec;
  size_t             count = type->parameter_count < PW_MAX_PARAMETERS ? type->parameter_count : PW_MAX_PARAMETERS;

  for (size_t i = 0; i < count; i++) {
    parameters[i] = wasm_valtype_new(value_kind(type->parameters[i]));
  }
  wasm_valtype_vec_new(&parameter_vec, count, parameters);
  if (type->result == 'v') {
    wasm_valtype_vec_new_empty(&result_vec);
  } else {
    result = wasm_valtype_new(value_kind(type->result));
    wasm_valtype_vec_new(&result_vec, 1, &result);
  }
  return wasm_functype_new(&parameter_vec, &result_vec);
}

static bool
define(wasmtime_linker_t *linker, const struct pw_import *import, struct pw_wasmtime_import *environment,
       struct pw_error *error)
{
  wasm_functype_t  *type = function_type(&import->type);
  wasmtime_error_t *failure;
  char              prefix[256];

  environment->function = import->function;
  environment->data     = import->data;
  failure =
    wasmtime_linker_define_func_unchecked(linker, import->module, strlen(import->module), import->name,
                                          strlen(import->name), type, pw_wasmtime_trampoline, environment, NULL);
  wasm_functype_delete(type);
  if (failure) {
    snprintf(prefix, sizeof prefix, "wasmtime cannot define %.100s.%.100s", import->module, import->name);
    return pw_wasmtime_error_take(failure, error, PW_ERROR_LINK, prefix);
  }
  return true;
}

static bool
resolve(struct pw_linked_module *linked, wasmtime_module_t *module, const struct pw_import *imports, size_t count,
        struct pw_error *error)
{
  wasmtime_linker_t *linker  = wasmtime_linker_new(linked->engine->engine);
  wasmtime_error_t  *failure = NULL;
  bool               defined = true;

  /* A module may import the same function more than once. */
  wasmtime_linker_allow_shadowing(linker, true);
  for (size_t i = 0; defined && i < count; i++) {
    defined = define(linker, &imports[i], &linked->imports[i], error);
  }
  if (defined) {
    failure = wasmtime_linker_instantiate_pre(linker, module, &linked->pre);
  }
  wasmtime_linker_delete(linker);
  if (failure) {
    return pw_wasmtime_error_take(failure, error, PW_ERROR_LINK, "wasmtime cannot link the module");
  }
  return defined;
}

struct pw_linked_module *
pw_wasmtime_link(struct pw_compiled_module *module, const struct pw_import *imports, size_t count,
                 struct pw_error *error)
{
  struct pw_linked_module *linked = calloc(1, sizeof *linked);

  if (linked) {
    linked->imports = calloc(count ? count : 1, sizeof *linked->imports);
  }
  if (!linked || !linked->imports) {
    free(linked);
    pw_error_set(error, PW_ERROR_MEMORY, "linked module");
    return NULL;
  }
  atomic_init(&linked->references, 1);
  linked->engine      = module->engine;
  linked->exposed     = module->exposed;
  linked->table_count = module->table_count;
  if (!resolve(linked, module->module, imports, count, error)) {
    pw_wasmtime_linked_release(linked);
    return NULL;
  }
  return linked;
}

struct pw_linked_module *
pw_wasmtime_linked_retain(struct pw_linked_module *linked)
{
  atomic_fetch_add(&linked->references, 1);
  return linked;
}

void
pw_wasmtime_linked_release(struct pw_linked_module *linked)
{
  if (!linked || atomic_fetch_sub(&linked->references, 1) > 1) {
    return;
  }
  if (linked->pre) {
    wasmtime_instance_pre_delete(linked->pre);
  }
  free(linked->imports);
  free(linked);
}
