/* SPDX-License-Identifier: Apache-2.0 */
/* The passes of a measurement. */
#include <stdlib.h>
#include <unistd.h>

#include "cli/bench/bench.h"

/* How often the start is done over to find what it takes at least. */
#define STARTS       5
#define STARTS_LIMIT UINT64_C(500000000)

static double
least(double a, double b)
{
  return a < b ? a : b;
}

/* -------------------------------------------------------------------------------------------------------- resident */

static uint64_t
resident_bytes(void)
{
  unsigned long long size     = 0;
  unsigned long long resident = 0;
  FILE              *file     = fopen("/proc/self/statm", "r");
  if (file != NULL) {
    if (fscanf(file, "%llu %llu", &size, &resident) != 2) {
      resident = 0;
    }
    fclose(file);
  }
  return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* ----------------------------------------------------------------------------------------------------------- start */

static bool
start_engine(struct pw_bench_figures *figures, const char *name)
{
  const struct pw_engine_settings settings = {0};
  const struct pw_engine_ops     *ops      = pw_engine_find(name, &figures->error);
  if (ops == NULL) {
    return false;
  }
  uint64_t          begin  = pw_clock_now();
  struct pw_engine *engine = ops->engine_new(&settings, &figures->error);
  figures->start.engine    = (double)(pw_clock_now() - begin);
  figures->engine          = ops->name;
  figures->version         = ops->version();
  if (engine == NULL) {
    return false;
  }
  ops->engine_delete(engine);
  return true;
}

/* The time that loading the plugins takes, on a host without a cache. `plugins` takes them. */
static double
load_all(const struct pw_run_setup *setup, struct pw_host *host, struct pw_plugin **plugins, struct pw_error *error)
{
  uint64_t begin = pw_clock_now();
  for (size_t i = 0; i < setup->plugin_count; i++) {
    const struct pw_run_plugin *plugin = &setup->plugins[i];
    plugins[i] = pw_plugin_load(host, &plugin->config, pw_bytes_view(&plugin->code), plugin->file, error);
    if (plugins[i] == NULL) {
      return -1;
    }
  }
  return (double)(pw_clock_now() - begin);
}

static void
release_all(const struct pw_run_setup *setup, struct pw_plugin **plugins)
{
  for (size_t i = 0; i < setup->plugin_count; i++) {
    pw_plugin_release(plugins[i]);
    plugins[i] = NULL;
  }
}

/* A second load finds the code of the first one in use and does not compile it again: the difference is compiling. */
static bool
measure_load(struct pw_run_setup *setup, struct pw_bench_figures *figures)
{
  struct pw_simulator_options none      = {0};
  struct pw_simulator        *simulator = pw_run_setup_simulator(setup->options, none, &figures->error);
  struct pw_plugin          **plugins   = calloc(2 * setup->plugin_count + 1, sizeof(*plugins));
  struct pw_plugin          **again     = plugins + setup->plugin_count;
  uint64_t                    begin     = pw_clock_now();
  double                      cold      = 1e18;
  double                      warm      = 1e18;
  bool                        done      = simulator != NULL && plugins != NULL;
  for (unsigned i = 0; done && i < STARTS && (i == 0 || pw_clock_now() - begin < STARTS_LIMIT); i++) {
    double first  = load_all(setup, pw_simulator_host(simulator), plugins, &figures->error);
    double second = first < 0 ? -1 : load_all(setup, pw_simulator_host(simulator), again, &figures->error);
    done          = first >= 0 && second >= 0;
    cold          = least(cold, first);
    warm          = least(warm, second);
    release_all(setup, again);
    release_all(setup, plugins);
  }
  free(plugins);
  pw_simulator_delete(simulator);
  figures->start.link    = warm;
  figures->start.compile = cold > warm ? cold - warm : 0;
  return done;
}

/* The time of callbacks; what they call is in it. */
static double
callback_sum(const struct pw_call_times *times)
{
  double sum = 0;
  for (size_t i = 0; i < times->count; i++) {
    sum += times->calls[i].hostcall ? 0 : (double)times->calls[i].total.sum;
  }
  return sum;
}

/* VMs on a host of their own, where the code is in use already. */
static bool
measure_vm(struct pw_run_setup *setup, struct pw_bench_figures *figures)
{
  struct pw_simulator_options options = {.trace = &pw_call_times_ops, .trace_data = &figures->start.calls};
  struct pw_plugin          **plugins = calloc(setup->plugin_count + 1, sizeof(*plugins));
  struct pw_simulator        *simulator;
  bool                        done = false;
  if (plugins == NULL || !pw_call_times_init(&figures->start.calls)) {
    free(plugins);
    return pw_error_set(&figures->error, PW_ERROR_MEMORY, "no memory for the figures");
  }
  simulator = pw_run_setup_simulator(setup->options, options, &figures->error);
  if (simulator != NULL && load_all(setup, pw_simulator_host(simulator), plugins, &figures->error) >= 0) {
    uint64_t begin    = pw_clock_now();
    done              = pw_run_setup_start(setup, simulator);
    double time       = (double)(pw_clock_now() - begin) - figures->start.link - callback_sum(&figures->start.calls);
    figures->start.vm = time > 0 ? time : 0;
  }
  for (size_t i = 0; simulator != NULL && i < setup->plugin_count; i++) {
    if (setup->plugins[i].error.code != PW_ERROR_NONE) {
      figures->error = setup->plugins[i].error;
      done           = false;
      break;
    }
  }
  release_all(setup, plugins);
  free(plugins);
  /* What the end calls does not belong to the start. */
  figures->start.calls.stopped = true;
  pw_simulator_delete(simulator);
  return done;
}

/* ---------------------------------------------------------------------------------------------------------- streams */

/** What is looked at in the middle of the batches. */
struct middle {
  struct pw_repeat        *repeat;
  struct pw_bench_figures *figures;
};

static void
look_halfway(void *data)
{
  struct middle *middle            = data;
  middle->figures->linear.middle   = pw_repeat_memory(middle->repeat);
  middle->figures->resident.middle = resident_bytes();
}

static bool
run_singles(struct pw_repeat *repeat, struct pw_bench_amount amount, double clock_cost, struct pw_durations *single,
            struct pw_error *error)
{
  uint64_t begin = pw_clock_now();
  uint64_t last  = begin;
  for (uint64_t done = 0;; done++) {
    if (done > 0 && (amount.streams > 0 ? done >= amount.streams : last - begin >= amount.nanoseconds)) {
      return true;
    }
    uint64_t before = pw_clock_now();
    if (!pw_repeat_stream(repeat, error)) {
      return false;
    }
    last = pw_clock_now();
    pw_simulator_forget(repeat->simulator);
    double time = (double)(last - before) - clock_cost;
    pw_durations_add(single, time > 0 ? (uint64_t)time : 0);
  }
}

static struct pw_bench_amount
part_of_amount(struct pw_bench_amount amount, unsigned divisor)
{
  return (struct pw_bench_amount){.streams     = amount.streams > 0 ? 1 + (amount.streams - 1) / divisor : 0,
                                  .nanoseconds = amount.nanoseconds / divisor};
}

static void
describe(const struct pw_simulator *simulator, struct pw_bench_figures *figures)
{
  const struct pw_plugin_config *config =
    pw_plugin_configuration(pw_instance_plugin(pw_simulator_instance(simulator, 0)));
  struct pw_error             error;
  const struct pw_engine_ops *ops = pw_engine_find(config->engine, &error);
  figures->engine                 = config->engine;
  figures->version                = ops ? ops->version() : "";
  figures->memory_limit           = pw_simulator_instance_count(simulator) == 1 ? config->limits.memory_bytes : 0;
}

static bool
measure_streams(const struct pw_scenario *scenario, struct pw_bench_amount amount, double clock_cost,
                struct pw_bench_figures *figures)
{
  struct pw_error *error = &figures->error;
  struct pw_repeat repeat;
  struct middle    middle = {&repeat, figures};
  bool done = pw_repeat_begin(&repeat, scenario, NULL, NULL, false, error) && pw_bench_warm_up(&repeat, amount, error);
  if (done) {
    uint64_t before = repeat.streams;
    describe(repeat.simulator, figures);
    figures->linear.before   = pw_repeat_memory(&repeat);
    figures->linear.middle   = figures->linear.before;
    figures->resident.before = resident_bytes();
    figures->resident.middle = figures->resident.before;
    done                     = pw_bench_batches_run(&repeat, amount, &figures->stream, look_halfway, &middle, error);
    figures->linear.after    = pw_repeat_memory(&repeat);
    figures->resident.after  = resident_bytes();
    figures->measured        = repeat.streams - before;
    memcpy(figures->next, repeat.next, sizeof(figures->next));
    figures->reply_status = repeat.reply_status;
  }
  done = done && run_singles(&repeat, part_of_amount(amount, 2), clock_cost, &figures->single, error);
  pw_repeat_end(&repeat);
  return done;
}

/* The simulated proxy with no plugin goes the same way only if the plugins let everything pass. */
static bool
measure_bare(const struct pw_scenario *scenario, struct pw_bench_amount amount, struct pw_bench_figures *figures)
{
  struct pw_repeat repeat;
  if (figures->next[PW_STREAM_HTTP_REQUEST] != PW_NEXT_CONTINUE ||
      figures->next[PW_STREAM_HTTP_RESPONSE] != PW_NEXT_CONTINUE) {
    return true;
  }
  bool done = pw_repeat_begin(&repeat, scenario, NULL, NULL, true, &figures->error) &&
              pw_bench_warm_up(&repeat, part_of_amount(amount, 4), &figures->error) &&
              pw_bench_batches_run(&repeat, part_of_amount(amount, 4), &figures->bare, NULL, NULL, &figures->error);
  pw_repeat_end(&repeat);
  return done;
}

static bool
measure_calls(const struct pw_scenario *scenario, struct pw_bench_amount amount, struct pw_bench_figures *figures)
{
  struct pw_error *error = &figures->error;
  struct pw_repeat repeat;
  bool             done = pw_repeat_begin(&repeat, scenario, &pw_call_times_ops, &figures->calls, false, error) &&
              pw_bench_warm_up(&repeat, amount, error);
  if (done) {
    uint64_t begin = pw_clock_now();
    uint64_t count = 0;
    pw_call_times_reset(&figures->calls);
    do {
      done = pw_repeat_stream(&repeat, error);
      pw_simulator_forget(repeat.simulator);
      count++;
    } while (done && (amount.streams > 0 ? count < amount.streams : pw_clock_now() - begin < amount.nanoseconds));
    figures->call_streams = count;
  }
  /* Without the calls of the end. */
  figures->calls.stopped = true;
  pw_repeat_end(&repeat);
  return done;
}

/* ----------------------------------------------------------------------------------------------------------- whole */

bool
pw_bench_measure_start(struct pw_run_setup *setup, struct pw_bench_figures *figures)
{
  return start_engine(figures, setup->plugins[0].config.engine) && measure_load(setup, figures) &&
         measure_vm(setup, figures);
}

bool
pw_bench_measure(const struct pw_scenario *scenario, struct pw_bench_amount amount, struct pw_bench_figures *figures)
{
  return (pw_call_times_init(&figures->calls) ||
          pw_error_set(&figures->error, PW_ERROR_MEMORY, "no memory for the figures")) &&
         measure_streams(scenario, amount, figures->calls.clock_cost, figures) &&
         measure_bare(scenario, amount, figures) && measure_calls(scenario, amount, figures);
}

void
pw_bench_figures_clear(struct pw_bench_figures *figures)
{
  pw_call_times_clear(&figures->start.calls);
  pw_call_times_clear(&figures->calls);
}
