/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/run/run_profile.h"

#include <errno.h>
#include <stdlib.h>

#include "cli/bench/durations.h"
#include "cli/bench/repeat.h"
#include "cli/profile/call_tree.h"
#include "cli/profile/timeline.h"

/* Not a divisor of any round period that a module, or a clock of an engine, may have. */
#define INTERVAL_MICROSECONDS 199
#define LOOK_AGAIN            UINT64_C(10000000)
#define MOST_WARM_UP          UINT64_C(500000000)
#define DEFAULT_NANOSECONDS   UINT64_C(1000000000)
/* Of a timeline: streams from the start on, streams that are let pass, and streams thereafter. */
#define COLD_STREAMS   5
#define PASSED_STREAMS 1000
#define WARM_STREAMS   20
#define MOST_PASS_TIME UINT64_C(1000000000)

/* --------------------------------------------------------------------------------------------------------- options */

bool
pw_run_profile_option(void *data, const struct pw_run_given *given, struct pw_error *error)
{
  struct pw_run_profile_options *options = data;
  switch (given->id) {
  case PW_RUN_PROFILE_TEXT:
    options->text = given->argument;
    return true;
  case PW_RUN_PROFILE_FOLDED:
    options->folded = given->argument;
    return true;
  case PW_RUN_PROFILE_SVG:
    options->flame_graph = given->argument;
    return true;
  case PW_RUN_PROFILE_SECONDS:
    return pw_run_read_seconds(given, &options->nanoseconds, error);
  default:
    options->timeline = given->argument;
    return true;
  }
}

static bool
wants_samples(const struct pw_run_profile_options *options)
{
  return options->text != NULL || options->folded != NULL || options->flame_graph != NULL;
}

bool
pw_run_profile_check(const struct pw_run_profile_options *options, bool json, bool *wanted, struct pw_error *error)
{
  const char *const files[] = {options->text, options->folded, options->flame_graph, options->timeline};
  unsigned          shown   = json;
  for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
    shown += files[i] != NULL && strcmp(files[i], "-") == 0;
  }
  for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
    for (size_t j = 0; j < i; j++) {
      if (files[i] != NULL && files[j] != NULL && strcmp(files[i], "-") != 0 && strcmp(files[i], files[j]) == 0) {
        return pw_error_set(error, PW_ERROR_ARGUMENT, "%s: two of --profile-… and --timeline would be written to it",
                            files[i]);
      }
    }
  }
  *wanted = wants_samples(options) || options->timeline != NULL;
  if (shown > 1) {
    return pw_error_set(error, PW_ERROR_ARGUMENT,
                        "only one of --json, --profile-… - and --timeline - can have the standard output");
  }
  return *wanted || options->nanoseconds == 0 ||
         pw_error_set(error, PW_ERROR_ARGUMENT,
                      "--profile-seconds: give --profile-text, --profile-folded or "
                      "--profile-svg with it");
}

/* ----------------------------------------------------------------------------------------------------------- files */

static FILE *
open_output(const char *file, struct pw_error *error)
{
  FILE *out = strcmp(file, "-") == 0 ? stdout : fopen(file, "w");
  if (out == NULL) {
    pw_error_set(error, PW_ERROR_FILE, "%s: it cannot be written: %s", file, strerror(errno));
  }
  return out;
}

static bool
close_output(FILE *out, const char *file, struct pw_error *error)
{
  bool bad = ferror(out) != 0;
  bad      = (out == stdout ? fflush(out) : fclose(out)) != 0 || bad;
  return !bad || pw_error_set(error, PW_ERROR_FILE, "%s: it could not be written", file);
}

/* --------------------------------------------------------------------------------------------------------- profile */

/** Samples on their way into the tree. */
struct collection {
  struct pw_code_map  map;
  struct pw_call_tree tree;
  struct pw_stack     stack;
  bool                failed; /* memory was out */
};

