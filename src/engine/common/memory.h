/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file memory.h
 * Linear memories that never move: addresses for all that 32 bits can reach, and memory for what they have grown to.
 * And the limit that one may begin with: struct pw_instance_options, memory_bytes.
 */
#ifndef PROXYWASM_ENGINE_COMMON_MEMORY_H
#define PROXYWASM_ENGINE_COMMON_MEMORY_H

#include <proxywasm/types.h>

/** Whether memories may begin with `bytes` where the limit is `limit`; 0: none. Errors: LIMIT, as from `engine`. */
bool pw_memory_check(const char *engine, uint64_t bytes, uint64_t limit, struct pw_error *error);

/** Addresses, of which the first `size` bytes are zeros that can be written. NULL: there are none, or no memory. */
void *pw_memory_reserve(size_t size);
/** Has the first `size` bytes of it writable: those that were are as they were. False: there is no memory. */
bool pw_memory_commit(void *memory, size_t size);
/** Gives it back. NULL is allowed. */
void pw_memory_release(void *memory);

#endif
