/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool
pw_invalid(struct pw_validation *v, const char *format, ...)
{
  char    text[200];
  va_list arguments;

  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return pw_error_set(v->error, PW_ERROR_MODULE, "at 0x%zx: %s", (size_t)(v->at - v->begin), text);
}

bool
pw_lacking(struct pw_validation *v, const char *feature)
{
  return pw_invalid(v, "it needs %s, which this engine lacks; build it without, or configure another engine", feature);
}

bool
pw_no_memory(struct pw_validation *v)
{
  return pw_error_set(v->error, PW_ERROR_MEMORY, "validation of a module");
}

static size_t
left(const struct pw_validation *v)
{
  return (size_t)(v->end - v->at);
}

bool
pw_take_byte(struct pw_validation *v, uint8_t *byte)
{
  if (left(v) == 0) {
    return pw_invalid(v, "unexpected end");
  }
  *byte = *v->at++;
  return true;
}

bool
pw_take_bytes(struct pw_validation *v, size_t count)
{
  if (count > left(v)) {
    return pw_invalid(v, "unexpected end");
  }
  v->at += count;
  return true;
}

bool
pw_take_u32(struct pw_validation *v, uint32_t *number)
{
  uint64_t value = 0;
  uint8_t  byte  = 0;

  for (unsigned shift = 0; shift < 35; shift += 7) {
    if (!pw_take_byte(v, &byte)) {
      return false;
    }
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (!(byte & 0x80)) {
      *number = (uint32_t)value;
      return value <= UINT32_MAX || pw_invalid(v, "a number is too large");
    }
  }
  return pw_invalid(v, "a number is too long");
}

bool
pw_take_signed(struct pw_validation *v, unsigned bits, int64_t *number)
{
  unsigned most  = (bits + 6) / 7;
  unsigned last  = bits - 7 * (most - 1); /* bits that count in the last byte, its sign included */
  uint64_t value = 0;
  uint8_t  byte  = 0;

  for (unsigned i = 0; i < most; i++) {
    if (!pw_take_byte(v, &byte)) {
      return false;
    }
    value |= (uint64_t)(byte & 0x7f) << (7 * i);
    if (!(byte & 0x80)) {
      unsigned width = 7 * (i + 1);
      uint8_t  rest  = (uint8_t)((byte & 0x7f) >> (last - 1));

      /* What does not count repeats the sign. */
      if (i + 1 == most && rest != 0 && rest != 0x7f >> (last - 1)) {
        return pw_invalid(v, "a number is too large");
      }
      if (width < 64 && byte & 0x40) {
        value |= UINT64_MAX << width;
      }
      *number = (int64_t)value;
      return true;
    }
  }
  return pw_invalid(v, "a number is too long");
}

bool
pw_take_count(struct pw_validation *v, uint32_t *count)
{
  return pw_take_u32(v, count) &&
         (*count <= left(v) || pw_invalid(v, "unexpected end: %u items cannot follow", *count));
}

bool
pw_take_index(struct pw_validation *v, uint32_t limit, const char *what, uint32_t *index)
{
  return pw_take_u32(v, index) && (*index < limit || pw_invalid(v, "there is no %s %u", what, *index));
}

bool
pw_take_value_type(struct pw_validation *v, uint8_t *type)
{
  if (!pw_take_byte(v, type)) {
    return false;
  }
  switch (*type) {
  case PW_TYPE_I32:
  case PW_TYPE_I64:
  case PW_TYPE_F32:
  case PW_TYPE_F64:
  case PW_TYPE_FUNCREF:
  case PW_TYPE_EXTERNREF:
    return true;
  case 0x7b:
    return pw_lacking(v, "SIMD");
  case 0x63:
  case 0x64:
    return pw_lacking(v, "typed function references");
  case 0x69:
  case 0x74:
    return pw_lacking(v, "exceptions");
  default:
    if (*type >= 0x6a && *type <= 0x73) {
      return pw_lacking(v, "garbage collection");
    }
    return pw_invalid(v, "0x%02x is no type of a value", *type);
  }
}

bool
pw_take_reference_type(struct pw_validation *v, uint8_t *type)
{
  return pw_take_value_type(v, type) && (*type == PW_TYPE_FUNCREF || *type == PW_TYPE_EXTERNREF ||
                                         pw_invalid(v, "%s is no type of a reference", pw_type_name(*type)));
}

const char *
pw_type_name(uint8_t type)
{
  switch (type) {
  case PW_TYPE_I32:
    return "i32";
  case PW_TYPE_I64:
    return "i64";
  case PW_TYPE_F32:
    return "f32";
  case PW_TYPE_F64:
    return "f64";
  case PW_TYPE_FUNCREF:
    return "funcref";
  case PW_TYPE_EXTERNREF:
    return "externref";
  default:
    return "anything";
  }
}

bool
pw_reserve(struct pw_validation *v, void **array, size_t count, size_t *capacity, size_t item_size)
{
  size_t grown = *capacity ? 2 * *capacity : 64;
  void  *bytes;

  if (count < *capacity) {
    return true;
  }
  bytes = realloc(*array, grown * item_size);
  if (!bytes) {
    return pw_no_memory(v);
  }
  *array    = bytes;
  *capacity = grown;
  return true;
}
