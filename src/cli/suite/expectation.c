/* SPDX-License-Identifier: Apache-2.0 */
/* A step's outcome, headers, body, reply and log, held against an expectation. */
#include "cli/suite/expectation.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "cli/suite/suite_input.h"

void
pw_failures_add(struct pw_failures *failures, unsigned line, const char *phase, const char *format, ...)
{
  struct pw_failure *items = realloc(failures->items, (failures->count + 1) * sizeof(*items));
  char              *text  = NULL;
  size_t             size  = 0;
  FILE              *out   = items ? open_memstream(&text, &size) : NULL;
  failures->items          = items ? items : failures->items;
  if (!out) {
    abort(); /* a failure that is lost would let a test pass */
  }
  va_list arguments;
  fprintf(out, "%s: ", phase);
  va_start(arguments, format);
  vfprintf(out, format, arguments);
  va_end(arguments);
  if (fclose(out) != 0) {
    abort();
  }
  failures->items[failures->count++] = (struct pw_failure){.line = line, .text = text};
}

void
pw_failures_clear(struct pw_failures *failures)
{
  for (size_t i = 0; i < failures->count; i++) {
    free(failures->items[i].text);
  }
  free(failures->items);
  *failures = (struct pw_failures){0};
}

#define FAILURE(checker, line, ...)                                                                                    \
  pw_failures_add((checker)->failures, (line), (checker)->observation->phase, __VA_ARGS__)

static void
check_outcome(const struct pw_checker *checker, const struct pw_suite_expectation *expected)
{
  const struct pw_observation *observed = checker->observation;
  const char                  *came     = pw_next_name(observed->outcome);
  if (expected->outcome_given) {
    if (observed->outcome != (enum pw_next)expected->outcome) {
      FAILURE(checker, expected->line, "outcome: expected %s, came %s", pw_next_name((enum pw_next)expected->outcome),
              came);
    }
    return;
  }
  if (!observed->ran || expected->immediate_given || observed->outcome == PW_NEXT_CONTINUE) {
    return;
  }
  if (observed->outcome == PW_NEXT_REPLY && observed->reply) {
    char *body = pw_quoted(pw_bytes_view(&observed->reply->body));
    FAILURE(checker, expected->line, "a local reply came that was not expected: status %u, body %s",
            (unsigned)observed->reply->status, body);
    free(body);
  } else if (observed->outcome != PW_NEXT_PAUSE || !observed->may_pause) {
    FAILURE(checker, expected->line, "outcome: expected continue, came %s", came);
  }
}

static void
check_immediate(const struct pw_checker *checker, const struct pw_suite_expectation *expected)
{
  const struct pw_reply *reply = checker->observation->reply;
  if (!expected->immediate_given) {
    return;
  }
  if (!reply) {
    FAILURE(checker, expected->line, "expected a local reply, came %s", pw_next_name(checker->observation->outcome));
    return;
  }
  if (expected->http_status_given && expected->http_status != reply->status) {
    FAILURE(checker, expected->line, "status of the local reply: expected %" PRIu32 ", came %" PRIu32,
            expected->http_status, reply->status);
  }
  if (expected->grpc_status_given && expected->grpc_status != (uint32_t)reply->grpc_status) {
    FAILURE(checker, expected->line, "gRPC status of the local reply: expected %" PRId32 ", came %" PRId32,
            (int32_t)expected->grpc_status, reply->grpc_status);
  }
  if (expected->details_given && !pw_view_equal(expected->details, pw_bytes_view(&reply->details))) {
    char *wanted = pw_quoted(expected->details), *came = pw_quoted(pw_bytes_view(&reply->details));
    FAILURE(checker, expected->line, "details of the local reply: expected %s, came %s", wanted, came);
    free(wanted);
    free(came);
  }
}

static bool
header_line(const struct pw_field *field, struct pw_texts *texts)
{
  struct pw_bytes line = {0};
  bool made = pw_bytes_append(&line, field->name.data, field->name.size) && pw_bytes_append(&line, ": ", 2) &&
              pw_bytes_append(&line, field->value.data, field->value.size) && pw_texts_add(texts, pw_bytes_view(&line));
  if (!made) {
    pw_bytes_clear(&line);
  }
  return made;
}

static void
free_lines(struct pw_texts *texts)
{
  for (size_t i = 0; i < texts->count; i++) {
    free((char *)texts->items[i].data);
  }
  free(texts->items);
}

static void
check_header_lines(const struct pw_checker *checker, const struct pw_suite_expectation *expected,
                   const struct pw_fields *fields)
{
  const struct pw_view *wanted = expected->header_lines.items;
  struct pw_texts       came   = {0};
  for (size_t i = 0; i < fields->count; i++) {
    if (!header_line(&fields->items[i], &came)) {
      FAILURE(checker, expected->line, "header_lines: out of memory");
    }
  }
  for (size_t i = 0; i < expected->header_lines.count || i < came.count; i++) {
    bool has_wanted = i < expected->header_lines.count, has_came = i < came.count;
    if (has_wanted && has_came && pw_view_equal(wanted[i], came.items[i])) {
      continue;
    }
    char *left  = has_wanted ? pw_quoted(wanted[i]) : strdup("no more");
    char *right = has_came ? pw_quoted(came.items[i]) : strdup("no more");
    FAILURE(checker, expected->line, "header line %zu: expected %s, came %s", i + 1, left, right);
    free(left);
    free(right);
    break;
  }
  free_lines(&came);
}

