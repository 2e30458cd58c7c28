/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file statistics.h
 * Traffic Server's statistics: the plugin's own, and the metrics that modules define. Both are counted apart and copied
 * over once a second, since Traffic Server's may be read late and are few. See docs/reference/metrics.md.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_STATISTICS_H
#define PROXYWASM_TRAFFIC_SERVER_STATISTICS_H

#include <stdint.h>

struct pw_event_thread;
struct pw_generation_worker;
struct pw_metric;

/** X(identifier, name). */
#define PW_STATISTICS(X)                                                                                               \
  X(STREAMS, "proxywasm.streams")                                                                                      \
  X(INSTANCES, "proxywasm.instances")                                                                                  \
  X(TRAPS, "proxywasm.traps")                                                                                          \
  X(RESTARTS, "proxywasm.restarts")                                                                                    \
  X(FAILED_STARTS, "proxywasm.failed_starts")                                                                          \
  X(REFUSED, "proxywasm.refused")                                                                                      \
  X(LOCAL_REPLIES, "proxywasm.local_replies")                                                                          \
  X(CALLS, "proxywasm.calls")                                                                                          \
  X(CALLS_IN_FLIGHT, "proxywasm.calls_in_flight")                                                                      \
  X(FAILED_CALLS, "proxywasm.failed_calls")                                                                            \
  X(RELOADS, "proxywasm.reloads")                                                                                      \
  X(FAILED_RELOADS, "proxywasm.failed_reloads")

enum pw_statistic {
#define PW_STATISTIC_ENUMERATOR(identifier, name) PW_STATISTIC_##identifier,
  PW_STATISTICS(PW_STATISTIC_ENUMERATOR)
#undef PW_STATISTIC_ENUMERATOR
    PW_STATISTIC_COUNT
};

/** Any thread. */
void pw_statistics_add(enum pw_statistic statistic, int64_t value);

/** pw_proxy_ops.metric_defined: makes its statistic, "wasm." and its name. Any thread. */
void pw_statistics_metric_defined(void *proxy, const struct pw_metric *metric);

/** Adds what has happened on an event thread since the last time. On that thread. */
void pw_statistics_gather(struct pw_event_thread *thread);

/** Adds what has happened in the instances of a worker that is about to end them. On its thread. */
void pw_statistics_gather_last(struct pw_generation_worker *worker);

/** Copies everything into Traffic Server's statistics. From one thread, once a second. */
void pw_statistics_publish(void);

#endif
