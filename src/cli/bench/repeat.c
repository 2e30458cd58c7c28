/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/bench/repeat.h"

#include <stdio.h>

#define MOST_CALLBACK 600000u

/* The host tells a trap with its backtrace as a line of the plugin's log; lines without a plugin are the simulated
 * proxy's own, and an error among them means that it gave up. */
static void
on_log(void *data, const struct pw_plugin *plugin, enum pw_log_level level, struct pw_view text)
{
  static const char trap[] = "the module trapped in ";
  struct pw_repeat *repeat = data;
  if (level < PW_LOG_ERROR || repeat->failed ||
      (plugin != NULL && (text.size < sizeof(trap) || memcmp(text.data, trap, sizeof(trap) - 1) != 0))) {
    return;
  }
  repeat->failed = true;
  snprintf(repeat->failure, sizeof(repeat->failure), "%.*s", (int)text.size, text.data);
}

void
pw_repeat_loosen(struct pw_limits *limits)
{
  uint32_t configured           = limits->callback_milliseconds ? limits->callback_milliseconds : 100;
  limits->log_lines_per_second  = UINT32_MAX;
  limits->callback_milliseconds = configured < MOST_CALLBACK / 10 ? configured * 10 : MOST_CALLBACK;
}

bool
pw_repeat_begin(struct pw_repeat *repeat, const struct pw_scenario *scenario, const struct pw_trace_ops *trace,
                void *trace_data, bool bare, struct pw_error *error)
{
  *repeat                             = (struct pw_repeat){.scenario = scenario};
  struct pw_simulator_options options = {.trace           = trace,
                                         .trace_data      = trace_data,
                                         .cache_directory = pw_command_cache_directory(),
                                         .log             = on_log,
                                         .log_data        = repeat};
  *error                              = (struct pw_error){0};
  repeat->simulator                   = scenario->begin(scenario->data, options, bare, error);
  return repeat->simulator != NULL && error->code == PW_ERROR_NONE;
}

void
pw_repeat_note(struct pw_repeat *repeat, const struct pw_transaction *transaction)
{
  memcpy(repeat->next, transaction->next, sizeof(repeat->next));
  repeat->reply_status = transaction->reply.given ? transaction->reply.status : 0;
}

static const char *
paused_direction(const struct pw_repeat *repeat)
{
  return repeat->next[PW_STREAM_HTTP_REQUEST] == PW_NEXT_PAUSE    ? "request"
         : repeat->next[PW_STREAM_HTTP_RESPONSE] == PW_NEXT_PAUSE ? "response"
                                                                  : NULL;
}

static uint64_t
count_traps(const struct pw_repeat *repeat)
{
  uint64_t sum = 0;
  for (size_t i = 0; i < pw_simulator_instance_count(repeat->simulator); i++) {
    uint64_t restarts;
    uint64_t traps;
    pw_instance_counts(pw_simulator_instance(repeat->simulator, i), &restarts, &traps);
    sum += traps;
  }
  return sum;
}

bool
pw_repeat_stream(struct pw_repeat *repeat, struct pw_error *error)
{
  if (!repeat->scenario->stream(repeat->scenario->data, repeat, error)) {
    return false;
  }
  if (repeat->failed || count_traps(repeat) > 0) {
    return pw_error_set(error, PW_ERROR_TRAP, "stream %llu: %s", (unsigned long long)repeat->streams + 1,
                        repeat->failed ? repeat->failure : "a module trapped");
  }
  const char *paused = paused_direction(repeat);
  if (paused != NULL) {
    return pw_error_set(error, PW_ERROR_LIMIT,
                        "stream %llu: the %s is still paused at its end, after all the virtual time that it is given, "
                        "and so is no whole stream: does the module wait for an answer, or for longer?",
                        (unsigned long long)repeat->streams + 1, paused);
  }
  repeat->streams++;
  return true;
}

uint64_t
pw_repeat_memory(const struct pw_repeat *repeat)
{
  uint64_t sum = 0;
  for (size_t i = 0; i < pw_simulator_instance_count(repeat->simulator); i++) {
    sum += pw_instance_memory_bytes(pw_simulator_instance(repeat->simulator, i));
  }
  return sum;
}

void
pw_repeat_end(struct pw_repeat *repeat)
{
  pw_simulator_delete(repeat->simulator);
  repeat->simulator = NULL;
}

/* ------------------------------------------------------------------------------------------- the transaction of `run`
 */

static struct pw_simulator *
begin_run(void *data, struct pw_simulator_options options, bool bare, struct pw_error *error)
{
  struct pw_run_setup *setup     = data;
  struct pw_simulator *simulator = pw_run_setup_simulator(setup->options, options, error);
  if (simulator == NULL || bare) {
    return simulator;
  }
  pw_run_setup_start(setup, simulator);
  for (size_t i = 0; i < setup->plugin_count && error->code == PW_ERROR_NONE; i++) {
    *error = setup->plugins[i].error;
  }
  return simulator;
}

static bool
stream_run(void *data, struct pw_repeat *repeat, struct pw_error *error)
{
  const struct pw_run_setup *setup       = data;
  struct pw_transaction     *transaction = pw_run_setup_transaction(setup->options, repeat->simulator, error);
  if (transaction == NULL) {
    return false;
  }
  pw_repeat_note(repeat, transaction);
  pw_transaction_delete(transaction);
  return true;
}

struct pw_scenario
pw_repeat_run(struct pw_run_setup *setup)
{
  for (size_t i = 0; i < setup->plugin_count; i++) {
    pw_repeat_loosen(&setup->plugins[i].config.limits);
  }
  return (struct pw_scenario){.data = setup, .begin = begin_run, .stream = stream_run};
}
