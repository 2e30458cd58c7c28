/* SPDX-License-Identifier: Apache-2.0 */
/* Matchers, headers, calls and metrics of an expectation. */
#include <inttypes.h>
#include <stdlib.h>

#include "cli/suite/expectation.h"
#include "cli/suite/suite_input.h"
#include "cli/suite/suite_regex.h"
#include "cli/trace/trace.h"

/* Of a value in a message. */
#define SHOWN_BYTES 400
/* Of texts in a message, none of which matched. */
#define SHOWN_TEXTS 20

#define FAILURE(checker, line, ...)                                                                                    \
  pw_failures_add((checker)->failures, (line), (checker)->observation->phase, __VA_ARGS__)

char *
pw_quoted(struct pw_view bytes)
{
  char  *text = NULL;
  size_t size = 0;
  FILE  *out  = open_memstream(&text, &size);
  if (out) {
    pw_trace_print_bytes(out, bytes, bytes.size, SHOWN_BYTES);
    fclose(out);
  }
  return text;
}

bool
pw_texts_add(struct pw_texts *texts, struct pw_view text)
{
  if (texts->count == texts->capacity) {
    size_t          capacity = texts->capacity ? texts->capacity * 2 : 16;
    struct pw_view *items    = realloc(texts->items, capacity * sizeof(*items));
    if (!items) {
      return false;
    }
    texts->items    = items;
    texts->capacity = capacity;
  }
  texts->items[texts->count++] = text;
  return true;
}

/* -------------------------------------------------------------------------------------------------------- matchers */

static bool
any_equal(const struct pw_texts *texts, struct pw_view wanted)
{
  for (size_t i = 0; i < texts->count; i++) {
    if (pw_view_equal(texts->items[i], wanted)) {
      return true;
    }
  }
  return false;
}

static bool
any_matches(const struct pw_texts *texts, struct pw_view pattern)
{
  struct pw_suite_regex *regex = pw_suite_regex_new(pattern);
  bool                   found = false;
  for (size_t i = 0; regex && !found && i < texts->count; i++) {
    found = pw_suite_regex_matches(regex, texts->items[i]);
  }
  pw_suite_regex_delete(regex);
  return found;
}

