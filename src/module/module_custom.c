/* SPDX-License-Identifier: Apache-2.0 */
#include "module/module_custom.h"

#include <stdlib.h>

#include "text/log_text.h"

/** Longer texts are cut: they are made for a line of a report. */
enum { TEXT_LIMIT = 1024 };

static bool
append_view(struct pw_bytes *text, struct pw_view view)
{
  return pw_bytes_append(text, view.data, view.size);
}

static bool
append_text(struct pw_bytes *text, const char *word)
{
  return append_view(text, pw_view_of(word));
}

/** The name section: parts with an id and a size each; the module's name is part 0. */
static bool
read_name_section(struct pw_module_reader *reader, struct pw_bytes *text)
{
  while (!reader->failed && reader->position < reader->end) {
    uint8_t        id   = pw_module_read_byte(reader);
    struct pw_view part = pw_module_read_bytes(reader, pw_module_read_u32(reader));
    if (id == 0 && !reader->failed) {
      reader->end      = reader->position;
      reader->position = reader->position - part.size;
      return append_view(text, pw_module_read_name(reader));
    }
  }
  return true;
}

/** The producers section: fields with a name each, and values with a name and a version each. */
static bool
read_producers(struct pw_module_reader *reader, struct pw_bytes *text)
{
  bool     memory = true;
  uint32_t fields = pw_module_read_count(reader, 2, UINT32_MAX, "fields");
  for (uint32_t i = 0; i < fields && memory && !reader->failed && text->size < TEXT_LIMIT; i++) {
    struct pw_view field  = pw_module_read_name(reader);
    uint32_t       values = pw_module_read_count(reader, 2, UINT32_MAX, "values");
    memory                = append_text(text, i ? "; " : "") && append_view(text, field);
    for (uint32_t j = 0; j < values && memory && !reader->failed; j++) {
      struct pw_view name    = pw_module_read_name(reader);
      struct pw_view version = pw_module_read_name(reader);
      memory                 = append_text(text, j ? ", " : " ") && append_view(text, name) &&
               append_text(text, version.size ? " " : "") && append_view(text, version);
    }
  }
  return memory;
}

/** The target features section: a sign and a name each. */
static bool
read_features(struct pw_module_reader *reader, struct pw_bytes *text)
{
  bool     memory = true;
  uint32_t count  = pw_module_read_count(reader, 2, UINT32_MAX, "features");
  for (uint32_t i = 0; i < count && memory && !reader->failed; i++) {
    char sign = (char)pw_module_read_byte(reader);
    memory    = append_text(text, i ? " " : "") && pw_bytes_append(text, &sign, 1) &&
             append_view(text, pw_module_read_name(reader));
  }
  return memory;
}

/** A terminated copy of `text`, fit to be printed; NULL when memory is out. */
static char *
printable(const struct pw_bytes *text)
{
  struct pw_bytes buffer = {0};
  struct pw_view  clean  = pw_log_text(pw_bytes_view(text), TEXT_LIMIT, &buffer);
  char           *copy   = malloc(clean.size + 1);
  if (copy) {
    if (clean.size) {
      memcpy(copy, clean.data, clean.size);
    }
    copy[clean.size] = '\0';
  }
  pw_bytes_clear(&buffer);
  return copy;
}

bool
pw_module_custom_read(struct pw_module_info *info, const struct pw_module_reader *section)
{
  const struct {
    const char *name;
    bool (*read)(struct pw_module_reader *reader, struct pw_bytes *text);
    char **text;
  } kinds[] = {{"name", read_name_section, &info->name},
               {"producers", read_producers, &info->producers},
               {"target_features", read_features, &info->features}};

  struct pw_module_reader reader = *section;
  reader.error                   = NULL;
  struct pw_view name            = pw_module_read_name(&reader);
  for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
    if (*kinds[i].text || !pw_view_equal(name, pw_view_of(kinds[i].name))) {
      continue;
    }
    struct pw_bytes text   = {0};
    bool            memory = kinds[i].read(&reader, &text);
    if (memory && !reader.failed) {
      *kinds[i].text = printable(&text);
      memory         = *kinds[i].text != NULL;
    }
    pw_bytes_clear(&text);
    return memory;
  }
  return true;
}
