/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of an expectation in a scenario suite. */
#include <stdlib.h>

#include "cli/suite/suite_keys.h"
#include "cli/suite/suite_regex.h"

const struct pw_schema_choice pw_suite_statuses[] = {
  {"OK", PW_STATUS_OK},
  {"NOT_FOUND", PW_STATUS_NOT_FOUND},
  {"BAD_ARGUMENT", PW_STATUS_BAD_ARGUMENT},
  {"SERIALIZATION_FAILURE", PW_STATUS_SERIALIZATION_FAILURE},
  {"PARSE_FAILURE", PW_STATUS_PARSE_FAILURE},
  {"INVALID_MEMORY_ACCESS", PW_STATUS_INVALID_MEMORY_ACCESS},
  {"EMPTY", PW_STATUS_EMPTY},
  {"CAS_MISMATCH", PW_STATUS_CAS_MISMATCH},
  {"INTERNAL_FAILURE", PW_STATUS_INTERNAL_FAILURE},
  {"UNIMPLEMENTED", PW_STATUS_UNIMPLEMENTED},
  {NULL, 0},
};

static const struct pw_schema_choice outcomes[] = {
  {"continue", PW_NEXT_CONTINUE}, {"pause", PW_NEXT_PAUSE}, {"reply", PW_NEXT_REPLY},
  {"close", PW_NEXT_CLOSE},       {"fail", PW_NEXT_FAIL},   {NULL, 0},
};

static const struct pw_schema_choice metric_types[] = {
  {"counter", PW_METRIC_COUNTER}, {"gauge", PW_METRIC_GAUGE}, {"histogram", PW_METRIC_HISTOGRAM}, {NULL, 0}};

static const struct pw_schema_key header_keys[] = {
  {"key", .type = PW_SCHEMA_LINE, .offset = OFFSET(header, key), .required = true, .meaning = "Its name."},
  {"value", .type = PW_SCHEMA_BYTES, .offset = OFFSET(header, value), .meaning = "Its value."},
  {0},
};
const struct pw_schema pw_suite_header_schema = {.keys = header_keys, .size = sizeof(struct pw_suite_header)};

static const struct pw_schema_key matcher_keys[] = {
  {"exact", .type = PW_SCHEMA_BYTES, .offset = OFFSET(matcher, exact), .given = OFFSET(matcher, exact_given),
   .meaning = "The whole text."},
  {"regex", .type = PW_SCHEMA_BYTES, .offset = OFFSET(matcher, regex), .given = OFFSET(matcher, regex_given),
   .meaning = "A regular expression that matches the whole text."},
  {"file", .type = PW_SCHEMA_STRING, .offset = OFFSET(matcher, file), .given = OFFSET(matcher, file_given),
   .meaning = "A file that has the whole text."},
  {"invert", .type = PW_SCHEMA_BOOLEAN, .offset = OFFSET(matcher, invert), .preset = "false",
   .meaning = "Nothing may match."},
  {0},
};

static void
finish_matcher(struct pw_schema_reader *reader, const yaml_node_t *node, const struct pw_schema_path *path,
               void *target)
{
  struct pw_suite_matcher *matcher = target;
  if (matcher->exact_given + matcher->regex_given + matcher->file_given != 1) {
    pw_schema_mistake(reader, node, path, "one of 'exact', 'regex' and 'file' is expected in it");
    return;
  }
  char problem[200];
  if (matcher->regex_given && !pw_suite_regex_check(matcher->regex, problem, sizeof(problem))) {
    pw_schema_mistake(reader, node, path, "is no regular expression: %s", problem);
  }
}

static const struct pw_schema matcher_schema = {.keys   = matcher_keys,
                                                .size   = sizeof(struct pw_suite_matcher),
                                                .line   = OFFSET(matcher, line),
                                                .finish = finish_matcher};

static const struct pw_schema_key immediate_keys[] = {
  {"http_status", .type = PW_SCHEMA_NUMBER, .offset = OFFSET(expectation, http_status), .width = 4,
   .given = OFFSET(expectation, http_status_given), .meaning = "Its status."},
  {"grpc_status", .type = PW_SCHEMA_NUMBER, .offset = OFFSET(expectation, grpc_status), .width = 4,
   .given = OFFSET(expectation, grpc_status_given), .meaning = "Its gRPC status."},
  {"details", .type = PW_SCHEMA_BYTES, .offset = OFFSET(expectation, details),
   .given = OFFSET(expectation, details_given), .meaning = "Its details."},
  {0},
};
static const struct pw_schema immediate_schema = {.keys = immediate_keys};

static const struct pw_schema_key metric_keys[] = {
  {"name", .type = PW_SCHEMA_BYTES, .offset = OFFSET(metric, name), .required = true, .meaning = "Its name."},
  {"type", .type = PW_SCHEMA_CHOICE, .offset = OFFSET(metric, type), .given = OFFSET(metric, type_given),
   .choices = metric_types, .meaning = "Its type."},
  {"value", .type = PW_SCHEMA_LINE, .offset = OFFSET(metric, value_text), .given = OFFSET(metric, value_given),
   .meaning = "Its value; may be negative. Of a histogram: the number of samples."},
  {"count", .type = PW_SCHEMA_NUMBER, .offset = OFFSET(metric, count), .width = 8, .given = OFFSET(metric, count_given),
   .meaning = "Samples of a histogram."},
  {"sum", .type = PW_SCHEMA_NUMBER, .offset = OFFSET(metric, sum), .width = 8, .given = OFFSET(metric, sum_given),
   .meaning = "The sum of a histogram's samples."},
  {"absent", .type = PW_SCHEMA_BOOLEAN, .offset = OFFSET(metric, absent), .preset = "false",
   .meaning = "There is none of that name."},
  {0},
};

