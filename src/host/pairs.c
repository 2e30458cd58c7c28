/* SPDX-License-Identifier: Apache-2.0 */
#include "host/pairs.h"

#include "text/sixteen.h"

static uint32_t
read_u32(const char *bytes)
{
  uint8_t b[sizeof(uint32_t)];
  memcpy(b, bytes, sizeof(b));
  return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static inline uint8_t *
write_u32(uint8_t *out, size_t number)
{
  const uint32_t value   = (uint32_t)number;
  const uint8_t  bytes[] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24)};
  memcpy(out, bytes, sizeof(bytes));
  return out + sizeof(bytes);
}

static char
lower(char c)
{
  return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* The same for each of sixteen bytes. */
static inline pw_sixteen
lower_sixteen(pw_sixteen bytes)
{
  pw_sixteen is_upper = (pw_sixteen)(bytes - 'A' < 'Z' - 'A' + 1);
  return bytes | (is_upper & 0x20);
}

/* Of a word. */
static inline uint64_t
lower_eight(uint64_t word)
{
  return ((pw_two_words)lower_sixteen((pw_sixteen)(pw_two_words){word, 0}))[0];
}

/* Up to fifteen bytes: their beginning and their end, which may overlap. */
__attribute__((always_inline)) static inline void
copy_few(uint8_t *out, struct pw_view text, bool lower_case)
{
  if (text.size >= sizeof(uint64_t)) {
    pw_two_words words = (pw_two_words)pw_sixteen_of_few(text);
    words              = lower_case ? (pw_two_words)lower_sixteen((pw_sixteen)words) : words;
    memcpy(out, &words, sizeof(uint64_t));
    memcpy(out + text.size - sizeof(uint64_t), (char *)&words + sizeof(uint64_t), sizeof(uint64_t));
  } else if (text.size >= sizeof(uint32_t)) {
    uint64_t word  = pw_four_at(text.data) | (uint64_t)pw_four_at(text.data + text.size - sizeof(uint32_t)) << 32;
    word           = lower_case ? lower_eight(word) : word;
    uint32_t first = (uint32_t)word, last = (uint32_t)(word >> 32);
    memcpy(out, &first, sizeof(first));
    memcpy(out + text.size - sizeof(last), &last, sizeof(last));
  } else {
    for (size_t i = 0; i < text.size; i++) {
      out[i] = (uint8_t)(lower_case ? lower(text.data[i]) : text.data[i]);
    }
  }
}

/* Mostly of some ten to fifty bytes, for which a call would cost as much as the copy. `out` and `text` do not overlap.
 */
__attribute__((always_inline)) static inline void
copy(uint8_t *out, struct pw_view text, bool lower_case)
{
  if (text.size < sizeof(pw_sixteen)) {
    copy_few(out, text, lower_case);
    return;
  }
  size_t     last  = text.size - sizeof(pw_sixteen);
  pw_sixteen bytes = pw_sixteen_at(text.data + last);
  for (size_t i = 0; i < last; i += sizeof(pw_sixteen)) {
    pw_sixteen next = pw_sixteen_at(text.data + i);
    pw_sixteen_put(out + i, lower_case ? lower_sixteen(next) : next);
  }
  /* The rest, with bytes before it that are written again. */
  pw_sixteen_put(out + last, lower_case ? lower_sixteen(bytes) : bytes);
}

struct pw_map_size
pw_pairs_size(const struct pw_pairs *pairs)
{
  /* A billion of texts, none of them larger than 32 bits can say, do not come to more than 64 bits. */
  uint64_t bytes = 0, all = (uint64_t)pairs->count << 2;
  for (size_t i = 0; i < pairs->count; i++) {
    const struct pw_pair *pair = &pairs->items[i];
    all |= pair->key.size | pair->value.size;
    bytes += (uint64_t)pair->key.size + pair->value.size;
  }
  return (struct pw_map_size){pairs->count, all <= UINT32_MAX ? bytes : UINT64_MAX};
}

void
pw_pairs_move_texts(struct pw_pairs *pairs, struct pw_bytes *bytes)
{
  for (size_t i = 0; i < pairs->count; i++) {
    struct pw_pair *pair = &pairs->items[i];
    pair->key            = pw_bytes_keep(bytes, pair->key);
    pair->value          = pw_bytes_keep(bytes, pair->value);
  }
}

__attribute__((always_inline)) static inline uint8_t *
write_terminated(uint8_t *out, struct pw_view text, bool lower_case)
{
  copy(out, text, lower_case);
  out[text.size] = 0;
  return out + text.size + 1;
}

/* Made for either kind of keys. */
__attribute__((always_inline)) static inline void
write_pairs(const struct pw_pair *pair, size_t count, uint8_t *out, bool lower_case_keys)
{
  const struct pw_pair *end   = pair + count;
  uint8_t              *bytes = out + PW_PAIRS_COUNT_SIZE + PW_PAIRS_SIZES_SIZE * count;

  for (out = write_u32(out, count); pair < end; pair++) {
    /* Copied, since what is written might be them, for all that the compiler knows. */
    struct pw_view key = pair->key, value = pair->value;
    out   = write_u32(out, key.size);
    out   = write_u32(out, value.size);
    bytes = write_terminated(bytes, key, lower_case_keys);
    bytes = write_terminated(bytes, value, false);
  }
}

void
pw_pairs_write(const struct pw_pairs *pairs, uint8_t *out, bool lower_case_keys)
{
  if (pairs->count > 0 && lower_case_keys) {
    write_pairs(pairs->items, pairs->count, out, true);
  } else if (pairs->count > 0) {
    write_pairs(pairs->items, pairs->count, out, false);
  }
}

/** Takes `size` bytes and a terminator off `rest`; false when they are not there. */
static inline bool
take_terminated(struct pw_view *rest, uint32_t size, struct pw_view *text)
{
  if (rest->size <= size || rest->data[size] != '\0') {
    return false;
  }
  *text = pw_view_make(rest->data, size);
  *rest = pw_view_make(rest->data + size + 1, rest->size - size - 1);
  return true;
}

struct pw_view
pw_pairs_texts(struct pw_view bytes, size_t count)
{
  size_t head = PW_PAIRS_COUNT_SIZE + PW_PAIRS_SIZES_SIZE * count;
  return pw_view_make(bytes.data + head, bytes.size - head);
}

enum pw_status
pw_pairs_parse(struct pw_view bytes, struct pw_pairs *out)
{
  out->count = 0;
  if (bytes.size == 0 || (bytes.size == 1 && bytes.data[0] == '\0')) {
    return PW_STATUS_OK;
  }
  if (bytes.size < PW_PAIRS_COUNT_SIZE) {
    return PW_STATUS_PARSE_FAILURE;
  }
  uint32_t count = read_u32(bytes.data);
  /* Each pair takes its sizes and two terminators at least: a count that cannot be is refused before anything is
   * allocated for it. */
  if (count > (bytes.size - PW_PAIRS_COUNT_SIZE) / (PW_PAIRS_SIZES_SIZE + 2)) {
    return PW_STATUS_PARSE_FAILURE;
  }
  if (!pw_pairs_reserve(out, count)) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  const char     *sizes = bytes.data + PW_PAIRS_COUNT_SIZE;
  struct pw_view  rest  = pw_pairs_texts(bytes, count);
  struct pw_pair *pair  = out->items;
  for (uint32_t i = 0; i < count; i++, sizes += PW_PAIRS_SIZES_SIZE, pair++) {
    if (!take_terminated(&rest, read_u32(sizes), &pair->key) ||
        !take_terminated(&rest, read_u32(sizes + PW_PAIRS_SIZES_SIZE / 2), &pair->value)) {
      return PW_STATUS_PARSE_FAILURE;
    }
  }
  if (rest.size != 0) {
    return PW_STATUS_PARSE_FAILURE;
  }
  out->count = count;
  return PW_STATUS_OK;
}
