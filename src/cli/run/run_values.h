/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file run_values.h
 * The options of `proxywasm run`, and how their values are read. All functions that answer bool set `error` when they
 * answer false: ARGUMENT with the option's name, MEMORY, or a file's error.
 */
#ifndef PROXYWASM_CLI_RUN_VALUES_H
#define PROXYWASM_CLI_RUN_VALUES_H

#include <proxywasm/types.h>

#include "cli/http_text.h"

/** Ids of options. */
enum pw_run_option {
  PW_RUN_REQUEST = 256,
  PW_RUN_METHOD,
  PW_RUN_URL,
  PW_RUN_PATH,
  PW_RUN_HOST,
  PW_RUN_SCHEME,
  PW_RUN_BODY,
  PW_RUN_TRAILER,
  PW_RUN_METADATA,
  PW_RUN_RESPONSE,
  PW_RUN_RESPONSE_STATUS,
  PW_RUN_RESPONSE_HEADER,
  PW_RUN_RESPONSE_BODY,
  PW_RUN_RESPONSE_TRAILER,
  PW_RUN_RESPONSE_METADATA,
  PW_RUN_NO_RESPONSE,
  PW_RUN_CONFIG,
  PW_RUN_CONFIGURATION,
  PW_RUN_VM_CONFIGURATION,
  PW_RUN_NAME,
  PW_RUN_ROOT_ID,
  PW_RUN_VM_ID,
  PW_RUN_ENV,
  PW_RUN_LOG_LEVEL,
  PW_RUN_FAIL_OPEN,
  PW_RUN_ENGINE,
  PW_RUN_PROPERTY,
  PW_RUN_PROPERTY_INT,
  PW_RUN_PROPERTY_BOOL,
  PW_RUN_HTTP_ANSWER,
  PW_RUN_CHUNK_SIZE,
  PW_RUN_ADVANCE,
  PW_RUN_WAIT,
  PW_RUN_TIME,
  PW_RUN_SEED,
  PW_RUN_SYSTEM_RANDOM,
  PW_RUN_JSON,
  PW_RUN_QUIET,
  PW_RUN_FULL,
  PW_RUN_COLOR,
  PW_RUN_OWN = 512 /**< from here on: those of a single command */
};

#define PW_RUN_HEADER 'H'

/** One option as it stood on the command line. */
struct pw_run_given {
  int         id;
  const char *name;
  const char *argument;
};

bool pw_run_no_memory(struct pw_error *error);
/** TEXT or @FILE, in place of what `bytes` held; "@-" is the standard input. */
bool pw_run_read_text(const char *argument, struct pw_bytes *bytes, struct pw_error *error);
/** A number from 0 to `most`. */
bool pw_run_read_number(const struct pw_run_given *given, uint64_t most, uint64_t *number, struct pw_error *error);
/** A time in seconds, from 0.01 to an hour, that may have a fraction. */
bool pw_run_read_seconds(const struct pw_run_given *given, uint64_t *nanoseconds, struct pw_error *error);
/** HTTP/1 text from a file ("-": the standard input), in place of what `message` held. */
bool pw_run_read_message(const struct pw_run_given *given, enum pw_http_kind kind, struct pw_http_message *message,
                         struct pw_error *error);
/** "Name: value", added; a pseudo-header, or Host, which is one, is set. */
bool pw_run_add_field(const struct pw_run_given *given, struct pw_fields *fields, struct pw_error *error);
/** The option's value becomes the pseudo-header `name`. */
bool pw_run_set_pseudo(const struct pw_run_given *given, struct pw_fields *fields, const char *name,
                       struct pw_error *error);
/** ":scheme", ":authority" and ":path" from a URL. */
bool pw_run_set_url(const struct pw_run_given *given, struct pw_fields *fields, struct pw_error *error);
/** ":status". */
bool pw_run_set_status(const struct pw_run_given *given, struct pw_fields *fields, struct pw_error *error);
/** NAME=VALUE: what stands left and right of the first '='. Views into the argument. */
bool pw_run_split(const struct pw_run_given *given, struct pw_view *left, struct pw_view *right,
                  struct pw_error *error);
/** PATH=VALUE: the value, serialised, under its dotted path. */
bool pw_run_add_property(const struct pw_run_given *given, struct pw_fields *properties, struct pw_error *error);

#endif
