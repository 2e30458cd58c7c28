/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file proxy.h
 * What the host asks of the proxy it runs in: one const table of functions, `struct pw_proxy_ops`.
 *
 * The Traffic Server plugin and the simulator of the command line both fill it; what runs in one runs in the other.
 * A NULL entry means "this proxy cannot": the module then gets PW_STATUS_UNIMPLEMENTED, never OK.
 *
 * `worker` and `stream` are the proxy's own pointers, as given to pw_worker_new and pw_stream_new. Unless said
 * otherwise every function is called on the thread of the worker, from within a call of the proxy into the host, and
 * must not call back into the host (it may note something down and act later).
 */
#ifndef PROXYWASM_PROXY_H
#define PROXYWASM_PROXY_H

#include <proxywasm/abi.h>
#include <proxywasm/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pw_plugin;
struct pw_instance;
struct pw_metric;

/** What a module asks for with proxy_send_local_response. Everything lives until the call returns. */
struct pw_local_reply {
  uint32_t               status;      /**< 200 … 599, checked by the host */
  struct pw_view         details;     /**< reason, for logs; may be empty */
  struct pw_view         body;        /**< any bytes */
  const struct pw_pairs *headers;     /**< names and values are checked by the host: no CR, LF, NUL */
  int32_t                grpc_status; /**< -1 if none; a request of gRPC is answered with it: see host/grpc_reply.h */
};

/** What the calls under way of a plugin may hold on one worker: their requests, which the host counts, and as much
 * again their answers, which the proxy counts. One that is larger by itself may go if it is the only one. */
#define PW_MAX_CALL_BYTES ((size_t)64 << 20)

/** Whether one may hold `bytes` while the others hold `held` in all. Any thread. */
static inline bool
pw_call_bytes_fit(size_t held, size_t bytes)
{
  return held == 0 || (held <= PW_MAX_CALL_BYTES && bytes <= PW_MAX_CALL_BYTES - held);
}

/** proxy_http_call. Everything lives until the call returns. */
struct pw_http_call {
  uint32_t               id; /**< unique in its worker */
  struct pw_view         upstream;
  const struct pw_pairs *headers; /**< :method, :path and :authority are there: checked by the host */
  struct pw_view         body;
  const struct pw_pairs *trailers;
  uint32_t               timeout_milliseconds;
};

/** proxy_grpc_call and proxy_grpc_stream (then `is_stream`, with neither message nor timeout). */
struct pw_grpc_call {
  uint32_t               id;
  bool                   is_stream;
  struct pw_view         upstream;
  struct pw_view         service;
  struct pw_view         method;
  const struct pw_pairs *metadata;
  struct pw_view         message;
  uint32_t               timeout_milliseconds;
};

struct pw_proxy_ops {
  /* ---- the plugin's surroundings ---- */

  /** A log line of a module, or of the host about a module. Level and rate are already checked. The text has control
   *  characters escaped. Any thread. `plugin` may be NULL (the host itself). */
  void (*log)(void *proxy, const struct pw_plugin *plugin, enum pw_log_level level, struct pw_view text);
  /** Nanoseconds since 1970. Any thread. */
  uint64_t (*time_realtime)(void *proxy);
  /** Nanoseconds since some fixed point. Any thread. */
  uint64_t (*time_monotonic)(void *proxy);
  /** Fills with random bytes fit for keys; false if none are to be had. Any thread. */
  bool (*random)(void *proxy, void *bytes, size_t size);
  /** A metric was defined; a proxy may mirror it. Any thread. May be NULL. */
  void (*metric_defined)(void *proxy, const struct pw_metric *metric);

  /* ---- worker ---- */

  /** Call pw_instance_tick(instance) every `milliseconds` from now on; 0: no more. Replaces an earlier period. Also
   * called with 0 before the instance is deleted. */
  void (*set_tick)(void *worker, struct pw_instance *instance, uint32_t milliseconds);
  /** Something waits for pw_worker_run on that worker's thread. Any thread; called at most once until the next run. */
  void (*wake)(void *worker);
  /** Starts an HTTP call; its end is told with pw_instance_http_call_end, always, and not before this has returned.
   *  `stream`: the stream it was asked from, NULL for a root context.
   *  OK; BAD_ARGUMENT: unknown or forbidden upstream; INTERNAL_FAILURE: could not be sent. */
  enum pw_status (*http_call)(void *worker, struct pw_instance *instance, void *stream,
                              const struct pw_http_call *call);
  /** Gives up on a call; pw_instance_http_call_end is not called for it any more. */
  void (*http_call_cancel)(void *worker, uint32_t id);
  /** gRPC, likewise, told with the pw_instance_grpc_ functions. PARSE_FAILURE: unknown upstream (as the ABI text has
   * it). */
  enum pw_status (*grpc_call)(void *worker, struct pw_instance *instance, void *stream,
                              const struct pw_grpc_call *call);
  enum pw_status (*grpc_send)(void *worker, uint32_t id, struct pw_view message, bool end_of_stream);
  enum pw_status (*grpc_close)(void *worker, uint32_t id);
  enum pw_status (*grpc_cancel)(void *worker, uint32_t id);

