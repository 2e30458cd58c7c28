/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file pairs.h
 * The ABI's form of maps (ABI text, "Serialization").
 *
 * A number of pairs, then for each the sizes of key and value, then for each key, NUL, value, NUL; numbers are 32 bits,
 * little-endian.
 */
#ifndef PROXYWASM_HOST_PAIRS_H
#define PROXYWASM_HOST_PAIRS_H

#include "host/field.h"

#include <proxywasm/abi.h>
#include <proxywasm/types.h>

/** Bytes of the number of pairs, and of one pair's two sizes. */
#define PW_PAIRS_COUNT_SIZE 4
#define PW_PAIRS_SIZES_SIZE 8

/** How much there is in a list; UINT64_MAX bytes when one of its texts exceeds 32 bits. */
struct pw_map_size pw_pairs_size(const struct pw_pairs *pairs);
/** Bytes that it takes in this form. An empty map is 0 bytes. SIZE_MAX when it does not fit into 32 bits (which a
 *  module could not hold: answer INTERNAL_FAILURE). */
static inline size_t
pw_map_serialized_size(struct pw_map_size size)
{
  uint64_t whole = PW_PAIRS_COUNT_SIZE + (PW_PAIRS_SIZES_SIZE + 2) * (uint64_t)size.count + size.bytes;

  if (size.count == 0) {
    return 0;
  }
  return size.count <= UINT32_MAX && size.bytes <= UINT32_MAX && whole <= UINT32_MAX ? (size_t)whole : SIZE_MAX;
}
/** The same of a list: bytes that pw_pairs_write writes. */
static inline size_t
pw_pairs_serialized_size(const struct pw_pairs *pairs)
{
  return pw_map_serialized_size(pw_pairs_size(pairs));
}

/** Makes its views, which point into what is another's, views of copies at the end of `bytes`: there has to be room for
 *  pw_pairs_size of them already, and they stay valid as long as `bytes` does not move. */
void pw_pairs_move_texts(struct pw_pairs *pairs, struct pw_bytes *bytes);

/** Writes exactly pw_pairs_serialized_size bytes to `out`; keys in lower case (ASCII) when `lower_case_keys`. `out`
 * need not be aligned. */
void pw_pairs_write(const struct pw_pairs *pairs, uint8_t *out, bool lower_case_keys);

/**
 * Reads a map; replaces what `out` holds (its memory is reused). Keys and values are views into `bytes`.
 * Empty is 0 bytes, one 0x00 byte, or the number 0. Bytes after the last terminator are refused.
 * PARSE_FAILURE: a size or terminator is wrong (a hostcall whose text does not have it answers BAD_ARGUMENT);
 * INTERNAL_FAILURE: memory is out. `out` is empty then. Never allocates for more pairs than `bytes` can hold.
 */
enum pw_status pw_pairs_parse(struct pw_view bytes, struct pw_pairs *out);

/** What a map that pw_pairs_parse has read has behind its `count` pairs of sizes: the texts, and a NUL behind each. */
struct pw_view pw_pairs_texts(struct pw_view bytes, size_t count);

#endif
