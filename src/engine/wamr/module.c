/* SPDX-License-Identifier: Apache-2.0 */
/* Modules, as WAMR loads them: translated for its fast interpreter. */
#include "common/names.h"
#include "internal.h"
#include "interpreter.h"
#include "validator/validator.h"

#include <pthread.h>
#include <stdlib.h>

/* Loading writes the interpreter's table of labels, the same each time, to a global variable of WAMR's. */
static pthread_mutex_t load_lock = PTHREAD_MUTEX_INITIALIZER;

/* Functions that WAMR would call by itself as it makes an instance, if they are exported, beyond what the standard says
 * and without a deadline. Nobody asks for them: they are no longer found as exports. */
static bool
is_called_by_wamr(const char *name)
{
  return strcmp(name, "__wasm_call_ctors") == 0 || strcmp(name, "__post_instantiate") == 0;
}

/* WAMR makes one large page of a memory that the guest neither grows nor asks for its size. Limits count real ones. */
static void
restore_pages(WASMMemory *memory)
{
  if (memory->num_bytes_per_page != PW_WAMR_PAGE_BYTES) {
    memory->init_page_count    = memory->num_bytes_per_page / PW_WAMR_PAGE_BYTES;
    memory->max_page_count     = memory->init_page_count;
    memory->num_bytes_per_page = PW_WAMR_PAGE_BYTES;
  }
}

static void
prepare(struct pw_compiled_module *compiled)
{
  WASMModule *module = compiled->module;

  for (uint32_t i = 0; i < module->import_function_count; i++) {
    WASMFunctionImport *import = &module->import_functions[i].u.function;

    /* Not called, only compared with NULL: see interpreter.c. The number tells call_out which import it is. */
    import->func_ptr_linked = (void *)pw_wamr_call_out;
    import->attachment      = (void *)(uintptr_t)i;
    import->call_conv_raw   = true;
  }
  for (uint32_t i = 0; i < module->export_count; i++) {
    if (module->exports[i].kind == EXPORT_KIND_FUNC && is_called_by_wamr(module->exports[i].name)) {
      module->exports[i].kind = UINT8_MAX;
    }
  }
  for (uint32_t i = 0; i < module->memory_count; i++) {
    restore_pages(&module->memories[i]);
  }
  /* It runs once the instance can answer calls to the host, and with a deadline: see instance.c. */
  compiled->start_function = module->start_function;
  module->start_function   = UINT32_MAX;
}

/* WAMR's own validation has holes, which a module that somebody made up can crash it through. */
static bool
validate(struct pw_view code, struct pw_error *error)
{
  struct pw_error why;

  if (code.size > UINT32_MAX) {
    return pw_error_set(error, PW_ERROR_MODULE, "wamr cannot load the module: it has more than 4 GiB");
  }
  return pw_validate(code, &why) || pw_error_set(error, why.code, "wamr cannot load the module: %s", why.message);
}

/* What is valid may still be more than WAMR can do: too many locals, blocks in each other, values on the stack. */
static bool
set_load_error(const char *text, struct pw_error *error)
{
  static const char prefix[] = "WASM module load failed: ";
  char              line[256];

  if (strncmp(text, prefix, sizeof prefix - 1) == 0) {
    text += sizeof prefix - 1;
  }
  pw_text_line(line, sizeof line, text, strlen(text));
  return pw_error_set(error, PW_ERROR_MODULE, "wamr cannot load the module: %s", line);
}

static bool
load(struct pw_compiled_module *compiled, struct pw_error *error)
{
  char     text[256] = "";
  LoadArgs arguments = {.name = "", .no_resolve = true};

  pthread_mutex_lock(&load_lock);
  compiled->module =
    (WASMModule *)wasm_runtime_load_ex(compiled->code, (uint32_t)compiled->code_size, &arguments, text, sizeof text);
  pthread_mutex_unlock(&load_lock);
  if (!compiled->module) {
    return set_load_error(text, error);
  }
  prepare(compiled);
  return true;
}

struct pw_compiled_module *
pw_wamr_module_compile(struct pw_engine *engine, struct pw_view code, struct pw_error *error)
{
  struct pw_compiled_module *compiled;

  if (!validate(code, error)) {
    return NULL;
  }
  compiled = calloc(1, sizeof *compiled);
  if (compiled) {
    compiled->code = malloc(code.size);
  }
  if (!compiled || !compiled->code) {
    free(compiled);
    pw_error_set(error, PW_ERROR_MEMORY, "module");
    return NULL;
  }
  atomic_init(&compiled->references, 1);
  compiled->engine    = engine;
  compiled->code_size = code.size;
  memcpy(compiled->code, code.data, code.size);
  compiled->names = pw_names_in(pw_view_make(compiled->code, code.size));
  if (!load(compiled, error)) {
    pw_wamr_module_release(compiled);
    return NULL;
  }
  return compiled;
}

void
pw_wamr_module_release(struct pw_compiled_module *compiled)
{
  if (!compiled || atomic_fetch_sub(&compiled->references, 1) > 1) {
    return;
  }
  if (compiled->module) {
    wasm_runtime_unload((WASMModuleCommon *)compiled->module);
  }
  free(compiled->code);
  free(compiled);
}
