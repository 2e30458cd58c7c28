/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file repeat.h
 * The same transaction over and over on one simulated proxy: what measuring needs. It goes on only as long as each one
 * ends as a transaction should: a trap, a pause without end, or a module that goes round in circles is an error.
 */
#ifndef PROXYWASM_CLI_REPEAT_H
#define PROXYWASM_CLI_REPEAT_H

#include "cli/run/run_setup.h"

struct pw_repeat;

/** What is repeated, and what it takes. */
struct pw_scenario {
  void *data;
  /** Makes the simulated proxy (`options` has what it does not know itself) and starts the plugins on it, unless
   * `bare`: then it has none. NULL, or `error->code` set: that is why there is nothing to repeat; the simulator is the
   * caller's in any case. */
  struct pw_simulator *(*begin)(void *data, struct pw_simulator_options options, bool bare, struct pw_error *error);
  /** One transaction, from its beginning to its end. Sets `repeat->next` and `reply_status`. */
  bool (*stream)(void *data, struct pw_repeat *repeat, struct pw_error *error);
};

/** Read it only. */
struct pw_repeat {
  const struct pw_scenario *scenario;
  struct pw_simulator      *simulator;
  uint64_t                  streams;                    /**< that have ended */
  enum pw_next              next[PW_STREAM_TYPE_COUNT]; /**< how the last one ended */
  uint32_t                  reply_status;               /**< of its local reply; 0: none */
  bool                      failed;                     /**< private: a module trapped, or the proxy gave up */
  char                      failure[2048];              /**< private: what was logged of it */
};

/** Loosens limits that are about real time: lines logged in a second, since virtual time stands still and the limit
 * would be reached once and for all; and the time of a callback, ten times what is configured, since a machine that is
 * busy may hold up one of a million. */
void pw_repeat_loosen(struct pw_limits *limits);
/** The transaction of the options of `run`, on its plugins, whose limits are loosened. */
struct pw_scenario pw_repeat_run(struct pw_run_setup *setup);
/** Begins. `trace` may be NULL. Errors: those of the scenario. `repeat` is zeroed first; end it in any case, and leave
 * it where it is until then. */
bool pw_repeat_begin(struct pw_repeat *repeat, const struct pw_scenario *scenario, const struct pw_trace_ops *trace,
                     void *trace_data, bool bare, struct pw_error *error);
/** One transaction. Errors: TRAP; LIMIT when it is paused without end; MEMORY. */
bool pw_repeat_stream(struct pw_repeat *repeat, struct pw_error *error);
/** For scenarios: takes down how a transaction stands at its end. */
void pw_repeat_note(struct pw_repeat *repeat, const struct pw_transaction *transaction);
/** Bytes of all plugins' linear memories. */
uint64_t pw_repeat_memory(const struct pw_repeat *repeat);
void     pw_repeat_end(struct pw_repeat *repeat);

#endif
