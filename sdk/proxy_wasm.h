/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file proxy_wasm.h
 * The C SDK for Proxy-Wasm modules: the whole ABI (0.2.1 by default), and helpers on top of it. One header, C99 or
 * C++11, with or without a libc.
 *
 * In one source file of the module:
 *
 *     #define PROXY_WASM_IMPLEMENTATION
 *     #include <proxy_wasm.h>
 *
 *     proxy_action_t
 *     proxy_on_request_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
 *     {
 *       (void)context_id, (void)header_count, (void)end_of_stream;
 *       proxy_header_add(PROXY_MAP_HTTP_REQUEST_HEADERS, "x-hello", "world");
 *       return PROXY_ACTION_CONTINUE;
 *     }
 *
 * and in the others (if any) the include alone. A callback is exported by being defined: its declaration here carries
 * the export name, and a wrong signature does not compile. Callbacks that are not defined are not exported, and cost
 * nothing.
 *
 *     clang --target=wasm32-unknown-unknown -nostdlib -ffreestanding -O2 -I sdk -Wl,--no-entry filter.c -o filter.wasm
 *     clang --target=wasm32-wasi -mexec-model=reactor -O2 -I sdk filter.c -o filter.wasm          (with wasi-libc)
 *
 * Settings, to be defined before the include (the same in every file of a module):
 *   PROXY_WASM_ABI               0x000100, 0x000200 or 0x000201 (default): the version of the ABI
 *   PROXY_WASM_IMPLEMENTATION    in exactly one file
 *   PROXY_WASM_CUSTOM_ALLOCATOR  the module defines proxy_allocate and proxy_free itself
 *
 * Memory: what the host gives to the module (proxy_bytes_t, proxy_pairs_t) belongs to the module, and is to be freed.
 * What the module gives to the host is copied by the host; views (proxy_view_t) own nothing.
 *
 * Status: every function that asks the host returns its proxy_status_t. Results are set only with PROXY_STATUS_OK.
 * "Memory" in the comments below stands for PROXY_STATUS_INVALID_MEMORY_ACCESS, for any pointer and size that is not
 * inside the module's memory.
 *
 * Threads: a module has one thread.
 */
#ifndef PROXY_WASM_H
#define PROXY_WASM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef PROXY_WASM_ABI
#define PROXY_WASM_ABI 0x000201
#endif

#ifdef __wasm__
#define PROXY_WASM_IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define PROXY_WASM_EXPORT(name)         __attribute__((export_name(name)))
#else /* read by an editor, or compiled for a test on the machine itself */
#define PROXY_WASM_IMPORT(module, name)
#define PROXY_WASM_EXPORT(name)
#endif
#define PROXY_WASM_HOSTCALL(name) PROXY_WASM_IMPORT("env", #name)
#define PROXY_WASM_CALLBACK(name) PROXY_WASM_EXPORT(#name)

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------- types (ABI text, section "Types") */

typedef enum {
  PROXY_STATUS_OK                    = 0,
  PROXY_STATUS_NOT_FOUND             = 1,
  PROXY_STATUS_BAD_ARGUMENT          = 2,
  PROXY_STATUS_SERIALIZATION_FAILURE = 3,
  PROXY_STATUS_PARSE_FAILURE         = 4,
  PROXY_STATUS_INVALID_MEMORY_ACCESS = 6,
  PROXY_STATUS_EMPTY                 = 7,
  PROXY_STATUS_CAS_MISMATCH          = 8,
  PROXY_STATUS_INTERNAL_FAILURE      = 10,
  PROXY_STATUS_UNIMPLEMENTED         = 12
} proxy_status_t;

typedef enum {
  PROXY_LOG_TRACE    = 0,
  PROXY_LOG_DEBUG    = 1,
  PROXY_LOG_INFO     = 2,
  PROXY_LOG_WARN     = 3,
  PROXY_LOG_ERROR    = 4,
  PROXY_LOG_CRITICAL = 5
} proxy_log_level_t;

typedef enum { PROXY_ACTION_CONTINUE = 0, PROXY_ACTION_PAUSE = 1 } proxy_action_t;

typedef enum {
  PROXY_BUFFER_HTTP_REQUEST_BODY          = 0,
  PROXY_BUFFER_HTTP_RESPONSE_BODY         = 1,
  PROXY_BUFFER_DOWNSTREAM_DATA            = 2,
  PROXY_BUFFER_UPSTREAM_DATA              = 3,
  PROXY_BUFFER_HTTP_CALL_RESPONSE_BODY    = 4,
  PROXY_BUFFER_GRPC_CALL_MESSAGE          = 5,
  PROXY_BUFFER_VM_CONFIGURATION           = 6, /**< from 0.2.0 on, as the next two */
  PROXY_BUFFER_PLUGIN_CONFIGURATION       = 7,
  PROXY_BUFFER_FOREIGN_FUNCTION_ARGUMENTS = 8
} proxy_buffer_type_t;

typedef enum {
  PROXY_MAP_HTTP_REQUEST_HEADERS        = 0,
  PROXY_MAP_HTTP_REQUEST_TRAILERS       = 1,
  PROXY_MAP_HTTP_RESPONSE_HEADERS       = 2,
  PROXY_MAP_HTTP_RESPONSE_TRAILERS      = 3,
  PROXY_MAP_GRPC_CALL_INITIAL_METADATA  = 4,
  PROXY_MAP_GRPC_CALL_TRAILING_METADATA = 5,
  PROXY_MAP_HTTP_CALL_RESPONSE_HEADERS  = 6,
  PROXY_MAP_HTTP_CALL_RESPONSE_TRAILERS = 7
} proxy_map_type_t;

typedef enum {
  PROXY_STREAM_HTTP_REQUEST  = 0,
  PROXY_STREAM_HTTP_RESPONSE = 1,
  PROXY_STREAM_DOWNSTREAM    = 2,
  PROXY_STREAM_UPSTREAM      = 3
} proxy_stream_type_t;

typedef enum { PROXY_PEER_UNKNOWN = 0, PROXY_PEER_LOCAL = 1, PROXY_PEER_REMOTE = 2 } proxy_peer_type_t;

typedef enum { PROXY_METRIC_COUNTER = 0, PROXY_METRIC_GAUGE = 1, PROXY_METRIC_HISTOGRAM = 2 } proxy_metric_type_t;

typedef enum {
  PROXY_WASI_ERRNO_SUCCESS = 0,
  PROXY_WASI_ERRNO_BADF    = 8,
  PROXY_WASI_ERRNO_FAULT   = 21,
  PROXY_WASI_ERRNO_INVAL   = 28,
  PROXY_WASI_ERRNO_NOTSUP  = 58
} proxy_wasi_errno_t;

typedef enum { PROXY_WASI_STDOUT = 1, PROXY_WASI_STDERR = 2 } proxy_wasi_fd_t;
typedef enum { PROXY_WASI_CLOCK_REALTIME = 0, PROXY_WASI_CLOCK_MONOTONIC = 1 } proxy_wasi_clock_t;

/** `wasi_iovec_array_t` is an array of these. */
typedef struct {
  const void *data;
  size_t      size;
} proxy_wasi_iovec_t;

/* ------------------------------------------------------------------- callbacks (define those that the module needs)
 *
 * `context_id` is the plugin's (root) context in those marked "root", else the stream's. A callback that returns bool
 * says "true" for yes, it went well.
 */

/** Integration: the marker of the ABI version, never called. Defined by PROXY_WASM_IMPLEMENTATION. */
#if PROXY_WASM_ABI == 0x000201
PROXY_WASM_CALLBACK(proxy_abi_version_0_2_1) void proxy_abi_version_0_2_1(void);
#elif PROXY_WASM_ABI == 0x000200
PROXY_WASM_CALLBACK(proxy_abi_version_0_2_0) void proxy_abi_version_0_2_0(void);
#elif PROXY_WASM_ABI == 0x000100
PROXY_WASM_CALLBACK(proxy_abi_version_0_1_0) void proxy_abi_version_0_1_0(void);
#else
#error "PROXY_WASM_ABI must be 0x000100, 0x000200 or 0x000201"
#endif

/** Memory management: memory for what the host returns; 0: none left. Defined by PROXY_WASM_IMPLEMENTATION. */
PROXY_WASM_CALLBACK(proxy_on_memory_allocate) void *proxy_on_memory_allocate(size_t size);

