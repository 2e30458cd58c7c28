/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file repeat.h
 * The same transaction over and over on one simulated proxy: what measuring needs. It goes on only as long as each one
 * ends as a transaction should: a trap, a pause without end, or a module that goes round in circles is an error.
 */
#ifndef PROXYWASM_CLI_REPEAT_H
#define PROXYWASM_CLI_REPEAT_H

#include "cli/run_setup.h"

/** Read it only. */
struct pw_repeat {
  const struct pw_run_options *options;
  struct pw_simulator         *simulator;
  uint64_t                     streams;                    /**< that have ended */
  enum pw_next                 next[PW_STREAM_TYPE_COUNT]; /**< how the last one ended */
  uint32_t                     reply_status;               /**< of its local reply; 0: none */
  bool                         failed;                     /**< private: a module trapped, or the proxy gave up */
  char                         failure[2048];              /**< private: what was logged of it */
};

/** Loosens limits that are about real time: lines logged in a second, since virtual time stands still and the limit
 * would be reached once and for all; and the time of a callback, ten times what is configured, since a machine that is
 * busy may hold up one of a million. To be called before the plugins are started. */
void pw_repeat_prepare(struct pw_run_setup *setup);
/** Makes the simulated proxy and starts the plugins on it, unless `bare`: then it has none. `trace` may be NULL.
 *  Errors: those of the first plugin that does not start. `repeat` is zeroed first; end it in any case, and leave it
 *  where it is until then. */
bool pw_repeat_begin(struct pw_repeat *repeat, struct pw_run_setup *setup, const struct pw_trace_ops *trace,
                     void *trace_data, bool bare, struct pw_error *error);
/** One transaction. Errors: TRAP; LIMIT when it is paused without end; MEMORY. */
bool pw_repeat_stream(struct pw_repeat *repeat, struct pw_error *error);
/** Bytes of all plugins' linear memories. */
uint64_t pw_repeat_memory(const struct pw_repeat *repeat);
void     pw_repeat_end(struct pw_repeat *repeat);

#endif
