/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file hostcall_table.h
 * The ABI's hostcalls as data: X(module, name, function, parameters, result, versions). See hostcall.h for the letters.
 *
 * Sections of the ABI text in their order; then what only 0.1.0 has; then what Emscripten's modules import; then WASI.
 */
#ifndef PROXYWASM_HOST_HOSTCALL_TABLE_H
#define PROXYWASM_HOST_HOSTCALL_TABLE_H

#include "host/internal.h"

#define PW_WASI_MODULE "wasi_snapshot_preview1"

#define PW_HOSTCALL_TABLE_ABI(X)                                                                                       \
  X("env", "proxy_done", pw_hc_done, "", 's', PW_ABI_ALL)                                                              \
  X("env", "proxy_set_effective_context", pw_hc_set_effective_context, "context_id:u", 's', PW_ABI_ALL)                \
  X("env", "proxy_log", pw_hc_log, "level:u message:b", 's', PW_ABI_ALL)                                               \
  X("env", "proxy_get_log_level", pw_hc_get_log_level, "level:r", 's', PW_ABI_0_2_1)                                   \
  X("env", "proxy_get_current_time_nanoseconds", pw_hc_get_current_time, "time:R", 's', PW_ABI_ALL)                    \
  X("env", "proxy_set_tick_period_milliseconds", pw_hc_set_tick_period, "period:u", 's', PW_ABI_ALL)                   \
  X("env", "proxy_set_buffer_bytes", pw_hc_set_buffer_bytes, "buffer:u start:u size:u value:b", 's', PW_ABI_ALL)       \
  X("env", "proxy_get_buffer_bytes", pw_hc_get_buffer_bytes, "buffer:u start:u max_size:u value:B", 's', PW_ABI_ALL)   \
  X("env", "proxy_get_buffer_status", pw_hc_get_buffer_status, "buffer:u size:r unused:r", 's', PW_ABI_ALL)            \
  X("env", "proxy_get_header_map_size", pw_hc_get_header_map_size, "map:u size:r", 's', PW_ABI_ALL)                    \
  X("env", "proxy_get_header_map_pairs", pw_hc_get_header_map_pairs, "map:u pairs:P", 's', PW_ABI_ALL)                 \
  X("env", "proxy_set_header_map_pairs", pw_hc_set_header_map_pairs, "map:u pairs:p", 's', PW_ABI_ALL)                 \
  X("env", "proxy_get_header_map_value", pw_hc_get_header_map_value, "map:u key:b value:B", 's', PW_ABI_ALL)           \
  X("env", "proxy_add_header_map_value", pw_hc_add_header_map_value, "map:u key:b value:b", 's', PW_ABI_ALL)           \
  X("env", "proxy_replace_header_map_value", pw_hc_replace_header_map_value, "map:u key:b value:b", 's', PW_ABI_ALL)   \
  X("env", "proxy_remove_header_map_value", pw_hc_remove_header_map_value, "map:u key:b", 's', PW_ABI_ALL)             \
  X("env", "proxy_continue_stream", pw_hc_continue_stream, "stream:u", 's', PW_ABI_0_2)                                \
  X("env", "proxy_close_stream", pw_hc_close_stream, "stream:u", 's', PW_ABI_0_2)                                      \
  X("env", "proxy_get_status", pw_hc_get_status, "code:r message:B", 's', PW_ABI_ALL)                                  \
  X("env", "proxy_send_local_response", pw_hc_send_local_response,                                                     \
    "status:u details:b body:b headers:p grpc_status:u", 's', PW_ABI_ALL)                                              \
  X("env", "proxy_http_call", pw_hc_http_call, "upstream:b headers:p body:b trailers:p timeout:u call_id:r", 's',      \
    PW_ABI_ALL)                                                                                                        \
  X("env", "proxy_grpc_call", pw_hc_grpc_call,                                                                         \
    "upstream:b service:b method:b metadata:p message:b timeout:u call_id:r", 's', PW_ABI_ALL)                         \
  X("env", "proxy_grpc_stream", pw_hc_grpc_stream, "upstream:b service:b method:b metadata:p stream_id:r", 's',        \
    PW_ABI_ALL)                                                                                                        \
  X("env", "proxy_grpc_send", pw_hc_grpc_send, "stream_id:u message:b end_stream:u", 's', PW_ABI_ALL)                  \
  X("env", "proxy_grpc_cancel", pw_hc_grpc_cancel, "id:u", 's', PW_ABI_ALL)                                            \
  X("env", "proxy_grpc_close", pw_hc_grpc_close, "id:u", 's', PW_ABI_ALL)                                              \
  X("env", "proxy_set_shared_data", pw_hc_set_shared_data, "key:b value:b cas:u", 's', PW_ABI_ALL)                     \
  X("env", "proxy_get_shared_data", pw_hc_get_shared_data, "key:b value:B cas:r", 's', PW_ABI_ALL)                     \
  X("env", "proxy_register_shared_queue", pw_hc_register_shared_queue, "name:b queue_id:r", 's', PW_ABI_ALL)           \
  X("env", "proxy_resolve_shared_queue", pw_hc_resolve_shared_queue, "vm_id:b name:b queue_id:r", 's', PW_ABI_ALL)     \
  X("env", "proxy_enqueue_shared_queue", pw_hc_enqueue_shared_queue, "queue_id:u value:b", 's', PW_ABI_ALL)            \
  X("env", "proxy_dequeue_shared_queue", pw_hc_dequeue_shared_queue, "queue_id:u value:B", 's', PW_ABI_ALL)            \
  X("env", "proxy_define_metric", pw_hc_define_metric, "type:u name:b metric_id:r", 's', PW_ABI_ALL)                   \
  X("env", "proxy_record_metric", pw_hc_record_metric, "metric_id:u value:U", 's', PW_ABI_ALL)                         \
  X("env", "proxy_increment_metric", pw_hc_increment_metric, "metric_id:u delta:U", 's', PW_ABI_ALL)                   \
  X("env", "proxy_get_metric", pw_hc_get_metric, "metric_id:u value:R", 's', PW_ABI_ALL)                               \
  X("env", "proxy_get_property", pw_hc_get_property, "path:b value:B", 's', PW_ABI_ALL)                                \
  X("env", "proxy_set_property", pw_hc_set_property, "path:b value:b", 's', PW_ABI_ALL)                                \
  X("env", "proxy_call_foreign_function", pw_hc_call_foreign_function, "name:b arguments:b results:B", 's',            \
    PW_ABI_ALL)                                                                                                        \
  X("env", "proxy_get_configuration", pw_hc_get_configuration, "value:B", 's', PW_ABI_0_1_0)                           \
  X("env", "proxy_continue_request", pw_hc_continue_request, "", 'o', PW_ABI_0_1_0)                                    \
  X("env", "proxy_continue_response", pw_hc_continue_response, "", 'o', PW_ABI_0_1_0)                                  \
  X("env", "proxy_clear_route_cache", pw_hc_clear_route_cache, "", 'o', PW_ABI_0_1_0)                                  \
  X("env", "emscripten_notify_memory_growth", pw_hc_memory_grown, "memory:u", 'v', PW_ABI_NONE)

