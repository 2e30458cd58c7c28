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

/** How many bytes of text are looked at for each byte of room. */
#define PW_TEXT_LOOKED_AT 8

/** Copies text onto one line of UTF-8: control characters, line ends too, and bytes that are no UTF-8 become spaces, of
 *  which no two follow each other and none is at an end. Writes at most `room` bytes (at least 1), terminated; what
 *  does not fit is left out, whole characters at a time. */
void pw_text_line(char *to, size_t room, const char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
