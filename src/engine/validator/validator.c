/* SPDX-License-Identifier: Apache-2.0 */
/* A module as a whole: its sections in order. */
#include "internal.h"

#include <stdlib.h>

#define CUSTOM_SECTION     0
#define CODE_SECTION       10
#define DATA_SECTION       11
#define DATA_COUNT_SECTION 12
#define TAG_SECTION        13

/* Where a section stands in the order: the count of data segments comes before the code. */
static int
rank(uint8_t id)
{
  switch (id) {
  case DATA_COUNT_SECTION:
    return CODE_SECTION;
  case CODE_SECTION:
  case DATA_SECTION:
    return id + 1;
  default:
    return id;
  }
}

/* It has a name; what else it holds is not the standard's business. */
static bool
take_custom(struct pw_validation *v, uint32_t size)
{
  const uint8_t *end = v->at + size;
  uint32_t       name;

  if (!pw_take_u32(v, &name)) {
    return false;
  }
  if (v->at > end || name > (size_t)(end - v->at)) {
    return pw_invalid(v, "unexpected end: the name of a section has %u bytes", name);
  }
  v->at = end;
  return true;
}

static bool
take_section(struct pw_validation *v, int *last)
{
  const uint8_t *end = v->end;
  uint8_t        id;
  uint32_t       size;

  if (!pw_take_byte(v, &id) || !pw_take_u32(v, &size)) {
    return false;
  }
  if (size > (size_t)(end - v->at)) {
    return pw_invalid(v, "unexpected end: section %u has %u bytes", id, size);
  }
  if (id == CUSTOM_SECTION) {
    return take_custom(v, size);
  }
  if (id == TAG_SECTION) {
    return pw_lacking(v, "exceptions");
  }
  if (id > TAG_SECTION) {
    return pw_invalid(v, "there is no section %u", id);
  }
  if (rank(id) <= *last) {
    return pw_invalid(v, "section %u is out of order", id);
  }
  *last  = rank(id);
  v->end = v->at + size;
  if (!pw_validate_section(v, id)) {
    return false;
  }
  if (v->at != v->end) {
    return pw_invalid(v, "section %u has more bytes than content", id);
  }
  v->end = end;
  return true;
}

static bool
validate(struct pw_validation *v)
{
  static const uint8_t magic[]   = {0, 'a', 's', 'm'};
  static const uint8_t version[] = {1, 0, 0, 0};
  int                  last      = 0;

  if (!pw_take_bytes(v, sizeof magic)) {
    return false;
  }
  if (memcmp(v->begin, magic, sizeof magic) != 0) {
    v->at = v->begin;
    return pw_invalid(v, "magic number not found: this is no wasm module");
  }
  if (!pw_take_bytes(v, sizeof version)) {
    return false;
  }
  if (memcmp(v->begin + sizeof magic, version, sizeof version) != 0) {
    return pw_invalid(v, "it is of another version of wasm than 1");
  }
  while (v->at < v->end) {
    if (!take_section(v, &last)) {
      return false;
    }
  }
  if (v->bodies != v->function_count - v->imported_functions) {
    return pw_invalid(v, "%u functions have no code", v->function_count - v->imported_functions - v->bodies);
  }
  if (v->has_data_count && v->data_count != v->data_segments) {
    return pw_invalid(v, "%u data segments announced, %u found", v->data_count, v->data_segments);
  }
  return true;
}

static void
clear(struct pw_validation *v)
{
  free(v->types);
  free(v->functions);
  free(v->declared);
  free(v->tables);
  free(v->globals);
  free(v->elements);
  free(v->locals);
  free(v->stack);
  free(v->blocks);
}

bool
pw_validate_and_note(struct pw_view code, struct pw_valid_notes *notes, struct pw_error *error)
{
  const uint8_t       *begin = code.size > 0 ? (const uint8_t *)code.data : (const uint8_t *)"";
  struct pw_validation v     = {.begin = begin, .at = begin, .end = begin + code.size, .notes = notes, .error = error};
  bool                 valid = validate(&v) && pw_note_module(&v);

  clear(&v);
  return valid;
}

bool
pw_validate(struct pw_view code, struct pw_error *error)
{
  return pw_validate_and_note(code, NULL, error);
}
