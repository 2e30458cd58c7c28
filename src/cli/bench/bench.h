/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file bench.h
 * What `proxywasm bench` measures, and how it is shown.
 *
 * Figures come from separate passes, so that looking at calls does not change what a stream takes: whole streams in
 * batches and one by one with nothing looking on, and then calls with the clock around each.
 */
#ifndef PROXYWASM_CLI_BENCH_H
#define PROXYWASM_CLI_BENCH_H

#include "cli/bench/call_times.h"
#include "cli/bench/repeat.h"

/** How much a pass does: `streams`, or, if that is 0, as many as `nanoseconds` hold. */
struct pw_bench_amount {
  uint64_t streams;
  uint64_t nanoseconds;
};

/** Batches of streams. Nanoseconds for one stream. */
struct pw_bench_batches {
  uint64_t streams; /**< in all batches */
  size_t   count;   /**< batches; 0: not measured */
  double   least;
  double   median;
  double   part_99;
  double   spread; /**< half of the distance between the quartiles, as a part of the median */
  double   drift;  /**< the median of the second half over that of the first, less 1 */
};

/** The start of the plugins, all of them together. Nanoseconds. */
struct pw_bench_start {
  double               engine;  /**< its own start */
  double               link;    /**< reading, checking and linking the modules */
  double               compile; /**< what compiling adds to that, with nothing cached */
  double               vm;      /**< VMs and root contexts, without what the modules do in them */
  struct pw_call_times calls;   /**< callbacks and hostcalls of the start */
};

struct pw_bench_memory {
  uint64_t before; /**< bytes, when measuring begins; all plugins together */
  uint64_t middle;
  uint64_t after;
};

/** Of one engine, or of one test of a suite. Free it with pw_bench_figures_clear. */
struct pw_bench_figures {
  const char             *test;    /**< of a suite; NULL: it is no suite */
  const char             *engine;  /**< of the first plugin; static */
  const char             *version; /**< of that engine; static */
  struct pw_error         error;   /**< code NONE: all the rest is there */
  struct pw_bench_start   start;
  struct pw_bench_batches stream;       /**< whole streams: simulated proxy, host and modules */
  struct pw_durations     single;       /**< whole streams one by one */
  struct pw_bench_batches bare;         /**< the simulated proxy alone; not measured when the path would be another */
  struct pw_call_times    calls;        /**< callbacks and hostcalls of streams */
  uint64_t                call_streams; /**< in how many streams */
  struct pw_bench_memory  linear;
  struct pw_bench_memory  resident;     /**< of the process */
  uint64_t                memory_limit; /**< of one VM's linear memory; 0: several plugins */
  uint64_t                measured;     /**< streams between `before` and `after` */
  enum pw_next            next[PW_STREAM_TYPE_COUNT];
  uint32_t                reply_status;
};

/** Above that, batches spread too much to be believed. */
#define PW_BENCH_NOISY 0.1
/** Beyond that, streams get slower as they go on. */
#define PW_BENCH_DRIFT 0.25

/** Measures how the plugins of `setup` start, on the engines that they name. False: `figures->error` says why. */
bool pw_bench_measure_start(struct pw_run_setup *setup, struct pw_bench_figures *figures);
/** Measures all but the start. False: `figures->error` says why. */
bool pw_bench_measure(const struct pw_scenario *scenario, struct pw_bench_amount amount,
                      struct pw_bench_figures *figures);
void pw_bench_figures_clear(struct pw_bench_figures *figures);

/* bench_batches.c */

/** Lets streams run in batches. `halfway` (may be NULL) is called in the middle of it. */
bool pw_bench_batches_run(struct pw_repeat *repeat, struct pw_bench_amount amount, struct pw_bench_batches *batches,
                          void (*halfway)(void *data), void *data, struct pw_error *error);
/** Lets streams run so that caches are warm, and compilers have seen what is hot. */
bool pw_bench_warm_up(struct pw_repeat *repeat, struct pw_bench_amount amount, struct pw_error *error);

/* bench_report.c, bench_json.c */

struct pw_bench_report {
  const char                    *suite;   /**< its file; NULL: none */
  const struct pw_bench_figures *figures; /**< one for each engine, or for each test of the suite */
  size_t                         count;
};

void pw_bench_print(FILE *out, const struct pw_bench_report *report);
void pw_bench_print_json(FILE *out, const struct pw_bench_report *report);

#endif
