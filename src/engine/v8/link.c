/* SPDX-License-Identifier: Apache-2.0 */
/* Modules with their imports resolved. V8 calls any function for any import: types are compared here. */
#include "common/imports.h"
#include "internal.h"

#include <stdlib.h>

static bool
resolve(struct pw_linked_module *linked, const struct pw_import *imports, size_t count, struct pw_error *error)
{
  const struct pw_module_info *info = linked->module->info;

  for (size_t i = 0; i < info->import_count; i++) {
    const struct pw_import *given = pw_import_resolve("v8", imports, count, &info->imports[i], error);

    if (!given) {
      return false;
    }
    linked->imports[linked->import_count++] = (struct pw_v8_import){.module   = given->module,
                                                                    .name     = given->name,
                                                                    .type     = given->type,
                                                                    .function = given->function,
                                                                    .data     = given->data};
  }
  return true;
}

struct pw_linked_module *
pw_v8_link(struct pw_compiled_module *module, const struct pw_import *imports, size_t count, struct pw_error *error)
{
  struct pw_linked_module *linked = calloc(1, sizeof *linked);

  if (linked) {
    linked->references = 1;
    linked->module     = pw_v8_module_retain(module);
    linked->imports    = calloc(module->info->import_count + 1, sizeof *linked->imports);
  }
  if (!linked || !linked->imports) {
    pw_v8_linked_release(linked);
    pw_error_set(error, PW_ERROR_MEMORY, "linked module");
    return NULL;
  }
  if (!resolve(linked, imports, count, error)) {
    pw_v8_linked_release(linked);
    return NULL;
  }
  return linked;
}

struct pw_linked_module *
pw_v8_linked_retain(struct pw_linked_module *linked)
{
  __atomic_add_fetch(&linked->references, 1, __ATOMIC_RELAXED);
  return linked;
}

void
pw_v8_linked_release(struct pw_linked_module *linked)
{
  if (!linked || __atomic_sub_fetch(&linked->references, 1, __ATOMIC_ACQ_REL) > 0) {
    return;
  }
  pw_v8_module_release(linked->module);
  free(linked->imports);
  free(linked);
}
