/* SPDX-License-Identifier: Apache-2.0 */
#include "hostcalls.h"

#include <proxy_wasm.h>

/*
 * Signatures: N for N parameters of i32, else the letters U (i32) and L (i64). For each one the C types of the import,
 * and the raw values that a call passes.
 */
#define TYPES_0         void
#define TYPES_1         uint32_t
#define TYPES_2         TYPES_1, uint32_t
#define TYPES_3         TYPES_2, uint32_t
#define TYPES_4         TYPES_3, uint32_t
#define TYPES_5         TYPES_4, uint32_t
#define TYPES_6         TYPES_5, uint32_t
#define TYPES_7         TYPES_6, uint32_t
#define TYPES_8         TYPES_7, uint32_t
#define TYPES_9         TYPES_8, uint32_t
#define TYPES_10        TYPES_9, uint32_t
#define TYPES_12        TYPES_10, uint32_t, uint32_t
#define TYPES_UL        uint32_t, uint64_t
#define TYPES_ULU       TYPES_UL, uint32_t
#define TYPES_ULUU      TYPES_ULU, uint32_t
#define TYPES_ULL       TYPES_UL, uint64_t
#define TYPES_ULLU      TYPES_ULL, uint32_t
#define TYPES_UUULU     TYPES_3, uint64_t, uint32_t
#define TYPES_UUUULLU   TYPES_4, uint64_t, uint64_t, uint32_t
#define TYPES_UUUUULLUU TYPES_5, uint64_t, uint64_t, uint32_t, uint32_t

#define R(n) (uint32_t) raw[n]
#define RAW_0
#define RAW_1         R(0)
#define RAW_2         RAW_1, R(1)
#define RAW_3         RAW_2, R(2)
#define RAW_4         RAW_3, R(3)
#define RAW_5         RAW_4, R(4)
#define RAW_6         RAW_5, R(5)
#define RAW_7         RAW_6, R(6)
#define RAW_8         RAW_7, R(7)
#define RAW_9         RAW_8, R(8)
#define RAW_10        RAW_9, R(9)
#define RAW_12        RAW_10, R(10), R(11)
#define RAW_UL        R(0), raw[1]
#define RAW_ULU       RAW_UL, R(2)
#define RAW_ULUU      RAW_ULU, R(3)
#define RAW_ULL       RAW_UL, raw[2]
#define RAW_ULLU      RAW_ULL, R(3)
#define RAW_UUULU     RAW_3, raw[3], R(4)
#define RAW_UUUULLU   RAW_4, raw[4], raw[5], R(6)
#define RAW_UUUUULLUU RAW_5, raw[5], raw[6], R(7), R(8)

/* X(module, name, parameters, result, signature) */
#define HOSTCALLS_ALL(X)                                                                                               \
  X(env, proxy_log, "ub", 's', 3)                                                                                      \
  X(env, proxy_get_current_time_nanoseconds, "R", 's', 1)                                                              \
  X(env, proxy_set_tick_period_milliseconds, "u", 's', 1)                                                              \
  X(env, proxy_done, "", 's', 0)                                                                                       \
  X(env, proxy_set_effective_context, "u", 's', 1)                                                                     \
  X(env, proxy_get_buffer_status, "urr", 's', 3)                                                                       \
  X(env, proxy_get_buffer_bytes, "uuuB", 's', 5)                                                                       \
  X(env, proxy_set_buffer_bytes, "uuub", 's', 5)                                                                       \
  X(env, proxy_get_header_map_size, "ur", 's', 2)                                                                      \
  X(env, proxy_get_header_map_pairs, "uP", 's', 3)                                                                     \
  X(env, proxy_set_header_map_pairs, "up", 's', 3)                                                                     \
  X(env, proxy_get_header_map_value, "ubB", 's', 5)                                                                    \
  X(env, proxy_add_header_map_value, "ubb", 's', 5)                                                                    \
  X(env, proxy_replace_header_map_value, "ubb", 's', 5)                                                                \
  X(env, proxy_remove_header_map_value, "ub", 's', 3)                                                                  \
  X(env, proxy_get_status, "rB", 's', 3)                                                                               \
  X(env, proxy_send_local_response, "ubbpu", 's', 8)                                                                   \
  X(env, proxy_http_call, "bpbpur", 's', 10)                                                                           \
  X(env, proxy_grpc_call, "bbbpbur", 's', 12)                                                                          \
  X(env, proxy_grpc_stream, "bbbpr", 's', 9)                                                                           \
  X(env, proxy_grpc_send, "ubu", 's', 4)                                                                               \
  X(env, proxy_grpc_cancel, "u", 's', 1)                                                                               \
  X(env, proxy_grpc_close, "u", 's', 1)                                                                                \
  X(env, proxy_set_shared_data, "bbu", 's', 5)                                                                         \
  X(env, proxy_get_shared_data, "bBr", 's', 5)                                                                         \
  X(env, proxy_register_shared_queue, "br", 's', 3)                                                                    \
  X(env, proxy_resolve_shared_queue, "bbr", 's', 5)                                                                    \
  X(env, proxy_enqueue_shared_queue, "ub", 's', 3)                                                                     \
  X(env, proxy_dequeue_shared_queue, "uB", 's', 3)                                                                     \
  X(env, proxy_define_metric, "ubr", 's', 4)                                                                           \
  X(env, proxy_record_metric, "uU", 's', UL)                                                                           \
  X(env, proxy_increment_metric, "uU", 's', UL)                                                                        \
  X(env, proxy_get_metric, "uR", 's', 2)                                                                               \
  X(env, proxy_get_property, "bB", 's', 4)                                                                             \
  X(env, proxy_set_property, "bb", 's', 4)                                                                             \
  X(env, proxy_call_foreign_function, "bbB", 's', 6)                                                                   \
  X(WASI, args_get, "mm", 'e', 2)                                                                                      \
  X(WASI, args_sizes_get, "rr", 'e', 2)                                                                                \
  X(WASI, environ_get, "mm", 'e', 2)                                                                                   \
  X(WASI, environ_sizes_get, "rr", 'e', 2)                                                                             \
  X(WASI, clock_time_get, "uUR", 'e', ULU)                                                                             \
  X(WASI, random_get, "mu", 'e', 2)                                                                                    \
  X(WASI, fd_write, "uvr", 'e', 4)

