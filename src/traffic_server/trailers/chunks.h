/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file chunks.h
 * Takes the chunked transfer coding (RFC 9112, 7.1) off a body that comes in pieces, and keeps its trailers.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_CHUNKS_H
#define PROXYWASM_TRAFFIC_SERVER_CHUNKS_H

#include <proxywasm/types.h>

/** Trailers, and the line of a chunk's size with its extensions, may be so long. */
#define PW_CHUNKS_TRAILER_BYTES ((size_t)64 << 10)
#define PW_CHUNKS_LINE_BYTES    ((size_t)4 << 10)

enum pw_chunks_state {
  PW_CHUNKS_SIZE,      /**< in the size */
  PW_CHUNKS_EXTENSION, /**< between the size and the end of its line */
  PW_CHUNKS_SIZE_LF,
  PW_CHUNKS_DATA,
  PW_CHUNKS_DATA_CR,
  PW_CHUNKS_DATA_LF,
  PW_CHUNKS_TRAILER,
  PW_CHUNKS_DONE
};

/** Zero-initialised is the beginning. */
struct pw_chunks {
  enum pw_chunks_state state;
  bool                 digits; /**< of the size: one has come */
  uint64_t             left;   /**< the size so far; of the chunk's data */
  size_t               line_bytes;
  struct pw_bytes      trailers; /**< their lines, up to the empty one */
};

/**
 * Moves `*piece` past framing up to the next data, and past that; `*data` shows it, as a part of what `*piece` was.
 * Empty: nothing is left of the piece, or the body has ended (PW_CHUNKS_DONE). Returns NULL, or what is wrong (static):
 * nothing more can be read then.
 */
const char *pw_chunks_next(struct pw_chunks *chunks, struct pw_view *piece, struct pw_view *data);

/**
 * Takes what has come, and appends the content to `body`, which may hold `most` bytes. `*piece` is moved past what was
 * taken: all, unless the body ended within. Returns NULL, or what is wrong (static): nothing more can be read then.
 */
const char *pw_chunks_take(struct pw_chunks *chunks, struct pw_view *piece, struct pw_bytes *body, uint64_t most);

/** Appends the trailers to `pairs`, as views into `chunks`. Lines that are no fields are left out. False: memory is
 *  out. */
bool pw_chunks_trailers(const struct pw_chunks *chunks, struct pw_pairs *pairs);

void pw_chunks_clear(struct pw_chunks *chunks);

#endif
