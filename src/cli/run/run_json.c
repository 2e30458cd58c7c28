/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON document of `proxywasm run --json`; docs/reference/commands.md describes it. */
#include "cli/json.h"
#include "cli/run/run_report.h"

static void
put_string(struct pw_json *json, const char *key, const char *text)
{
  pw_json_key(json, key);
  pw_json_string(json, text);
}

static void
put_bytes(struct pw_json *json, const char *key, struct pw_view bytes)
{
  pw_json_key(json, key);
  pw_json_bytes(json, bytes);
}

static void
put_fields(struct pw_json *json, const char *key, const struct pw_fields *fields)
{
  pw_json_key(json, key);
  pw_json_fields(json, fields);
}

static void
put_message(struct pw_json *json, const char *key, const struct pw_fields *headers, struct pw_view body,
            const struct pw_fields *trailers)
{
  pw_json_key(json, key);
  pw_json_object_begin(json);
  put_fields(json, "headers", headers);
  put_bytes(json, "body", body);
  put_fields(json, "trailers", trailers);
  pw_json_object_end(json);
}

static void
put_null(struct pw_json *json, const char *key)
{
  pw_json_key(json, key);
  pw_json_null(json);
}

static void
put_sent(struct pw_json *json, const struct pw_transaction *transaction, enum pw_stream_type type)
{
  enum pw_map_type headers =
    type == PW_STREAM_HTTP_REQUEST ? PW_MAP_HTTP_REQUEST_HEADERS : PW_MAP_HTTP_RESPONSE_HEADERS;
  bool sent = transaction->map_states[headers] == PW_MAP_SENT && transaction->next[type] == PW_NEXT_CONTINUE;
  if (sent) {
    put_message(json, "sent", &transaction->maps[headers], pw_bytes_view(&transaction->out[type]),
                &transaction->maps[headers + 1]);
  } else {
    put_null(json, "sent");
  }
}

static void
put_direction(struct pw_json *json, const char *key, const struct pw_http_message *received,
              const struct pw_transaction *transaction, enum pw_stream_type type)
{
  pw_json_key(json, key);
  pw_json_object_begin(json);
  put_string(json, "outcome", pw_next_name(transaction->next[type]));
  if (received != NULL) {
    put_message(json, "received", &received->headers, pw_bytes_view(&received->body), &received->trailers);
  } else {
    put_null(json, "received");
  }
  put_sent(json, transaction, type);
  pw_json_object_end(json);
}

static void
put_reply(struct pw_json *json, const struct pw_reply *reply)
{
  if (!reply->given) {
    put_null(json, "local_reply");
    return;
  }
  pw_json_key(json, "local_reply");
  pw_json_object_begin(json);
  pw_json_key(json, "status");
  pw_json_unsigned(json, reply->status);
  put_bytes(json, "details", pw_bytes_view(&reply->details));
  put_fields(json, "headers", &reply->headers);
  put_bytes(json, "body", pw_bytes_view(&reply->body));
  pw_json_key(json, "grpc_status");
  pw_json_integer(json, reply->grpc_status);
  pw_json_object_end(json);
}

static void
put_transaction(struct pw_json *json, const struct pw_run_report *report)
{
  const struct pw_transaction  *transaction = report->transaction;
  const struct pw_run_options  *options     = report->options;
  bool                          reached     = transaction->next[PW_STREAM_HTTP_REQUEST] == PW_NEXT_CONTINUE;
  const struct pw_http_message *received    = reached && !options->no_response ? &options->response : NULL;
  put_direction(json, "request", &options->request, transaction, PW_STREAM_HTTP_REQUEST);
  put_direction(json, "response", received, transaction, PW_STREAM_HTTP_RESPONSE);
  put_reply(json, &transaction->reply);
}

static void
put_plugins(struct pw_json *json, const struct pw_run_report *report)
{
  pw_json_key(json, "plugins");
  pw_json_array_begin(json);
  for (size_t i = 0; i < report->plugin_count; i++) {
    const struct pw_run_plugin *plugin = &report->plugins[i];
    pw_json_object_begin(json);
    put_bytes(json, "name", plugin->config.name);
    put_string(json, "module", plugin->file);
    put_string(json, "abi", plugin->abi);
    pw_json_key(json, "error");
    if (plugin->error.code == PW_ERROR_NONE) {
      pw_json_null(json);
    } else {
      pw_json_object_begin(json);
      put_string(json, "kind", pw_error_word(plugin->error.code));
      put_string(json, "message", plugin->error.message);
      pw_json_object_end(json);
    }
    pw_json_object_end(json);
  }
  pw_json_array_end(json);
}

