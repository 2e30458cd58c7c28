/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file command.h
 * The subcommands of `proxywasm`: one table entry each, with its options as data, so that parsing, `--help` and the
 * messages for mistakes are the same everywhere.
 *
 * A command's file defines its struct pw_command and nothing else that others see; main.c lists them.
 */
#ifndef PROXYWASM_CLI_COMMAND_H
#define PROXYWASM_CLI_COMMAND_H

#include <proxywasm/host.h>

/** What the process exits with. */
enum pw_exit {
  PW_EXIT_OK     = 0,
  PW_EXIT_FAILED = 1, /**< what was asked for was done, or tried, and the answer is no */
  PW_EXIT_USAGE  = 2  /**< the command line, or the file that says what to do, is wrong; nothing was done */
};

/** `--help` is understood by every command, and not in its table. */
struct pw_command_option {
  int         id;       /**< a letter ('e' makes -e), or a number above 255 for an option without one */
  const char *name;     /**< "engine" */
  const char *argument; /**< "NAME"; NULL: it has none */
  const char *meaning;  /**< one line; further ones after '\n' */
};

struct pw_command_line;

struct pw_command {
  const char                     *name;
  const char                     *summary;     /**< for the list of commands: "run scenarios" */
  const char                     *arguments;   /**< "SUITE.yaml [MODULE]", "" */
  const char                     *description; /**< paragraphs for --help */
  const struct pw_command_option *options;     /**< ends with a NULL name; NULL: none */
  int                             minimum;     /**< arguments that are not options: the least … */
  int                             maximum;     /**< … and the most; -1: any number */
  /** Answers an enum pw_exit. Called with options and arguments unread. */
  int (*run)(struct pw_command_line *line);
};

/** Read `option_argument` after pw_command_next, and the rest when that has answered 0. */
struct pw_command_line {
  const struct pw_command *command;
  const char              *option_argument;
  int                      count; /**< of arguments that are not options; within the command's minimum and maximum */
  char                   **arguments; /**< they themselves */
  int                      exit;      /**< after -1: what to exit with */
  int                      argc;      /**< private */
  char                   **argv;      /**< private */
};

/**
 * The next option's id; 0 when there are no more; -1 when the command is to end with `line->exit` (a mistake was told,
 * or --help was asked for).
 */
int pw_command_next(struct pw_command_line *line);
/** Tells a mistake in the command line on stderr, "proxywasm test: …", with where to find help. Answers
 *  PW_EXIT_USAGE. */
int pw_command_usage(const struct pw_command_line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Tells a failure on stderr, "proxywasm test: link: …". Answers PW_EXIT_FAILED. */
int pw_command_failure(const struct pw_command_line *line, const struct pw_error *error);

/** Whether this version has an engine of that name, short or long (see pw_engine_find), installed or not. NULL and ""
 *  are the default; with `or_all`, "all" will do as well. If not, the mistake is told on stderr, and `line->exit` is
 *  what to exit with. */
bool pw_command_engine(struct pw_command_line *line, const char *name, bool or_all);
/** Whether that is "all", each of the engines; NULL is not. */
bool pw_command_all_engines(const char *name);
/** A log level by its name, in either case. False: there is no such level. */
bool pw_command_log_level(const char *name, enum pw_log_level *level);
/** The largest module that is read: none in use comes near it. */
#define PW_COMMAND_MODULE_BYTES (256U << 20)
/** A whole file that is a module; told on stderr and false when it cannot be read. */
bool pw_command_read_module(const struct pw_command_line *line, const char *file, struct pw_bytes *code);
/** Where compiled code is kept: $PROXYWASM_CACHE, or "proxywasm" in the user's cache directory, made if need be.
 *  NULL: nowhere ($PROXYWASM_CACHE is empty, or there is no home). Static storage. */
const char *pw_command_cache_directory(void);

extern const struct pw_command pw_command_run;
extern const struct pw_command pw_command_inspect;
extern const struct pw_command pw_command_test;
extern const struct pw_command pw_command_check;
extern const struct pw_command pw_command_conformance;
extern const struct pw_command pw_command_engines;
extern const struct pw_command pw_command_compile;
extern const struct pw_command pw_command_bench;
extern const struct pw_command pw_command_version;

#endif
