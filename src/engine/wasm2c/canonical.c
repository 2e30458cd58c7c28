/* SPDX-License-Identifier: Apache-2.0 */
/* Modules as wasm2c is given them. It puts names of imports and exports into C code, where they say which function is
 * meant: with names of our own making there is nothing in the code that a module's author has chosen, and each of them
 * is there once. */
#include "internal.h"
#include "module/module_sections.h"

#include <stdio.h>

static void
write_name(struct pw_writer *to, const char *name)
{
  pw_write_number(to, (uint32_t)strlen(name));
  pw_write_bytes(to, name, strlen(name));
}

static void
write_numbered(struct pw_writer *to, const char *prefix, size_t number)
{
  char name[32];

  snprintf(name, sizeof name, "%s%zu", prefix, number);
  write_name(to, name);
}

static void
skip_name(struct pw_module_reader *from)
{
  pw_module_read_bytes(from, pw_module_read_u32(from));
}

/* Imports of functions: nothing else is linked. */
static void
write_imports(struct pw_writer *to, struct pw_module_reader *from)
{
  uint32_t count = pw_module_read_u32(from);

  pw_write_number(to, count);
  for (uint32_t i = 0; i < count; i++) {
    skip_name(from);
    skip_name(from);
    write_name(to, PW_WASM2C_IMPORT_MODULE);
    write_numbered(to, PW_WASM2C_IMPORT, i);
    pw_write_byte(to, pw_module_read_byte(from));
    pw_write_number(to, pw_module_read_u32(from));
  }
}

static bool
is_wanted(const struct pw_extern *item)
{
  return pw_wasm2c_is_callable(item) || pw_wasm2c_is_memory(item);
}

static void
write_exports(struct pw_writer *to, struct pw_module_reader *from, const struct pw_module_info *info)
{
  uint32_t count  = pw_module_read_u32(from);
  uint32_t wanted = 0;

  for (size_t i = 0; i < info->export_count; i++) {
    wanted += is_wanted(&info->exports[i]);
  }
  pw_write_number(to, wanted);
  for (uint32_t i = 0; i < count; i++) {
    uint8_t  kind;
    uint32_t index;

    skip_name(from);
    kind  = pw_module_read_byte(from);
    index = pw_module_read_u32(from);
    if (is_wanted(&info->exports[i])) {
      write_numbered(to, PW_WASM2C_EXPORT, i);
      pw_write_byte(to, kind);
      pw_write_number(to, index);
    }
  }
}

static void
write_section(struct pw_writer *to, struct pw_module_reader *from, const struct pw_module_section *section,
              struct pw_view code, const struct pw_module_info *info)
{
  struct pw_writer content = {0};

  if (section->id == PW_MODULE_SECTION_IMPORT) {
    write_imports(&content, from);
  } else if (section->id == PW_MODULE_SECTION_EXPORT) {
    write_exports(&content, from, info);
  } else {
    pw_write_bytes(&content, code.data + from->position, section->end - from->position);
  }
  pw_write_byte(to, section->id);
  pw_write_sized(to, &content);
  pw_writer_clear(&content);
}

bool
pw_wasm2c_canonical(struct pw_view code, const struct pw_module_info *info, struct pw_bytes *out)
{
  struct pw_writer         to = {.bytes = *out};
  struct pw_module_reader  from;
  struct pw_module_section section;

  if (!pw_module_sections_begin(&from, code, NULL)) {
    return false;
  }
  pw_write_bytes(&to, code.data, PW_MODULE_HEADER_SIZE);
  while (pw_module_section_next(&from, code.size, &section)) {
    if (section.id != PW_MODULE_SECTION_CUSTOM) {
      write_section(&to, &from, &section, code, info);
    }
    from.position = section.end;
  }
  *out = to.bytes;
  return !to.failed;
}
