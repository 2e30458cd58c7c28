/* SPDX-License-Identifier: Apache-2.0 */
/* Modules with their imports resolved. */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>

static char
letter_of(uint8_t type)
{
  switch (type) {
  case VALUE_TYPE_I32:
    return 'i';
  case VALUE_TYPE_I64:
    return 'I';
  case VALUE_TYPE_F32:
    return 'f';
  case VALUE_TYPE_F64:
    return 'F';
  default:
    return '?';
  }
}

bool
pw_wamr_layout_of(const WASMFuncType *type, struct pw_wamr_layout *layout)
{
  memset(layout, 0, sizeof *layout);
  if (type->param_count > PW_MAX_PARAMETERS || type->result_count > 1) {
    return false;
  }
  for (uint32_t i = 0; i < type->param_count + (uint32_t)type->result_count; i++) {
    if (letter_of(type->types[i]) == '?') {
      return false;
    }
  }
  for (uint32_t i = 0; i < type->param_count; i++) {
    if (type->types[i] == VALUE_TYPE_I64 || type->types[i] == VALUE_TYPE_F64) {
      layout->wide |= UINT32_C(1) << i;
    }
  }
  layout->parameter_count = type->param_count;
  layout->result_cells    = type->ret_cell_num;
  return true;
}

static bool
is_type(const WASMFuncType *type, const struct pw_function_type *wanted)
{
  if (type->param_count != wanted->parameter_count || type->result_count != (wanted->result == 'v' ? 0 : 1)) {
    return false;
  }
  for (uint32_t i = 0; i < type->param_count; i++) {
    if (letter_of(type->types[i]) != wanted->parameters[i]) {
      return false;
    }
  }
  return type->result_count == 0 || letter_of(type->types[type->param_count]) == wanted->result;
}

static bool
resolve(struct pw_wamr_import *resolved, const WASMFunctionImport *wanted, const struct pw_import *imports,
        size_t count, struct pw_error *error)
{
  bool is_named = false;

  for (size_t i = 0; i < count; i++) {
    if (strcmp(imports[i].module, wanted->module_name) != 0 || strcmp(imports[i].name, wanted->field_name) != 0) {
      continue;
    }
    is_named = true;
    /* A module may import the same function more than once, but with one type each. */
    if (is_type(wanted->func_type, &imports[i].type) && pw_wamr_layout_of(wanted->func_type, &resolved->layout)) {
      resolved->function = imports[i].function;
      resolved->data     = imports[i].data;
      return true;
    }
  }
  return pw_error_set(error, PW_ERROR_LINK, "wamr cannot link the module: %s `%.100s::%.100s`%s",
                      is_named ? "incompatible type of import" : "unknown import", wanted->module_name,
                      wanted->field_name, is_named ? "" : " has not been defined");
}

static bool
resolve_all(struct pw_linked_module *linked, const struct pw_import *imports, size_t count, struct pw_error *error)
{
  const WASMModule *module = linked->module->module;

  for (uint32_t i = 0; i < module->import_count; i++) {
    const WASMImport *import = &module->imports[i];

    if (import->kind != IMPORT_KIND_FUNC) {
      return pw_error_set(error, PW_ERROR_LINK, "wamr cannot link the module: `%.100s::%.100s` is no function",
                          import->u.names.module_name, import->u.names.field_name);
    }
  }
  for (uint32_t i = 0; i < module->import_function_count; i++) {
    if (!resolve(&linked->imports[i], &module->import_functions[i].u.function, imports, count, error)) {
      return false;
    }
  }
  return true;
}

struct pw_linked_module *
pw_wamr_link(struct pw_compiled_module *module, const struct pw_import *imports, size_t count, struct pw_error *error)
{
  struct pw_linked_module *linked = calloc(1, sizeof *linked);

  if (linked) {
    linked->imports = calloc(module->module->import_function_count + 1, sizeof *linked->imports);
  }
  if (!linked || !linked->imports) {
    free(linked);
    pw_error_set(error, PW_ERROR_MEMORY, "linked module");
    return NULL;
  }
  atomic_init(&linked->references, 1);
  atomic_fetch_add(&module->references, 1);
  linked->module = module;
  if (!resolve_all(linked, imports, count, error)) {
    pw_wamr_linked_release(linked);
    return NULL;
  }
  return linked;
}

void
pw_wamr_linked_release(struct pw_linked_module *linked)
{
  if (!linked || atomic_fetch_sub(&linked->references, 1) > 1) {
    return;
  }
  pw_wamr_module_release(linked->module);
  free(linked->imports);
  free(linked);
}
