/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file sweep.h
 * `sweep N` in a script: N calls of hostcalls that chance chooses, with arguments from a set of hostile and of
 * plausible values. Nobody looks at what they answer: the host must live, and the module after it.
 */
#ifndef CALLER_SWEEP_H
#define CALLER_SWEEP_H

#include "base.h"

/** The same numbers give the same calls. */
void sweep(uint32_t calls, uint32_t seed);

#endif
