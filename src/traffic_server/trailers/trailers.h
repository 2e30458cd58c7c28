/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trailers.h
 * The trailers of a message: read from the lines that follow its chunks, shown to modules as a map, and written again.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_TRAILERS_H
#define PROXYWASM_TRAFFIC_SERVER_TRAILERS_H

#include <proxywasm/proxy.h>

/** So many there may be, and so many bytes of names and values: of a peer's and those of modules. */
#define PW_TRAILERS_MOST  100
#define PW_TRAILERS_BYTES ((size_t)64 << 10)

struct pw_trailer {
  char  *text; /**< the name, and the value after it */
  size_t name_size;
  size_t value_size;
};

enum pw_trailers_state {
  PW_TRAILERS_ABSENT, /**< there are none, and none can be added */
  PW_TRAILERS_OPEN,   /**< they can be changed */
  PW_TRAILERS_SENT
};

/** Zero-initialised: none. It owns all of it. */
struct pw_trailers {
  enum pw_trailers_state state;
  struct pw_trailer     *fields;
  size_t                 count;
  size_t                 capacity;
  size_t                 bytes;
};

/**
 * Reads lines "NAME: VALUE\r\n"…, strictly (RFC 9112, 5; without folding), up to the empty line that ends them. Names
 * that may not be among trailers (pw_trailer_name_valid) are left out. Returns NULL, or what is wrong (static): then
 * there are none.
 */
const char *pw_trailers_read(struct pw_trailers *trailers, struct pw_view lines);
/** Appends them as such lines, without an empty one. False: memory is out. */
bool pw_trailers_write(const struct pw_trailers *trailers, struct pw_bytes *bytes);
/** Forgets them, with their memory. */
void pw_trailers_clear(struct pw_trailers *trailers);

/** The map of modules: as pw_proxy_ops. Pairs are views that live until the next change. */
enum pw_status pw_trailers_count(const struct pw_trailers *trailers, size_t *count);
enum pw_status pw_trailers_size(const struct pw_trailers *trailers, struct pw_map_size *size);
enum pw_status pw_trailers_pairs(const struct pw_trailers *trailers, struct pw_pairs *pairs);
enum pw_status pw_trailers_get(const struct pw_trailers *trailers, struct pw_view key, struct pw_pairs *pairs);
enum pw_status pw_trailers_add(struct pw_trailers *trailers, struct pw_view key, struct pw_view value);
enum pw_status pw_trailers_replace(struct pw_trailers *trailers, struct pw_view key, struct pw_view value);
enum pw_status pw_trailers_remove(struct pw_trailers *trailers, struct pw_view key);
enum pw_status pw_trailers_set(struct pw_trailers *trailers, const struct pw_pairs *pairs);

#endif
