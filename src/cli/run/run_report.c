/* SPDX-License-Identifier: Apache-2.0 */
/* The text of `proxywasm run`. */
#include "cli/run/run_report.h"

#include <inttypes.h>
#include <stdlib.h>

/* Bytes of a value that are shown, unless --full is given. */
#define SHOWN_BYTES 200

#define BOLD   "\033[1m"
#define RED    "\033[31m"
#define GREEN  "\033[32m"
#define YELLOW "\033[33m"
#define NORMAL "\033[0m"

/** Where text goes, and how it looks. */
struct printer {
  FILE                 *out;
  struct pw_trace_style style;
};

static const char *
paint(const struct printer *printer, const char *color)
{
  return printer->style.color ? color : "";
}

static void
title(const struct printer *printer, const char *text)
{
  fprintf(printer->out, "\n%s%s%s\n", paint(printer, BOLD), text, paint(printer, NORMAL));
}

static void
print_plain(const struct printer *printer, struct pw_view bytes)
{
  pw_trace_print_plain(printer->out, bytes);
}

/* -------------------------------------------------------------------------------------------------------- comparison
 */

static void
print_field(const struct printer *printer, char mark, const struct pw_field *field, const struct pw_field *old)
{
  const char *color = mark == '+' ? GREEN : mark == '-' ? RED : mark == '~' ? YELLOW : "";
  fprintf(printer->out, "%s  %c ", paint(printer, color), mark);
  print_plain(printer, field->name);
  fputs(": ", printer->out);
  print_plain(printer, field->value);
  if (old != NULL) {
    fputs("   (was: ", printer->out);
    print_plain(printer, old->value);
    fputc(')', printer->out);
  }
  fprintf(printer->out, "%s\n", paint(printer, *color ? NORMAL : ""));
}

/* The first field of `before` that is not matched yet and has this name (and value). */
static size_t
find_partner(const struct pw_fields *before, const bool *matched, const struct pw_field *field, bool same_value)
{
  for (size_t i = 0; i < before->count; i++) {
    const struct pw_field *old = &before->items[i];
    if (!matched[i] && pw_field_name_equal(old->name, field->name) &&
        (!same_value || pw_view_equal(old->value, field->value))) {
      return i;
    }
  }
  return SIZE_MAX;
}

/* What is there now, with marks of what it was: equal fields first find each other, then those of equal name. */
static void
print_fields(const struct printer *printer, const struct pw_fields *before, const struct pw_fields *after)
{
  bool   *matched = calloc(before->count + 1, sizeof(*matched));
  size_t *partner = calloc(after->count + 1, sizeof(*partner));
  if (matched == NULL || partner == NULL) {
    free(matched);
    free(partner);
    return;
  }
  for (int same_value = 1; same_value >= 0; same_value--) {
    for (size_t i = 0; i < after->count; i++) {
      if (same_value || partner[i] == SIZE_MAX) {
        partner[i] = find_partner(before, matched, &after->items[i], same_value);
      }
      if (partner[i] != SIZE_MAX) {
        matched[partner[i]] = true;
      }
    }
  }
  for (size_t i = 0; i < after->count; i++) {
    const struct pw_field *old  = partner[i] != SIZE_MAX ? &before->items[partner[i]] : NULL;
    bool                   same = old != NULL && pw_view_equal(old->value, after->items[i].value);
    print_field(printer, old == NULL ? '+' : same ? ' ' : '~', &after->items[i], same ? NULL : old);
  }
  for (size_t i = 0; i < before->count; i++) {
    if (!matched[i]) {
      print_field(printer, '-', &before->items[i], NULL);
    }
  }
  free(matched);
  free(partner);
}

static void
print_body(const struct printer *printer, struct pw_view before, struct pw_view after, bool ended)
{
  if (before.size == 0 && after.size == 0) {
    return;
  }
  bool        same  = pw_view_equal(before, after);
  const char *color = same ? "" : YELLOW;
  fprintf(printer->out, "%s  %c body (%zu bytes", paint(printer, color), same ? ' ' : '~', after.size);
  if (!same) {
    fprintf(printer->out, ", was %zu", before.size);
  }
  fprintf(printer->out, "%s): ", ended ? "" : ", without its end");
  pw_trace_print_bytes(printer->out, after, after.size, printer->style.limit);
  fprintf(printer->out, "%s\n", paint(printer, *color ? NORMAL : ""));
}

/* Some proxies set the length themselves, others send a broken message. */
static void
print_wrong_length(const struct printer *printer, const struct pw_fields *headers, struct pw_view body)
{
  const struct pw_field *length = pw_fields_find(headers, pw_view_of("content-length"));
  char                   text[24];
  int                    size = snprintf(text, sizeof(text), "%zu", body.size);
  if (length != NULL && body.size > 0 && !pw_view_equal(length->value, pw_view_make(text, (size_t)size))) {
    fprintf(printer->out, "%s  ! content-length is %s, but the body has %zu bytes%s\n", paint(printer, YELLOW),
            length->value.data, body.size, paint(printer, NORMAL));
  }
}

