/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file grpc_reply.h
 * Local replies to gRPC requests. A gRPC client looks at neither the status nor the body of HTTP, but at the fields
 * grpc-status and grpc-message of an answer that is 200 (gRPC over HTTP/2, "Responses": Trailers-Only). The ABI text
 * gives proxy_send_local_response a `grpc_status` and says no more; the reference host does what is done here.
 */
#ifndef PROXYWASM_HOST_GRPC_REPLY_H
#define PROXYWASM_HOST_GRPC_REPLY_H

#include <proxywasm/proxy.h>

/** A reply, and what its views point into. */
struct pw_grpc_reply {
  struct pw_local_reply reply;
  struct pw_pairs       headers;
  struct pw_bytes       bytes;
};

/** Whether a request with this content-type is gRPC's: "application/grpc", also with a format ("+proto") or parameters.
 *  gRPC-Web is not. */
bool pw_grpc_is_content_type(struct pw_view content_type);

/**
 * Makes of a module's reply what a gRPC client understands: 200, the module's own fields, grpc-status (its own, or what
 * its HTTP status means there) and the body as grpc-message, of which the first 4,096 bytes are taken. `grpc` is
 * overwritten, and to be cleared in any case; it uses what `reply` points to. False when memory is out.
 */
bool pw_grpc_reply_make(struct pw_grpc_reply *grpc, const struct pw_local_reply *reply);
/** Frees its memory. All zero is as good as cleared. */
void pw_grpc_reply_clear(struct pw_grpc_reply *grpc);

#endif
