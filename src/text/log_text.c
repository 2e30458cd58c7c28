/* SPDX-License-Identifier: Apache-2.0 */
#include "text/log_text.h"

#include <stdio.h>

#include "text/utf8.h"

static const uint64_t SECOND = UINT64_C(1000000000);

/** One unit of output: a character as it is, or an escape. */
struct piece {
  size_t source; /**< bytes of the text that it stands for */
  size_t size;
  bool   escaped;
  char   escape[8];
};

static struct piece
escape_letter(char letter)
{
  return (struct piece){.source = 1, .size = 2, .escaped = true, .escape = {'\\', letter}};
}

/** "\x1b" for one byte. */
static struct piece
escape_byte(unsigned char byte)
{
  struct piece piece = {.source = 1, .size = 4, .escaped = true};
  snprintf(piece.escape, sizeof(piece.escape), "\\x%02x", byte);
  return piece;
}

/** "\u0085" for a character of `source` bytes. */
static struct piece
escape_character(size_t source, uint32_t character)
{
  struct piece piece = {.source = source, .size = 6, .escaped = true};
  snprintf(piece.escape, sizeof(piece.escape), "\\u%04x", (unsigned)(character & 0xffff));
  return piece;
}

/** The piece that begins at `text`, which is not empty. */
static struct piece
next_piece(const char *text, size_t size)
{
  uint32_t character = 0;
  size_t   length    = pw_utf8_decode(text, size, &character);
  if (length == 0) {
    return escape_byte((unsigned char)text[0]);
  }
  switch (character) {
  case '\n':
    return escape_letter('n');
  case '\r':
    return escape_letter('r');
  case '\0':
    return escape_letter('0');
  case '\t':
    break;
  default:
    if (character < 0x20 || character == 0x7f) {
      return escape_byte((unsigned char)character);
    }
    /* Terminals obey the control characters of the upper half (U+009B begins a command), and some viewers break lines
     * at these two separators. */
    if ((character >= 0x80 && character < 0xa0) || character == 0x2028 || character == 0x2029) {
      return escape_character(length, character);
    }
    break;
  }
  return (struct piece){.source = length, .size = length};
}

/** How many bytes from the beginning, up to `limit`, can stay as they are. */
static size_t
clean_prefix(struct pw_view text, size_t limit)
{
  size_t done = 0;
  while (done < text.size) {
    unsigned char c = (unsigned char)text.data[done];
    if (c >= 0x20 && c < 0x7f) {
      if (done == limit) {
        break;
      }
      done++;
      continue;
    }
    struct piece piece = next_piece(text.data + done, text.size - done);
    if (piece.escaped || piece.size > limit - done) {
      break;
    }
    done += piece.size;
  }
  return done;
}

static void
put_mark(struct pw_bytes *buffer, size_t size)
{
  char mark[64];
  int  length = snprintf(mark, sizeof(mark), " [cut: %zu bytes in all]", size);
  pw_bytes_append(buffer, mark, (size_t)length);
}

/** Text that may have something to be changed. */
static __attribute__((noinline)) struct pw_view
changed_text(struct pw_view text, size_t limit, struct pw_bytes *buffer)
{
  size_t done = clean_prefix(text, limit);
  if (done == text.size) {
    return text;
  }
  buffer->size = 0;
  if (!pw_bytes_append(buffer, text.data, done)) {
    return pw_bytes_view(buffer);
  }
  while (done < text.size) {
    struct piece piece = next_piece(text.data + done, text.size - done);
    if (piece.size > limit - buffer->size) {
      put_mark(buffer, text.size);
      break;
    }
    if (!pw_bytes_append(buffer, piece.escaped ? piece.escape : text.data + done, piece.size)) {
      break;
    }
    done += piece.source;
  }
  return pw_bytes_view(buffer);
}

struct pw_view
pw_log_text(struct pw_view text, size_t limit, struct pw_bytes *buffer)
{
  return pw_log_text_plain(text, limit) ? text : changed_text(text, limit, buffer);
}

bool
pw_log_limiter_allow(struct pw_log_limiter *limiter, uint32_t lines_per_second, uint64_t now, uint64_t *dropped)
{
  *dropped = 0;
  if (pw_log_limiter_take(limiter)) {
    return true;
  }
  /* A clock that went back makes the difference huge, and so begins a new second too. */
  if (now - limiter->second_start >= SECOND) {
    limiter->second_start = now;
    limiter->left         = lines_per_second;
    *dropped              = pw_log_limiter_take_dropped(limiter);
  }
  if (pw_log_limiter_take(limiter)) {
    return true;
  }
  limiter->dropped++;
  return false;
}

uint64_t
pw_log_limiter_take_dropped(struct pw_log_limiter *limiter)
{
  uint64_t dropped = limiter->dropped;
  limiter->dropped = 0;
  return dropped;
}
