/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file run_options.h
 * The command line of `proxywasm run`, and of the commands that take its options, read into what is to be done.
 */
#ifndef PROXYWASM_CLI_RUN_OPTIONS_H
#define PROXYWASM_CLI_RUN_OPTIONS_H

#include "cli/command.h"
#include "cli/http_text.h"
#include "cli/run/run_values.h"

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
  bool                    flags;        /**< flags said something that is not about the engine */
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

/** The options that say what a module meets: for the table of a command that takes them. */
#define PW_RUN_SCENARIO_OPTIONS                                                                                        \
  {PW_RUN_REQUEST, "request", "FILE", "the request as HTTP/1 text; - is the standard input"},                          \
    {PW_RUN_METHOD, "method", "METHOD", "default: GET, or POST with --body"},                                          \
    {PW_RUN_URL, "url", "URL", "scheme, host and path at once; default: http://localhost/"},                           \
    {PW_RUN_PATH, "path", "PATH", "':path', with its query"}, {PW_RUN_HOST, "host", "HOST", "':authority'"},           \
    {PW_RUN_SCHEME, "scheme", "SCHEME", "http or https"},                                                              \
    {PW_RUN_HEADER, "header", "'NAME: VALUE'", "one more field of the request; may be repeated"},                      \
    {PW_RUN_BODY, "body", "TEXT|@FILE", "the request's body; @- is the standard input"},                               \
    {PW_RUN_TRAILER, "trailer", "'NAME: VALUE'", "one more trailer of the request"},                                   \
    {PW_RUN_METADATA, "metadata", "N", "N elements of HTTP/2 metadata after the request's header"},                    \
    {PW_RUN_RESPONSE, "response", "FILE", "the upstream's response as HTTP/1 text"},                                   \
    {PW_RUN_RESPONSE_STATUS, "response-status", "STATUS", "default: 200"},                                             \
    {PW_RUN_RESPONSE_HEADER, "response-header", "'NAME: VALUE'", "one more field of the response"},                    \
    {PW_RUN_RESPONSE_BODY, "response-body", "TEXT|@FILE", "the response's body"},                                      \
    {PW_RUN_RESPONSE_TRAILER, "response-trailer", "'NAME: VALUE'", "one more trailer of the response"},                \
    {PW_RUN_RESPONSE_METADATA, "response-metadata", "N", "N elements of HTTP/2 metadata after the response's header"}, \
    {PW_RUN_NO_RESPONSE, "no-response", NULL, "the upstream does not answer"},                                         \
    {PW_RUN_CONFIG, "config", "FILE", "YAML, as for Traffic Server; MODULE may then be left out"},                     \
    {PW_RUN_CONFIGURATION, "configuration", "TEXT|@FILE", "plugin configuration"},                                     \
    {PW_RUN_VM_CONFIGURATION, "vm-configuration", "TEXT|@FILE", "VM configuration"},                                   \
    {PW_RUN_NAME, "name", "NAME", "of the plugin"}, {PW_RUN_ROOT_ID, "root-id", "ID", "of the plugin"},                \
    {PW_RUN_VM_ID, "vm-id", "ID", "of the VM"},                                                                        \
    {PW_RUN_ENV, "env", "NAME=VALUE", "an environment variable of the module"},                                        \
    {PW_RUN_LOG_LEVEL, "log-level", "LEVEL", "trace, debug, info (default), warn, error, critical"},                   \
    {PW_RUN_FAIL_OPEN, "fail-open", NULL,                                                                              \
     "a broken plugin lets traffic pass; without it, the answer is 503.\nWith --config, what fail_open in the file "   \
     "says"},                                                                                                          \
    {PW_RUN_ENGINE, "engine", "NAME", "see 'proxywasm engines'"},                                                      \
    {PW_RUN_PROPERTY, "property", "PATH=TEXT", "what proxy_get_property answers; PATH has dots"},                      \
    {PW_RUN_PROPERTY_INT, "property-int", "PATH=N", "a property that is a number"},                                    \
    {PW_RUN_PROPERTY_BOOL, "property-bool", "PATH=true|false", "a property that is a truth"},                          \
    {PW_RUN_HTTP_ANSWER, "http-answer", "UPSTREAM=FILE",                                                               \
     "how HTTP calls to UPSTREAM ('*': any) are answered:\na response as HTTP/1 text"},                                \
    {PW_RUN_CHUNK_SIZE, "chunk-size", "N", "bodies come in pieces of N bytes"},                                        \
    {PW_RUN_ADVANCE, "advance", "MS", "virtual time before the request, so that timers run"},                          \
    {PW_RUN_WAIT, "wait", "MS", "the longest pause, in virtual time; default: 10000"},                                 \
    {PW_RUN_TIME, "time", "SECONDS", "since 1970; default: 2024-01-01T00:00:00Z"},                                     \
    {PW_RUN_SEED, "seed", "N", "of the random bytes; default: 0"},                                                     \
  {                                                                                                                    \
    PW_RUN_SYSTEM_RANDOM, "system-random", NULL, "the system's random bytes instead"                                   \
  }

/** An option that is the command's own, with an id from PW_RUN_OWN on. Errors by false: ARGUMENT, with its name. */
typedef bool (*pw_run_own_option)(void *data, const struct pw_run_given *given, struct pw_error *error);

/**
 * Reads the command line; files that it names are read, too. `options` is zeroed first; free it with
 * pw_run_options_clear in any case. `own`, with `data`, is told of each of the command's own options; NULL when it has
 * none. Answers -1 when there is something to run, or what to exit with: a mistake was told on stderr, or help was
 * asked for.
 */
int  pw_run_options_read(struct pw_command_line *line, struct pw_run_options *options, pw_run_own_option own,
                         void *data);
void pw_run_options_clear(struct pw_run_options *options);

#endif
