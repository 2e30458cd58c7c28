/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file timer.h
 * Ticks of instances: on their event thread, or on a task thread for those of `vm_scope: process`.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_TIMER_H
#define PROXYWASM_TRAFFIC_SERVER_TIMER_H

#include <proxywasm/host.h>

struct pw_generation_worker;

/** pw_proxy_ops.set_tick. `worker` is a struct pw_generation_worker. */
void pw_timer_set(void *worker, struct pw_instance *instance, uint32_t milliseconds);

/** The worker became live: ticks that were asked for meanwhile begin. */
void pw_timers_start(struct pw_generation_worker *worker);
/** No tick is under way or will come any more; waits for one that is under way on another thread. Not from within a
 *  tick. */
void pw_timers_end(struct pw_generation_worker *worker);

#endif
