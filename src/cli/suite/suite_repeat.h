/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file suite_repeat.h
 * The steps of a suite's test as something to be repeated: what is expected of the module is not looked at.
 */
#ifndef PROXYWASM_CLI_SUITE_REPEAT_H
#define PROXYWASM_CLI_SUITE_REPEAT_H

#include "cli/bench/repeat.h"
#include "cli/suite/suite_run.h"

/** A test, and who runs it. Its options had better say `repeated`. */
struct pw_suite_repeat {
  struct pw_suite_runner     *runner;
  const struct pw_suite      *suite;
  const struct pw_suite_test *test;
};

/** All streams of the test, from the first step to the last, count as one. `repeat` must live as long. */
struct pw_scenario pw_suite_scenario(struct pw_suite_repeat *repeat);

#endif
