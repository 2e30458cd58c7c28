/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file callback_times.h
 * How long the callbacks of a plugin take, counted while it serves: for plugins whose configuration asks for it.
 *
 * Counts belong to a plugin's name and last as long as the host: a plugin that is loaded anew goes on with them. Each
 * worker counts in a cell that it shares with few others.
 */
#ifndef PROXYWASM_HOST_CALLBACK_TIMES_H
#define PROXYWASM_HOST_CALLBACK_TIMES_H

#include <proxywasm/host.h>

#include <pthread.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pw_callback_times;

/** All of a host. */
struct pw_timed_callbacks {
  pthread_mutex_t            lock;
  struct pw_callback_times  *first;
  struct pw_callback_times **end;
};

void pw_callback_times_init(struct pw_timed_callbacks *list);
void pw_callback_times_clear(struct pw_timed_callbacks *list);
/** The counts of a name, made if need be; they live until the list is cleared. NULL: memory. Any thread. */
struct pw_callback_times *pw_callback_times_of(struct pw_timed_callbacks *list, struct pw_view name);
/** Counts a callback. `worker` is any number; those of different threads had better differ. Any thread. */
void pw_callback_times_add(struct pw_callback_times *times, unsigned worker, uint64_t nanoseconds);
/** See pw_host_callback_times. */
void pw_callback_times_visit(struct pw_timed_callbacks *list,
                             void (*visit)(void *data, const char *plugin,
                                           const struct pw_callback_histogram *histogram),
                             void *data);

#ifdef __cplusplus
}
#endif

#endif
