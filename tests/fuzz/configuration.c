/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a configuration file. */
#include "config/config.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct pw_error   error;
  struct pw_config *config = pw_config_read_text(pw_view_make(data, size), "fuzz.yaml", &error);

  /* Every refusal says why. */
  if (!config && (error.code == PW_ERROR_NONE || error.message[0] == '\0')) {
    abort();
  }
  pw_config_free(config);
  return 0;
}
