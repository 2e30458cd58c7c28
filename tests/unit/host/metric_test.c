/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include "host/metric.h"
#include "support/threads.h"

#include <sched.h>

/* Of the worker that these tests are. */
static struct pw_metric_cells *cells;

static int
make(void **state)
{
  *state = pw_metrics_new(16);
  cells  = *state ? pw_metrics_join(*state) : NULL;
  return *state && cells != &pw_metric_cells_none ? 0 : -1;
}

static int
unmake(void **state)
{
  pw_metrics_delete(*state);
  return 0;
}

/* As the hostcall does it. */
static enum pw_status
increment_at(struct pw_metrics *metrics, struct pw_metric_cells *worker, uint32_t id, int64_t delta)
{
  return pw_metric_cells_add(worker, id, delta) ? PW_STATUS_OK : pw_metrics_increment(metrics, worker, id, delta);
}

static enum pw_status
increment(struct pw_metrics *metrics, uint32_t id, int64_t delta)
{
  return increment_at(metrics, cells, id, delta);
}

static enum pw_status
record(struct pw_metrics *metrics, uint32_t id, uint64_t value)
{
  return pw_metrics_record(metrics, cells, id, value);
}

static uint32_t
define(struct pw_metrics *metrics, enum pw_metric_type type, const char *name)
{
  uint32_t id = 0;
  assert_int_equal(pw_metrics_define(metrics, type, pw_view_of(name), &id, NULL), PW_STATUS_OK);
  assert_int_not_equal(id, 0);
  return id;
}

static void
expect(struct pw_metrics *metrics, uint32_t id, uint64_t expected)
{
  uint64_t value = ~expected;
  assert_int_equal(pw_metrics_get(metrics, id, &value), PW_STATUS_OK);
  assert_true(value == expected);
}

static void
ids_count_from_one_and_names_are_shared(void **state)
{
  assert_int_equal(define(*state, PW_METRIC_COUNTER, "a"), 1);
  assert_int_equal(define(*state, PW_METRIC_GAUGE, "b"), 2);
  assert_int_equal(define(*state, PW_METRIC_COUNTER, "a"), 1);
}

static void
the_maker_of_a_metric_learns_that(void **state)
{
  const struct pw_metric *created = NULL;
  uint32_t                id;
  assert_int_equal(pw_metrics_define(*state, PW_METRIC_GAUGE, pw_view_of("a"), &id, &created), PW_STATUS_OK);
  assert_non_null(created);
  assert_string_equal(pw_metric_name(created), "a");
  assert_int_equal(pw_metric_type(created), PW_METRIC_GAUGE);
  assert_int_equal(pw_metric_id(created), id);
  assert_ptr_equal(pw_metrics_find(*state, id), created);
  assert_int_equal(pw_metrics_define(*state, PW_METRIC_GAUGE, pw_view_of("a"), &id, &created), PW_STATUS_OK);
  assert_null(created);
}

static void
one_name_has_one_type(void **state)
{
  uint32_t id = 99;
  define(*state, PW_METRIC_COUNTER, "a");
  assert_int_equal(pw_metrics_define(*state, PW_METRIC_GAUGE, pw_view_of("a"), &id, NULL), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(id, 99);
}

static void
unknown_types_are_refused(void **state)
{
  const uint32_t types[] = {3, 4, 0x80000000, UINT32_MAX};
  uint32_t       id;
  for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
    assert_int_equal(pw_metrics_define(*state, types[i], pw_view_of("a"), &id, NULL), PW_STATUS_BAD_ARGUMENT);
  }
}

