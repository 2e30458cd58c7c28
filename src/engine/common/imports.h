/* SPDX-License-Identifier: Apache-2.0 */
/** @file common/imports.h Which of the host's functions answers an import, for engines that leave that to their object.
 */
#ifndef PROXYWASM_ENGINE_COMMON_IMPORTS_H
#define PROXYWASM_ENGINE_COMMON_IMPORTS_H

#include <proxywasm/engine.h>
#include <proxywasm/module.h>

/** The one that answers `wanted`. NULL: none, or another type is wanted; `error` then says so (LINK), as from `engine`.
 */
const struct pw_import *pw_import_resolve(const char *engine, const struct pw_import *imports, size_t count,
                                          const struct pw_extern *wanted, struct pw_error *error);

#endif
