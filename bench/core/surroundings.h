/* SPDX-License-Identifier: Apache-2.0 */
/* The proxy around both hosts: as little as hostcalls can work on, and the same for both. */
#ifndef BENCH_CORE_SURROUNDINGS_H
#define BENCH_CORE_SURROUNDINGS_H

#include <proxywasm/types.h>

#define HEADER_COUNT 20

/* The request's headers. */
extern const struct pw_pair headers[HEADER_COUNT];

/* The value of a header; NULL: there is none. Names compare without case. */
const struct pw_view *header_find(struct pw_view key);
/* Takes note of a header that is added or replaced. */
void header_set(struct pw_view key, struct pw_view value);
/* Does what a map does that lacks the header. */
void header_remove(struct pw_view key);
/* Takes note of headers that take the place of all. */
void headers_set(const struct pw_pair *pairs, size_t count);
/* Takes note of a line. */
void line_written(struct pw_view text);
/* Takes note of a period. */
void tick_set(uint32_t milliseconds);
void fill_random_bytes(void *bytes, size_t size);
/* Nanoseconds since 1970. */
uint64_t time_now(void);
/* Nanoseconds since some fixed point, to measure with. */
double nanoseconds(void);

struct pw_view request_body(void);
struct pw_view request_path(void);

#endif
