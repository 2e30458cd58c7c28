/* SPDX-License-Identifier: Apache-2.0 */
#include "fakes/fixture.h"
#include "support/unit.h"

static uint64_t takes; /* nanoseconds of the fake clock, for each callback of a request's headers */

static uint32_t
works(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  (void)a;
  fake.now += takes;
  return PW_ACTION_CONTINUE;
}

static uint32_t
traps(struct fake_vm *vm, const pw_value *a)
{
  (void)a;
  fake.now += 3000;
  fake_trap(vm, "no");
  return 0;
}

static const struct fake_export working[]  = {{"proxy_on_request_headers", "iii:i", works}, {NULL, NULL, NULL}};
static const struct fake_export trapping[] = {{"proxy_on_request_headers", "iii:i", traps}, {NULL, NULL, NULL}};

/* Named plugin-0, plugin-1, …, as the fixture does. */
static struct pw_plugin_config
timed(const char *vm_id)
{
  return (struct pw_plugin_config){.vm_id = pw_view_of(vm_id), .fail_open = true, .callback_times = true};
}

static void
stream(struct fixture *f, uint64_t nanoseconds)
{
  struct pw_stream *stream = pw_stream_new(f->chain, f);

  takes = nanoseconds;
  pw_stream_request_headers(stream, true);
  pw_stream_end(stream);
}

/** What is shown. */
static struct {
  size_t                       count;
  const char                  *names[4];
  struct pw_callback_histogram histograms[4];
} shown;

static void
show(void *data, const char *plugin, const struct pw_callback_histogram *histogram)
{
  (void)data;
  assert_true(shown.count < 4);
  shown.names[shown.count]        = plugin;
  shown.histograms[shown.count++] = *histogram;
}

static void
look(struct fixture *f)
{
  shown.count = 0;
  pw_host_callback_times(f->host, show, NULL);
}

static void
callbacks_are_counted_by_what_they_take(void **state)
{
  static const uint64_t         times[] = {0, 1000, 1001, 10000, 100000, 100001, 10000000, 100000000, 100000001};
  const struct pw_plugin_config config  = timed("a");
  struct fixture                f;
  size_t                        i;

  (void)state;
  fixture_open(&f);
  fixture_add(&f, working, &config);
  fixture_chain(&f);
  for (i = 0; i < sizeof(times) / sizeof(times[0]); ++i) {
    stream(&f, times[i]);
  }
  look(&f);
  assert_int_equal(shown.count, 1);
  assert_string_equal(shown.names[0], "plugin-0");
  static const uint64_t buckets[PW_CALLBACK_TIME_BUCKETS] = {2, 2, 1, 1, 1, 1, 1};
  assert_memory_equal(shown.histograms[0].buckets, buckets, sizeof(buckets));
  assert_int_equal(shown.histograms[0].nanoseconds, 210212003);
  fixture_close(&f);
}

static void
a_plugin_that_is_not_asked_for_is_not_timed(void **state)
{
  struct fixture f;

  (void)state;
  fixture_open(&f);
  fixture_add(&f, working, NULL);
  fixture_chain(&f);
  stream(&f, 1000);
  look(&f);
  assert_int_equal(shown.count, 0);
  fixture_close(&f);
}

static void
counts_of_a_name_go_on_when_it_is_loaded_anew(void **state)
{
  const struct pw_plugin_config first  = timed("first");
  const struct pw_plugin_config second = timed("second");
  struct fixture                f;

  (void)state;
  fixture_open(&f);
  fixture_add(&f, working, &first);
  fixture_add(&f, working, &second);
  fixture_chain(&f);
  stream(&f, 5000);
  pw_chain_delete(f.chain);
  f.chain = NULL;
  for (; f.count > 0; --f.count) {
    pw_instance_delete(f.instances[f.count - 1]);
    pw_plugin_release(f.plugins[f.count - 1]);
  }
  fixture_add(&f, working, &first);
  fixture_chain(&f);
  stream(&f, 7000);
  look(&f);
  assert_int_equal(shown.count, 2);
  assert_string_equal(shown.names[0], "plugin-0");
  assert_int_equal(shown.histograms[0].nanoseconds, 12000);
  assert_int_equal(shown.histograms[0].buckets[1], 2);
  assert_string_equal(shown.names[1], "plugin-1");
  assert_int_equal(shown.histograms[1].nanoseconds, 5000);
  fixture_close(&f);
}

static void
a_callback_that_traps_counts(void **state)
{
  const struct pw_plugin_config config = timed("a");
  struct fixture                f;

  (void)state;
  fixture_open(&f);
  fixture_add(&f, trapping, &config);
  fixture_chain(&f);
  stream(&f, 0);
  look(&f);
  assert_int_equal(shown.histograms[0].nanoseconds, 3000);
  fixture_close(&f);
}

static void
plugins_that_share_a_vm_are_told_apart(void **state)
{
  struct pw_plugin_config config = timed("same");
  struct fixture          f;
  struct pw_bytes         code;

  (void)state;
  fixture_open(&f);
  fake_module = working;
  code        = fake_code();
  for (f.count = 0; f.count < 2; ++f.count) {
    config.name          = pw_view_of(f.count == 0 ? "first" : "second");
    f.plugins[f.count]   = pw_plugin_load(f.host, &config, pw_bytes_view(&code), "fake.wasm", &f.error);
    f.instances[f.count] = pw_instance_new(f.worker, f.plugins[f.count], &f.error);
  }
  pw_bytes_clear(&code);
  assert_int_equal(fake_instances_alive, 1);
  fixture_chain(&f);
  stream(&f, 2000);
  look(&f);
  assert_int_equal(shown.histograms[0].nanoseconds, 2000);
  assert_int_equal(shown.histograms[1].nanoseconds, 2000);
  fixture_close(&f);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(callbacks_are_counted_by_what_they_take),
    cmocka_unit_test(a_plugin_that_is_not_asked_for_is_not_timed),
    cmocka_unit_test(counts_of_a_name_go_on_when_it_is_loaded_anew),
    cmocka_unit_test(a_callback_that_traps_counts),
    cmocka_unit_test(plugins_that_share_a_vm_are_told_apart),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