/* Context lifecycle */

/** A new context. `parent_context_id` is 0 for a plugin's root context, else that root's id. */
PROXY_WASM_CALLBACK(proxy_on_context_create)
void proxy_on_context_create(uint32_t context_id, uint32_t parent_context_id);
/** The host is done with the context; false: keep it until the module calls proxy_done. */
PROXY_WASM_CALLBACK(proxy_on_done) bool proxy_on_done(uint32_t context_id);
/** After on_done, while headers can still be read: the place for access logs. */
PROXY_WASM_CALLBACK(proxy_on_log) void proxy_on_log(uint32_t context_id);
/** The context is gone: free what belongs to it. */
PROXY_WASM_CALLBACK(proxy_on_delete) void proxy_on_delete(uint32_t context_id);

/* Configuration (root) */

/** The VM starts; its configuration is in PROXY_BUFFER_VM_CONFIGURATION. false: refuse to start. */
PROXY_WASM_CALLBACK(proxy_on_vm_start) bool proxy_on_vm_start(uint32_t context_id, size_t vm_configuration_size);
/** Not in the ABI text, but called by hosts before on_configure: whether the configuration would be accepted. */
PROXY_WASM_CALLBACK(proxy_validate_configuration)
bool proxy_validate_configuration(uint32_t context_id, size_t configuration_size);
/** The plugin starts; its configuration is in PROXY_BUFFER_PLUGIN_CONFIGURATION. false: refuse to start. */
PROXY_WASM_CALLBACK(proxy_on_configure) bool proxy_on_configure(uint32_t context_id, size_t configuration_size);
/** Timers (root): every period set with proxy_set_tick_period_milliseconds. */
PROXY_WASM_CALLBACK(proxy_on_tick) void proxy_on_tick(uint32_t context_id);

/* TCP streams. Data is in PROXY_BUFFER_DOWNSTREAM_DATA and PROXY_BUFFER_UPSTREAM_DATA. */

PROXY_WASM_CALLBACK(proxy_on_new_connection) proxy_action_t proxy_on_new_connection(uint32_t context_id);
PROXY_WASM_CALLBACK(proxy_on_downstream_data)
proxy_action_t proxy_on_downstream_data(uint32_t context_id, size_t data_size, bool end_of_stream);
PROXY_WASM_CALLBACK(proxy_on_downstream_connection_close)
void proxy_on_downstream_connection_close(uint32_t context_id, proxy_peer_type_t peer);
PROXY_WASM_CALLBACK(proxy_on_upstream_data)
proxy_action_t proxy_on_upstream_data(uint32_t context_id, size_t data_size, bool end_of_stream);
PROXY_WASM_CALLBACK(proxy_on_upstream_connection_close)
void proxy_on_upstream_connection_close(uint32_t context_id, proxy_peer_type_t peer);

/* HTTP streams. `body_size` is what can be read from the body's buffer now: the piece, and all that was held before. */

#if PROXY_WASM_ABI >= 0x000200
PROXY_WASM_CALLBACK(proxy_on_request_headers)
proxy_action_t proxy_on_request_headers(uint32_t context_id, size_t header_count, bool end_of_stream);
PROXY_WASM_CALLBACK(proxy_on_response_headers)
proxy_action_t proxy_on_response_headers(uint32_t context_id, size_t header_count, bool end_of_stream);
#else
PROXY_WASM_CALLBACK(proxy_on_request_headers)
proxy_action_t proxy_on_request_headers(uint32_t context_id, size_t header_count);
PROXY_WASM_CALLBACK(proxy_on_response_headers)
proxy_action_t proxy_on_response_headers(uint32_t context_id, size_t header_count);
#endif
PROXY_WASM_CALLBACK(proxy_on_request_body)
proxy_action_t proxy_on_request_body(uint32_t context_id, size_t body_size, bool end_of_stream);
PROXY_WASM_CALLBACK(proxy_on_request_trailers)
proxy_action_t proxy_on_request_trailers(uint32_t context_id, size_t trailer_count);
PROXY_WASM_CALLBACK(proxy_on_response_body)
proxy_action_t proxy_on_response_body(uint32_t context_id, size_t body_size, bool end_of_stream);
PROXY_WASM_CALLBACK(proxy_on_response_trailers)
proxy_action_t proxy_on_response_trailers(uint32_t context_id, size_t trailer_count);
/** HTTP/2 metadata; these two are not in the ABI text. */
PROXY_WASM_CALLBACK(proxy_on_request_metadata)
proxy_action_t proxy_on_request_metadata(uint32_t context_id, size_t element_count);
PROXY_WASM_CALLBACK(proxy_on_response_metadata)
proxy_action_t proxy_on_response_metadata(uint32_t context_id, size_t element_count);

/* HTTP and gRPC calls, shared queues, foreign functions (root) */

/** The answer to proxy_http_call; `header_count` 0: the call failed. Call proxy_set_effective_context before touching
 *  the stream that waits for it. */
PROXY_WASM_CALLBACK(proxy_on_http_call_response)
void proxy_on_http_call_response(uint32_t context_id, uint32_t call_id, size_t header_count, size_t body_size,
                                 size_t trailer_count);
PROXY_WASM_CALLBACK(proxy_on_grpc_receive_initial_metadata)
void proxy_on_grpc_receive_initial_metadata(uint32_t context_id, uint32_t call_id, size_t element_count);
PROXY_WASM_CALLBACK(proxy_on_grpc_receive)
void proxy_on_grpc_receive(uint32_t context_id, uint32_t call_id, size_t message_size);
PROXY_WASM_CALLBACK(proxy_on_grpc_receive_trailing_metadata)
void proxy_on_grpc_receive_trailing_metadata(uint32_t context_id, uint32_t call_id, size_t element_count);
PROXY_WASM_CALLBACK(proxy_on_grpc_close)
void proxy_on_grpc_close(uint32_t context_id, uint32_t call_id, uint32_t status_code);
PROXY_WASM_CALLBACK(proxy_on_queue_ready) void proxy_on_queue_ready(uint32_t context_id, uint32_t queue_id);
#if PROXY_WASM_ABI >= 0x000200
PROXY_WASM_CALLBACK(proxy_on_foreign_function)
void proxy_on_foreign_function(uint32_t context_id, uint32_t function_id, size_t arguments_size);
#endif

/* --------------------------------------------------------------------------- hostcalls, as the ABI text has them
 *
 * Each takes and returns what the text says, under the text's name. Most modules want the helpers further down.
 */

/* Context lifecycle */

/** After on_done answered false: the context may go now. NOT_FOUND: it was not waiting for that. */
PROXY_WASM_HOSTCALL(proxy_done) proxy_status_t proxy_done(void);
/** Makes hostcalls speak of another context until the callback ends. BAD_ARGUMENT: no such context. */
PROXY_WASM_HOSTCALL(proxy_set_effective_context) proxy_status_t proxy_set_effective_context(uint32_t context_id);

/* Logging, clocks, timers */

/** BAD_ARGUMENT: no such level; memory. */
PROXY_WASM_HOSTCALL(proxy_log)
proxy_status_t proxy_log(proxy_log_level_t level, const char *message_data, size_t message_size);
#if PROXY_WASM_ABI >= 0x000201
/** The level below which the host drops lines; it can change at any time. Memory. */
PROXY_WASM_HOSTCALL(proxy_get_log_level) proxy_status_t proxy_get_log_level(proxy_log_level_t *level);
#endif
/** Nanoseconds since 1970. Memory. */
PROXY_WASM_HOSTCALL(proxy_get_current_time_nanoseconds)
proxy_status_t proxy_get_current_time_nanoseconds(uint64_t *time);
/** Of the root context in effect; 0 stops the timer. */
PROXY_WASM_HOSTCALL(proxy_set_tick_period_milliseconds)
proxy_status_t proxy_set_tick_period_milliseconds(uint32_t period);

/* Buffers. BAD_ARGUMENT: no such buffer, or `start` lies beyond it; NOT_FOUND: not there in this callback; memory. */

