/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memmem */
#include "expose.h"

#include "module/module_sections.h"
#include "module/module_writer.h"
#include "validator/validator.h"

#include <stdio.h>
#include <string.h>

enum { KIND_GLOBAL = 3 };

/* The entries for the section of exports. */
static void
write_entries(const struct pw_valid_notes *notes, struct pw_writer *entries)
{
  for (uint32_t i = 0; i < notes->mutable_global_count; i++) {
    char name[PW_EXPOSED_GLOBAL_SIZE];
    int  size = snprintf(name, sizeof name, PW_EXPOSED_GLOBAL, i);

    pw_write_number(entries, (uint32_t)size);
    pw_write_bytes(entries, name, (size_t)size);
    pw_write_byte(entries, KIND_GLOBAL);
    pw_write_number(entries, notes->mutable_globals[i]);
  }
}

/* A module that has such names itself is not to be believed in them. */
static bool
has_our_names(struct pw_view exports)
{
  static const char prefix[] = PW_EXPOSED_PREFIX;

  return exports.size > 0 && memmem(exports.data, exports.size, prefix, sizeof prefix - 1);
}

/* The section of exports that is at `section`, with more of them. */
static void
write_exports(struct pw_view code, const struct pw_module_section *section, size_t content,
              const struct pw_valid_notes *notes, struct pw_writer *to)
{
  struct pw_writer entries = {0};
  struct pw_writer longer  = {0};

  write_entries(notes, &entries);
  pw_write_longer(&longer, pw_view_make(code.data + content, section->end - content), notes->mutable_global_count,
                  &entries);
  pw_write_byte(to, PW_MODULE_SECTION_EXPORT);
  pw_write_sized(to, &longer);
  pw_writer_clear(&longer);
}

static bool
write(struct pw_view code, const struct pw_valid_notes *notes, struct pw_writer *to, struct pw_exposed *exposed)
{
  struct pw_module_reader  reader;
  struct pw_module_section section;

  if (!pw_module_sections_begin(&reader, code, NULL)) {
    return false;
  }
  pw_write_bytes(to, code.data, PW_MODULE_HEADER_SIZE);
  while (pw_module_section_next(&reader, code.size, &section)) {
    if (section.id == PW_MODULE_SECTION_EXPORT) {
      if (has_our_names(pw_view_make(code.data + section.begin, section.end - section.begin))) {
        return true;
      }
      write_exports(code, &section, reader.position, notes, to);
      exposed->from     = to->bytes.size;
      exposed->shift    = to->bytes.size - section.end;
      exposed->complete = true;
    } else {
      pw_write_bytes(to, code.data + section.begin, section.end - section.begin);
    }
    reader.position = section.end;
  }
  return !to->failed;
}

/* Whether an image of memory and numbers in globals is all of an instance. */
static bool
is_all(const struct pw_valid_notes *notes)
{
  return notes->memory_count == 1 && !notes->has_start && !notes->changes_tables && !notes->keeps_references;
}

static bool
expose(struct pw_view code, const struct pw_valid_notes *notes, struct pw_bytes *out, struct pw_exposed *exposed)
{
  struct pw_writer changed = {0};
  bool             done    = true;

  exposed->globals  = notes->mutable_global_count;
  exposed->complete = notes->mutable_global_count == 0;
  if (!exposed->complete) {
    done = write(code, notes, &changed, exposed) &&
           (!exposed->complete || pw_bytes_append(out, changed.bytes.data, changed.bytes.size));
  }
  pw_writer_clear(&changed);
  return done;
}

bool
pw_wasmtime_expose(struct pw_view code, struct pw_bytes *out, struct pw_exposed *exposed)
{
  struct pw_valid_notes notes = {0};
  struct pw_error       error = {.code = PW_ERROR_NONE};
  bool                  valid = pw_validate_and_note(code, &notes, &error);
  bool                  done  = valid || error.code != PW_ERROR_MEMORY;

  memset(exposed, 0, sizeof *exposed);
  if (valid && is_all(&notes)) {
    done = expose(code, &notes, out, exposed);
  }
  pw_valid_notes_clear(&notes);
  return done;
}
