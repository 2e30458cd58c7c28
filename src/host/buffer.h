/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file buffer.h
 * A body on its way through a module (ABI text, "Buffers").
 *
 * Begins as a view of somebody else's bytes, so that a module that only looks costs no copy; becomes a copy of its own
 * when it has to be kept or is changed. For one thread at a time.
 */
#ifndef PROXYWASM_HOST_BUFFER_H
#define PROXYWASM_HOST_BUFFER_H

#include <proxywasm/abi.h>
#include <proxywasm/types.h>

/** Zero-initialised is empty. Private: use the functions. */
struct pw_buffer {
  struct pw_view  view;     /**< what it shows, when `borrowed` */
  struct pw_bytes bytes;    /**< what it shows, when not; else memory kept for later */
  bool            borrowed; /**< shows `view` */
};

/** What it holds. Valid until the next call that changes it (and, while borrowed, as long as the bytes themselves). */
struct pw_view pw_buffer_view(const struct pw_buffer *buffer);
/** Whether the bytes are somebody else's, and pw_buffer_own has work to do. */
bool pw_buffer_is_borrowed(const struct pw_buffer *buffer);

/** Shows `view` instead of what it held, without copying. An empty buffer is owned. */
void pw_buffer_set_view(struct pw_buffer *buffer, struct pw_view view);

/** Copies what it shows, if borrowed, so that it outlives the bytes. False when memory is out: it still shows them. */
bool pw_buffer_own(struct pw_buffer *buffer);

/** Adds a copy of `piece` (no part of the buffer itself) to the end. BAD_ARGUMENT: it would be over `limit` bytes;
 *  INTERNAL_FAILURE: memory is out. Nothing is changed then. */
enum pw_status pw_buffer_append(struct pw_buffer *buffer, struct pw_view piece, size_t limit);

/**
 * proxy_set_buffer_bytes: `value` (no part of the buffer itself) instead of `size` bytes from `start` on. `start` at or
 * beyond the end appends; `size` is cut to what is there. BAD_ARGUMENT: the result would be over `limit` bytes;
 * INTERNAL_FAILURE: memory is out. Nothing is changed then.
 */
enum pw_status pw_buffer_replace(struct pw_buffer *buffer, size_t start, size_t size, struct pw_view value,
                                 size_t limit);

/**
 * proxy_get_buffer_bytes, of any bytes: at most `max_size` bytes from `start` on. Beyond the end there is nothing, and
 * that is OK (modules read in steps until nothing comes), as with the reference host. BAD_ARGUMENT: `start` is beyond
 * the end and `start` + `max_size` is beyond 32 bits.
 */
enum pw_status pw_buffer_part(struct pw_view bytes, uint32_t start, uint32_t max_size, struct pw_view *part);

/** Moves what it holds to `out` (what that held is freed), and leaves it empty; copies when borrowed. False when memory
 *  is out: nothing is changed. */
bool pw_buffer_take(struct pw_buffer *buffer, struct pw_bytes *out);

/** Empties it; keeps memory for later. */
void pw_buffer_clear(struct pw_buffer *buffer);
/** Makes one empty whose memory was freed. */
static inline void
pw_buffer_begin(struct pw_buffer *buffer)
{
  buffer->borrowed = false;
}
/** Frees the memory of two: they are not used any more, but to begin anew. Inline and with one look, because each
 * stream has two for each plugin, mostly with nothing to free. */
static inline void
pw_buffers_release(struct pw_buffer *first, struct pw_buffer *second)
{
  if (((uintptr_t)first->bytes.data | (uintptr_t)second->bytes.data) != 0) {
    pw_bytes_clear(&first->bytes);
    pw_bytes_clear(&second->bytes);
  }
}
/** Empties it and frees its memory. */
static inline void
pw_buffer_free(struct pw_buffer *buffer)
{
  pw_bytes_clear(&buffer->bytes);
  memset(buffer, 0, sizeof(*buffer));
}

#endif
