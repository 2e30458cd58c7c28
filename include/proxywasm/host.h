/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file host.h
 * libproxywasm: a Proxy-Wasm host to embed in a proxy.
 *
 *   pw_host      the process: what plugins share (data, queues, metrics, foreign functions)
 *   pw_plugin    a configured module, compiled once, used by every worker
 *   pw_worker    a thread (or a lock) that VMs belong to
 *   pw_instance  a plugin on a worker: its root context, in a VM that it may share with other plugins of the same VM
 *                identity, and that is replaced after a trap
 *   pw_chain     the instances that a stream goes through, in order
 *   pw_stream    one transaction on its way through a chain: one stream context for each instance
 *
 * The host does no I/O and makes no threads. What it needs it asks of the proxy (proxy.h); what has to wait returns
 * "paused" and goes on with an explicit call.
 *
 * Threads: a host and a plugin may be used from any thread; a worker and everything below it from one thread at a time.
 */
#ifndef PROXYWASM_HOST_H
#define PROXYWASM_HOST_H

#include <proxywasm/abi.h>
#include <proxywasm/engine.h>
#include <proxywasm/module.h>
#include <proxywasm/proxy.h>
#include <proxywasm/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** proxywasm's own version, "0.1.0". */
const char *pw_version(void);

/* ------------------------------------------------------------------------------------------------------------- host */

struct pw_host;
struct pw_hostcall;

/** Looks on at every callback and hostcall; for tools. A VM that is watched is slower, one that is not pays nothing for
 *  hostcalls and one test for a callback. Pointers live until the call returns. */
struct pw_trace_ops {
  void (*callback_begin)(void *data, struct pw_instance *instance, const char *callback, const pw_value *arguments,
                         size_t count);
  /** `result` is NULL when the callback has none, or trapped (then `trap` is set). */
  void (*callback_end)(void *data, struct pw_instance *instance, const char *callback, const pw_value *result,
                       const struct pw_trap *trap);
  void (*hostcall_begin)(void *data, struct pw_instance *instance, const struct pw_hostcall *hostcall,
                         const pw_value *arguments);
  /** `result` is NULL when it has none; `trap` is the message that ends the call, or NULL. `arguments` as at begin. */
  void (*hostcall_end)(void *data, struct pw_instance *instance, const struct pw_hostcall *hostcall,
                       const pw_value *arguments, const pw_value *result, const char *trap);
};

struct pw_host_options {
  const struct pw_proxy_ops *proxy; /**< must outlive the host */
  void                      *proxy_data;
  const struct pw_trace_ops *trace; /**< NULL: none */
  void                      *trace_data;
  const char                *cache_directory;   /**< for compiled code; NULL: none. Copied. */
  uint64_t                   shared_data_bytes; /**< the most that all shared data may hold; 0: 64 MiB */
  uint32_t                   shared_data_keys;  /**< 0: 1,000,000 */
  uint32_t                   queue_count;       /**< the most queues; 0: 1,024 */
  uint64_t                   queue_bytes;       /**< the most bytes waiting in one queue; 0: 16 MiB */
  uint64_t                   queues_bytes;      /**< and in all of them; 0: 64 MiB */
  uint32_t                   metric_count;      /**< the most metrics; 0: 1,024 */
};

/** Errors: ARGUMENT (no proxy), MEMORY. */
struct pw_host *pw_host_new(const struct pw_host_options *options, struct pw_error *error);
/** After every worker and plugin is gone. NULL is allowed. */
void pw_host_delete(struct pw_host *host);

/**
 * proxy_call_foreign_function: registers `name`. `function` appends its result to `result` and answers the ABI status
 * for the module. It is called on the worker's thread; `stream` is the proxy's, NULL from a root context. Before the
 * first worker is made. Errors: ARGUMENT (registered twice), MEMORY.
 */
typedef enum pw_status (*pw_foreign_function)(void *data, struct pw_instance *instance, void *stream,
                                              struct pw_view arguments, struct pw_bytes *result);
bool pw_host_register_foreign_function(struct pw_host *host, const char *name, pw_foreign_function function, void *data,
                                       struct pw_error *error);

/* ----------------------------------------------------------------------------------------------------------- metric */

struct pw_metric;
/** All of these: any thread. */
const char         *pw_metric_name(const struct pw_metric *metric);
enum pw_metric_type pw_metric_type(const struct pw_metric *metric);
uint32_t            pw_metric_id(const struct pw_metric *metric);
/** Counter, gauge: the value. Histogram: the number of samples. */
int64_t pw_metric_value(const struct pw_metric *metric);

