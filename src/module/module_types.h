/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file module_types.h
 * The type section of a wasm binary, for module_info.
 */
#ifndef PROXYWASM_MODULE_TYPES_H
#define PROXYWASM_MODULE_TYPES_H

#include <proxywasm/engine.h>

#include "module/module_reader.h"

struct pw_module_type {
  bool                    known; /**< a function type that the ABI can have */
  struct pw_function_type type;  /**< when known */
};

/** Zero-initialised is empty. */
struct pw_module_types {
  struct pw_module_type *items;
  size_t                 count;
  size_t                 capacity;
};

/** Reads the content of the type section. What fails is told by the reader. */
void pw_module_types_read(struct pw_module_types *types, struct pw_module_reader *reader);
void pw_module_types_clear(struct pw_module_types *types);

/** Reads a value type. Its letter as in struct pw_function_type, or 'x' for vectors and references. */
char pw_module_read_value_type(struct pw_module_reader *reader);

#endif
