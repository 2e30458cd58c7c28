/* SPDX-License-Identifier: Apache-2.0 */
/* Segments of elements and data, and the constants that say where they go. */
#include "internal.h"

#include <stdlib.h>

#define END 0x0b

/* Flags of an element segment. */
#define NOT_ACTIVE      1 /* passive, or declarative */
#define WITH_TABLE      2 /* of an active one; of another: declarative */
#define WITH_EXPRESSION 4 /* in place of numbers of functions */

static bool
take_function(struct pw_validation *v)
{
  uint32_t function;

  if (!pw_take_index(v, v->function_count, "function", &function)) {
    return false;
  }
  v->declared[function] = true;
  return true;
}

static bool
take_constant_global(struct pw_validation *v, uint8_t *type)
{
  uint32_t global;

  if (!pw_take_index(v, v->imported_globals, "imported global", &global)) {
    return false;
  }
  if (v->globals[global].is_mutable) {
    return pw_invalid(v, "a constant cannot be a global that changes");
  }
  *type = v->globals[global].type;
  return true;
}

/* The one instruction that a constant may have. */
static bool
take_constant(struct pw_validation *v, uint8_t *type)
{
  uint8_t opcode;
  int64_t number;

  if (!pw_take_byte(v, &opcode)) {
    return false;
  }
  switch (opcode) {
  case 0x41:
    *type = PW_TYPE_I32;
    return pw_take_signed(v, 32, &number);
  case 0x42:
    *type = PW_TYPE_I64;
    return pw_take_signed(v, 64, &number);
  case 0x43:
    *type = PW_TYPE_F32;
    return pw_take_bytes(v, 4);
  case 0x44:
    *type = PW_TYPE_F64;
    return pw_take_bytes(v, 8);
  case 0x23:
    return take_constant_global(v, type);
  case 0xd0:
    return pw_take_reference_type(v, type);
  case 0xd2:
    *type = PW_TYPE_FUNCREF;
    return take_function(v);
  case 0xfd:
    return pw_lacking(v, "SIMD");
  case 0xfb:
    return pw_lacking(v, "garbage collection");
  default:
    return pw_invalid(v, "instruction 0x%02x is not constant", opcode);
  }
}

bool
pw_validate_constant(struct pw_validation *v, uint8_t type)
{
  uint8_t found;
  uint8_t end;

  if (!take_constant(v, &found) || !pw_take_byte(v, &end)) {
    return false;
  }
  if (end != END) {
    return pw_lacking(v, "extended constant expressions");
  }
  return found == type || pw_invalid(v, "type mismatch: %s wanted, %s found", pw_type_name(type), pw_type_name(found));
}

static bool
take_items(struct pw_validation *v, bool are_expressions, uint8_t type)
{
  uint32_t count;

  if (!pw_take_count(v, &count)) {
    return false;
  }
  for (uint32_t i = 0; i < count; i++) {
    if (are_expressions ? !pw_validate_constant(v, type) : !take_function(v)) {
      return false;
    }
  }
  return true;
}

static bool
take_active(struct pw_validation *v, uint32_t flags, uint32_t *table)
{
  *table = 0;
  if (flags & WITH_TABLE && !pw_take_u32(v, table)) {
    return false;
  }
  if (*table >= v->table_count) {
    return pw_invalid(v, "there is no table %u", *table);
  }
  return pw_validate_constant(v, PW_TYPE_I32);
}

static bool
take_element_type(struct pw_validation *v, uint32_t flags, uint8_t *type)
{
  uint8_t kind;

  *type = PW_TYPE_FUNCREF;
  if (!(flags & (NOT_ACTIVE | WITH_TABLE))) {
    return true;
  }
  if (flags & WITH_EXPRESSION) {
    return pw_take_reference_type(v, type);
  }
  return pw_take_byte(v, &kind) && (kind == 0 || pw_invalid(v, "0x%02x is no kind of an element", kind));
}

static bool
take_element(struct pw_validation *v, uint8_t *type)
{
  uint32_t flags;
  uint32_t table;

  if (!pw_take_u32(v, &flags)) {
    return false;
  }
  if (flags > 7) {
    return pw_invalid(v, "flags 0x%x of an element segment", flags);
  }
  if (!(flags & NOT_ACTIVE) && !take_active(v, flags, &table)) {
    return false;
  }
  if (!take_element_type(v, flags, type)) {
    return false;
  }
  if (!(flags & NOT_ACTIVE) && v->tables[table] != *type) {
    return pw_invalid(v, "type mismatch: elements of type %s for a table of type %s", pw_type_name(*type),
                      pw_type_name(v->tables[table]));
  }
  return take_items(v, flags & WITH_EXPRESSION, *type);
}

bool
pw_validate_elements(struct pw_validation *v)
{
  uint32_t count;

  if (!pw_take_count(v, &count)) {
    return false;
  }
  v->elements = calloc((size_t)count + 1, sizeof *v->elements);
  if (!v->elements) {
    return pw_no_memory(v);
  }
  for (; v->element_count < count; v->element_count++) {
    if (!take_element(v, &v->elements[v->element_count])) {
      return false;
    }
  }
  return true;
}

static bool
take_data(struct pw_validation *v)
{
  uint32_t flags;
  uint32_t memory = 0;
  uint32_t size;

  if (!pw_take_u32(v, &flags)) {
    return false;
  }
  if (flags > 2) {
    return pw_invalid(v, "flags 0x%x of a data segment", flags);
  }
  if (flags == 2 && !pw_take_u32(v, &memory)) {
    return false;
  }
  if (flags != 1) {
    if (memory >= v->memory_count) {
      return pw_invalid(v, "there is no memory %u", memory);
    }
    if (!pw_validate_constant(v, PW_TYPE_I32)) {
      return false;
    }
  }
  return pw_take_u32(v, &size) && pw_take_bytes(v, size);
}

bool
pw_validate_data(struct pw_validation *v)
{
  uint32_t count;

  if (!pw_take_count(v, &count)) {
    return false;
  }
  for (; v->data_segments < count; v->data_segments++) {
    if (!take_data(v)) {
      return false;
    }
  }
  return true;
}
