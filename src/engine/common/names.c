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

static bool
find_in_map(struct pw_view map, uint32_t index, struct pw_view *name)
{
  uint32_t count;
  uint32_t number;

  if (!take_number(&map, &count)) {
    return false;
  }
  for (uint32_t i = 0; i < count; i++) {
    if (!take_number(&map, &number) || !take_sized(&map, name)) {
      return false;
    }
    if (number == index) {
      return true;
    }
  }
  return false;
}

static bool
find_in_section(struct pw_view section, uint32_t index, struct pw_view *name)
{
  struct pw_view title;
  struct pw_view content;
  uint8_t        id;

  if (!take_sized(&section, &title) || title.size != 4 || memcmp(title.data, "name", 4) != 0) {
    return false;
  }
  while (take_section(&section, &id, &content)) {
    if (id == FUNCTION_SUBSECTION) {
      return find_in_map(content, index, name);
    }
  }
  return false;
}

bool
pw_names_find(struct pw_view code, uint32_t index, struct pw_view *name)
{
  struct pw_view content;
  uint8_t        id;

  if (code.size < HEADER_BYTES) {
    return false;
  }
  code.data += HEADER_BYTES;
  code.size -= HEADER_BYTES;
  while (take_section(&code, &id, &content)) {
    if (id == CUSTOM_SECTION && find_in_section(content, index, name)) {
      return true;
    }
  }
  return false;
}
