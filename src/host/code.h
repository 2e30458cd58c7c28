/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file code.h
 * Compiled modules in use, shared by the plugins that have the same code, engine and settings: a second plugin on a
 * module, and a reload that leaves it as it was, compile nothing.
 */
#ifndef PROXYWASM_HOST_CODE_H
#define PROXYWASM_HOST_CODE_H

#include <proxywasm/host.h>

#define PW_CODE_HASH_SIZE 32

struct pw_code {
  const struct pw_engine_ops *ops;
  struct pw_engine           *engine;
  struct pw_compiled_module  *compiled;
  struct pw_module_info      *info;
  struct pw_engine_settings   settings;
  uint8_t                     hash[PW_CODE_HASH_SIZE]; /**< SHA-256 of the wasm */
  unsigned                    references;
  struct pw_code             *next;
};

/** The code, compiled now if it is not in use already. Any thread. Errors: MODULE, ENGINE, MEMORY. */
struct pw_code *pw_code_get(struct pw_host *host, const struct pw_engine_ops *ops,
                            const struct pw_engine_settings *settings, struct pw_view wasm, struct pw_error *error);
/** Gives it back. Any thread. NULL is allowed. */
void pw_code_put(struct pw_host *host, struct pw_code *code);

#endif
