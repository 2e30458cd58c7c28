/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file run_report.h
 * What `proxywasm run` shows: the trace, the outcome, log lines and metrics, as text or JSON.
 */
#ifndef PROXYWASM_CLI_RUN_REPORT_H
#define PROXYWASM_CLI_RUN_REPORT_H

#include "cli/run/run_setup.h"
#include "cli/trace/trace.h"

struct pw_run_report {
  const struct pw_run_options *options;
  const struct pw_run_plugin  *plugins;
  size_t                       plugin_count;
  const struct pw_simulator   *simulator;
  struct pw_host              *host;
  const struct pw_trace       *trace;
  const struct pw_transaction *transaction; /**< NULL: none was run */
};

void pw_run_print(FILE *out, const struct pw_run_report *report);
void pw_run_print_json(FILE *out, const struct pw_run_report *report);

#endif
