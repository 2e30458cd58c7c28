/* SPDX-License-Identifier: Apache-2.0 */
#include "host/field.h"

/* Which bytes may stand in a name: 1 or 0. */
#define IN_NAME_3(a, b, c) [a] = 1, [b] = 1, [c] = 1
static const uint8_t in_name[256] = {
  ['a' ... 'z'] = 1,         ['A' ... 'Z'] = 1,        ['0' ... '9'] = 1,        IN_NAME_3('!', '#', '$'),
  IN_NAME_3('%', '&', '\''), IN_NAME_3('*', '+', '-'), IN_NAME_3('.', '^', '_'), IN_NAME_3('`', '|', '~'),
};
#undef IN_NAME_3

bool
pw_field_is_token(struct pw_view name)
{
  uint8_t all = 1;
  for (size_t i = 0; i < name.size; i++) {
    all &= in_name[(uint8_t)name.data[i]];
  }
  return name.size > 0 && all != 0;
}

bool
pw_field_has_no_line_end(struct pw_view value)
{
  for (size_t i = 0; i < value.size; i++) {
    if (value.data[i] == '\0' || value.data[i] == '\r' || value.data[i] == '\n') {
      return false;
    }
  }
  return true;
}

/* Control characters of a text. */
static size_t
count_controls(struct pw_view text)
{
  const size_t most  = UINT8_MAX; /* that are counted in a byte */
  size_t       found = 0, at = 0;
  while (text.size - at >= sizeof(pw_sixteen)) {
    size_t     blocks = (text.size - at) / sizeof(pw_sixteen);
    size_t     end    = at + (blocks < most ? blocks : most) * sizeof(pw_sixteen);
    pw_sixteen counts = {0};
    for (; at < end; at += sizeof(pw_sixteen)) {
      counts -= (pw_sixteen)(pw_sixteen_at(text.data + at) < 0x20);
    }
    found += pw_sixteen_sum(counts);
  }
  for (; at < text.size; at++) {
    found += (uint8_t)text.data[at] < 0x20;
  }
  return found;
}

bool
pw_field_texts_common(struct pw_view block, size_t texts)
{
  return count_controls(block) == texts;
}

static char
lower(char c)
{
  return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
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