static void
print_message(const struct printer *printer, const struct pw_http_message *before,
              const struct pw_transaction *transaction, enum pw_stream_type type)
{
  enum pw_map_type headers =
    type == PW_STREAM_HTTP_REQUEST ? PW_MAP_HTTP_REQUEST_HEADERS : PW_MAP_HTTP_RESPONSE_HEADERS;
  enum pw_map_type trailers = headers + 1;
  print_fields(printer, &before->headers, &transaction->maps[headers]);
  print_body(printer, pw_bytes_view(&before->body), pw_bytes_view(&transaction->out[type]),
             transaction->out_ended[type]);
  print_wrong_length(printer, &transaction->maps[headers], pw_bytes_view(&transaction->out[type]));
  if (before->trailers.count > 0 || transaction->maps[trailers].count > 0) {
    fputs("    trailers:\n", printer->out);
    print_fields(printer, &before->trailers, &transaction->maps[trailers]);
  }
}

/* ------------------------------------------------------------------------------------------------------------ outcome
 */

static void
print_reply_line(const struct printer *printer, const struct pw_transaction *transaction)
{
  const struct pw_reply *reply = &transaction->reply;
  fprintf(printer->out, "  it is answered with status %" PRIu32, reply->status);
  if (reply->details.size > 0) {
    fputs(", details ", printer->out);
    pw_trace_print_bytes(printer->out, pw_bytes_view(&reply->details), reply->details.size, printer->style.limit);
  }
  if (reply->grpc_status >= 0) {
    fprintf(printer->out, ", gRPC status %" PRId32, reply->grpc_status);
  }
  fputc('\n', printer->out);
}

static void
print_request(const struct printer *printer, const struct pw_run_report *report)
{
  const struct pw_transaction *transaction = report->transaction;
  enum pw_next                 next        = transaction->next[PW_STREAM_HTTP_REQUEST];
  if (next == PW_NEXT_CONTINUE) {
    title(printer, "Request, as the upstream gets it");
    print_message(printer, &report->options->request, transaction, PW_STREAM_HTTP_REQUEST);
    return;
  }
  title(printer, "Request: it does not reach the upstream");
  switch (next) {
  case PW_NEXT_REPLY:
    print_reply_line(printer, transaction);
    break;
  case PW_NEXT_PAUSE:
    fputs("  a module paused it, and nothing is left that could make it go on\n", printer->out);
    break;
  case PW_NEXT_CLOSE:
    fputs("  a module closed the stream\n", printer->out);
    break;
  default:
    fputs("  a plugin that fails closed is broken\n", printer->out);
    break;
  }
}

static void
print_response(const struct printer *printer, const struct pw_run_report *report)
{
  static const struct pw_http_message nothing     = {0};
  const struct pw_transaction        *transaction = report->transaction;
  enum pw_next                        next        = transaction->next[PW_STREAM_HTTP_RESPONSE];
  if (transaction->map_states[PW_MAP_HTTP_RESPONSE_HEADERS] == PW_MAP_ABSENT) {
    title(printer, "Response: there is none");
  } else if (next == PW_NEXT_PAUSE) {
    title(printer, "Response: a module paused it, and nothing is left that could make it go on");
    print_message(printer, &report->options->response, transaction, PW_STREAM_HTTP_RESPONSE);
  } else if (next == PW_NEXT_CLOSE) {
    title(printer, "Response: a module closed the stream");
  } else if (transaction->reply_sent) {
    title(printer, transaction->reply.given ? "Response, as the client gets it (local reply)"
                                            : "Response, as the client gets it (a broken plugin fails closed)");
    if (transaction->reply.given && transaction->next[PW_STREAM_HTTP_REQUEST] == PW_NEXT_CONTINUE) {
      print_reply_line(printer, transaction);
    }
    struct pw_http_message before = nothing;
    before.headers                = transaction->maps[PW_MAP_HTTP_RESPONSE_HEADERS];
    before.body                   = transaction->out[PW_STREAM_HTTP_RESPONSE];
    print_message(printer, &before, transaction, PW_STREAM_HTTP_RESPONSE);
  } else {
    title(printer, "Response, as the client gets it");
    print_message(printer, &report->options->response, transaction, PW_STREAM_HTTP_RESPONSE);
  }
}

