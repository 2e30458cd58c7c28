/* SPDX-License-Identifier: Apache-2.0 */
#include "module/module_types.h"

#include <proxywasm/module.h>

#include <stdio.h>
#include <stdlib.h>

/** What engines allow in one module. */
enum { MAX_TYPES = 1000000, MAX_VALUES = 1000, MAX_FIELDS = 10000, MAX_SUPERTYPES = 1 };

/** Codes of the binary format. */
enum {
  CODE_I32       = 0x7f,
  CODE_I64       = 0x7e,
  CODE_F32       = 0x7d,
  CODE_F64       = 0x7c,
  CODE_V128      = 0x7b,
  CODE_I8        = 0x78,
  CODE_I16       = 0x77,
  CODE_REF_LAST  = 0x74, /**< short forms of references lie between these two */
  CODE_REF_FIRST = 0x68,
  CODE_REF       = 0x64,
  CODE_REF_NULL  = 0x63,
  CODE_FUNCTION  = 0x60,
  CODE_STRUCT    = 0x5f,
  CODE_ARRAY     = 0x5e,
  CODE_SUB       = 0x50,
  CODE_SUB_FINAL = 0x4f,
  CODE_REC       = 0x4e
};

static char
value_type(struct pw_module_reader *reader, uint8_t code)
{
  switch (code) {
  case CODE_I32:
    return 'i';
  case CODE_I64:
    return 'I';
  case CODE_F32:
    return 'f';
  case CODE_F64:
    return 'F';
  case CODE_V128:
    return 'x';
  case CODE_REF:
  case CODE_REF_NULL:
    pw_module_skip_s33(reader);
    return 'x';
  default:
    if (code < CODE_REF_FIRST || code > CODE_REF_LAST) {
      pw_module_fail(reader, "unknown value type 0x%02x", code);
    }
    return 'x';
  }
}

char
pw_module_read_value_type(struct pw_module_reader *reader)
{
  return value_type(reader, pw_module_read_byte(reader));
}

static void
read_function(struct pw_module_type *entry, struct pw_module_reader *reader)
{
  entry->known       = true;
  entry->type.result = 'v';
  uint32_t count     = pw_module_read_count(reader, 1, MAX_VALUES, "parameters");
  for (uint32_t i = 0; i < count && !reader->failed; i++) {
    char letter = pw_module_read_value_type(reader);
    if (letter == 'x' || i >= PW_MAX_PARAMETERS) {
      entry->known = false;
    } else {
      entry->type.parameters[i]   = letter;
      entry->type.parameter_count = (uint8_t)(i + 1);
    }
  }
  count = pw_module_read_count(reader, 1, MAX_VALUES, "results");
  for (uint32_t i = 0; i < count && !reader->failed; i++) {
    entry->type.result = pw_module_read_value_type(reader);
    if (entry->type.result == 'x' || i > 0) {
      entry->known = false;
    }
  }
}

/** A field of a struct, or the elements of an array. */
static void
skip_field(struct pw_module_reader *reader)
{
  uint8_t code = pw_module_read_byte(reader);
  if (code != CODE_I8 && code != CODE_I16) {
    value_type(reader, code);
  }
  pw_module_read_byte(reader); /* whether it can be changed */
}

static struct pw_module_type *
add_type(struct pw_module_types *types, struct pw_module_reader *reader)
{
  if (types->count == types->capacity) {
    if (types->count == MAX_TYPES) {
      pw_module_fail(reader, "more than %d types are not supported", MAX_TYPES);
      return NULL;
    }
    size_t                 capacity = types->capacity ? types->capacity * 2 : 32;
    struct pw_module_type *items    = realloc(types->items, capacity * sizeof(*items));
    if (!items) {
      pw_module_fail_memory(reader);
      return NULL;
    }
    types->items    = items;
    types->capacity = capacity;
  }
  struct pw_module_type *type = &types->items[types->count++];
  memset(type, 0, sizeof(*type));
  return type;
}

/** One type, which begins with `code`: perhaps a subtype, of a function, a struct or an array. */
static void
read_type(struct pw_module_types *types, struct pw_module_reader *reader, uint8_t code)
{
  if (code == CODE_SUB || code == CODE_SUB_FINAL) {
    uint32_t supertypes = pw_module_read_count(reader, 1, MAX_SUPERTYPES, "supertypes");
    for (uint32_t i = 0; i < supertypes; i++) {
      pw_module_read_u32(reader);
    }
    code = pw_module_read_byte(reader);
  }
  struct pw_module_type *type = reader->failed ? NULL : add_type(types, reader);
  if (!type) {
    return;
  }
  if (code == CODE_FUNCTION) {
    read_function(type, reader);
  } else if (code == CODE_ARRAY) {
    skip_field(reader);
  } else if (code == CODE_STRUCT) {
    uint32_t fields = pw_module_read_count(reader, 2, MAX_FIELDS, "fields");
    for (uint32_t i = 0; i < fields && !reader->failed; i++) {
      skip_field(reader);
    }
  } else {
    pw_module_fail(reader, "unknown type 0x%02x", code);
  }
}

void
pw_module_types_read(struct pw_module_types *types, struct pw_module_reader *reader)
{
  uint32_t count = pw_module_read_count(reader, 2, MAX_TYPES, "types");
  for (uint32_t i = 0; i < count && !reader->failed; i++) {
    uint8_t code = pw_module_read_byte(reader);
    if (code != CODE_REC) {
      read_type(types, reader, code);
      continue;
    }
    uint32_t members = pw_module_read_count(reader, 2, MAX_TYPES, "types of a group");
    for (uint32_t j = 0; j < members && !reader->failed; j++) {
      read_type(types, reader, pw_module_read_byte(reader));
    }
  }
}

void
pw_module_types_clear(struct pw_module_types *types)
{
  free(types->items);
  memset(types, 0, sizeof(*types));
}

bool
pw_function_type_equal(const struct pw_function_type *a, const struct pw_function_type *b)
{
  return a->parameter_count == b->parameter_count && a->result == b->result &&
         memcmp(a->parameters, b->parameters, a->parameter_count) == 0;
}

static const char *
letter_text(char letter)
{
  switch (letter) {
  case 'i':
    return "i32";
  case 'I':
    return "i64";
  case 'f':
    return "f32";
  case 'F':
    return "f64";
  default:
    return "?";
  }
}

const char *
pw_function_type_text(const struct pw_function_type *type, char *buffer, size_t size)
{
  /* The longest text: 16 times "f32, ", the parentheses, and the result. */
  char   text[PW_MAX_PARAMETERS * 5 + 16] = "(";
  size_t used                             = 1;
  for (uint8_t i = 0; i < type->parameter_count && i < PW_MAX_PARAMETERS; i++) {
    used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? ", " : "", letter_text(type->parameters[i]));
  }
  snprintf(text + used, sizeof(text) - used, ")%s%s", type->result == 'v' ? "" : " -> ",
           type->result == 'v' ? "" : letter_text(type->result));
  if (size) {
    snprintf(buffer, size, "%s", text);
  }
  return buffer;
}
