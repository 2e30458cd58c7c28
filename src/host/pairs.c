/* SPDX-License-Identifier: Apache-2.0 */
#include "host/pairs.h"

#include "text/each_byte.h"

/** Bytes of the number of pairs, and of one pair's two sizes. */
enum { COUNT_SIZE = 4, SIZES_SIZE = 8 };

static uint32_t
read_u32(const char *bytes)
{
  const unsigned char *b = (const unsigned char *)bytes;
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

/* The same for eight bytes at once: 'A' to 'Z' are those that carry into the highest bit when 0x80 - 'A' is added, and
 * do not when 0x80 - 'Z' - 1 is. */
static inline uint64_t
lower_eight(uint64_t word)
{
  uint64_t low_bits = word & PW_EACH_BYTE(0x7f);
  uint64_t from_a   = low_bits + PW_EACH_BYTE(0x80 - 'A');
  uint64_t beyond_z = low_bits + PW_EACH_BYTE(0x80 - 'Z' - 1);
  return word | ((from_a & ~(beyond_z | word) & PW_EACH_BYTE(0x80)) >> 2);
}

static inline void
copy_lower_eight(uint8_t *out, const char *text)
{
  uint64_t word = lower_eight(pw_word_at(text));
  memcpy(out, &word, sizeof(word));
}

/* Of up to seven bytes. */
static inline void
copy_lower_few(uint8_t *out, struct pw_view text)
{
  if (text.size < sizeof(uint32_t)) {
    for (size_t i = 0; i < text.size; i++) {
      out[i] = (uint8_t)lower(text.data[i]);
    }
    return;
  }
  uint64_t word  = lower_eight(pw_word_of_ends(text));
  uint32_t first = (uint32_t)word, last = (uint32_t)(word >> 32);
  memcpy(out, &first, sizeof(first));
  memcpy(out + text.size - sizeof(last), &last, sizeof(last));
}

/* `out` and `text` do not overlap. */
static inline void
copy_lower(uint8_t *out, struct pw_view text)
{
  if (text.size < sizeof(uint64_t)) {
    copy_lower_few(out, text);
    return;
  }
  size_t last = text.size - sizeof(uint64_t);
  for (size_t i = 0; i < last; i += sizeof(uint64_t)) {
    copy_lower_eight(out + i, text.data + i);
  }
  /* The rest, with bytes before it that are written again. */
  copy_lower_eight(out + last, text.data + last);
}

size_t
pw_pairs_serialized_size(const struct pw_pairs *pairs)
{
  /* A billion of texts, none of them larger than 32 bits can say, do not come to more than 64 bits. */
  uint64_t size = COUNT_SIZE, all = (uint64_t)pairs->count << 2;
  for (size_t i = 0; i < pairs->count; i++) {
    const struct pw_pair *pair = &pairs->items[i];
    all |= pair->key.size | pair->value.size;
    size += (uint64_t)pair->key.size + pair->value.size;
  }
  if (pairs->count == 0) {
    return 0;
  }
  size += (SIZES_SIZE + 2) * (uint64_t)pairs->count;
  return all <= UINT32_MAX && size <= UINT32_MAX ? (size_t)size : SIZE_MAX;
}

__attribute__((always_inline)) static inline uint8_t *
write_terminated(uint8_t *out, struct pw_view text, bool lower_case)
{
  if (lower_case) {
    copy_lower(out, text);
  } else if (text.size) {
    memcpy(out, text.data, text.size);
  }
  out[text.size] = 0;
  return out + text.size + 1;
}

/* Made for either kind of keys. */
__attribute__((always_inline)) static inline void
write_pairs(const struct pw_pairs *pairs, uint8_t *out, bool lower_case_keys)
{
  out            = write_u32(out, pairs->count);
  uint8_t *bytes = out + SIZES_SIZE * pairs->count;
  for (size_t i = 0; i < pairs->count; i++) {
    const struct pw_pair *pair = &pairs->items[i];
    out                        = write_u32(out, pair->key.size);
    out                        = write_u32(out, pair->value.size);
    bytes                      = write_terminated(bytes, pair->key, lower_case_keys);
    bytes                      = write_terminated(bytes, pair->value, false);
  }
}

void
pw_pairs_write(const struct pw_pairs *pairs, uint8_t *out, bool lower_case_keys)
{
  if (pairs->count > 0 && lower_case_keys) {
    write_pairs(pairs, out, true);
  } else if (pairs->count > 0) {
    write_pairs(pairs, out, false);
  }
}

/** Takes `size` bytes and a terminator off `rest`; false when they are not there. */
static bool
take_terminated(struct pw_view *rest, uint32_t size, struct pw_view *text)
{
  if (rest->size <= size || rest->data[size] != '\0') {
    return false;
  }
  *text = pw_view_make(rest->data, size);
  *rest = pw_view_make(rest->data + size + 1, rest->size - size - 1);
  return true;
}

enum pw_status
pw_pairs_parse(struct pw_view bytes, struct pw_pairs *out)
{
  out->count = 0;
  if (bytes.size == 0 || (bytes.size == 1 && bytes.data[0] == '\0')) {
    return PW_STATUS_OK;
  }
  if (bytes.size < COUNT_SIZE) {
    return PW_STATUS_PARSE_FAILURE;
  }
  uint32_t count = read_u32(bytes.data);
  /* Each pair takes its sizes and two terminators at least: a count that cannot be is refused before anything is
   * allocated for it. */
  if (count > (bytes.size - COUNT_SIZE) / (SIZES_SIZE + 2)) {
    return PW_STATUS_PARSE_FAILURE;
  }
  const char    *sizes = bytes.data + COUNT_SIZE;
  size_t         head  = COUNT_SIZE + (size_t)count * SIZES_SIZE;
  struct pw_view rest  = pw_view_make(bytes.data + head, bytes.size - head);
  for (uint32_t i = 0; i < count; i++, sizes += SIZES_SIZE) {
    struct pw_view key;
    struct pw_view value;
    if (!take_terminated(&rest, read_u32(sizes), &key) || !take_terminated(&rest, read_u32(sizes + 4), &value)) {
      out->count = 0;
      return PW_STATUS_PARSE_FAILURE;
    }
    if (!pw_pairs_add(out, key, value)) {
      out->count = 0;
      return PW_STATUS_INTERNAL_FAILURE;
    }
  }
  if (rest.size != 0) {
    out->count = 0;
    return PW_STATUS_PARSE_FAILURE;
  }
  return PW_STATUS_OK;
}

/* Which bytes may stand in a name: 1 or 0. */
#define IN_NAME_3(a, b, c) [a] = 1, [b] = 1, [c] = 1
static const uint8_t in_name[256] = {
  ['a' ... 'z'] = 1,         ['A' ... 'Z'] = 1,        ['0' ... '9'] = 1,        IN_NAME_3('!', '#', '$'),
  IN_NAME_3('%', '&', '\''), IN_NAME_3('*', '+', '-'), IN_NAME_3('.', '^', '_'), IN_NAME_3('`', '|', '~'),
};
#undef IN_NAME_3

/* Both are run on every field that a module sets: they look at all bytes, and branch once at the end. */
static inline bool
name_valid(struct pw_view name)
{
  size_t  first = name.size && name.data[0] == ':' ? 1 : 0;
  size_t  i     = first;
  uint8_t all   = 1;
  for (; i + 4 <= name.size; i += 4) {
    const uint8_t *four = (const uint8_t *)name.data + i;
    all &= in_name[four[0]] & in_name[four[1]] & in_name[four[2]] & in_name[four[3]];
  }
  for (; i < name.size; i++) {
    all &= in_name[(uint8_t)name.data[i]];
  }
  return name.size > first && all != 0;
}

/* Has highest bits of bytes set if, and only if, a byte of `word` is a control character of ASCII's first 32. */
static inline uint64_t
controls_in(uint64_t word)
{
  return (word - PW_EACH_BYTE(0x20)) & ~word;
}

/* Hardly any value has control characters; those are looked at one by one. */
static __attribute__((noinline)) bool
has_no_forbidden(struct pw_view value)
{
  for (size_t i = 0; i < value.size; i++) {
    if (value.data[i] == '\0' || value.data[i] == '\r' || value.data[i] == '\n') {
      return false;
    }
  }
  return true;
}

static inline bool
value_valid(struct pw_view value)
{
  return (pw_each_word(value, controls_in) & PW_EACH_BYTE(0x80)) == 0 || has_no_forbidden(value);
}

bool
pw_field_valid(struct pw_view name, struct pw_view value)
{
  return name_valid(name) && value_valid(value);
}

bool
pw_field_name_valid(struct pw_view name)
{
  return name_valid(name);
}

bool
pw_field_value_valid(struct pw_view value)
{
  return value_valid(value);
}

bool
pw_field_name_equal(struct pw_view a, struct pw_view b)
{
  if (a.size != b.size) {
    return false;
  }
  for (size_t i = 0; i < a.size; i++) {
    if (lower(a.data[i]) != lower(b.data[i])) {
      return false;
    }
  }
  return true;
}

bool
pw_trailer_name_valid(struct pw_view name)
{
  static const char *const refused[] = {"connection", "content-length",   "host",    "keep-alive",       "te",
                                        "trailer",    "proxy-connection", "upgrade", "transfer-encoding"};
  for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
    if (pw_field_name_equal(name, pw_view_of(refused[i]))) {
      return false;
    }
  }
  return pw_field_name_valid(name) && name.data[0] != ':';
}