/** Upper bounds are 2^0, 2^1, … 2^62 and infinity. */
#define PW_HISTOGRAM_BUCKETS 64
struct pw_histogram {
  uint64_t count;
  uint64_t sum;
  uint64_t buckets[PW_HISTOGRAM_BUCKETS]; /**< samples s with 2^(i-1) < s <= 2^i; bucket 0: s <= 1 */
};
void pw_metric_histogram(const struct pw_metric *metric, struct pw_histogram *histogram);
/** Every metric, in the order of definition. */
void pw_host_metrics(struct pw_host *host, void (*visit)(void *data, const struct pw_metric *metric), void *data);

/* --------------------------------------------------------------------------------------------------- callback times */

/** Of the callbacks of a plugin with `callback_times`: upper bounds are 1 µs, 10 µs, … 100 ms, and infinity. */
#define PW_CALLBACK_TIME_BUCKETS 7
struct pw_callback_histogram {
  uint64_t nanoseconds;                       /**< the sum */
  uint64_t buckets[PW_CALLBACK_TIME_BUCKETS]; /**< those that do not fit the one before */
};
/** For each name of a plugin that has `callback_times`, or had it once: always in the same order, new ones at the end.
 *  The name is terminated, and lives as long as the host. `visit` must not load plugins. Any thread. */
void pw_host_callback_times(struct pw_host *host,
                            void (*visit)(void *data, const char *plugin,
                                          const struct pw_callback_histogram *histogram),
                            void *data);

/* ----------------------------------------------------------------------------------------------------------- plugin */

/** Part of what compiled code is bound to: see `proxywasm compile`. */
#define PW_DEFAULT_STACK_BYTES (512u << 10)

/** What a module may spend. 0 in any field: the default, in brackets. */
struct pw_limits {
  uint64_t memory_bytes;          /**< linear memory of a VM [256 MiB] */
  uint32_t stack_bytes;           /**< wasm stack [512 KiB] */
  uint32_t callback_milliseconds; /**< time of one callback [100] */
  uint32_t start_milliseconds;    /**< time of each of _initialize/_start, on_vm_start, on_configure [10,000] */
  uint64_t body_bytes;            /**< body buffered for one stream and direction [10 MiB] */
  uint32_t calls_in_flight;       /**< HTTP and gRPC calls open at once, for one instance [1,000] */
  uint32_t log_lines_per_second;  /**< for one instance [1,000]; what is beyond is counted and told once a second */
  uint32_t log_line_bytes;        /**< longer lines are cut [8 KiB] */
  uint32_t tick_milliseconds;     /**< shortest tick period [10]; a shorter one is raised to it, with a log line */
  uint32_t properties_bytes;      /**< properties that modules set, for one stream [64 KiB] */
  uint32_t pause_milliseconds;    /**< one pause of a stream, see pw_chain_end_pauses [60,000] */
  uint32_t compile_milliseconds;  /**< compiling the module, on engines that compile [60,000] */
  uint64_t compile_memory_bytes;  /**< memory for that, in a process of its own [2 GiB] */
};

/** Whether and how a plugin is shown the bodies of one direction. */
enum pw_body_mode {
  PW_BODY_EXPORTED, /**< piece by piece, if the module exports the callback */
  PW_BODY_OFF,      /**< not at all, whatever it exports: some SDKs export everything */
  PW_BODY_BUFFER    /**< whole: the callback is called once, at the end, with at most limits.body_bytes */
};

struct pw_plugin_config {
  struct pw_view    name;
  struct pw_view    root_id;
  struct pw_view    vm_id;
  struct pw_view    configuration;    /**< any bytes */
  struct pw_view    vm_configuration; /**< any bytes */
  const char       *engine;           /**< "wasmtime", "ats.wasm.runtime.wasmtime"; NULL or "": the default */
  bool              fail_open;        /**< a broken plugin lets traffic pass */
  bool              allow_precompiled;
  enum pw_body_mode request_body;
  enum pw_body_mode response_body;
  bool              allow_on_headers_stop_iteration; /**< a pause in a headers callback holds headers only, and body
                                                          callbacks come; else (default) it holds the body too */
  bool profile;
  bool callback_times; /**< count how long callbacks take: pw_host_callback_times */
  bool vm_per_stream;  /**< a VM for each stream (vm_scope: transaction), as it is after the start; with an engine
                            that has images the start runs once. Each is a pw_instance of its own, which the proxy meets
                            in set_tick and http_call */
  bool                  restrict_capabilities; /**< only `capabilities` may be imported and called back */
  const struct pw_view *capabilities; /**< names of functions: "proxy_log", "fd_write", "proxy_on_request_headers" */
  size_t                capability_count;
  const struct pw_pair *environment;
  size_t                environment_count;
  enum pw_log_level     log_level; /**< lines below it are dropped */
  struct pw_limits      limits;
};

