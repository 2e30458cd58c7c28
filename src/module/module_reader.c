/* SPDX-License-Identifier: Apache-2.0 */
#include "module/module_reader.h"

#include <stdarg.h>
#include <stdio.h>

#include "text/utf8.h"

const char *
pw_module_section_name(int section)
{
  static const char *const names[] = {"custom", "type",  "import",  "function", "table", "memory",     "global",
                                      "export", "start", "element", "code",     "data",  "data count", "tag"};
  return section >= 0 && section < (int)(sizeof(names) / sizeof(names[0])) ? names[section] : "unknown";
}

bool
pw_module_fail(struct pw_module_reader *reader, const char *format, ...)
{
  if (reader->failed) {
    return false;
  }
  reader->failed = true;
  char    what[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof(what), format, arguments);
  va_end(arguments);
  if (reader->section < 0) {
    return pw_error_set(reader->error, PW_ERROR_MODULE, "broken wasm at 0x%02zx: %s", reader->position, what);
  }
  return pw_error_set(reader->error, PW_ERROR_MODULE, "broken wasm: section %d (%s) at 0x%02zx: %s, at 0x%02zx",
                      reader->section, pw_module_section_name(reader->section), reader->section_offset, what,
                      reader->position);
}

bool
pw_module_fail_memory(struct pw_module_reader *reader)
{
  if (!reader->failed) {
    reader->failed = true;
    pw_error_set(reader->error, PW_ERROR_MEMORY, "not enough to read what the module says of itself");
  }
  return false;
}

uint8_t
pw_module_read_byte(struct pw_module_reader *reader)
{
  if (reader->failed) {
    return 0;
  }
  if (reader->position == reader->end) {
    pw_module_fail(reader, "ends too early");
    return 0;
  }
  return reader->bytes[reader->position++];
}

/** A LEB128 number of `bits` bits without sign. */
static uint64_t
read_number(struct pw_module_reader *reader, unsigned bits)
{
  uint64_t number = 0;
  for (unsigned shift = 0; shift < bits; shift += 7) {
    uint8_t  byte  = pw_module_read_byte(reader);
    uint64_t piece = byte & 0x7f;
    unsigned left  = bits - shift;
    if (left < 7 && piece >> left) {
      break;
    }
    number |= piece << shift;
    if (!(byte & 0x80)) {
      return number;
    }
  }
  pw_module_fail(reader, "a number is longer than %u bits", bits);
  return 0;
}

uint32_t
pw_module_read_u32(struct pw_module_reader *reader)
{
  return (uint32_t)read_number(reader, 32);
}

uint64_t
pw_module_read_u64(struct pw_module_reader *reader)
{
  return read_number(reader, 64);
}

void
pw_module_skip_s33(struct pw_module_reader *reader)
{
  for (int i = 0; i < 5; i++) {
    if (!(pw_module_read_byte(reader) & 0x80)) {
      return;
    }
  }
  pw_module_fail(reader, "a number is longer than 33 bits");
}

uint32_t
pw_module_read_count(struct pw_module_reader *reader, size_t smallest, uint32_t limit, const char *what)
{
  uint32_t count = pw_module_read_u32(reader);
  if (count > limit) {
    pw_module_fail(reader, "%u %s; no more than %u are supported", (unsigned)count, what, (unsigned)limit);
    return 0;
  }
  if (count > (reader->end - reader->position) / smallest) {
    pw_module_fail(reader, "%u %s do not fit into it", (unsigned)count, what);
    return 0;
  }
  return count;
}

struct pw_view
pw_module_read_bytes(struct pw_module_reader *reader, size_t size)
{
  if (reader->failed) {
    return pw_view_make(NULL, 0);
  }
  if (size > reader->end - reader->position) {
    pw_module_fail(reader, "%zu bytes do not fit into it", size);
    return pw_view_make(NULL, 0);
  }
  struct pw_view view = pw_view_make(reader->bytes + reader->position, size);
  reader->position += size;
  return view;
}

struct pw_view
pw_module_read_name(struct pw_module_reader *reader)
{
  struct pw_view name = pw_module_read_bytes(reader, pw_module_read_u32(reader));
  for (size_t i = 0; i < name.size;) {
    uint32_t character;
    size_t   length = pw_utf8_decode(name.data + i, name.size - i, &character);
    if (length == 0 || character == 0) {
      pw_module_fail(reader, length == 0 ? "a name is not UTF-8" : "a name holds a NUL");
      return pw_view_make(NULL, 0);
    }
    i += length;
  }
  return name;
}
