/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a module: read, and asked for what it says. */
#include "module/module_parameters.h"

#include <stdlib.h>

/* Each is a walk over the module. */
#define MOST_WALKS 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct pw_error        error;
  struct pw_module_info *info = pw_module_info_read(pw_view_make(data, size), &error);
  char                   text[64];

  if (!info) {
    /* Every refusal says why. */
    if (error.code == PW_ERROR_NONE || error.message[0] == '\0') {
      abort();
    }
    return 0;
  }
  for (size_t i = 0; i < info->export_count && i < MOST_WALKS; i++) {
    pw_module_parameters_used(pw_view_make(data, size), info, info->exports[i].name);
  }
  for (size_t i = 0; i < info->export_count; i++) {
    if (!pw_module_export(info, info->exports[i].name)) {
      abort();
    }
    pw_function_type_text(&info->exports[i].type, text, sizeof text);
  }
  pw_module_info_free(info);
  return 0;
}
