/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file metric.h
 * Metrics (ABI text, "Metrics"): one registry for the host, by name. What reads them is public: pw_metric_ in host.h.
 *
 * All functions but new and delete may be called from any thread; `cells` are those of the worker that calls. Looking a
 * metric up by id takes no lock; a metric lives as long as its registry.
 *
 * Workers count in cells of their own (metric_cells.h). What is near the end of its range, and what is set and not
 * counted, is in the metric itself. So the end of a range is exact while one worker counts; once several have, a worker
 * may be told OK for what is beyond it: a counter stays at its end, and a gauge goes round to the other one.
 */
#ifndef PROXYWASM_HOST_METRIC_H
#define PROXYWASM_HOST_METRIC_H

#include "host/metric_cells.h"
#include "host/name_map.h"

#include <proxywasm/host.h>

#include <pthread.h>
#include <stdatomic.h>

/** The longest name, in bytes. */
#define PW_METRIC_NAME_MAX 255

/** The samples of a histogram. Their number is not kept apart: it is the sum of the buckets, so that the two agree. */
struct pw_metric_samples {
  /* One more than there are, for samples beyond 2^63: who reads it counts it to the last one. */
  _Atomic uint64_t buckets[PW_HISTOGRAM_BUCKETS + 1];
  _Atomic uint64_t sum;
};

struct pw_metrics;

/** Private: use the functions. Lies on cache lines of its own: threads that set different things do not disturb each
 *  other. */
struct pw_metric {
  _Alignas(64) _Atomic int64_t value; /**< of a counter or gauge, without what is in cells */
  _Atomic uint32_t          version;  /**< odd while something is moved between a cell and `value` */
  atomic_bool               spread;   /**< a worker has had a cell open */
  uint32_t                  id;
  enum pw_metric_type       type;
  struct pw_metric_samples *samples; /**< of a histogram, without what is in cells; else NULL */
  struct pw_metrics        *metrics; /**< whose cells there are to sum up */
  pthread_mutex_t           lock;    /**< for what changes the metric and cells of it at once */
  struct pw_name_node       node;
  char                      name[PW_METRIC_NAME_MAX + 1]; /**< terminated */
};

/** Private: use the functions. */
struct pw_metrics {
  pthread_mutex_t                 lock;  /**< for definitions, and for workers that come and go */
  struct pw_metric_cells *_Atomic cells; /**< of all workers there were; never taken out */
  struct pw_name_map              map;
  uint32_t                        max;
  _Atomic uint32_t                count;     /**< released after the entry is written, acquired before one is read */
  struct pw_metric               *metrics[]; /**< id - 1 */
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

/** Cells for a worker, until pw_metrics_leave. pw_metric_cells_none when memory is out: it counts nevertheless. */
struct pw_metric_cells *pw_metrics_join(struct pw_metrics *metrics);
/** The worker ends. What it has counted stays. */
void pw_metrics_leave(struct pw_metrics *metrics, struct pw_metric_cells *cells);

/** proxy_increment_metric, if pw_metric_cells_add cannot do it. NOT_FOUND: unknown id. BAD_ARGUMENT: a counter and a
 *  negative delta; a histogram; the result is beyond 64 bits with sign. */
enum pw_status pw_metrics_increment(struct pw_metrics *metrics, struct pw_metric_cells *cells, uint32_t id,
                                    int64_t delta);

/** proxy_record_metric, if pw_metric_cells_record cannot do it: sets a gauge, or a counter to no less than it has; adds
 * a sample to a histogram. A gauge keeps the 64 bits as they are: a module may record a negative value. NOT_FOUND:
 * unknown id. BAD_ARGUMENT: a counter would go down, or beyond 63 bits. */
enum pw_status pw_metrics_record(struct pw_metrics *metrics, struct pw_metric_cells *cells, uint32_t id,
                                 uint64_t value);

/** Bucket of a sample: the smallest i with sample <= 2^i. */
static inline size_t
pw_histogram_bucket(uint64_t sample)
{
  return sample <= 1 ? 0 : 64 - (size_t)__builtin_clzll(sample - 1);
}

/** To samples of the worker that calls. Without a locked instruction: nobody else writes there. */
static inline void
pw_metric_samples_add(struct pw_metric_samples *own, uint64_t sample)
{
  _Atomic uint64_t *bucket = &own->buckets[pw_histogram_bucket(sample)];

  atomic_store_explicit(&own->sum, atomic_load_explicit(&own->sum, memory_order_relaxed) + sample,
                        memory_order_relaxed);
  atomic_store_explicit(bucket, atomic_load_explicit(bucket, memory_order_relaxed) + 1, memory_order_relaxed);
}

/** Adds a sample for an id (any number), if that is of a histogram of which the worker has samples. False: nothing was
 *  done. By the worker. */
static inline bool
pw_metric_cells_record(struct pw_metric_cells *cells, uint32_t id, uint64_t sample)
{
  struct pw_metric_samples *own =
    id < cells->count ? atomic_load_explicit(&cells->cells[id].samples, memory_order_relaxed) : NULL;

  if (own) {
    pw_metric_samples_add(own, sample);
  }
  return own != NULL;
}

/** The metric of an id (any number), or NULL. */
static inline struct pw_metric *
pw_metrics_find(struct pw_metrics *metrics, uint32_t id)
{
  uint32_t index = id - 1;

  return index < atomic_load_explicit(&metrics->count, memory_order_acquire) ? metrics->metrics[index] : NULL;
}

/** proxy_get_metric. NOT_FOUND: unknown id. BAD_ARGUMENT: a histogram, which has no single value. */
static inline enum pw_status
pw_metrics_get(struct pw_metrics *metrics, uint32_t id, uint64_t *value)
{
  const struct pw_metric *metric = pw_metrics_find(metrics, id);

  if (metric == NULL) {
    return PW_STATUS_NOT_FOUND;
  }
  if (metric->type == PW_METRIC_HISTOGRAM) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  *value = (uint64_t)pw_metric_sum(metric);
  return PW_STATUS_OK;
}

/** Calls `visit` for each metric, in the order of definition; pw_host_metrics for a registry. No lock is held. */
void pw_metrics_visit(struct pw_metrics *metrics, void (*visit)(void *data, const struct pw_metric *metric),
                      void              *data);

#endif
