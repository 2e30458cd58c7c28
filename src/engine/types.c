/* SPDX-License-Identifier: Apache-2.0 */
/* types.h: it lies at the bottom, so that the host and every engine's own object can link it. */
#include <proxywasm/types.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* The capacity that holds `needed` elements of `element` bytes when there is room for `capacity`: it doubles, so that
 * appending one by one stays linear. 0 when the bytes cannot be counted. */
static size_t
grown_capacity(size_t capacity, size_t needed, size_t element)
{
  size_t most = SIZE_MAX / 2 / element;

  if (needed > most) {
    return 0;
  }
  if (capacity < 16) {
    capacity = 16;
  }
  while (capacity < needed) {
    capacity = capacity > most / 2 ? most : capacity * 2;
  }
  return capacity;
}

bool
pw_pairs_add(struct pw_pairs *pairs, struct pw_view key, struct pw_view value)
{
  if (pairs->count == pairs->capacity) {
    size_t          capacity = grown_capacity(pairs->capacity, pairs->count + 1, sizeof *pairs->items);
    struct pw_pair *items    = capacity ? realloc(pairs->items, capacity * sizeof *items) : NULL;

    if (!items) {
      return false;
    }
    pairs->items    = items;
    pairs->capacity = capacity;
  }
  pairs->items[pairs->count].key   = key;
  pairs->items[pairs->count].value = value;
  pairs->count++;
  return true;
}

void
pw_pairs_clear(struct pw_pairs *pairs)
{
  free(pairs->items);
  memset(pairs, 0, sizeof *pairs);
}

bool
pw_bytes_reserve(struct pw_bytes *bytes, size_t capacity)
{
  char *data;

  if (capacity <= bytes->capacity) {
    return true;
  }
  capacity = grown_capacity(bytes->capacity, capacity, 1);
  data     = capacity ? realloc(bytes->data, capacity) : NULL;
  if (!data) {
    return false;
  }
  bytes->data     = data;
  bytes->capacity = capacity;
  return true;
}

bool
pw_bytes_append(struct pw_bytes *bytes, const void *data, size_t size)
{
  if (size > SIZE_MAX - bytes->size || !pw_bytes_reserve(bytes, bytes->size + size)) {
    return false;
  }
  if (size > 0) {
    memcpy(bytes->data + bytes->size, data, size);
  }
  bytes->size += size;
  return true;
}

void
pw_bytes_clear(struct pw_bytes *bytes)
{
  free(bytes->data);
  memset(bytes, 0, sizeof *bytes);
}

bool
pw_error_set(struct pw_error *error, enum pw_error_code code, const char *format, ...)
{
  va_list arguments;

  if (!error) {
    return false;
  }
  error->code = code;
  va_start(arguments, format);
  if (vsnprintf(error->message, sizeof error->message, format, arguments) < 0) {
    error->message[0] = '\0';
  }
  va_end(arguments);
  return false;
}

const char *
pw_error_word(enum pw_error_code code)
{
  static const char *const words[] = {
#define PW_ERROR_WORD(enumerator, word) word,
    PW_ERRORS(PW_ERROR_WORD)
#undef PW_ERROR_WORD
  };

  return (unsigned)code < PW_ERROR_COUNT ? words[code] : "unknown error";
}
