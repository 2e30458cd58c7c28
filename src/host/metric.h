/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file metric.h
 * Metrics (ABI text, "Metrics"): one registry for the host, by name. What reads them is public: pw_metric_ in host.h.
 *
 * All functions but new and delete may be called from any thread. Looking a metric up by id takes no lock; a metric
 * lives as long as its registry.
 */
#ifndef PROXYWASM_HOST_METRIC_H
#define PROXYWASM_HOST_METRIC_H

#include "host/name_map.h"

#include <proxywasm/host.h>

#include <pthread.h>
#include <stdatomic.h>

/** The longest name, in bytes. */
#define PW_METRIC_NAME_MAX 255

/** The samples of a histogram. Their number is not kept apart: it is the sum of the buckets, so that the two agree. */
struct pw_metric_samples {
  _Atomic uint64_t sum;
  _Atomic uint64_t buckets[PW_HISTOGRAM_BUCKETS];
};

/** Private: use the functions. Lies on cache lines of its own: threads that count different things do not disturb each
 *  other. */
struct pw_metric {
  _Alignas(64) _Atomic int64_t value; /**< of a counter or gauge */
  int64_t                   least;    /**< that can be added to it */
  uint32_t                  id;
  enum pw_metric_type       type;
  struct pw_metric_samples *samples; /**< of a histogram; else NULL */
  struct pw_name_node       node;
  char                      name[PW_METRIC_NAME_MAX + 1]; /**< terminated */
};

/** Private: use the functions. */
struct pw_metrics {
  pthread_mutex_t    lock; /**< for definitions */
  struct pw_name_map map;
  uint32_t           max;
  _Atomic uint32_t   count;     /**< released after the entry is written, acquired before one is read */
  struct pw_metric  *metrics[]; /**< id - 1 */
};

/** `max_metrics`: the most metrics. NULL when memory is out. */
struct pw_metrics *pw_metrics_new(uint32_t max_metrics);
/** When no other call is under way. NULL is allowed. */
void pw_metrics_delete(struct pw_metrics *metrics);

/**
 * proxy_define_metric. The same name with the same type gives the same id again; ids count from 1. `type` is the
 * module's number, checked here. `*created` (may be NULL) is set to the metric when this call made it, else to NULL.
 * BAD_ARGUMENT: unknown type; name empty, longer than PW_METRIC_NAME_MAX, or with a control character; defined already
 * with another type. INTERNAL_FAILURE: too many metrics, or memory is out.
 */
enum pw_status pw_metrics_define(struct pw_metrics *metrics, uint32_t type, struct pw_view name, uint32_t *id,
                                 const struct pw_metric **created);

/** proxy_increment_metric. NOT_FOUND: unknown id. BAD_ARGUMENT: a counter and a negative delta; a histogram; the result
 *  is beyond 64 bits with sign. */
enum pw_status pw_metrics_increment(struct pw_metrics *metrics, uint32_t id, int64_t delta);

/** The same where nothing is wrong, and nobody else counts at this moment. False: nothing was done. */
static inline bool
pw_metrics_increment_at_once(struct pw_metrics *metrics, uint32_t id, int64_t delta)
{
  uint32_t          index = id - 1;
  struct pw_metric *metric;
  int64_t           now;
  int64_t           next;

  if (index >= atomic_load_explicit(&metrics->count, memory_order_acquire)) {
    return false;
  }
  metric = metrics->metrics[index];
  now    = atomic_load_explicit(&metric->value, memory_order_relaxed);
  return delta >= metric->least && !__builtin_add_overflow(now, delta, &next) &&
         atomic_compare_exchange_weak_explicit(&metric->value, &now, next, memory_order_relaxed, memory_order_relaxed);
}

/** proxy_record_metric: sets a gauge, or a counter to no less than it has; adds a sample to a histogram. A gauge keeps
 *  the 64 bits as they are: a module may record a negative value. NOT_FOUND: unknown id. BAD_ARGUMENT: a counter would
 *  go down, or beyond 63 bits. */
enum pw_status pw_metrics_record(struct pw_metrics *metrics, uint32_t id, uint64_t value);

/** proxy_get_metric. NOT_FOUND: unknown id. BAD_ARGUMENT: a histogram, which has no single value. */
enum pw_status pw_metrics_get(struct pw_metrics *metrics, uint32_t id, uint64_t *value);

/** The metric of an id, or NULL. */
const struct pw_metric *pw_metrics_find(struct pw_metrics *metrics, uint32_t id);

/** Calls `visit` for each metric, in the order of definition; pw_host_metrics for a registry. No lock is held. */
void pw_metrics_visit(struct pw_metrics *metrics, void (*visit)(void *data, const struct pw_metric *metric),
                      void              *data);

#endif
