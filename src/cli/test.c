/* SPDX-License-Identifier: Apache-2.0 */
/* `proxywasm test`: runs a suite of scenarios. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/suite/suite_run.h"
#include "config/config.h"

enum { OPTION_FILTER = 256, OPTION_CONFIG, OPTION_LOG_LEVEL, OPTION_LOG_FILE, OPTION_JSON, OPTION_JUNIT, OPTION_LIST };

static const struct pw_command_option options[] = {
  {'e', "engine", "NAME", "the engine for plugins that name none"},
  {OPTION_FILTER, "filter", "TEXT",
   "only tests whose name contains TEXT; with * or ? in it, a pattern\nfor the whole name"},
  {OPTION_CONFIG, "config", "FILE", "the plugin configuration, in place of env.config_path"},
  {OPTION_LOG_LEVEL, "loglevel", "LEVEL", "trace, debug, info, warn, error or critical, for all plugins"},
  {OPTION_LOG_FILE, "logfile", "FILE", "append the modules' log lines to FILE"},
  {OPTION_JSON, "json", NULL, "the results as JSON"},
  {OPTION_JUNIT, "junit", NULL, "the results as JUnit XML"},
  {OPTION_LIST, "list", NULL, "the names of the tests; nothing is run"},
  {0, NULL, NULL, NULL},
};

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_JUNIT };

/** What the command line asks for. */
struct request {
  struct pw_suite_options options;
  enum pw_log_level       log_level;
  const char             *log_file;
  const char             *filter;
  enum format             format;
  bool                    list;
};

/** What became of a test. */
struct result {
  const struct pw_suite_test *test; /**< NULL: not wanted */
  struct pw_failures          failures;
  double                      seconds;
};

static int
read_options(struct pw_command_line *line, struct request *request)
{
  unsigned outputs = 0;
  int      id;
  while ((id = pw_command_next(line)) > 0) {
    switch (id) {
    case 'e':
      if (!pw_command_engine(line, line->option_argument, false)) {
        return -1;
      }
      request->options.engine = line->option_argument;
      break;
    case OPTION_FILTER:
      request->filter = line->option_argument;
      break;
    case OPTION_CONFIG:
      request->options.config_file = line->option_argument;
      break;
    case OPTION_LOG_LEVEL:
      if (!pw_command_log_level(line->option_argument, &request->log_level)) {
        line->exit = pw_command_usage(line, "--loglevel: '%s' is no log level", line->option_argument);
        return -1;
      }
      request->options.log_level = &request->log_level;
      break;
    case OPTION_LOG_FILE:
      request->log_file = line->option_argument;
      break;
    case OPTION_JSON:
      request->format = FORMAT_JSON;
      outputs |= 1;
      break;
    case OPTION_JUNIT:
      request->format = FORMAT_JUNIT;
      outputs |= 2;
      break;
    default:
      request->list = true;
      outputs |= 4;
    }
  }
  if (id == 0 && (outputs & (outputs - 1)) != 0) {
    line->exit = pw_command_usage(line, "only one of --json, --junit and --list can have the standard output");
    return -1;
  }
  return id;
}

/* ---------------------------------------------------------------------------------------------------------- output */

static void
print_indented(const char *text)
{
  for (; *text; text++) {
    putchar(*text);
    if (*text == '\n') {
      fputs("      ", stdout);
    }
  }
  putchar('\n');
}

static void
print_text(const struct pw_suite *suite, const struct result *result)
{
  printf("%s %s\n", result->failures.count == 0 ? "ok" : "FAILED", result->test->name.data);
  for (size_t i = 0; i < result->failures.count; i++) {
    printf("    %s:%u: ", suite->file, result->failures.items[i].line);
    print_indented(result->failures.items[i].text);
  }
  fflush(stdout);
}

