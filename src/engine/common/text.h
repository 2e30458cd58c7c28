/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file text.h
 * Text of an engine's or a guest's making, for messages and logs.
 */
#ifndef PROXYWASM_ENGINE_COMMON_TEXT_H
#define PROXYWASM_ENGINE_COMMON_TEXT_H

#include <proxywasm/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Copies text onto one line: control characters, line ends too, become spaces, of which no two follow each other and
 *  none is at an end. Writes at most `room` bytes (at least 1), terminated; what does not fit is left out. */
void pw_text_line(char *to, size_t room, const char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
