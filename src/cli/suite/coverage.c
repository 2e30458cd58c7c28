/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/suite/coverage.h"

#include <stdlib.h>

bool
pw_coverage_init(struct pw_coverage *coverage)
{
  static const struct {
    const char *name;
    unsigned    versions;
  } callbacks[] = {
#define CALLBACK_ENTRY(identifier, name, parameters, result, versions) {name, versions},
    PW_CALLBACKS(CALLBACK_ENTRY)
#undef CALLBACK_ENTRY
  };
  const struct pw_hostcall *hostcalls = pw_hostcalls(&coverage->hostcall_count);
  coverage->count                     = coverage->hostcall_count + PW_CALLBACK_COUNT;
  coverage->items                     = calloc(coverage->count, sizeof(*coverage->items));
  if (coverage->items == NULL) {
    return false;
  }
  for (size_t i = 0; i < coverage->hostcall_count; i++) {
    coverage->items[i].module   = hostcalls[i].module;
    coverage->items[i].name     = hostcalls[i].name;
    coverage->items[i].versions = hostcalls[i].versions;
  }
  for (size_t i = 0; i < PW_CALLBACK_COUNT; i++) {
    coverage->items[coverage->hostcall_count + i].name     = callbacks[i].name;
    coverage->items[coverage->hostcall_count + i].versions = callbacks[i].versions;
  }
  return true;
}

void
pw_coverage_clear(struct pw_coverage *coverage)
{
  free(coverage->items);
  *coverage = (struct pw_coverage){0};
}

static void
on_callback_begin(void *data, struct pw_instance *instance, const char *callback, const pw_value *arguments,
                  size_t count)
{
  struct pw_coverage *coverage = data;
  (void)instance, (void)arguments, (void)count;
  for (size_t i = coverage->hostcall_count; i < coverage->count; i++) {
    if (strcmp(coverage->items[i].name, callback) == 0) {
      coverage->items[i].called_now = true;
    }
  }
}

static void
on_callback_end(void *data, struct pw_instance *instance, const char *callback, const pw_value *result,
                const struct pw_trap *trap)
{
  (void)data, (void)instance, (void)callback, (void)result, (void)trap;
}

static void
on_hostcall_begin(void *data, struct pw_instance *instance, const struct pw_hostcall *hostcall,
                  const pw_value *arguments)
{
  struct pw_coverage *coverage = data;
  size_t              count;
  (void)instance, (void)arguments;
  coverage->items[hostcall - pw_hostcalls(&count)].called_now = true;
}

static void
on_hostcall_end(void *data, struct pw_instance *instance, const struct pw_hostcall *hostcall, const pw_value *arguments,
                const pw_value *result, const char *trap)
{
  (void)data, (void)instance, (void)hostcall, (void)arguments, (void)result, (void)trap;
}

const struct pw_trace_ops pw_trace_ops_coverage = {
  .callback_begin = on_callback_begin,
  .callback_end   = on_callback_end,
  .hostcall_begin = on_hostcall_begin,
  .hostcall_end   = on_hostcall_end,
};

void
pw_coverage_file_begin(struct pw_coverage *coverage)
{
  for (size_t i = 0; i < coverage->count; i++) {
    coverage->items[i].called_now = false;
  }
}

bool
pw_coverage_file_end(struct pw_coverage *coverage, struct pw_view name, size_t passed, size_t failed)
{
  bool found = false;
  for (size_t i = 0; i < coverage->count; i++) {
    struct pw_covered *covered = &coverage->items[i];
    if (pw_view_equal(pw_view_of(covered->name), name)) {
      covered->files++;
      covered->passed += passed;
      covered->failed += failed;
      covered->called |= covered->called_now;
      found = true;
    }
  }
  return found;
}

const char *
pw_coverage_gap(const struct pw_covered *covered)
{
  if (covered->files == 0) {
    return "no scenario";
  }
  if (covered->failed > 0) {
    return "failed";
  }
  return covered->called && covered->passed > 0 ? NULL : "never called";
}