static void
print_json(const struct pw_suite *suite, const struct result *results, size_t passed, size_t failed)
{
  struct pw_json json = {.out = stdout};
  pw_json_object_begin(&json);
  pw_json_key(&json, "suite");
  pw_json_string(&json, suite->file);
  pw_json_key(&json, "tests");
  pw_json_array_begin(&json);
  for (size_t i = 0; i < suite->test.count; i++) {
    if (!results[i].test) {
      continue;
    }
    pw_json_object_begin(&json);
    pw_json_key(&json, "name");
    pw_json_string(&json, results[i].test->name.data);
    pw_json_key(&json, "passed");
    pw_json_boolean(&json, results[i].failures.count == 0);
    pw_json_key(&json, "microseconds");
    pw_json_unsigned(&json, (uint64_t)(results[i].seconds * 1e6));
    pw_json_key(&json, "failures");
    pw_json_array_begin(&json);
    for (size_t j = 0; j < results[i].failures.count; j++) {
      pw_json_object_begin(&json);
      pw_json_key(&json, "line");
      pw_json_unsigned(&json, results[i].failures.items[j].line);
      pw_json_key(&json, "message");
      pw_json_string(&json, results[i].failures.items[j].text);
      pw_json_object_end(&json);
    }
    pw_json_array_end(&json);
    pw_json_object_end(&json);
  }
  pw_json_array_end(&json);
  pw_json_key(&json, "passed");
  pw_json_unsigned(&json, passed);
  pw_json_key(&json, "failed");
  pw_json_unsigned(&json, failed);
  pw_json_object_end(&json);
  pw_json_finish(&json);
}

/* Control characters have no place in XML, not even escaped. */
static void
print_xml(const char *text)
{
  for (; *text; text++) {
    switch (*text) {
    case '<':
      fputs("&lt;", stdout);
      break;
    case '>':
      fputs("&gt;", stdout);
      break;
    case '&':
      fputs("&amp;", stdout);
      break;
    case '"':
      fputs("&quot;", stdout);
      break;
    case '\n':
      fputs("&#10;", stdout);
      break;
    default:
      putchar((unsigned char)*text < 0x20 ? '?' : *text);
    }
  }
}

static void
print_junit(const struct pw_suite *suite, const struct result *results, size_t passed, size_t failed)
{
  printf(
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"%zu\" failures=\"%zu\">\n  <testsuite name=\"",
    passed + failed, failed);
  print_xml(suite->file);
  printf("\" tests=\"%zu\" failures=\"%zu\">\n", passed + failed, failed);
  for (size_t i = 0; i < suite->test.count; i++) {
    if (!results[i].test) {
      continue;
    }
    fputs("    <testcase classname=\"", stdout);
    print_xml(suite->file);
    fputs("\" name=\"", stdout);
    print_xml(results[i].test->name.data);
    printf("\" time=\"%.6f\">\n", results[i].seconds);
    for (size_t j = 0; j < results[i].failures.count; j++) {
      printf("      <failure message=\"line %u: ", results[i].failures.items[j].line);
      print_xml(results[i].failures.items[j].text);
      fputs("\"/>\n", stdout);
    }
    fputs("    </testcase>\n", stdout);
  }
  fputs("  </testsuite>\n</testsuites>\n", stdout);
}

/* ----------------------------------------------------------------------------------------------------------- whole */

