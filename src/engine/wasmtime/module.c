/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled code. */
#include "common/names.h"
#include "internal.h"
#include "module/module_sections.h"

#include <stdlib.h>

/* How many tables a module defines, which is valid: Wasmtime does not tell. */
static uint32_t
count_tables(struct pw_view code)
{
  struct pw_module_reader reader;

  return pw_module_section_find(&reader, code, PW_MODULE_SECTION_TABLE) ? pw_module_read_u32(&reader) : 0;
}

static struct pw_compiled_module *
wrap(struct pw_engine *engine, wasmtime_module_t *module, const struct pw_exposed *exposed, struct pw_view code,
     struct pw_error *error)
{
  struct pw_compiled_module *compiled = malloc(sizeof *compiled);

  if (!compiled) {
    wasmtime_module_delete(module);
    pw_error_set(error, PW_ERROR_MEMORY, "compiled module");
    return NULL;
  }
  compiled->engine      = engine;
  compiled->module      = module;
  compiled->exposed     = *exposed;
  compiled->table_count = count_tables(code);
  return compiled;
}

/* The module as it is compiled where there are to be images; nothing is appended when that is as it came. */
static bool
change(const struct pw_engine *engine, struct pw_view code, struct pw_bytes *changed, struct pw_exposed *exposed,
       struct pw_error *error)
{
  memset(exposed, 0, sizeof *exposed);
  return !engine->images || pw_wasmtime_expose(code, changed, exposed) ||
         pw_error_set(error, PW_ERROR_MEMORY, "a module of %zu bytes", code.size);
}

struct pw_compiled_module *
pw_wasmtime_module_compile(struct pw_engine *engine, struct pw_view code, struct pw_error *error)
{
  wasmtime_module_t *module  = NULL;
  wasmtime_error_t  *failure = NULL;
  struct pw_bytes    changed = {0};
  struct pw_exposed  exposed;

  if (!change(engine, code, &changed, &exposed, error)) {
    return NULL;
  }
  if (changed.size == 0 && !pw_bytes_append(&changed, code.data, code.size)) {
    pw_error_set(error, PW_ERROR_MEMORY, "a module of %zu bytes", code.size);
    return NULL;
  }
  pw_names_hide(&changed);
  failure = wasmtime_module_new(engine->engine, (const uint8_t *)changed.data, changed.size, &module);
  pw_bytes_clear(&changed);
  if (failure) {
    pw_wasmtime_error_take(failure, error, PW_ERROR_MODULE, "wasmtime cannot compile the module");
    return NULL;
  }
  return wrap(engine, module, &exposed, code, error);
}

bool
pw_wasmtime_module_serialize(const struct pw_compiled_module *module, struct pw_bytes *out, struct pw_error *error)
{
  wasm_byte_vec_t   bytes;
  wasmtime_error_t *failure = wasmtime_module_serialize(module->module, &bytes);
  bool              appended;

  if (failure) {
    return pw_wasmtime_error_take(failure, error, PW_ERROR_ENGINE, "wasmtime cannot serialise the module");
  }
  appended = pw_bytes_append(out, bytes.data, bytes.size);
  wasm_byte_vec_delete(&bytes);
  return appended || pw_error_set(error, PW_ERROR_MEMORY, "compiled code");
}

struct pw_compiled_module *
pw_wasmtime_module_deserialize(struct pw_engine *engine, struct pw_view bytes, struct pw_view code,
                               struct pw_error *error)
{
  wasmtime_module_t *module = NULL;
  wasmtime_error_t  *failure;
  struct pw_bytes    changed = {0};
  struct pw_exposed  exposed;
  bool               known = change(engine, code, &changed, &exposed, error);

  /* All else that is needed is in Wasmtime's own format. */
  pw_bytes_clear(&changed);
  if (!known) {
    return NULL;
  }
  failure = wasmtime_module_deserialize(engine->engine, (const uint8_t *)bytes.data, bytes.size, &module);
  if (failure) {
    pw_wasmtime_error_take(failure, error, PW_ERROR_ENGINE, "wasmtime refuses the compiled code");
    return NULL;
  }
  return wrap(engine, module, &exposed, code, error);
}

void
pw_wasmtime_module_delete(struct pw_compiled_module *module)
{
  if (module) {
    wasmtime_module_delete(module->module);
    free(module);
  }
}