/** Replaces `size` bytes at `start`; appends when `start` is at or beyond the end (SIZE_MAX will do). */
PROXY_WASM_HOSTCALL(proxy_set_buffer_bytes)
proxy_status_t proxy_set_buffer_bytes(proxy_buffer_type_t buffer, size_t start, size_t size, const char *value_data,
                                      size_t value_size);
PROXY_WASM_HOSTCALL(proxy_get_buffer_bytes)
proxy_status_t proxy_get_buffer_bytes(proxy_buffer_type_t buffer, size_t start, size_t maximum, char **value_data,
                                      size_t *value_size);
PROXY_WASM_HOSTCALL(proxy_get_buffer_status)
proxy_status_t proxy_get_buffer_status(proxy_buffer_type_t buffer, size_t *size, uint32_t *unused);

/* HTTP fields. BAD_ARGUMENT: no such map, or it cannot be changed now; NOT_FOUND: no such key; memory. */

PROXY_WASM_HOSTCALL(proxy_get_header_map_size)
proxy_status_t proxy_get_header_map_size(proxy_map_type_t map, size_t *serialized_size);
PROXY_WASM_HOSTCALL(proxy_get_header_map_pairs)
proxy_status_t proxy_get_header_map_pairs(proxy_map_type_t map, char **pairs_data, size_t *pairs_size);
PROXY_WASM_HOSTCALL(proxy_set_header_map_pairs)
proxy_status_t proxy_set_header_map_pairs(proxy_map_type_t map, const char *pairs_data, size_t pairs_size);
PROXY_WASM_HOSTCALL(proxy_get_header_map_value)
proxy_status_t proxy_get_header_map_value(proxy_map_type_t map, const char *key_data, size_t key_size,
                                          char **value_data, size_t *value_size);
PROXY_WASM_HOSTCALL(proxy_add_header_map_value)
proxy_status_t proxy_add_header_map_value(proxy_map_type_t map, const char *key_data, size_t key_size,
                                          const char *value_data, size_t value_size);
PROXY_WASM_HOSTCALL(proxy_replace_header_map_value)
proxy_status_t proxy_replace_header_map_value(proxy_map_type_t map, const char *key_data, size_t key_size,
                                              const char *value_data, size_t value_size);
PROXY_WASM_HOSTCALL(proxy_remove_header_map_value)
proxy_status_t proxy_remove_header_map_value(proxy_map_type_t map, const char *key_data, size_t key_size);

/* Streams */

#if PROXY_WASM_ABI >= 0x000200
/** Goes on with a paused direction. BAD_ARGUMENT: no such type; UNIMPLEMENTED: cannot be continued. */
PROXY_WASM_HOSTCALL(proxy_continue_stream) proxy_status_t proxy_continue_stream(proxy_stream_type_t stream);
/** Closes or resets. BAD_ARGUMENT: no such type. */
PROXY_WASM_HOSTCALL(proxy_close_stream) proxy_status_t proxy_close_stream(proxy_stream_type_t stream);
#else
PROXY_WASM_HOSTCALL(proxy_continue_request) void proxy_continue_request(void);
PROXY_WASM_HOSTCALL(proxy_continue_response) void proxy_continue_response(void);
/** Not in the ABI text; choose the upstream anew from the changed request. */
PROXY_WASM_HOSTCALL(proxy_clear_route_cache) proxy_status_t proxy_clear_route_cache(void);
/** The configuration of the VM in on_vm_start, of the plugin in on_configure. Memory. */
PROXY_WASM_HOSTCALL(proxy_get_configuration)
proxy_status_t proxy_get_configuration(char **value_data, size_t *value_size);
#endif
/** In on_http_call_response and on_grpc_close: how the call ended. Memory. */
PROXY_WASM_HOSTCALL(proxy_get_status)
proxy_status_t proxy_get_status(uint32_t *status_code, char **message_data, size_t *message_size);
/** Answers the client instead. `grpc_status` -1: none. BAD_ARGUMENT: too late, or malformed; memory. */
PROXY_WASM_HOSTCALL(proxy_send_local_response)
proxy_status_t proxy_send_local_response(uint32_t status_code, const char *details_data, size_t details_size,
                                         const char *body_data, size_t body_size, const char *headers_data,
                                         size_t headers_size, int32_t grpc_status);

/* HTTP and gRPC calls. Timeouts are in milliseconds, pairs serialised. */

/** BAD_ARGUMENT: unknown upstream, or :authority, :method or :path missing; INTERNAL_FAILURE: not sent; memory. */
PROXY_WASM_HOSTCALL(proxy_http_call)
proxy_status_t proxy_http_call(const char *upstream_data, size_t upstream_size, const char *headers_data,
                               size_t headers_size, const char *body_data, size_t body_size, const char *trailers_data,
                               size_t trailers_size, uint32_t timeout, uint32_t *call_id);
/** PARSE_FAILURE: unknown upstream; INTERNAL_FAILURE: not sent; memory. The same for proxy_grpc_stream. */
PROXY_WASM_HOSTCALL(proxy_grpc_call)
proxy_status_t proxy_grpc_call(const char *upstream_data, size_t upstream_size, const char *service_data,
                               size_t service_size, const char *method_data, size_t method_size,
                               const char *metadata_data, size_t metadata_size, const char *message_data,
                               size_t message_size, uint32_t timeout, uint32_t *call_id);
PROXY_WASM_HOSTCALL(proxy_grpc_stream)
proxy_status_t proxy_grpc_stream(const char *upstream_data, size_t upstream_size, const char *service_data,
                                 size_t service_size, const char *method_data, size_t method_size,
                                 const char *metadata_data, size_t metadata_size, uint32_t *stream_id);
/** BAD_ARGUMENT: an id that is none; NOT_FOUND: an unknown id; memory. The same for the next two. */
PROXY_WASM_HOSTCALL(proxy_grpc_send)
proxy_status_t proxy_grpc_send(uint32_t stream_id, const char *message_data, size_t message_size, bool end_stream);
PROXY_WASM_HOSTCALL(proxy_grpc_cancel) proxy_status_t proxy_grpc_cancel(uint32_t call_or_stream_id);
PROXY_WASM_HOSTCALL(proxy_grpc_close) proxy_status_t proxy_grpc_close(uint32_t call_or_stream_id);

/* Shared data */

/** `cas` 0: in any case; else CAS_MISMATCH unless it is the current one. Memory. */
PROXY_WASM_HOSTCALL(proxy_set_shared_data)
proxy_status_t proxy_set_shared_data(const char *key_data, size_t key_size, const char *value_data, size_t value_size,
                                     uint32_t cas);
/** NOT_FOUND: no such key; memory. */
PROXY_WASM_HOSTCALL(proxy_get_shared_data)
proxy_status_t proxy_get_shared_data(const char *key_data, size_t key_size, char **value_data, size_t *value_size,
                                     uint32_t *cas);

/* Shared queues. NOT_FOUND: no such queue; memory. */

PROXY_WASM_HOSTCALL(proxy_register_shared_queue)
proxy_status_t proxy_register_shared_queue(const char *name_data, size_t name_size, uint32_t *queue_id);
PROXY_WASM_HOSTCALL(proxy_resolve_shared_queue)
proxy_status_t proxy_resolve_shared_queue(const char *vm_id_data, size_t vm_id_size, const char *name_data,
                                          size_t name_size, uint32_t *queue_id);
PROXY_WASM_HOSTCALL(proxy_enqueue_shared_queue)
proxy_status_t proxy_enqueue_shared_queue(uint32_t queue_id, const char *value_data, size_t value_size);
/** EMPTY: nothing in it. */
PROXY_WASM_HOSTCALL(proxy_dequeue_shared_queue)
proxy_status_t proxy_dequeue_shared_queue(uint32_t queue_id, char **value_data, size_t *value_size);

/* Metrics. NOT_FOUND: no such metric. */

/** BAD_ARGUMENT: no such type; memory. */
PROXY_WASM_HOSTCALL(proxy_define_metric)
proxy_status_t proxy_define_metric(proxy_metric_type_t type, const char *name_data, size_t name_size,
                                   uint32_t *metric_id);