static double
now(void)
{
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int
run_tests(const struct pw_suite *suite, const struct request *request, struct result *results)
{
  struct pw_suite_runner *runner    = pw_suite_runner_new(suite, &request->options);
  size_t                  counts[2] = {0, 0};
  if (!runner) {
    fprintf(stderr, "proxywasm test: out of memory\n");
    return PW_EXIT_FAILED;
  }
  for (size_t i = 0; i < suite->test.count; i++) {
    const struct pw_suite_test *test = pw_suite_test_at(suite, i);
    if (!pw_suite_is_wanted(test, request->filter)) {
      continue;
    }
    double begin    = now();
    results[i].test = test;
    pw_suite_run(runner, test, &results[i].failures);
    results[i].seconds = now() - begin;
    counts[results[i].failures.count > 0]++;
    if (request->format == FORMAT_TEXT) {
      print_text(suite, &results[i]);
    }
  }
  pw_suite_runner_delete(runner);
  if (request->format == FORMAT_JSON) {
    print_json(suite, results, counts[0], counts[1]);
  } else if (request->format == FORMAT_JUNIT) {
    print_junit(suite, results, counts[0], counts[1]);
  } else {
    printf("%zu passed, %zu failed\n", counts[0], counts[1]);
  }
  return counts[1] == 0 ? PW_EXIT_OK : PW_EXIT_FAILED;
}

/* The file that takes log lines. False: it cannot be opened. */
static bool
open_log(const struct pw_suite *suite, struct request *request, FILE **opened)
{
  const char *file = request->log_file ? request->log_file : suite->env.log_path;
  if (!file) {
    return true;
  }
  if (strcmp(file, "/dev/stdout") == 0 || strcmp(file, "/dev/stderr") == 0) {
    /* JSON and XML on standard output must stay whole. */
    request->options.log = file[8] == 'o' && request->format == FORMAT_TEXT ? stdout : stderr;
    return true;
  }
  *opened              = fopen(file, "ae");
  request->options.log = *opened;
  return *opened != NULL;
}

/* False: some of it is lost. */
static bool
close_log(FILE *log)
{
  bool written = !ferror(log);
  return fclose(log) == 0 && written;
}

/* The configuration that all plugins get has to be there before anything is run. */
static int
check_configuration(const struct pw_command_line *line, const struct pw_suite *suite, const struct request *request)
{
  const char *own = request->options.config_file;
  char *path = own ? strdup(own) : suite->env.config_path ? pw_suite_path(suite, suite->env.config_path, true) : NULL;
  int   exit = PW_EXIT_OK;
  if (path && access(path, R_OK) != 0) {
    int reason = errno;
    exit       = own ? pw_command_usage(line, "--config %s: cannot be read: %s", own, strerror(reason))
                     : pw_command_usage(line, "%s: key 'env.config_path': %s: cannot be read: %s", suite->file, path,
                                        strerror(reason));
  }
  free(path);
  return exit;
}

static int
check_suite(const struct pw_command_line *line, const struct pw_suite *suite, const struct request *request)
{
  size_t wanted = 0;
  for (size_t i = 0; i < suite->test.count; i++) {
    wanted += pw_suite_is_wanted(pw_suite_test_at(suite, i), request->filter);
  }
  const struct pw_suite_test *test = pw_suite_without_module(suite, request->options.module);
  if (wanted == 0) {
    return suite->test.count == 0
             ? pw_command_usage(line, "%s has no tests", suite->file)
             : pw_command_usage(line, "%s: no test fits --filter '%s'", suite->file, request->filter);
  }
  if (test && !request->list) {
    return pw_command_usage(line,
                            "%s:%u: test '%s' has no module: name it on the command line, or in env.wasm_path, or in "
                            "the plugin's vm_config.code.local.filename",
                            suite->file, test->line, test->name.data);
  }
  return request->list ? PW_EXIT_OK : check_configuration(line, suite, request);
}

static int
list_tests(const struct pw_suite *suite, const struct request *request)
{
  for (size_t i = 0; i < suite->test.count; i++) {
    const struct pw_suite_test *test = pw_suite_test_at(suite, i);
    if (pw_suite_is_wanted(test, request->filter)) {
      printf("%s\n", test->name.data);
    }
  }
  return PW_EXIT_OK;
}

static int
run_suite(const struct pw_command_line *line, const struct pw_suite *suite, struct request *request)
{
  FILE *log  = NULL;
  int   exit = check_suite(line, suite, request);
  if (exit != PW_EXIT_OK) {
    return exit;
  }
  if (request->list) {
    return list_tests(suite, request);
  }
  if (!open_log(suite, request, &log)) {
    return pw_command_usage(line, "%s: cannot be opened for the log: %s",
                            request->log_file ? request->log_file : suite->env.log_path, strerror(errno));
  }
  struct result *results = calloc(suite->test.count, sizeof(*results));
  exit                   = results ? run_tests(suite, request, results) : PW_EXIT_FAILED;
  for (size_t i = 0; results && i < suite->test.count; i++) {
    pw_failures_clear(&results[i].failures);
  }
  free(results);
  if (log && !close_log(log) && exit == PW_EXIT_OK) {
    fprintf(stderr, "proxywasm test: the log could not be written: %s\n", strerror(errno));
    exit = PW_EXIT_FAILED;
  }
  return exit;
}

static int
run(struct pw_command_line *line)
{
  struct request  request = {0};
  struct pw_error error   = {0};
  if (read_options(line, &request) < 0) {
    return line->exit;
  }
  struct pw_suite *suite = pw_suite_read(line->arguments[0], &error);
  if (!suite) {
    pw_command_failure(line, &error);
    return PW_EXIT_USAGE;
  }
  request.options.module          = line->count > 1 ? line->arguments[1] : NULL;
  request.options.cache_directory = pw_command_cache_directory();
  int exit                        = run_suite(line, suite, &request);
  pw_suite_free(suite);
  return exit;
}

const struct pw_command pw_command_test = {
  .name        = "test",
  .summary     = "run a suite of scenarios on a module",
  .arguments   = "SUITE.yaml [MODULE]",
  .description = "Runs each test of a suite on the simulated proxy: what comes, and what is expected of the module.\n"
                 "Suites of the test runner of Google's Service Extensions samples (YAML form) run unchanged;\n"
                 "'proxywasm help scenarios' lists the keys.\n"
                 "Exit code: 0 all passed, 1 a test failed, 2 the suite or the command line is wrong.",
  .options     = options,
  .minimum     = 1,
  .maximum     = 2,
  .run         = run,
};
