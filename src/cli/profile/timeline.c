/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/profile/timeline.h"

#include <stdlib.h>

#include "cli/bench/durations.h"
#include "cli/json.h"
#include "host/hostcall.h"

/* A module may call the host as often as it likes. */
#define MOST_SPANS 200000
/* What is left of a time that was cut out, so that the parts can be told apart. */
#define GAP_NANOSECONDS 10000
#define MOST_PLUGINS    64

/* ------------------------------------------------------------------------------------------------------- recording */

static bool
make_room(struct pw_timeline *timeline)
{
  if (timeline->count < timeline->capacity) {
    return true;
  }
  size_t          capacity = timeline->capacity == 0 ? 4096 : timeline->capacity * 2;
  struct pw_span *spans    = capacity <= MOST_SPANS * 2 ? realloc(timeline->spans, capacity * sizeof(*spans)) : NULL;
  if (spans == NULL) {
    timeline->truncated = true;
    return false;
  }
  timeline->spans    = spans;
  timeline->capacity = capacity;
  return true;
}

static void
begin(struct pw_timeline *timeline, const struct pw_span *span)
{
  size_t depth = timeline->depth++;
  if (depth >= PW_TIMELINE_DEPTH) {
    timeline->truncated = true;
    return;
  }
  timeline->open[depth] = SIZE_MAX;
  if (timeline->recording && make_room(timeline)) {
    timeline->open[depth]            = timeline->count;
    timeline->spans[timeline->count] = *span;
    /* Last, so that nothing of this is in its time. */
    timeline->spans[timeline->count++].begin = pw_clock_now() - timeline->cut;
  }
}

static void
end(struct pw_timeline *timeline, bool numbered, int64_t number)
{
  uint64_t now = pw_clock_now() - timeline->cut;
  if (timeline->depth == 0 || --timeline->depth >= PW_TIMELINE_DEPTH || timeline->open[timeline->depth] == SIZE_MAX) {
    return;
  }
  struct pw_span *span = &timeline->spans[timeline->open[timeline->depth]];
  span->end            = now;
  span->number         = numbered ? number : span->number;
}

static void
on_callback_begin(void *data, struct pw_instance *instance, const char *callback, const pw_value *arguments,
                  size_t count)
{
  struct pw_span span = {.name   = callback,
                         .plugin = instance ? pw_instance_plugin(instance) : NULL,
                         .kind   = PW_SPAN_CALLBACK,
                         .number = count > 0 ? (int64_t)arguments[0].u32 : -1};
  begin(data, &span);
}

static void
on_callback_end(void *data, struct pw_instance *instance, const char *callback, const pw_value *result,
                const struct pw_trap *trap)
{
  (void)instance, (void)callback, (void)result, (void)trap;
  end(data, false, 0);
}

static void
on_hostcall_begin(void *data, struct pw_instance *instance, const struct pw_hostcall *hostcall,
                  const pw_value *arguments)
{
  struct pw_span span = {.name   = hostcall->name,
                         .plugin = instance ? pw_instance_plugin(instance) : NULL,
                         .kind   = PW_SPAN_HOSTCALL,
                         .number = -1};
  (void)arguments;
  begin(data, &span);
}

static void
on_hostcall_end(void *data, struct pw_instance *instance, const struct pw_hostcall *hostcall, const pw_value *arguments,
                const pw_value *result, const char *trap)
{
  (void)instance, (void)arguments, (void)trap;
  end(data, result != NULL && hostcall->result == 's', result != NULL ? result->i32 : 0);
}

const struct pw_trace_ops pw_timeline_ops = {
  .callback_begin = on_callback_begin,
  .callback_end   = on_callback_end,
  .hostcall_begin = on_hostcall_begin,
  .hostcall_end   = on_hostcall_end,
};

void
pw_timeline_record(struct pw_timeline *timeline)
{
  uint64_t now = pw_clock_now();
  if (timeline->paused_at != 0 && now - timeline->paused_at > GAP_NANOSECONDS) {
    timeline->cut += now - timeline->paused_at - GAP_NANOSECONDS;
  }
  timeline->recording = true;
}

void
pw_timeline_stop(struct pw_timeline *timeline)
{
  timeline->recording = false;
  timeline->paused_at = pw_clock_now();
}

void
pw_timeline_stream_begin(struct pw_timeline *timeline, uint64_t number)
{
  struct pw_span span = {.kind = PW_SPAN_STREAM, .number = (int64_t)number};
  begin(timeline, &span);
}

