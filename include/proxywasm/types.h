/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file types.h
 * What every part of proxywasm shares: views of bytes, pairs, and errors.
 */
#ifndef PROXYWASM_TYPES_H
#define PROXYWASM_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes that somebody else owns. Not terminated; may hold any byte. `data` may be NULL only when `size` is 0. */
struct pw_view {
  const char *data;
  size_t      size;
};

/** A view of a terminated string. NULL gives the empty view. */
static inline struct pw_view
pw_view_of(const char *text)
{
  struct pw_view view;
  view.data = text;
  view.size = text ? strlen(text) : 0;
  return view;
}

static inline struct pw_view
pw_view_make(const void *data, size_t size)
{
  struct pw_view view;
  view.data = (const char *)data;
  view.size = size;
  return view;
}

static inline bool
pw_view_equal(struct pw_view a, struct pw_view b)
{
  return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/** A key and a value: a header, a trailer, a metadata element, an environment variable. */
struct pw_pair {
  struct pw_view key;
  struct pw_view value;
};

/**
 * A growing list of pairs, used to hand maps over. The list owns `items`; the views' bytes belong to whoever filled it,
 * and live as long as that says. Zero-initialised is empty. Reusing one list spares allocations.
 */
struct pw_pairs {
  struct pw_pair *items;
  size_t          count;
  size_t          capacity;
};

/** Makes room for `more`; false when memory is out. The functions below do so when they have to. */
bool pw_pairs_grow(struct pw_pairs *pairs, size_t more);
/** Sees to it that there is room for `more`, for who knows their number: they are put behind the others in `items`, and
 *  counted. False when memory is out. */
static inline bool
pw_pairs_reserve(struct pw_pairs *pairs, size_t more)
{
  return more <= pairs->capacity - pairs->count || pw_pairs_grow(pairs, more);
}
/** Appends; false when memory is out. */
static inline bool
pw_pairs_add(struct pw_pairs *pairs, struct pw_view key, struct pw_view value)
{
  if (pairs->count == pairs->capacity && !pw_pairs_grow(pairs, 1)) {
    return false;
  }
  pairs->items[pairs->count].key   = key;
  pairs->items[pairs->count].value = value;
  pairs->count++;
  return true;
}
/** Frees the list (not what the views point to) and leaves it empty. */
void pw_pairs_clear(struct pw_pairs *pairs);

/** How much there is in a map. */
struct pw_map_size {
  size_t   count; /**< pairs */
  uint64_t bytes; /**< of all keys and values, with nothing between */
};

/** A growing run of bytes. Zero-initialised is empty. Owns `data`. */
struct pw_bytes {
  char  *data;
  size_t size;
  size_t capacity;
};

/** The same as pw_bytes_append, which does what fits by itself. */
bool pw_bytes_append_grown(struct pw_bytes *bytes, const void *data, size_t size);
/** Appends `size` bytes; false when memory is out (nothing is appended then). */
static inline bool
pw_bytes_append(struct pw_bytes *bytes, const void *data, size_t size)
{
  if (size == 0 || size > bytes->capacity - bytes->size) {
    return pw_bytes_append_grown(bytes, data, size);
  }
  memcpy(bytes->data + bytes->size, data, size);
  bytes->size += size;
  return true;
}
/** Makes room for `capacity` bytes in all; false when memory is out. */
bool pw_bytes_reserve(struct pw_bytes *bytes, size_t capacity);
/** Appends a text that there is room for, so that nothing moves. Returns the copy, which is valid as long as that
 * holds. */
static inline struct pw_view
pw_bytes_keep(struct pw_bytes *bytes, struct pw_view text)
{
  const char *copy = bytes->data + bytes->size;
  pw_bytes_append(bytes, text.data, text.size);
  return pw_view_make(copy, text.size);
}
/** Frees and leaves it empty. */
void pw_bytes_clear(struct pw_bytes *bytes);
static inline struct pw_view
pw_bytes_view(const struct pw_bytes *bytes)
{
  return pw_view_make(bytes->data, bytes->size);
}

/** Why a library function failed: X(enumerator, word). The word begins the message in logs. */
#define PW_ERRORS(X)                                                                                                   \
  X(PW_ERROR_NONE, "no error")                                                                                         \
  X(PW_ERROR_MEMORY, "out of memory")                                                                                  \
  X(PW_ERROR_ARGUMENT, "bad argument")                                                                                 \
  X(PW_ERROR_FILE, "file")                                                                                             \
  X(PW_ERROR_CONFIGURATION, "configuration")                                                                           \
  X(PW_ERROR_MODULE, "module")                                                                                         \
  X(PW_ERROR_ABI, "ABI")                                                                                               \
  X(PW_ERROR_LINK, "link")                                                                                             \
  X(PW_ERROR_ENGINE, "engine")                                                                                         \
  X(PW_ERROR_START, "start")                                                                                           \
  X(PW_ERROR_TRAP, "trap")                                                                                             \
  X(PW_ERROR_LIMIT, "limit")

enum pw_error_code {
#define PW_ERROR_ENUMERATOR(enumerator, word) enumerator,
  PW_ERRORS(PW_ERROR_ENUMERATOR)
#undef PW_ERROR_ENUMERATOR
    PW_ERROR_COUNT
};

/**
 * A library error: the third kind of failure, beside the ABI status that a module sees and the trap of a guest.
 * The message says what is wrong, where, and what to do; one line, or several for a trap's backtrace.
 */
struct pw_error {
  enum pw_error_code code;
  char               message[2048];
};

/** Sets code and message (printf); cuts what does not fit. `error` may be NULL. Returns false, so that a caller can
 *  `return pw_error_set(...)`. */
bool pw_error_set(struct pw_error *error, enum pw_error_code code, const char *format, ...)
#ifdef __GNUC__
  __attribute__((format(printf, 3, 4)))
#endif
  ;
/** Static word for a code. */
const char *pw_error_word(enum pw_error_code code);

#ifdef __cplusplus
}
#endif

#endif