static int
hexadecimal(char letter)
{
  return letter >= '0' && letter <= '9' ? letter - '0' : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* The bytes that the host escaped when it wrote a module's text into the log, as the module wrote them. */
static size_t
unescape(struct pw_view text, char *raw)
{
  size_t used = 0;
  for (size_t i = 0; i < text.size; i++) {
    char next = i + 1 < text.size ? text.data[i + 1] : ' ';
    bool hex  = text.data[i] == '\\' && next == 'x' && i + 3 < text.size && hexadecimal(text.data[i + 2]) >= 0 &&
               hexadecimal(text.data[i + 3]) >= 0;
    if (hex) {
      raw[used++] = (char)(hexadecimal(text.data[i + 2]) * 16 + hexadecimal(text.data[i + 3]));
      i += 3;
    } else if (text.data[i] == '\\' && (next == 'n' || next == 'r' || next == '0')) {
      raw[used++] = next == 'n' ? '\n' : next == 'r' ? '\r' : '\0';
      i++;
    } else {
      raw[used++] = text.data[i];
    }
  }
  return used;
}

/* Whether a log text matches when it is taken as the module wrote it. */
static bool
any_raw_matches(const struct pw_texts *texts, bool regex, struct pw_view wanted)
{
  bool found = false;
  for (size_t i = 0; !found && i < texts->count; i++) {
    char          *raw = memchr(texts->items[i].data, '\\', texts->items[i].size) ? malloc(texts->items[i].size) : NULL;
    struct pw_view view = pw_view_make(raw, raw ? unescape(texts->items[i], raw) : 0);
    struct pw_texts one = {.items = &view, .count = 1};
    found               = raw && (regex ? any_matches(&one, wanted) : pw_view_equal(view, wanted));
    free(raw);
  }
  return found;
}

static size_t
first_difference(struct pw_view a, struct pw_view b)
{
  size_t at = 0;
  while (at < a.size && at < b.size && a.data[at] == b.data[at]) {
    at++;
  }
  return at;
}

char *
pw_described(const struct pw_texts *texts)
{
  char  *text = NULL;
  size_t size = 0;
  FILE  *out  = open_memstream(&text, &size);
  if (!out) {
    return NULL;
  }
  fputs(texts->count == 0 ? "nothing" : "", out);
  for (size_t i = 0; i < texts->count && i < SHOWN_TEXTS; i++) {
    fputs(texts->count > 1 ? "\n" : "", out);
    pw_trace_print_bytes(out, texts->items[i], texts->items[i].size, SHOWN_BYTES);
  }
  if (texts->count > SHOWN_TEXTS) {
    fprintf(out, "\n… and %zu more", texts->count - SHOWN_TEXTS);
  }
  fclose(out);
  return text;
}

/* Where two long texts part is hard to see. */
static void
report_mismatch(const struct pw_checker *checker, const struct pw_suite_matcher *matcher, struct pw_view wanted,
                const struct pw_texts *texts, const char *what)
{
  char        place[96] = "";
  char       *pattern   = pw_quoted(wanted);
  char       *came      = pw_described(texts);
  const char *verb      = matcher->regex_given ? "matches" : "is";
  if (!matcher->regex_given && !matcher->invert && texts->count == 1 &&
      (wanted.size > 60 || texts->items[0].size > 60)) {
    snprintf(place, sizeof(place), "\n(the first difference is at byte %zu; %zu bytes expected, %zu came)",
             first_difference(wanted, texts->items[0]) + 1, wanted.size, texts->items[0].size);
  }
  FAILURE(checker, matcher->line, "%s%s %s %s; came: %s%s", matcher->invert ? "not expected that " : "expected that ",
          what, verb, pattern, came, place);
  free(pattern);
  free(came);
}

static void
check_matcher(const struct pw_checker *checker, const struct pw_suite_matcher *matcher, const struct pw_texts *texts,
              const char *what, bool log_text)
{
  struct pw_bytes content = {0};
  struct pw_error error   = {0};
  struct pw_view  wanted  = matcher->exact;
  if (matcher->file_given) {
    if (!pw_suite_read_beside(checker->suite, matcher->file, &content, &error)) {
      FAILURE(checker, matcher->line, "%s", error.message);
      return;
    }
    wanted = pw_bytes_view(&content);
  }
  if (matcher->regex_given) {
    wanted = matcher->regex;
  }
  bool found = (matcher->regex_given ? any_matches(texts, wanted) : any_equal(texts, wanted)) ||
               (log_text && any_raw_matches(texts, matcher->regex_given, wanted));
  if (found == matcher->invert) {
    report_mismatch(checker, matcher, wanted, texts, what);
  }
  pw_bytes_clear(&content);
}

void
pw_check_matchers(const struct pw_checker *checker, const struct pw_schema_list *matchers, const struct pw_texts *texts,
                  const char *what, bool log_text)
{
  const struct pw_suite_matcher *items = matchers->items;
  for (size_t i = 0; i < matchers->count; i++) {
    check_matcher(checker, &items[i], texts, what, log_text);
  }
}

/* --------------------------------------------------------------------------------------------------------- headers */

void
pw_check_has_headers(const struct pw_checker *checker, unsigned line, const struct pw_schema_list *headers,
                     const struct pw_fields *joined)
{
  const struct pw_suite_header *items = headers->items;
  for (size_t i = 0; i < headers->count; i++) {
    const struct pw_field *field = pw_fields_find(joined, items[i].key);
    if (field && pw_view_equal(field->value, items[i].value)) {
      continue;
    }
    char *name = pw_quoted(items[i].key), *wanted = pw_quoted(items[i].value);
    char *came = field ? pw_quoted(field->value) : strdup("no such header");
    FAILURE(checker, line, "header %s: expected %s, came %s", name, wanted, came);
    free(name);
    free(wanted);
    free(came);
  }
}

void
pw_check_no_headers(const struct pw_checker *checker, unsigned line, const struct pw_schema_list *headers,
                    const struct pw_fields *joined)
{
  const struct pw_suite_header *items = headers->items;
  for (size_t i = 0; i < headers->count; i++) {
    const struct pw_field *field = pw_fields_find(joined, items[i].key);
    if (field) {
      char *name = pw_quoted(items[i].key), *came = pw_quoted(field->value);
      FAILURE(checker, line, "header %s: expected none, came %s", name, came);
      free(name);
      free(came);
    }
  }
}

/* ----------------------------------------------------------------------------------------------------------- calls */

static void
check_part(const struct pw_checker *checker, unsigned line, const char *part, bool given, struct pw_view expected,
           const struct pw_bytes *came)
{
  if (given && !pw_view_equal(expected, pw_bytes_view(came))) {
    char *left = pw_quoted(expected), *right = pw_quoted(pw_bytes_view(came));
    FAILURE(checker, line, "%s of the call: expected %s, came %s", part, left, right);
    free(left);
    free(right);
  }
}

static void
check_call(const struct pw_checker *checker, const struct pw_suite_call *expected, const struct pw_call_record *came)
{
  struct pw_fields joined = {0};
  struct pw_view   body   = pw_bytes_view(&came->body);
  struct pw_texts  text   = {.items = &body, .count = 1};
  check_part(checker, expected->line, "upstream", expected->upstream_given, expected->upstream, &came->upstream);
  check_part(checker, expected->line, "service", expected->service_given, expected->service, &came->service);
  check_part(checker, expected->line, "method", expected->method_given, expected->method, &came->method);
  if (pw_suite_join(&came->headers, &joined)) {
    pw_check_has_headers(checker, expected->line, &expected->has_header, &joined);
    pw_check_no_headers(checker, expected->line, &expected->no_header, &joined);
  }
  pw_fields_clear(&joined);
  pw_check_matchers(checker, &expected->body, &text, "the call's body", false);
  if (expected->timeout_given && expected->timeout != came->timeout_milliseconds) {
    FAILURE(checker, expected->line, "timeout of the call: expected %" PRIu32 "ms, came %" PRIu32 "ms",
            expected->timeout, came->timeout_milliseconds);
  }
  if (expected->status_given && (enum pw_status)expected->status != came->status) {
    FAILURE(checker, expected->line, "status of the call: expected %s, came %s", pw_status_name(expected->status),
            pw_status_name((int)came->status));
  }
}

void
pw_check_calls(const struct pw_checker *checker, unsigned line, const struct pw_schema_list *calls, bool grpc)
{
  size_t                       count, seen = 0;
  const struct pw_call_record *records  = pw_simulator_calls(checker->observation->simulator, &count);
  const struct pw_suite_call  *expected = calls->items;
  for (size_t i = checker->observation->call_begin; i < checker->observation->call_end && i < count; i++) {
    if (records[i].grpc != grpc) {
      continue;
    }
    if (seen < calls->count) {
      check_call(checker, &expected[seen], &records[i]);
    }
    seen++;
  }
  if (seen != calls->count) {
    FAILURE(checker, line, "%s calls: expected %zu, came %zu", grpc ? "gRPC" : "HTTP", calls->count, seen);
  }
}

/* --------------------------------------------------------------------------------------------------------- metrics */

struct metric_search {
  struct pw_view          name;
  const struct pw_metric *found;
};

static void
find_metric(void *data, const struct pw_metric *metric)
{
  struct metric_search *search = data;
  if (pw_view_equal(search->name, pw_view_of(pw_metric_name(metric)))) {
    search->found = metric;
  }
}

static const char *
metric_type_name(int type)
{
  static const char *const names[] = {"counter", "gauge", "histogram"};
  return type >= 0 && type < PW_METRIC_TYPE_COUNT ? names[type] : "unknown";
}

static void
check_metric_values(const struct pw_checker *checker, const struct pw_suite_metric *expected,
                    const struct pw_metric *metric)
{
  struct pw_histogram histogram = {0};
  int                 type      = (int)pw_metric_type(metric);
  if (expected->type_given && expected->type != type) {
    FAILURE(checker, expected->line, "metric '%s': expected a %s, came a %s", pw_metric_name(metric),
            metric_type_name(expected->type), metric_type_name(type));
    return;
  }
  if (expected->value_given && expected->value != pw_metric_value(metric)) {
    FAILURE(checker, expected->line, "metric '%s': expected %" PRId64 ", came %" PRId64, pw_metric_name(metric),
            expected->value, pw_metric_value(metric));
  }
  if (type == PW_METRIC_HISTOGRAM) {
    pw_metric_histogram(metric, &histogram);
  }
  if (expected->count_given && expected->count != histogram.count) {
    FAILURE(checker, expected->line, "metric '%s': expected %" PRIu64 " samples, came %" PRIu64, pw_metric_name(metric),
            expected->count, histogram.count);
  }
  if (expected->sum_given && expected->sum != histogram.sum) {
    FAILURE(checker, expected->line, "metric '%s': expected the sum %" PRIu64 ", came %" PRIu64, pw_metric_name(metric),
            expected->sum, histogram.sum);
  }
}

void
pw_check_metrics(const struct pw_checker *checker, const struct pw_schema_list *metrics)
{
  const struct pw_suite_metric *items = metrics->items;
  for (size_t i = 0; i < metrics->count; i++) {
    struct metric_search search = {.name = items[i].name};
    pw_host_metrics(pw_simulator_host(checker->observation->simulator), find_metric, &search);
    if (items[i].absent != (search.found == NULL)) {
      char *name = pw_quoted(items[i].name);
      FAILURE(checker, items[i].line, "metric %s: %s", name,
              search.found ? "there is one, and none was expected" : "there is none");
      free(name);
    } else if (search.found) {
      check_metric_values(checker, &items[i], search.found);
    }
  }
}
