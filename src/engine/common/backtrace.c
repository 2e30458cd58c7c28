/* SPDX-License-Identifier: Apache-2.0 */
#include "backtrace.h"

#include "text.h"

#include <stdio.h>

void
pw_backtrace_write(char *out, size_t room, const struct pw_frame *frames, size_t count, const char *behind)
{
  size_t length = 0;

  out[0] = '\0';
  for (size_t i = 0; i < count; i++) {
    char name[192];
    char line[256];
    int  size;

    pw_text_line(name, sizeof name, frames[i].name.data, frames[i].name.size);
    if (!name[0]) {
      snprintf(name, sizeof name, "function[%u]", frames[i].function);
    }
    size = snprintf(line, sizeof line, "  #%zu %s (module offset 0x%zx%s)\n", i, name, frames[i].offset, behind);
    if (size < 0 || (size_t)size >= room - length) {
      return;
    }
    memcpy(out + length, line, (size_t)size + 1);
    length += (size_t)size;
  }
}
