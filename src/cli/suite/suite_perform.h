/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file suite_perform.h
 * Does what a step of a test says.
 */
#ifndef PROXYWASM_CLI_SUITE_PERFORM_H
#define PROXYWASM_CLI_SUITE_PERFORM_H

#include "cli/suite/expectation.h"
#include "cli/suite/suite.h"

/** Where steps happen. */
struct pw_suite_stage {
  const struct pw_suite      *suite;
  const struct pw_suite_test *test;
  struct pw_simulator        *simulator;
};

/** The direction that a step belongs to. */
enum pw_stream_type pw_suite_direction(const struct pw_suite_step *step);
/** Performs a step. `transaction` may be NULL for steps that belong to no stream; a status that comes of it goes to
 *  `observation`. Errors: an input that cannot be read, a plugin that is not there. */
bool pw_suite_perform(const struct pw_suite_stage *stage, const struct pw_suite_step *step,
                      struct pw_transaction *transaction, struct pw_observation *observation, struct pw_error *error);

#endif
