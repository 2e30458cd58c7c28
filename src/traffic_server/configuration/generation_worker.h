/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file generation_worker.h
 * A generation on one event thread: its instances and chains there. One more of them, `shared`, holds the instances of
 * `vm_scope: process`; it belongs to no thread, and the host locks it.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_GENERATION_WORKER_H
#define PROXYWASM_TRAFFIC_SERVER_GENERATION_WORKER_H

#include "traffic_server/configuration/generation.h"

struct pw_event_thread;
struct pw_outgoing_call;
struct pw_timer;

/** What each transaction needs comes first. */
struct pw_generation_worker {
  struct pw_generation        *generation;   /**< retained, but by `shared`, which the generation owns */
  struct pw_chain            **chains;       /**< one for each segment; none in `shared` */
  size_t                       transactions; /**< that use it */
  bool                         current;      /**< new transactions of its thread come to it */
  struct pw_event_thread      *thread;       /**< NULL: shared, or not taken by a thread yet */
  struct pw_generation_worker *next;         /**< of the same thread */
  struct pw_worker            *worker;
  struct pw_instance         **instances; /**< one for each plugin; those of other scopes are NULL in `shared` */
  struct pw_timer             *timers;
  struct pw_outgoing_call     *calls;        /**< open ones; see http_call.c */
  size_t                      *answer_bytes; /**< likewise: what their answers hold, for each plugin */
  bool                         calls_ended;  /**< likewise */
  bool                         shared;
  bool                         ended;    /**< its instances were deleted: no more timers */
  bool                         live;     /**< atomic: timers may run */
  bool                         wake_due; /**< atomic: pw_worker_run is wanted */
  uint64_t                     ended_at; /**< monotonic nanoseconds when its instances were ended; 0: not yet */
  uint64_t                     traps;    /**< as last told to statistics.h */
  uint64_t                     restarts;
};

/**
 * Starts every plugin of the generation. `thread` is the calling event thread, or NULL while loading (then
 * `first_error` tells whether one failed; it is logged here). NULL: memory is out.
 */
struct pw_generation_worker *pw_generation_worker_new(struct pw_generation *generation, struct pw_event_thread *thread,
                                                      bool *failed);
/** The one of `vm_scope: process`; the same for `failed` and NULL. NULL and not failed: no plugin has that scope. */
struct pw_generation_worker *pw_generation_worker_new_shared(struct pw_generation *generation, bool *failed);

/** A worker that was started while loading comes to an event thread, its owner from now on (`thread` NULL: the shared
 *  one may begin). Its timers start. */
void pw_generation_worker_activate(struct pw_generation_worker *worker, struct pw_event_thread *thread);

/** Ends its instances: their on_done, on_log, on_delete. On its thread, when no transaction uses it. */
void pw_generation_worker_end(struct pw_generation_worker *worker);
/** Frees it, and its reference to the generation. After pw_generation_worker_end. */
void pw_generation_worker_delete(struct pw_generation_worker *worker);

/** pw_proxy_ops.wake. Any thread. */
void pw_generation_worker_wake(void *worker);
/** Delivers what other threads left, if there is anything: for this worker and the shared one. */
void pw_generation_worker_run(struct pw_generation_worker *worker);
/** Ends pauses that have lasted too long (limits.pause), and tells how many lines of modules were dropped. On its
 * thread, about once a second. */
void pw_generation_worker_keep_house(struct pw_generation_worker *worker);

#endif