  /* ---- stream: HTTP fields ----
   * All of them are there. `map` is one of the first four (PW_MAP_STREAM_COUNT). Pseudo-headers (":method", ":path",
   * ":authority", ":scheme", ":status") are keys like others here, and come first. Keys compare without case.
   * NOT_FOUND: the map does not exist now (no response yet); BAD_ARGUMENT: it cannot be changed (any more), or the
   * value is none for that pseudo-header. Keys that are added, replaced, removed or set are field names (RFC
   * 9110, 5.6.2) or begin with ':', and values have no CR, LF or NUL: the host has seen to that.
   */

  /** The number of pairs. Asked for callbacks that look at it. */
  enum pw_status (*map_count)(void *stream, enum pw_map_type map, size_t *count);
  /** How much map_pairs would append; `*size` is zero when it is called. */
  enum pw_status (*map_size)(void *stream, enum pw_map_type map, struct pw_map_size *size);
  /** Appends every pair to `pairs`, repeated names one by one, in order. Bytes live until the map is changed. */
  enum pw_status (*map_pairs)(void *stream, enum pw_map_type map, struct pw_pairs *pairs);
  /** Appends each value of `key` to `pairs` (with that key); none: NOT_FOUND. Bytes live until the map is changed. */
  enum pw_status (*map_get)(void *stream, enum pw_map_type map, struct pw_view key, struct pw_pairs *pairs);
  /** One more value, whether or not the key is there. A pseudo-header is set. */
  enum pw_status (*map_add)(void *stream, enum pw_map_type map, struct pw_view key, struct pw_view value);
  /** Exactly this one value, whether or not the key is there. */
  enum pw_status (*map_replace)(void *stream, enum pw_map_type map, struct pw_view key, struct pw_view value);
  /** All values gone; OK also when there was none. */
  enum pw_status (*map_remove)(void *stream, enum pw_map_type map, struct pw_view key);
  /** The whole map replaced. Pseudo-headers that are not in `pairs` keep their value. */
  enum pw_status (*map_set)(void *stream, enum pw_map_type map, const struct pw_pairs *pairs);

  /* ---- stream: the rest ---- */

  /** Appends the value of a property to `value`, in the ABI's serialisation (strings as they are; int, uint, timestamp
   * and duration as 64-bit little-endian; bool as one byte; maps as the ABI's pairs). `path` has its parts separated by
   * NUL
   *  ("request\0path"), with none at the end. `stream` is NULL for a root context. OK, NOT_FOUND,
   * SERIALIZATION_FAILURE. Properties of the host (plugin_name, plugin_root_id, plugin_vm_id, and what modules set) do
   * not come here. */
  enum pw_status (*property_get)(void *worker, void *stream, struct pw_view path, struct pw_bytes *value);
  /** A property that the proxy itself reacts to, as property_get has it; NOT_FOUND: not one of those. The host then
   * changes the field that it is part of ("request\0path" is ":path", "response\0headers\0x-a" is "x-a"), or keeps it
   * as the stream's own. */
  enum pw_status (*property_set)(void *worker, void *stream, struct pw_view path, struct pw_view value);
  /** Answer the client with this instead. Bytes must be copied. The host then ends the phase with PW_NEXT_REPLY; when
   * the stream was paused it asks for `resume` first. BAD_ARGUMENT: too late, response headers were sent. */
  enum pw_status (*local_reply)(void *stream, const struct pw_local_reply *reply);
  /** A module continues a paused direction, or has ended a stream that may not be paused at all (then pw_stream_resume
   *  answers CLOSE or REPLY): call pw_stream_resume soon, on the stream's thread and not from inside this call.
   *  Called at most once until then; from any thread when the module is in a shared worker, but never after
   *  pw_stream_end has returned. */
  void (*resume)(void *stream, enum pw_stream_type type);
  /** A piece of body leaves the last module, on its way to the upstream (request) or the client (response). */
  void (*body_out)(void *stream, enum pw_stream_type type, struct pw_view piece, bool end_of_stream);
  /** proxy_clear_route_cache (0.1.0): choose the upstream anew from the changed request. */
  enum pw_status (*clear_route_cache)(void *stream);
};

#ifdef __cplusplus
}
#endif

#endif
