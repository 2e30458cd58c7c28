/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/suite/suite_repeat.h"

#include "cli/suite/suite_perform.h"
#include "cli/suite/suite_setup.h"

#define MOST_STREAMS 64

static struct pw_simulator *
begin(void *data, struct pw_simulator_options options, bool bare, struct pw_error *error)
{
  struct pw_suite_repeat *own       = data;
  bool                    refused   = false;
  struct pw_simulator    *simulator = pw_suite_simulator(own->runner, own->test, options, error);
  if (simulator != NULL && pw_suite_prepare(own->suite, own->test, simulator, error) && !bare) {
    pw_suite_add_plugins(own->runner, own->test, simulator, &refused, error);
  }
  return simulator;
}

/** The streams of one time through the steps. */
struct streams {
  struct pw_view         names[MOST_STREAMS];
  struct pw_transaction *transactions[MOST_STREAMS];
  size_t                 count;
};

static struct pw_transaction *
stream_of(struct streams *streams, struct pw_view name, struct pw_simulator *simulator, struct pw_error *error)
{
  name = name.size > 0 ? name : pw_view_of("1");
  for (size_t i = 0; i < streams->count; i++) {
    if (pw_view_equal(streams->names[i], name)) {
      return streams->transactions[i];
    }
  }
  if (streams->count == MOST_STREAMS) {
    pw_error_set(error, PW_ERROR_LIMIT, "more than %d streams at once are not repeated", MOST_STREAMS);
    return NULL;
  }
  struct pw_transaction *transaction = pw_transaction_new(simulator, error);
  if (transaction != NULL) {
    streams->names[streams->count]          = name;
    streams->transactions[streams->count++] = transaction;
  }
  return transaction;
}

/* Steps that may belong to no stream; without a plugin there is nobody whose foreign function could be called. */
static bool
run_step(const struct pw_suite_stage *stage, const struct pw_suite_step *step, struct streams *streams,
         struct pw_error *error)
{
  bool                   needs_none  = step->kind == PW_SUITE_ADVANCE || step->kind == PW_SUITE_FOREIGN_FUNCTION;
  struct pw_observation  observation = {0};
  struct pw_transaction *transaction = NULL;
  if (step->kind == PW_SUITE_FOREIGN_FUNCTION && pw_simulator_instance_count(stage->simulator) == 0) {
    return true;
  }
  if (!needs_none || step->stream.size > 0) {
    transaction = stream_of(streams, step->stream, stage->simulator, error);
    if (transaction == NULL) {
      return false;
    }
  }
  return pw_suite_perform(stage, step, transaction, &observation, error);
}

static bool
run_steps(const struct pw_suite_repeat *own, struct pw_simulator *simulator, struct streams *streams,
          struct pw_error *error)
{
  const struct pw_suite_stage stage = {own->suite, own->test, simulator};
  const struct pw_suite_step *steps = own->test->steps.items;
  bool                        done  = true;
  for (size_t i = 0; done && i < own->test->steps.count; i++) {
    done = run_step(&stage, &steps[i], streams, error);
  }
  return done && (streams->count > 0 || stream_of(streams, pw_view_of("1"), simulator, error) != NULL);
}

static bool
stream(void *data, struct pw_repeat *repeat, struct pw_error *error)
{
  struct streams streams = {.count = 0};
  bool           done    = run_steps(data, repeat->simulator, &streams, error);
  for (size_t i = streams.count; i-- > 0;) {
    pw_transaction_end(streams.transactions[i]);
    pw_repeat_note(repeat, streams.transactions[i]);
    pw_transaction_delete(streams.transactions[i]);
  }
  return done;
}

struct pw_scenario
pw_suite_scenario(struct pw_suite_repeat *repeat)
{
  return (struct pw_scenario){.data = repeat, .begin = begin, .stream = stream};
}