static void
finish_metric(struct pw_schema_reader *reader, const yaml_node_t *node, const struct pw_schema_path *path, void *target)
{
  struct pw_suite_metric *metric = target;
  if (metric->value_given && metric->value_text.data) {
    char *end     = NULL;
    metric->value = strtoll(metric->value_text.data, &end, 10);
    if (end == metric->value_text.data || *end) {
      pw_schema_mistake(reader, node, path, "its value is no whole number");
    }
  }
}

static const struct pw_schema metric_schema = {
  .keys = metric_keys, .size = sizeof(struct pw_suite_metric), .line = OFFSET(metric, line), .finish = finish_metric};

static const struct pw_schema_key call_keys[] = {
  {"upstream", .type = PW_SCHEMA_BYTES, .offset = OFFSET(call, upstream), .given = OFFSET(call, upstream_given),
   .meaning = "Whom it calls."},
  {"service", .type = PW_SCHEMA_BYTES, .offset = OFFSET(call, service), .given = OFFSET(call, service_given),
   .meaning = "gRPC."},
  {"method", .type = PW_SCHEMA_BYTES, .offset = OFFSET(call, method), .given = OFFSET(call, method_given),
   .meaning = "gRPC."},
  {"has_header", .type = PW_SCHEMA_LIST, .offset = OFFSET(call, has_header), .mapping = &pw_suite_header_schema,
   .meaning = "Headers (metadata) that it has."},
  {"no_header", .type = PW_SCHEMA_LIST, .offset = OFFSET(call, no_header), .mapping = &pw_suite_header_schema,
   .meaning = "Headers (metadata) that it has not."},
  {"body", .type = PW_SCHEMA_LIST, .offset = OFFSET(call, body), .mapping = &matcher_schema,
   .meaning = "Its body (message)."},
  {"timeout", .type = PW_SCHEMA_DURATION, .offset = OFFSET(call, timeout), .width = 4,
   .given = OFFSET(call, timeout_given), .meaning = "Its timeout."},
  {"status", .type = PW_SCHEMA_CHOICE, .offset = OFFSET(call, status), .given = OFFSET(call, status_given),
   .choices = pw_suite_statuses, .meaning = "What the hostcall answered."},
  {0},
};
static const struct pw_schema call_schema = {
  .keys = call_keys, .size = sizeof(struct pw_suite_call), .line = OFFSET(call, line)};

static const struct pw_schema_key expectation_keys[] = {
  {"has_header", .type = PW_SCHEMA_LIST, .offset = OFFSET(expectation, has_header), .mapping = &pw_suite_header_schema,
   .meaning = "Headers that are there, with their values."},
  {"no_header", .type = PW_SCHEMA_LIST, .offset = OFFSET(expectation, no_header), .mapping = &pw_suite_header_schema,
   .meaning = "Headers that are not there."},
  {"headers", .type = PW_SCHEMA_LIST, .offset = OFFSET(expectation, headers), .mapping = &matcher_schema,
   .meaning = "Matchers on lines `key: value`."},
  {"header_lines", .type = PW_SCHEMA_VALUES, .offset = OFFSET(expectation, header_lines),
   .given = OFFSET(expectation, header_lines_given), .meaning = "All lines `key: value`, in order."},
  {"body", .type = PW_SCHEMA_LIST, .offset = OFFSET(expectation, body), .mapping = &matcher_schema,
   .meaning = "Matchers on the body."},
  {"immediate", .type = PW_SCHEMA_MAPPING, .given = OFFSET(expectation, immediate_given), .mapping = &immediate_schema,
   .meaning = "A local reply."},
  {"log", .type = PW_SCHEMA_LIST, .offset = OFFSET(expectation, log), .mapping = &matcher_schema,
   .meaning = "Matchers on log lines."},
  {"outcome", .type = PW_SCHEMA_CHOICE, .offset = OFFSET(expectation, outcome),
   .given = OFFSET(expectation, outcome_given), .choices = outcomes, .meaning = "How the direction stands then."},
  {"trap", .type = PW_SCHEMA_LIST, .offset = OFFSET(expectation, trap), .given = OFFSET(expectation, trap_given),
   .mapping = &matcher_schema, .meaning = "Matchers on log lines that tell of a trap; there must be one."},
  {"error", .type = PW_SCHEMA_LIST, .offset = OFFSET(expectation, error), .given = OFFSET(expectation, error_given),
   .mapping = &matcher_schema, .meaning = "Matchers on the message with which a plugin was refused."},
  {"metric", .type = PW_SCHEMA_LIST, .offset = OFFSET(expectation, metric), .mapping = &metric_schema,
   .meaning = "Metrics."},
  {"http_call", .type = PW_SCHEMA_LIST, .offset = OFFSET(expectation, http_call),
   .given = OFFSET(expectation, http_call_given), .mapping = &call_schema, .meaning = "All HTTP calls made."},
  {"grpc_call", .type = PW_SCHEMA_LIST, .offset = OFFSET(expectation, grpc_call),
   .given = OFFSET(expectation, grpc_call_given), .mapping = &call_schema, .meaning = "All gRPC calls made."},
  {"status", .type = PW_SCHEMA_CHOICE, .offset = OFFSET(expectation, status),
   .given = OFFSET(expectation, status_given), .choices = pw_suite_statuses,
   .meaning = "What `foreign_function` answered."},
  {0},
};
const struct pw_schema pw_suite_expectation_schema = {.keys = expectation_keys, .line = OFFSET(expectation, line)};
