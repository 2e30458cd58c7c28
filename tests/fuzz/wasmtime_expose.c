/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a module whose globals are exported for images. What is valid stays so, with that many exports more. */
#include "engine/wasmtime/expose.h"
#include "validator/validator.h"

#include <proxywasm/module.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(struct pw_view code, struct pw_view changed, const struct pw_exposed *exposed)
{
  struct pw_error        error;
  struct pw_module_info *before = pw_module_info_read(code, NULL);
  struct pw_module_info *after  = before ? pw_module_info_read(changed, NULL) : NULL;

  if (before && (!after || after->export_count != before->export_count + exposed->globals ||
                 after->function_count != before->function_count)) {
    abort();
  }
  if (!pw_validate(changed, &error)) {
    abort();
  }
  pw_module_info_free(before);
  pw_module_info_free(after);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct pw_view    code = pw_view_make(data, size);
  struct pw_bytes   out  = {0};
  struct pw_exposed exposed;

  if (!pw_wasmtime_expose(code, &out, &exposed) || (!exposed.complete && out.size > 0)) {
    abort();
  }
  if (out.size > 0) {
    check(code, pw_bytes_view(&out), &exposed);
  }
  pw_bytes_clear(&out);
  return 0;
}
