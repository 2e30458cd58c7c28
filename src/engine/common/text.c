/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

void
pw_text_line(char *to, size_t room, const char *text, size_t size)
{
  size_t length = 0;

  for (size_t i = 0; i < size && length + 1 < room; i++) {
    unsigned char c = (unsigned char)text[i];

    if (c < 0x20 || c == 0x7f) {
      c = ' ';
    }
    if (c != ' ' || (length > 0 && to[length - 1] != ' ')) {
      to[length++] = (char)c;
    }
  }
  while (length > 0 && to[length - 1] == ' ') {
    length--;
  }
  to[length] = '\0';
}
