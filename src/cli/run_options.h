/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file run_options.h
 * The command line of `proxywasm run`, read into what is to be done.
 */
#ifndef PROXYWASM_CLI_RUN_OPTIONS_H
#define PROXYWASM_CLI_RUN_OPTIONS_H

#include "cli/command.h"
#include "cli/http_text.h"

/** `--http-answer UPSTREAM=FILE`. */
struct pw_run_answer {
  const char            *upstream; /**< "" for any */
  char                  *owned;
  struct pw_http_message message;
};

/** Strings are those of the command line unless they are in an owning type. */
struct pw_run_options {
  const char             *module;       /**< NULL: the configuration file names it */
  const char             *config_file;  /**< NULL: none */
  struct pw_plugin_config plugin;       /**< what flags say about it */
  bool                    plugin_flags; /**< flags said something about it */
  struct pw_bytes         configuration;
  struct pw_bytes         vm_configuration;
  struct pw_pairs         environment;
  struct pw_http_message  request;
  struct pw_http_message  response;
  bool                    no_response;
  struct pw_fields        properties; /**< dotted path, serialised value */
  struct pw_run_answer   *answers;
  size_t                  answer_count;
  uint64_t                request_metadata; /**< elements of HTTP/2 metadata after the headers; 0: none */
  uint64_t                response_metadata;
  uint64_t                chunk_size;
  uint64_t                wait_milliseconds;
  uint64_t                advance_milliseconds; /**< time that passes before the request comes */
  uint64_t                time_seconds;
  uint64_t                seed;
  bool                    system_random;
  bool                    json;
  bool                    full;  /**< long values are shown whole */
  bool                    quiet; /**< no callbacks and hostcalls */
  bool                    color;
};

/** For struct pw_command. */
extern const struct pw_command_option pw_run_command_options[];

/**
 * Reads the command line; files that it names are read, too. `options` is zeroed first; free it with
 * pw_run_options_clear in any case. Answers -1 when there is something to run, or what to exit with: a mistake was told
 * on stderr, or help was asked for.
 */
int  pw_run_options_read(struct pw_command_line *line, struct pw_run_options *options);
void pw_run_options_clear(struct pw_run_options *options);

#endif