/* WASI functions that are not in the ABI texts, but in what toolchains make: for the build with CALLER_WASI only. */
#ifdef CALLER_WASI
#define HOSTCALLS_WASI(X)                                                                                              \
  X(WASI, clock_res_get, "uR", 'e', 2)                                                                                 \
  X(WASI, sched_yield, "", 'e', 0)                                                                                     \
  X(WASI, poll_oneoff, "amur", 'e', 4)                                                                                 \
  X(WASI, fd_fdstat_get, "um", 'e', 2)                                                                                 \
  X(WASI, fd_fdstat_set_flags, "uu", 'e', 2)                                                                           \
  X(WASI, fd_fdstat_set_rights, "uUU", 'e', ULL)                                                                       \
  X(WASI, fd_prestat_get, "um", 'e', 2)                                                                                \
  X(WASI, fd_prestat_dir_name, "umu", 'e', 3)                                                                          \
  X(WASI, fd_close, "u", 'e', 1)                                                                                       \
  X(WASI, fd_read, "uvr", 'e', 4)                                                                                      \
  X(WASI, fd_pread, "uvUr", 'e', UUULU)                                                                                \
  X(WASI, fd_pwrite, "uvUr", 'e', UUULU)                                                                               \
  X(WASI, fd_seek, "uUuR", 'e', ULUU)                                                                                  \
  X(WASI, fd_tell, "uR", 'e', 2)                                                                                       \
  X(WASI, fd_sync, "u", 'e', 1)                                                                                        \
  X(WASI, fd_datasync, "u", 'e', 1)                                                                                    \
  X(WASI, fd_advise, "uUUu", 'e', ULLU)                                                                                \
  X(WASI, fd_allocate, "uUU", 'e', ULL)                                                                                \
  X(WASI, fd_filestat_get, "um", 'e', 2)                                                                               \
  X(WASI, fd_filestat_set_size, "uU", 'e', UL)                                                                         \
  X(WASI, fd_filestat_set_times, "uUUu", 'e', ULLU)                                                                    \
  X(WASI, fd_readdir, "umuUr", 'e', UUULU)                                                                             \
  X(WASI, fd_renumber, "uu", 'e', 2)                                                                                   \
  X(WASI, path_open, "uubuUUur", 'e', UUUUULLUU)                                                                       \
  X(WASI, path_filestat_get, "uubm", 'e', 5)                                                                           \
  X(WASI, path_filestat_set_times, "uubUUu", 'e', UUUULLU)                                                             \
  X(WASI, path_create_directory, "ub", 'e', 3)                                                                         \
  X(WASI, path_link, "uubub", 'e', 7)                                                                                  \
  X(WASI, path_readlink, "ubmur", 'e', 6)                                                                              \
  X(WASI, path_remove_directory, "ub", 'e', 3)                                                                         \
  X(WASI, path_rename, "ubub", 'e', 6)                                                                                 \
  X(WASI, path_symlink, "bub", 'e', 5)                                                                                 \
  X(WASI, path_unlink_file, "ub", 'e', 3)                                                                              \
  X(WASI, proc_raise, "u", 'e', 1)                                                                                     \
  X(WASI, sock_accept, "uur", 'e', 3)                                                                                  \
  X(WASI, sock_recv, "uvurr", 'e', 6)                                                                                  \
  X(WASI, sock_send, "uvur", 'e', 5)                                                                                   \
  X(WASI, sock_shutdown, "uu", 'e', 2)
