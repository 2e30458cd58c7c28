/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file timeline.h
 * When each callback and hostcall began and ended, for viewers such as Perfetto: written in the Trace Event format.
 */
#ifndef PROXYWASM_CLI_TIMELINE_H
#define PROXYWASM_CLI_TIMELINE_H

#include <proxywasm/host.h>

#include <stdio.h>

enum pw_span_kind { PW_SPAN_STREAM, PW_SPAN_CALLBACK, PW_SPAN_HOSTCALL };

struct pw_span {
  const char             *name; /**< static; of streams NULL */
  const struct pw_plugin *plugin;
  uint64_t                begin; /**< ns */
  uint64_t                end;   /**< 0: it has not ended */
  enum pw_span_kind       kind;
  int64_t                 number; /**< a stream's, a callback's context, a hostcall's status; -1: none */
};

#define PW_TIMELINE_DEPTH 32

/** Zero-initialised is empty, and does not record. Give it to a host as trace_data, with pw_timeline_ops. */
struct pw_timeline {
  struct pw_span *spans;
  size_t          count;
  size_t          capacity;
  size_t          open[PW_TIMELINE_DEPTH]; /**< private: spans under way */
  size_t          depth;                   /**< private */
  uint64_t        cut;                     /**< private: ns that were taken out so far */
  uint64_t        paused_at;               /**< private */
  bool            recording;               /**< private */
  bool            truncated;               /**< there was no room: the end is missing */
};

extern const struct pw_trace_ops pw_timeline_ops;

/** Records from now on. The time since it was last stopped is cut out. */
void pw_timeline_record(struct pw_timeline *timeline);
void pw_timeline_stop(struct pw_timeline *timeline);
/** Stream `number` begins, and ends. */
void pw_timeline_stream_begin(struct pw_timeline *timeline, uint64_t number);
void pw_timeline_stream_end(struct pw_timeline *timeline);
/** While the plugins are there. */
void pw_timeline_print(FILE *out, const struct pw_timeline *timeline, const char *title);
void pw_timeline_clear(struct pw_timeline *timeline);

#endif
