/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a scenario suite. */
#include "cli/suite/suite.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <unistd.h>

static void
name_nameless_tests(struct pw_suite *suite)
{
  struct pw_suite_test *tests = suite->test.items;
  for (size_t i = 0; i < suite->test.count; i++) {
    if (!tests[i].name.data) {
      tests[i].name = pw_view_of("(no name)");
    }
  }
}

static bool
read_into(struct pw_suite *suite, struct pw_view text, const char *file, struct pw_error *error)
{
  suite->arena         = pw_arena_new();
  struct pw_yaml *yaml = suite->arena ? pw_arena_array(suite->arena, 1, sizeof(*yaml)) : NULL;
  suite->file          = yaml ? pw_arena_copy(suite->arena, file, strlen(file)) : NULL;
  const char *slash    = strrchr(file, '/');
  suite->directory =
    suite->file ? pw_arena_copy(suite->arena, slash ? file : ".", slash ? (size_t)(slash - file) + 1 : 1) : NULL;
  if (!suite->directory) {
    return pw_error_set(error, PW_ERROR_MEMORY, "%s: out of memory", file);
  }
  struct pw_schema_reader reader = {.yaml = yaml, .arena = suite->arena};
  const yaml_node_t      *root   = pw_yaml_begin(yaml, text, suite->file);
  if (root) {
    pw_schema_read(&reader, &pw_suite_schema, root, NULL, suite);
  }
  if (root && suite->env.setting.plugin_given && suite->env.setting.plugins_given) {
    pw_yaml_mistake(yaml, NULL, "key 'env': has both 'plugin' and 'plugins'");
  }
  pw_yaml_end(yaml);
  name_nameless_tests(suite);
  return pw_yaml_sound(yaml, error);
}

struct pw_suite *
pw_suite_read(const char *file, struct pw_error *error)
{
  struct pw_bytes  text  = {0};
  struct pw_suite *suite = calloc(1, sizeof(*suite));
  if (!suite) {
    pw_error_set(error, PW_ERROR_MEMORY, "%s: out of memory", file);
    return NULL;
  }
  if (!pw_config_read_bytes(file, PW_YAML_BYTES, &text, error) ||
      !read_into(suite, pw_bytes_view(&text), file, error)) {
    pw_suite_free(suite);
    suite = NULL;
  }
  pw_bytes_clear(&text);
  return suite;
}

void
pw_suite_free(struct pw_suite *suite)
{
  if (suite) {
    pw_arena_delete(suite->arena);
    free(suite);
  }
}

char *
pw_suite_path(const struct pw_suite *suite, const char *file, bool or_here)
{
  char *path = pw_config_path(suite->directory, file);
  if (path && or_here && access(path, F_OK) != 0 && access(file, F_OK) == 0) {
    free(path);
    path = strdup(file);
  }
  return path;
}

static bool
append_little_endian(struct pw_bytes *bytes, uint64_t number)
{
  unsigned char encoded[8];
  for (unsigned i = 0; i < 8; i++) {
    encoded[i] = (unsigned char)(number >> (8 * i));
  }
  return pw_bytes_append(bytes, encoded, sizeof(encoded));
}

static const char *
number_value(const struct pw_suite_property *property, struct pw_bytes *bytes)
{
  /* Schema texts are terminated. */
  const char *text   = property->value.data ? property->value.data : "";
  char       *end    = NULL;
  uint64_t    number = 0;
  errno              = 0;
  if (property->type == PW_SUITE_PROPERTY_DOUBLE) {
    double real = strtod(text, &end);
    memcpy(&number, &real, sizeof(number));
  } else if (property->type == PW_SUITE_PROPERTY_UINT && strchr(text, '-') == NULL) {
    number = strtoull(text, &end, 10);
  } else if (property->type == PW_SUITE_PROPERTY_INT) {
    number = (uint64_t)strtoll(text, &end, 10);
  }
  if (!end || end == text || *end || errno != 0) {
    return "its value is no number of its type";
  }
  return append_little_endian(bytes, number) ? NULL : "out of memory";
}

const char *
pw_suite_property_value(const struct pw_suite_property *property, struct pw_bytes *bytes)
{
  bool value = false;
  switch ((enum pw_suite_property_type)property->type) {
  case PW_SUITE_PROPERTY_STRING:
    return pw_bytes_append(bytes, property->value.data, property->value.size) ? NULL : "out of memory";
  case PW_SUITE_PROPERTY_BOOL:
    if (!pw_value_boolean(property->value, &value)) {
      return "its value is neither true nor false";
    }
    return pw_bytes_append(bytes, value ? "\1" : "\0", 1) ? NULL : "out of memory";
  default:
    return number_value(property, bytes);
  }
}

bool
pw_suite_is_wanted(const struct pw_suite_test *test, const char *filter)
{
  /* Names of a suite are terminated. */
  if (!filter) {
    return true;
  }
  return strpbrk(filter, "*?") ? fnmatch(filter, test->name.data, 0) == 0 : strstr(test->name.data, filter) != NULL;
}
