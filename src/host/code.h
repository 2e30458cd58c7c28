/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file code.h
 * Compiled modules in use, shared by the plugins that have the same code, engine and settings: a second plugin on a
 * module, and a reload that leaves it as it was, compile nothing.
 */
#ifndef PROXYWASM_HOST_CODE_H
#define PROXYWASM_HOST_CODE_H

#include "engine/code_file.h"

#include <proxywasm/host.h>

struct pw_code {
  const struct pw_engine_ops *ops;
  struct pw_engine           *engine;
  struct pw_compiled_module  *compiled;
  struct pw_module_info      *info;
  struct pw_engine_settings   settings;
  uint8_t                     hash[PW_CODE_HASH_SIZE]; /**< SHA-256 of the wasm */
  uint32_t                    headers_parameters[2];   /**< that the callback of headers looks at, by direction: bits */
  bool                        precompiled;             /**< it came with the module: not for plugins that forbid that */
  unsigned                    references;
  struct pw_code             *next;
};

/** The code of a plugin's module, the file `wasm`: what is in use already, or what came with the file, if the plugin's
 *  configuration allows that and it fits, or compiled now. Any thread; it waits for other loads. Errors: MODULE,
 * ENGINE, MEMORY, LIMIT (compiling took too much). */
struct pw_code *pw_code_get(const struct pw_plugin *plugin, const struct pw_engine_ops *ops,
                            const struct pw_engine_settings *settings, struct pw_view wasm, struct pw_error *error);
/** Gives it back. Any thread; it waits for no load. NULL is allowed. */
void pw_code_put(struct pw_host *host, struct pw_code *code);

#endif
