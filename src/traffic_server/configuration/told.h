/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file told.h
 * What callbacks of headers are told: how many fields there are, and whether a body follows. To find that out takes a
 * dozen calls into the server for a request and its response, and many modules look at neither.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_TOLD_H
#define PROXYWASM_TRAFFIC_SERVER_TOLD_H

#include <proxywasm/types.h>

/** Which of it somebody looks at, by direction (enum pw_stream_type). */
struct pw_told {
  bool count[2];
  bool end[2]; /**< end_of_stream */
};

/** What the callbacks of a module look at: all of it where that is not to be seen. */
struct pw_told pw_told_of_module(struct pw_view code);
/** Adds what somebody else looks at. */
void pw_told_add(struct pw_told *told, const struct pw_told *other);

#endif
