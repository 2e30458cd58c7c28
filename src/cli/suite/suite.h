/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file suite.h
 * A scenario suite as it was read from YAML (docs/reference/scenarios.md): what comes, and what is expected.
 *
 * Everything belongs to the suite and lives as long. A `…_given` tells whether the key was there.
 */
#ifndef PROXYWASM_CLI_SUITE_H
#define PROXYWASM_CLI_SUITE_H

#include "cli/simulator/simulator.h"
#include "config/plugin_schema.h"

/** The clock of a suite that gives no time: a module may take a clock at zero for a broken one. */
#define PW_SUITE_TIME 1000000ULL

struct pw_suite_header {
  struct pw_view key;
  struct pw_view value;
};

/** One of `exact`, `regex` and `file` is given. */
struct pw_suite_matcher {
  bool           invert;
  unsigned       line;
  bool           exact_given;
  struct pw_view exact;
  bool           regex_given;
  struct pw_view regex; /**< is known to compile */
  bool           file_given;
  const char    *file;
};

struct pw_suite_input {
  struct pw_schema_list header; /**< struct pw_suite_header */
  bool                  content_given;
  struct pw_view        content;
  const char           *file; /**< NULL: none */
  bool                  repeat;
  bool                  end_of_stream_given;
  bool                  end_of_stream;
};

struct pw_suite_metric {
  struct pw_view name;
  unsigned       line;
  bool           type_given;
  int            type; /**< enum pw_metric_type */
  struct pw_view value_text;
  bool           value_given;
  int64_t        value;
  bool           count_given;
  uint64_t       count;
  bool           sum_given;
  uint64_t       sum;
  bool           absent;
};

/** A call that a module is expected to make. */
struct pw_suite_call {
  bool                  upstream_given;
  unsigned              line;
  struct pw_view        upstream;
  bool                  service_given;
  struct pw_view        service;
  bool                  method_given;
  struct pw_view        method;
  struct pw_schema_list has_header;
  struct pw_schema_list no_header;
  struct pw_schema_list body; /**< struct pw_suite_matcher */
  bool                  timeout_given;
  uint32_t              timeout;
  bool                  status_given;
  int                   status; /**< enum pw_status */
};

struct pw_suite_expectation {
  struct pw_schema_list has_header;
  unsigned              line;
  struct pw_schema_list no_header;
  struct pw_schema_list headers; /**< struct pw_suite_matcher */
  bool                  header_lines_given;
  struct pw_schema_list header_lines; /**< struct pw_view */
  struct pw_schema_list body;         /**< struct pw_suite_matcher */
  bool                  immediate_given;
  bool                  http_status_given;
  uint32_t              http_status;
  bool                  grpc_status_given;
  uint32_t              grpc_status;
  bool                  details_given;
  struct pw_view        details;
  struct pw_schema_list log; /**< struct pw_suite_matcher */
  bool                  outcome_given;
  int                   outcome; /**< enum pw_next */
  bool                  trap_given;
  struct pw_schema_list trap; /**< struct pw_suite_matcher */
  bool                  error_given;
  struct pw_schema_list error; /**< struct pw_suite_matcher */
  struct pw_schema_list metric;
  bool                  http_call_given;
  struct pw_schema_list http_call; /**< struct pw_suite_call */
  bool                  grpc_call_given;
  struct pw_schema_list grpc_call; /**< struct pw_suite_call */
  bool                  status_given;
  int                   status; /**< enum pw_status */
};

/** The kinds of steps: X(identifier, key, what it is). */
#define PW_SUITE_STEPS(X)                                                                                              \
  X(REQUEST_HEADERS, request_headers, "Request headers come.")                                                         \
  X(REQUEST_BODY, request_body, "A piece of request body comes.")                                                      \
  X(REQUEST_TRAILERS, request_trailers, "Request trailers come.")                                                      \
  X(REQUEST_METADATA, request_metadata, "HTTP/2 metadata of the request come.")                                        \
  X(RESPONSE_HEADERS, response_headers, "Response headers come.")                                                      \
  X(RESPONSE_BODY, response_body, "A piece of response body comes.")                                                   \
  X(RESPONSE_TRAILERS, response_trailers, "Response trailers come.")                                                   \
  X(RESPONSE_METADATA, response_metadata, "HTTP/2 metadata of the response come.")                                     \
  X(ADVANCE, advance, "The clock goes on.")                                                                            \
  X(WAIT, wait, "The clock goes on until a direction is no longer paused.")                                            \
  X(REPLY, reply, "The local reply goes through the response callbacks.")                                              \
  X(END, end, "The stream ends.")                                                                                      \
  X(NEW_CONNECTION, new_connection, "A TCP connection comes.")                                                         \
  X(DOWNSTREAM_DATA, downstream_data, "TCP data come from the client.")                                                \
  X(UPSTREAM_DATA, upstream_data, "TCP data come from the upstream.")                                                  \
  X(DOWNSTREAM_CLOSE, downstream_close, "The client's TCP connection closes.")                                         \
  X(UPSTREAM_CLOSE, upstream_close, "The upstream's TCP connection closes.")                                           \
  X(FOREIGN_FUNCTION, foreign_function, "`proxy_on_foreign_function` of a root context is called.")

enum pw_suite_step_kind {
#define PW_SUITE_STEP_ENUMERATOR(identifier, key, meaning) PW_SUITE_##identifier,
  PW_SUITE_STEPS(PW_SUITE_STEP_ENUMERATOR)
#undef PW_SUITE_STEP_ENUMERATOR
    PW_SUITE_STEP_COUNT
};

