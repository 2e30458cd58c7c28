/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file module_custom.h
 * The custom sections of a wasm binary that tell where it comes from, for module_info.
 */
#ifndef PROXYWASM_MODULE_CUSTOM_H
#define PROXYWASM_MODULE_CUSTOM_H

#include <proxywasm/module.h>

#include "module/module_reader.h"

/**
 * Reads a custom section, from its name on, if it is one that is of interest and the first of its kind: sets the text
 * of `info` (name, producers, features). By the wasm standard a broken custom section does not make a module invalid:
 * it is left out. False when memory is out.
 */
bool pw_module_custom_read(struct pw_module_info *info, const struct pw_module_reader *section);

#endif
