/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a module that is rewritten for V8. What can be read stays readable, and has nothing left to rewrite. */
#include "engine/v8/internal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(struct pw_view code, struct pw_view rewritten, const struct pw_v8_layout *layout)
{
  struct pw_module_info *before = pw_module_info_read(code, NULL);
  struct pw_module_info *after  = before ? pw_module_info_read(rewritten, NULL) : NULL;
  struct pw_v8_layout    nothing;
  struct pw_bytes        again = {0};

  if (before && (!after || after->import_count != before->import_count + layout->defines_memory + layout->table_count ||
                 after->function_count != before->function_count || after->export_count != before->export_count)) {
    abort();
  }
  if (!pw_v8_rewrite(rewritten, &again, &nothing, NULL) || nothing.defines_memory || nothing.table_count > 0 ||
      nothing.code_shift != 0 || !pw_view_equal(rewritten, pw_bytes_view(&again))) {
    abort();
  }
  pw_v8_layout_clear(&nothing);
  pw_bytes_clear(&again);
  pw_module_info_free(before);
  pw_module_info_free(after);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct pw_view      code = pw_view_make(data, size);
  struct pw_bytes     out  = {0};
  struct pw_v8_layout layout;
  struct pw_v8_bodies bodies;
  uint32_t            index;

  if (pw_v8_rewrite(code, &out, &layout, NULL)) {
    check(code, pw_bytes_view(&out), &layout);
  }
  pw_v8_bodies_read(code, &bodies, NULL);
  pw_v8_function_at(&bodies, size / 2, &index);
  pw_v8_bodies_clear(&bodies);
  pw_v8_layout_clear(&layout);
  pw_bytes_clear(&out);
  return 0;
}
