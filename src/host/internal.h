/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file internal.h
 * The objects of the host as its own files see them. Nothing outside src/host includes this.
 *
 *   pw_host ── pw_plugin (compiled once)
 *      └── pw_worker ── pw_vm (one instance of a module) ── pw_context (roots and streams)
 *               └── pw_instance (a plugin's place on the worker: points to its present VM and root)
 */
#ifndef PROXYWASM_HOST_INTERNAL_H
#define PROXYWASM_HOST_INTERNAL_H

#include "host/buffer.h"
#include "host/callback_times.h"
#include "host/foreign_function.h"
#include "host/hostcall.h"
#include "host/id_map.h"
#include "host/metric.h"
#include "host/pairs.h"
#include "host/property_store.h"
#include "host/shared_data.h"
#include "host/shared_queue.h"
#include "text/log_text.h"

#include <proxywasm/host.h>

#include <pthread.h>
#include <stdatomic.h>

#define PW_LIKELY(condition)   __builtin_expect(!!(condition), 1)
#define PW_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

struct pw_code;
struct pw_vm;
struct pw_context;
struct pw_root;

/* ------------------------------------------------------------------------------------------------------------- host */

struct pw_host {
  const struct pw_proxy_ops  *proxy;
  void                       *proxy_data;
  const struct pw_trace_ops  *trace;
  void                       *trace_data;
  char                       *cache_directory;
  struct pw_shared_data      *shared_data;
  struct pw_shared_queues    *shared_queues;
  struct pw_metrics          *metrics;
  struct pw_timed_callbacks   callback_times;
  atomic_uint                 worker_count; /**< of workers that were ever made: numbers them */
  struct pw_foreign_functions foreign_functions;
  /** Held while a module is loaded, which may take as long as compiling does. Never where a callback may wait. */
  pthread_mutex_t  load_lock;
  pthread_mutex_t  code_lock; /**< guards `codes` and their references */
  struct pw_code  *codes;     /**< compiled modules in use, see code.c */
  pthread_mutex_t  vm_id_lock;
  struct pw_vm_id *vm_ids; /**< see vm_id.c */
};

/** The VM ids that plugins have: with the last plugin of an id its shared data and queues go. Any thread. */
bool pw_host_vm_id_retain(struct pw_host *host, struct pw_view vm_id);
void pw_host_vm_id_release(struct pw_host *host, struct pw_view vm_id);

/** A log line of the host itself, about a plugin (may be NULL). */
void pw_host_log(struct pw_host *host, const struct pw_plugin *plugin, enum pw_log_level level, const char *format, ...)
  __attribute__((format(printf, 4, 5)));

/* ----------------------------------------------------------------------------------------------------------- plugin */

/** An import as it was linked: what a host function gets as `data`. */
struct pw_linked_hostcall {
  const struct pw_hostcall *hostcall;
  pw_host_function          function; /**< the real one, or the stub of a denied capability */
  struct pw_host           *host;
  bool                      drops_result; /**< the module wants no result where the ABI text gives a status */
};

/** Which of its arguments a callback of headers looks at. What none does need not be found out (decision 24). */
struct pw_headers_told {
  bool count; /**< the number of pairs */
  bool end;   /**< end_of_stream */
};

struct pw_plugin {
  struct pw_host            *host;
  atomic_uint                references;
  struct pw_plugin_config    config; /**< its pointers are into `strings` */
  struct pw_bytes            strings;
  struct pw_view            *capabilities;
  struct pw_pair            *environment;
  struct pw_code            *code;
  struct pw_linked_module   *linked;
  struct pw_linked_hostcall *hostcalls; /**< one for each import */
  struct pw_import          *imports;
  struct pw_bytes            identity;        /**< equal for plugins that may share a VM */
  uint32_t                   exported;        /**< bit i: callback i is exported and allowed */
  uint32_t                   callbacks;       /**< of those, what the configuration has not switched off */
  uint32_t                   headers_values;  /**< of on_request/response_headers: 3, or 2 without end_of_stream */
  struct pw_headers_told     told[2];         /**< by direction */
  const char                *allocator;       /**< export name, NULL: none */
  bool                       allocates_empty; /**< even for values without bytes; see guest.c */
  enum pw_abi_version        abi;
  bool                       holds_vm_id;
  struct pw_callback_times  *times;          /**< of its callbacks; NULL: not wanted */
  atomic_size_t              snapshot_bytes; /**< of its streams whose end was put off; see snapshot.c */
  atomic_uint                deferred; /**< contexts whose end the module put off, on all workers; see context.c */
};

const struct pw_engine_ops *pw_plugin_engine(const struct pw_plugin *plugin);

static inline bool
pw_plugin_wants(const struct pw_plugin *plugin, enum pw_callback callback)
{
  return (plugin->callbacks >> callback) & 1u;
}

/* ----------------------------------------------------------------------------------------------------------- worker */

/** An item that waits in a queue's way: proxy_on_queue_ready has to be called. */
struct pw_queue_event {
  struct pw_queue_event *next;
  struct pw_root        *root;
  uint32_t               queue_id;
  uint32_t               items;
};

struct pw_worker {
  struct pw_host         *host;
  void                   *data;
  pthread_mutex_t        *lock;         /**< of a shared worker (vm_scope: process); NULL: the worker has one thread */
  struct pw_vm           *vms;          /**< those that can be shared by plugins of one identity */
  struct pw_instance     *instances;    /**< all that are not freed yet */
  struct pw_metric_cells *metric_cells; /**< what is counted here */
  struct pw_queue_event  *delivering;   /**< while pw_worker_run is at it */
  uint32_t                next_call_id; /**< HTTP and gRPC */
  unsigned                number;       /**< of this host's workers */

  /* Memory that hostcalls use over and over. Nothing in it outlives the hostcall. */
  struct pw_pairs pairs;
  struct pw_pairs more_pairs;
  struct pw_bytes bytes;
  struct pw_bytes output_bytes; /**< of fd_write, which an allocator may call beneath another hostcall */
  struct pw_bytes log_bytes;
  struct pw_trap  trap; /**< of the call that has just returned false */

  pthread_mutex_t         event_lock; /**< guards the rest: other threads add events */
  struct pw_queue_event  *events;
  struct pw_queue_event **events_end;
};

/** Of a shared one. */
void pw_worker_lock(struct pw_worker *worker);
void pw_worker_unlock(struct pw_worker *worker);

static inline void
pw_worker_enter(struct pw_worker *worker)
{
  if (PW_UNLIKELY(worker->lock != NULL)) {
    pw_worker_lock(worker);
  }
}

static inline void
pw_worker_leave(struct pw_worker *worker)
{
  if (PW_UNLIKELY(worker->lock != NULL)) {
    pw_worker_unlock(worker);
  }
}

/* --------------------------------------------------------------------------------------------------------------- vm */

/** What there is to know of a VM before and after a call (a set), so that a call asks for all of it at once. */
enum pw_vm_state {
  PW_VM_RUNNING   = 1, /**< calls into the module are under way; it is not deleted meanwhile */
  PW_VM_DEAD      = 2, /**< it trapped */
  PW_VM_WATCHED   = 4, /**< somebody wants to know of its callbacks: a trace, or their times */
  PW_VM_UNSETTLED = 8  /**< something waits for the end of the outermost call: `finished`, or that the VM is deleted */
};

struct pw_vm {
  /* What every call looks at, in two cache lines. */
  struct pw_engine_instance  *instance; /**< NULL once it trapped and the last call has returned */
  const struct pw_engine_ops *engine;
  bool (*call)(struct pw_engine_instance *instance, const pw_function *function, pw_value *values, size_t value_count,
               uint32_t deadline_ms, struct pw_trap *trap); /**< the engine's */
  struct pw_trap    *told;                                  /**< of a call that has just returned false: the worker's */
  struct pw_context *effective;                             /**< while it runs: hostcalls act for this context */
  struct pw_context *finished; /**< contexts whose proxy_done came: finalised after the call, see vm.c */
  struct pw_memory  *memory;
  struct pw_worker  *worker;
  struct pw_host    *host;
  uint32_t           references;      /**< roots and starters; the last one deletes */
  uint8_t            state;           /**< set of enum pw_vm_state */
  struct pw_id_map   contexts;        /**< id -> struct pw_context */
  uint64_t           next_context_id; /**< beyond 32 bits: all ids have been used once */
  bool               allocating;      /**< in the module's allocator: hostcalls that reach the proxy are refused */
  bool               settling;        /**< contexts are being finished: what comes up meanwhile waits its turn */
  bool               started;
  struct pw_plugin  *plugin; /**< the one it was made from; others of the same identity may share it */
  struct pw_vm      *next;
  pw_function        callbacks[PW_CALLBACK_COUNT];
  pw_function        allocator;
  struct pw_trap     trap; /**< of the death */
};

/** What a stage of a direction waits for (a set). PW_PAUSE_ALL: what follows its headers is not shown meanwhile,
 * whatever the configuration says. */
enum pw_pause { PW_PAUSE_HEADERS = 1, PW_PAUSE_BODY = 2, PW_PAUSE_TRAILERS = 4, PW_PAUSE_ALL = 8 };

/** One direction of one stream at one plugin. */
struct pw_stage {
  struct pw_buffer body;      /**< what its body callback looks at, or holds back */
  uint64_t         paused_at; /**< monotonic nanoseconds when a callback last answered "pause" */
  uint8_t          pauses;    /**< set of enum pw_pause */
  bool             running;   /**< a callback of this direction runs */
  bool             resume;    /**< the module said continue; beside the one before, as both are set at once */
  bool             in_body;   /**< and it is the body's */
  bool             held;      /**< `body` has not been shown to its callback: headers are paused here, or before */
  bool             end;       /**< the end of the stream follows what it holds */
  bool             told_end;  /**< its body callback was told of an end that trailers are */
};

/** A context: a root's, or a stream's at one plugin. */
struct pw_context {
  uint32_t            id;
  bool                done_pending; /**< on_done answered false */
  bool                finishing;    /**< in vm->finished */
  bool                detached;     /**< the proxy's part of its stream is gone */
  struct pw_vm       *vm;           /**< NULL: this plugin is skipped */
  struct pw_instance *instance;
  struct pw_root     *root;
  struct pw_stream   *stream; /**< NULL for a root context */
  void               *data;   /**< the proxy's stream, while no other thread comes to it; else NULL */
  struct pw_context  *next_finished;
  struct pw_stage     stages[2]; /**< request (downstream), response (upstream) */
};

/** A root context: a plugin's in one VM. */
struct pw_root {
  struct pw_context                 context;
  struct pw_property_store          properties;
  struct pw_id_map                  calls;      /**< by id, see root_calls.h */
  uint64_t                          started_at; /**< monotonic nanoseconds */
  uint32_t                          references; /**< one for each stream context, one for the instance */
  const struct pw_http_call_result *http_call;  /**< while its callback runs */
  const struct pw_pairs            *grpc_initial_metadata;
  const struct pw_pairs            *grpc_trailing_metadata;
  const struct pw_view             *grpc_message;
  const struct pw_view             *foreign_arguments;
  uint32_t                          status_code;
  struct pw_view                    status_message;
  uint32_t                          tick_milliseconds;
  bool                              subscribed;  /**< to a queue */
  bool                              in_vm_start; /**< for proxy_get_configuration of 0.1.0 */
};

/** The most elements of a module's tables: far beyond what compilers make, small enough to be cheap. */
#define PW_TABLE_ELEMENTS 1000000

/** The AssemblyScript SDK's name for proxy_on_grpc_receive_trailing_metadata. */
#define PW_GRPC_TRAILING_METADATA_ALIAS "proxy_on_grpc_trailing_metadata"

/** Makes a VM and runs _initialize or _start in the name of `root`; or brings it to the image, which may be NULL. NULL
 *  on error. One reference. */
struct pw_vm *pw_vm_new(struct pw_worker *worker, struct pw_plugin *plugin, struct pw_root *root,
                        struct pw_engine_image *image, struct pw_error *error);
/** Frees the instance of a dead VM, and tells all its contexts. No call into it is under way. */
void pw_vm_bury(struct pw_vm *vm);
/** It has no reference any more: deletes it, now or when the call that is under way has returned. */
void pw_vm_delete(struct pw_vm *vm);
/** Gives a reference back; the last one deletes. */
static inline void
pw_vm_release(struct pw_vm *vm)
{
  if (PW_UNLIKELY(--vm->references == 0)) {
    pw_vm_delete(vm);
  }
}
static inline bool
pw_vm_is_dead(const struct pw_vm *vm)
{
  return (vm->state & PW_VM_DEAD) != 0;
}
/** Has a context finished when the outermost call has returned. */
static inline void
pw_vm_finish_later(struct pw_vm *vm, struct pw_context *context)
{
  context->finishing     = true;
  context->next_finished = vm->finished;
  vm->finished           = context;
  vm->state |= PW_VM_UNSETTLED;
}

/** The error of a start that trapped in `where`, with the backtrace. Returns false. */
bool pw_vm_trap_error(const struct pw_vm *vm, const char *where, struct pw_error *error);
/** The module's allocator. 0: it failed, or there is none. the VM is dead if it trapped. */
uint32_t pw_vm_allocate(struct pw_vm *vm, uint32_t size);
/** How long one turn of a thread may take for what could also be done in the next one. */
#define PW_RUN_NANOSECONDS UINT64_C(50000000)
/** When a turn that begins now has to be over; UINT64_MAX: never, as the proxy gives no other one. */
uint64_t pw_worker_run_end(const struct pw_worker *worker);
/** Goes on with contexts that modules are done with, and that had to wait. */
void pw_worker_settle(struct pw_worker *worker);
/** The module cannot name it any more; it stays the VM's. */
void pw_vm_forget_context(struct pw_vm *vm, struct pw_context *context);

/* ---------------------------------------------------------------------------------------------------------- context */

/** on_log and on_delete, after proxy_done. */
void pw_context_finish(struct pw_context *context);
void pw_context_settle_deferred(struct pw_context *context);
/** Its end is not awaited any more: it is here, or will never be. */
static inline void
pw_context_settle_done(struct pw_context *context)
{
  if (PW_UNLIKELY(context->done_pending)) {
    pw_context_settle_deferred(context);
  }
}

/* --------------------------------------------------------------------------------------------------------- instance */

/** When a VM is started in place of one that trapped, or did not start: ever later. */
struct pw_backoff {
  uint64_t retry_at; /**< monotonic nanoseconds: no new VM before that */
  uint32_t failures; /**< of VMs, in a row */
};

/**
 * The life of an instance and its roots: an instance has one reference of its owner and one of each root; a root has
 * one of the instance while it serves, and one of each stream context. So whatever points to an instance or a root is
 * right, even when the VM died or the instance was deleted meanwhile.
 */
struct pw_instance {
  struct pw_worker      *worker;
  struct pw_plugin      *plugin;
  struct pw_root        *root;     /**< NULL: failed, or gone */
  struct pw_root        *starting; /**< while its start callbacks run */
  struct pw_instance    *next;     /**< in worker->instances */
  struct pw_instance    *previous;
  uint32_t               references;
  bool                   is_private; /**< shares no VM */
  bool                   closing;    /**< deleted by its owner */
  bool                   unstarted;  /**< the last attempt to start its VM failed */
  struct pw_backoff      backoff;    /**< of its VM */
  uint64_t               traps;
  uint64_t               restarts;
  uint64_t               streams; /**< stream contexts alive; of a factory: those of the instances that it made */
  struct pw_log_limiter  log_limiter;
  size_t                 call_bytes; /**< of calls under way, see root_calls.h */
  struct pw_log_limiter *limiter;    /**< that one; of one that was made for a stream: the factory's */

  /* Where each stream has a VM: see stream_vm.c. */
  struct pw_instance *factory;        /**< of one that was made for a stream: what it came from, which gets it back; one
                                           reference of it. NULL: its owner deletes it */
  struct pw_instance     *spares;     /**< of a factory: ready, and serving nobody */
  struct pw_instance     *next_spare; /**< in the factory's spares */
  size_t                  spare_count;
  struct pw_backoff       stream_backoff; /**< of a factory: of streams' VMs that do not start */
  uint64_t                stream_traps;   /**< of a factory: traps of streams' VMs; `traps` are its own VM's */
  struct pw_engine_image *image;          /**< of a factory's VM after its start; NULL: there can be none */
  uint32_t                image_tick;     /**< what the start had set */
};

/** Starts a VM when the time for it has come; NULL: broken now. */
struct pw_root *pw_instance_restart(struct pw_instance *instance);
/** The root to serve a new stream with, restarting a dead VM when its time has come; NULL: broken now. */
static inline struct pw_root *
pw_instance_ready(struct pw_instance *instance)
{
  return PW_LIKELY(instance->root != NULL) ? instance->root : pw_instance_restart(instance);
}
/** The VM of this root died. */
void pw_instance_trapped(struct pw_instance *instance, struct pw_root *root);
/** An instance, started if that can be done: of an owner, or with a `factory` of one stream. NULL: memory is out. The
 *  lock of the worker is held, here and below. */
struct pw_instance *pw_instance_make(struct pw_worker *worker, struct pw_plugin *plugin, struct pw_instance *factory,
                                     struct pw_error *error);
void                pw_instance_delete_locked(struct pw_instance *instance);
/** A VM could not be started, or has trapped: the next attempt has to wait. */
void     pw_backoff_failed(struct pw_backoff *backoff, uint64_t now);
uint64_t pw_instance_now(const struct pw_instance *instance);

/* ---- stream_vm.c: a VM for each stream ---- */
/** The factory has started: what its VM is now is what those of streams begin as, if there is no image yet. */
void pw_stream_vm_prepare(struct pw_instance *factory);
/** An instance for one stream, its VM as the factory's was after its start. NULL: memory is out, or the last one, or
 * the factory itself, did not start and it is too early to try again. */
struct pw_instance *pw_stream_vm_get(struct pw_instance *factory);
/** Its stream is done with it. */
void pw_stream_vm_put(struct pw_instance *instance);
/** The factory is about to go. */
void pw_stream_vm_delete_spares(struct pw_instance *factory);

/** Says in the log how many of its module's lines were dropped, if there are any that this was not said of. The lock of
 * its worker is held. */
void pw_instance_tell_dropped(struct pw_instance *instance);

/** Ends an instance at once, whatever its module deferred: its worker is about to go. */
void pw_instance_abandon(struct pw_instance *instance);

static inline struct pw_root *
pw_root_retain(struct pw_root *root)
{
  ++root->references;
  return root;
}
/** Ends it when only the reference of its instance is left, which was deleted; frees it when none is. */
void pw_root_end(struct pw_root *root);
/** Gives a reference back. When only the instance's is left and the instance was deleted, the root is ended; the last
 * one frees it. */
static inline void
pw_root_release(struct pw_root *root)
{
  if (PW_UNLIKELY(--root->references == 0 || root->context.instance->closing)) {
    pw_root_end(root);
  }
}
/** The root's on_delete was called: it does not serve any more. */
void pw_root_finished(struct pw_root *root);
/** Who is told of queue items for this root; see event.c. */
struct pw_queue_subscriber pw_root_subscriber(struct pw_root *root);
void                       pw_root_unsubscribe(struct pw_root *root);

/* ------------------------------------------------------------------------------------------------- chain and stream */

struct pw_chain {
  struct pw_worker          *worker;
  const struct pw_proxy_ops *proxy;          /**< of the worker's host */
  struct pw_stream          *free_streams;   /**< kept for the next transaction: a stream costs no allocation */
  struct pw_stream          *paused_streams; /**< those that a module may have paused; see pause_limit.c */
  uint32_t                   streams;        /**< that have not been ended */
  bool                       deleted;        /**< by its owner */
  atomic_uint         references; /**< one as long as it is not deleted or has `streams`, one of each deferred stream */
  uint32_t            callbacks;
  size_t              count;
  size_t              first_shared; /**< the first instance that is on a shared worker; `count`: none */
  struct pw_instance *instances[];
};

/** Gives one of `references` back. Any thread. */
void pw_chain_release(struct pw_chain *chain);
/** One of `streams` less. The thread of its owner. */
static inline void
pw_chain_leave(struct pw_chain *chain)
{
  --chain->streams;
  if (PW_UNLIKELY(chain->deleted) && chain->streams == 0) {
    pw_chain_release(chain);
  }
}

/** How far a direction of a stream is. */
struct pw_direction {
  size_t      headers_at;      /**< the step that holds the headers; `count` when all have passed, or none came */
  size_t      trailers_at;     /**< the step that holds the trailers; `count` when none does */
  bool        end;             /**< the end of the stream came with the headers */
  bool        body_ended;      /**< trailers came: no more body */
  bool        trailers_passed; /**< the callbacks have all let them go */
  atomic_bool asked;           /**< pw_proxy_ops.resume was called, pw_stream_resume not yet */
};

/** The maps of a stream for contexts that deferred their end. */
struct pw_snapshot {
  struct pw_pairs   maps[PW_MAP_STREAM_COUNT];
  struct pw_bytes   bytes[PW_MAP_STREAM_COUNT];
  struct pw_plugin *plugin; /**< that answers for it */
  size_t            size;   /**< as it was counted for the plugin */
};

/**
 * A stream belongs to one thread. But a context of it may be in a VM of a shared worker, where another thread
 * continues it, brings the VM down, or is done with it after the stream's end: whatever that touches is atomic, or a
 * context's own (of a stage: `pauses`, `running` and `resume`) and guarded by the lock of its worker.
 */
struct pw_posted_reply;

struct pw_stream {
  struct pw_chain         *chain;
  struct pw_stream        *next_free;
  struct pw_stream        *next_paused; /**< in chain->paused_streams */
  struct pw_stream       **paused_link; /**< what points to it there; NULL: it is not in that list */
  void                    *data;        /**< the proxy's */
  pthread_t                thread;      /**< that it belongs to; known when a plugin is on a shared worker */
  atomic_int               verdict;     /**< enum pw_next: CONTINUE, or how a module ended the phase */
  atomic_uint              pending;     /**< 1, and one for each context that deferred its end */
  uint32_t                 replies;
  uint32_t                 changed_bytes; /**< see PW_MAX_CHANGED_BYTES */
  bool                     in_phase;      /**< a call of the proxy is under way */
  bool                     failed;        /**< FAIL was answered: no more callbacks */
  uint8_t                  open;          /**< which maps can be changed: bits of enum pw_map_type */
  bool                     deferred;      /**< a context deferred its end */
  atomic_bool              is_tcp;        /**< any thread asks */
  struct pw_direction      directions[2];
  struct pw_property_store properties;
  struct pw_snapshot      *snapshot; /**< NULL: no context deferred its end, or memory was out */

  struct pw_posted_reply *_Atomic posted; /**< a reply from another thread, see posted_reply.c */

  struct pw_context contexts[];
};

/** Whether the stream of a stream context may be touched: not from a shared worker's VM that another thread runs. */
static inline bool
pw_context_stream_is_ours(const struct pw_context *context)
{
  return PW_LIKELY(context->instance->worker->lock == NULL) || pthread_equal(context->stream->thread, pthread_self());
}

/** pw_context_stream_data, where other threads come to the stream, or there is none. */
void *pw_context_other_stream_data(const struct pw_context *context);
/** The proxy's stream, for hostcalls that reach it; NULL when there is none (any more), or it is another thread's. */
static inline void *
pw_context_stream_data(const struct pw_context *context)
{
  return PW_LIKELY(context->data != NULL) ? context->data : pw_context_other_stream_data(context);
}

/** A module continues a direction: notes it down, and asks the proxy when nothing of the stream is under way. */
void pw_stream_continue(struct pw_stream *stream, struct pw_context *context, enum pw_stream_type type);
/** A module closes it, from any thread. */
void pw_stream_close(struct pw_stream *stream, const struct pw_context *context);
/** Whether a reply may still be made: a module that answers its own reply for ever is stopped here. */
bool pw_stream_may_reply(const struct pw_stream *stream);
/** A module replied: the phase under way ends, or a pause does. */
void pw_stream_replied(struct pw_stream *stream);
/** A module replies on another thread than the stream's, whose worker's lock is held. The reply is copied, and given to
 *  the proxy when it resumes the stream. BAD_ARGUMENT: the module does not pause it; INTERNAL_FAILURE: memory is out.
 */
enum pw_status pw_stream_post_reply(struct pw_stream *stream, const struct pw_context *context,
                                    const struct pw_local_reply *reply);
/** Gives such a reply to the proxy, and makes it the verdict. On the stream's thread. */
void pw_stream_take_reply(struct pw_stream *stream);
/** Forgets it: the stream has ended. */
void pw_stream_drop_reply(struct pw_stream *stream);
/** Whether the fields of a map may be changed now: from their callback on, until they go on. */
static inline bool
pw_stream_map_open(const struct pw_stream *stream, enum pw_map_type map)
{
  return (stream->open >> map & 1u) != 0;
}
static inline void
pw_stream_open_map(struct pw_stream *stream, enum pw_map_type map)
{
  stream->open |= (uint8_t)(1u << map);
}
static inline void
pw_stream_close_map(struct pw_stream *stream, enum pw_map_type map)
{
  stream->open &= (uint8_t) ~(1u << map);
}
/** A context that had deferred its end is gone. */
void pw_stream_context_gone(struct pw_stream *stream, struct pw_context *context);
/** The VM of this context died: whoever waits for it must not wait for ever. */
void pw_stream_context_died(struct pw_stream *stream, struct pw_context *context);

#endif
