/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file arena.h
 * Memory that is freed all at once: what was read from a file lives and dies together.
 */
#ifndef PROXYWASM_CONFIG_ARENA_H
#define PROXYWASM_CONFIG_ARENA_H

#include <proxywasm/types.h>

struct pw_arena;

/** NULL: memory. */
struct pw_arena *pw_arena_new(void);
/** NULL is allowed. */
void pw_arena_delete(struct pw_arena *arena);
/** Zeroed, aligned for any object; `count` objects of `size` bytes. NULL: memory, or the product overflows. */
void *pw_arena_array(struct pw_arena *arena, size_t count, size_t size);
/** A copy with a NUL behind it that does not count. NULL: memory. */
char *pw_arena_copy(struct pw_arena *arena, const void *data, size_t size);

#endif
