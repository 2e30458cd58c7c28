/* SPDX-License-Identifier: Apache-2.0 */
/* `proxywasm conformance`: runs the conformance suite on an engine, and shows each function of the ABI with its result.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/coverage.h"
#include "cli/json.h"
#include "cli/suite_run.h"
#include "config/config.h"

/* Folders within folders of suites; more are a loop of links. */
#define DEPTH 8

enum option_id { OPTION_SUITE = 256, OPTION_JSON };

static const struct pw_command_option options[] = {
  {'e', "engine", "NAME", "see 'proxywasm engines'; default: the first one"},
  {OPTION_SUITE, "suite", "DIRECTORY", "of the suites; default: $PROXYWASM_CONFORMANCE, or the\ninstalled ones"},
  {OPTION_JSON, "json", NULL, "one JSON document"},
  {0, NULL, NULL, NULL},
};

/** A test that failed, or a suite that could not be read. */
struct failure {
  char *file;
  char *test; /* NULL: the suite itself */
  char *text;
};

/** One run over all suites. */
struct conformance {
  struct pw_command_line *line;
  struct pw_suite_options options;
  const char             *directory;
  bool                    json;
  char                  **files;
  size_t                  file_count;
  struct pw_coverage      coverage;
  struct failure         *failures;
  size_t                  failure_count;
  size_t                  passed; /* tests */
  size_t                  failed;
  bool                    no_memory;
};

/* -------------------------------------------------------------------------------------------------------------- files
 */

static void
add_file(struct conformance *run, char *file)
{
  char **files = file ? realloc(run->files, (run->file_count + 1) * sizeof(*files)) : NULL;
  if (files == NULL) {
    free(file);
    run->no_memory = true;
    return;
  }
  run->files                    = files;
  run->files[run->file_count++] = file;
}

static bool
is_suite(const char *name)
{
  size_t size = strlen(name);
  return size > 5 && strcmp(name + size - 5, ".yaml") == 0;
}

/* All suites of a folder and those in it. false: it cannot be read. */
static bool
list_files(struct conformance *run, const char *directory, unsigned depth)
{
  struct dirent **entries;
  int             count = scandir(directory, &entries, NULL, alphasort);
  if (count < 0) {
    return false;
  }
  for (int i = 0; i < count; i++) {
    const char *name = entries[i]->d_name;
    char       *path = name[0] == '.' ? NULL : pw_config_path(directory, name);
    struct stat status;
    if (path != NULL && stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
      if (depth < DEPTH) {
        list_files(run, path, depth + 1);
      }
      free(path);
    } else if (path != NULL && is_suite(name)) {
      add_file(run, path);
    } else {
      free(path);
    }
    free(entries[i]);
  }
  free(entries);
  return true;
}

/* The suites that come with the command: installed ones, else those of the source tree that it was built from. */
static const char *
default_directory(void)
{
  const char *own = getenv("PROXYWASM_CONFORMANCE");
  if (own != NULL && own[0] != '\0') {
    return own;
  }
  return access(PW_CONFORMANCE_INSTALLED, R_OK) == 0 ? PW_CONFORMANCE_INSTALLED : PW_CONFORMANCE_SOURCE;
}

/* ------------------------------------------------------------------------------------------------------------- running
 */

static void
add_failure(struct conformance *run, const char *file, const char *test, const char *text)
{
  struct failure *failures = realloc(run->failures, (run->failure_count + 1) * sizeof(*failures));
  if (failures == NULL) {
    run->no_memory = true;
    return;
  }
  run->failures                       = failures;
  run->failures[run->failure_count++] = (struct failure){strdup(file), test ? strdup(test) : NULL, strdup(text)};
}

static bool
run_test(struct conformance *run, struct pw_suite_runner *runner, const struct pw_suite *suite,
         const struct pw_suite_test *test)
{
  struct pw_failures failures = {0};
  pw_suite_run(runner, test, &failures);
  for (size_t i = 0; i < failures.count; i++) {
    char *text = NULL;
    if (asprintf(&text, "line %u: %s", failures.items[i].line, failures.items[i].text) < 0) {
      run->no_memory = true;
      break;
    }
    add_failure(run, suite->file, test->name.data, text);
    free(text);
  }
  bool passed = failures.count == 0;
  pw_failures_clear(&failures);
  return passed;
}

