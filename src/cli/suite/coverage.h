/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file coverage.h
 * Which functions of the ABI a suite covers: what its files claim, and what was really called.
 */
#ifndef PROXYWASM_CLI_COVERAGE_H
#define PROXYWASM_CLI_COVERAGE_H

#include <proxywasm/host.h>

#include "host/hostcall.h"

/** A hostcall or a callback. */
struct pw_covered {
  const char *module; /**< "env", "wasi_snapshot_preview1"; NULL: a callback */
  const char *name;
  unsigned    versions; /**< set of enum pw_abi_version */
  size_t      files;    /**< suites that cover it */
  size_t      passed;   /**< tests of those */
  size_t      failed;
  bool        called;     /**< while a suite that covers it ran */
  bool        called_now; /**< since pw_coverage_file_begin */
};

/** All of pw_hostcalls(), then all of PW_CALLBACKS. */
struct pw_coverage {
  struct pw_covered *items;
  size_t             count;
  size_t             hostcall_count;
};

/** Counts calls; give it to a host with a struct pw_coverage as trace_data. */
extern const struct pw_trace_ops pw_trace_ops_coverage;

/** false: memory. */
bool pw_coverage_init(struct pw_coverage *coverage);
void pw_coverage_clear(struct pw_coverage *coverage);

/** A suite begins: nothing has been called yet. */
void pw_coverage_file_begin(struct pw_coverage *coverage);
/** It has ended, and claims to cover `name`: notes the results of its tests. false: no function has that name. */
bool pw_coverage_file_end(struct pw_coverage *coverage, struct pw_view name, size_t passed, size_t failed);

/** NULL: it is covered; else why not ("no scenario", "never called", "failed"). Static. */
const char *pw_coverage_gap(const struct pw_covered *covered);

#endif
