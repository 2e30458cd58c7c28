/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file backtrace.h
 * The frames of a trap, as text.
 */
#ifndef PROXYWASM_ENGINE_COMMON_BACKTRACE_H
#define PROXYWASM_ENGINE_COMMON_BACKTRACE_H

#include <proxywasm/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The most frames of a backtrace; more hardly fit struct pw_trap. */
#define PW_MOST_FRAMES 32

struct pw_frame {
  uint32_t       function; /**< its number; imported ones count */
  size_t         offset;   /**< in the module */
  struct pw_view name;     /**< whatever the module says; empty: it has none, and the number stands for it */
};

/** Writes a line for each frame, innermost first, as many as fit as a whole. `behind` follows the offset: " and on"
 *  where it is only that of the function's code. */
void pw_backtrace_write(char *out, size_t room, const struct pw_frame *frames, size_t count, const char *behind);

#ifdef __cplusplus
}
#endif

#endif
