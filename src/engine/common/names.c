/* SPDX-License-Identifier: Apache-2.0 */
#include "names.h"

#define HEADER_BYTES        8
#define CUSTOM_SECTION      0
#define FUNCTION_SUBSECTION 1

/* Takes an unsigned LEB128 number of 32 bits from the front. */
static bool
take_number(struct pw_view *bytes, uint32_t *number)
{
  uint64_t value = 0;

  for (unsigned i = 0; i < 5 && i < bytes->size; i++) {
    uint8_t byte = (uint8_t)bytes->data[i];

    value |= (uint64_t)(byte & 0x7f) << (7 * i);
    if (!(byte & 0x80)) {
      *number = (uint32_t)value;
      bytes->data += i + 1;
      bytes->size -= i + 1;
      return value <= UINT32_MAX;
    }
  }
  return false;
}

/* Takes a number, and that many bytes behind it. */
static bool
take_sized(struct pw_view *bytes, struct pw_view *content)
{
  uint32_t size;

  if (!take_number(bytes, &size) || size > bytes->size) {
    return false;
  }
  *content = pw_view_make(bytes->data, size);
  bytes->data += size;
  bytes->size -= size;
  return true;
}

/* A section or a subsection: its number, and what is in it. */
static bool
take_section(struct pw_view *bytes, uint8_t *id, struct pw_view *content)
{
  if (bytes->size == 0) {
    return false;
  }
  *id = (uint8_t)*bytes->data;
  bytes->data++;
  bytes->size--;
  return take_sized(bytes, content);
}

/* The next section with names: what is in it behind its title. */
static bool
take_name_section(struct pw_view *sections, struct pw_view *content)
{
  static const char own[] = "name";
  struct pw_view    title;
  uint8_t           id;

  while (take_section(sections, &id, content)) {
    if (id == CUSTOM_SECTION && take_sized(content, &title) && pw_view_equal(title, pw_view_of(own))) {
      return true;
    }
  }
  return false;
}

/* The next subsection with names of functions. */
static bool
take_function_names(struct pw_view *subsections, struct pw_view *names)
{
  uint8_t id;

  while (take_section(subsections, &id, names)) {
    if (id == FUNCTION_SUBSECTION) {
      return true;
    }
  }
  return false;
}

static struct pw_view
sections_of(struct pw_view code)
{
  return code.size < HEADER_BYTES ? pw_view_make(NULL, 0)
                                  : pw_view_make(code.data + HEADER_BYTES, code.size - HEADER_BYTES);
}

struct pw_view
pw_names_in(struct pw_view code)
{
  struct pw_view sections = sections_of(code);
  struct pw_view content;
  struct pw_view names;

  while (take_name_section(&sections, &content)) {
    if (take_function_names(&content, &names)) {
      return names;
    }
  }
  return pw_view_make(NULL, 0);
}

static bool
is_too_much(struct pw_view names)
{
  struct pw_view name;
  uint32_t       number;
  uint32_t       left;

  if (!take_number(&names, &left)) {
    return false;
  }
  if (left > PW_NAMES_MOST) {
    return true;
  }
  for (; left > 0 && take_number(&names, &number) && take_sized(&names, &name); left--) {
    if (name.size > PW_NAMES_LONGEST) {
      return true;
    }
  }
  return false;
}

void
pw_names_hide(struct pw_bytes *code)
{
  struct pw_view sections = sections_of(pw_bytes_view(code));
  struct pw_view content;
  struct pw_view names;

  while (take_name_section(&sections, &content)) {
    /* Its last letter. */
    size_t at = (size_t)(content.data - code->data) - 1;

    while (take_function_names(&content, &names)) {
      if (is_too_much(names)) {
        code->data[at] = '?';
      }
    }
  }
}

void
pw_names_find(struct pw_view names, struct pw_frame *frames, size_t count)
{
  struct pw_view name;
  uint32_t       number;
  uint32_t       left;

  if (!take_number(&names, &left)) {
    return;
  }
  if (left > PW_NAMES_LOOKED_AT) {
    left = PW_NAMES_LOOKED_AT;
  }
  for (; left > 0 && take_number(&names, &number) && take_sized(&names, &name); left--) {
    for (size_t i = 0; i < count; i++) {
      if (frames[i].function == number && frames[i].name.size == 0) {
        frames[i].name = name;
      }
    }
  }
}
