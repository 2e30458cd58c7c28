/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trace.h
 * Everything that passes between host and modules, decoded and kept as a tree: callbacks, and under them the hostcalls
 * that they made (and under those, the module's allocator).
 *
 * What a pointer points to is read and copied when it passes; numbers that have names in the ABI text get them.
 */
#ifndef PROXYWASM_CLI_TRACE_H
#define PROXYWASM_CLI_TRACE_H

#include <proxywasm/host.h>

#include "cli/json.h"
#include "cli/simulator/simulator_fields.h"
#include "host/hostcall.h"

/** The most bytes of one value that are kept. */
#define PW_TRACE_LIMIT 65536

enum pw_trace_kind {
  PW_TRACE_NUMBER,  /**< `number`, perhaps with a `word` */
  PW_TRACE_BYTES,   /**< `bytes`, the first of `size` */
  PW_TRACE_PAIRS,   /**< `pairs` */
  PW_TRACE_ADDRESS, /**< `number` is an address in the module's memory */
  PW_TRACE_BAD      /**< `number` and `size` are address and size, and not all of it is in the module's memory */
};

struct pw_trace_value {
  char               name[32];
  enum pw_trace_kind kind;
  int64_t            number;
  const char        *word; /**< static, or NULL */
  struct pw_bytes    bytes;
  size_t             size;
  struct pw_fields   pairs;
};

struct pw_trace_event {
  struct pw_trace_event *next;
  struct pw_trace_event *parent;
  struct pw_trace_event *children;
  struct pw_trace_event *last_child;
  char                  *plugin; /**< its name; "" if none */
  char                  *name;
  const char            *module; /**< "env" or "wasi_snapshot_preview1"; NULL: it is a callback */
  struct pw_trace_value *arguments;
  size_t                 argument_count;
  struct pw_trace_value *returns; /**< what a hostcall wrote into the module's memory */
  size_t                 return_count;
  bool                   has_result;
  struct pw_trace_value  result;
  char                  *trap; /**< the message; NULL: none */
  char                  *backtrace;
};

/** Zero-initialised is empty. Give it to a host as trace_data, with pw_trace_ops_tree. */
struct pw_trace {
  struct pw_trace_event *first;
  struct pw_trace_event *last;
  struct pw_trace_event *current;
  bool                   trapped;   /**< a callback ended with a trap */
  bool                   truncated; /**< memory was out: events are missing */
};

extern const struct pw_trace_ops pw_trace_ops_tree;

void pw_trace_clear(struct pw_trace *trace);

/** How values are written as text. */
struct pw_trace_style {
  bool   color;
  size_t limit; /**< bytes of a value that are shown; 0: all that were kept */
};

/** An event and all beneath it, as indented lines. */
void pw_trace_print(FILE *out, const struct pw_trace_event *event, unsigned depth, const struct pw_trace_style *style);
/** Bytes in quotes, escaped as in C: \n, \t, \", \\, \xff; UTF-8 as it is. What is beyond `limit` (0: none) is told. */
void pw_trace_print_bytes(FILE *out, struct pw_view bytes, size_t size, size_t limit);
/** Bytes without quotes: only control characters and what is no UTF-8 are escaped. */
void pw_trace_print_plain(FILE *out, struct pw_view bytes);
/** An event and all beneath it, as an object (docs/reference/commands.md). */
void pw_trace_json(struct pw_json *json, const struct pw_trace_event *event);

/* trace_names.c: names of the ABI's numbers, and of callbacks' parameters. */

/** The name of `number` where a hostcall's parameter is called `parameter` ("map", "buffer", "level" …), or NULL. */
const char *pw_trace_word(const char *parameter, int64_t number);
/** Parameters of a callback, "context_id parent_context_id", or NULL for one that is unknown. */
const char *pw_trace_callback_parameters(const char *callback);
/** What a callback's result means: 'a' action, 'b' boolean, 'p' an address, 'v' none; 'n' number if it is unknown. */
char pw_trace_callback_result(const char *callback);
/** The name of a WASI errno, "BADF"; NULL if it has none. */
const char *pw_trace_errno_name(int64_t number);

#endif
