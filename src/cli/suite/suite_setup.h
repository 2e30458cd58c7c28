/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file suite_setup.h
 * What a test needs before its first step: a simulator with its plugins, functions, properties and answers.
 */
#ifndef PROXYWASM_CLI_SUITE_SETUP_H
#define PROXYWASM_CLI_SUITE_SETUP_H

#include "cli/suite/suite_run.h"

/** A file that was read once for all tests. */
struct pw_suite_file {
  struct pw_suite_file *next;
  char                 *path;
  struct pw_bytes       content;
};

struct pw_suite_runner {
  const struct pw_suite         *suite;
  const struct pw_suite_options *options;
  struct pw_suite_file          *files;
};

/** The simulator of a test, without plugins, made with `base`, to which what the test says is added. Errors: those of
 * pw_simulator_new and of foreign functions. */
struct pw_simulator *pw_suite_simulator(struct pw_suite_runner *runner, const struct pw_suite_test *test,
                                        struct pw_simulator_options base, struct pw_error *error);
/** What the options of the runner say, for pw_suite_simulator. */
struct pw_simulator_options pw_suite_simulator_options(struct pw_suite_runner *runner);
/** Adds the plugins. `*refused`: one could not even be loaded. Errors: of the first plugin that did not start. */
void pw_suite_add_plugins(struct pw_suite_runner *runner, const struct pw_suite_test *test,
                          struct pw_simulator *simulator, bool *refused, struct pw_error *error);
/** Properties and answers. False: an input cannot be read, or memory is out. */
bool pw_suite_prepare(const struct pw_suite *suite, const struct pw_suite_test *test, struct pw_simulator *simulator,
                      struct pw_error *error);

#endif
