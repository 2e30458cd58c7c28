/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file each_byte.h
 * For loops that look at eight bytes of text at once, in a word.
 */
#ifndef PROXYWASM_TEXT_EACH_BYTE_H
#define PROXYWASM_TEXT_EACH_BYTE_H

#include <proxywasm/types.h>

/** A word whose bytes are all `byte`. */
#define PW_EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/** Eight bytes of text as a word. */
static inline uint64_t
pw_word_at(const char *eight)
{
  uint64_t word;
  memcpy(&word, eight, sizeof(word));
  return word;
}

/** Four to seven bytes of text as a word: the first four and the last four, which may overlap. */
static inline uint64_t
pw_word_of_ends(struct pw_view text)
{
  uint32_t first;
  uint32_t last;
  memcpy(&first, text.data, sizeof(first));
  memcpy(&last, text.data + text.size - sizeof(last), sizeof(last));
  return (uint64_t)last << 32 | first;
}

/** All that `look` finds in a text, which is given to it word by word; some bytes are looked at twice, and what is less
 *  than a word is filled up with spaces. */
__attribute__((always_inline)) static inline uint64_t
pw_each_word(struct pw_view text, uint64_t (*look)(uint64_t word))
{
  uint64_t found = 0;
  size_t   i     = 0;
  if (text.size >= sizeof(uint64_t)) {
    size_t last = text.size - sizeof(uint64_t);
    found       = look(pw_word_at(text.data + last));
    for (; i < last; i += sizeof(uint64_t)) {
      found |= look(pw_word_at(text.data + i));
    }
    return found;
  }
  if (text.size >= sizeof(uint32_t)) {
    return look(pw_word_of_ends(text));
  }
  for (; i < text.size; i++) {
    found |= look((uint8_t)text.data[i] | PW_EACH_BYTE(' ') << 8);
  }
  return found;
}

#endif
