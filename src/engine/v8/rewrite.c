/* SPDX-License-Identifier: Apache-2.0 */
/* Makes imports of the memory and the tables that a module defines.
 *
 * V8 has no limits for single instances. But whoever makes a memory says how far it may grow: when the host makes it,
 * the host limits it, and one piece of compiled code serves under any limit. Numbers of memories and tables stay as
 * they are, since imported ones come first and V8 knows no module with imported ones here; nothing else of a module
 * changes but the place of what follows. */
#include "internal.h"
#include "module/module_sections.h"
#include "module/module_writer.h"

#include <stdio.h>
#include <stdlib.h>

enum { KIND_TABLE = 1, KIND_MEMORY = 2 };
enum { TYPE_FUNCTION = 0x70, TYPE_EXTERNAL = 0x6f };
enum { MOST_TABLES = 100, MOST_BYTES = 1 << 30 };

struct rewrite {
  struct pw_module_reader reader;
  struct pw_v8_layout    *layout;
  struct pw_writer        out;
};

/* ---- reading ---- */

static void
read_limits(struct pw_module_reader *reader, uint32_t *minimum, uint32_t *maximum)
{
  uint8_t flags = pw_module_read_byte(reader);

  if (flags > 1) {
    pw_module_fail(reader, "limits of kind 0x%02x (shared or 64-bit) are not supported", flags);
    return;
  }
  *minimum = pw_module_read_u32(reader);
  *maximum = flags == 1 ? pw_module_read_u32(reader) : UINT32_MAX;
}

static void
read_memory(struct rewrite *rewrite)
{
  struct pw_v8_layout *layout = rewrite->layout;
  uint32_t             count  = pw_module_read_count(&rewrite->reader, 2, 1, "memories");

  if (count == 1) {
    layout->defines_memory = true;
    read_limits(&rewrite->reader, &layout->memory_minimum, &layout->memory_maximum);
  }
}

static void
read_tables(struct rewrite *rewrite)
{
  struct pw_module_reader *reader = &rewrite->reader;
  struct pw_v8_layout     *layout = rewrite->layout;
  uint32_t                 count  = pw_module_read_count(reader, 3, MOST_TABLES, "tables");

  if (reader->failed || layout->tables) {
    return;
  }
  layout->tables = calloc(count ? count : 1, sizeof *layout->tables);
  if (!layout->tables) {
    pw_module_fail_memory(reader);
    return;
  }
  for (uint32_t i = 0; i < count && !reader->failed; i++) {
    struct pw_v8_table *table = &layout->tables[i];
    uint8_t             type  = pw_module_read_byte(reader);

    if (type != TYPE_FUNCTION && type != TYPE_EXTERNAL) {
      pw_module_fail(reader, "tables of type 0x%02x are not supported", type);
      return;
    }
    table->is_function = type == TYPE_FUNCTION;
    read_limits(reader, &table->minimum, &table->maximum);
    layout->table_count++;
  }
}

/* First pass: what there is to take out. */
static bool
look(struct rewrite *rewrite, size_t size)
{
  struct pw_module_section section;

  while (pw_module_section_next(&rewrite->reader, size, &section)) {
    if (section.id == PW_MODULE_SECTION_MEMORY) {
      read_memory(rewrite);
    } else if (section.id == PW_MODULE_SECTION_TABLE) {
      read_tables(rewrite);
    } else {
      rewrite->reader.position = section.end;
    }
    if (!rewrite->reader.failed && rewrite->reader.position != section.end) {
      pw_module_fail(&rewrite->reader, "bytes are left over");
    }
  }
  return !rewrite->reader.failed;
}

/* ---- writing ---- */

static void
put_name(struct pw_writer *to, const char *name)
{
  pw_write_number(to, (uint32_t)strlen(name));
  pw_write_bytes(to, name, strlen(name));
}

static void
put_import(struct pw_writer *to, const char *name, uint8_t kind)
{
  put_name(to, PW_V8_OWN_MODULE);
  put_name(to, name);
  pw_write_byte(to, kind);
}

