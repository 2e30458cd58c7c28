/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file metric_cells.h
 * What one worker has counted: a cell for each metric, which that worker alone writes, with plain stores. A metric's
 * value is what it has itself (metric.h) and what all workers' cells of it have, summed by whoever reads it. Threads
 * that count the same thing for each request would otherwise hand its cache line around, which on many processors costs
 * more than all else that a hostcall does.
 *
 * Cells stay as long as their registry: a worker that ends leaves what it has counted to the next one.
 */
#ifndef PROXYWASM_HOST_METRIC_CELLS_H
#define PROXYWASM_HOST_METRIC_CELLS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pw_metric;
struct pw_metric_samples;

/** Set in a cell that is open; what it has is below. A count that would carry into it, or borrow from it, is not made.
 */
#define PW_METRIC_CELL_OPEN (UINT64_C(1) << 40)
/** What is added to a cell, or taken out of it, is less than this. */
#define PW_METRIC_CELL_STEP (INT64_C(1) << 31)

/** Private: use the functions. Zero-initialised is closed, and empty. */
struct pw_metric_cell {
  _Atomic uint64_t                  count;   /**< of a counter or gauge, and PW_METRIC_CELL_OPEN */
  struct pw_metric_samples *_Atomic samples; /**< of a histogram; NULL: none yet */
};

/** Private: use the functions. */
struct pw_metric_cells {
  struct pw_metric_cells *next; /**< of all that the registry has; set once */
  size_t                  count;
  bool                    taken;   /**< by a worker; under the registry's lock */
  struct pw_metric_cell   cells[]; /**< by id; there is none of the first */
};

/** Those of a worker for which there was no memory: there is none. */
extern struct pw_metric_cells pw_metric_cells_none;

/** The worker's cell of a metric; NULL: the worker has none. */
struct pw_metric_cell *pw_metric_cell_of(struct pw_metric_cells *cells, const struct pw_metric *metric);
/** By the worker. */
bool pw_metric_cell_is_open(const struct pw_metric_cell *cell);
/** Lets the worker count a metric (no histogram) in its cell, which is closed, unless the value is near an end. By the
 *  worker, under the metric's lock. */
void pw_metric_cell_open(struct pw_metric *metric, struct pw_metric_cell *cell);
/** Moves what the cell has into its metric, and closes it. By the worker, under the metric's lock. */
void pw_metric_cell_close(struct pw_metric *metric, struct pw_metric_cell *cell);
/** Adds to the cell, if it is open and the delta is small. False: nothing was done. By the worker. */
bool pw_metric_cell_add(struct pw_metric_cell *cell, int64_t delta);

/** Adds to the metric itself. Under the metric's lock. */
void pw_metric_add(struct pw_metric *metric, int64_t delta);
/** What a metric and all cells of it have. Any thread. */
int64_t pw_metric_sum(const struct pw_metric *metric);

/** pw_metric_cell_add for an id (any number), and of a delta that a counter takes. */
static inline bool
pw_metric_cells_add(struct pw_metric_cells *cells, uint32_t id, int64_t delta)
{
  uint64_t next;

  if (id >= cells->count || (uint64_t)delta >= (uint64_t)PW_METRIC_CELL_STEP) {
    return false;
  }
  next = atomic_load_explicit(&cells->cells[id].count, memory_order_relaxed) + (uint64_t)delta;
  if ((next & PW_METRIC_CELL_OPEN) == 0) {
    return false;
  }
  /* As in pw_metric_cell_add. */
  atomic_store_explicit(&cells->cells[id].count, next, memory_order_release);
  return true;
}

#endif