#define PW_HOSTCALL_TABLE_WASI(X)                                                                                      \
  X(PW_WASI_MODULE, "fd_write", pw_wasi_fd_write, "fd:u iovecs:a iovec_count:u written:r", 'e', PW_ABI_ALL)            \
  X(PW_WASI_MODULE, "clock_time_get", pw_wasi_clock_time_get, "clock:u precision:U time:R", 'e', PW_ABI_ALL)           \
  X(PW_WASI_MODULE, "random_get", pw_wasi_random_get, "buffer:a size:u", 'e', PW_ABI_ALL)                              \
  X(PW_WASI_MODULE, "environ_sizes_get", pw_wasi_environ_sizes_get, "count:r size:r", 'e', PW_ABI_ALL)                 \
  X(PW_WASI_MODULE, "environ_get", pw_wasi_environ_get, "array:a buffer:a", 'e', PW_ABI_ALL)                           \
  X(PW_WASI_MODULE, "args_sizes_get", pw_wasi_args_sizes_get, "count:r size:r", 'e', PW_ABI_ALL)                       \
  X(PW_WASI_MODULE, "args_get", pw_wasi_args_get, "array:a buffer:a", 'e', PW_ABI_ALL)                                 \
  X(PW_WASI_MODULE, "proc_exit", pw_wasi_proc_exit, "code:u", 'v', PW_ABI_ALL)                                         \
  X(PW_WASI_MODULE, "clock_res_get", pw_wasi_clock_res_get, "clock:u resolution:R", 'e', PW_ABI_NONE)                  \
  X(PW_WASI_MODULE, "sched_yield", pw_wasi_sched_yield, "", 'e', PW_ABI_NONE)                                          \
  X(PW_WASI_MODULE, "poll_oneoff", pw_wasi_poll_oneoff, "in:a out:a count:u events:r", 'e', PW_ABI_NONE)               \
  X(PW_WASI_MODULE, "fd_fdstat_get", pw_wasi_fd_fdstat_get, "fd:u stat:a", 'e', PW_ABI_NONE)                           \
  X(PW_WASI_MODULE, "fd_fdstat_set_flags", pw_wasi_nosys, "fd:u flags:u", 'e', PW_ABI_NONE)                            \
  X(PW_WASI_MODULE, "fd_fdstat_set_rights", pw_wasi_nosys, "fd:u base:U inheriting:U", 'e', PW_ABI_NONE)               \
  X(PW_WASI_MODULE, "fd_prestat_get", pw_wasi_badf, "fd:u stat:a", 'e', PW_ABI_NONE)                                   \
  X(PW_WASI_MODULE, "fd_prestat_dir_name", pw_wasi_badf, "fd:u path:a size:u", 'e', PW_ABI_NONE)                       \
  X(PW_WASI_MODULE, "fd_close", pw_wasi_badf, "fd:u", 'e', PW_ABI_NONE)                                                \
  X(PW_WASI_MODULE, "fd_read", pw_wasi_badf, "fd:u iovecs:a iovec_count:u read:r", 'e', PW_ABI_NONE)                   \
  X(PW_WASI_MODULE, "fd_pread", pw_wasi_badf, "fd:u iovecs:a iovec_count:u offset:U read:r", 'e', PW_ABI_NONE)         \
  X(PW_WASI_MODULE, "fd_pwrite", pw_wasi_badf, "fd:u iovecs:a iovec_count:u offset:U written:r", 'e', PW_ABI_NONE)     \
  X(PW_WASI_MODULE, "fd_seek", pw_wasi_badf, "fd:u offset:U whence:u position:R", 'e', PW_ABI_NONE)                    \
  X(PW_WASI_MODULE, "fd_tell", pw_wasi_badf, "fd:u position:R", 'e', PW_ABI_NONE)                                      \
  X(PW_WASI_MODULE, "fd_sync", pw_wasi_badf, "fd:u", 'e', PW_ABI_NONE)                                                 \
  X(PW_WASI_MODULE, "fd_datasync", pw_wasi_badf, "fd:u", 'e', PW_ABI_NONE)                                             \
  X(PW_WASI_MODULE, "fd_advise", pw_wasi_badf, "fd:u offset:U size:U advice:u", 'e', PW_ABI_NONE)                      \
  X(PW_WASI_MODULE, "fd_allocate", pw_wasi_badf, "fd:u offset:U size:U", 'e', PW_ABI_NONE)                             \
  X(PW_WASI_MODULE, "fd_filestat_get", pw_wasi_badf, "fd:u stat:a", 'e', PW_ABI_NONE)                                  \
  X(PW_WASI_MODULE, "fd_filestat_set_size", pw_wasi_badf, "fd:u size:U", 'e', PW_ABI_NONE)                             \
  X(PW_WASI_MODULE, "fd_filestat_set_times", pw_wasi_badf, "fd:u access:U change:U flags:u", 'e', PW_ABI_NONE)         \
  X(PW_WASI_MODULE, "fd_readdir", pw_wasi_badf, "fd:u buffer:a size:u cookie:U used:r", 'e', PW_ABI_NONE)              \
  X(PW_WASI_MODULE, "fd_renumber", pw_wasi_badf, "fd:u to:u", 'e', PW_ABI_NONE)                                        \
  X(PW_WASI_MODULE, "path_open", pw_wasi_noent, "fd:u lookup:u path:b open:u base:U inheriting:U flags:u opened:r",    \
    'e', PW_ABI_NONE)                                                                                                  \
  X(PW_WASI_MODULE, "path_filestat_get", pw_wasi_noent, "fd:u lookup:u path:b stat:a", 'e', PW_ABI_NONE)               \
  X(PW_WASI_MODULE, "path_filestat_set_times", pw_wasi_notsup, "fd:u lookup:u path:b access:U change:U flags:u", 'e',  \
    PW_ABI_NONE)                                                                                                       \
  X(PW_WASI_MODULE, "path_create_directory", pw_wasi_notsup, "fd:u path:b", 'e', PW_ABI_NONE)                          \
  X(PW_WASI_MODULE, "path_link", pw_wasi_notsup, "fd:u lookup:u from:b to_fd:u to:b", 'e', PW_ABI_NONE)                \
  X(PW_WASI_MODULE, "path_readlink", pw_wasi_notsup, "fd:u path:b buffer:a size:u used:r", 'e', PW_ABI_NONE)           \
  X(PW_WASI_MODULE, "path_remove_directory", pw_wasi_notsup, "fd:u path:b", 'e', PW_ABI_NONE)                          \
  X(PW_WASI_MODULE, "path_rename", pw_wasi_notsup, "fd:u from:b to_fd:u to:b", 'e', PW_ABI_NONE)                       \
  X(PW_WASI_MODULE, "path_symlink", pw_wasi_notsup, "from:b fd:u to:b", 'e', PW_ABI_NONE)                              \
  X(PW_WASI_MODULE, "path_unlink_file", pw_wasi_notsup, "fd:u path:b", 'e', PW_ABI_NONE)                               \
  X(PW_WASI_MODULE, "proc_raise", pw_wasi_notsup, "signal:u", 'e', PW_ABI_NONE)                                        \
  X(PW_WASI_MODULE, "sock_accept", pw_wasi_notsup, "fd:u flags:u accepted:r", 'e', PW_ABI_NONE)                        \
  X(PW_WASI_MODULE, "sock_recv", pw_wasi_notsup, "fd:u data:a count:u flags:u received:r out_flags:r", 'e',            \
    PW_ABI_NONE)                                                                                                       \
  X(PW_WASI_MODULE, "sock_send", pw_wasi_notsup, "fd:u data:a count:u flags:u sent:r", 'e', PW_ABI_NONE)               \
  X(PW_WASI_MODULE, "sock_shutdown", pw_wasi_notsup, "fd:u how:u", 'e', PW_ABI_NONE)

