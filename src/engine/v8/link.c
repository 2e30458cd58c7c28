/* SPDX-License-Identifier: Apache-2.0 */
/* Modules with their imports resolved. V8 calls any function for any import: types are compared here. */
#include "internal.h"

#include <stdlib.h>

static const struct pw_import *
find(const struct pw_import *imports, size_t count, const struct pw_extern *wanted)
{
  for (size_t i = 0; i < count; i++) {
    if (strcmp(imports[i].name, wanted->name) == 0 && strcmp(imports[i].module, wanted->module) == 0) {
      return &imports[i];
    }
  }
  return NULL;
}

static bool
resolve_one(struct pw_v8_import *resolved, const struct pw_extern *wanted, const struct pw_import *given,
            struct pw_error *error)
{
  char has[128];
  char wants[128];

  if (!given || wanted->kind != PW_EXTERN_FUNCTION) {
    return pw_error_set(error, PW_ERROR_LINK, "v8 cannot link the module: nothing answers its import %.100s::%.100s",
                        wanted->module, wanted->name);
  }
  if (!wanted->type_known || !pw_function_type_equal(&wanted->type, &given->type)) {
    return pw_error_set(error, PW_ERROR_LINK,
                        "v8 cannot link the module: its import %.100s::%.100s is %s, the host's function %s",
                        wanted->module, wanted->name,
                        wanted->type_known ? pw_function_type_text(&wanted->type, wants, sizeof wants)
                                           : "of a type that no host function has",
                        pw_function_type_text(&given->type, has, sizeof has));
  }
  *resolved = (struct pw_v8_import){.module   = given->module,
                                    .name     = given->name,
                                    .type     = given->type,
                                    .function = given->function,
                                    .data     = given->data};
  return true;
}

static bool
resolve(struct pw_linked_module *linked, const struct pw_import *imports, size_t count, struct pw_error *error)
{
  const struct pw_module_info *info = linked->module->info;

  for (size_t i = 0; i < info->import_count; i++) {
    const struct pw_extern *wanted = &info->imports[i];

    if (!resolve_one(&linked->imports[i], wanted, find(imports, count, wanted), error)) {
      return false;
    }
    linked->import_count++;
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
