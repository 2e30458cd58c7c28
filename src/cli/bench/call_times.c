/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/bench/call_times.h"

#include <stdlib.h>

#include "host/hostcall.h"

#define NO_CALL SIZE_MAX

/* Names are static, so that their address is theirs. The same name may stand at two addresses (a start function's),
 * which only makes two entries of one callback. */
static size_t
find(struct pw_call_times *times, const struct pw_plugin *plugin, const char *name, bool hostcall)
{
  if (times->stopped) {
    return NO_CALL;
  }
  for (size_t i = 0; i < times->count; i++) {
    if (times->calls[i].name == name && times->calls[i].plugin == plugin) {
      return i;
    }
  }
  if (times->count == times->capacity) {
    size_t               capacity = times->capacity == 0 ? 32 : times->capacity * 2;
    struct pw_call_time *calls    = realloc(times->calls, capacity * sizeof(*calls));
    if (calls == NULL) {
      times->truncated = true;
      return NO_CALL;
    }
    times->calls    = calls;
    times->capacity = capacity;
  }
  struct pw_call_time *call = &times->calls[times->count];
  memset(call, 0, sizeof(*call));
  call->plugin   = plugin;
  call->name     = name;
  call->hostcall = hostcall;
  if (plugin != NULL) {
    struct pw_view given = pw_plugin_configuration(plugin)->name;
    snprintf(call->plugin_name, sizeof(call->plugin_name), "%.*s", given.size < 255 ? (int)given.size : 255,
             given.size > 0 ? given.data : "");
  }
  return times->count++;
}

static void
begin(struct pw_call_times *times, struct pw_instance *instance, const char *name, bool hostcall)
{
  const struct pw_plugin *plugin = instance ? pw_instance_plugin(instance) : NULL;
  if (times->depth++ >= PW_CALL_TIMES_DEPTH) {
    times->truncated = true;
    return;
  }
  struct pw_call_frame *frame = &times->frames[times->depth - 1];
  frame->call                 = find(times, plugin, name, hostcall);
  frame->inner                = 0;
  frame->pairs                = 0;
  /* Last, so that nothing of this is in the time. */
  frame->begin = pw_clock_now();
}

static uint64_t
without(uint64_t time, double cost)
{
  return (double)time > cost ? time - (uint64_t)cost : 0;
}

static void
end(struct pw_call_times *times)
{
  uint64_t now = pw_clock_now();
  if (times->depth == 0 || times->depth-- > PW_CALL_TIMES_DEPTH) {
    return;
  }
  struct pw_call_frame *frame = &times->frames[times->depth];
  uint64_t total = without(now - frame->begin, times->clock_cost + (double)frame->pairs * times->pair_cost);
  if (frame->call != NO_CALL) {
    pw_durations_add(&times->calls[frame->call].total, total);
    pw_durations_add(&times->calls[frame->call].own, without(total, (double)frame->inner));
  }
  if (times->depth > 0) {
    frame[-1].inner += total;
    frame[-1].pairs += frame->pairs + 1;
  }
}

static void
on_callback_begin(void *data, struct pw_instance *instance, const char *callback, const pw_value *arguments,
                  size_t count)
{
  (void)arguments, (void)count;
  begin(data, instance, callback, false);
}

static void
on_callback_end(void *data, struct pw_instance *instance, const char *callback, const pw_value *result,
                const struct pw_trap *trap)
{
  (void)instance, (void)callback, (void)result, (void)trap;
  end(data);
}

static void
on_hostcall_begin(void *data, struct pw_instance *instance, const struct pw_hostcall *hostcall,
                  const pw_value *arguments)
{
  (void)arguments;
  begin(data, instance, hostcall->name, true);
}

static void
on_hostcall_end(void *data, struct pw_instance *instance, const struct pw_hostcall *hostcall, const pw_value *arguments,
                const pw_value *result, const char *trap)
{
  (void)instance, (void)hostcall, (void)arguments, (void)result, (void)trap;
  end(data);
}

const struct pw_trace_ops pw_call_times_ops = {
  .callback_begin = on_callback_begin,
  .callback_end   = on_callback_end,
  .hostcall_begin = on_hostcall_begin,
  .hostcall_end   = on_hostcall_end,
};

/* Calls that do nothing, under one that does nothing else: what they seem to take is what looking costs. The least of
 * several rounds, since all that disturbs makes it more. */
bool
pw_call_times_init(struct pw_call_times *times)
{
  enum { ROUNDS = 20, PAIRS = 1000 };
  const struct pw_hostcall *hostcall = pw_hostcall_find("env", "proxy_log");
  double                    clock    = 1e9;
  double                    pair     = 1e9;
  memset(times, 0, sizeof(*times));
  for (unsigned round = 0; round < ROUNDS; round++) {
    pw_call_times_reset(times);
    pw_call_times_ops.callback_begin(times, NULL, "", NULL, 0);
    for (unsigned i = 0; i < PAIRS; i++) {
      pw_call_times_ops.hostcall_begin(times, NULL, hostcall, NULL);
      pw_call_times_ops.hostcall_end(times, NULL, hostcall, NULL, NULL, NULL);
    }
    pw_call_times_ops.callback_end(times, NULL, "", NULL, NULL);
    if (times->count != 2) {
      return false;
    }
    double outer = (double)times->calls[0].total.sum / PAIRS;
    double inner = pw_durations_part(&times->calls[1].total, 0.5);
    pair         = outer < pair ? outer : pair;
    clock        = inner < clock ? inner : clock;
  }
  pw_call_times_reset(times);
  times->clock_cost = clock;
  times->pair_cost  = pair;
  return true;
}

void
pw_call_times_reset(struct pw_call_times *times)
{
  times->count     = 0;
  times->depth     = 0;
  times->truncated = false;
}

void
pw_call_times_clear(struct pw_call_times *times)
{
  free(times->calls);
  memset(times, 0, sizeof(*times));
}
