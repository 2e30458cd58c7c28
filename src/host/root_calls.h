/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file root_calls.h
 * The calls that a root context has under way, by id: what kind each is, and how many bytes it holds until it ends.
 * Those are counted for all roots of a plugin on a worker, since a module could make them without end otherwise.
 *
 * The lock of the root's worker is held in all of these.
 */
#ifndef PROXYWASM_HOST_ROOT_CALLS_H
#define PROXYWASM_HOST_ROOT_CALLS_H

#include "host/internal.h"

/** PW_CALL_GRPC_OVER: a stream whose end its module is being told, and may close once more. */
enum pw_call_kind { PW_CALL_NONE, PW_CALL_HTTP, PW_CALL_GRPC, PW_CALL_GRPC_STREAM, PW_CALL_GRPC_OVER };

/** One more, of so many bytes, under a fresh id. 0: it would be too many (limits.calls_in_flight and PW_MAX_CALL_BYTES,
 * which the log is told), or memory is out; answer INTERNAL_FAILURE. */
uint32_t pw_root_call_add(struct pw_root *root, enum pw_call_kind kind, size_t bytes);
/** NONE: there is no such call. */
enum pw_call_kind pw_root_call_kind(const struct pw_root *root, uint32_t id);
/** A stream's other side is closed: it becomes OVER. */
void pw_root_call_over(struct pw_root *root, uint32_t id);
/** Forgets one, if there is such a one. */
void pw_root_call_remove(struct pw_root *root, uint32_t id);
/** Gives all of them up: the proxy is told, and no callback comes for them any more. */
void pw_root_cancel_calls(struct pw_root *root);

#endif