static void
on_sample(void *data, const struct pw_sample *sample)
{
  struct collection *collection = data;
  pw_sample_stack(sample, &collection->map, &collection->stack);
  collection->failed = collection->failed || !pw_call_tree_add(&collection->tree, &collection->stack);
}

static void
on_lesson(void *data, const struct pw_sample *sample)
{
  struct collection *collection = data;
  pw_sample_stack_learn(sample, &collection->map, &collection->stack);
}

/* Engines that compile anew what is hot go on writing the map, and may come to call the module in another way. */
static bool
look_again(struct pw_repeat *repeat, struct collection *collection, struct pw_error *error)
{
  bool done = pw_code_map_read(&collection->map, error);
  pw_sampler_learn(on_lesson, collection);
  done = done && pw_repeat_stream(repeat, error);
  pw_sampler_learn(NULL, NULL);
  return done;
}

/* So that what is compiled when it is first used, or hot, is there. */
static bool
warm_up(struct pw_repeat *repeat, struct collection *collection, uint64_t nanoseconds, struct pw_error *error)
{
  uint64_t limit = nanoseconds / 4 < MOST_WARM_UP ? nanoseconds / 4 : MOST_WARM_UP;
  uint64_t begin = pw_clock_now();
  bool     done;
  do {
    done = pw_repeat_stream(repeat, error);
    pw_simulator_forget(repeat->simulator);
  } while (done && pw_clock_now() - begin < limit);
  return done && look_again(repeat, collection, error);
}

static bool
sample_streams(struct pw_repeat *repeat, struct collection *collection, uint64_t nanoseconds,
               struct pw_profile_facts *facts, struct pw_error *error)
{
  uint64_t begin = pw_clock_now();
  uint64_t read  = begin;
  uint64_t now   = begin;
  bool     done  = pw_sampler_start(facts->interval_microseconds, on_sample, collection, error);
  if (!done) {
    return false;
  }
  while (done && now - begin < nanoseconds) {
    done = pw_repeat_stream(repeat, error);
    pw_simulator_forget(repeat->simulator);
    now = pw_clock_now();
    if (now - read > LOOK_AGAIN) {
      done = done && look_again(repeat, collection, error);
      read = now;
    }
    pw_sampler_drain();
  }
  facts->counts  = pw_sampler_stop();
  facts->seconds = (double)(now - begin) / 1e9;
  return done && (!collection->failed || pw_error_set(error, PW_ERROR_MEMORY, "no memory for the profile"));
}

static bool
take_profile(const struct pw_scenario *scenario, struct collection *collection, uint64_t nanoseconds,
             struct pw_profile_facts *facts, struct pw_error *error)
{
  struct pw_repeat repeat = {0};
  bool done = pw_code_map_prepare(error) && pw_repeat_begin(&repeat, scenario, &pw_sampler_ops, NULL, false, error);
  if (done) {
    facts->engine = pw_plugin_configuration(pw_instance_plugin(pw_simulator_instance(repeat.simulator, 0)))->engine;
  }
  done = done && warm_up(&repeat, collection, nanoseconds, error);
  if (done && collection->map.count == 0) {
    done = pw_error_set(error, PW_ERROR_ENGINE,
                        "engine '%s' does not say where the machine code of the module's functions is, or has none: "
                        "give --engine wasmtime, v8 or wasm2c for a profile",
                        facts->engine);
  }
  done           = done && sample_streams(&repeat, collection, nanoseconds, facts, error);
  facts->streams = repeat.streams;
  pw_repeat_end(&repeat);
  return done;
}

static bool
write_profile(const struct pw_run_profile_options *options, const struct pw_call_tree *tree,
              const struct pw_profile_facts *facts, struct pw_error *error)
{
  const char *const files[] = {options->text, options->folded, options->flame_graph};
  for (unsigned i = 0; i < 3; i++) {
    FILE *out = files[i] ? open_output(files[i], error) : NULL;
    if (files[i] != NULL && out == NULL) {
      return false;
    }
    if (files[i] == NULL) {
      continue;
    }
    if (i == 0) {
      /* Set apart from the usual output. */
      fputs(out == stdout ? "\n" : "", out);
      pw_profile_print_text(out, tree, facts);
    } else if (i == 1) {
      pw_profile_print_folded(out, tree);
    } else {
      pw_profile_print_flame_graph(out, tree, facts);
    }
    if (!close_output(out, files[i], error)) {
      return false;
    }
  }
  return true;
}