/** Whether a capability may have that name: that of a hostcall or a callback of the ABI, or of what every module needs
 * for its start and its memory, which no restriction takes away. */
bool pw_capability_exists(struct pw_view name);

/**
 * Reads, checks, compiles and links a module. The configuration and the code are copied as far as they are needed.
 * `file` is for messages only. The result has one reference.
 * Errors: MODULE (no wasm, broken), ABI (no marker; a callback or an import has a signature that the ABI has not),
 * LINK (imports that nobody provides: each one by name; too many of them), ENGINE, FILE, LIMIT (compiling took too
 * much), MEMORY, ARGUMENT (unknown capability, names it).
 */
struct pw_plugin *pw_plugin_load(struct pw_host *host, const struct pw_plugin_config *config, struct pw_view code,
                                 const char *file, struct pw_error *error);
struct pw_plugin *pw_plugin_retain(struct pw_plugin *plugin);
/** NULL is allowed. */
void pw_plugin_release(struct pw_plugin *plugin);

const struct pw_plugin_config *pw_plugin_configuration(const struct pw_plugin *plugin);
const struct pw_module_info   *pw_plugin_module(const struct pw_plugin *plugin);
/** "0.2.1". */
const char *pw_plugin_abi(const struct pw_plugin *plugin);
/** Whether the module imports a hostcall, and is not denied it. */
bool pw_plugin_may_call(const struct pw_plugin *plugin, const char *hostcall);
/** Exported, and not denied. */
bool pw_plugin_has_callback(const struct pw_plugin *plugin, enum pw_callback callback);
/** Whether the callback of headers of `type` (PW_STREAM_HTTP_REQUEST or …_RESPONSE) looks at end_of_stream, as far as
 * can be told: if no plugin of a chain does, the proxy need not find it out, and passes false. */
bool pw_plugin_looks_at_end(const struct pw_plugin *plugin, enum pw_stream_type type);

/* ----------------------------------------------------------------------------------------------------------- worker */

struct pw_worker;

/** `data` is what the proxy's functions get as `worker`. Errors: MEMORY. */
struct pw_worker *pw_worker_new(struct pw_host *host, void *data, struct pw_error *error);
/** A worker with a lock (vm_scope: process): its instances may be in chains of other workers, and used from any thread;
 *  one thread at a time is in its VMs. The lock is the host's own affair: every function here takes it by itself, once
 *  for each call into a module, and holds it during the proxy functions which that call leads to. */
struct pw_worker *pw_worker_new_shared(struct pw_host *host, void *data, struct pw_error *error);
/** After every instance, chain and stream of it is gone. NULL is allowed. */
void  pw_worker_delete(struct pw_worker *worker);
void *pw_worker_data(const struct pw_worker *worker);
/** Delivers what other threads left for this worker (on_queue_ready). */
void pw_worker_run(struct pw_worker *worker);

/* --------------------------------------------------------------------------------------------------------- instance */

struct pw_instance;

enum pw_instance_state {
  PW_INSTANCE_RUNNING, /**< serves streams */
  PW_INSTANCE_FAILED   /**< its VM trapped or never started; the next stream tries anew, with backoff */
};

/**
 * Starts a plugin on a worker: a VM (or one there already of the same identity), root context, on_vm_start (of each
 * root, see decision 7), on_configure. Retains the plugin. Always returns an instance unless memory is out; when the
 * start failed its state is FAILED and `error` says why (START: on_vm_start or on_configure answered false; TRAP with
 * backtrace; LIMIT: it begins with more memory than it may have; MEMORY, MODULE, ENGINE: it could not be instantiated).
 */
