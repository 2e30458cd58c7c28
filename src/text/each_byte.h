/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file each_byte.h
 * For loops that look at eight bytes of text at once, in a word.
 */
#ifndef PROXYWASM_TEXT_EACH_BYTE_H
#define PROXYWASM_TEXT_EACH_BYTE_H

#include <stdint.h>

/** A word whose bytes are all `byte`. */
#define PW_EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

#endif
