/* SPDX-License-Identifier: Apache-2.0 */
#include "common/imports.h"

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

const struct pw_import *
pw_import_resolve(const char *engine, const struct pw_import *imports, size_t count, const struct pw_extern *wanted,
                  struct pw_error *error)
{
  const struct pw_import *given = find(imports, count, wanted);
  char                    has[128];
  char                    wants[128];

  if (!given || wanted->kind != PW_EXTERN_FUNCTION) {
    pw_error_set(error, PW_ERROR_LINK, "%s cannot link the module: nothing answers its import %.100s::%.100s", engine,
                 wanted->module, wanted->name);
    return NULL;
  }
  if (wanted->type_known && pw_function_type_equal(&wanted->type, &given->type)) {
    return given;
  }
  pw_error_set(error, PW_ERROR_LINK,
               "%s cannot link the module: its import %.100s::%.100s is %s, the host's function %s", engine,
               wanted->module, wanted->name,
               wanted->type_known ? pw_function_type_text(&wanted->type, wants, sizeof wants)
                                  : "of a type that no host function has",
               pw_function_type_text(&given->type, has, sizeof has));
  return NULL;
}