/** Sets a gauge or a counter; gives a histogram one sample. */
PROXY_WASM_HOSTCALL(proxy_record_metric) proxy_status_t proxy_record_metric(uint32_t metric_id, uint64_t value);
/** BAD_ARGUMENT: a counter cannot go down, a histogram cannot be incremented. */
PROXY_WASM_HOSTCALL(proxy_increment_metric) proxy_status_t proxy_increment_metric(uint32_t metric_id, int64_t delta);
PROXY_WASM_HOSTCALL(proxy_get_metric) proxy_status_t proxy_get_metric(uint32_t metric_id, uint64_t *value);

/* Properties, foreign functions. NOT_FOUND: no such property or function; SERIALIZATION_FAILURE; memory. */

/** The parts of `path` are separated by NUL bytes: "request\0path". */
PROXY_WASM_HOSTCALL(proxy_get_property)
proxy_status_t proxy_get_property(const char *path_data, size_t path_size, char **value_data, size_t *value_size);
PROXY_WASM_HOSTCALL(proxy_set_property)
proxy_status_t proxy_set_property(const char *path_data, size_t path_size, const char *value_data, size_t value_size);
PROXY_WASM_HOSTCALL(proxy_call_foreign_function)
proxy_status_t proxy_call_foreign_function(const char *name_data, size_t name_size, const char *arguments_data,
                                           size_t arguments_size, char **result_data, size_t *result_size);

/* The WASI functions of the ABI text */

#define PROXY_WASM_WASI(name) PROXY_WASM_IMPORT("wasi_snapshot_preview1", #name)

/** Logs: PROXY_WASI_STDOUT at level info, PROXY_WASI_STDERR at level error. */
PROXY_WASM_WASI(fd_write)
proxy_wasi_errno_t proxy_wasi_fd_write(proxy_wasi_fd_t fd, const proxy_wasi_iovec_t *vectors, size_t count,
                                       size_t *written);
PROXY_WASM_WASI(clock_time_get)
proxy_wasi_errno_t proxy_wasi_clock_time_get(proxy_wasi_clock_t clock, uint64_t unused, uint64_t *time);
PROXY_WASM_WASI(random_get) proxy_wasi_errno_t proxy_wasi_random_get(void *data, size_t size);
PROXY_WASM_WASI(environ_sizes_get)
proxy_wasi_errno_t proxy_wasi_environ_sizes_get(size_t *count, size_t *buffer_size);
PROXY_WASM_WASI(environ_get) proxy_wasi_errno_t proxy_wasi_environ_get(char **array, char *buffer);
PROXY_WASM_WASI(args_sizes_get) proxy_wasi_errno_t proxy_wasi_args_sizes_get(size_t *count, size_t *buffer_size);
PROXY_WASM_WASI(args_get) proxy_wasi_errno_t proxy_wasi_args_get(char **array, char *buffer);
PROXY_WASM_WASI(proc_exit) void proxy_wasi_proc_exit(uint32_t code);

/* ---------------------------------------------------------------------------------------------- memory and text */

/** Memory of the module; aligned for any type of 8 bytes. NULL: none left. */
void *proxy_allocate(size_t size);
/** NULL is allowed. */
void proxy_free(void *memory);

#if defined(__wasm__) && !defined(__wasi__)
/* Without a libc the SDK defines these, which compilers call on their own. */
void  *memcpy(void *to, const void *from, size_t size);
void  *memmove(void *to, const void *from, size_t size);
void  *memset(void *to, int value, size_t size);
int    memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);
#endif

/** Bytes that somebody else owns; not terminated. Print them with "%.*s", PROXY_VIEW_ARGUMENTS(view). */
typedef struct {
  const char *data;
  size_t      size;
} proxy_view_t;

#define PROXY_VIEW_ARGUMENTS(view) (int)(view).size, (view).data
/** Initialises a view: `static const proxy_view_t name = PROXY_LITERAL("x");`. The literal may hold NUL bytes. */
#define PROXY_LITERAL(text)                                                                                            \
  {                                                                                                                    \
    text, sizeof(text) - 1                                                                                             \
  }

static inline proxy_view_t
proxy_view_make(const void *data, size_t size)
{
  proxy_view_t view;
  view.data = (const char *)data;
  view.size = size;
  return view;
}

/** A view of a terminated string; NULL gives the empty view. */
static inline proxy_view_t
proxy_view(const char *text)
{
  return proxy_view_make(text, text ? __builtin_strlen(text) : 0);
}

static inline bool
proxy_view_equal(proxy_view_t a, proxy_view_t b)
{
  return a.size == b.size && (a.size == 0 || __builtin_memcmp(a.data, b.data, a.size) == 0);
}

/** Without regard to the case of ASCII letters, as header names compare. */
bool proxy_view_equal_ignoring_case(proxy_view_t a, proxy_view_t b);
/** A number in decimal digits and nothing else; false for anything else, or more than 64 bits. */
bool proxy_view_number(proxy_view_t view, uint64_t *number);

/** Bytes from the host, owned by the module: free with proxy_bytes_free. Not terminated. `data` may be NULL if empty.
 */
typedef struct {
  char  *data;
  size_t size;
} proxy_bytes_t;

static inline proxy_view_t
proxy_bytes_view(proxy_bytes_t bytes)
{
  return proxy_view_make(bytes.data, bytes.size);
}

/** Frees, and leaves it empty. */
static inline void
proxy_bytes_free(proxy_bytes_t *bytes)
{
  proxy_free(bytes->data);
  bytes->data = NULL;
  bytes->size = 0;
}

/**
 * printf into `buffer`: %s %c %d %i %u %x %X %p %%, the flags 0 and -, width, precision of %s (also as *), and the
 * sizes hh, h, l, ll, z. Cuts what does not fit in `capacity` bytes, and always terminates. Returns the length written.
 */
size_t proxy_format(char *buffer, size_t capacity, const char *format, ...) __attribute__((format(printf, 3, 4)));
size_t proxy_format_list(char *buffer, size_t capacity, const char *format, va_list arguments)
  __attribute__((format(printf, 3, 0)));