void
pw_timeline_stream_end(struct pw_timeline *timeline)
{
  end(timeline, false, 0);
}

void
pw_timeline_clear(struct pw_timeline *timeline)
{
  free(timeline->spans);
  *timeline = (struct pw_timeline){0};
}

/* --------------------------------------------------------------------------------------------------------- writing */

static void
put_name(struct pw_json *json, const char *what, int track, struct pw_view name)
{
  pw_json_object_begin(json);
  pw_json_key(json, "name");
  pw_json_string(json, what);
  pw_json_key(json, "ph");
  pw_json_string(json, "M");
  pw_json_key(json, "pid");
  pw_json_integer(json, 1);
  pw_json_key(json, "tid");
  pw_json_integer(json, track);
  pw_json_key(json, "args");
  pw_json_object_begin(json);
  pw_json_key(json, "name");
  pw_json_bytes(json, name);
  pw_json_object_end(json);
  pw_json_object_end(json);
}

/* Tracks: 0 for the streams, and one for each plugin. */
static int
track_of(const struct pw_plugin **plugins, int *count, const struct pw_plugin *plugin)
{
  for (int i = 0; i < *count; i++) {
    if (plugins[i] == plugin) {
      return i + 1;
    }
  }
  if (*count < MOST_PLUGINS) {
    plugins[(*count)++] = plugin;
  }
  return *count;
}

static void
put_arguments(struct pw_json *json, const struct pw_span *span)
{
  pw_json_key(json, "args");
  pw_json_object_begin(json);
  if (span->kind == PW_SPAN_CALLBACK && span->number >= 0) {
    pw_json_key(json, "context_id");
    pw_json_integer(json, span->number);
  } else if (span->kind == PW_SPAN_HOSTCALL && span->number >= 0) {
    pw_json_key(json, "status");
    pw_json_string(json, pw_status_name((int32_t)span->number));
  }
  pw_json_object_end(json);
}

static void
put_span(struct pw_json *json, const struct pw_span *span, uint64_t base, int track)
{
  static const char *const categories[] = {"stream", "callback", "hostcall"};
  char                     stream[40];
  snprintf(stream, sizeof(stream), "stream %lld", (long long)span->number);
  pw_json_object_begin(json);
  pw_json_key(json, "name");
  pw_json_string(json, span->kind == PW_SPAN_STREAM ? stream : span->name);
  pw_json_key(json, "cat");
  pw_json_string(json, categories[span->kind]);
  pw_json_key(json, "ph");
  pw_json_string(json, "X");
  pw_json_key(json, "ts");
  pw_json_number(json, (double)(span->begin - base) / 1000);
  pw_json_key(json, "dur");
  pw_json_number(json, (double)(span->end - span->begin) / 1000);
  pw_json_key(json, "pid");
  pw_json_integer(json, 1);
  pw_json_key(json, "tid");
  pw_json_integer(json, track);
  put_arguments(json, span);
  pw_json_object_end(json);
}

void
pw_timeline_print(FILE *out, const struct pw_timeline *timeline, const char *title)
{
  const struct pw_plugin *plugins[MOST_PLUGINS];
  int                     count = 0;
  struct pw_json          json  = {.out = out};
  uint64_t                base  = timeline->count > 0 ? timeline->spans[0].begin : 0;
  pw_json_object_begin(&json);
  pw_json_key(&json, "displayTimeUnit");
  pw_json_string(&json, "ns");
  pw_json_key(&json, "traceEvents");
  pw_json_array_begin(&json);
  put_name(&json, "process_name", 0, pw_view_of(title));
  put_name(&json, "thread_name", 0, pw_view_of("streams"));
  for (size_t i = 0; i < timeline->count; i++) {
    const struct pw_span *span   = &timeline->spans[i];
    int                   before = count;
    int                   track  = span->kind == PW_SPAN_STREAM ? 0 : track_of(plugins, &count, span->plugin);
    if (count > before) {
      struct pw_view name = span->plugin ? pw_plugin_configuration(span->plugin)->name : pw_view_of("");
      put_name(&json, "thread_name", track, name.size > 0 ? name : pw_view_of("plugin"));
    }
    if (span->end != 0) {
      put_span(&json, span, base, track);
    }
  }
  pw_json_array_end(&json);
  pw_json_object_end(&json);
  pw_json_finish(&json);
}