/** What a step does; each kind has keys for some of it. */
struct pw_suite_action {
  struct pw_suite_input       input;
  unsigned                    line;
  uint32_t                    count;
  uint32_t                    by;        /**< milliseconds */
  uint32_t                    limit;     /**< milliseconds; 0: a minute */
  int                         direction; /**< enum pw_stream_type */
  int                         peer;      /**< enum pw_peer_type */
  uint32_t                    plugin;    /**< from 1; 0: the first */
  uint32_t                    id;
  struct pw_view              arguments;
  struct pw_suite_expectation result;
};

struct pw_suite_step {
  struct pw_view         stream;                          /**< empty: "1" */
  unsigned               line;                            /**< not first: see struct pw_schema, `line` */
  bool                   kind_given[PW_SUITE_STEP_COUNT]; /**< not first: see struct pw_schema_key, `given` */
  struct pw_suite_action action;
  /* Not keys of their own: */
  enum pw_suite_step_kind kind;
  bool                    chunked; /**< by the test's chunking plan */
};

struct pw_suite_property {
  struct pw_view path;
  struct pw_view value;
  int            type; /**< enum pw_suite_property_type */
};
enum pw_suite_property_type {
  PW_SUITE_PROPERTY_STRING,
  PW_SUITE_PROPERTY_INT,
  PW_SUITE_PROPERTY_UINT,
  PW_SUITE_PROPERTY_DOUBLE,
  PW_SUITE_PROPERTY_BOOL
};

struct pw_suite_function {
  const char    *name;
  struct pw_view result;
  int            status; /**< enum pw_status */
  bool           echo;
};

/** How a call is answered. */
struct pw_suite_answer {
  struct pw_view        upstream;
  struct pw_view        authority;
  struct pw_view        path;
  struct pw_suite_input input; /**< header, content or file */
  struct pw_view        body;
  struct pw_schema_list message; /**< struct pw_view */
  struct pw_schema_list trailer; /**< struct pw_suite_header */
  uint32_t              status;
  struct pw_view        status_message;
  uint32_t              delay;
  bool                  fail;
  bool                  refuse_given;
  int                   refuse; /**< enum pw_status */
};

/** The plugins, the functions and the time: of a suite, or of a test in place of them. */
struct pw_suite_setting {
  bool                   plugin_given;
  struct pw_config_draft plugin;
  bool                   plugins_given;
  struct pw_schema_list  plugins; /**< struct pw_config_draft */
  bool                   foreign_function_given;
  struct pw_schema_list  foreign_function; /**< struct pw_suite_function */
  uint64_t               time_secs;
};

struct pw_suite_env {
  const char             *wasm_path;
  const char             *config_path;
  bool                    log_level_given;
  int                     log_level;
  const char             *log_path;
  struct pw_view          ignored;
  uint64_t                ignored_number;
  struct pw_suite_setting setting;
};

struct pw_suite_test {
  struct pw_view              name;
  unsigned                    line;
  bool                        benchmark;
  bool                        num_chunks_given;
  uint64_t                    num_chunks;
  bool                        chunk_size_given;
  uint64_t                    chunk_size;
  struct pw_schema_list       properties;
  struct pw_suite_setting     setting;
  struct pw_schema_list       http_answer; /**< struct pw_suite_answer */
  struct pw_schema_list       grpc_answer; /**< struct pw_suite_answer */
  bool                        request_headers_given;
  struct pw_suite_action      request_headers;
  struct pw_schema_list       request_body; /**< struct pw_suite_action */
  bool                        request_trailers_given;
  struct pw_suite_action      request_trailers;
  bool                        response_headers_given;
  struct pw_suite_action      response_headers;
  struct pw_schema_list       response_body; /**< struct pw_suite_action */
  bool                        response_trailers_given;
  struct pw_suite_action      response_trailers;
  bool                        steps_given;
  struct pw_schema_list       steps; /**< struct pw_suite_step: as given, or made from the invocations above */
  bool                        stream_init_given;
  struct pw_suite_expectation plugin_init;
  struct pw_suite_expectation stream_init;
  struct pw_suite_expectation stream_destroy;
  struct pw_suite_expectation plugin_destroy;
};

struct pw_suite {
  struct pw_suite_env   env;
  struct pw_schema_list covers; /**< struct pw_view */
  struct pw_schema_list test;   /**< struct pw_suite_test */
  char                 *file;
  char                 *directory; /**< of the file; "." */
  struct pw_arena      *arena;
};

extern const struct pw_schema pw_suite_schema;

/** A property's value as the ABI serialises its type; `bytes` is empty before. NULL, or what is wrong with it. */
const char *pw_suite_property_value(const struct pw_suite_property *property, struct pw_bytes *bytes);

/** Reads a suite. Errors: those of pw_config_read_file. NULL on error. */
struct pw_suite *pw_suite_read(const char *file, struct pw_error *error);
/** NULL is allowed. */
void pw_suite_free(struct pw_suite *suite);
static inline const struct pw_suite_test *
pw_suite_test_at(const struct pw_suite *suite, size_t index)
{
  return (const struct pw_suite_test *)suite->test.items + index;
}

/** Whether a test's name has `filter` in it, or, with * or ? in the filter, fits it as a pattern. NULL: any does. */
bool pw_suite_is_wanted(const struct pw_suite_test *test, const char *filter);

/** Where a file that a suite names is: beside the suite; with `or_here`, in the working directory if it is not there.
 *  To be freed with free(). NULL: memory. */
char *pw_suite_path(const struct pw_suite *suite, const char *file, bool or_here);

#endif
