/* SPDX-License-Identifier: Apache-2.0 */
/* Of types.h. It lies below the host, so that each engine's own object can link it too. */
#include <proxywasm/types.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/** The capacity to grow to, so that `needed` fits and appending one by one stays linear; 0 when it cannot be counted.
 */
static size_t
grown_capacity(size_t capacity, size_t needed, size_t first, size_t element_size)
{
  size_t grown = capacity < first ? first : capacity;
  while (grown < needed && grown <= SIZE_MAX / 2) {
    grown *= 2;
  }
  if (grown < needed) {
    grown = needed;
  }
  return grown <= SIZE_MAX / element_size ? grown : 0;
}

bool
pw_pairs_grow(struct pw_pairs *pairs, size_t more)
{
  size_t          capacity = more <= SIZE_MAX - pairs->count
                               ? grown_capacity(pairs->capacity, pairs->count + more, 16, sizeof(*pairs->items))
                               : 0;
  struct pw_pair *items    = capacity ? realloc(pairs->items, capacity * sizeof(*items)) : NULL;
  if (!items) {
    return false;
  }
  pairs->items    = items;
  pairs->capacity = capacity;
  return true;
}

void
pw_pairs_clear(struct pw_pairs *pairs)
{
  free(pairs->items);
  memset(pairs, 0, sizeof(*pairs));
}

bool
pw_bytes_reserve(struct pw_bytes *bytes, size_t capacity)
{
  if (capacity <= bytes->capacity) {
    return true;
  }
  char *data = realloc(bytes->data, capacity);
  if (!data) {
    return false;
  }
  bytes->data     = data;
  bytes->capacity = capacity;
  return true;
}

bool
pw_bytes_append_grown(struct pw_bytes *bytes, const void *data, size_t size)
{
  if (size == 0) {
    return true;
  }
  if (size > SIZE_MAX - bytes->size) {
    return false;
  }
  size_t needed = bytes->size + size;
  /* When doubling is too much to ask for, what is needed may still be had. */
  if (needed > bytes->capacity && !pw_bytes_reserve(bytes, grown_capacity(bytes->capacity, needed, 64, 1)) &&
      !pw_bytes_reserve(bytes, needed)) {
    return false;
  }
  memcpy(bytes->data + bytes->size, data, size);
  bytes->size = needed;
  return true;
}

void
pw_bytes_clear(struct pw_bytes *bytes)
{
  free(bytes->data);
  memset(bytes, 0, sizeof(*bytes));
}

bool
pw_error_set(struct pw_error *error, enum pw_error_code code, const char *format, ...)
{
  if (!error) {
    return false;
  }
  /* Not straight into the error: a caller that adds to a message passes the old one as an argument. */
  char    message[sizeof(error->message)];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(message, sizeof(message), format, arguments);
  va_end(arguments);
  if (length < 0) {
    snprintf(message, sizeof(message), "a message that could not be formatted: %s", format);
  } else if ((size_t)length >= sizeof(message)) {
    memcpy(message + sizeof(message) - 4, "...", 4);
  }
  memcpy(error->message, message, strlen(message) + 1);
  error->code = code;
  return false;
}

const char *
pw_error_word(enum pw_error_code code)
{
  static const char *const words[] = {
#define WORD(enumerator, word) [enumerator] = word,
    PW_ERRORS(WORD)
#undef WORD
  };
  return (unsigned)code < PW_ERROR_COUNT ? words[code] : "unknown error";
}
