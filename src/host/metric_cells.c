/* SPDX-License-Identifier: Apache-2.0 */
#include "host/metric.h"

#include <sched.h>
#include <stdlib.h>

/** A value that comes beyond this is kept in the metric alone, where its end is exact. */
#define FAR (INT64_C(1) << 61)

struct pw_metric_cells pw_metric_cells_none;

static struct pw_metric_cells *
find_free(const struct pw_metrics *metrics)
{
  struct pw_metric_cells *cells = atomic_load_explicit(&metrics->cells, memory_order_relaxed);
  while (cells && cells->taken) {
    cells = cells->next;
  }
  return cells;
}

static struct pw_metric_cells *
cells_new(struct pw_metrics *metrics)
{
  size_t                  count = (size_t)metrics->max + 1;
  struct pw_metric_cells *cells = (struct pw_metric_cells *)calloc(1, sizeof(*cells) + count * sizeof(cells->cells[0]));
  if (cells) {
    cells->count = count;
    cells->next  = atomic_load_explicit(&metrics->cells, memory_order_relaxed);
    atomic_store_explicit(&metrics->cells, cells, memory_order_release);
  }
  return cells;
}

struct pw_metric_cells *
pw_metrics_join(struct pw_metrics *metrics)
{
  pthread_mutex_lock(&metrics->lock);
  struct pw_metric_cells *cells = find_free(metrics);
  cells                         = cells ? cells : cells_new(metrics);
  if (cells) {
    cells->taken = true;
  }
  pthread_mutex_unlock(&metrics->lock);
  return cells ? cells : &pw_metric_cells_none;
}

void
pw_metrics_leave(struct pw_metrics *metrics, struct pw_metric_cells *cells)
{
  if (cells != &pw_metric_cells_none) {
    pthread_mutex_lock(&metrics->lock);
    cells->taken = false;
    pthread_mutex_unlock(&metrics->lock);
  }
}

struct pw_metric_cell *
pw_metric_cell_of(struct pw_metric_cells *cells, const struct pw_metric *metric)
{
  return metric->id < cells->count ? &cells->cells[metric->id] : NULL;
}

/* --------------------------------------------------------------------------------------- what the metric itself has */

/** A sum as 64 bits: a counter stays at its end. A gauge may have been set to any 64 bits, and is that again once what
 *  cells have was subtracted and added. */
static inline int64_t
fit(const struct pw_metric *metric, int64_t value, int64_t more)
{
  int64_t sum;
  bool    beyond = __builtin_add_overflow(value, more, &sum);
  return beyond && metric->type == PW_METRIC_COUNTER ? INT64_MAX : sum;
}

void
pw_metric_add(struct pw_metric *metric, int64_t delta)
{
  int64_t now = atomic_load_explicit(&metric->value, memory_order_relaxed);
  while (!atomic_compare_exchange_weak_explicit(&metric->value, &now, fit(metric, now, delta), memory_order_release,
                                                memory_order_relaxed)) {
  }
}

/* ------------------------------------------------------------------------------------------- a cell and its metric */

/** What a gauge lends to a cell, so that it can be counted down there as well as up. */
#define LENT (PW_METRIC_CELL_OPEN / 2)

/** Changes both. Whoever sees one of the changes, and not the other, sees an odd version as well. */
static void
move(struct pw_metric *metric, int64_t delta, struct pw_metric_cell *cell, uint64_t count)
{
  atomic_fetch_add_explicit(&metric->version, 1, memory_order_relaxed);
  pw_metric_add(metric, delta);
  atomic_store_explicit(&cell->count, count, memory_order_release);
  atomic_fetch_add_explicit(&metric->version, 1, memory_order_release);
}

bool
pw_metric_cell_is_open(const struct pw_metric_cell *cell)
{
  return (atomic_load_explicit(&cell->count, memory_order_relaxed) & PW_METRIC_CELL_OPEN) != 0;
}

void
pw_metric_cell_open(struct pw_metric *metric, struct pw_metric_cell *cell)
{
  int64_t  now  = atomic_load_explicit(&metric->value, memory_order_relaxed);
  uint64_t lent = metric->type == PW_METRIC_GAUGE ? LENT : 0;
  if (now >= -FAR && now <= FAR) {
    atomic_store_explicit(&metric->spread, true, memory_order_release);
    move(metric, -(int64_t)lent, cell, PW_METRIC_CELL_OPEN + lent);
  }
}

/** Without the bit. */
static inline int64_t
count_in(const struct pw_metric_cell *cell)
{
  return (int64_t)(atomic_load_explicit(&cell->count, memory_order_acquire) & (PW_METRIC_CELL_OPEN - 1));
}

void
pw_metric_cell_close(struct pw_metric *metric, struct pw_metric_cell *cell)
{
  move(metric, count_in(cell), cell, 0);
}

bool
pw_metric_cell_add(struct pw_metric_cell *cell, int64_t delta)
{
  uint64_t next = atomic_load_explicit(&cell->count, memory_order_relaxed) + (uint64_t)delta;
  if (delta <= -PW_METRIC_CELL_STEP || delta >= PW_METRIC_CELL_STEP || next / PW_METRIC_CELL_OPEN != 1) {
    return false;
  }
  /* A worker may go on in another thread: who sees the count sees what was moved before it, too. */
  atomic_store_explicit(&cell->count, next, memory_order_release);
  return true;
}

/* ---------------------------------------------------------------------------------------------------------- the sum */

/** False: something was being moved meanwhile. */
static inline bool
sum_once(const struct pw_metric *metric, int64_t *sum)
{
  uint32_t                      version = atomic_load_explicit(&metric->version, memory_order_acquire);
  int64_t                       value   = atomic_load_explicit(&metric->value, memory_order_acquire);
  const struct pw_metric_cells *cells   = atomic_load_explicit(&metric->metrics->cells, memory_order_acquire);
  size_t                        id      = metric->id;
  int64_t                       more    = 0;
  /* Of a million workers this would be near its end, too. */
  for (; cells; cells = cells->next) {
    more += count_in(&cells->cells[id]);
  }
  *sum = fit(metric, value, more);
  return version % 2 == 0 && version == atomic_load_explicit(&metric->version, memory_order_relaxed);
}

/** How often a reader looks again before it waits until nobody can move anything. */
#define LOOKS 20

static __attribute__((noinline, cold)) int64_t
sum_when_moved(const struct pw_metric *metric)
{
  pthread_mutex_t *lock = &metric->metrics->metrics[metric->id - 1]->lock;
  int64_t          sum  = 0;
  bool             done = false;
  for (int look = 0; look < LOOKS && !done; look++) {
    /* Whoever moves something may have lost its processor. */
    sched_yield();
    done = sum_once(metric, &sum);
  }
  if (!done) {
    pthread_mutex_lock(lock);
    sum_once(metric, &sum);
    pthread_mutex_unlock(lock);
  }
  return sum;
}

int64_t
pw_metric_sum(const struct pw_metric *metric)
{
  int64_t sum;
  return sum_once(metric, &sum) ? sum : sum_when_moved(metric);
}