static void
run_suite(struct conformance *run, const struct pw_suite *suite)
{
  size_t                  passed = 0;
  size_t                  failed = 0;
  const struct pw_view   *covers = suite->covers.items;
  struct pw_suite_runner *runner = pw_suite_runner_new(suite, &run->options);
  if (runner == NULL) {
    run->no_memory = true;
    return;
  }
  pw_coverage_file_begin(&run->coverage);
  for (size_t i = 0; i < suite->test.count; i++) {
    if (run_test(run, runner, suite, pw_suite_test_at(suite, i))) {
      passed++;
    } else {
      failed++;
    }
  }
  pw_suite_runner_delete(runner);
  for (size_t i = 0; i < suite->covers.count; i++) {
    if (!pw_coverage_file_end(&run->coverage, covers[i], passed, failed)) {
      char text[128];
      snprintf(text, sizeof(text), "it covers '%.*s', which the ABI has not",
               (int)(covers[i].size < 64 ? covers[i].size : 64), covers[i].data);
      add_failure(run, suite->file, NULL, text);
      run->failed++;
    }
  }
  run->passed += passed;
  run->failed += failed;
}

static void
run_file(struct conformance *run, const char *file)
{
  struct pw_error  error = {0};
  struct pw_suite *suite = pw_suite_read(file, &error);
  if (suite == NULL) {
    add_failure(run, file, NULL, error.message);
    run->failed++;
    return;
  }
  run_suite(run, suite);
  pw_suite_free(suite);
}

/* ------------------------------------------------------------------------------------------------------------- showing
 */

static size_t
count_gaps(const struct conformance *run)
{
  size_t gaps = 0;
  for (size_t i = 0; i < run->coverage.count; i++) {
    const char *gap = pw_coverage_gap(&run->coverage.items[i]);
    gaps += gap != NULL && run->coverage.items[i].failed == 0;
  }
  return gaps;
}

/* "0.1.0 0.2.0 0.2.1", or what stands for functions that only toolchains know. */
static const char *
versions_text(unsigned versions, char *text, size_t size)
{
  snprintf(text, size, "%s%s%s", versions & PW_ABI_0_1_0 ? "0.1.0 " : "      ",
           versions & PW_ABI_0_2_0 ? "0.2.0 " : "      ", versions & PW_ABI_0_2_1 ? "0.2.1" : "");
  return versions == PW_ABI_NONE ? "-" : text;
}

static void
print_table(const struct conformance *run)
{
  char        text[32];
  const char *part = "";
  for (size_t i = 0; i < run->coverage.count; i++) {
    const struct pw_covered *covered = &run->coverage.items[i];
    const char              *module  = covered->module ? covered->module : "callbacks";
    const char              *gap     = pw_coverage_gap(covered);
    if (strcmp(part, module) != 0) {
      part = module;
      printf("%s%-41s %-18s %5s  %s\n", i > 0 ? "\n" : "", module, "ABI", "tests", "result");
    }
    printf("%-41s %-18s %5zu  %s\n", covered->name, versions_text(covered->versions, text, sizeof(text)),
           covered->passed + covered->failed, gap ? gap : "passed");
  }
}

static void
print_failures(const struct conformance *run)
{
  const char *file = "";
  const char *test = "";
  for (size_t i = 0; i < run->failure_count; i++) {
    const struct failure *failure = &run->failures[i];
    const char           *name    = failure->test ? failure->test : "";
    if (strcmp(file, failure->file) != 0 || strcmp(test, name) != 0) {
      printf("\nFAILED %s%s%s\n", failure->file, name[0] ? ": " : "", name);
      file = failure->file;
      test = name;
    }
    printf("    %s\n", failure->text);
  }
}

static void
put_string(struct pw_json *json, const char *key, const char *text)
{
  pw_json_key(json, key);
  pw_json_string(json, text);
}

static void
put_function(struct pw_json *json, const struct pw_covered *covered)
{
  static const struct {
    unsigned    version;
    const char *text;
  } versions[]    = {{PW_ABI_0_1_0, "0.1.0"}, {PW_ABI_0_2_0, "0.2.0"}, {PW_ABI_0_2_1, "0.2.1"}};
  const char *gap = pw_coverage_gap(covered);
  pw_json_object_begin(json);
  put_string(json, "module", covered->module);
  put_string(json, "name", covered->name);
  pw_json_key(json, "abi");
  pw_json_array_begin(json);
  for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
    if (covered->versions & versions[i].version) {
      pw_json_string(json, versions[i].text);
    }
  }
  pw_json_array_end(json);
  pw_json_key(json, "passed");
  pw_json_unsigned(json, covered->passed);
  pw_json_key(json, "failed");
  pw_json_unsigned(json, covered->failed);
  put_string(json, "result", gap ? gap : "passed");
  pw_json_object_end(json);
}

