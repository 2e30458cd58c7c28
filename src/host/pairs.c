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

static uint8_t *
write_u32(uint8_t *out, size_t number)
{
  out[0] = (uint8_t)number;
  out[1] = (uint8_t)(number >> 8);
  out[2] = (uint8_t)(number >> 16);
  out[3] = (uint8_t)(number >> 24);
  return out + 4;
}

static char
lower(char c)
{
  return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* The same for eight bytes at once: 'A' to 'Z' are those that carry into the highest bit when 0x80 - 'A' is added, and
 * do not when 0x80 - 'Z' - 1 is. */
static uint64_t
lower_eight(uint64_t word)
{
  uint64_t low_bits = word & PW_EACH_BYTE(0x7f);
  uint64_t from_a   = low_bits + PW_EACH_BYTE(0x80 - 'A');
  uint64_t beyond_z = low_bits + PW_EACH_BYTE(0x80 - 'Z' - 1);
  return word | ((from_a & ~beyond_z & ~word & PW_EACH_BYTE(0x80)) >> 2);
}

static void
copy_lower_eight(uint8_t *out, const char *text)
{
  uint64_t word;
  memcpy(&word, text, sizeof(word));
  word = lower_eight(word);
  memcpy(out, &word, sizeof(word));
}

/* `out` and `text` do not overlap. */
static void
copy_lower(uint8_t *out, struct pw_view text)
{
  size_t i = 0;
  for (; i + sizeof(uint64_t) <= text.size; i += sizeof(uint64_t)) {
    copy_lower_eight(out + i, text.data + i);
  }
  if (i < text.size && text.size >= sizeof(uint64_t)) {
    /* The rest, with bytes before it that are written again. */
    copy_lower_eight(out + text.size - sizeof(uint64_t), text.data + text.size - sizeof(uint64_t));
    return;
  }
  for (; i < text.size; i++) {
    out[i] = (uint8_t)lower(text.data[i]);
  }
}

size_t
pw_pairs_serialized_size(const struct pw_pairs *pairs)
{
  if (pairs->count == 0) {
    return 0;
  }
  uint64_t size = COUNT_SIZE;
  for (size_t i = 0; i < pairs->count; i++) {
    const struct pw_pair *pair = &pairs->items[i];
    if (pair->key.size > UINT32_MAX || pair->value.size > UINT32_MAX) {
      return SIZE_MAX;
    }
    size += SIZES_SIZE + (uint64_t)pair->key.size + 1 + (uint64_t)pair->value.size + 1;
    if (size > UINT32_MAX) {
      return SIZE_MAX;
    }
  }
  return (size_t)size;
}

static uint8_t *
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

void
pw_pairs_write(const struct pw_pairs *pairs, uint8_t *out, bool lower_case_keys)
{
  if (pairs->count == 0) {
    return;
  }
  out = write_u32(out, pairs->count);
  for (size_t i = 0; i < pairs->count; i++) {
    out = write_u32(out, pairs->items[i].key.size);
    out = write_u32(out, pairs->items[i].value.size);
  }
  for (size_t i = 0; i < pairs->count; i++) {
    out = write_terminated(out, pairs->items[i].key, lower_case_keys);
    out = write_terminated(out, pairs->items[i].value, false);
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
bool
pw_field_name_valid(struct pw_view name)
{
  size_t  first = name.size && name.data[0] == ':' ? 1 : 0;
  uint8_t all   = 1;
  for (size_t i = first; i < name.size; i++) {
    all &= in_name[(uint8_t)name.data[i]];
  }
  return name.size > first && all != 0;
}

/* Has bits set exactly when a byte of `word` is 0: the first such byte has them right, which is all that is asked. */
static uint64_t
zero_bytes(uint64_t word)
{
  return (word - PW_EACH_BYTE(0x01)) & ~word & PW_EACH_BYTE(0x80);
}

static uint64_t
forbidden_bytes(const char *eight)
{
  uint64_t word;
  memcpy(&word, eight, sizeof(word));
  return zero_bytes(word) | zero_bytes(word ^ PW_EACH_BYTE('\r')) | zero_bytes(word ^ PW_EACH_BYTE('\n'));
}

bool
pw_field_value_valid(struct pw_view value)
{
  uint64_t forbidden = 0;
  size_t   i         = 0;
  for (; i + sizeof(uint64_t) <= value.size; i += sizeof(uint64_t)) {
    forbidden |= forbidden_bytes(value.data + i);
  }
  if (i < value.size && value.size >= sizeof(uint64_t)) {
    /* The rest, with bytes before it that were looked at. */
    forbidden |= forbidden_bytes(value.data + value.size - sizeof(uint64_t));
  } else {
    for (; i < value.size; i++) {
      forbidden |= value.data[i] == '\0' || value.data[i] == '\r' || value.data[i] == '\n';
    }
  }
  return forbidden == 0;
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