#define PW_HOSTCALL_TABLE(X)                                                                                           \
  PW_HOSTCALL_TABLE_ABI(X)                                                                                             \
  PW_HOSTCALL_TABLE_WASI(X)

#define PW_HOSTCALL_PROTOTYPE(module, name, function, parameters, result, versions)                                    \
  const char *function(void *context, const void *data, pw_value *values);
PW_HOSTCALL_TABLE(PW_HOSTCALL_PROTOTYPE)
#undef PW_HOSTCALL_PROTOTYPE

/** The most fields that a module may pass at once, or have a map of a stream come to, and of one name. A server may
 * look all fields over for each one that is added (Traffic Server looks at all of them for each of them, twice), for
 * which no deadline holds: with these it takes some milliseconds, with ten thousand minutes. */
#define PW_MAX_FIELDS       256
#define PW_MAX_SAME_FIELDS  64
#define PW_MAX_FIELDS_BYTES (1u << 20)
/** The most of one field: name and value. */
#define PW_MAX_FIELD_BYTES (1u << 18)

/** The most that modules may change in the maps of one stream, all in all: what is replaced stays in a server's memory
 *  until the stream ends. Each field counts for its bytes and for some of what surrounds it there. */
#define PW_MAX_CHANGED_BYTES      (1u << 22)
#define PW_CHANGED_FIELD_OVERHEAD 256u

