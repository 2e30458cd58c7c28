/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include "host/metric.h"
#include "support/threads.h"

static int
make(void **state)
{
  *state = pw_metrics_new(16);
  return *state ? 0 : -1;
}

static int
unmake(void **state)
{
  pw_metrics_delete(*state);
  return 0;
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
    assert_int_equal(pw_metrics_increment(*state, unknown[i], 1), PW_STATUS_NOT_FOUND);
    assert_int_equal(pw_metrics_record(*state, unknown[i], 1), PW_STATUS_NOT_FOUND);
    assert_int_equal(pw_metrics_get(*state, unknown[i], &value), PW_STATUS_NOT_FOUND);
    assert_null(pw_metrics_find(*state, unknown[i]));
  }
}

static void
a_counter_only_goes_up(void **state)
{
  uint32_t id = define(*state, PW_METRIC_COUNTER, "c");
  expect(*state, id, 0);
  assert_int_equal(pw_metrics_increment(*state, id, 5), PW_STATUS_OK);
  assert_int_equal(pw_metrics_increment(*state, id, 0), PW_STATUS_OK);
  assert_int_equal(pw_metrics_increment(*state, id, -1), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(pw_metrics_increment(*state, id, INT64_MIN), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(pw_metrics_record(*state, id, 4), PW_STATUS_BAD_ARGUMENT);
  expect(*state, id, 5);
  assert_int_equal(pw_metrics_record(*state, id, 5), PW_STATUS_OK);
  assert_int_equal(pw_metrics_record(*state, id, 10), PW_STATUS_OK);
  expect(*state, id, 10);
}

static void
a_counter_does_not_wrap_around(void **state)
{
  uint32_t id = define(*state, PW_METRIC_COUNTER, "c");
  assert_int_equal(pw_metrics_increment(*state, id, INT64_MAX), PW_STATUS_OK);
  assert_int_equal(pw_metrics_increment(*state, id, 1), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(pw_metrics_record(*state, id, (uint64_t)INT64_MAX + 1), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(pw_metrics_record(*state, id, UINT64_MAX), PW_STATUS_BAD_ARGUMENT);
  expect(*state, id, INT64_MAX);
}

/* The quick way does what the careful one would do, or nothing. */
static void
what_can_be_counted_at_once_is_what_can_be_counted(void **state)
{
  static const int64_t values[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX};
  for (uint32_t type = 0; type < PW_METRIC_TYPE_COUNT; type++) {
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
      for (size_t j = 0; j < sizeof(values) / sizeof(values[0]); j++) {
        struct pw_metrics *metrics[2] = {pw_metrics_new(1), pw_metrics_new(1)};
        for (int n = 0; n < 2; n++) {
          pw_metrics_record(metrics[n], define(metrics[n], type, "m"), (uint64_t)values[i]);
        }
        bool at_once = pw_metrics_increment_at_once(metrics[0], 1, values[j]);
        assert_int_equal(at_once, pw_metrics_increment(metrics[1], 1, values[j]) == PW_STATUS_OK);
        assert_true(pw_metric_value(pw_metrics_find(metrics[0], 1)) == pw_metric_value(pw_metrics_find(metrics[1], 1)));
        assert_false(pw_metrics_increment_at_once(metrics[0], 0, 1));
        assert_false(pw_metrics_increment_at_once(metrics[0], 2, 1));
        assert_false(pw_metrics_increment_at_once(metrics[0], UINT32_MAX, 1));
        pw_metrics_delete(metrics[0]);
        pw_metrics_delete(metrics[1]);
      }
    }
  }
  (void)state;
}

static void
a_gauge_goes_up_and_down(void **state)
{
  uint32_t id = define(*state, PW_METRIC_GAUGE, "g");
  assert_int_equal(pw_metrics_increment(*state, id, -3), PW_STATUS_OK);
  expect(*state, id, (uint64_t)-3);
  assert_int_equal(pw_metric_value(pw_metrics_find(*state, id)), -3);
  assert_int_equal(pw_metrics_record(*state, id, 7), PW_STATUS_OK);
  expect(*state, id, 7);
  assert_int_equal(pw_metrics_record(*state, id, (uint64_t)-7), PW_STATUS_OK);
  assert_int_equal(pw_metric_value(pw_metrics_find(*state, id)), -7);
  assert_int_equal(pw_metrics_increment(*state, id, INT64_MIN), PW_STATUS_BAD_ARGUMENT);
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
    assert_int_equal(pw_metrics_record(*state, id, cases[i].sample), PW_STATUS_OK);
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
  assert_int_equal(pw_metrics_increment(*state, id, 1), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(pw_metrics_get(*state, id, &value), PW_STATUS_BAD_ARGUMENT);
  assert_int_equal(pw_metrics_record(*state, id, 10), PW_STATUS_OK);
  assert_int_equal(pw_metrics_record(*state, id, 20), PW_STATUS_OK);
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
  struct pw_metrics *metrics = data;
  for (uint64_t i = 0; i < ROUNDS; i++) {
    /* Some metrics are new to everybody while others are counted. */
    char     name[16];
    uint32_t ids[3] = {0};
    snprintf(name, sizeof(name), "m%u", (unsigned)(i / (ROUNDS / 8)));
    bool defined = pw_metrics_define(metrics, PW_METRIC_COUNTER, pw_view_of("c"), &ids[0], NULL) == PW_STATUS_OK &&
                   pw_metrics_define(metrics, PW_METRIC_HISTOGRAM, pw_view_of("h"), &ids[1], NULL) == PW_STATUS_OK &&
                   pw_metrics_define(metrics, PW_METRIC_GAUGE, pw_view_of(name), &ids[2], NULL) == PW_STATUS_OK;
    if (!defined || pw_metrics_increment(metrics, ids[0], 1) != PW_STATUS_OK ||
        pw_metrics_record(metrics, ids[1], i) != PW_STATUS_OK ||
        pw_metrics_increment(metrics, ids[2], index % 2 ? 1 : -1) != PW_STATUS_OK) {
      abort();
    }
  }
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
    WITH_METRICS(what_can_be_counted_at_once_is_what_can_be_counted),
    WITH_METRICS(a_gauge_goes_up_and_down),
    WITH_METRICS(a_histogram_counts_samples_in_buckets),
    WITH_METRICS(a_histogram_has_no_single_value),
    WITH_METRICS(the_number_of_metrics_is_limited),
    WITH_METRICS(metrics_are_visited_in_the_order_of_definition),
    cmocka_unit_test(a_metric_is_not_there_when_memory_is_out),
    WITH_METRICS(threads_lose_no_count),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