static bool
profile(const struct pw_run_profile_options *options, const struct pw_scenario *scenario, const char *title,
        struct pw_error *error)
{
  struct pw_profile_facts facts       = {.title = title, .engine = "", .interval_microseconds = INTERVAL_MICROSECONDS};
  struct collection      *collection  = calloc(1, sizeof(*collection));
  uint64_t                nanoseconds = options->nanoseconds ? options->nanoseconds : DEFAULT_NANOSECONDS;
  if (collection == NULL) {
    return pw_error_set(error, PW_ERROR_MEMORY, "no memory for the profile");
  }
  bool done = take_profile(scenario, collection, nanoseconds, &facts, error);
  if (done) {
    pw_call_tree_finish(&collection->tree);
    done = write_profile(options, &collection->tree, &facts, error);
  }
  pw_call_tree_clear(&collection->tree);
  pw_code_map_clear(&collection->map);
  free(collection);
  return done;
}

/* -------------------------------------------------------------------------------------------------------- timeline */

static bool
record_streams(struct pw_repeat *repeat, struct pw_timeline *timeline, unsigned count, struct pw_error *error)
{
  bool done = true;
  pw_timeline_record(timeline);
  for (unsigned i = 0; done && i < count; i++) {
    pw_timeline_stream_begin(timeline, repeat->streams + 1);
    done = pw_repeat_stream(repeat, error);
    pw_timeline_stream_end(timeline);
  }
  pw_timeline_stop(timeline);
  return done;
}

static bool
take_timeline(struct pw_repeat *repeat, const struct pw_scenario *scenario, struct pw_timeline *timeline,
              struct pw_error *error)
{
  pw_timeline_record(timeline);
  bool done = pw_repeat_begin(repeat, scenario, &pw_timeline_ops, timeline, false, error);
  pw_timeline_stop(timeline);
  done           = done && record_streams(repeat, timeline, COLD_STREAMS, error);
  uint64_t begin = pw_clock_now();
  for (unsigned i = 0; done && i < PASSED_STREAMS && pw_clock_now() - begin < MOST_PASS_TIME; i++) {
    done = pw_repeat_stream(repeat, error);
    pw_simulator_forget(repeat->simulator);
  }
  return done && record_streams(repeat, timeline, WARM_STREAMS, error);
}

static bool
write_timeline(const char *file, const struct pw_scenario *scenario, const char *title, struct pw_error *error)
{
  struct pw_timeline timeline = {0};
  struct pw_repeat   repeat;
  bool               done = take_timeline(&repeat, scenario, &timeline, error);
  FILE              *out  = done ? open_output(file, error) : NULL;
  if (out != NULL) {
    pw_timeline_print(out, &timeline, title);
    done = close_output(out, file, error);
  }
  pw_repeat_end(&repeat);
  pw_timeline_clear(&timeline);
  return done && out != NULL;
}

/* ----------------------------------------------------------------------------------------------------------- whole */

bool
pw_run_profile(const struct pw_run_profile_options *options, struct pw_run_setup *setup, struct pw_error *error)
{
  const char        *title    = setup->options->module ? setup->options->module : setup->options->config_file;
  struct pw_scenario scenario = pw_repeat_run(setup);
  if (options->timeline != NULL && !write_timeline(options->timeline, &scenario, title, error)) {
    return false;
  }
  for (size_t i = 0; i < setup->plugin_count; i++) {
    setup->plugins[i].config.profile = true;
  }
  return !wants_samples(options) || profile(options, &scenario, title, error);
}
