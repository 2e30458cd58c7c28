/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a module whose functions' names are looked for, and hidden where they are too much. */
#include "common/names.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct pw_frame frames[4] = {{.function = 0}, {.function = 1}, {.function = 2}, {.function = 3}};
  struct pw_bytes copy      = {0};
  char            text[1536];

  pw_names_find(pw_names_in(pw_view_make(data, size)), frames, 4);
  for (size_t i = 0; i < 4; i++) {
    const uint8_t *name = (const uint8_t *)frames[i].name.data;

    if (frames[i].name.size > 0 && (name < data || name + frames[i].name.size > data + size)) {
      abort();
    }
  }
  pw_backtrace_write(text, sizeof text, frames, 4, "");
  if (!pw_bytes_append(&copy, data, size)) {
    abort();
  }
  pw_names_hide(&copy);
  pw_bytes_clear(&copy);
  return 0;
}
