/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file suite_run.h
 * Runs the tests of a suite on the simulated proxy. Each one gets a host of its own.
 */
#ifndef PROXYWASM_CLI_SUITE_RUN_H
#define PROXYWASM_CLI_SUITE_RUN_H

#include "cli/suite/expectation.h"
#include "cli/suite/suite.h"

struct pw_suite_options {
  const char                *module;          /**< in place of env.wasm_path; NULL: not */
  const char                *config_file;     /**< in place of env.config_path; NULL: not */
  const char                *engine;          /**< for plugins that name none; NULL: the default */
  const enum pw_log_level   *log_level;       /**< for all plugins; NULL: as the suite says */
  const char                *cache_directory; /**< for compiled code; NULL: none */
  FILE                      *log;             /**< takes log lines as they come; NULL: nobody */
  bool                       repeated;        /**< limits about real time are loosened: pw_repeat_loosen */
  const struct pw_trace_ops *trace;           /**< NULL: none */
  void                      *trace_data;
};

struct pw_suite_runner;

/** `suite` and what `options` points to must live as long. NULL: memory. */
struct pw_suite_runner *pw_suite_runner_new(const struct pw_suite *suite, const struct pw_suite_options *options);
/** NULL is allowed. */
void pw_suite_runner_delete(struct pw_suite_runner *runner);

/** Runs one test; it has passed when `failures`, empty before, is still empty then. */
void pw_suite_run(struct pw_suite_runner *runner, const struct pw_suite_test *test, struct pw_failures *failures);

/** Whether every test has a module; if not, the first one that has none, else NULL. */
const struct pw_suite_test *pw_suite_without_module(const struct pw_suite *suite, const char *module);

#endif
