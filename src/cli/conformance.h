/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file conformance.h
 * What a run of the conformance suite on an engine came to, and how it is shown.
 */
#ifndef PROXYWASM_CLI_CONFORMANCE_H
#define PROXYWASM_CLI_CONFORMANCE_H

#include <proxywasm/engine.h>

#include "cli/suite/coverage.h"

/** A test that failed, or a suite that could not be read. */
struct pw_conformance_failure {
  char *file;
  char *test; /**< NULL: the suite itself */
  char *text;
};

/** One run over all suites. */
struct pw_conformance {
  const char                    *name;   /**< of the engine */
  const struct pw_engine_ops    *engine; /**< NULL: it cannot be used, see `error` */
  struct pw_error                error;
  struct pw_coverage             coverage;
  struct pw_conformance_failure *failures;
  size_t                         failure_count;
  size_t                         passed; /**< tests */
  size_t                         failed; /**< tests, suites that could not be read, and gaps */
};

/** To stdout: each function of the ABI with its result, the failures, and a last line "N passed, N failed". */
void pw_conformance_print(const struct pw_conformance *run);
/** The same for several engines side by side; `failed` and the last line are their sums. */
void pw_conformance_print_side_by_side(const struct pw_conformance *runs, size_t count);
/** One JSON document; for several runs one with all of them under "engines". */
void pw_conformance_print_json(const struct pw_conformance *run);
void pw_conformance_print_json_of_all(const struct pw_conformance *runs, size_t count);

#endif
