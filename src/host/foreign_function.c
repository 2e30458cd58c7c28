/* SPDX-License-Identifier: Apache-2.0 */
#include "host/foreign_function.h"

#include <stdlib.h>

/* Longer ones are nobody's: they need not be hashed. */
enum { MOST_NAME_BYTES = 4096 };

static const struct pw_view NO_SCOPE = {NULL, 0};

bool
pw_foreign_functions_register(struct pw_foreign_functions *functions, const char *name, pw_foreign_function function,
                              void *data, struct pw_error *error)
{
  if (!name || !*name || !function) {
    return pw_error_set(error, PW_ERROR_ARGUMENT, "a foreign function needs a name and a function");
  }
  struct pw_view view = pw_view_of(name);
  uint64_t       hash = pw_name_hash(NO_SCOPE, view);
  if (pw_name_map_find(&functions->map, hash, NO_SCOPE, view)) {
    return pw_error_set(error, PW_ERROR_ARGUMENT, "foreign function '%s' is registered twice", name);
  }
  struct pw_foreign_function_entry *entry = calloc(1, sizeof(*entry));
  char                             *copy  = strdup(name);
  if (entry && copy) {
    entry->node.hash = hash;
    entry->node.name = pw_view_of(copy);
    entry->function  = function;
    entry->data      = data;
    if (pw_name_map_insert(&functions->map, &entry->node)) {
      return true;
    }
  }
  free(copy);
  free(entry);
  return pw_error_set(error, PW_ERROR_MEMORY, "no memory for foreign function '%s'", name);
}

const struct pw_foreign_function_entry *
pw_foreign_functions_find(const struct pw_foreign_functions *functions, struct pw_view name)
{
  if (name.size > MOST_NAME_BYTES) {
    return NULL;
  }
  return (const struct pw_foreign_function_entry *)pw_name_map_find(&functions->map, pw_name_hash(NO_SCOPE, name),
                                                                    NO_SCOPE, name);
}

static bool
drop_entry(void *data, struct pw_name_node *node)
{
  (void)data;
  free((char *)node->name.data);
  free(node);
  return true;
}

void
pw_foreign_functions_clear(struct pw_foreign_functions *functions)
{
  pw_name_map_remove_scope(&functions->map, NULL, drop_entry, NULL);
  pw_name_map_clear(&functions->map);
}
