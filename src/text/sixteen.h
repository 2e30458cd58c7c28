/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file sixteen.h
 * Text looked at, or changed, sixteen bytes at a time, in a vector.
 */
#ifndef PROXYWASM_TEXT_SIXTEEN_H
#define PROXYWASM_TEXT_SIXTEEN_H

#include <proxywasm/types.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/** Operations are on each byte by itself; a comparison gives 0xff or 0 for each. */
typedef uint8_t pw_sixteen __attribute__((vector_size(16)));
/** The same as two words, the first bytes in the first one. */
typedef uint64_t pw_two_words __attribute__((vector_size(16)));

static inline pw_sixteen
pw_sixteen_at(const char *text)
{
  pw_sixteen bytes;
  memcpy(&bytes, text, sizeof(bytes));
  return bytes;
}

static inline void
pw_sixteen_put(void *out, pw_sixteen bytes)
{
  memcpy(out, &bytes, sizeof(bytes));
}

/** Eight bytes of text as a word. */
static inline uint64_t
pw_eight_at(const char *text)
{
  uint64_t word;
  memcpy(&word, text, sizeof(word));
  return word;
}

static inline uint32_t
pw_four_at(const char *text)
{
  uint32_t word;
  memcpy(&word, text, sizeof(word));
  return word;
}

/** Up to three bytes as a word, some of them twice; four spaces if there are none. */
static inline uint32_t
pw_three_at(struct pw_view text)
{
  const uint8_t *bytes = (const uint8_t *)text.data;
  if (text.size == 0) {
    return UINT32_C(0x20202020);
  }
  return bytes[0] | (uint32_t)bytes[text.size / 2] << 8 | (uint32_t)bytes[text.size - 1] << 16 |
         (uint32_t)bytes[0] << 24;
}

/** All bytes of a text of less than sixteen, some of them more than once; spaces if there are none. */
static inline pw_sixteen
pw_sixteen_of_few(struct pw_view text)
{
  if (text.size >= sizeof(uint64_t)) {
    return (pw_sixteen)(pw_two_words){pw_eight_at(text.data), pw_eight_at(text.data + text.size - sizeof(uint64_t))};
  }
  uint64_t word = text.size >= sizeof(uint32_t)
                    ? pw_four_at(text.data) | (uint64_t)pw_four_at(text.data + text.size - sizeof(uint32_t)) << 32
                    : pw_three_at(text) * UINT64_C(0x100000001);
  return (pw_sixteen)(pw_two_words){word, word};
}

/** The larger one of each two bytes. */
static inline pw_sixteen
pw_sixteen_larger(pw_sixteen a, pw_sixteen b)
{
#ifdef __SSE2__
  return (pw_sixteen)_mm_max_epu8((__m128i)a, (__m128i)b);
#else
  pw_sixteen larger = (pw_sixteen)(a > b);
  return (a & larger) | (b & ~larger);
#endif
}

/** Whether any byte is larger than `most`. */
static inline bool
pw_sixteen_exceeds(pw_sixteen bytes, uint8_t most)
{
  pw_sixteen within = (pw_sixteen)(bytes <= most);
#ifdef __SSE2__
  return _mm_movemask_epi8((__m128i)within) != 0xffff;
#else
  pw_two_words words = (pw_two_words)within;
  return (words[0] & words[1]) != UINT64_MAX;
#endif
}

/** Whether two texts of one size are the same. */
static inline bool
pw_sixteen_equal(struct pw_view a, struct pw_view b)
{
  if (a.size < sizeof(pw_sixteen)) {
    return !pw_sixteen_exceeds(pw_sixteen_of_few(a) ^ pw_sixteen_of_few(b), 0);
  }
  size_t     last      = a.size - sizeof(pw_sixteen);
  pw_sixteen different = pw_sixteen_at(a.data + last) ^ pw_sixteen_at(b.data + last);
  for (size_t i = 0; i < last; i += sizeof(pw_sixteen)) {
    different |= pw_sixteen_at(a.data + i) ^ pw_sixteen_at(b.data + i);
  }
  return !pw_sixteen_exceeds(different, 0);
}

/** The sum of all bytes. */
static inline unsigned
pw_sixteen_sum(pw_sixteen bytes)
{
#ifdef __SSE2__
  pw_two_words sums = (pw_two_words)_mm_sad_epu8((__m128i)bytes, _mm_setzero_si128());
  return (unsigned)(sums[0] + sums[1]);
#else
  unsigned sum = 0;
  for (size_t i = 0; i < sizeof(bytes); i++) {
    sum += bytes[i];
  }
  return sum;
#endif
}

/** Whether `rank` answers more than `most` for a byte of a text, which is given to it sixteen by sixteen: some bytes
 * more than once, and spaces if there are none. */
__attribute__((always_inline)) static inline bool
pw_sixteen_find(struct pw_view text, pw_sixteen (*rank)(pw_sixteen bytes), uint8_t most)
{
  if (text.size < sizeof(pw_sixteen)) {
    return pw_sixteen_exceeds(rank(pw_sixteen_of_few(text)), most);
  }
  size_t     last    = text.size - sizeof(pw_sixteen);
  pw_sixteen largest = rank(pw_sixteen_at(text.data + last));
  for (size_t i = 0; i < last; i += sizeof(pw_sixteen)) {
    largest = pw_sixteen_larger(largest, rank(pw_sixteen_at(text.data + i)));
  }
  return pw_sixteen_exceeds(largest, most);
}

#endif