/** The longest line that proxy_log_format can write; longer ones are cut. */
#define PROXY_LOG_LINE_SIZE 1024
/** Logs a line made as proxy_format makes it. */
proxy_status_t proxy_log_format(proxy_log_level_t level, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline proxy_status_t
proxy_log_text(proxy_log_level_t level, const char *text)
{
  proxy_view_t view = proxy_view(text);
  return proxy_log(level, view.data, view.size);
}

/** Nanoseconds since 1970; 0 if the host does not tell. */
static inline uint64_t
proxy_time_nanoseconds(void)
{
  uint64_t time = 0;
  return proxy_get_current_time_nanoseconds(&time) == PROXY_STATUS_OK ? time : 0;
}

/* --------------------------------------------------------------------------------------------------------- pairs */

/** A header, a trailer, a metadata element. */
typedef struct {
  proxy_view_t key;
  proxy_view_t value;
} proxy_pair_t;

/** Initialises a pair of literals: `proxy_pair_t headers[] = {PROXY_PAIR(":method", "GET")};`. */
#define PROXY_PAIR(key, value)                                                                                         \
  {                                                                                                                    \
    PROXY_LITERAL(key), PROXY_LITERAL(value)                                                                           \
  }

/** Serialised pairs (ABI text, "Serialization") that are being read. */
typedef struct {
  proxy_bytes_t bytes;
  uint32_t      count; /**< of all pairs */
  uint32_t      index; /**< of the pair that proxy_pairs_next gives next */
  size_t        offset;
} proxy_pairs_t;

/** Takes `bytes` over, also when it fails. False: they are no serialised pairs. */
bool proxy_pairs_open(proxy_pairs_t *pairs, proxy_bytes_t bytes);
/** The next pair; false after the last. The views live until proxy_pairs_free. */
bool proxy_pairs_next(proxy_pairs_t *pairs, proxy_pair_t *pair);
static inline void
proxy_pairs_free(proxy_pairs_t *pairs)
{
  proxy_bytes_free(&pairs->bytes);
  pairs->count = pairs->index = 0;
}
/** Serialises `count` pairs (none: empty bytes) into `bytes`. False: memory is out, or more than 4 GiB. */
bool proxy_pairs_serialize(const proxy_pair_t *pairs, size_t count, proxy_bytes_t *bytes);

/* ------------------------------------------------------------------------------------------------------- headers */

/** The value of `key`; several values: as the host joins them. To be freed. */
static inline proxy_status_t
proxy_header_get(proxy_map_type_t map, const char *key, proxy_bytes_t *value)
{
  proxy_view_t name = proxy_view(key);
  value->data       = NULL;
  value->size       = 0;
  return proxy_get_header_map_value(map, name.data, name.size, &value->data, &value->size);
}

/** One more value. */
static inline proxy_status_t
proxy_header_add_view(proxy_map_type_t map, proxy_view_t key, proxy_view_t value)
{
  return proxy_add_header_map_value(map, key.data, key.size, value.data, value.size);
}

static inline proxy_status_t
proxy_header_add(proxy_map_type_t map, const char *key, const char *value)
{
  return proxy_header_add_view(map, proxy_view(key), proxy_view(value));
}

/** Exactly this value, whether or not the key is there. */
static inline proxy_status_t
proxy_header_replace_view(proxy_map_type_t map, proxy_view_t key, proxy_view_t value)
{
  return proxy_replace_header_map_value(map, key.data, key.size, value.data, value.size);
}

static inline proxy_status_t
proxy_header_replace(proxy_map_type_t map, const char *key, const char *value)
{
  return proxy_header_replace_view(map, proxy_view(key), proxy_view(value));
}

/** All values of `key`; OK also if there are none. */
static inline proxy_status_t
proxy_header_remove(proxy_map_type_t map, const char *key)
{
  proxy_view_t name = proxy_view(key);
  return proxy_remove_header_map_value(map, name.data, name.size);
}

/** Every pair of a map, to be read with proxy_pairs_next, and freed with proxy_pairs_free in any case. */
proxy_status_t proxy_headers_get(proxy_map_type_t map, proxy_pairs_t *pairs);
/** The whole map replaced. INTERNAL_FAILURE: the module's own memory is out. */
proxy_status_t proxy_headers_set(proxy_map_type_t map, const proxy_pair_t *pairs, size_t count);

/* --------------------------------------------------------------------------------------------- replies and calls */

/** Answers the client; the callback should then return PROXY_ACTION_PAUSE. INTERNAL_FAILURE: memory is out. */
proxy_status_t proxy_local_response(uint32_t status_code, proxy_view_t body, const proxy_pair_t *headers,
                                    size_t header_count);
/** proxy_http_call with pairs. `timeout` in milliseconds. INTERNAL_FAILURE also when the module's memory is out. */
proxy_status_t proxy_http_request(const char *upstream, const proxy_pair_t *headers, size_t header_count,
                                  proxy_view_t body, uint32_t timeout, uint32_t *call_id);

/* ------------------------------------------------------------------------------------------------------- buffers */

/** Up to `maximum` bytes from `start` (all of it: 0, SIZE_MAX). To be freed. */
static inline proxy_status_t
proxy_buffer_get(proxy_buffer_type_t buffer, size_t start, size_t maximum, proxy_bytes_t *bytes)
{
  bytes->data = NULL;
  bytes->size = 0;
  return proxy_get_buffer_bytes(buffer, start, maximum, &bytes->data, &bytes->size);
}

/** 0 when there is none. */
static inline size_t
proxy_buffer_size(proxy_buffer_type_t buffer)
{
  size_t   size = 0;
  uint32_t unused;
  return proxy_get_buffer_status(buffer, &size, &unused) == PROXY_STATUS_OK ? size : 0;
}

/** The whole content replaced. */
static inline proxy_status_t
proxy_buffer_replace(proxy_buffer_type_t buffer, proxy_view_t value)
{
  return proxy_set_buffer_bytes(buffer, 0, SIZE_MAX, value.data, value.size);
}

static inline proxy_status_t
proxy_buffer_prepend(proxy_buffer_type_t buffer, proxy_view_t value)
{
  return proxy_set_buffer_bytes(buffer, 0, 0, value.data, value.size);
}

static inline proxy_status_t
proxy_buffer_append(proxy_buffer_type_t buffer, proxy_view_t value)
{
  return proxy_set_buffer_bytes(buffer, SIZE_MAX, 0, value.data, value.size);
}

/* ---------------------------------------------------------------------------------------------------- properties */

/** The longest path of a property that the helpers take, in bytes. */
#define PROXY_PROPERTY_PATH_SIZE 256
/** `path` is written with dots: "request.path". BAD_ARGUMENT: the path is too long. To be freed. A part that has a dot
 *  in it has to be asked for with proxy_get_property. */
proxy_status_t proxy_property_get(const char *path, proxy_bytes_t *value);
/** A number, timestamp, duration (8 bytes) or bool (1 byte). PARSE_FAILURE: it is none of these. */
proxy_status_t proxy_property_number(const char *path, int64_t *number);
proxy_status_t proxy_property_set(const char *path, proxy_view_t value);

/* ----------------------------------------------------------------- shared data, queues, metrics, foreign functions */

/** To be freed. `cas` is for proxy_shared_set. */
static inline proxy_status_t
proxy_shared_get(const char *key, proxy_bytes_t *value, uint32_t *cas)
{
  proxy_view_t name = proxy_view(key);
  value->data       = NULL;
  value->size       = 0;
  return proxy_get_shared_data(name.data, name.size, &value->data, &value->size, cas);
}

static inline proxy_status_t
proxy_shared_set(const char *key, proxy_view_t value, uint32_t cas)
{
  proxy_view_t name = proxy_view(key);
  return proxy_set_shared_data(name.data, name.size, value.data, value.size, cas);
}

/** Makes the queue, or opens the one there is. on_queue_ready of this root context is called from now on. */
static inline proxy_status_t
proxy_queue_register(const char *name, uint32_t *queue_id)
{
  proxy_view_t view = proxy_view(name);
  return proxy_register_shared_queue(view.data, view.size, queue_id);
}

static inline proxy_status_t
proxy_queue_resolve(const char *vm_id, const char *name, uint32_t *queue_id)
{
  proxy_view_t vm = proxy_view(vm_id), view = proxy_view(name);
  return proxy_resolve_shared_queue(vm.data, vm.size, view.data, view.size, queue_id);
}

static inline proxy_status_t
proxy_queue_push(uint32_t queue_id, proxy_view_t value)
{
  return proxy_enqueue_shared_queue(queue_id, value.data, value.size);
}

/** To be freed. */
static inline proxy_status_t
proxy_queue_pop(uint32_t queue_id, proxy_bytes_t *value)
{
  value->data = NULL;
  value->size = 0;
  return proxy_dequeue_shared_queue(queue_id, &value->data, &value->size);
}

static inline proxy_status_t
proxy_metric_define(proxy_metric_type_t type, const char *name, uint32_t *metric_id)
{
  proxy_view_t view = proxy_view(name);
  return proxy_define_metric(type, view.data, view.size, metric_id);
}

/** To be freed. */
static inline proxy_status_t
proxy_foreign_call(const char *name, proxy_view_t arguments, proxy_bytes_t *result)
{
  proxy_view_t view = proxy_view(name);
  result->data      = NULL;
  result->size      = 0;
  return proxy_call_foreign_function(view.data, view.size, arguments.data, arguments.size, &result->data,
                                     &result->size);
}

/* ---------------------------------------------------------------------------------------------- data of a context */

/** Remembers `data` for a context; NULL forgets it. False: memory is out. */
bool proxy_context_set(uint32_t context_id, void *data);
/** What was remembered, or NULL. */
void *proxy_context_get(uint32_t context_id);
/** The same, and forgets it. */
void *proxy_context_take(uint32_t context_id);
/** Memory of `size` zero bytes, remembered for the context; what was remembered before is freed. NULL: none left. */
void *proxy_context_new(uint32_t context_id, size_t size);
/** Frees what is remembered with proxy_free, and forgets it; for proxy_on_delete. */
void proxy_context_free(uint32_t context_id);

#ifdef __cplusplus
}
#endif

#endif /* PROXY_WASM_H */

/* ================================================================================================ implementation */

#if defined(PROXY_WASM_IMPLEMENTATION) && !defined(PROXY_WASM_IMPLEMENTED)
#define PROXY_WASM_IMPLEMENTED