static void
names_have_a_size_and_no_control_characters(void **state)
{
  char     name[PW_METRIC_NAME_MAX + 1];
  uint32_t id;
  memset(name, 'n', sizeof(name));
  const struct pw_view bad[] = {LITERAL(""),   LITERAL("a\nb"), LITERAL("a\0"),
                                LITERAL("\t"), LITERAL("\x7f"), pw_view_make(name, PW_METRIC_NAME_MAX + 1)};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    assert_int_equal(pw_metrics_define(*state, PW_METRIC_COUNTER, bad[i], &id, NULL), PW_STATUS_BAD_ARGUMENT);
  }
  assert_int_equal(pw_metrics_define(*state, PW_METRIC_COUNTER, pw_view_make(name, PW_METRIC_NAME_MAX), &id, NULL),
                   PW_STATUS_OK);
  assert_int_equal(strlen(pw_metric_name(pw_metrics_find(*state, id))), PW_METRIC_NAME_MAX);
}

static void
unknown_ids_are_not_found(void **state)
{
  uint32_t       known     = define(*state, PW_METRIC_COUNTER, "a");
  const uint32_t unknown[] = {0, known + 1, 16, 17, UINT32_MAX};
  uint64_t       value;
  for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
    assert_int_equal(increment(*state, unknown[i], 1), PW_STATUS_NOT_FOUND);
    assert_int_equal(record(*state, unknown[i], 1), PW_STATUS_NOT_FOUND);
    assert_int_equal(pw_metrics_get(*state, unknown[i], &value), PW_STATUS_NOT_FOUND);
    assert_null(pw_metrics_find(*state, unknown[i]));
  }
}

