/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file http_call.h
 * proxy_http_call: which calls are open, on which thread each is, and how it ends.
 *
 * A call runs on the event thread of its worker. Those of `vm_scope: process` run on any event thread, and may be
 * cancelled from any other. Calls that are made before the worker has its thread wait until it has.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_HTTP_CALL_H
#define PROXYWASM_TRAFFIC_SERVER_HTTP_CALL_H

#include <proxywasm/host.h>

struct pw_generation_worker;

/** pw_proxy_ops.http_call and http_call_cancel. `worker` is a struct pw_generation_worker. */
enum pw_status pw_http_call_start(void *worker, struct pw_instance *instance, void *stream,
                                  const struct pw_http_call *call);
void           pw_http_call_cancel(void *worker, uint32_t id);

/** The worker became live: calls that were made meanwhile are sent. */
void pw_http_calls_start(struct pw_generation_worker *worker);
/** Before the instances of a shared worker (vm_scope: process) are deleted: they are told of no call's end from now on.
 *  Waits for what is being told on another thread. Others need no such thing: their calls are on their own thread. */
void pw_http_calls_end(struct pw_generation_worker *worker);
/** Cancels what is left, before the worker is freed. */
void pw_http_calls_drop(struct pw_generation_worker *worker);

#endif
