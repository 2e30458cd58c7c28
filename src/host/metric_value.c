/* SPDX-License-Identifier: Apache-2.0 */
/* Counting, setting and reading: in the cells of workers, and in the metric itself. */
#include "host/metric.h"

#include <stdlib.h>

/* --------------------------------------------------------------------------------------------- what modules ask for */

/** A change of both the metric and the worker's cell begins: all that the worker has counted is in the metric. Answers
 *  whether its cell was open. */
static bool
begin_change(struct pw_metric *metric, struct pw_metric_cell *cell)
{
  pthread_mutex_lock(&metric->lock);
  bool open = cell && pw_metric_cell_is_open(cell);
  if (open) {
    pw_metric_cell_close(metric, cell);
  }
  return open;
}

/** Ends it; the worker counts in its cell from now on, if it is to. */
static void
end_change(struct pw_metric *metric, struct pw_metric_cell *cell, bool open)
{
  if (cell && open) {
    pw_metric_cell_open(metric, cell);
  }
  pthread_mutex_unlock(&metric->lock);
}

static enum pw_status
add_to_both(struct pw_metric *metric, struct pw_metric_cell *cell, int64_t delta)
{
  int64_t sum;
  begin_change(metric, cell);
  bool fits = !__builtin_add_overflow(pw_metric_sum(metric), delta, &sum);
  if (fits) {
    pw_metric_add(metric, delta);
  }
  end_change(metric, cell, true);
  return fits ? PW_STATUS_OK : PW_STATUS_BAD_ARGUMENT;
}

static enum pw_status
add(struct pw_metric *metric, struct pw_metric_cell *cell, int64_t delta)
{
  return cell && pw_metric_cell_add(cell, delta) ? PW_STATUS_OK : add_to_both(metric, cell, delta);
}

enum pw_status
pw_metrics_increment(struct pw_metrics *metrics, struct pw_metric_cells *cells, uint32_t id, int64_t delta)
{
  struct pw_metric *metric = pw_metrics_find(metrics, id);
  if (!metric) {
    return PW_STATUS_NOT_FOUND;
  }
  if (metric->type == PW_METRIC_HISTOGRAM || (metric->type == PW_METRIC_COUNTER && delta < 0)) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  return add(metric, pw_metric_cell_of(cells, metric), delta);
}

/** Makes the sum of a gauge and its cells `value`. */
static void
set_value(struct pw_metric *metric, struct pw_metric_cell *cell, int64_t value)
{
  bool open = begin_change(metric, cell);
  pw_metric_add(metric, (int64_t)((uint64_t)value - (uint64_t)pw_metric_sum(metric)));
  end_change(metric, cell, open);
}

/** Sets a gauge without a lock, as long as nobody counts it. False: somebody does, and it has to be set otherwise. Who
 *  opens a cell of it says so before it moves anything, so that either it is seen here, before or after, or the move
 *  finds the new value. */
static bool
set_uncounted(struct pw_metric *metric, int64_t value)
{
  int64_t before = atomic_load_explicit(&metric->value, memory_order_acquire);
  do {
    if (atomic_load_explicit(&metric->spread, memory_order_acquire)) {
      return false;
    }
  } while (
    !atomic_compare_exchange_weak_explicit(&metric->value, &before, value, memory_order_acq_rel, memory_order_acquire));
  /* It may have come to the value of before in between. */
  return !atomic_load_explicit(&metric->spread, memory_order_acquire);
}

static void
add_shared_sample(struct pw_metric_samples *samples, uint64_t sample)
{
  atomic_fetch_add_explicit(&samples->sum, sample, memory_order_relaxed);
  atomic_fetch_add_explicit(&samples->buckets[pw_histogram_bucket(sample)], 1, memory_order_relaxed);
}

/** The worker's own samples, made with the first. NULL: memory is out. */
static struct pw_metric_samples *
own_samples(struct pw_metric_cell *cell)
{
  struct pw_metric_samples *samples = atomic_load_explicit(&cell->samples, memory_order_relaxed);
  if (!samples) {
    samples = (struct pw_metric_samples *)calloc(1, sizeof(*samples));
    atomic_store_explicit(&cell->samples, samples, memory_order_release);
  }
  return samples;
}

static void
add_sample(struct pw_metric *metric, struct pw_metric_cell *cell, uint64_t sample)
{
  struct pw_metric_samples *own = cell ? own_samples(cell) : NULL;
  if (own) {
    pw_metric_samples_add(own, sample);
  } else {
    add_shared_sample(metric->samples, sample);
  }
}

enum pw_status
pw_metrics_record(struct pw_metrics *metrics, struct pw_metric_cells *cells, uint32_t id, uint64_t value)
{
  struct pw_metric *metric = pw_metrics_find(metrics, id);
  if (!metric) {
    return PW_STATUS_NOT_FOUND;
  }
  struct pw_metric_cell *cell = pw_metric_cell_of(cells, metric);
  switch (metric->type) {
  case PW_METRIC_COUNTER:
    /* "Sets", says the text. The reference host adds, and modules count by it: a counter that is set to 1 with each
     * request stays at 1. */
    return value <= INT64_MAX ? add(metric, cell, (int64_t)value) : PW_STATUS_BAD_ARGUMENT;
  case PW_METRIC_GAUGE:
    if (!set_uncounted(metric, (int64_t)value)) {
      set_value(metric, cell, (int64_t)value);
    }
    return PW_STATUS_OK;
  default:
    add_sample(metric, cell, value);
    return PW_STATUS_OK;
  }
}

/* -------------------------------------------------------------------------------------------------------- reading */

int64_t
pw_metric_value(const struct pw_metric *metric)
{
  if (metric->type == PW_METRIC_HISTOGRAM) {
    struct pw_histogram histogram;
    pw_metric_histogram(metric, &histogram);
    return (int64_t)histogram.count;
  }
  return pw_metric_sum(metric);
}

static void
add_samples(struct pw_histogram *histogram, const struct pw_metric_samples *samples)
{
  const size_t last = PW_HISTOGRAM_BUCKETS - 1;
  for (size_t i = 0; i <= PW_HISTOGRAM_BUCKETS; i++) {
    uint64_t count = atomic_load_explicit(&samples->buckets[i], memory_order_relaxed);
    histogram->buckets[i < last ? i : last] += count;
    histogram->count += count;
  }
  histogram->sum += atomic_load_explicit(&samples->sum, memory_order_relaxed);
}

void
pw_metric_histogram(const struct pw_metric *metric, struct pw_histogram *histogram)
{
  memset(histogram, 0, sizeof(*histogram));
  if (metric->type != PW_METRIC_HISTOGRAM) {
    return;
  }
  add_samples(histogram, metric->samples);
  const struct pw_metric_cells *cells = atomic_load_explicit(&metric->metrics->cells, memory_order_acquire);
  for (; cells; cells = cells->next) {
    const struct pw_metric_samples *samples =
      atomic_load_explicit(&cells->cells[metric->id].samples, memory_order_acquire);
    if (samples) {
      add_samples(histogram, samples);
    }
  }
}
