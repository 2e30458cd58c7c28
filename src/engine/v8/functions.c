/* SPDX-License-Identifier: Apache-2.0 */
/* Which function it was, for backtraces. */
#include "internal.h"
#include "module/module_sections.h"

static bool
find_body(struct pw_module_reader *reader, size_t offset, uint32_t *index)
{
  uint32_t count = pw_module_read_u32(reader);

  for (uint32_t i = 0; i < count && !reader->failed; i++) {
    uint32_t size = pw_module_read_u32(reader);

    pw_module_read_bytes(reader, size);
    if (!reader->failed && offset < reader->position) {
      *index = i;
      return offset >= reader->position - size;
    }
  }
  return false;
}

bool
pw_v8_function_at(struct pw_view code, size_t offset, uint32_t *index)
{
  struct pw_module_reader  reader;
  struct pw_module_section section;

  if (!pw_module_sections_begin(&reader, code, NULL)) {
    return false;
  }
  while (pw_module_section_next(&reader, code.size, &section)) {
    if (section.id == PW_MODULE_SECTION_CODE) {
      return find_body(&reader, offset, index);
    }
    reader.position = section.end;
  }
  return false;
}
