/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a script; part of bodies.c. */
#ifndef BODIES_SCRIPT_H
#define BODIES_SCRIPT_H

#include "bodies.h"

static int
hexadecimal_digit(char digit)
{
  if (digit >= '0' && digit <= '9') {
    return digit - '0';
  }
  digit |= 0x20;
  return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Terminates the text. Bytes of value 0 cannot be written. */
static void
decode(char *value, const char *from, size_t size)
{
  for (size_t i = 0; i < size; i++) {
    int high = from[i] == '%' && i + 2 < size ? hexadecimal_digit(from[i + 1]) : -1;
    int low  = high >= 0 ? hexadecimal_digit(from[i + 2]) : -1;
    if (low >= 0) {
      *value++ = (char)(high * 16 + low);
      i += 2;
    } else {
      *value++ = from[i];
    }
  }
  *value = 0;
}

/* The value (of SCRIPT_SIZE bytes) of the next word of that name: "" for one without, NULL when there is none. The
 * cursor begins as the script. */
const char *
next_word(const struct direction *direction, const char **cursor, const char *name, char *value)
{
  size_t      size = proxy_view(name).size;
  const char *at   = *cursor ? *cursor : direction->script;
  while (*at) {
    const char *end = at;
    while (*end && *end != ' ') {
      end++;
    }
    const char *next   = *end ? end + 1 : end;
    bool        begins = (size_t)(end - at) >= size && memcmp(at, name, size) == 0;
    if (begins && (at + size == end || at[size] == '=')) {
      const char *from = at + size == end ? end : at + size + 1;
      decode(value, from, (size_t)(end - from));
      *cursor = next;
      return value;
    }
    at = next;
  }
  *cursor = at;
  return NULL;
}

const char *
word(const struct direction *direction, const char *name, char *value)
{
  const char *cursor = NULL;
  return next_word(direction, &cursor, name, value);
}

bool
has(const struct direction *direction, const char *name)
{
  char value[SCRIPT_SIZE];
  return word(direction, name, value) != NULL;
}

bool
number(const struct direction *direction, const char *name, uint64_t *result)
{
  char value[SCRIPT_SIZE];
  return word(direction, name, value) && proxy_view_number(proxy_view(value), result);
}

/* Cuts the text at the first separator, and answers what follows it; "" when there is none. */
static char *
cut(char *text, char separator)
{
  while (*text && *text != separator) {
    text++;
  }
  if (*text) {
    *text++ = 0;
  }
  return text;
}

/* "NAME:VALUE", where the name of a pseudo-header begins with a colon of its own. */
static char *
cut_name(char *text)
{
  return cut(*text == ':' ? text + 1 : text, ':');
}

static size_t
size_of(const char *text)
{
  uint64_t size = 0;
  return proxy_view_equal(proxy_view(text), proxy_view("max")) || !proxy_view_number(proxy_view(text), &size) ||
             size > SIZE_MAX
           ? SIZE_MAX
           : (size_t)size;
}

#endif
