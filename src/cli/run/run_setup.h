/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file run_setup.h
 * From the options of `proxywasm run` to plugins on a simulated proxy and a transaction: what the commands that take
 * these options share.
 */
#ifndef PROXYWASM_CLI_RUN_SETUP_H
#define PROXYWASM_CLI_RUN_SETUP_H

#include "cli/run/run_options.h"
#include "cli/simulator/simulator.h"

/** A plugin, and what became of it. */
struct pw_run_plugin {
  struct pw_plugin_config config;   /**< what it points to belongs to the options, or the configuration file */
  char                   *file;     /**< its module; owned */
  struct pw_bytes         code;     /**< the module, once it was read */
  struct pw_instance     *instance; /**< NULL: it could not be loaded */
  const char             *abi;      /**< static; NULL: unknown */
  struct pw_error         error;    /**< code NONE: it started */
};

/** Set `line` and `options`, zero the rest. */
struct pw_run_setup {
  struct pw_command_line      *line;
  const struct pw_run_options *options;
  struct pw_config            *config; /**< NULL without --config */
  struct pw_run_plugin        *plugins;
  size_t                       plugin_count;
};

/** Which plugins there are, and their modules' files. Answers -1, or what to exit with: a mistake was told. */
int pw_run_setup_plugins(struct pw_run_setup *setup);
/** A simulated proxy with the properties and answers that the options give, and no plugin yet. `base` has what the
 *  options do not say. NULL: `error` says why. */
struct pw_simulator *pw_run_setup_simulator(const struct pw_run_options *options, struct pw_simulator_options base,
                                            struct pw_error *error);
/** Reads each module, once, and starts it on `simulator`. What went wrong is in the plugins' `error`. false: one could
 *  not be loaded at all, and so there is nothing to run. */
bool pw_run_setup_start(struct pw_run_setup *setup, struct pw_simulator *simulator);
/** Lets the time pass that the options say, and runs the transaction that they describe. The result belongs to the
 *  simulator. NULL: MEMORY. */
struct pw_transaction *pw_run_setup_transaction(const struct pw_run_options *options, struct pw_simulator *simulator,
                                                struct pw_error *error);
/** Frees all but `line` and `options`; after the simulators. */
void pw_run_setup_clear(struct pw_run_setup *setup);

#endif