#ifdef __cplusplus
extern "C" {
#endif

#if PROXY_WASM_ABI == 0x000201
void
proxy_abi_version_0_2_1(void)
{
}
#elif PROXY_WASM_ABI == 0x000200
void
proxy_abi_version_0_2_0(void)
{
}
#else
void
proxy_abi_version_0_1_0(void)
{
}
#endif

void *
proxy_on_memory_allocate(size_t size)
{
  return proxy_allocate(size);
}

/* A function that is seldom called by one that each stream calls. Within it, it would cost the caller registers, and
 * the module code. */
#define PROXY_WASM_APART __attribute__((noinline))

#if defined(__wasm__) && !defined(__wasi__)

/* The attribute keeps the compiler from making these loops into calls of the very functions that they define. */
#define PROXY_WASM_LIBC(name) __attribute__((weak, no_builtin(name)))

PROXY_WASM_LIBC("memcpy")
void *
memcpy(void *to, const void *from, size_t size)
{
  char       *target = (char *)to;
  const char *source = (const char *)from;
  while (size-- > 0) {
    *target++ = *source++;
  }
  return to;
}

PROXY_WASM_LIBC("memmove")
void *
memmove(void *to, const void *from, size_t size)
{
  char       *target = (char *)to;
  const char *source = (const char *)from;
  if (target <= source) {
    return memcpy(to, from, size);
  }
  while (size-- > 0) {
    target[size] = source[size];
  }
  return to;
}

PROXY_WASM_LIBC("memset")
void *
memset(void *to, int value, size_t size)
{
  char *target = (char *)to;
  while (size-- > 0) {
    *target++ = (char)value;
  }
  return to;
}

PROXY_WASM_LIBC("memcmp")
int
memcmp(const void *a, const void *b, size_t size)
{
  const unsigned char *left  = (const unsigned char *)a;
  const unsigned char *right = (const unsigned char *)b;
  for (size_t i = 0; i < size; i++) {
    if (left[i] != right[i]) {
      return left[i] < right[i] ? -1 : 1;
    }
  }
  return 0;
}

PROXY_WASM_LIBC("strlen")
size_t
strlen(const char *text)
{
  size_t size = 0;
  while (text[size] != 0) {
    size++;
  }
  return size;
}

#ifdef __cplusplus
/* Constructors of global objects run once, when the host starts the module. Without this call the linker would run
 * them at each call into the module. */
void __wasm_call_ctors(void);
PROXY_WASM_EXPORT("_initialize")
void
_initialize(void)
{
  __wasm_call_ctors();
}
#endif
#endif

/* Memory: first fit in a list of free blocks in the order of their addresses, so that neighbours can be joined. */

#ifndef PROXY_WASM_CUSTOM_ALLOCATOR
#if defined(__wasm__) && !defined(__wasi__)

struct proxy_block {
  size_t              size; /* with this header */
  struct proxy_block *next; /* while it is free */
};

#define PROXY_WASM_PAGE_SIZE 65536u

extern unsigned char       __heap_base;
static struct proxy_block *proxy_free_blocks;

static void
proxy_block_join(struct proxy_block *block)
{
  if (block->next && (char *)block + block->size == (char *)block->next) {
    block->size += block->next->size;
    block->next = block->next->next;
  }
}

PROXY_WASM_APART
static void
proxy_block_release(struct proxy_block *block)
{
  struct proxy_block *before = NULL, *after = proxy_free_blocks;
  while (after && after < block) {
    before = after;
    after  = after->next;
  }
  block->next = after;
  proxy_block_join(block);
  if (before) {
    before->next = block;
    proxy_block_join(before);
  } else {
    proxy_free_blocks = block;
  }
}

static struct proxy_block *
proxy_block_take(size_t size)
{
  for (struct proxy_block **link = &proxy_free_blocks; *link; link = &(*link)->next) {
    struct proxy_block *block = *link;
    if (block->size >= size + 2 * sizeof(*block)) {
      struct proxy_block *rest = (struct proxy_block *)((char *)block + size);
      rest->size               = block->size - size;
      rest->next               = block->next;
      *link                    = rest;
      block->size              = size;
      return block;
    }
    if (block->size >= size) {
      *link = block->next;
      return block;
    }
  }
  return NULL;
}

/* What lies between the module's data and the end of its first memory is taken first. */
static void
proxy_heap_begin(void)
{
  static bool begun;
  uintptr_t   start = ((uintptr_t)&__heap_base + 7) & ~(uintptr_t)7;
  uintptr_t   end   = (uintptr_t)__builtin_wasm_memory_size(0) * PROXY_WASM_PAGE_SIZE;
  if (begun) {
    return;
  }
  begun = true;
  if (end > start && end - start >= 2 * sizeof(struct proxy_block)) {
    struct proxy_block *block = (struct proxy_block *)start;
    block->size               = end - start;
    proxy_block_release(block);
  }
}

static bool
proxy_heap_grow(size_t size)
{
  size_t              pages = (size + PROXY_WASM_PAGE_SIZE - 1) / PROXY_WASM_PAGE_SIZE;
  size_t              old   = __builtin_wasm_memory_grow(0, pages);
  struct proxy_block *block = (struct proxy_block *)(old * PROXY_WASM_PAGE_SIZE);
  if (old == SIZE_MAX) {
    return false;
  }
  block->size = pages * PROXY_WASM_PAGE_SIZE;
  proxy_block_release(block);
  return true;
}

void *
proxy_allocate(size_t size)
{
  struct proxy_block *block;
  if (size > SIZE_MAX / 2) {
    return NULL;
  }
  size = (size + sizeof(*block) + 7) & ~(size_t)7;
  proxy_heap_begin();
  block = proxy_block_take(size);
  if (!block && proxy_heap_grow(size)) {
    block = proxy_block_take(size);
  }
  return block ? block + 1 : NULL;
}

void
proxy_free(void *memory)
{
  if (memory) {
    proxy_block_release((struct proxy_block *)memory - 1);
  }
}

#else
#include <stdlib.h>

void *
proxy_allocate(size_t size)
{
  return malloc(size > 0 ? size : 1);
}

void
proxy_free(void *memory)
{
  free(memory);
}

#endif
#endif

/* Text */

static inline char
proxy_lower(char letter)
{
  return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

bool
proxy_view_equal_ignoring_case(proxy_view_t a, proxy_view_t b)
{
  if (a.size != b.size) {
    return false;
  }
  for (size_t i = 0; i < a.size; i++) {
    if (proxy_lower(a.data[i]) != proxy_lower(b.data[i])) {
      return false;
    }
  }
  return true;
}

bool
proxy_view_number(proxy_view_t view, uint64_t *number)
{
  uint64_t value = 0;
  if (view.size == 0) {
    return false;
  }
  for (size_t i = 0; i < view.size; i++) {
    uint64_t digit = (uint64_t)(unsigned char)view.data[i] - '0';
    if (digit > 9 || value > (UINT64_MAX - digit) / 10) {
      return false;
    }
    value = value * 10 + digit;
  }
  *number = value;
  return true;
}

struct proxy_output {
  char  *buffer;
  size_t capacity;
  size_t size;
};

static void
proxy_put(struct proxy_output *output, char letter)
{
  if (output->size + 1 < output->capacity) {
    output->buffer[output->size++] = letter;
  }
}

/* One conversion of proxy_format. */
struct proxy_conversion {
  bool   left, zeros, negative;
  size_t width;
  size_t precision; /* of %s */
};

static void
proxy_put_field(struct proxy_output *output, const struct proxy_conversion *conversion, const char *text, size_t size)
{
  size_t length = size + (conversion->negative ? 1 : 0);
  size_t pad    = conversion->width > length ? conversion->width - length : 0;
  if (!conversion->left && !conversion->zeros) {
    for (; pad > 0; pad--) {
      proxy_put(output, ' ');
    }
  }
  if (conversion->negative) {
    proxy_put(output, '-');
  }
  if (!conversion->left) {
    for (; pad > 0; pad--) {
      proxy_put(output, '0');
    }
  }
  for (size_t i = 0; i < size; i++) {
    proxy_put(output, text[i]);
  }
  for (; pad > 0; pad--) {
    proxy_put(output, ' ');
  }
}

static void
proxy_put_number(struct proxy_output *output, const struct proxy_conversion *conversion, uint64_t number, unsigned base,
                 bool capitals)
{
  const char *letters = capitals ? "0123456789ABCDEF" : "0123456789abcdef";
  char        digits[20];
  size_t      start = sizeof(digits);
  do {
    digits[--start] = letters[number % base];
    number /= base;
  } while (number > 0);
  proxy_put_field(output, conversion, digits + start, sizeof(digits) - start);
}

static void
proxy_put_text(struct proxy_output *output, const struct proxy_conversion *conversion, const char *text)
{
  size_t size = 0;
  if (!text) {
    text = "(null)";
  }
  while (size < conversion->precision && text[size] != 0) {
    size++;
  }
  proxy_put_field(output, conversion, text, size);
}

/* va_list is an array on some machines: a structure can be handed on by address everywhere. */
struct proxy_arguments {
  va_list list;
};

/* Digits, or the argument that a star stands for. */
static size_t
proxy_format_count(const char **format, struct proxy_arguments *arguments, bool *left)
{
  size_t count = 0;
  if (**format == '*') {
    int value = va_arg(arguments->list, int);
    (*format)++;
    if (value < 0 && left) {
      *left = true;
    }
    return (size_t)(value < 0 ? (left ? -(int64_t)value : (int64_t)INT32_MAX) : value);
  }
  for (; **format >= '0' && **format <= '9' && count < 100000; (*format)++) {
    count = count * 10 + (size_t)(**format - '0');
  }
  return count;
}

static uint64_t
proxy_format_argument(struct proxy_arguments *arguments, int longs, bool is_signed)
{
  if (longs >= 2) {
    return va_arg(arguments->list, unsigned long long);
  }
  if (longs == 1) {
    return is_signed ? (uint64_t)(int64_t)va_arg(arguments->list, long) : va_arg(arguments->list, unsigned long);
  }
  return is_signed ? (uint64_t)(int64_t)va_arg(arguments->list, int) : va_arg(arguments->list, unsigned);
}

static void
proxy_format_convert(struct proxy_output *output, struct proxy_conversion *conversion, char letter, int longs,
                     struct proxy_arguments *arguments)
{
  uint64_t number;
  char     one;
  switch (letter) {
  case 'd':
  case 'i':
    number               = proxy_format_argument(arguments, longs, true);
    conversion->negative = (int64_t)number < 0;
    proxy_put_number(output, conversion, conversion->negative ? 0 - number : number, 10, false);
    break;
  case 'u':
    proxy_put_number(output, conversion, proxy_format_argument(arguments, longs, false), 10, false);
    break;
  case 'x':
  case 'X':
    number = proxy_format_argument(arguments, longs, false);
    proxy_put_number(output, conversion, number, 16, letter == 'X');
    break;
  case 'p':
    proxy_put(output, '0');
    proxy_put(output, 'x');
    proxy_put_number(output, conversion, (uintptr_t)va_arg(arguments->list, void *), 16, false);
    break;
  case 'c':
    one               = (char)va_arg(arguments->list, int);
    conversion->zeros = false;
    proxy_put_field(output, conversion, &one, 1);
    break;
  case 's':
    conversion->zeros = false;
    proxy_put_text(output, conversion, va_arg(arguments->list, const char *));
    break;
  default:
    proxy_put(output, letter);
  }
}

size_t
proxy_format_list(char *buffer, size_t capacity, const char *format, va_list list)
{
  struct proxy_output    output = {buffer, capacity, 0};
  struct proxy_arguments arguments;
  va_copy(arguments.list, list);
  while (*format) {
    struct proxy_conversion conversion = {false, false, false, 0, INT32_MAX};
    int                     longs      = 0;
    if (*format != '%') {
      proxy_put(&output, *format++);
      continue;
    }
    for (format++; *format == '-' || *format == '0'; format++) {
      conversion.left |= *format == '-';
      conversion.zeros |= *format == '0';
    }
    conversion.width = proxy_format_count(&format, &arguments, &conversion.left);
    if (*format == '.') {
      format++;
      conversion.precision = proxy_format_count(&format, &arguments, NULL);
    }
    conversion.zeros = conversion.zeros && !conversion.left;
    for (; *format == 'l' || *format == 'z' || *format == 'h'; format++) {
      longs += *format != 'h';
    }
    if (*format) {
      proxy_format_convert(&output, &conversion, *format++, longs, &arguments);
    }
  }
  va_end(arguments.list);
  if (capacity > 0) {
    buffer[output.size] = 0;
  }
  return output.size;
}

size_t
proxy_format(char *buffer, size_t capacity, const char *format, ...)
{
  va_list arguments;
  size_t  size;
  va_start(arguments, format);
  size = proxy_format_list(buffer, capacity, format, arguments);
  va_end(arguments);
  return size;
}

proxy_status_t
proxy_log_format(proxy_log_level_t level, const char *format, ...)
{
  char    line[PROXY_LOG_LINE_SIZE + 1];
  va_list arguments;
  size_t  size;
  va_start(arguments, format);
  size = proxy_format_list(line, sizeof(line), format, arguments);
  va_end(arguments);
  return proxy_log(level, line, size);
}

/* Pairs: a count, then the sizes of each key and value, then each key and value with a NUL after it. */

static inline uint32_t
proxy_load_u32(const char *from)
{
  const unsigned char *bytes = (const unsigned char *)from;
  return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static inline void
proxy_store_u32(char *to, uint32_t number)
{
  for (int i = 0; i < 4; i++) {
    to[i] = (char)(number >> (8 * i));
  }
}

bool
proxy_pairs_open(proxy_pairs_t *pairs, proxy_bytes_t bytes)
{
  pairs->bytes  = bytes;
  pairs->count  = 0;
  pairs->index  = 0;
  pairs->offset = 0;
  if (bytes.size < 4) { /* an empty map is nothing, or one zero byte */
    return bytes.size == 0 || (bytes.size == 1 && bytes.data[0] == 0);
  }
  uint32_t count  = proxy_load_u32(bytes.data);
  uint64_t offset = 4 + (uint64_t)count * 8;
  if (offset > bytes.size) {
    return false;
  }
  for (uint32_t i = 0; i < count; i++) {
    const char *sizes = bytes.data + 4 + (size_t)i * 8;
    offset += (uint64_t)proxy_load_u32(sizes) + 1 + proxy_load_u32(sizes + 4) + 1;
    if (offset > bytes.size) {
      return false;
    }
  }
  pairs->count  = count;
  pairs->offset = 4 + (size_t)count * 8;
  return true;
}

bool
proxy_pairs_next(proxy_pairs_t *pairs, proxy_pair_t *pair)
{
  if (pairs->index >= pairs->count) {
    return false;
  }
  const char *sizes = pairs->bytes.data + 4 + (size_t)pairs->index * 8;
  pair->key         = proxy_view_make(pairs->bytes.data + pairs->offset, proxy_load_u32(sizes));
  pairs->offset += pair->key.size + 1;
  pair->value = proxy_view_make(pairs->bytes.data + pairs->offset, proxy_load_u32(sizes + 4));
  pairs->offset += pair->value.size + 1;
  pairs->index++;
  return true;
}

static char *
proxy_put_view(char *to, proxy_view_t view)
{
  if (view.size > 0) {
    __builtin_memcpy(to, view.data, view.size);
  }
  to[view.size] = 0;
  return to + view.size + 1;
}

bool
proxy_pairs_serialize(const proxy_pair_t *pairs, size_t count, proxy_bytes_t *bytes)
{
  uint64_t size = 4;
  bytes->data   = NULL;
  bytes->size   = 0;
  if (count == 0) {
    return true;
  }
  for (size_t i = 0; i < count; i++) {
    size += (uint64_t)pairs[i].key.size + pairs[i].value.size + 8 + 2;
    if (size > UINT32_MAX) {
      return false;
    }
  }
  bytes->data = (char *)proxy_allocate((size_t)size);
  if (!bytes->data) {
    return false;
  }
  bytes->size = (size_t)size;
  proxy_store_u32(bytes->data, (uint32_t)count);
  char *content = bytes->data + 4 + count * 8;
  for (size_t i = 0; i < count; i++) {
    proxy_store_u32(bytes->data + 4 + i * 8, (uint32_t)pairs[i].key.size);
    proxy_store_u32(bytes->data + 8 + i * 8, (uint32_t)pairs[i].value.size);
    content = proxy_put_view(content, pairs[i].key);
    content = proxy_put_view(content, pairs[i].value);
  }
  return true;
}

proxy_status_t
proxy_headers_get(proxy_map_type_t map, proxy_pairs_t *pairs)
{
  proxy_bytes_t  bytes  = {NULL, 0};
  proxy_status_t status = proxy_get_header_map_pairs(map, &bytes.data, &bytes.size);
  bool           opened = proxy_pairs_open(pairs, bytes);
  return status != PROXY_STATUS_OK || opened ? status : PROXY_STATUS_PARSE_FAILURE;
}

proxy_status_t
proxy_headers_set(proxy_map_type_t map, const proxy_pair_t *pairs, size_t count)
{
  proxy_bytes_t bytes;
  if (!proxy_pairs_serialize(pairs, count, &bytes)) {
    return PROXY_STATUS_INTERNAL_FAILURE;
  }
  proxy_status_t status = proxy_set_header_map_pairs(map, bytes.data, bytes.size);
  proxy_bytes_free(&bytes);
  return status;
}

/* Replies, calls, properties */

proxy_status_t
proxy_local_response(uint32_t status_code, proxy_view_t body, const proxy_pair_t *headers, size_t header_count)
{
  proxy_bytes_t bytes;
  if (!proxy_pairs_serialize(headers, header_count, &bytes)) {
    return PROXY_STATUS_INTERNAL_FAILURE;
  }
  proxy_status_t status =
    proxy_send_local_response(status_code, NULL, 0, body.data, body.size, bytes.data, bytes.size, -1);
  proxy_bytes_free(&bytes);
  return status;
}

proxy_status_t
proxy_http_request(const char *upstream, const proxy_pair_t *headers, size_t header_count, proxy_view_t body,
                   uint32_t timeout, uint32_t *call_id)
{
  proxy_view_t  name = proxy_view(upstream);
  proxy_bytes_t bytes;
  if (!proxy_pairs_serialize(headers, header_count, &bytes)) {
    return PROXY_STATUS_INTERNAL_FAILURE;
  }
  proxy_status_t status =
    proxy_http_call(name.data, name.size, bytes.data, bytes.size, body.data, body.size, NULL, 0, timeout, call_id);
  proxy_bytes_free(&bytes);
  return status;
}

/* "request.path" to "request\0path"; 0: it is too long. */
static size_t
proxy_property_path(const char *path, char *parts)
{
  size_t size = 0;
  for (; path[size] != 0; size++) {
    if (size == PROXY_PROPERTY_PATH_SIZE) {
      return 0;
    }
    parts[size] = path[size];
    if (path[size] == '.') {
      parts[size] = 0;
    }
  }
  return size;
}

proxy_status_t
proxy_property_get(const char *path, proxy_bytes_t *value)
{
  char   parts[PROXY_PROPERTY_PATH_SIZE];
  size_t size = proxy_property_path(path, parts);
  value->data = NULL;
  value->size = 0;
  return size > 0 ? proxy_get_property(parts, size, &value->data, &value->size) : PROXY_STATUS_BAD_ARGUMENT;
}

proxy_status_t
proxy_property_number(const char *path, int64_t *number)
{
  proxy_bytes_t  value;
  proxy_status_t status = proxy_property_get(path, &value);
  if (status == PROXY_STATUS_OK) {
    if (value.size == 8) {
      *number = (int64_t)((uint64_t)proxy_load_u32(value.data) | (uint64_t)proxy_load_u32(value.data + 4) << 32);
    } else if (value.size == 1) {
      *number = value.data[0] != 0;
    } else {
      status = PROXY_STATUS_PARSE_FAILURE;
    }
  }
  proxy_bytes_free(&value);
  return status;
}

proxy_status_t
proxy_property_set(const char *path, proxy_view_t value)
{
  char   parts[PROXY_PROPERTY_PATH_SIZE];
  size_t size = proxy_property_path(path, parts);
  return size > 0 ? proxy_set_property(parts, size, value.data, value.size) : PROXY_STATUS_BAD_ARGUMENT;
}

/* Data of contexts: a hash table with open addressing; ids count up, so that they are their own hash. */

struct proxy_context_slot {
  uint32_t id;
  void    *data; /* NULL: free */
};

static struct {
  struct proxy_context_slot *slots;
  size_t                     capacity; /* a power of two */
  size_t                     count;
} proxy_contexts;

/* The slot of `id`, or the free one where it belongs. There is always a free slot. */
static struct proxy_context_slot *
proxy_context_slot(struct proxy_context_slot *slots, size_t capacity, uint32_t id)
{
  size_t i = id & (capacity - 1);
  while (slots[i].data && slots[i].id != id) {
    i = (i + 1) & (capacity - 1);
  }
  return &slots[i];
}

PROXY_WASM_APART
static bool
proxy_contexts_grow(void)
{
  size_t                     capacity = proxy_contexts.capacity ? proxy_contexts.capacity * 2 : 16;
  struct proxy_context_slot *slots    = (struct proxy_context_slot *)proxy_allocate(capacity * sizeof(*slots));
  if (!slots) {
    return false;
  }
  __builtin_memset(slots, 0, capacity * sizeof(*slots));
  for (size_t i = 0; i < proxy_contexts.capacity; i++) {
    if (proxy_contexts.slots[i].data) {
      *proxy_context_slot(slots, capacity, proxy_contexts.slots[i].id) = proxy_contexts.slots[i];
    }
  }
  proxy_free(proxy_contexts.slots);
  proxy_contexts.slots    = slots;
  proxy_contexts.capacity = capacity;
  return true;
}

/* Moves up the slots behind an empty one that would not be found any more. */
PROXY_WASM_APART
static void
proxy_contexts_close_up(size_t hole)
{
  size_t mask = proxy_contexts.capacity - 1;
  for (size_t i = (hole + 1) & mask; proxy_contexts.slots[i].data; i = (i + 1) & mask) {
    size_t home = proxy_contexts.slots[i].id & mask;
    if (((i - home) & mask) >= ((i - hole) & mask)) {
      proxy_contexts.slots[hole] = proxy_contexts.slots[i];
      hole                       = i;
    }
  }
  proxy_contexts.slots[hole].data = NULL;
}

static void
proxy_context_forget(struct proxy_context_slot *slot)
{
  size_t hole = (size_t)(slot - proxy_contexts.slots);
  slot->data  = NULL;
  proxy_contexts.count--;
  if (proxy_contexts.slots[(hole + 1) & (proxy_contexts.capacity - 1)].data) {
    proxy_contexts_close_up(hole);
  }
}

void *
proxy_context_take(uint32_t context_id)
{
  if (proxy_contexts.capacity == 0) {
    return NULL;
  }
  struct proxy_context_slot *slot = proxy_context_slot(proxy_contexts.slots, proxy_contexts.capacity, context_id);
  void                      *data = slot->data;
  if (data) {
    proxy_context_forget(slot);
  }
  return data;
}

bool
proxy_context_set(uint32_t context_id, void *data)
{
  if (!data) {
    proxy_context_take(context_id);
    return true;
  }
  if ((proxy_contexts.count + 1) * 4 > proxy_contexts.capacity * 3 && !proxy_contexts_grow()) {
    return false;
  }
  struct proxy_context_slot *slot = proxy_context_slot(proxy_contexts.slots, proxy_contexts.capacity, context_id);
  proxy_contexts.count += slot->data ? 0 : 1;
  slot->id   = context_id;
  slot->data = data;
  return true;
}

void *
proxy_context_get(uint32_t context_id)
{
  if (proxy_contexts.capacity == 0) {
    return NULL;
  }
  return proxy_context_slot(proxy_contexts.slots, proxy_contexts.capacity, context_id)->data;
}

void *
proxy_context_new(uint32_t context_id, size_t size)
{
  void *data = proxy_allocate(size);
  if (!data) {
    return NULL;
  }
  __builtin_memset(data, 0, size);
  proxy_context_free(context_id);
  if (!proxy_context_set(context_id, data)) {
    proxy_free(data);
    return NULL;
  }
  return data;
}

void
proxy_context_free(uint32_t context_id)
{
  proxy_free(proxy_context_take(context_id));
}

#ifdef __cplusplus
}
#endif

#endif /* PROXY_WASM_IMPLEMENTATION */
