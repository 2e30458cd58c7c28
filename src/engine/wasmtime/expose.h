/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file expose.h
 * Exports the globals of a module that code can set: only so can an image of an instance have them (image.c). Nothing
 * else of a module changes but the place of what follows its exports.
 */
#ifndef PROXYWASM_ENGINE_WASMTIME_EXPOSE_H
#define PROXYWASM_ENGINE_WASMTIME_EXPOSE_H

#include <proxywasm/types.h>

#include <stddef.h>

/** Of an exported global; the number counts from 0. */
#define PW_EXPOSED_PREFIX      "proxywasm:global:"
#define PW_EXPOSED_GLOBAL      PW_EXPOSED_PREFIX "%u"
#define PW_EXPOSED_GLOBAL_SIZE 32

struct pw_exposed {
  bool     complete; /**< all that code can change of an instance is its memory and `globals` of that name */
  uint32_t globals;
  size_t   from;  /**< what is at or behind this offset in the changed module */
  size_t   shift; /**< was so many bytes before it */
};

/**
 * Appends the changed module to `out`; nothing, when there is nothing to be changed. `complete` is false, and nothing
 * is appended, of a module that is not valid, or can change more of an instance than its memory and numbers in globals,
 * or has a start section, or exports with names of ours. False: memory is out.
 */
bool pw_wasmtime_expose(struct pw_view code, struct pw_bytes *out, struct pw_exposed *exposed);

#endif
