/* SPDX-License-Identifier: Apache-2.0 */
#include "text/utf8.h"

size_t
pw_utf8_decode(const char *text, size_t size, uint32_t *character)
{
  static const struct {
    unsigned char mask;
    unsigned char mark;
    uint32_t      smallest; /**< a smaller character has a shorter form */
  } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

  if (size == 0) {
    return 0;
  }
  const unsigned char *bytes = (const unsigned char *)text;
  for (size_t form = 0; form < 4; form++) {
    if ((bytes[0] & forms[form].mask) != forms[form].mark) {
      continue;
    }
    if (size <= form) {
      return 0;
    }
    uint32_t decoded = bytes[0] & (unsigned char)~forms[form].mask;
    for (size_t i = 1; i <= form; i++) {
      if ((bytes[i] & 0xc0) != 0x80) {
        return 0;
      }
      decoded = decoded << 6 | (bytes[i] & 0x3f);
    }
    if (decoded < forms[form].smallest || decoded > 0x10ffff || (decoded >= 0xd800 && decoded <= 0xdfff)) {
      return 0;
    }
    *character = decoded;
    return form + 1;
  }
  return 0;
}
