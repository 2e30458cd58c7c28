/* SPDX-License-Identifier: Apache-2.0 */
/* Modules, as WasmEdge loads them: changed by instrument.c. */
#include "common/names.h"
#include "internal.h"

#include <stdlib.h>

static bool
refuse(struct pw_error *error, WasmEdge_Result result)
{
  return pw_error_set(error, PW_ERROR_MODULE, "wasmedge cannot load the module: %s", WasmEdge_ResultGetMessage(result));
}

/* A loader is for one thread at a time. */
static bool
load(struct pw_compiled_module *compiled, struct pw_view code, struct pw_error *error)
{
  WasmEdge_LoaderContext    *loader    = WasmEdge_LoaderCreate(compiled->engine->configuration);
  WasmEdge_ValidatorContext *validator = WasmEdge_ValidatorCreate(compiled->engine->configuration);
  WasmEdge_Bytes             bytes     = {.Length = (uint32_t)code.size, .Buf = (const uint8_t *)code.data};
  WasmEdge_Result            result    = WasmEdge_LoaderParseFromBytes(loader, &compiled->module, bytes);

  if (WasmEdge_ResultOK(result)) {
    result = WasmEdge_ValidatorValidate(validator, compiled->module);
  }
  WasmEdge_LoaderDelete(loader);
  WasmEdge_ValidatorDelete(validator);
  return WasmEdge_ResultOK(result) || refuse(error, result);
}

static bool
compile(struct pw_compiled_module *compiled, struct pw_view code, struct pw_error *error)
{
  struct pw_bytes changed = {0};
  struct pw_error why     = {.code = PW_ERROR_NONE};
  bool            done;

  if (!pw_wasmedge_instrument(code, compiled->engine->stack_bytes, &changed, &compiled->layout, &why)) {
    pw_bytes_clear(&changed);
    return pw_error_set(error, why.code, "wasmedge cannot load the module: %s", why.message);
  }
  done = load(compiled, pw_bytes_view(&changed), error);
  pw_bytes_clear(&changed);
  if (!done) {
    return false;
  }
  compiled->info = pw_module_info_read(code, error);
  if (!compiled->info) {
    return false;
  }
  if (!pw_bytes_append(&compiled->code, code.data, code.size)) {
    return pw_error_set(error, PW_ERROR_MEMORY, "module of %zu bytes", code.size);
  }
  compiled->names = pw_names_in(pw_bytes_view(&compiled->code));
  return true;
}

struct pw_compiled_module *
pw_wasmedge_module_compile(struct pw_engine *engine, struct pw_view code, struct pw_error *error)
{
  struct pw_compiled_module *compiled = calloc(1, sizeof *compiled);

  if (!compiled) {
    pw_error_set(error, PW_ERROR_MEMORY, "module");
    return NULL;
  }
  atomic_init(&compiled->references, 1);
  compiled->engine = engine;
  if (!compile(compiled, code, error)) {
    pw_wasmedge_module_release(compiled);
    return NULL;
  }
  return compiled;
}

void
pw_wasmedge_module_release(struct pw_compiled_module *compiled)
{
  if (!compiled || atomic_fetch_sub(&compiled->references, 1) > 1) {
    return;
  }
  WasmEdge_ASTModuleDelete(compiled->module);
  pw_wasmedge_layout_clear(&compiled->layout);
  pw_module_info_free(compiled->info);
  pw_bytes_clear(&compiled->code);
  free(compiled);
}
