/* SPDX-License-Identifier: Apache-2.0 */
/* One test, step by step. */
#include "cli/suite/suite_run.h"

#include <stdlib.h>

#include "cli/suite/suite_perform.h"
#include "cli/suite/suite_setup.h"

/** A stream of a test. */
struct stream {
  struct pw_view         name;
  struct pw_transaction *transaction;
};

/** A test that is under way. */
struct run {
  struct pw_suite_stage stage;
  struct pw_failures   *failures;
  struct stream        *streams;
  size_t                stream_count;
  bool                  broken; /**< go no further */
};

/** What there was before a step. */
struct mark {
  size_t   log;
  size_t   calls;
  uint64_t traps;
  size_t   out[PW_STREAM_TYPE_COUNT];
  bool     replied;
};

struct pw_suite_runner *
pw_suite_runner_new(const struct pw_suite *suite, const struct pw_suite_options *options)
{
  struct pw_suite_runner *runner = calloc(1, sizeof(*runner));
  if (runner) {
    runner->suite   = suite;
    runner->options = options;
  }
  return runner;
}

void
pw_suite_runner_delete(struct pw_suite_runner *runner)
{
  while (runner && runner->files) {
    struct pw_suite_file *file = runner->files;
    runner->files              = file->next;
    pw_bytes_clear(&file->content);
    free(file->path);
    free(file);
  }
  free(runner);
}

static void
give_up(struct run *run, unsigned line, const char *phase, const struct pw_error *error)
{
  pw_failures_add(run->failures, line, phase, "%s", error->message);
  run->broken = true;
}

/* ---------------------------------------------------------------------------------------------------- observations */

static uint64_t
count_traps(const struct run *run)
{
  uint64_t sum = 0;
  for (size_t i = 0; i < pw_simulator_instance_count(run->stage.simulator); i++) {
    uint64_t restarts, traps;
    pw_instance_counts(pw_simulator_instance(run->stage.simulator, i), &restarts, &traps);
    sum += traps;
  }
  return sum;
}

static struct mark
set_mark(const struct run *run, const struct pw_transaction *transaction)
{
  struct mark mark = {.traps = count_traps(run)};
  pw_simulator_log(run->stage.simulator, &mark.log);
  pw_simulator_calls(run->stage.simulator, &mark.calls);
  for (unsigned type = 0; transaction && type < PW_STREAM_TYPE_COUNT; type++) {
    mark.out[type] = transaction->out[type].size;
  }
  mark.replied = transaction && transaction->reply.given;
  return mark;
}

static struct pw_observation
observe(const struct run *run, const struct mark *mark, const char *phase)
{
  struct pw_observation observation = {.simulator  = run->stage.simulator,
                                       .phase      = phase,
                                       .ran        = true,
                                       .log_begin  = mark->log,
                                       .call_begin = mark->calls,
                                       .traps      = count_traps(run) - mark->traps};
  pw_simulator_log(run->stage.simulator, &observation.log_end);
  pw_simulator_calls(run->stage.simulator, &observation.call_end);
  return observation;
}

static void
check(struct run *run, const struct pw_suite_expectation *expectation, unsigned line,
      const struct pw_observation *observation)
{
  struct pw_suite_expectation own = *expectation;
  own.line                        = own.line ? own.line : line;
  pw_expectation_check(run->stage.suite, &own, observation, run->failures);
  /* After a trap that nobody expected, what follows would only confuse. */
  run->broken |= observation->traps > 0 && !own.trap_given;
}

/* --------------------------------------------------------------------------------------------------------- streams */

static struct pw_transaction *
stream_of(struct run *run, struct pw_view name, unsigned line)
{
  name = name.size > 0 ? name : pw_view_of("1");
  for (size_t i = 0; i < run->stream_count; i++) {
    if (pw_view_equal(run->streams[i].name, name)) {
      return run->streams[i].transaction;
    }
  }
  struct pw_error error   = {0};
  struct mark     mark    = set_mark(run, NULL);
  struct stream  *streams = realloc(run->streams, (run->stream_count + 1) * sizeof(*streams));
  run->streams            = streams ? streams : run->streams;
  if (!streams) {
    pw_error_set(&error, PW_ERROR_MEMORY, "out of memory for a stream");
  }
  struct pw_transaction *transaction = streams ? pw_transaction_new(run->stage.simulator, &error) : NULL;
  if (!transaction) {
    give_up(run, line, "stream_init", &error);
    return NULL;
  }
  run->streams[run->stream_count++] = (struct stream){name, transaction};
  if (run->stream_count == 1) {
    struct pw_observation observation = observe(run, &mark, "stream_init");
    check(run, &run->stage.test->stream_init, run->stage.test->line, &observation);
  }
  return transaction;
}

