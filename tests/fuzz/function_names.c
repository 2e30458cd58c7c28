/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a module whose functions' names are looked for. */
#include "common/names.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  for (uint32_t index = 0; index < 4; index++) {
    struct pw_view name;

    if (pw_names_find(pw_view_make(data, size), index, &name) &&
        ((const uint8_t *)name.data < data || (const uint8_t *)name.data + name.size > data + size)) {
      abort();
    }
  }
  return 0;
}
