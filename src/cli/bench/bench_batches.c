/* SPDX-License-Identifier: Apache-2.0 */
/* Whole streams in batches, so long that what a look at the clock costs does not matter. */
#include <stdlib.h>

#include "cli/bench/bench.h"

#define MOST_BATCHES 10000
/* A batch takes at least that long: a look at the clock is less than a thousandth of it. */
#define LEAST_BATCH  100000.0
#define MOST_WARM_UP UINT64_C(500000000)

static bool
run_some(struct pw_repeat *repeat, uint64_t count, struct pw_error *error)
{
  for (uint64_t i = 0; i < count; i++) {
    if (!pw_repeat_stream(repeat, error)) {
      return false;
    }
  }
  pw_simulator_forget(repeat->simulator);
  return true;
}

bool
pw_bench_warm_up(struct pw_repeat *repeat, struct pw_bench_amount amount, struct pw_error *error)
{
  uint64_t begin = pw_clock_now();
  uint64_t limit = amount.streams > 0 ? MOST_WARM_UP : amount.nanoseconds / 4;
  uint64_t most  = amount.streams > 0 ? 1 + amount.streams / 4 : UINT64_MAX;
  limit          = limit < MOST_WARM_UP ? limit : MOST_WARM_UP;
  for (uint64_t done = 0; done == 0 || (done < most && pw_clock_now() - begin < limit); done++) {
    if (!run_some(repeat, 1, error)) {
      return false;
    }
  }
  return true;
}

/* The streams of a batch: few enough for MOST_BATCHES of them, and enough for LEAST_BATCH. */
static bool
choose_size(struct pw_repeat *repeat, struct pw_bench_amount amount, uint64_t *size, struct pw_error *error)
{
  double   wanted = LEAST_BATCH;
  uint64_t begin  = pw_clock_now();
  uint64_t done   = 0;
  if (amount.streams == 0 && (double)amount.nanoseconds / MOST_BATCHES > wanted) {
    wanted = (double)amount.nanoseconds / MOST_BATCHES;
  }
  do {
    if (!run_some(repeat, 1, error)) {
      return false;
    }
    done++;
  } while ((double)(pw_clock_now() - begin) < LEAST_BATCH);
  double each = (double)(pw_clock_now() - begin) / (double)done;
  *size       = (uint64_t)(wanted / each) + 1;
  if (amount.streams > 0) {
    uint64_t share = (amount.streams + MOST_BATCHES - 1) / MOST_BATCHES;
    *size          = *size > share ? *size : share;
    *size          = *size < amount.streams ? *size : amount.streams;
  }
  return true;
}

static int
compare(const void *a, const void *b)
{
  double x = *(const double *)a;
  double y = *(const double *)b;
  return (x > y) - (x < y);
}

static double
part_of(const double *sorted, size_t count, double part)
{
  size_t at = (size_t)(part * (double)count);
  return sorted[at < count ? at : count - 1];
}

static double
median_of(double *values, size_t count)
{
  qsort(values, count, sizeof(*values), compare);
  return part_of(values, count, 0.5);
}

static void
summarise(double *each, size_t count, struct pw_bench_batches *batches)
{
  batches->count = count;
  /* The halves, while they are still in the order in which they came. */
  double first   = median_of(each, (count + 1) / 2);
  double second  = count > 1 ? median_of(each + count / 2, count - count / 2) : first;
  batches->drift = second / first - 1;
  qsort(each, count, sizeof(*each), compare);
  batches->least   = each[0];
  batches->median  = part_of(each, count, 0.5);
  batches->part_99 = part_of(each, count, 0.99);
  batches->spread  = (part_of(each, count, 0.75) - part_of(each, count, 0.25)) / 2 / batches->median;
}

bool
pw_bench_batches_run(struct pw_repeat *repeat, struct pw_bench_amount amount, struct pw_bench_batches *batches,
                     void (*halfway)(void *data), void *data, struct pw_error *error)
{
  size_t   capacity = 2 * MOST_BATCHES; /* a machine that gets faster may make more of them than were planned */
  double  *each     = malloc(capacity * sizeof(*each));
  size_t   count    = 0;
  uint64_t size     = 1;
  bool     done     = each != NULL || pw_error_set(error, PW_ERROR_MEMORY, "no memory for the figures");
  bool     half     = false;
  batches->streams  = 0;
  done              = done && choose_size(repeat, amount, &size, error);
  uint64_t begin    = pw_clock_now();
  while (done && count < capacity) {
    uint64_t now  = pw_clock_now();
    uint64_t left = amount.streams > 0 ? amount.streams - batches->streams : UINT64_MAX;
    if (count > 0 && (left == 0 || (amount.streams == 0 && now - begin >= amount.nanoseconds))) {
      break;
    }
    if (!half && (amount.streams > 0 ? left <= amount.streams / 2 : now - begin >= amount.nanoseconds / 2)) {
      half = true;
      if (halfway != NULL) {
        halfway(data);
      }
      now = pw_clock_now();
    }
    size          = size < left ? size : left;
    done          = run_some(repeat, size, error);
    each[count++] = (double)(pw_clock_now() - now) / (double)size;
    batches->streams += size;
  }
  if (done) {
    summarise(each, count, batches);
  }
  free(each);
  return done;
}