/* ----------------------------------------------------------------------------------------------------------- steps */

static const char *const step_names[] = {
#define STEP_NAME(identifier, key, meaning) #key,
  PW_SUITE_STEPS(STEP_NAME)
#undef STEP_NAME
};

/* Steps that bring something to the modules; after a local reply nothing more comes. */
static bool
is_phase(enum pw_suite_step_kind kind)
{
  return kind <= PW_SUITE_RESPONSE_METADATA || kind == PW_SUITE_NEW_CONNECTION || kind == PW_SUITE_DOWNSTREAM_DATA ||
         kind == PW_SUITE_UPSTREAM_DATA;
}

static bool
needs_stream(enum pw_suite_step_kind kind)
{
  return kind != PW_SUITE_ADVANCE && kind != PW_SUITE_FOREIGN_FUNCTION;
}

static bool
is_final(enum pw_next next)
{
  return next != PW_NEXT_CONTINUE && next != PW_NEXT_PAUSE;
}

static const struct pw_fields *
fields_of(const struct pw_suite_step *step, const struct pw_transaction *transaction, enum pw_stream_type type)
{
  bool request = type == PW_STREAM_HTTP_REQUEST;
  if (type != PW_STREAM_HTTP_REQUEST && type != PW_STREAM_HTTP_RESPONSE) {
    return NULL;
  }
  if (step->kind == PW_SUITE_REQUEST_TRAILERS || step->kind == PW_SUITE_RESPONSE_TRAILERS) {
    return &transaction->maps[request ? PW_MAP_HTTP_REQUEST_TRAILERS : PW_MAP_HTTP_RESPONSE_TRAILERS];
  }
  return &transaction->maps[request ? PW_MAP_HTTP_REQUEST_HEADERS : PW_MAP_HTTP_RESPONSE_HEADERS];
}

static void
observe_direction(const struct pw_suite_step *step, const struct pw_transaction *transaction, const struct mark *mark,
                  struct pw_observation *observation)
{
  enum pw_stream_type type = pw_suite_direction(step);
  size_t              from = mark->out[type];
  observation->has_direction =
    step->kind != PW_SUITE_END && step->kind != PW_SUITE_DOWNSTREAM_CLOSE && step->kind != PW_SUITE_UPSTREAM_CLOSE;
  /* Bodies and trailers that a module holds are usual; headers that nobody lets go are not. */
  observation->may_pause =
    step->kind != PW_SUITE_REQUEST_HEADERS && step->kind != PW_SUITE_RESPONSE_HEADERS && step->kind != PW_SUITE_WAIT;
  observation->outcome = transaction->next[type];
  if (!observation->ran) {
    return;
  }
  observation->headers = fields_of(step, transaction, type);
  if (transaction->out[type].size >= from) {
    observation->body = pw_view_make(transaction->out[type].data + from, transaction->out[type].size - from);
  } else {
    observation->body = pw_bytes_view(&transaction->out[type]); /* a reply took the place of what was there */
  }
  if (transaction->reply.given && observation->outcome == PW_NEXT_REPLY && (!mark->replied || is_phase(step->kind))) {
    observation->reply = &transaction->reply;
  }
}

