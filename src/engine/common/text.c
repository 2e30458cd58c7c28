/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include "text/utf8.h"

/* Also the two characters, beyond ASCII, that some viewers break lines at; those from U+0080 on are commands to
 * terminals. */
static bool
is_space(uint32_t character)
{
  return character <= ' ' || (character >= 0x7f && character < 0xa0) || character == 0x2028 || character == 0x2029;
}

void
pw_text_line(char *to, size_t room, const char *text, size_t size)
{
  size_t   length = 0;
  size_t   taken;
  uint32_t character;

  /* Of a text of spaces next to nothing is written, however long it is. */
  if (size / PW_TEXT_LOOKED_AT >= room) {
    size = room * PW_TEXT_LOOKED_AT;
  }
  for (size_t i = 0; i < size && length + 1 < room; i += taken) {
    taken = pw_utf8_decode(text + i, size - i, &character);
    if (taken > 0 && !is_space(character)) {
      if (taken >= room - length) {
        break;
      }
      memcpy(to + length, text + i, taken);
      length += taken;
      continue;
    }
    if (length > 0 && to[length - 1] != ' ') {
      to[length++] = ' ';
    }
    taken += taken == 0;
  }
  while (length > 0 && to[length - 1] == ' ') {
    length--;
  }
  to[length] = '\0';
}