static void
print_json(const struct conformance *run, const char *engine)
{
  struct pw_json json = {.out = stdout};
  pw_json_object_begin(&json);
  put_string(&json, "engine", engine);
  pw_json_key(&json, "functions");
  pw_json_array_begin(&json);
  for (size_t i = 0; i < run->coverage.count; i++) {
    put_function(&json, &run->coverage.items[i]);
  }
  pw_json_array_end(&json);
  pw_json_key(&json, "failures");
  pw_json_array_begin(&json);
  for (size_t i = 0; i < run->failure_count; i++) {
    pw_json_object_begin(&json);
    put_string(&json, "file", run->failures[i].file);
    put_string(&json, "test", run->failures[i].test);
    put_string(&json, "text", run->failures[i].text);
    pw_json_object_end(&json);
  }
  pw_json_array_end(&json);
  pw_json_key(&json, "passed");
  pw_json_unsigned(&json, run->passed);
  pw_json_key(&json, "failed");
  pw_json_unsigned(&json, run->failed);
  pw_json_object_end(&json);
  pw_json_finish(&json);
}

/* ----------------------------------------------------------------------------------------------------------- the
 * command */

static int
read_options(struct conformance *run)
{
  int id;
  while ((id = pw_command_next(run->line)) > 0) {
    switch (id) {
    case 'e':
      run->options.engine = run->line->option_argument;
      break;
    case OPTION_SUITE:
      run->directory = run->line->option_argument;
      break;
    default:
      run->json = true;
      break;
    }
  }
  return id;
}

static int
run_all(struct conformance *run)
{
  struct pw_error             error  = {0};
  const struct pw_engine_ops *engine = pw_engine_find(run->options.engine ? run->options.engine : "", &error);
  if (engine == NULL) {
    return pw_command_failure(run->line, &error);
  }
  run->directory = run->directory ? run->directory : default_directory();
  if (!list_files(run, run->directory, 0)) {
    return pw_command_usage(run->line, "%s: %s", run->directory, strerror(errno));
  }
  if (run->file_count == 0) {
    return pw_command_usage(run->line, "%s: there is no suite (*.yaml) in it", run->directory);
  }
  if (!pw_coverage_init(&run->coverage)) {
    run->no_memory = true;
  }
  run->options.trace           = &pw_trace_ops_coverage;
  run->options.trace_data      = &run->coverage;
  run->options.cache_directory = pw_command_cache_directory();
  for (size_t i = 0; i < run->file_count && !run->no_memory; i++) {
    run_file(run, run->files[i]);
  }
  if (run->no_memory) {
    pw_error_set(&error, PW_ERROR_MEMORY, "no memory for the results");
    return pw_command_failure(run->line, &error);
  }
  run->failed += count_gaps(run);
  if (run->json) {
    print_json(run, engine->name);
  } else {
    print_table(run);
    print_failures(run);
    printf("\nengine %s %s\n%zu passed, %zu failed\n", engine->name, engine->version(), run->passed, run->failed);
  }
  return run->failed == 0 ? PW_EXIT_OK : PW_EXIT_FAILED;
}

static int
run_command(struct pw_command_line *line)
{
  struct conformance run = {.line = line};
  int                id  = read_options(&run);
  int                end = id < 0 ? line->exit : run_all(&run);
  for (size_t i = 0; i < run.failure_count; i++) {
    free(run.failures[i].file);
    free(run.failures[i].test);
    free(run.failures[i].text);
  }
  free(run.failures);
  for (size_t i = 0; i < run.file_count; i++) {
    free(run.files[i]);
  }
  free(run.files);
  pw_coverage_clear(&run.coverage);
  return end;
}

const struct pw_command pw_command_conformance = {
  .name      = "conformance",
  .summary   = "hold host and engine against the ABI texts",
  .arguments = "",
  .description =
    "Runs the conformance suite on an engine, and shows each function of the ABI with its result. A function\n"
    "that no scenario covers, or that none of those called, is a gap, and a failure.",
  .options = options,
  .minimum = 0,
  .maximum = 0,
  .run     = run_command,
};
