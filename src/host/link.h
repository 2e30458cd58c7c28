/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file link.h
 * Holds a module against the ABI: its version, its callbacks' signatures, its imports.
 */
#ifndef PROXYWASM_HOST_LINK_H
#define PROXYWASM_HOST_LINK_H

#include "host/internal.h"

/** The newest ABI version that the module marks. Errors: ABI (no marker). */
bool pw_link_abi(const struct pw_module_info *info, enum pw_abi_version *abi, struct pw_error *error);
/** Fills plugin->callbacks, headers_values and allocator. Errors: ABI (a callback of another signature), MODULE (no
 *  memory). */
bool pw_link_callbacks(struct pw_plugin *plugin, const struct pw_module_info *info, struct pw_error *error);
/** Fills plugin->imports and plugin->hostcalls. Errors: LINK, with every import that cannot be served. */
bool pw_link_imports(struct pw_plugin *plugin, const struct pw_module_info *info, struct pw_error *error);

#endif
