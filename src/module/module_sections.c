/* SPDX-License-Identifier: Apache-2.0 */
#include "module/module_sections.h"

bool
pw_module_sections_begin(struct pw_module_reader *reader, struct pw_view code, struct pw_error *error)
{
  static const char header[PW_MODULE_HEADER_SIZE] = {0, 'a', 's', 'm', 1, 0, 0, 0};

  if (code.size < PW_MODULE_HEADER_SIZE || memcmp(code.data, header, PW_MODULE_HEADER_SIZE) != 0) {
    return pw_error_set(error, PW_ERROR_MODULE, "not a wasm module");
  }
  *reader = (struct pw_module_reader){.bytes    = (const uint8_t *)code.data,
                                      .position = PW_MODULE_HEADER_SIZE,
                                      .end      = code.size,
                                      .section  = -1,
                                      .error    = error};
  return true;
}

bool
pw_module_section_next(struct pw_module_reader *reader, size_t size, struct pw_module_section *section)
{
  size_t length;

  if (reader->failed || reader->position >= size) {
    return false;
  }
  reader->end            = size;
  reader->section        = -1;
  section->begin         = reader->position;
  section->id            = pw_module_read_byte(reader);
  length                 = pw_module_read_u32(reader);
  reader->section        = section->id;
  reader->section_offset = section->begin;
  if (!reader->failed && length > size - reader->position) {
    pw_module_fail(reader, "it ends beyond the file");
  }
  section->end = reader->position + length;
  reader->end  = section->end;
  return !reader->failed;
}

bool
pw_module_section_find(struct pw_module_reader *reader, struct pw_view code, uint8_t id)
{
  struct pw_module_section section;

  if (!pw_module_sections_begin(reader, code, NULL)) {
    return false;
  }
  while (pw_module_section_next(reader, code.size, &section)) {
    if (section.id == id) {
      return true;
    }
    reader->position = section.end;
  }
  return false;
}