/** Whether modules may change a field of a map of the stream now: it is their turn, not too large, and there is room
 * for it; that it counts is seen to. `adds`: beside others of its name. OK; BAD_ARGUMENT. */
enum pw_status pw_map_change(struct pw_vm *vm, struct pw_stream *stream, enum pw_map_type map, struct pw_view key,
                             size_t value_size, bool adds);

/** Lifts serialised fields and checks each. INVALID_MEMORY_ACCESS; BAD_ARGUMENT: not as the ABI serialises
 *  them, a name or value that no HTTP message may have, or too many. The views are into guest memory. */
enum pw_status pw_guest_pairs(struct pw_vm *vm, pw_value address, pw_value size, struct pw_pairs *pairs);

/** What ends a call into a module whose allocator trapped beneath a hostcall. */
#define PW_HOSTCALL_DIED "the module trapped in its allocator"

__attribute__((cold, noinline)) const char *pw_hostcall_died(void);

/** A hostcall that answers an ABI status, and then ends with `ended`: NULL, or what ends the call into the module. */
#define PW_HOSTCALL_ENDING(function, ended)                                                                            \
  static inline enum pw_status function##_body(struct pw_vm *vm, const pw_value *in);                                  \
  const char                  *function(void *context, const void *data, pw_value *values)                             \
  {                                                                                                                    \
    struct pw_vm *called = (struct pw_vm *)context;                                                                    \
                                                                                                                       \
    (void)data;                                                                                                        \
    values[0].u64 =                                                                                                    \
      PW_UNLIKELY(called->allocating) ? PW_STATUS_INTERNAL_FAILURE : (uint32_t)function##_body(called, values);        \
    return ended;                                                                                                      \
  }                                                                                                                    \
  static inline enum pw_status function##_body(struct pw_vm *vm, const pw_value *in)

/**
 * Defines a hostcall that answers an ABI status. The body gets `vm` and `in`, the parameters.
 * While the module's allocator runs on behalf of a hostcall, it may not call back: what that hostcall holds (views of
 * headers, say) would change under it.
 */
#define PW_HOSTCALL(function)                                                                                          \
  PW_HOSTCALL_ENDING(function, PW_UNLIKELY(pw_vm_is_dead(called)) ? pw_hostcall_died() : NULL)

/** The same for a body that does not ask the module for memory: then it cannot have trapped meanwhile, as the proxy
 * does not call back into the host (proxy.h). */
#define PW_HOSTCALL_PLAIN(function) PW_HOSTCALL_ENDING(function, NULL)

#endif
