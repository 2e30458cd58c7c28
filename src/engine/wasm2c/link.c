/* SPDX-License-Identifier: Apache-2.0 */
/* Modules with their imports resolved. */
#include "common/imports.h"
#include "internal.h"

#include <stdlib.h>

_Static_assert(sizeof(union pw_wasm2c_value) == sizeof(pw_value), "the code passes values as the host takes them");

static bool
resolve(struct pw_linked_module *linked, const struct pw_import *imports, size_t count, struct pw_error *error)
{
  const struct pw_module_info *info = linked->module->info;

  for (size_t i = 0; i < info->import_count; i++) {
    const struct pw_import *given = pw_import_resolve("wasm2c", imports, count, &info->imports[i], error);

    if (!given) {
      return false;
    }
    /* The same function: the two unions of values are laid out alike. */
    linked->imports[i].function = (__typeof__(linked->imports[i].function))given->function;
    linked->imports[i].data     = given->data;
  }
  return true;
}

struct pw_linked_module *
pw_wasm2c_link(struct pw_compiled_module *module, const struct pw_import *imports, size_t count, struct pw_error *error)
{
  struct pw_linked_module *linked = calloc(1, sizeof *linked);

  if (linked) {
    linked->imports = calloc(module->info->import_count + 1, sizeof *linked->imports);
  }
  if (!linked || !linked->imports) {
    free(linked);
    pw_error_set(error, PW_ERROR_MEMORY, "linked module");
    return NULL;
  }
  atomic_init(&linked->references, 1);
  atomic_fetch_add(&module->references, 1);
  linked->module = module;
  if (!resolve(linked, imports, count, error)) {
    pw_wasm2c_linked_release(linked);
    return NULL;
  }
  return linked;
}

void
pw_wasm2c_linked_release(struct pw_linked_module *linked)
{
  if (!linked || atomic_fetch_sub(&linked->references, 1) > 1) {
    return;
  }
  pw_wasm2c_module_release(linked->module);
  free(linked->imports);
  free(linked);
}
