/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/conformance.h"

#include <stdio.h>
#include <string.h>

#include "cli/json.h"
#include "host/hostcall.h"

/* "0.1.0 0.2.0 0.2.1", or what stands for functions that only toolchains know. */
static const char *
versions_text(unsigned versions, char *text, size_t size)
{
  snprintf(text, size, "%s%s%s", versions & PW_ABI_0_1_0 ? "0.1.0 " : "      ",
           versions & PW_ABI_0_2_0 ? "0.2.0 " : "      ", versions & PW_ABI_0_2_1 ? "0.2.1" : "");
  return versions == PW_ABI_NONE ? "-" : text;
}

static const char *
result_of(const struct pw_covered *covered)
{
  const char *gap = pw_coverage_gap(covered);
  return gap ? gap : "passed";
}

static void
print_table(const struct pw_conformance *run)
{
  char        text[32];
  const char *part = "";
  for (size_t i = 0; i < run->coverage.count; i++) {
    const struct pw_covered *covered = &run->coverage.items[i];
    const char              *module  = covered->module ? covered->module : "callbacks";
    if (strcmp(part, module) != 0) {
      part = module;
      printf("%s%-41s %-18s %5s  %s\n", i > 0 ? "\n" : "", module, "ABI", "tests", "result");
    }
    printf("%-41s %-18s %5zu  %s\n", covered->name, versions_text(covered->versions, text, sizeof(text)),
           covered->passed + covered->failed, result_of(covered));
  }
}

static void
print_failures(const struct pw_conformance *run)
{
  const char *file = "";
  const char *test = "";
  for (size_t i = 0; i < run->failure_count; i++) {
    const struct pw_conformance_failure *failure = &run->failures[i];
    const char                          *name    = failure->test ? failure->test : "";
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
  } versions[] = {{PW_ABI_0_1_0, "0.1.0"}, {PW_ABI_0_2_0, "0.2.0"}, {PW_ABI_0_2_1, "0.2.1"}};
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
  put_string(json, "result", result_of(covered));
  pw_json_object_end(json);
}

static void
put_failures(struct pw_json *json, const struct pw_conformance *run)
{
  pw_json_key(json, "failures");
  pw_json_array_begin(json);
  for (size_t i = 0; i < run->failure_count; i++) {
    pw_json_object_begin(json);
    put_string(json, "file", run->failures[i].file);
    put_string(json, "test", run->failures[i].test);
    put_string(json, "text", run->failures[i].text);
    pw_json_object_end(json);
  }
  pw_json_array_end(json);
}

static void
put_sums(struct pw_json *json, size_t passed, size_t failed)
{
  pw_json_key(json, "passed");
  pw_json_unsigned(json, passed);
  pw_json_key(json, "failed");
  pw_json_unsigned(json, failed);
}

static void
put_run(struct pw_json *json, const struct pw_conformance *run)
{
  pw_json_object_begin(json);
  put_string(json, "engine", run->name);
  if (!run->engine) {
    put_string(json, "error", run->error.message);
  }
  pw_json_key(json, "functions");
  pw_json_array_begin(json);
  for (size_t i = 0; i < run->coverage.count; i++) {
    put_function(json, &run->coverage.items[i]);
  }
  pw_json_array_end(json);
  put_failures(json, run);
  put_sums(json, run->passed, run->failed);
  pw_json_object_end(json);
}

void
pw_conformance_print_json(const struct pw_conformance *run)
{
  struct pw_json json = {.out = stdout};
  put_run(&json, run);
  pw_json_finish(&json);
}

/* ------------------------------------------------------------------------------------------------- of several engines
 */

static void
sum(const struct pw_conformance *runs, size_t count, size_t *passed, size_t *failed)
{
  *passed = *failed = 0;
  for (size_t i = 0; i < count; i++) {
    *passed += runs[i].passed;
    *failed += runs[i].failed;
  }
}

void
pw_conformance_print_json_of_all(const struct pw_conformance *runs, size_t count)
{
  struct pw_json json = {.out = stdout};
  size_t         passed, failed;
  sum(runs, count, &passed, &failed);
  pw_json_object_begin(&json);
  pw_json_key(&json, "engines");
  pw_json_array_begin(&json);
  for (size_t i = 0; i < count; i++) {
    put_run(&json, &runs[i]);
  }
  pw_json_array_end(&json);
  put_sums(&json, passed, failed);
  pw_json_object_end(&json);
  pw_json_finish(&json);
}

void
pw_conformance_print(const struct pw_conformance *run)
{
  print_table(run);
  print_failures(run);
  printf("\nengine %s %s\n%zu passed, %zu failed\n", run->name, run->engine->version(), run->passed, run->failed);
}

static void
print_cell(const char *text, bool last)
{
  printf(last ? " %s\n" : " %-12s", text);
}

/* Function by engine. All runs have the same functions, in one order; those of an engine that cannot be used have none.
 */
static void
print_grid(const struct pw_conformance *runs, size_t count)
{
  const struct pw_conformance *first = runs;
  const char                  *part  = "";
  while (first < runs + count - 1 && first->coverage.count == 0) {
    first++;
  }
  for (size_t i = 0; i < first->coverage.count; i++) {
    const struct pw_covered *covered = &first->coverage.items[i];
    const char              *module  = covered->module ? covered->module : "callbacks";
    if (strcmp(part, module) != 0) {
      part = module;
      printf("%s%-41s", i > 0 ? "\n" : "", module);
      for (size_t k = 0; k < count; k++) {
        print_cell(runs[k].name, k + 1 == count);
      }
    }
    printf("%-41s", covered->name);
    for (size_t k = 0; k < count; k++) {
      print_cell(runs[k].coverage.count > 0 ? result_of(&runs[k].coverage.items[i]) : "-", k + 1 == count);
    }
  }
}

void
pw_conformance_print_side_by_side(const struct pw_conformance *runs, size_t count)
{
  size_t passed, failed;
  print_grid(runs, count);
  for (size_t i = 0; i < count; i++) {
    if (runs[i].failure_count > 0) {
      printf("\nOn %s:\n", runs[i].name);
    }
    print_failures(&runs[i]);
  }
  printf("\n");
  for (size_t i = 0; i < count; i++) {
    if (runs[i].engine) {
      printf("engine %s %s: %zu passed, %zu failed\n", runs[i].name, runs[i].engine->version(), runs[i].passed,
             runs[i].failed);
    } else {
      printf("engine %s: %s\n", runs[i].name, runs[i].error.message);
    }
  }
  sum(runs, count, &passed, &failed);
  printf("%zu passed, %zu failed\n", passed, failed);
}