#define HOSTCALLS_WITHOUT_RESULT_WASI(X) X(env, emscripten_notify_memory_growth, "u", 1)
#else
#define HOSTCALLS_WASI(X)
#define HOSTCALLS_WITHOUT_RESULT_WASI(X)
#endif

#define HOSTCALLS_WITHOUT_RESULT(X)                                                                                    \
  X(WASI, proc_exit, "u", 1)                                                                                           \
  HOSTCALLS_WITHOUT_RESULT_WASI(X)                                                                                     \
  HOSTCALLS_WITHOUT_RESULT_0_1_0(X)

#if PROXY_WASM_ABI == 0x000100
#define WASI                 wasi_unstable
#define HOSTCALLS_VERSION(X) X(env, proxy_get_configuration, "B", 's', 2)
#define HOSTCALLS_WITHOUT_RESULT_0_1_0(X)                                                                              \
  X(env, proxy_continue_request, "", 0)                                                                                \
  X(env, proxy_continue_response, "", 0)                                                                               \
  X(env, proxy_clear_route_cache, "", 0)
#else
#define WASI wasi_snapshot_preview1
#define HOSTCALLS_WITHOUT_RESULT_0_1_0(X)
#define HOSTCALLS_0_2(X)                                                                                               \
  X(env, proxy_continue_stream, "u", 's', 1)                                                                           \
  X(env, proxy_close_stream, "u", 's', 1)
#if PROXY_WASM_ABI == 0x000200
#define HOSTCALLS_VERSION(X) HOSTCALLS_0_2(X)
#else
#define HOSTCALLS_VERSION(X)                                                                                           \
  HOSTCALLS_0_2(X)                                                                                                     \
  X(env, proxy_get_log_level, "r", 's', 1)
#endif
#endif

#define TEXT_OF(word) #word
#define TEXT(word)    TEXT_OF(word)

#define IMPORT(from, name, parameters, result, signature)                                                              \
  __attribute__((import_module(TEXT(from)), import_name(#name))) uint32_t import_##name(TYPES_##signature);
#define IMPORT_WITHOUT_RESULT(from, name, parameters, signature)                                                       \
  __attribute__((import_module(TEXT(from)), import_name(#name))) void import_##name(TYPES_##signature);

HOSTCALLS_ALL(IMPORT)
HOSTCALLS_WASI(IMPORT)
HOSTCALLS_VERSION(IMPORT)
HOSTCALLS_WITHOUT_RESULT(IMPORT_WITHOUT_RESULT)

#define CALL(from, name, parameters, result, signature)                                                                \
  static uint32_t call_##name(const uint64_t *raw)                                                                     \
  {                                                                                                                    \
    (void)raw;                                                                                                         \
    return import_##name(RAW_##signature);                                                                             \
  }
#define CALL_WITHOUT_RESULT(from, name, parameters, signature)                                                         \
  static uint32_t call_##name(const uint64_t *raw)                                                                     \
  {                                                                                                                    \
    (void)raw;                                                                                                         \
    import_##name(RAW_##signature);                                                                                    \
    return 0;                                                                                                          \
  }

HOSTCALLS_ALL(CALL)
HOSTCALLS_WASI(CALL)
HOSTCALLS_VERSION(CALL)
HOSTCALLS_WITHOUT_RESULT(CALL_WITHOUT_RESULT)

#define ENTRY(from, name, parameters, result, signature)        {#name, parameters, result, call_##name},
#define ENTRY_WITHOUT_RESULT(from, name, parameters, signature) {#name, parameters, 'v', call_##name},

static const struct hostcall hostcalls[] = {HOSTCALLS_ALL(ENTRY) HOSTCALLS_WASI(ENTRY) HOSTCALLS_VERSION(ENTRY)
                                              HOSTCALLS_WITHOUT_RESULT(ENTRY_WITHOUT_RESULT)};

#define HOSTCALL_COUNT (sizeof(hostcalls) / sizeof(hostcalls[0]))

const struct hostcall *
hostcall_at(uint32_t number)
{
  return &hostcalls[number % HOSTCALL_COUNT];
}

const struct hostcall *
hostcall_find(struct bytes name)
{
  for (uint32_t i = 0; i < HOSTCALL_COUNT; i++) {
    if (bytes_equal(bytes_of(hostcalls[i].name), name)) {
      return &hostcalls[i];
    }
  }
  return NULL;
}
