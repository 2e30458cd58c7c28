/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file validator.h
 * Holds a module against the rules of WebAssembly, before an engine sees it whose own reader is not to be trusted with
 * any bytes that somebody made up.
 *
 * What passes is a valid module of the first standard with sign extension, saturating conversions, multiple values,
 * bulk memory, reference types and mutable globals. Anything else is refused, by the name of the proposal where it is
 * one.
 */
#ifndef PROXYWASM_ENGINE_VALIDATOR_H
#define PROXYWASM_ENGINE_VALIDATOR_H

#include <proxywasm/types.h>

/** Limits beyond those of the standard, as other engines have them. */
#define PW_VALID_MOST_LOCALS    50000   /**< of a function, its parameters included */
#define PW_VALID_MOST_VALUES    1000    /**< parameters of a function type, and results */
#define PW_VALID_MOST_STACK     1000000 /**< values on the stack of a function */
#define PW_VALID_MOST_TARGETS   65520   /**< of a branch table */
#define PW_VALID_MOST_FUNCTIONS 1000000
#define PW_VALID_MOST_EXPORTS   100000

/** Validates. Takes time and memory in proportion to the module's size. Errors: MODULE ("at 0x1f: it needs SIMD, …",
 * "at 0x52: type mismatch: i32 wanted, i64 found"), MEMORY. */
bool pw_validate(struct pw_view code, struct pw_error *error);

#endif