static void
check_headers(const struct pw_checker *checker, const struct pw_suite_expectation *expected)
{
  static const struct pw_fields none   = {0};
  const struct pw_observation  *seen   = checker->observation;
  const struct pw_fields       *fields = seen->reply ? &seen->reply->headers : seen->headers ? seen->headers : &none;
  struct pw_fields              joined = {0};
  struct pw_texts               lines  = {0};
  bool                          made   = pw_suite_join(fields, &joined);
  for (size_t i = 0; made && i < joined.count; i++) {
    made = header_line(&joined.items[i], &lines);
  }
  if (made) {
    pw_check_has_headers(checker, expected->line, &expected->has_header, &joined);
    pw_check_no_headers(checker, expected->line, &expected->no_header, &joined);
    pw_check_matchers(checker, &expected->headers, &lines, "a header", false);
  } else {
    FAILURE(checker, expected->line, "headers: out of memory");
  }
  if (expected->header_lines_given) {
    check_header_lines(checker, expected, fields);
  }
  free_lines(&lines);
  pw_fields_clear(&joined);
}

static void
check_body(const struct pw_checker *checker, const struct pw_suite_expectation *expected)
{
  const struct pw_observation *seen = checker->observation;
  struct pw_view               body = seen->reply ? pw_bytes_view(&seen->reply->body) : seen->body;
  struct pw_texts              text = {.items = &body, .count = 1};
  pw_check_matchers(checker, &expected->body, &text, "the body", false);
}

/* A line of the host may have a backtrace in lines of its own; what modules write never has line ends. */
static bool
add_log_lines(struct pw_texts *texts, struct pw_view text)
{
  while (text.size > 0) {
    const char *end  = memchr(text.data, '\n', text.size);
    size_t      size = end ? (size_t)(end - text.data) : text.size, used = end ? size + 1 : size;
    if (!pw_texts_add(texts, pw_view_make(text.data, size))) {
      return false;
    }
    text = pw_view_make(text.data + used, text.size - used);
  }
  return true;
}

static void
check_log(const struct pw_checker *checker, const struct pw_suite_expectation *expected)
{
  size_t                    count;
  const struct pw_log_line *lines = pw_simulator_log(checker->observation->simulator, &count);
  struct pw_texts           texts = {0};
  for (size_t i = checker->observation->log_begin; i < checker->observation->log_end && i < count; i++) {
    bool made = lines[i].text.size > 0 ? add_log_lines(&texts, lines[i].text) : pw_texts_add(&texts, lines[i].text);
    if (!made) {
      FAILURE(checker, expected->line, "log: out of memory");
      break;
    }
  }
  pw_check_matchers(checker, &expected->log, &texts, "a log line", true);
  if (expected->trap_given && checker->observation->traps == 0) {
    FAILURE(checker, expected->line, "expected a trap, came none");
  } else {
    pw_check_matchers(checker, &expected->trap, &texts, "a log line", true);
  }
  if (!expected->trap_given && checker->observation->traps > 0) {
    char *message = pw_described(&texts);
    FAILURE(checker, expected->line, "the module trapped; the log: %s", message);
    free(message);
  }
  free(texts.items);
}

static void
check_error(const struct pw_checker *checker, const struct pw_suite_expectation *expected)
{
  const struct pw_error *error = checker->observation->error;
  bool                   came  = error && error->code != PW_ERROR_NONE;
  if (expected->error_given) {
    struct pw_view  message = came ? pw_view_of(error->message) : pw_view_of("");
    struct pw_texts texts   = {.items = &message, .count = came ? 1 : 0};
    if (!came) {
      FAILURE(checker, expected->line, "expected that a plugin is refused, and all of them started");
    }
    pw_check_matchers(checker, &expected->error, &texts, "the error", false);
  } else if (came) {
    FAILURE(checker, expected->line, "%s: %s", pw_error_word(error->code), error->message);
  }
}

void
pw_expectation_check(const struct pw_suite *suite, const struct pw_suite_expectation *expectation,
                     const struct pw_observation *observation, struct pw_failures *failures)
{
  struct pw_checker checker = {.suite = suite, .observation = observation, .failures = failures};
  check_error(&checker, expectation);
  if (observation->has_direction) {
    check_outcome(&checker, expectation);
    check_immediate(&checker, expectation);
    check_headers(&checker, expectation);
    check_body(&checker, expectation);
  }
  check_log(&checker, expectation);
  if (expectation->http_call_given) {
    pw_check_calls(&checker, expectation->line, &expectation->http_call, false);
  }
  if (expectation->grpc_call_given) {
    pw_check_calls(&checker, expectation->line, &expectation->grpc_call, true);
  }
  pw_check_metrics(&checker, &expectation->metric);
  if (expectation->status_given && observation->has_status &&
      observation->status != (enum pw_status)expectation->status) {
    FAILURE(&checker, expectation->line, "status: expected %s, came %s", pw_status_name(expectation->status),
            pw_status_name((int)observation->status));
  }
}