static void
put_limits(struct pw_writer *to, uint32_t minimum, uint32_t maximum)
{
  bool has_maximum = maximum != UINT32_MAX;

  pw_write_byte(to, has_maximum);
  pw_write_number(to, minimum);
  if (has_maximum) {
    pw_write_number(to, maximum);
  }
}

/* An import section: those that were there (`rest`, behind their number), and ours. */
static void
put_imports(struct rewrite *rewrite, uint32_t count, struct pw_view rest)
{
  const struct pw_v8_layout *layout  = rewrite->layout;
  struct pw_writer           content = {0};

  pw_write_number(&content, count + layout->defines_memory + (uint32_t)layout->table_count);
  pw_write_bytes(&content, rest.data, rest.size);
  for (size_t i = 0; i < layout->table_count; i++) {
    const struct pw_v8_table *table = &layout->tables[i];
    char                      name[24];

    snprintf(name, sizeof name, "%zu", i);
    put_import(&content, name, KIND_TABLE);
    pw_write_byte(&content, table->is_function ? TYPE_FUNCTION : TYPE_EXTERNAL);
    put_limits(&content, table->minimum, table->maximum);
  }
  if (layout->defines_memory) {
    put_import(&content, PW_V8_OWN_MEMORY, KIND_MEMORY);
    put_limits(&content, layout->memory_minimum, layout->memory_maximum);
  }
  pw_write_byte(&rewrite->out, PW_MODULE_SECTION_IMPORT);
  pw_write_sized(&rewrite->out, &content);
  pw_writer_clear(&content);
}

/* Second pass. */
static bool
write(struct rewrite *rewrite, struct pw_view code)
{
  struct pw_module_reader *reader = &rewrite->reader;
  size_t                   begin  = rewrite->out.bytes.size;
  bool                     placed = !rewrite->layout->defines_memory && rewrite->layout->table_count == 0;
  struct pw_module_section section;

  pw_write_bytes(&rewrite->out, code.data, PW_MODULE_HEADER_SIZE);
  while (!rewrite->out.failed && pw_module_section_next(reader, code.size, &section)) {
    if (!placed && section.id == PW_MODULE_SECTION_IMPORT) {
      uint32_t count = pw_module_read_count(reader, 4, UINT32_MAX - MOST_TABLES - 1, "imports");

      put_imports(rewrite, count, pw_view_make(code.data + reader->position, section.end - reader->position));
      placed           = true;
      reader->position = section.end;
      continue;
    }
    if (!placed && section.id > PW_MODULE_SECTION_IMPORT) {
      put_imports(rewrite, 0, pw_view_make(NULL, 0));
      placed = true;
    }
    if (section.id == PW_MODULE_SECTION_CODE) {
      rewrite->layout->code_shift = (ptrdiff_t)(rewrite->out.bytes.size - begin) - (ptrdiff_t)section.begin;
    }
    if (section.id != PW_MODULE_SECTION_MEMORY && section.id != PW_MODULE_SECTION_TABLE) {
      pw_write_bytes(&rewrite->out, code.data + section.begin, section.end - section.begin);
    }
    reader->position = section.end;
  }
  return !rewrite->out.failed && !reader->failed;
}

bool
pw_v8_rewrite(struct pw_view code, struct pw_bytes *out, struct pw_v8_layout *layout, struct pw_error *error)
{
  struct rewrite rewrite = {.layout = layout};
  bool           written;

  memset(layout, 0, sizeof *layout);
  if (code.size > MOST_BYTES) {
    return pw_error_set(error, PW_ERROR_MODULE, "a module of %zu bytes is too large", code.size);
  }
  if (!pw_module_sections_begin(&rewrite.reader, code, error) || !look(&rewrite, code.size)) {
    return false;
  }
  pw_module_sections_begin(&rewrite.reader, code, error);
  written           = pw_bytes_reserve(out, out->size + code.size + 64);
  rewrite.out.bytes = *out;
  written           = written && write(&rewrite, code);
  *out              = rewrite.out.bytes;
  if (!written) {
    return rewrite.reader.failed ? false : pw_error_set(error, PW_ERROR_MEMORY, "module of %zu bytes", code.size);
  }
  return true;
}

void
pw_v8_layout_clear(struct pw_v8_layout *layout)
{
  free(layout->tables);
  memset(layout, 0, sizeof *layout);
}
