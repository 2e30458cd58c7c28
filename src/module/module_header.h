/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file module_header.h
 * Telling a wasm binary from the other files that people take for one, for module_info.
 */
#ifndef PROXYWASM_MODULE_HEADER_H
#define PROXYWASM_MODULE_HEADER_H

#include <proxywasm/types.h>

/** Whether a core module of version 1 begins here. Errors: MODULE, with what it is instead, as far as that can be told,
 *  and what to do. */
bool pw_module_check_header(struct pw_view code, struct pw_error *error);

#endif
