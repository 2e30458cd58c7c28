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
#include "cli/conformance.h"
#include "cli/suite/suite_run.h"
#include "config/config.h"

/* Folders within folders of suites; more are a loop of links. */
#define DEPTH 8

enum option_id { OPTION_SUITE = 256, OPTION_JSON };

static const struct pw_command_option options[] = {
  {'e', "engine", "NAME|all", "see 'proxywasm engines'; default: the first one; all: side by side"},
  {OPTION_SUITE, "suite", "DIRECTORY", "of the suites; default: $PROXYWASM_CONFORMANCE, or the\ninstalled ones"},
  {OPTION_JSON, "json", NULL, "one JSON document"},
  {0, NULL, NULL, NULL},
};

/** The suites, and what each engine makes of them. */
struct conformance {
  struct pw_command_line *line;
  struct pw_suite_options options;
  const char             *directory;
  bool                    json;
  char                  **files;
  size_t                  file_count;
  struct pw_conformance  *runs;
  size_t                  run_count;
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
add_failure(struct conformance *all, struct pw_conformance *run, const char *file, const char *test, const char *text)
{
  struct pw_conformance_failure *failures = realloc(run->failures, (run->failure_count + 1) * sizeof(*failures));
  if (failures == NULL) {
    all->no_memory = true;
    return;
  }
  failures[run->failure_count++] =
    (struct pw_conformance_failure){strdup(file), test ? strdup(test) : NULL, strdup(text)};
  run->failures = failures;
}

static bool
run_test(struct conformance *all, struct pw_conformance *run, struct pw_suite_runner *runner,
         const struct pw_suite *suite, const struct pw_suite_test *test)
{
  struct pw_failures failures = {0};
  pw_suite_run(runner, test, &failures);
  for (size_t i = 0; i < failures.count; i++) {
    char *text = NULL;
    if (asprintf(&text, "line %u: %s", failures.items[i].line, failures.items[i].text) < 0) {
      all->no_memory = true;
      break;
    }
    add_failure(all, run, suite->file, test->name.data, text);
    free(text);
  }
  bool passed = failures.count == 0;
  pw_failures_clear(&failures);
  return passed;
}

static void
run_suite(struct conformance *all, struct pw_conformance *run, const struct pw_suite *suite)
{
  size_t                  passed = 0;
  size_t                  failed = 0;
  const struct pw_view   *covers = suite->covers.items;
  struct pw_suite_runner *runner = pw_suite_runner_new(suite, &all->options);
  if (runner == NULL) {
    all->no_memory = true;
    return;
  }
  pw_coverage_file_begin(&run->coverage);
  for (size_t i = 0; i < suite->test.count; i++) {
    if (run_test(all, run, runner, suite, pw_suite_test_at(suite, i))) {
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
      add_failure(all, run, suite->file, NULL, text);
      run->failed++;
    }
  }
  run->passed += passed;
  run->failed += failed;
}

static void
run_file(struct conformance *all, struct pw_conformance *run, const char *file)
{
  struct pw_error  error = {0};
  struct pw_suite *suite = pw_suite_read(file, &error);
  if (suite == NULL) {
    add_failure(all, run, file, NULL, error.message);
    run->failed++;
    return;
  }
  run_suite(all, run, suite);
  pw_suite_free(suite);
}

static size_t
count_gaps(const struct pw_conformance *run)
{
  size_t gaps = 0;
  for (size_t i = 0; i < run->coverage.count; i++) {
    const char *gap = pw_coverage_gap(&run->coverage.items[i]);
    gaps += gap != NULL && run->coverage.items[i].failed == 0;
  }
  return gaps;
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
      if (!pw_command_engine(run->line, run->line->option_argument, true)) {
        return -1;
      }
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

/* All suites on one engine. */
static void
run_engine(struct conformance *all, struct pw_conformance *run)
{
  all->options.engine     = run->name;
  all->options.trace      = &pw_trace_ops_coverage;
  all->options.trace_data = &run->coverage;
  if (!pw_coverage_init(&run->coverage)) {
    all->no_memory = true;
  }
  for (size_t i = 0; i < all->file_count && !all->no_memory; i++) {
    run_file(all, run, all->files[i]);
  }
  run->failed += count_gaps(run);
}

/* Finds an engine. One that cannot be used is a failure. */
static void
add_engine(struct conformance *all, const char *name)
{
  struct pw_conformance *run = &all->runs[all->run_count++];
  run->engine                = pw_engine_find(name, &run->error);
  run->name                  = run->engine ? run->engine->name : name;
  run->failed                = run->engine ? 0 : 1;
}

/* The engines that were asked for. false: memory is out. */
static bool
add_engines(struct conformance *all, bool every)
{
  const char *const *names = pw_engine_names();
  size_t             count = 1;
  while (names[count - 1] != NULL) {
    count++;
  }
  all->runs = calloc(count, sizeof(*all->runs));
  if (all->runs == NULL) {
    return false;
  }
  if (!every) {
    add_engine(all, all->options.engine ? all->options.engine : "");
  }
  for (size_t i = 0; every && names[i] != NULL; i++) {
    add_engine(all, names[i]);
  }
  return true;
}

static void
print(const struct conformance *all, bool every)
{
  if (every && all->json) {
    pw_conformance_print_json_of_all(all->runs, all->run_count);
  } else if (every) {
    pw_conformance_print_side_by_side(all->runs, all->run_count);
  } else if (all->json) {
    pw_conformance_print_json(all->runs);
  } else {
    pw_conformance_print(all->runs);
  }
}

static int
run_all(struct conformance *all)
{
  bool            every  = pw_command_all_engines(all->options.engine);
  struct pw_error memory = {PW_ERROR_MEMORY, "no memory for the results"};
  size_t          failed = 0;
  if (!add_engines(all, every)) {
    return pw_command_failure(all->line, &memory);
  }
  if (!every && !all->runs->engine) {
    return pw_command_failure(all->line, &all->runs->error);
  }
  all->directory = all->directory ? all->directory : default_directory();
  if (!list_files(all, all->directory, 0)) {
    return pw_command_usage(all->line, "%s: %s", all->directory, strerror(errno));
  }
  if (all->file_count == 0) {
    return pw_command_usage(all->line, "%s: there is no suite (*.yaml) in it", all->directory);
  }
  all->options.cache_directory = pw_command_cache_directory();
  for (size_t i = 0; i < all->run_count; i++) {
    if (all->runs[i].engine) {
      run_engine(all, &all->runs[i]);
    }
    failed += all->runs[i].failed;
  }
  if (all->no_memory) {
    return pw_command_failure(all->line, &memory);
  }
  print(all, every);
  return failed == 0 ? PW_EXIT_OK : PW_EXIT_FAILED;
}

static void
clear_run(struct pw_conformance *run)
{
  for (size_t i = 0; i < run->failure_count; i++) {
    free(run->failures[i].file);
    free(run->failures[i].test);
    free(run->failures[i].text);
  }
  free(run->failures);
  pw_coverage_clear(&run->coverage);
}

static int
run_command(struct pw_command_line *line)
{
  struct conformance all = {.line = line};
  int                id  = read_options(&all);
  int                end = id < 0 ? line->exit : run_all(&all);
  for (size_t i = 0; i < all.run_count; i++) {
    clear_run(&all.runs[i]);
  }
  free(all.runs);
  for (size_t i = 0; i < all.file_count; i++) {
    free(all.files[i]);
  }
  free(all.files);
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
