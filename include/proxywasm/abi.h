/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file abi.h
 * The numbers of the Proxy-Wasm ABI (0.1.0, 0.2.0 and 0.2.1), section "Types" of each text.
 *
 * Values are the ABI's own and never change. What a version lacks is marked.
 */
#ifndef PROXYWASM_ABI_H
#define PROXYWASM_ABI_H

#ifdef __cplusplus
extern "C" {
#endif

/** The ABI versions, as a bit set: a module has one, a function of the ABI may be in several. */
enum pw_abi_version {
  PW_ABI_NONE  = 0,
  PW_ABI_0_1_0 = 1 << 0,
  PW_ABI_0_2_0 = 1 << 1,
  PW_ABI_0_2_1 = 1 << 2,
  PW_ABI_0_2   = PW_ABI_0_2_0 | PW_ABI_0_2_1,
  PW_ABI_ALL   = PW_ABI_0_1_0 | PW_ABI_0_2
};

/** `proxy_status_t`: what a hostcall returns to the module. */
enum pw_status {
  PW_STATUS_OK                    = 0,
  PW_STATUS_NOT_FOUND             = 1,
  PW_STATUS_BAD_ARGUMENT          = 2,
  PW_STATUS_SERIALIZATION_FAILURE = 3,
  PW_STATUS_PARSE_FAILURE         = 4,
  PW_STATUS_INVALID_MEMORY_ACCESS = 6,
  PW_STATUS_EMPTY                 = 7,
  PW_STATUS_CAS_MISMATCH          = 8,
  PW_STATUS_INTERNAL_FAILURE      = 10,
  PW_STATUS_UNIMPLEMENTED         = 12
};

/** `proxy_log_level_t`. */
enum pw_log_level {
  PW_LOG_TRACE    = 0,
  PW_LOG_DEBUG    = 1,
  PW_LOG_INFO     = 2,
  PW_LOG_WARN     = 3,
  PW_LOG_ERROR    = 4,
  PW_LOG_CRITICAL = 5
};

/** `proxy_action_t`: what a stream callback answers. */
enum pw_action { PW_ACTION_CONTINUE = 0, PW_ACTION_PAUSE = 1 };

/** `proxy_buffer_type_t`. 6, 7 and 8 are not in 0.1.0. */
enum pw_buffer_type {
  PW_BUFFER_HTTP_REQUEST_BODY          = 0,
  PW_BUFFER_HTTP_RESPONSE_BODY         = 1,
  PW_BUFFER_DOWNSTREAM_DATA            = 2,
  PW_BUFFER_UPSTREAM_DATA              = 3,
  PW_BUFFER_HTTP_CALL_RESPONSE_BODY    = 4,
  PW_BUFFER_GRPC_CALL_MESSAGE          = 5,
  PW_BUFFER_VM_CONFIGURATION           = 6,
  PW_BUFFER_PLUGIN_CONFIGURATION       = 7,
  PW_BUFFER_FOREIGN_FUNCTION_ARGUMENTS = 8,
  PW_BUFFER_TYPE_COUNT                 = 9
};

/** `proxy_map_type_t`. */
enum pw_map_type {
  PW_MAP_HTTP_REQUEST_HEADERS        = 0,
  PW_MAP_HTTP_REQUEST_TRAILERS       = 1,
  PW_MAP_HTTP_RESPONSE_HEADERS       = 2,
  PW_MAP_HTTP_RESPONSE_TRAILERS      = 3,
  PW_MAP_GRPC_CALL_INITIAL_METADATA  = 4,
  PW_MAP_GRPC_CALL_TRAILING_METADATA = 5,
  PW_MAP_HTTP_CALL_RESPONSE_HEADERS  = 6,
  PW_MAP_HTTP_CALL_RESPONSE_TRAILERS = 7,
  PW_MAP_TYPE_COUNT                  = 8,
  /** Maps that belong to a stream, and so to the proxy: the first four. */
  PW_MAP_STREAM_COUNT = 4
};

/** `proxy_stream_type_t` (0.2.0 and later). */
enum pw_stream_type {
  PW_STREAM_HTTP_REQUEST  = 0,
  PW_STREAM_HTTP_RESPONSE = 1,
  PW_STREAM_DOWNSTREAM    = 2,
  PW_STREAM_UPSTREAM      = 3,
  PW_STREAM_TYPE_COUNT    = 4
};

/** `proxy_peer_type_t`. */
enum pw_peer_type { PW_PEER_UNKNOWN = 0, PW_PEER_LOCAL = 1, PW_PEER_REMOTE = 2 };

/** `proxy_metric_type_t`. */
enum pw_metric_type { PW_METRIC_COUNTER = 0, PW_METRIC_GAUGE = 1, PW_METRIC_HISTOGRAM = 2, PW_METRIC_TYPE_COUNT = 3 };

/** `wasi_errno_t`, as far as the ABI text and WASI preview 1 give them to the functions that we serve. */
enum pw_wasi_errno {
  PW_WASI_SUCCESS    = 0,
  PW_WASI_BADF       = 8,
  PW_WASI_FAULT      = 21,
  PW_WASI_INVAL      = 28,
  PW_WASI_NOENT      = 44,
  PW_WASI_NOSYS      = 52,
  PW_WASI_NOTSUP     = 58,
  PW_WASI_NOTCAPABLE = 76
};

/**
 * The callbacks of a module: X(identifier, export name, parameters, result, ABI versions).
 *
 * Parameters and result are wasm types: i = i32, v = none. `on_request_headers` and `on_response_headers` have one
 * parameter fewer in 0.1.0 (no `end_of_stream`); the host looks at the export's own type.
 * A module that exports a callback with another signature is refused.
 */
#define PW_CALLBACKS(X)                                                                                                \
  X(CONTEXT_CREATE, "proxy_on_context_create", "ii", 'v', PW_ABI_ALL)                                                  \
  X(DONE, "proxy_on_done", "i", 'i', PW_ABI_ALL)                                                                       \
  X(LOG, "proxy_on_log", "i", 'v', PW_ABI_ALL)                                                                         \
  X(DELETE, "proxy_on_delete", "i", 'v', PW_ABI_ALL)                                                                   \
  X(VM_START, "proxy_on_vm_start", "ii", 'i', PW_ABI_ALL)                                                              \
  X(VALIDATE_CONFIGURATION, "proxy_validate_configuration", "ii", 'i', PW_ABI_ALL)                                     \
  X(CONFIGURE, "proxy_on_configure", "ii", 'i', PW_ABI_ALL)                                                            \
  X(TICK, "proxy_on_tick", "i", 'v', PW_ABI_ALL)                                                                       \
  X(NEW_CONNECTION, "proxy_on_new_connection", "i", 'i', PW_ABI_ALL)                                                   \
  X(DOWNSTREAM_DATA, "proxy_on_downstream_data", "iii", 'i', PW_ABI_ALL)                                               \
  X(DOWNSTREAM_CONNECTION_CLOSE, "proxy_on_downstream_connection_close", "ii", 'v', PW_ABI_ALL)                        \
  X(UPSTREAM_DATA, "proxy_on_upstream_data", "iii", 'i', PW_ABI_ALL)                                                   \
  X(UPSTREAM_CONNECTION_CLOSE, "proxy_on_upstream_connection_close", "ii", 'v', PW_ABI_ALL)                            \
  X(REQUEST_HEADERS, "proxy_on_request_headers", "iii", 'i', PW_ABI_ALL)                                               \
  X(REQUEST_BODY, "proxy_on_request_body", "iii", 'i', PW_ABI_ALL)                                                     \
  X(REQUEST_TRAILERS, "proxy_on_request_trailers", "ii", 'i', PW_ABI_ALL)                                              \
  X(REQUEST_METADATA, "proxy_on_request_metadata", "ii", 'i', PW_ABI_ALL)                                              \
  X(RESPONSE_HEADERS, "proxy_on_response_headers", "iii", 'i', PW_ABI_ALL)                                             \
  X(RESPONSE_BODY, "proxy_on_response_body", "iii", 'i', PW_ABI_ALL)                                                   \
  X(RESPONSE_TRAILERS, "proxy_on_response_trailers", "ii", 'i', PW_ABI_ALL)                                            \
  X(RESPONSE_METADATA, "proxy_on_response_metadata", "ii", 'i', PW_ABI_ALL)                                            \
  X(HTTP_CALL_RESPONSE, "proxy_on_http_call_response", "iiiii", 'v', PW_ABI_ALL)                                       \
  X(GRPC_RECEIVE_INITIAL_METADATA, "proxy_on_grpc_receive_initial_metadata", "iii", 'v', PW_ABI_ALL)                   \
  X(GRPC_RECEIVE, "proxy_on_grpc_receive", "iii", 'v', PW_ABI_ALL)                                                     \
  X(GRPC_RECEIVE_TRAILING_METADATA, "proxy_on_grpc_receive_trailing_metadata", "iii", 'v', PW_ABI_ALL)                 \
  X(GRPC_CLOSE, "proxy_on_grpc_close", "iii", 'v', PW_ABI_ALL)                                                         \
  X(QUEUE_READY, "proxy_on_queue_ready", "ii", 'v', PW_ABI_ALL)                                                        \
  X(FOREIGN_FUNCTION, "proxy_on_foreign_function", "iii", 'v', PW_ABI_0_2)

enum pw_callback {
#define PW_CALLBACK_ENUMERATOR(identifier, name, parameters, result, versions) PW_CALLBACK_##identifier,
  PW_CALLBACKS(PW_CALLBACK_ENUMERATOR)
#undef PW_CALLBACK_ENUMERATOR
    PW_CALLBACK_COUNT
};

/** The name of a status in the ABI text, "OK" for 0. Static storage. "UNKNOWN" for a number that the ABI has not. */
const char *pw_status_name(int status);

/** The name of a log level in lower case, "info" for 2. Static storage. "unknown" beyond the range. */
const char *pw_log_level_name(int level);

/** The export name of a callback. Static storage. */
const char *pw_callback_name(enum pw_callback callback);

#ifdef __cplusplus
}
#endif

#endif
