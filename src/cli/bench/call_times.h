/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file call_times.h
 * How long callbacks and hostcalls take, by name: looks on as a trace, with a look at the clock before and after each.
 *
 * What looking costs is measured once and taken off again: one reading of the clock from each call, and all that the
 * hostcalls within a callback cost from the callback.
 */
#ifndef PROXYWASM_CLI_CALL_TIMES_H
#define PROXYWASM_CLI_CALL_TIMES_H

#include <proxywasm/host.h>

#include "cli/bench/durations.h"

/** Callbacks and hostcalls of one name and plugin. */
struct pw_call_time {
  const struct pw_plugin *plugin;          /**< to tell plugins apart: it may be gone */
  char                    plugin_name[48]; /**< as far as there is room */
  const char             *name;            /**< static */
  bool                    hostcall;        /**< else it is a callback */
  struct pw_durations     total;
  struct pw_durations     own; /**< of callbacks: without the hostcalls in them */
};

/** Deeper calls are not timed. */
#define PW_CALL_TIMES_DEPTH 32

struct pw_call_frame {
  size_t   call; /**< its index */
  uint64_t begin;
  uint64_t inner; /**< time of what was called from here */
  uint64_t pairs; /**< how many calls that was, all the way down */
};

/** Give it to a host as trace_data, with pw_call_times_ops. */
struct pw_call_times {
  struct pw_call_time *calls; /**< in the order in which they were first made */
  size_t               count;
  size_t               capacity;
  double               clock_cost; /**< ns of one reading of the clock, as a call's time has it */
  double               pair_cost;  /**< ns that looking on costs around a call: what is added to the caller's time */
  struct pw_call_frame frames[PW_CALL_TIMES_DEPTH]; /**< private */
  size_t               depth;                       /**< private; may be more than there are frames */
  bool                 stopped;                     /**< set it: from now on nothing is added */
  bool                 truncated;                   /**< memory was out, or calls nested too deeply: some are missing */
};

extern const struct pw_trace_ops pw_call_times_ops;

/** Measures what looking costs. `times` is zeroed first. False: memory. */
bool pw_call_times_init(struct pw_call_times *times);
/** Forgets all calls so far, but not what looking costs. No call may be under way. */
void pw_call_times_reset(struct pw_call_times *times);
void pw_call_times_clear(struct pw_call_times *times);

#endif
