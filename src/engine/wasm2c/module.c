/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled modules: the object's bytes, opened, and what is known of the wasm. */
#include "common/names.h"
#include "internal.h"
#include "module/module_sections.h"

#include <stdlib.h>

/* ---- what the wasm says; it is valid ---- */

static void
read_tables(struct pw_module_reader *reader, struct pw_compiled_module *compiled)
{
  compiled->table_count = pw_module_read_u32(reader);
  for (uint32_t i = 0; i < compiled->table_count; i++) {
    uint32_t flags;
    uint32_t elements;

    pw_module_read_byte(reader);
    flags    = pw_module_read_u32(reader);
    elements = pw_module_read_u32(reader);
    if (flags & 1) {
      pw_module_read_u32(reader);
    }
    if (compiled->table_elements < elements) {
      compiled->table_elements = elements;
    }
  }
}

static bool
read_functions(struct pw_module_reader *reader, struct pw_compiled_module *compiled)
{
  compiled->function_count = pw_module_read_u32(reader);
  compiled->offsets        = calloc((size_t)compiled->function_count + 1, sizeof *compiled->offsets);
  for (uint32_t i = 0; compiled->offsets && i < compiled->function_count; i++) {
    uint32_t size = pw_module_read_u32(reader);

    compiled->offsets[i] = (uint32_t)reader->position;
    pw_module_read_bytes(reader, size);
  }
  return compiled->offsets != NULL;
}

static bool
read_sections(struct pw_compiled_module *compiled)
{
  struct pw_view          code = pw_bytes_view(&compiled->code);
  struct pw_module_reader reader;

  if (pw_module_section_find(&reader, code, PW_MODULE_SECTION_TABLE)) {
    read_tables(&reader, compiled);
  }
  return !pw_module_section_find(&reader, code, PW_MODULE_SECTION_CODE) || read_functions(&reader, compiled);
}

static bool
read_code(struct pw_compiled_module *compiled, struct pw_view code, struct pw_error *error)
{
  compiled->info = pw_module_info_read(code, error);
  if (!compiled->info) {
    return false;
  }
  if (code.size > INT32_MAX || !pw_bytes_append(&compiled->code, code.data, code.size) || !read_sections(compiled)) {
    return pw_error_set(error, PW_ERROR_MEMORY, "module of %zu bytes", code.size);
  }
  compiled->imported_functions = pw_module_imported_functions(compiled->info);
  compiled->names              = pw_names_in(pw_bytes_view(&compiled->code));
  return true;
}

/* ---- the object ---- */

static bool
has_object(const struct pw_compiled_module *compiled)
{
  return !pw_view_equal(pw_bytes_view(&compiled->object), pw_view_of(PW_WASM2C_NO_OBJECT));
}

/* Code of another module would pass values elsewhere. */
static bool
fits(const struct pw_compiled_module *compiled)
{
  const struct pw_wasm2c_object *object = compiled->opened.object;

  if (!object) {
    return !pw_wasm2c_can_be_linked(compiled->info);
  }
  return object->call_count == compiled->info->export_count && object->import_count == compiled->info->import_count &&
         object->function_count == compiled->function_count;
}

/* Its bytes are there. */
static bool
finish(struct pw_compiled_module *compiled, struct pw_view code, struct pw_error *error)
{
  if (has_object(compiled) && !pw_wasm2c_open(pw_bytes_view(&compiled->object), &compiled->opened, error)) {
    return false;
  }
  if (!read_code(compiled, code, error)) {
    return false;
  }
  if (!fits(compiled)) {
    return pw_error_set(error, PW_ERROR_ENGINE, "wasm2c refuses the compiled code: it is of another module");
  }
  if (compiled->engine->profile) {
    pw_wasm2c_profile(compiled);
  }
  return true;
}

static struct pw_compiled_module *
begin(struct pw_engine *engine, struct pw_error *error)
{
  struct pw_compiled_module *compiled = calloc(1, sizeof *compiled);

  if (!compiled) {
    pw_error_set(error, PW_ERROR_MEMORY, "module");
    return NULL;
  }
  atomic_init(&compiled->references, 1);
  compiled->engine = engine;
  return compiled;
}

struct pw_compiled_module *
pw_wasm2c_module_compile(struct pw_engine *engine, struct pw_view code, struct pw_error *error)
{
  struct pw_compiled_module *compiled = begin(engine, error);

  if (compiled &&
      (!pw_wasm2c_translate(code, engine->profile, &compiled->object, error) || !finish(compiled, code, error))) {
    pw_wasm2c_module_release(compiled);
    return NULL;
  }
  return compiled;
}

bool
pw_wasm2c_module_serialize(const struct pw_compiled_module *module, struct pw_bytes *out, struct pw_error *error)
{
  return pw_bytes_append(out, module->object.data, module->object.size) ||
         pw_error_set(error, PW_ERROR_MEMORY, "compiled code");
}

struct pw_compiled_module *
pw_wasm2c_module_deserialize(struct pw_engine *engine, struct pw_view bytes, struct pw_view code,
                             struct pw_error *error)
{
  struct pw_compiled_module *compiled = begin(engine, error);

  if (!compiled) {
    return NULL;
  }
  if (!pw_bytes_append(&compiled->object, bytes.data, bytes.size)) {
    pw_error_set(error, PW_ERROR_MEMORY, "compiled code");
  } else if (finish(compiled, code, error)) {
    return compiled;
  }
  pw_wasm2c_module_release(compiled);
  return NULL;
}

void
pw_wasm2c_module_release(struct pw_compiled_module *compiled)
{
  if (!compiled || atomic_fetch_sub(&compiled->references, 1) > 1) {
    return;
  }
  pw_wasm2c_close(&compiled->opened);
  pw_bytes_clear(&compiled->object);
  pw_module_info_free(compiled->info);
  pw_bytes_clear(&compiled->code);
  free(compiled->offsets);
  free(compiled);
}
