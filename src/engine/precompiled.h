/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file precompiled.h
 * Compiled code that comes with a module: packed (code_file.h), in custom sections at the end of the module's file, one
 * for each engine and settings. What is before them is the module, byte for byte as it was compiled.
 */
#ifndef PROXYWASM_ENGINE_PRECOMPILED_H
#define PROXYWASM_ENGINE_PRECOMPILED_H

#include "engine/code_file.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PW_PRECOMPILED_SECTION "proxywasm.precompiled"

/** The parts of a file, views of it. */
struct pw_precompiled_file {
  struct pw_view module;
  struct pw_view sections; /**< empty: there is no compiled code at its end */
};

/** What is no wasm, or broken, is all module. */
struct pw_precompiled_file pw_precompiled_split(struct pw_view file);

/** Takes the next section off `sections`: what it holds, a packed file or whatever somebody put there. False: there
 *  are no more. */
bool pw_precompiled_next(struct pw_view *sections, struct pw_view *packed);

/** What a section holds, for people: nothing of it is to be believed. */
struct pw_precompiled_note {
  bool                    known;    /**< it is of this version of proxywasm, and `identity` says what it is for */
  bool                    intact;   /**< it is whole, and was not changed */
  bool                    fits;     /**< it was compiled from the module that it is with */
  struct pw_code_identity identity; /**< printable */
  struct pw_error         error;    /**< why it is not intact, or does not fit */
};

/** Looks at what pw_precompiled_next gave. */
void pw_precompiled_look(struct pw_view module, struct pw_view packed, struct pw_precompiled_note *note);

/**
 * Compiles the module of a file, and writes to `out` the file with the compiled code: in place of what it has for the
 * same engine and settings, whatever the version, and beside all else. `added` gets the size of the code.
 * Errors: those of module_compile; ENGINE (the engine has no compiled code, or does not take back what it gave).
 */
bool pw_precompiled_add(const struct pw_engine_ops *ops, struct pw_engine *engine,
                        const struct pw_engine_settings *settings, struct pw_view file, struct pw_bytes *out,
                        size_t *added, struct pw_error *error);

#ifdef __cplusplus
}
#endif

#endif
