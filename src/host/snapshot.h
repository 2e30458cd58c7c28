/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file snapshot.h
 * The maps of a stream as they were at its end, for contexts that deferred theirs: the proxy's stream is gone.
 */
#ifndef PROXYWASM_HOST_SNAPSHOT_H
#define PROXYWASM_HOST_SNAPSHOT_H

#include "host/internal.h"

/** Copies the maps. The plugin of `context`, which deferred its end, answers for the bytes: a map for which it holds
 * too many already (PW_MAX_SNAPSHOT_BYTES) or memory is out is empty, which the log is told. NULL: no memory at all. */
struct pw_snapshot *pw_snapshot_take(const struct pw_stream *stream, struct pw_context *context);
/** Any thread. NULL is allowed. */
void pw_snapshot_free(struct pw_snapshot *snapshot);

#endif
