/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file traps.h
 * The ways in which a module ends: `trap NAME` in a script.
 */
#ifndef CALLER_TRAPS_H
#define CALLER_TRAPS_H

#include "base.h"

/** unreachable, division, out_of_bounds, stack, loop, indirect. Returns (false) only if there is no trap of that name.
 */
bool trap_perform(struct bytes name);
/** Grows memory until the engine refuses; answers the size in pages. */
uint32_t trap_grow_memory(void);

#endif