static void
print_calls(const struct printer *printer, const struct pw_run_report *report)
{
  size_t                       count;
  const struct pw_call_record *calls = pw_simulator_calls(report->simulator, &count);
  if (count > 0) {
    title(printer, "Calls");
  }
  for (size_t i = 0; i < count; i++) {
    const struct pw_call_record *call = &calls[i];
    fprintf(printer->out, "  %s to ", call->grpc ? call->grpc_stream ? "gRPC stream" : "gRPC call" : "HTTP call");
    pw_trace_print_bytes(printer->out, pw_bytes_view(&call->upstream), call->upstream.size, printer->style.limit);
    if (call->grpc) {
      fputs(" ", printer->out);
      print_plain(printer, pw_bytes_view(&call->service));
      fputs("/", printer->out);
      print_plain(printer, pw_bytes_view(&call->method));
    } else {
      fputs(" ", printer->out);
      print_plain(printer, pw_fields_value(&call->headers, ":method"));
      fputs(" ", printer->out);
      print_plain(printer, pw_fields_value(&call->headers, ":path"));
    }
    fprintf(printer->out, ": %s%s\n", pw_status_name(call->status),
            call->status != PW_STATUS_OK
              ? (call->status == PW_STATUS_BAD_ARGUMENT || call->status == PW_STATUS_PARSE_FAILURE
                   ? " (nothing is canned for it, see --http-answer)"
                   : "")
            : call->cancelled ? ", cancelled"
            : call->ended     ? ", answered"
                              : ", not answered");
  }
}

/* Of a module, one line, which the host has escaped; of the host itself, perhaps more, a backtrace. */
static void
print_lines(const struct printer *printer, struct pw_view text)
{
  for (size_t i = 0; i < text.size; i++) {
    fputc(text.data[i], printer->out);
    if (text.data[i] == '\n' && i + 1 < text.size) {
      fputs("           ", printer->out);
    }
  }
  fputc('\n', printer->out);
}

static void
print_log(const struct printer *printer, const struct pw_run_report *report)
{
  size_t                    count;
  const struct pw_log_line *lines = pw_simulator_log(report->simulator, &count);
  if (count > 0) {
    title(printer, "Log");
  }
  for (size_t i = 0; i < count; i++) {
    struct pw_view name = lines[i].plugin ? pw_plugin_configuration(lines[i].plugin)->name : pw_view_of("");
    fprintf(printer->out, "  %-8s ", pw_log_level_name((int)lines[i].level));
    if (report->plugin_count > 1 && name.size > 0) {
      fputc('[', printer->out);
      print_plain(printer, name);
      fputs("] ", printer->out);
    }
    print_lines(printer, lines[i].text);
  }
}

static void
print_metric(void *data, const struct pw_metric *metric)
{
  static const char *const types[] = {"counter", "gauge", "histogram"};
  const struct printer    *printer = data;
  fputs("  ", printer->out);
  print_plain(printer, pw_view_of(pw_metric_name(metric)));
  fprintf(printer->out, " %s ", types[pw_metric_type(metric)]);
  if (pw_metric_type(metric) == PW_METRIC_HISTOGRAM) {
    struct pw_histogram histogram;
    pw_metric_histogram(metric, &histogram);
    fprintf(printer->out, "count %" PRIu64 ", sum %" PRIu64 "\n", histogram.count, histogram.sum);
  } else {
    fprintf(printer->out, "%" PRId64 "\n", pw_metric_value(metric));
  }
}

static void
count_metric(void *data, const struct pw_metric *metric)
{
  (void)metric;
  ++*(size_t *)data;
}

/* What is wrong with a plugin. Of a module that cannot be loaded, the message begins with its file. */
static const char *
message_without_file(const struct pw_run_plugin *plugin)
{
  const char *message = plugin->error.message;
  size_t      size    = strlen(plugin->file);
  bool        named   = strncmp(message, plugin->file, size) == 0 && strncmp(message + size, ": ", 2) == 0;
  return named ? message + size + 2 : message;
}

static void
print_plugins(const struct printer *printer, const struct pw_run_report *report)
{
  for (size_t i = 0; i < report->plugin_count; i++) {
    const struct pw_run_plugin *plugin = &report->plugins[i];
    if (plugin->error.code != PW_ERROR_NONE) {
      fprintf(printer->out, "%s%s: %s: %s: %s%s\n", paint(printer, RED), plugin->file,
              plugin->instance ? "it does not start" : "it cannot be loaded", pw_error_word(plugin->error.code),
              message_without_file(plugin), paint(printer, NORMAL));
    }
  }
}

void
pw_run_print(FILE *out, const struct pw_run_report *report)
{
  struct printer printer = {.out = out};
  size_t         metrics = 0;
  printer.style.color    = report->options->color;
  printer.style.limit    = report->options->full ? 0 : SHOWN_BYTES;
  if (!report->options->quiet) {
    for (const struct pw_trace_event *event = report->trace->first; event != NULL; event = event->next) {
      pw_trace_print(out, event, 0, &printer.style);
    }
    if (report->trace->truncated) {
      fputs("… memory was out: calls are missing above\n", out);
    }
  }
  print_plugins(&printer, report);
  if (report->transaction != NULL) {
    print_request(&printer, report);
    print_response(&printer, report);
  }
  print_calls(&printer, report);
  print_log(&printer, report);
  pw_host_metrics(report->host, count_metric, &metrics);
  if (metrics > 0) {
    title(&printer, "Metrics");
    pw_host_metrics(report->host, print_metric, &printer);
  }
}
