/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/trailers/chunks.h"

#include "host/pairs.h"

/* More would not fit into 64 bits with another digit. */
#define SIZE_MOST (UINT64_MAX >> 4)

static const char broken_size[]  = "a chunk has no size";
static const char broken_end[]   = "a chunk does not end where its size says";
static const char long_line[]    = "the line of a chunk's size is too long";
static const char long_trailer[] = "the trailers are too long";
static const char too_large[]    = "the body is larger than limits.body";
static const char no_memory[]    = "out of memory";

static int
hexadecimal(char c)
{
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  c = (char)(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *
size_byte(struct pw_chunks *chunks, char c)
{
  int digit = hexadecimal(c);
  if (digit >= 0) {
    if (chunks->left > SIZE_MOST) {
      return too_large;
    }
    chunks->left   = chunks->left << 4 | (uint64_t)digit;
    chunks->digits = true;
    return NULL;
  }
  if (!chunks->digits || (c != '\r' && c != ';' && c != ' ' && c != '\t')) {
    return broken_size;
  }
  chunks->state = c == '\r' ? PW_CHUNKS_SIZE_LF : PW_CHUNKS_EXTENSION;
  return NULL;
}

static void
size_line_ended(struct pw_chunks *chunks)
{
  chunks->state      = chunks->left > 0 ? PW_CHUNKS_DATA : PW_CHUNKS_TRAILER;
  chunks->digits     = false;
  chunks->line_bytes = 0;
}

/* A line that is empty, or that is the whole of the trailers, ends them. */
static const char *
trailer_byte(struct pw_chunks *chunks, char c)
{
  const struct pw_bytes *trailers = &chunks->trailers;
  if (trailers->size >= PW_CHUNKS_TRAILER_BYTES) {
    return long_trailer;
  }
  if (!pw_bytes_append(&chunks->trailers, &c, 1)) {
    return no_memory;
  }
  size_t size = trailers->size;
  if (c == '\n' && size >= 2 && trailers->data[size - 2] == '\r' && (size == 2 || trailers->data[size - 3] == '\n')) {
    chunks->state = PW_CHUNKS_DONE;
  }
  return NULL;
}

/* One byte of what is not data. */
static const char *
framing_byte(struct pw_chunks *chunks, char c)
{
  switch (chunks->state) {
  case PW_CHUNKS_SIZE:
    return ++chunks->line_bytes > PW_CHUNKS_LINE_BYTES ? long_line : size_byte(chunks, c);
  case PW_CHUNKS_EXTENSION:
    if (++chunks->line_bytes > PW_CHUNKS_LINE_BYTES) {
      return long_line;
    }
    chunks->state = c == '\r' ? PW_CHUNKS_SIZE_LF : PW_CHUNKS_EXTENSION;
    return c == '\n' ? broken_size : NULL;
  case PW_CHUNKS_SIZE_LF:
    size_line_ended(chunks);
    return c == '\n' ? NULL : broken_size;
  case PW_CHUNKS_DATA_CR:
    chunks->state = PW_CHUNKS_DATA_LF;
    return c == '\r' ? NULL : broken_end;
  case PW_CHUNKS_DATA_LF:
    chunks->state = PW_CHUNKS_SIZE;
    return c == '\n' ? NULL : broken_end;
  case PW_CHUNKS_TRAILER:
    return trailer_byte(chunks, c);
  case PW_CHUNKS_DATA:
  case PW_CHUNKS_DONE:
    break;
  }
  return NULL;
}

const char *
pw_chunks_next(struct pw_chunks *chunks, struct pw_view *piece, struct pw_view *data)
{
  const char *problem = NULL;
  *data               = pw_view_make(NULL, 0);
  while (!problem && piece->size > 0 && chunks->state != PW_CHUNKS_DATA && chunks->state != PW_CHUNKS_DONE) {
    problem = framing_byte(chunks, piece->data[0]);
    *piece  = pw_view_make(piece->data + 1, piece->size - 1);
  }
  if (!problem && piece->size > 0 && chunks->state == PW_CHUNKS_DATA) {
    size_t size = chunks->left < piece->size ? (size_t)chunks->left : piece->size;
    *data       = pw_view_make(piece->data, size);
    *piece      = pw_view_make(piece->data + size, piece->size - size);
    chunks->left -= size;
    chunks->state = chunks->left == 0 ? PW_CHUNKS_DATA_CR : PW_CHUNKS_DATA;
  }
  return problem;
}

const char *
pw_chunks_take(struct pw_chunks *chunks, struct pw_view *piece, struct pw_bytes *body, uint64_t most)
{
  const char *problem = NULL;
  while (!problem && piece->size > 0 && chunks->state != PW_CHUNKS_DONE) {
    struct pw_view data;
    problem       = pw_chunks_next(chunks, piece, &data);
    uint64_t room = most - body->size;
    if (!problem && (chunks->left > room || data.size > room - chunks->left)) {
      problem = too_large;
    } else if (!problem && !pw_bytes_append(body, data.data, data.size)) {
      problem = no_memory;
    }
  }
  return problem;
}

static struct pw_view
trim(struct pw_view text)
{
  while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
    text = pw_view_make(text.data + 1, text.size - 1);
  }
  while (text.size > 0 && strchr(" \t\r", text.data[text.size - 1])) {
    text.size--;
  }
  return text;
}

bool
pw_chunks_trailers(const struct pw_chunks *chunks, struct pw_pairs *pairs)
{
  struct pw_view rest = pw_bytes_view(&chunks->trailers);
  while (rest.size > 0) {
    const char    *end   = (const char *)memchr(rest.data, '\n', rest.size);
    size_t         size  = end ? (size_t)(end - rest.data) : rest.size;
    const char    *colon = (const char *)memchr(rest.data, ':', size);
    struct pw_view name  = pw_view_make(rest.data, colon ? (size_t)(colon - rest.data) : 0);
    if (colon && pw_field_name_valid(name) && name.data[0] != ':') {
      struct pw_view value = trim(pw_view_make(colon + 1, size - name.size - 1));
      if (pw_field_value_valid(value) && !pw_pairs_add(pairs, name, value)) {
        return false;
      }
    }
    size += end ? 1 : 0;
    rest = pw_view_make(rest.data + size, rest.size - size);
  }
  return true;
}

void
pw_chunks_clear(struct pw_chunks *chunks)
{
  pw_bytes_clear(&chunks->trailers);
  memset(chunks, 0, sizeof(*chunks));
}
