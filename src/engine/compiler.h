/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file compiler.h
 * Compiling in a process of its own, `proxywasm_compiler`, which can be ended: compilers take any time and memory for
 * modules that somebody made up, and cannot be stopped otherwise.
 *
 * The request is the compiler's standard input, the answer its standard output: files in memory, so that neither side
 * waits for the other one.
 */
#ifndef PROXYWASM_ENGINE_COMPILER_H
#define PROXYWASM_ENGINE_COMPILER_H

#include "engine/code_file.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PW_COMPILER_PROGRAM "proxywasm_compiler"

/** What compiling may take. */
struct pw_compile_limits {
  uint32_t milliseconds;
  uint64_t memory_bytes;
};

/** Begins the request; the wasm follows. */
struct pw_compiler_request {
  char                     magic[8]; /**< PW_COMPILER_MAGIC */
  char                     engine[16];
  struct pw_compile_limits limits;
  uint32_t                 stack_bytes;
  uint32_t                 profile;
  uint32_t                 images;
};
#define PW_COMPILER_MAGIC "PWCOMP02"

/** Begins the answer; packed code (code_file.h) for this processor follows when `error` has the code NONE. */
struct pw_compiler_answer {
  char            magic[8];
  struct pw_error error;
};

/** What came of it. */
enum pw_compiler_end {
  PW_COMPILER_DONE,
  PW_COMPILER_FAILED,     /**< `error`: those of module_compile, or LIMIT */
  PW_COMPILER_NOT_STARTED /**< `error` (ENGINE): there is no such program, or it cannot be run here */
};

/** Compiles; appends packed code to `out`. Waits no longer than the limit says. Any thread. */
enum pw_compiler_end pw_compiler_run(const struct pw_engine_ops *ops, const struct pw_engine_settings *settings,
                                     const struct pw_compile_limits *limits, struct pw_view code, struct pw_bytes *out,
                                     struct pw_error *error);

#ifdef __cplusplus
}
#endif

#endif
