/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file http_call_request.h
 * A call as the bytes of an HTTP/1.1 request, for the server itself to carry out.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_HTTP_CALL_REQUEST_H
#define PROXYWASM_TRAFFIC_SERVER_HTTP_CALL_REQUEST_H

#include "traffic_server/call/upstream.h"

#include <proxywasm/proxy.h>

/** The field that tells the server's request which exchange it belongs to; it does not leave the server. */
#define PW_CALL_FIELD "Proxywasm-Call"

/**
 * Writes the request: its line has the upstream in an absolute URL, its field PW_CALL_FIELD has `number`. Connection
 * fields and those that frame the body are left out of what the module gave; with trailers the body is chunked.
 * BAD_ARGUMENT: a method that is none, or means the server itself (CONNECT, PURGE, PUSH), or a path that is none.
 * INTERNAL_FAILURE: memory is out.
 */
enum pw_status pw_call_request_write(const struct pw_http_call *call, const struct pw_upstream *upstream,
                                     uint32_t number, struct pw_bytes *request);

/** The value of a pseudo-header of a call; empty: it has none. */
struct pw_view pw_call_pseudo(const struct pw_http_call *call, const char *name);

#endif
