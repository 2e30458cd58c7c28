/* SPDX-License-Identifier: Apache-2.0 */
/* Modules with their imports resolved: a module instance of WasmEdge's for each name that is imported from, in a store.
 * They serve all instances; which of them calls is known from the thread (call.c). */
#include "common/imports.h"
#include "internal.h"

#include <stdlib.h>

static enum pw_wasmedge_type
type_of(char letter)
{
  switch (letter) {
  case 'I':
    return PW_WASMEDGE_I64;
  case 'f':
    return PW_WASMEDGE_F32;
  case 'F':
    return PW_WASMEDGE_F64;
  default:
    return PW_WASMEDGE_I32;
  }
}

static WasmEdge_ValType
value_type(char letter)
{
  switch (letter) {
  case 'I':
    return WasmEdge_ValTypeGenI64();
  case 'f':
    return WasmEdge_ValTypeGenF32();
  case 'F':
    return WasmEdge_ValTypeGenF64();
  default:
    return WasmEdge_ValTypeGenI32();
  }
}

struct pw_wasmedge_signature
pw_wasmedge_signature_of(const struct pw_function_type *type)
{
  struct pw_wasmedge_signature signature = {.parameter_count = type->parameter_count,
                                            .result_count    = type->result != 'v'};

  for (unsigned i = 0; i < type->parameter_count; i++) {
    signature.types |= (uint32_t)type_of(type->parameters[i]) << (2 * i);
  }
  return signature;
}

static WasmEdge_FunctionInstanceContext *
make_function(struct pw_wasmedge_import *import, const struct pw_function_type *type)
{
  WasmEdge_ValType                  parameters[PW_MAX_PARAMETERS];
  WasmEdge_ValType                  result = value_type(type->result);
  WasmEdge_FunctionTypeContext     *made;
  WasmEdge_FunctionInstanceContext *function;

  for (unsigned i = 0; i < type->parameter_count; i++) {
    parameters[i] = value_type(type->parameters[i]);
  }
  made     = WasmEdge_FunctionTypeCreate(parameters, type->parameter_count, &result, type->result != 'v');
  function = WasmEdge_FunctionInstanceCreate(made, pw_wasmedge_call_out, import, 0);
  WasmEdge_FunctionTypeDelete(made);
  return function;
}

/* The namespace of that name; one more, if there is none yet. */
static WasmEdge_ModuleInstanceContext *
namespace_of(struct pw_linked_module *linked, const char *name)
{
  struct pw_wasmedge_namespace *namespaces = linked->namespaces;

  for (size_t i = 0; i < linked->namespace_count; i++) {
    if (strcmp(namespaces[i].name, name) == 0) {
      return namespaces[i].instance;
    }
  }
  namespaces[linked->namespace_count] =
    (struct pw_wasmedge_namespace){.name = name, .instance = WasmEdge_ModuleInstanceCreate(pw_wasmedge_string(name))};
  return namespaces[linked->namespace_count++].instance;
}

/* A module may import a function more than once; it is added once. */
static void
add(struct pw_linked_module *linked, size_t number, const struct pw_import *given)
{
  WasmEdge_ModuleInstanceContext *names  = namespace_of(linked, given->module);
  struct pw_wasmedge_import      *import = &linked->imports[number];

  import->function  = given->function;
  import->data      = given->data;
  import->signature = pw_wasmedge_signature_of(&given->type);
  if (!WasmEdge_ModuleInstanceFindFunction(names, pw_wasmedge_string(given->name))) {
    WasmEdge_ModuleInstanceAddFunction(names, pw_wasmedge_string(given->name), make_function(import, &given->type));
  }
}

static bool
resolve(struct pw_linked_module *linked, const struct pw_import *imports, size_t count, struct pw_error *error)
{
  const struct pw_module_info *info = linked->module->info;

  for (size_t i = 0; i < info->import_count; i++) {
    const struct pw_import *given = pw_import_resolve("wasmedge", imports, count, &info->imports[i], error);

    if (!given) {
      return false;
    }
    add(linked, i, given);
  }
  for (size_t i = 0; i < linked->namespace_count; i++) {
    WasmEdge_Result result =
      WasmEdge_ExecutorRegisterImport(linked->module->engine->linker, linked->store, linked->namespaces[i].instance);

    if (!WasmEdge_ResultOK(result)) {
      return pw_error_set(error, PW_ERROR_LINK, "wasmedge cannot link the module: %s",
                          WasmEdge_ResultGetMessage(result));
    }
  }
  return true;
}

struct pw_linked_module *
pw_wasmedge_link(struct pw_compiled_module *module, const struct pw_import *imports, size_t count,
                 struct pw_error *error)
{
  size_t                   room   = module->info->import_count + 1;
  struct pw_linked_module *linked = calloc(1, sizeof *linked);

  if (!linked) {
    pw_error_set(error, PW_ERROR_MEMORY, "linked module");
    return NULL;
  }
  atomic_init(&linked->references, 1);
  atomic_fetch_add(&module->references, 1);
  linked->module     = module;
  linked->imports    = calloc(room, sizeof *linked->imports);
  linked->namespaces = calloc(room, sizeof *linked->namespaces);
  linked->store      = WasmEdge_StoreCreate();
  if (!linked->imports || !linked->namespaces || !linked->store) {
    pw_error_set(error, PW_ERROR_MEMORY, "linked module");
  } else if (resolve(linked, imports, count, error)) {
    return linked;
  }
  pw_wasmedge_linked_release(linked);
  return NULL;
}

void
pw_wasmedge_linked_release(struct pw_linked_module *linked)
{
  if (!linked || atomic_fetch_sub(&linked->references, 1) > 1) {
    return;
  }
  WasmEdge_StoreDelete(linked->store);
  for (size_t i = 0; i < linked->namespace_count; i++) {
    WasmEdge_ModuleInstanceDelete(linked->namespaces[i].instance);
  }
  pw_wasmedge_module_release(linked->module);
  free(linked->namespaces);
  free(linked->imports);
  free(linked);
}
