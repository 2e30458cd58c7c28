/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file run_profile.h
 * `proxywasm run --profile-…` and `--timeline`: where a module spends its time, into files.
 */
#ifndef PROXYWASM_CLI_RUN_PROFILE_H
#define PROXYWASM_CLI_RUN_PROFILE_H

#include "cli/run/run_setup.h"

/** What the command line asks for: files, "-" being the standard output; NULL: not wanted. */
struct pw_run_profile_options {
  const char *text;
  const char *folded;
  const char *flame_graph;
  const char *timeline;
  uint64_t    nanoseconds; /**< how long samples are taken; 0: a second */
};

enum {
  PW_RUN_PROFILE_TEXT = PW_RUN_OWN,
  PW_RUN_PROFILE_FOLDED,
  PW_RUN_PROFILE_SVG,
  PW_RUN_PROFILE_SECONDS,
  PW_RUN_TIMELINE
};

#define PW_RUN_PROFILE_OPTIONS                                                                                         \
  {PW_RUN_PROFILE_TEXT, "profile-text", "FILE",                                                                        \
   "where the module spends its time, as a table; - is the standard output"},                                          \
    {PW_RUN_PROFILE_FOLDED, "profile-folded", "FILE", "the same as folded stacks"},                                    \
    {PW_RUN_PROFILE_SVG, "profile-svg", "FILE", "the same as a flame graph"},                                          \
    {PW_RUN_PROFILE_SECONDS, "profile-seconds", "N", "how long that is watched; default: 1"},                          \
  {                                                                                                                    \
    PW_RUN_TIMELINE, "timeline", "FILE", "when callbacks and hostcalls begin and end, for Perfetto"                    \
  }

/** For pw_run_options_read; `data` is the struct pw_run_profile_options. */
bool pw_run_profile_option(void *data, const struct pw_run_given *given, struct pw_error *error);
/** Whether anything is wanted. Errors by false: ARGUMENT, two of them would go to the standard output. */
bool pw_run_profile_check(const struct pw_run_profile_options *options, bool json, bool *wanted,
                          struct pw_error *error);
/** Runs the scenario over and over, and writes what is wanted. Errors: those of pw_repeat_stream; ENGINE, the module
 *  cannot be sampled there; FILE. */
bool pw_run_profile(const struct pw_run_profile_options *options, struct pw_run_setup *setup, struct pw_error *error);

#endif
