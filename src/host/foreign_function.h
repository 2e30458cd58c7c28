/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file foreign_function.h
 * The registry behind proxy_call_foreign_function (ABI text, "Foreign function interface").
 *
 * Filled before the first worker is made, and only read after that; so it has no lock.
 */
#ifndef PROXYWASM_HOST_FOREIGN_FUNCTION_H
#define PROXYWASM_HOST_FOREIGN_FUNCTION_H

#include <proxywasm/host.h>

#include "host/name_map.h"

/** One function; lives as long as the registry. */
struct pw_foreign_function_entry {
  struct pw_name_node node; /**< first; `node.name` is the name */
  pw_foreign_function function;
  void               *data;
};

/** Zero-initialised is empty. */
struct pw_foreign_functions {
  struct pw_name_map map;
};

/** Copies `name`. Errors: ARGUMENT (no function; no name; registered already), MEMORY. */
bool pw_foreign_functions_register(struct pw_foreign_functions *functions, const char *name,
                                   pw_foreign_function function, void *data, struct pw_error *error);
/** The function of that name, or NULL. Any thread. */
const struct pw_foreign_function_entry *pw_foreign_functions_find(const struct pw_foreign_functions *functions,
                                                                  struct pw_view                     name);
/** Frees everything and leaves it empty. */
void pw_foreign_functions_clear(struct pw_foreign_functions *functions);

#endif
