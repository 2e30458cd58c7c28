/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file expectation.h
 * What came of a step, held against what a suite expects of it.
 */
#ifndef PROXYWASM_CLI_EXPECTATION_H
#define PROXYWASM_CLI_EXPECTATION_H

#include <stdio.h>

#include "cli/suite/suite.h"

/** Expectations that were not met. Zero-initialised is empty. */
struct pw_failures {
  struct pw_failure {
    unsigned line; /**< in the suite */
    char    *text; /**< "request_headers: header 'x': expected …, came …" */
  } * items;
  size_t count;
};

/** Notes one; `text` is a printf format. */
void pw_failures_add(struct pw_failures *failures, unsigned line, const char *phase, const char *format, ...)
  __attribute__((format(printf, 4, 5)));
void pw_failures_clear(struct pw_failures *failures);

/** What came of a step. Everything belongs to others. */
struct pw_observation {
  struct pw_simulator    *simulator;
  const char             *phase;         /**< for messages */
  bool                    ran;           /**< false: a local reply (or the like) came before */
  bool                    has_direction; /**< `outcome`, `headers` and `body` mean something */
  bool                    may_pause;     /**< a pause needs not be expected */
  enum pw_next            outcome;
  const struct pw_fields *headers; /**< NULL: none */
  struct pw_view          body;
  const struct pw_reply  *reply; /**< the local reply of this step; NULL: none */
  size_t                  log_begin, log_end;
  size_t                  call_begin, call_end;
  uint64_t                traps;
  bool                    has_status;
  enum pw_status          status;
  const struct pw_error  *error; /**< why a plugin was refused; NULL or NONE: it was not */
};

/** Holds an observation against an expectation; a file that cannot be read is a failure, too. */
void pw_expectation_check(const struct pw_suite *suite, const struct pw_suite_expectation *expectation,
                          const struct pw_observation *observation, struct pw_failures *failures);

/* What the parts of it share: */

struct pw_checker {
  const struct pw_suite       *suite;
  const struct pw_observation *observation;
  struct pw_failures          *failures;
};

/** A list of texts, any of which may match. */
struct pw_texts {
  struct pw_view *items;
  size_t          count;
  size_t          capacity;
};
/** False: memory. The bytes are not copied. */
bool pw_texts_add(struct pw_texts *texts, struct pw_view text);

/** Each matcher of a list, against the texts; `what` names them: "a log line". With `log_text`, a text may also
 *  match without the escapes that the host puts into logs. */
void pw_check_matchers(const struct pw_checker *checker, const struct pw_schema_list *matchers,
                       const struct pw_texts *texts, const char *what, bool log_text);
/** Lists of struct pw_suite_header, against fields. */
void pw_check_has_headers(const struct pw_checker *checker, unsigned line, const struct pw_schema_list *headers,
                          const struct pw_fields *joined);
void pw_check_no_headers(const struct pw_checker *checker, unsigned line, const struct pw_schema_list *headers,
                         const struct pw_fields *joined);
void pw_check_calls(const struct pw_checker *checker, unsigned line, const struct pw_schema_list *calls, bool grpc);
void pw_check_metrics(const struct pw_checker *checker, const struct pw_schema_list *metrics);

/** The texts in quotes, each in a line of its own; "nothing" if there are none. To be freed with free(). */
char *pw_described(const struct pw_texts *texts);
/** Bytes in quotes for a message; to be freed with free(), never NULL but when memory is out. Long ones are cut. */
char *pw_quoted(struct pw_view bytes);

#endif
