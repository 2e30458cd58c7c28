/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a module on the WAMR engine: loaded, linked with whatever it imports, started, and each function that it
 * exports called, within limits. WAMR is compiled with the same sanitizers, and what it does guides the input. */
#include <proxywasm/engine.h>
#include <proxywasm/module.h>

#include <stdio.h>
#include <stdlib.h>

#define DEADLINE_MS 20

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *
answer(void *context, const void *data, pw_value *values)
{
  (void)context;
  (void)data;
  values[0].u64 = 1;
  return NULL;
}

static void
call_all(const struct pw_engine_ops *ops, struct pw_engine_instance *instance, const struct pw_module_info *info)
{
  struct pw_trap trap;

  for (size_t i = 0; i < info->export_count; i++) {
    pw_value    values[PW_MAX_PARAMETERS] = {{0}};
    pw_function function;

    if (ops->function_find(instance, info->exports[i].name, &function) &&
        !ops->call(instance, &function, values, PW_MAX_PARAMETERS, DEADLINE_MS, &trap)) {
      if (trap.kind == PW_TRAP_NONE || trap.message[0] == '\0') {
        abort();
      }
      return;
    }
  }
}

static void
start(const struct pw_engine_ops *ops, struct pw_linked_module *linked, const struct pw_module_info *info)
{
  struct pw_instance_options options = {.memory_bytes = 1 << 20, .table_elements = 10000};
  struct pw_error            error;
  struct pw_engine_instance *instance = ops->instance_new(linked, &options, DEADLINE_MS, &error);

  if (instance) {
    call_all(ops, instance, info);
    ops->instance_delete(instance);
  }
}

static struct pw_linked_module *
link_with_anything(const struct pw_engine_ops *ops, struct pw_compiled_module *module,
                   const struct pw_module_info *info)
{
  struct pw_import        *imports = calloc(info->import_count + 1, sizeof *imports);
  struct pw_linked_module *linked;
  struct pw_error          error;

  if (!imports) {
    abort();
  }
  for (size_t i = 0; i < info->import_count; i++) {
    imports[i] = (struct pw_import){.module   = info->imports[i].module,
                                    .name     = info->imports[i].name,
                                    .type     = info->imports[i].type,
                                    .function = answer};
  }
  linked = ops->link(module, imports, info->import_count, &error);
  free(imports);
  return linked;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static struct pw_engine    *engine;
  const struct pw_engine_ops *ops;
  struct pw_error             error;
  struct pw_module_info      *info = pw_module_info_read(pw_view_make(data, size), &error);
  struct pw_compiled_module  *module;
  struct pw_linked_module    *linked;

  /* As the host does: what is no module for it, no engine sees. */
  if (!info) {
    return 0;
  }
  ops = pw_engine_find("wamr", &error);
  if (!ops || (!engine && !(engine = ops->engine_new(NULL, &error)))) {
    fprintf(stderr, "%s\n", error.message);
    abort();
  }
  module = ops->module_compile(engine, pw_view_make(data, size), &error);
  if (module) {
    linked = link_with_anything(ops, module, info);
    if (linked) {
      start(ops, linked, info);
      ops->linked_delete(linked);
    }
    ops->module_delete(module);
  }
  pw_module_info_free(info);
  return 0;
}
