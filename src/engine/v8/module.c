/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled modules: the rewritten module as V8 compiled it, and what the original says of itself. */
#include "common/names.h"
#include "internal.h"

#include <stdlib.h>

/* Before V8's own bytes. Counts up with each change of how modules are rewritten. */
static const char magic[8] = {'P', 'W', 'V', '8', '0', '1', '\n', '\0'};

/* The module without code, and its rewritten bytes in `wasm`. */
static struct pw_compiled_module *
prepare(struct pw_engine *engine, struct pw_view code, struct pw_bytes *wasm, struct pw_error *error)
{
  struct pw_compiled_module *module = calloc(1, sizeof *module);

  if (!module) {
    pw_error_set(error, PW_ERROR_MEMORY, "compiled module");
    return NULL;
  }
  module->references = 1;
  module->engine     = engine;
  if (!pw_v8_rewrite(code, wasm, &module->layout, error)) {
    pw_v8_module_release(module);
    return NULL;
  }
  pw_names_hide(wasm);
  module->info = pw_module_info_read(code, error);
  if (!module->info || !pw_v8_bodies_read(pw_bytes_view(wasm), &module->bodies, error)) {
    pw_v8_module_release(module);
    return NULL;
  }
  module->imported_functions = pw_module_imported_functions(module->info);
  return module;
}

/* Takes what V8 compiled. False if it is nothing. */
static bool
take_code(struct pw_compiled_module *module, struct pw_v8_code *code)
{
  module->code = code;
  if (code) {
    module->names = pw_names_in(pw_v8_code_wasm(code));
  }
  return code != NULL;
}

/* V8's own words on what is wrong, with offsets in the file as it is. `error` is set already, in case that V8 finds
 * nothing wrong. */
static void
set_refusal(struct pw_view code, struct pw_error *error)
{
  char               message[1024];
  struct pw_v8_code *compiled = pw_v8_code_compile(code, message, sizeof message);

  if (compiled) {
    pw_v8_code_delete(compiled);
  } else {
    pw_error_set(error, PW_ERROR_MODULE, "v8 cannot compile the module: %s", message);
  }
}

struct pw_compiled_module *
pw_v8_module_compile(struct pw_engine *engine, struct pw_view code, struct pw_error *error)
{
  struct pw_bytes            wasm   = {0};
  struct pw_error            reason = {.code = PW_ERROR_NONE};
  struct pw_compiled_module *module = prepare(engine, code, &wasm, &reason);
  char                       message[1024];

  if (module && !take_code(module, pw_v8_code_compile(pw_bytes_view(&wasm), message, sizeof message))) {
    pw_error_set(&reason, PW_ERROR_MODULE, "v8 cannot compile the module: %s", message);
    pw_v8_module_release(module);
    module = NULL;
  }
  pw_bytes_clear(&wasm);
  if (!module) {
    if (reason.code == PW_ERROR_MODULE) {
      set_refusal(code, &reason);
    }
    pw_error_set(error, reason.code, "%s", reason.message);
  }
  return module;
}

bool
pw_v8_module_serialize(const struct pw_compiled_module *module, struct pw_bytes *out, struct pw_error *error)
{
  if (!pw_bytes_append(out, magic, sizeof magic)) {
    return pw_error_set(error, PW_ERROR_MEMORY, "compiled code");
  }
  return pw_v8_code_serialize(module->code, out) ||
         pw_error_set(error, PW_ERROR_ENGINE, "v8 cannot serialise the module");
}

struct pw_compiled_module *
pw_v8_module_deserialize(struct pw_engine *engine, struct pw_view bytes, struct pw_view code, struct pw_error *error)
{
  struct pw_bytes            wasm = {0};
  struct pw_view             own;
  struct pw_compiled_module *module;

  if (bytes.size <= sizeof magic || memcmp(bytes.data, magic, sizeof magic) != 0) {
    pw_error_set(error, PW_ERROR_ENGINE, "v8 refuses the compiled code: it is not of this version of proxywasm");
    return NULL;
  }
  own    = pw_view_make(bytes.data + sizeof magic, bytes.size - sizeof magic);
  module = prepare(engine, code, &wasm, error);
  if (module && !take_code(module, pw_v8_code_deserialize(own, pw_bytes_view(&wasm)))) {
    pw_error_set(error, PW_ERROR_ENGINE, "v8 refuses the compiled code: it is of another version, or broken");
    pw_v8_module_release(module);
    module = NULL;
  }
  pw_bytes_clear(&wasm);
  return module;
}

struct pw_compiled_module *
pw_v8_module_retain(struct pw_compiled_module *module)
{
  __atomic_add_fetch(&module->references, 1, __ATOMIC_RELAXED);
  return module;
}

void
pw_v8_module_release(struct pw_compiled_module *module)
{
  if (!module || __atomic_sub_fetch(&module->references, 1, __ATOMIC_ACQ_REL) > 0) {
    return;
  }
  pw_v8_code_delete(module->code);
  pw_v8_layout_clear(&module->layout);
  pw_v8_bodies_clear(&module->bodies);
  pw_module_info_free(module->info);
  free(module);
}