static void
a_counter_only_goes_up(void **state)
{
  uint32_t id = define(*state, PW_METRIC_COUNTER, "c");
  expect(*state, id, 0);
  assert_int_equal(increment(*state, id, 5), PW_STATUS_OK);
  assert_int_equal(increment(*state, id, 0), PW_STATUS_OK);
  assert_int_equal(increment(*state, id, -1), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(increment(*state, id, INT64_MIN), PW_STATUS_BAD_ARGUMENT);
  expect(*state, id, 5);
  assert_int_equal(record(*state, id, 4), PW_STATUS_OK);
  assert_int_equal(record(*state, id, 0), PW_STATUS_OK);
  expect(*state, id, 9);
}

static void
a_counter_does_not_wrap_around(void **state)
{
  uint32_t id = define(*state, PW_METRIC_COUNTER, "c");
  assert_int_equal(increment(*state, id, INT64_MAX), PW_STATUS_OK);
  assert_int_equal(increment(*state, id, 1), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(record(*state, id, (uint64_t)INT64_MAX + 1), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(record(*state, id, UINT64_MAX), PW_STATUS_BAD_ARGUMENT);
  expect(*state, id, INT64_MAX);
}

/* Whether a worker may count by itself changes no result. */
static void
what_is_counted_in_a_cell_is_what_is_counted_without_one(void **state)
{
  static const int64_t values[] = {
    INT64_MIN,        INT64_MIN + 1,    -(INT64_C(1) << 40), -1,       0, 1, PW_METRIC_CELL_STEP,
    INT64_C(1) << 40, INT64_C(1) << 61, INT64_MAX - 1,       INT64_MAX};
  enum { COUNT = sizeof(values) / sizeof(values[0]) };
  for (uint32_t type = 0; type < PW_METRIC_TYPE_COUNT; type++) {
    for (size_t i = 0; i < (size_t)COUNT * COUNT * COUNT; i++) {
      struct pw_metrics      *metrics[2] = {pw_metrics_new(1), pw_metrics_new(1)};
      struct pw_metric_cells *workers[2] = {pw_metrics_join(metrics[0]), &pw_metric_cells_none};
      enum pw_status          statuses[2][3];
      uint64_t                got[2] = {0, 0};
      for (int n = 0; n < 2; n++) {
        define(metrics[n], type, "m");
        statuses[n][0] = pw_metrics_record(metrics[n], workers[n], 1, (uint64_t)values[i % COUNT]);
        statuses[n][1] = increment_at(metrics[n], workers[n], 1, values[i / COUNT % COUNT]);
        statuses[n][2] = increment_at(metrics[n], workers[n], 1, values[i / COUNT / COUNT]);
        pw_metrics_get(metrics[n], 1, &got[n]);
      }
      assert_memory_equal(statuses[0], statuses[1], sizeof(statuses[0]));
      assert_true(got[0] == got[1]);
      pw_metrics_delete(metrics[0]);
      pw_metrics_delete(metrics[1]);
    }
  }
  (void)state;
}

static void
a_worker_counts_in_its_cell_from_its_second_count_on(void **state)
{
  uint32_t counter = define(*state, PW_METRIC_COUNTER, "c");
  uint32_t gauge   = define(*state, PW_METRIC_GAUGE, "g");
  assert_false(pw_metric_cells_add(cells, counter, 1));
  assert_int_equal(increment(*state, counter, 1), PW_STATUS_OK);
  assert_int_equal(increment(*state, gauge, 1), PW_STATUS_OK);
  assert_true(pw_metric_cells_add(cells, counter, PW_METRIC_CELL_STEP - 1));
  assert_false(pw_metric_cells_add(cells, counter, PW_METRIC_CELL_STEP));
  assert_false(pw_metric_cells_add(cells, counter, -1));
  assert_true(pw_metric_cells_add(cells, gauge, 1));
  assert_true(pw_metric_cell_add(&cells->cells[gauge], 1 - PW_METRIC_CELL_STEP));
  assert_false(pw_metric_cell_add(&cells->cells[gauge], -PW_METRIC_CELL_STEP));
  expect(*state, counter, (uint64_t)PW_METRIC_CELL_STEP);
  expect(*state, gauge, (uint64_t)(3 - PW_METRIC_CELL_STEP));
}

static void
ids_that_are_not_there_have_no_cells(void **state)
{
  define(*state, PW_METRIC_COUNTER, "c");
  const uint32_t ids[] = {0, 2, 15, 16, 17, 18, UINT32_MAX};
  for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
    assert_false(pw_metric_cells_add(cells, ids[i], 0));
    assert_false(pw_metric_cells_add(cells, ids[i], 1));
    assert_false(pw_metric_cells_add(&pw_metric_cells_none, ids[i], 1));
  }
}

static void
what_all_workers_have_counted_is_summed_up(void **state)
{
  struct pw_histogram     histogram;
  struct pw_metric_cells *other   = pw_metrics_join(*state);
  uint32_t                counter = define(*state, PW_METRIC_COUNTER, "c");
  uint32_t                samples = define(*state, PW_METRIC_HISTOGRAM, "h");
  for (int i = 0; i < 3; i++) {
    assert_int_equal(increment(*state, counter, 1), PW_STATUS_OK);
    assert_int_equal(increment_at(*state, other, counter, 100), PW_STATUS_OK);
    assert_int_equal(increment_at(*state, &pw_metric_cells_none, counter, 10000), PW_STATUS_OK);
    assert_int_equal(pw_metrics_record(*state, cells, samples, 1), PW_STATUS_OK);
    assert_int_equal(pw_metrics_record(*state, other, samples, 100), PW_STATUS_OK);
    assert_int_equal(pw_metrics_record(*state, &pw_metric_cells_none, samples, 10000), PW_STATUS_OK);
  }
  expect(*state, counter, 30303);
  pw_metric_histogram(pw_metrics_find(*state, samples), &histogram);
  assert_int_equal(histogram.count, 9);
  assert_int_equal(histogram.sum, 30303);
  assert_int_equal(histogram.buckets[7], 3);
}

static void
what_a_worker_has_counted_stays_when_it_ends(void **state)
{
  struct pw_metric_cells *other   = pw_metrics_join(*state);
  uint32_t                counter = define(*state, PW_METRIC_COUNTER, "c");
  assert_ptr_not_equal(other, cells);
  for (int i = 0; i < 2; i++) {
    increment_at(*state, other, counter, 5);
  }
  pw_metrics_leave(*state, other);
  expect(*state, counter, 10);
  assert_ptr_equal(pw_metrics_join(*state), other);
  increment_at(*state, other, counter, 5);
  expect(*state, counter, 15);
}

static void
what_is_recorded_of_a_counter_is_added_to_what_all_workers_have_counted(void **state)
{
  struct pw_metric_cells *other   = pw_metrics_join(*state);
  uint32_t                counter = define(*state, PW_METRIC_COUNTER, "c");
  for (int i = 0; i < 2; i++) {
    increment(*state, counter, 5);
    increment_at(*state, other, counter, 5);
  }
  assert_int_equal(record(*state, counter, 1), PW_STATUS_OK);
  expect(*state, counter, 21);
  assert_true(pw_metric_cells_add(cells, counter, 1));
  assert_true(pw_metric_cells_add(other, counter, 1));
  expect(*state, counter, 23);
}

static void
a_gauge_that_is_set_is_that_whatever_workers_have_counted(void **state)
{
  static const int64_t    values[] = {7, -7, 0, INT64_MAX, INT64_MIN};
  struct pw_metric_cells *other    = pw_metrics_join(*state);
  uint32_t                gauge    = define(*state, PW_METRIC_GAUGE, "g");
  for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
    increment_at(*state, other, gauge, -3);
    increment(*state, gauge, 5);
    record(*state, gauge, 0);
    increment_at(*state, other, gauge, 3);
    assert_int_equal(record(*state, gauge, (uint64_t)values[i]), PW_STATUS_OK);
    expect(*state, gauge, (uint64_t)values[i]);
  }
}

static void
a_counter_of_many_workers_stays_at_its_end(void **state)
{
  struct pw_metric_cells *other   = pw_metrics_join(*state);
  uint32_t                counter = define(*state, PW_METRIC_COUNTER, "c");
  for (int i = 0; i < 2; i++) {
    increment_at(*state, other, counter, 5);
  }
  assert_int_equal(increment(*state, counter, INT64_MAX - 9), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(increment(*state, counter, INT64_MAX - 12), PW_STATUS_OK);
  expect(*state, counter, INT64_MAX - 2);
  assert_int_equal(increment(*state, counter, 3), PW_STATUS_BAD_ARGUMENT);
  /* In a cell that was open before. */
  assert_int_equal(increment_at(*state, other, counter, 5), PW_STATUS_OK);
  expect(*state, counter, INT64_MAX);
}

static void
a_cell_is_emptied_when_it_is_full_or_has_nothing_left(void **state)
{
  static const int64_t deltas[] = {PW_METRIC_CELL_STEP - 1, 1 - PW_METRIC_CELL_STEP};
  uint32_t             gauge    = define(*state, PW_METRIC_GAUGE, "g");
  uint64_t             sum      = 0;
  for (int i = 0; i < 4000; i++) {
    assert_int_equal(increment(*state, gauge, deltas[i / 2000]), PW_STATUS_OK);
    sum += (uint64_t)deltas[i / 2000];
    expect(*state, gauge, sum);
    assert_int_equal(atomic_load(&cells->cells[gauge].count) / PW_METRIC_CELL_OPEN, 1);
  }
  expect(*state, gauge, 0);
}

/* Counts so much at once that its cell is emptied every now and then. */
static void
count_much(void *data, unsigned index)
{
  struct pw_metrics      *metrics = data;
  struct pw_metric_cells *worker  = pw_metrics_join(metrics);
  uint64_t                before  = 0;
  for (int i = 0; i < 100000; i++) {
    uint64_t value = 0;
    if (index % 2 == 0 && increment_at(metrics, worker, 1, PW_METRIC_CELL_STEP - 1) != PW_STATUS_OK) {
      abort();
    }
    if (pw_metrics_get(metrics, 1, &value) != PW_STATUS_OK || value < before) {
      abort();
    }
    before = value;
  }
  pw_metrics_leave(metrics, worker);
}

static void
a_counter_never_goes_down_for_who_reads_it(void **state)
{
  uint32_t id = define(*state, PW_METRIC_COUNTER, "c");
  assert_int_equal(id, 1);
  run_threads(4, count_much, *state);
  expect(*state, id, UINT64_C(200000) * (uint64_t)(PW_METRIC_CELL_STEP - 1));
}

static void
a_worker_without_memory_for_cells_counts_nevertheless(void **state)
{
  fail_alloc_at(1);
  struct pw_metric_cells *other = pw_metrics_join(*state);
  assert_true(fail_alloc_stop());
  assert_ptr_equal(other, &pw_metric_cells_none);
  uint32_t counter = define(*state, PW_METRIC_COUNTER, "c");
  for (int i = 0; i < 3; i++) {
    assert_int_equal(increment_at(*state, other, counter, 1), PW_STATUS_OK);
  }
  expect(*state, counter, 3);
  pw_metrics_leave(*state, other);

  struct pw_histogram histogram;
  uint32_t            samples = define(*state, PW_METRIC_HISTOGRAM, "h");
  fail_alloc_at(1);
  assert_int_equal(record(*state, samples, 1), PW_STATUS_OK);
  assert_true(fail_alloc_stop());
  assert_int_equal(record(*state, samples, 1), PW_STATUS_OK);
  pw_metric_histogram(pw_metrics_find(*state, samples), &histogram);
  assert_int_equal(histogram.count, 2);
}

static void
a_gauge_goes_up_and_down(void **state)
{
  uint32_t id = define(*state, PW_METRIC_GAUGE, "g");
  assert_int_equal(increment(*state, id, -3), PW_STATUS_OK);
  expect(*state, id, (uint64_t)-3);
  assert_int_equal(pw_metric_value(pw_metrics_find(*state, id)), -3);
  assert_int_equal(record(*state, id, 7), PW_STATUS_OK);
  expect(*state, id, 7);
  assert_int_equal(record(*state, id, (uint64_t)-7), PW_STATUS_OK);
  assert_int_equal(pw_metric_value(pw_metrics_find(*state, id)), -7);
  assert_int_equal(increment(*state, id, INT64_MIN), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(pw_metric_value(pw_metrics_find(*state, id)), -7);
}

static void
a_histogram_counts_samples_in_buckets(void **state)
{
  static const struct {
    uint64_t sample;
    unsigned bucket;
  } cases[] = {{0, 0},
               {1, 0},
               {2, 1},
               {3, 2},
               {4, 2},
               {5, 3},
               {UINT64_C(1) << 62, 62},
               {(UINT64_C(1) << 62) + 1, 63},
               {UINT64_C(1) << 63, 63},
               {UINT64_MAX, 63}};
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    struct pw_histogram histogram;
    char                name[16];
    snprintf(name, sizeof(name), "h%zu", i);
    uint32_t id = define(*state, PW_METRIC_HISTOGRAM, name);
    assert_int_equal(record(*state, id, cases[i].sample), PW_STATUS_OK);
    pw_metric_histogram(pw_metrics_find(*state, id), &histogram);
    assert_int_equal(histogram.count, 1);
    assert_true(histogram.sum == cases[i].sample);
    assert_int_equal(histogram.buckets[cases[i].bucket], 1);
  }
}

static void
a_histogram_has_no_single_value(void **state)
{
  struct pw_histogram histogram;
  uint64_t            value = 0;
  uint32_t            id    = define(*state, PW_METRIC_HISTOGRAM, "h");
  assert_int_equal(increment(*state, id, 1), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(pw_metrics_get(*state, id, &value), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(record(*state, id, 10), PW_STATUS_OK);
  assert_int_equal(record(*state, id, 20), PW_STATUS_OK);
  assert_int_equal(pw_metric_value(pw_metrics_find(*state, id)), 2);
  pw_metric_histogram(pw_metrics_find(*state, id), &histogram);
  assert_int_equal(histogram.sum, 30);
  pw_metric_histogram(pw_metrics_find(*state, define(*state, PW_METRIC_GAUGE, "g")), &histogram);
  assert_int_equal(histogram.count, 0);
}

static void
the_number_of_metrics_is_limited(void **state)
{
  uint32_t id;
  for (int i = 0; i < 16; i++) {
    char name[16];
    snprintf(name, sizeof(name), "m%d", i);
    define(*state, PW_METRIC_COUNTER, name);
  }
  assert_int_equal(pw_metrics_define(*state, PW_METRIC_COUNTER, pw_view_of("m16"), &id, NULL),
                   PW_STATUS_INTERNAL_FAILURE);
  assert_int_equal(define(*state, PW_METRIC_COUNTER, "m3"), 4);
}

static void
note_name(void *data, const struct pw_metric *metric)
{
  char *names = data;
  strcat(names, pw_metric_name(metric));
}

static void
metrics_are_visited_in_the_order_of_definition(void **state)
{
  char names[16] = "";
  pw_metrics_visit(*state, note_name, names);
  assert_string_equal(names, "");
  define(*state, PW_METRIC_COUNTER, "z");
  define(*state, PW_METRIC_HISTOGRAM, "a");
  define(*state, PW_METRIC_GAUGE, "m");
  pw_metrics_visit(*state, note_name, names);
  assert_string_equal(names, "zam");
}

static void
a_metric_is_not_there_when_memory_is_out(void **state)
{
  (void)state;
  unsigned n = 1;
  fail_alloc_at(1);
  assert_null(pw_metrics_new(1));
  assert_true(fail_alloc_stop());
  for (;; n++) {
    struct pw_metrics *metrics = pw_metrics_new(1);
    uint32_t           id      = 0;
    assert_non_null(metrics);
    fail_alloc_at(n);
    enum pw_status status = pw_metrics_define(metrics, PW_METRIC_HISTOGRAM, pw_view_of("h"), &id, NULL);
    bool           failed = fail_alloc_stop();
    if (failed) {
      assert_int_equal(status, PW_STATUS_INTERNAL_FAILURE);
      /* The only place is still free, and the name too. */
      id = define(metrics, PW_METRIC_COUNTER, "h");
    }
    assert_int_equal(id, 1);
    pw_metrics_delete(metrics);
    if (!failed) {
      break;
    }
  }
  assert_int_equal(n, 4); /* the metric, its samples, the table */
}

enum { THREADS = 8, ROUNDS = 10000 };

static void
count_up(void *data, unsigned index)
{
  struct pw_metrics      *metrics = data;
  struct pw_metric_cells *worker  = pw_metrics_join(metrics);
  for (uint64_t i = 0; i < ROUNDS; i++) {
    /* Some metrics are new to everybody while others are counted. */
    char     name[16];
    uint32_t ids[3] = {0};
    snprintf(name, sizeof(name), "m%u", (unsigned)(i / (ROUNDS / 8)));
    bool defined = pw_metrics_define(metrics, PW_METRIC_COUNTER, pw_view_of("c"), &ids[0], NULL) == PW_STATUS_OK &&
                   pw_metrics_define(metrics, PW_METRIC_HISTOGRAM, pw_view_of("h"), &ids[1], NULL) == PW_STATUS_OK &&
                   pw_metrics_define(metrics, PW_METRIC_GAUGE, pw_view_of(name), &ids[2], NULL) == PW_STATUS_OK;
    if (!defined || increment_at(metrics, worker, ids[0], 1) != PW_STATUS_OK ||
        pw_metrics_record(metrics, worker, ids[1], i) != PW_STATUS_OK ||
        increment_at(metrics, worker, ids[2], index % 2 ? 1 : -1) != PW_STATUS_OK) {
      abort();
    }
  }
  pw_metrics_leave(metrics, worker);
}

static void
threads_lose_no_count(void **state)
{
  struct pw_histogram histogram;
  run_threads(THREADS, count_up, *state);
  expect(*state, define(*state, PW_METRIC_COUNTER, "c"), THREADS * ROUNDS);
  pw_metric_histogram(pw_metrics_find(*state, define(*state, PW_METRIC_HISTOGRAM, "h")), &histogram);
  assert_int_equal(histogram.count, THREADS * ROUNDS);
  assert_int_equal(histogram.sum, (uint64_t)THREADS * ROUNDS * (ROUNDS - 1) / 2);
  for (int i = 0; i < 8; i++) {
    char name[16];
    snprintf(name, sizeof(name), "m%d", i);
    expect(*state, define(*state, PW_METRIC_GAUGE, name), 0);
  }
}

/* Gauges that one thread sets, each at the moment when the other counts it for the first time. */
enum { GAUGES = 20000 };

struct race {
  struct pw_metrics *metrics;
  _Atomic uint32_t   at[2]; /* the gauge that each thread has come to */
};

static void
set_or_count(void *data, unsigned index)
{
  struct race            *race   = data;
  struct pw_metric_cells *worker = pw_metrics_join(race->metrics);
  for (uint32_t id = 1; id <= GAUGES; id++) {
    atomic_store(&race->at[index], id);
    while (atomic_load(&race->at[1 - index]) < id) {
      sched_yield();
    }
    enum pw_status status =
      index == 0 ? pw_metrics_record(race->metrics, worker, id, 5) : increment_at(race->metrics, worker, id, 1);
    if (status != PW_STATUS_OK) {
      abort();
    }
  }
  pw_metrics_leave(race->metrics, worker);
}

static void
a_gauge_is_what_it_was_set_to_though_another_worker_begins_to_count_it(void **state)
{
  struct race race = {.metrics = pw_metrics_new(GAUGES)};
  (void)state;
  assert_non_null(race.metrics);
  for (uint32_t i = 0; i < GAUGES; i++) {
    char name[16];
    snprintf(name, sizeof(name), "g%u", i);
    define(race.metrics, PW_METRIC_GAUGE, name);
  }
  run_threads(2, set_or_count, &race);
  for (uint32_t id = 1; id <= GAUGES; id++) {
    int64_t value = pw_metric_value(pw_metrics_find(race.metrics, id));
    assert_true(value == 5 || value == 6);
  }
  pw_metrics_delete(race.metrics);
}

int
main(void)
{
#define WITH_METRICS(test) cmocka_unit_test_setup_teardown(test, make, unmake)
  const struct CMUnitTest tests[] = {
    WITH_METRICS(ids_count_from_one_and_names_are_shared),
    WITH_METRICS(the_maker_of_a_metric_learns_that),
    WITH_METRICS(one_name_has_one_type),
    WITH_METRICS(unknown_types_are_refused),
    WITH_METRICS(names_have_a_size_and_no_control_characters),
    WITH_METRICS(unknown_ids_are_not_found),
    WITH_METRICS(a_counter_only_goes_up),
    WITH_METRICS(a_counter_does_not_wrap_around),
    cmocka_unit_test(what_is_counted_in_a_cell_is_what_is_counted_without_one),
    WITH_METRICS(a_worker_counts_in_its_cell_from_its_second_count_on),
    WITH_METRICS(ids_that_are_not_there_have_no_cells),
    WITH_METRICS(what_all_workers_have_counted_is_summed_up),
    WITH_METRICS(what_a_worker_has_counted_stays_when_it_ends),
    WITH_METRICS(what_is_recorded_of_a_counter_is_added_to_what_all_workers_have_counted),
    WITH_METRICS(a_gauge_that_is_set_is_that_whatever_workers_have_counted),
    WITH_METRICS(a_counter_of_many_workers_stays_at_its_end),
    WITH_METRICS(a_cell_is_emptied_when_it_is_full_or_has_nothing_left),
    WITH_METRICS(a_counter_never_goes_down_for_who_reads_it),
    WITH_METRICS(a_worker_without_memory_for_cells_counts_nevertheless),
    WITH_METRICS(a_gauge_goes_up_and_down),
    WITH_METRICS(a_histogram_counts_samples_in_buckets),
    WITH_METRICS(a_histogram_has_no_single_value),
    WITH_METRICS(the_number_of_metrics_is_limited),
    WITH_METRICS(metrics_are_visited_in_the_order_of_definition),
    cmocka_unit_test(a_metric_is_not_there_when_memory_is_out),
    WITH_METRICS(threads_lose_no_count),
    cmocka_unit_test(a_gauge_is_what_it_was_set_to_though_another_worker_begins_to_count_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