static void
put_calls(struct pw_json *json, const struct pw_run_report *report)
{
  size_t                       count;
  const struct pw_call_record *calls = pw_simulator_calls(report->simulator, &count);
  pw_json_key(json, "calls");
  pw_json_array_begin(json);
  for (size_t i = 0; i < count; i++) {
    const struct pw_call_record *call = &calls[i];
    pw_json_object_begin(json);
    put_string(json, "kind", call->grpc ? call->grpc_stream ? "grpc_stream" : "grpc_call" : "http_call");
    pw_json_key(json, "id");
    pw_json_unsigned(json, call->id);
    put_bytes(json, "upstream", pw_bytes_view(&call->upstream));
    if (call->grpc) {
      put_bytes(json, "service", pw_bytes_view(&call->service));
      put_bytes(json, "method", pw_bytes_view(&call->method));
    }
    put_fields(json, call->grpc ? "metadata" : "headers", &call->headers);
    put_bytes(json, call->grpc ? "message" : "body", pw_bytes_view(&call->body));
    put_fields(json, "trailers", &call->trailers);
    pw_json_key(json, "timeout_milliseconds");
    pw_json_unsigned(json, call->timeout_milliseconds);
    put_string(json, "status", pw_status_name(call->status));
    put_string(json, "end", call->cancelled ? "cancelled" : call->ended ? "answered" : "none");
    pw_json_object_end(json);
  }
  pw_json_array_end(json);
}

static void
put_log(struct pw_json *json, const struct pw_run_report *report)
{
  size_t                    count;
  const struct pw_log_line *lines = pw_simulator_log(report->simulator, &count);
  pw_json_key(json, "log");
  pw_json_array_begin(json);
  for (size_t i = 0; i < count; i++) {
    pw_json_object_begin(json);
    put_string(json, "level", pw_log_level_name((int)lines[i].level));
    if (lines[i].plugin != NULL) {
      put_bytes(json, "plugin", pw_plugin_configuration(lines[i].plugin)->name);
    } else {
      put_null(json, "plugin");
    }
    put_string(json, "phase", lines[i].phase);
    put_bytes(json, "text", lines[i].text);
    pw_json_object_end(json);
  }
  pw_json_array_end(json);
}

static void
put_metric(void *data, const struct pw_metric *metric)
{
  static const char *const types[] = {"counter", "gauge", "histogram"};
  struct pw_json          *json    = data;
  pw_json_object_begin(json);
  put_string(json, "name", pw_metric_name(metric));
  put_string(json, "type", types[pw_metric_type(metric)]);
  if (pw_metric_type(metric) == PW_METRIC_HISTOGRAM) {
    struct pw_histogram histogram;
    pw_metric_histogram(metric, &histogram);
    pw_json_key(json, "count");
    pw_json_unsigned(json, histogram.count);
    pw_json_key(json, "sum");
    pw_json_unsigned(json, histogram.sum);
  } else {
    pw_json_key(json, "value");
    pw_json_integer(json, pw_metric_value(metric));
  }
  pw_json_object_end(json);
}

static void
put_trace(struct pw_json *json, const struct pw_run_report *report)
{
  pw_json_key(json, "trace");
  pw_json_array_begin(json);
  for (const struct pw_trace_event *event = report->trace->first; event != NULL; event = event->next) {
    pw_trace_json(json, event);
  }
  pw_json_array_end(json);
}

void
pw_run_print_json(FILE *out, const struct pw_run_report *report)
{
  struct pw_json json = {.out = out};
  pw_json_object_begin(&json);
  put_string(&json, "proxywasm", pw_version());
  put_plugins(&json, report);
  pw_json_key(&json, "trapped");
  pw_json_boolean(&json, report->trace->trapped);
  if (!report->options->quiet) {
    put_trace(&json, report);
  }
  if (report->transaction != NULL) {
    put_transaction(&json, report);
  }
  put_calls(&json, report);
  put_log(&json, report);
  pw_json_key(&json, "metrics");
  pw_json_array_begin(&json);
  pw_host_metrics(report->host, put_metric, &json);
  pw_json_array_end(&json);
  pw_json_object_end(&json);
  pw_json_finish(&json);
}
