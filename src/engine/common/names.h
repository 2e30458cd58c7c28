/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file names.h
 * The names of functions that a module carries in its custom section "name", for engines that do not read it.
 */
#ifndef PROXYWASM_ENGINE_COMMON_NAMES_H
#define PROXYWASM_ENGINE_COMMON_NAMES_H

#include <proxywasm/types.h>

/** Finds the name of function number `index` (imports count) in the wasm binary `code`. `name` is a view of it, and
 *  holds whatever the module says. Reads through the section: for traps, not for every call. Any bytes are allowed;
 * false when there is no name. */
bool pw_names_find(struct pw_view code, uint32_t index, struct pw_view *name);

#endif