struct pw_instance *pw_instance_new(struct pw_worker *worker, struct pw_plugin *plugin, struct pw_error *error);
/**
 * Ends it: no new streams; when the last stream has ended on_done and on_delete of the root context run (a module may
 * defer the latter with proxy_done), and the memory goes. Ticks and calls go on until then. NULL is allowed.
 */
void                    pw_instance_delete(struct pw_instance *instance);
enum pw_instance_state  pw_instance_get_state(const struct pw_instance *instance);
const struct pw_plugin *pw_instance_plugin(const struct pw_instance *instance);
void                   *pw_instance_worker_data(const struct pw_instance *instance);
/** Starts of VMs for this instance after a trap, and traps. Where each stream has a VM, theirs are among the traps, and
 *  nothing is started after one: the next stream gets its own anyway. The first VM, whose root context
 *  ticks, queues and calls come to, is started again with the next stream. */
void pw_instance_counts(const struct pw_instance *instance, uint64_t *restarts, uint64_t *traps);
/** Stream contexts alive. */
size_t pw_instance_streams(const struct pw_instance *instance);

/** proxy_on_tick. */
void pw_instance_tick(struct pw_instance *instance);
/** proxy_on_foreign_function of the root context. NOT_FOUND when the module has no such callback. */
enum pw_status pw_instance_foreign_function(struct pw_instance *instance, uint32_t function_id,
                                            struct pw_view arguments);

/** The end of an HTTP call; `headers` NULL or empty: it failed (0 headers, as the ABI text says). `status_code` and
 *  `status_message` are what proxy_get_status will answer. Everything lives until the call returns. */
struct pw_http_call_result {
  const struct pw_pairs *headers;
  struct pw_view         body;
  const struct pw_pairs *trailers;
  uint32_t               status_code;
  struct pw_view         status_message;
};
void pw_instance_http_call_end(struct pw_instance *instance, uint32_t id, const struct pw_http_call_result *result);

/**
 * What comes of a gRPC call or stream, by the id that it was asked with. A stream gets its initial metadata, messages,
 * trailing metadata and its end, in this order. A call gets its message, which ends it, if its status is OK, and its
 * end if not: metadata for it is left out, as is all that follows. `message` of the end: what proxy_get_status will
 * answer. Everything lives until the call returns. Nothing is done for an id that is over, or cancelled.
 */
void pw_instance_grpc_initial_metadata(struct pw_instance *instance, uint32_t id, const struct pw_pairs *metadata);
void pw_instance_grpc_message(struct pw_instance *instance, uint32_t id, struct pw_view message);
void pw_instance_grpc_trailing_metadata(struct pw_instance *instance, uint32_t id, const struct pw_pairs *metadata);
void pw_instance_grpc_end(struct pw_instance *instance, uint32_t id, uint32_t status, struct pw_view message);

/** Reads guest memory, for tools that trace. False when it is out of bounds. The bytes live until the guest runs. */
bool pw_instance_read(struct pw_instance *instance, uint32_t address, uint32_t size, struct pw_view *bytes);
/** Bytes of guest memory, 0 without a VM. Where each stream has a VM, these are not among them. */
uint64_t pw_instance_memory_bytes(const struct pw_instance *instance);

/* ------------------------------------------------------------------------------------------------------------ chain */

struct pw_chain;

/** The instances, in the order in which requests meet them (responses meet them in reverse). They outlive the chain;
 * they are of this worker, or of shared ones. Errors: MEMORY. */
struct pw_chain *pw_chain_new(struct pw_worker *worker, struct pw_instance *const *instances, size_t count,
                              struct pw_error *error);
/** When no stream uses it any more. */
void pw_chain_delete(struct pw_chain *chain);
/** Whether any plugin of the chain has it: what nobody has costs the proxy no hook. */
bool pw_chain_has_callback(const struct pw_chain *chain, enum pw_callback callback);
/**
 * Ends pauses that have lasted for `limits.pause` or longer: a plugin that fails open is passed by, one that fails
 * closed ends the stream (PW_NEXT_FAIL), as if its VM had died; a line in the log says so. pw_proxy_ops.resume is
 * asked, as by a module that continues. To be called from time to time, on the thread of the chain's streams, and not
 * from within a phase of one; it costs nothing while none is paused. A body that a module collects counts from its end
 * on. Answers whether there was one. `*next` (may be NULL): when the next one is due, in monotonic nanoseconds;
 * UINT64_MAX: none is.
 */