static void
run_step(struct run *run, const struct pw_suite_step *step)
{
  const char            *name        = step_names[step->kind];
  struct pw_transaction *transaction = NULL;
  struct pw_error        error       = {0};
  if (needs_stream(step->kind) || run->stream_count > 0 || step->stream.size > 0) {
    transaction = stream_of(run, step->stream, step->line);
    if (!transaction || run->broken) {
      return;
    }
  }
  if (transaction && !transaction->stream && is_phase(step->kind)) {
    pw_error_set(&error, PW_ERROR_ARGUMENT, "its stream has ended; 'stream' beside the step's key names another one");
    give_up(run, step->line, name, &error);
    return;
  }
  struct mark           mark   = set_mark(run, transaction);
  struct pw_observation status = {0};
  /* The reply itself comes after the answer that announced it. */
  bool over = transaction && step->kind != PW_SUITE_REPLY &&
              (is_final(transaction->next[pw_suite_direction(step)]) || !transaction->stream);
  bool skipped = over && is_phase(step->kind);
  if (!skipped && !pw_suite_perform(&run->stage, step, transaction, &status, &error)) {
    give_up(run, step->line, name, &error);
    return;
  }
  struct pw_observation observation = observe(run, &mark, name);
  observation.ran                   = !over;
  observation.has_status            = status.has_status;
  observation.status                = status.status;
  if (transaction) {
    observe_direction(step, transaction, &mark, &observation);
  }
  check(run, &step->action.result, step->line, &observation);
}

/* ----------------------------------------------------------------------------------------------------------- whole */

static void
end_streams(struct run *run)
{
  struct mark mark = set_mark(run, NULL);
  for (size_t i = 0; i < run->stream_count; i++) {
    pw_transaction_end(run->streams[i].transaction);
  }
  struct pw_observation observation = observe(run, &mark, "stream_destroy");
  check(run, &run->stage.test->stream_destroy, run->stage.test->line, &observation);
}

static void
end_plugins(struct run *run)
{
  struct mark mark = set_mark(run, NULL);
  pw_simulator_stop(run->stage.simulator);
  struct pw_observation observation = {.simulator  = run->stage.simulator,
                                       .phase      = "plugin_destroy",
                                       .ran        = true,
                                       .log_begin  = mark.log,
                                       .call_begin = mark.calls};
  pw_simulator_log(run->stage.simulator, &observation.log_end);
  pw_simulator_calls(run->stage.simulator, &observation.call_end);
  check(run, &run->stage.test->plugin_destroy, run->stage.test->line, &observation);
}

static void
run_steps(struct run *run)
{
  const struct pw_suite_step *steps = run->stage.test->steps.items;
  /* Invocations have one stream, even if nothing happens to it. */
  if (!run->stage.test->steps_given) {
    stream_of(run, pw_view_of("1"), run->stage.test->line);
  }
  for (size_t i = 0; i < run->stage.test->steps.count && !run->broken; i++) {
    run_step(run, &steps[i]);
  }
  if (!run->broken && run->stream_count == 0 && run->stage.test->stream_init_given) {
    stream_of(run, pw_view_of("1"), run->stage.test->line);
  }
  if (!run->broken) {
    end_streams(run);
  }
  if (!run->broken) {
    end_plugins(run);
  }
}

static void
start(struct run *run, struct pw_suite_runner *runner)
{
  struct pw_error error   = {0};
  bool            refused = false;
  struct mark     mark    = set_mark(run, NULL);
  if (!pw_suite_prepare(run->stage.suite, run->stage.test, run->stage.simulator, &error)) {
    give_up(run, run->stage.test->line, "properties and answers", &error);
    return;
  }
  pw_suite_add_plugins(runner, run->stage.test, run->stage.simulator, &refused, &error);
  struct pw_observation observation = observe(run, &mark, "plugin_init");
  observation.error                 = &error;
  /* A trap at the start is told by the error. */
  observation.traps = run->stage.test->plugin_init.trap_given ? observation.traps : 0;
  check(run, &run->stage.test->plugin_init, run->stage.test->line, &observation);
  run->broken |= refused || (error.code != PW_ERROR_NONE && !run->stage.test->plugin_init.error_given);
}

void
pw_suite_run(struct pw_suite_runner *runner, const struct pw_suite_test *test, struct pw_failures *failures)
{
  struct pw_error error = {0};
  struct run      run   = {.stage = {.suite = runner->suite, .test = test}, .failures = failures};
  run.stage.simulator   = pw_suite_simulator(runner, test, pw_suite_simulator_options(runner), &error);
  if (!run.stage.simulator) {
    give_up(&run, test->line, "plugin_init", &error);
    return;
  }
  start(&run, runner);
  if (!run.broken) {
    run_steps(&run);
  }
  for (size_t i = 0; i < run.stream_count; i++) {
    pw_transaction_delete(run.streams[i].transaction);
  }
  free(run.streams);
  pw_simulator_delete(run.stage.simulator);
}
