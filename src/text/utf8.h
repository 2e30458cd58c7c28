/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file utf8.h
 * Telling UTF-8 from other bytes (RFC 3629).
 */
#ifndef PROXYWASM_TEXT_UTF8_H
#define PROXYWASM_TEXT_UTF8_H

#include <stddef.h>
#include <stdint.h>

/** The number of bytes (1 to 4) of the character at `text`, and the character; 0 when these bytes are no UTF-8 (a
 *  surrogate, overlong, cut, beyond U+10FFFF), or `size` is 0. */
size_t pw_utf8_decode(const char *text, size_t size, uint32_t *character);

#endif