bool pw_chain_end_pauses(struct pw_chain *chain, uint64_t *next);
/** Says in the log how many lines of each module were dropped (limits.log_lines_per_second), if that was not said yet.
 * To be called about once a second, on the thread of the chain's streams; an instance does it as well when it ends. */
void pw_chain_tell_dropped_lines(struct pw_chain *chain);

/* ----------------------------------------------------------------------------------------------------------- stream */

struct pw_stream;

/** What the proxy has to do after a phase. */
enum pw_next {
  PW_NEXT_CONTINUE, /**< go on */
  PW_NEXT_PAUSE,    /**< hold until pw_proxy_ops.resume asks for pw_stream_resume */
  PW_NEXT_REPLY,    /**< send the local reply that pw_proxy_ops.local_reply was given */
  PW_NEXT_CLOSE,    /**< a module closed the stream: end the transaction without an answer */
  PW_NEXT_FAIL      /**< a plugin that fails closed is broken: answer 503 */
};

/** Makes the contexts (proxy_on_context_create for each). `data` is what the proxy's functions get as `stream`.
 *  NULL when memory is out. */
struct pw_stream *pw_stream_new(struct pw_chain *chain, void *data);

/** True when a plugin of the chain is broken and fails closed: the stream is to be refused (503) before anything else.
 */
bool pw_stream_refused(struct pw_stream *stream);

/** Request headers have come: proxy_on_request_headers, first instance to last. */
enum pw_next pw_stream_request_headers(struct pw_stream *stream, bool end_of_stream);
/** A piece of request body. What the modules let through goes to pw_proxy_ops.body_out, within this call or a later
 * one. PAUSE: the host holds what it was given; go on giving, up to `limits.body_bytes`. Beyond that: REPLY, with 413
 * (a response: 502), or CLOSE when it is too late for that. */
enum pw_next pw_stream_request_body(struct pw_stream *stream, struct pw_view piece, bool end_of_stream);
/** Request trailers, after the last piece of body (given with end_of_stream false). */
enum pw_next pw_stream_request_trailers(struct pw_stream *stream);
/** HTTP/2 metadata, in either direction. */
enum pw_next pw_stream_request_metadata(struct pw_stream *stream, size_t count);

/** The same for the response, last instance to first. */
enum pw_next pw_stream_response_headers(struct pw_stream *stream, bool end_of_stream);
enum pw_next pw_stream_response_body(struct pw_stream *stream, struct pw_view piece, bool end_of_stream);
enum pw_next pw_stream_response_trailers(struct pw_stream *stream);
enum pw_next pw_stream_response_metadata(struct pw_stream *stream, size_t count);

/** Goes on where a direction was paused, after pw_proxy_ops.resume: the rest of the phase's instances, and then the
 * body and trailers that were held. Answers as the paused phase would have. */
enum pw_next pw_stream_resume(struct pw_stream *stream, enum pw_stream_type type);

/** Whether the headers of a direction have gone through the whole chain, while its body may still be paused. */
bool pw_stream_headers_passed(const struct pw_stream *stream, enum pw_stream_type type);
/** Whether trailers that were given have gone through the whole chain, behind all of the body. */
bool pw_stream_trailers_passed(const struct pw_stream *stream, enum pw_stream_type type);
/** Whether a piece of body given now would be shown to somebody, or go through. False: headers wait at a plugin that is
 *  shown no body meanwhile, and the host would only hold it; a proxy that can wait with the body had better do so. */
bool pw_stream_takes_body(const struct pw_stream *stream, enum pw_stream_type type);

/** TCP (L4). Pieces leave through body_out with PW_STREAM_DOWNSTREAM (to the upstream) and PW_STREAM_UPSTREAM. */
enum pw_next pw_stream_new_connection(struct pw_stream *stream);
enum pw_next pw_stream_data(struct pw_stream *stream, enum pw_stream_type type, struct pw_view piece,
                            bool end_of_stream);
void         pw_stream_connection_close(struct pw_stream *stream, enum pw_stream_type type, enum pw_peer_type peer);

/** Ends it: on_done, on_log, on_delete, for each context. Maps can be read until this returns; for a module that defers
 *  with proxy_done the host keeps a copy of them (10,000 ends of a plugin may be deferred at once, or 100 with
 *  `vm_per_stream`; beyond that on_log and on_delete are called here). Neither `stream` nor its `data` is used any more
 *  after that. */
void pw_stream_end(struct pw_stream *stream);

#ifdef __cplusplus
}
#endif

#endif
