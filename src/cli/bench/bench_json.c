/* SPDX-License-Identifier: Apache-2.0 */
/* The figures as JSON (docs/reference/commands.md). Times are whole nanoseconds, but for means, which have tenths. */
#include "cli/bench/bench.h"
#include "cli/json.h"

static void
put_time(struct pw_json *json, const char *key, double nanoseconds)
{
  pw_json_key(json, key);
  pw_json_number(json, nanoseconds);
}

static void
put_batches(struct pw_json *json, const char *key, const struct pw_bench_batches *batches)
{
  pw_json_key(json, key);
  if (batches->count == 0) {
    pw_json_null(json);
    return;
  }
  pw_json_object_begin(json);
  pw_json_key(json, "streams");
  pw_json_unsigned(json, batches->streams);
  pw_json_key(json, "batches");
  pw_json_unsigned(json, batches->count);
  put_time(json, "min", batches->least);
  put_time(json, "median", batches->median);
  put_time(json, "p99", batches->part_99);
  pw_json_key(json, "spread");
  pw_json_number(json, batches->spread);
  pw_json_key(json, "drift");
  pw_json_number(json, batches->drift);
  pw_json_object_end(json);
}

static void
put_durations(struct pw_json *json, const char *key, const struct pw_durations *durations)
{
  pw_json_key(json, key);
  pw_json_object_begin(json);
  put_time(json, "min", (double)durations->least);
  put_time(json, "median", pw_durations_part(durations, 0.5));
  put_time(json, "p99", pw_durations_part(durations, 0.99));
  put_time(json, "max", (double)durations->most);
  put_time(json, "mean", pw_durations_mean(durations));
  pw_json_object_end(json);
}

static void
put_calls(struct pw_json *json, const char *key, const struct pw_call_times *times, bool hostcalls, uint64_t streams)
{
  pw_json_key(json, key);
  pw_json_array_begin(json);
  for (size_t i = 0; i < times->count; i++) {
    const struct pw_call_time *call = &times->calls[i];
    if (call->hostcall != hostcalls) {
      continue;
    }
    pw_json_object_begin(json);
    pw_json_key(json, "plugin");
    pw_json_string(json, call->plugin_name);
    pw_json_key(json, "name");
    pw_json_string(json, call->name);
    pw_json_key(json, "calls");
    pw_json_unsigned(json, call->total.count);
    if (streams > 0) {
      pw_json_key(json, "calls_per_stream");
      pw_json_number(json, (double)call->total.count / (double)streams);
    }
    put_durations(json, "nanoseconds", &call->total);
    if (!hostcalls) {
      put_durations(json, "module_nanoseconds", &call->own);
    }
    pw_json_object_end(json);
  }
  pw_json_array_end(json);
}

static void
put_memory(struct pw_json *json, const char *key, const struct pw_bench_memory *memory)
{
  pw_json_key(json, key);
  pw_json_object_begin(json);
  pw_json_key(json, "before");
  pw_json_unsigned(json, memory->before);
  pw_json_key(json, "middle");
  pw_json_unsigned(json, memory->middle);
  pw_json_key(json, "after");
  pw_json_unsigned(json, memory->after);
  pw_json_object_end(json);
}

static void
put_start(struct pw_json *json, const struct pw_bench_start *start)
{
  pw_json_key(json, "start");
  pw_json_object_begin(json);
  put_time(json, "engine", start->engine);
  put_time(json, "link", start->link);
  put_time(json, "compile", start->compile);
  put_time(json, "vm", start->vm);
  put_calls(json, "callbacks", &start->calls, false, 0);
  pw_json_object_end(json);
}

static void
put_outcome(struct pw_json *json, const struct pw_bench_figures *figures)
{
  pw_json_key(json, "request");
  pw_json_string(json, pw_next_name(figures->next[PW_STREAM_HTTP_REQUEST]));
  pw_json_key(json, "response");
  pw_json_string(json, pw_next_name(figures->next[PW_STREAM_HTTP_RESPONSE]));
  pw_json_key(json, "local_reply");
  if (figures->reply_status != 0) {
    pw_json_unsigned(json, figures->reply_status);
  } else {
    pw_json_null(json);
  }
}

static void
put_figures(struct pw_json *json, const struct pw_bench_figures *figures)
{
  pw_json_object_begin(json);
  if (figures->test != NULL) {
    pw_json_key(json, "test");
    pw_json_string(json, figures->test);
  }
  pw_json_key(json, "engine");
  pw_json_string(json, figures->engine);
  pw_json_key(json, "version");
  pw_json_string(json, figures->version);
  pw_json_key(json, "error");
  pw_json_string(json, figures->error.code != PW_ERROR_NONE ? figures->error.message : NULL);
  if (figures->error.code == PW_ERROR_NONE) {
    put_outcome(json, figures);
    if (figures->test == NULL) {
      put_start(json, &figures->start);
    }
    put_batches(json, "stream", &figures->stream);
    put_durations(json, "single_stream", &figures->single);
    put_batches(json, "simulated_proxy", &figures->bare);
    put_calls(json, "callbacks", &figures->calls, false, figures->call_streams);
    put_calls(json, "hostcalls", &figures->calls, true, figures->call_streams);
    put_time(json, "clock", figures->calls.clock_cost);
    put_time(json, "around_hostcall", figures->calls.pair_cost);
    put_memory(json, "linear_memory", &figures->linear);
    put_memory(json, "resident_memory", &figures->resident);
    pw_json_key(json, "noisy");
    pw_json_boolean(json, figures->stream.spread > PW_BENCH_NOISY || figures->stream.count < 10);
  }
  pw_json_object_end(json);
}

void
pw_bench_print_json(FILE *out, const struct pw_bench_report *report)
{
  struct pw_json json = {.out = out};
  pw_json_object_begin(&json);
  pw_json_key(&json, "proxywasm");
  pw_json_string(&json, pw_version());
  if (report->suite != NULL) {
    pw_json_key(&json, "suite");
    pw_json_string(&json, report->suite);
  }
  pw_json_key(&json, report->suite != NULL ? "tests" : "engines");
  pw_json_array_begin(&json);
  for (size_t i = 0; i < report->count; i++) {
    put_figures(&json, &report->figures[i]);
  }
  pw_json_array_end(&json);
  pw_json_object_end(&json);
  pw_json_finish(&json);
}
