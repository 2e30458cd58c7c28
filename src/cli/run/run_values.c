/* SPDX-License-Identifier: Apache-2.0 */
/* The values of options of `proxywasm run`. */
#include "cli/run/run_values.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/config.h"

/* Bodies and messages beyond this are taken for a mistake. */
#define FILE_LIMIT   (64u << 20)
#define MOST_SECONDS 3600

bool
pw_run_no_memory(struct pw_error *error)
{
  return pw_error_set(error, PW_ERROR_MEMORY, "no memory for the command line");
}

static bool
read_stdin(struct pw_bytes *bytes, struct pw_error *error)
{
  char   block[65536];
  size_t got;
  while ((got = fread(block, 1, sizeof(block), stdin)) > 0) {
    if (bytes->size + got > FILE_LIMIT) {
      return pw_error_set(error, PW_ERROR_LIMIT, "standard input: more than %u bytes", FILE_LIMIT);
    }
    if (!pw_bytes_append(bytes, block, got)) {
      return pw_run_no_memory(error);
    }
  }
  return !ferror(stdin) || pw_error_set(error, PW_ERROR_FILE, "standard input: %s", strerror(errno));
}

/* The second one that asks for it would get nothing. */
static bool
read_stdin_once(struct pw_bytes *bytes, struct pw_error *error)
{
  static bool taken;
  if (taken) {
    return pw_error_set(error, PW_ERROR_ARGUMENT,
                        "standard input: it can be read once, and another option has read it");
  }
  taken = true;
  return read_stdin(bytes, error);
}

static bool
read_file(const char *file, struct pw_bytes *bytes, struct pw_error *error)
{
  pw_bytes_clear(bytes);
  return strcmp(file, "-") == 0 ? read_stdin_once(bytes, error) : pw_config_read_bytes(file, FILE_LIMIT, bytes, error);
}

/* TEXT or @FILE. */
bool
pw_run_read_text(const char *argument, struct pw_bytes *bytes, struct pw_error *error)
{
  if (argument[0] == '@') {
    return read_file(argument + 1, bytes, error);
  }
  pw_bytes_clear(bytes);
  return pw_bytes_append(bytes, argument, strlen(argument)) || pw_run_no_memory(error);
}

bool
pw_run_read_number(const struct pw_run_given *given, uint64_t most, uint64_t *number, struct pw_error *error)
{
  char *end;
  errno   = 0;
  *number = strtoull(given->argument, &end, 10);
  if (errno != 0 || end == given->argument || *end != '\0' || strchr(given->argument, '-') != NULL || *number > most) {
    return pw_error_set(error, PW_ERROR_ARGUMENT, "--%s %s: give a number from 0 to %llu", given->name, given->argument,
                        (unsigned long long)most);
  }
  return true;
}

bool
pw_run_read_seconds(const struct pw_run_given *given, uint64_t *nanoseconds, struct pw_error *error)
{
  char  *end;
  double seconds = strtod(given->argument, &end);
  if (end == given->argument || *end != '\0' || !(seconds >= 0.01 && seconds <= MOST_SECONDS)) {
    return pw_error_set(error, PW_ERROR_ARGUMENT, "--%s %s: give a number of seconds from 0.01 to %d", given->name,
                        given->argument, MOST_SECONDS);
  }
  *nanoseconds = (uint64_t)(seconds * 1e9);
  return true;
}

bool
pw_run_read_message(const struct pw_run_given *given, enum pw_http_kind kind, struct pw_http_message *message,
                    struct pw_error *error)
{
  struct pw_bytes             text    = {0};
  const char                 *file    = strcmp(given->argument, "-") == 0 ? "standard input" : given->argument;
  struct pw_http_text_options options = {.kind = kind, .file = file, .keep_host = true};
  pw_http_message_clear(message);
  bool done =
    read_file(given->argument, &text, error) && pw_http_text_read(pw_bytes_view(&text), &options, message, error);
  pw_bytes_clear(&text);
  return done;
}

bool
pw_run_add_field(const struct pw_run_given *given, struct pw_fields *fields, struct pw_error *error)
{
  struct pw_view name;
  struct pw_view value;
  const char    *wrong = pw_http_field_read(pw_view_of(given->argument), &name, &value);
  if (wrong != NULL) {
    return pw_error_set(error, PW_ERROR_ARGUMENT, "--%s '%s': %s", given->name, given->argument, wrong);
  }
  if (pw_field_name_equal(name, pw_view_of("host"))) {
    name = pw_view_of(":authority");
  }
  bool done = name.data[0] == ':' ? pw_fields_replace(fields, name, value) : pw_fields_add(fields, name, value);
  return done || pw_run_no_memory(error);
}

static bool
is_method(struct pw_view value)
{
  return pw_field_name_valid(value) && value.data[0] != ':';
}

static bool
has_no_blank(struct pw_view value)
{
  for (size_t i = 0; i < value.size; i++) {
    if ((unsigned char)value.data[i] <= ' ' || value.data[i] == 0x7f) {
      return false;
    }
  }
  return value.size > 0;
}

static bool
is_path(struct pw_view value)
{
  return has_no_blank(value) && (value.data[0] == '/' || pw_view_equal(value, pw_view_of("*")));
}

static bool
is_scheme(struct pw_view value)
{
  return pw_view_equal(value, pw_view_of("http")) || pw_view_equal(value, pw_view_of("https"));
}

/* NULL, or what values of this pseudo-header are like, if that one is none. */
static const char *
pseudo_problem(const char *name, struct pw_view value)
{
  static const struct {
    const char *name;
    bool (*valid)(struct pw_view value);
    const char *problem;
  } known[] = {{":method", is_method, "a method is one word, such as GET"},
               {":path", is_path, "a path begins with '/' and has no blanks (write %20); or it is '*'"},
               {":scheme", is_scheme, "a scheme is http or https"}};
  for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
    if (strcmp(known[i].name, name) == 0) {
      return known[i].valid(value) ? NULL : known[i].problem;
    }
  }
  return value.size > 0 && pw_field_value_valid(value) ? NULL : "it is empty, or has a CR or LF";
}

bool
pw_run_set_pseudo(const struct pw_run_given *given, struct pw_fields *fields, const char *name, struct pw_error *error)
{
  struct pw_view value   = pw_view_of(given->argument);
  const char    *problem = pseudo_problem(name, value);
  if (problem != NULL) {
    return pw_error_set(error, PW_ERROR_ARGUMENT, "--%s '%s': %s", given->name, given->argument, problem);
  }
  return pw_fields_replace(fields, pw_view_of(name), value) || pw_run_no_memory(error);
}

/* A URL is what may stand in a request's first line: that reader takes it apart. */
static bool
read_url(struct pw_view url, struct pw_http_message *message, struct pw_error *error)
{
  struct pw_http_text_options options = {.kind = PW_HTTP_REQUEST, .file = "--url"};
  struct pw_bytes             text    = {0};
  bool                        done = pw_bytes_append(&text, "GET ", 4) && pw_bytes_append(&text, url.data, url.size) &&
              pw_bytes_append(&text, " HTTP/1.1\n", 10);
  done = done ? pw_http_text_read(pw_bytes_view(&text), &options, message, error) : pw_run_no_memory(error);
  pw_bytes_clear(&text);
  return done;
}

bool
pw_run_set_url(const struct pw_run_given *given, struct pw_fields *fields, struct pw_error *error)
{
  static const char *const names[] = {":scheme", ":authority", ":path"};
  struct pw_http_message   message = {0};
  struct pw_view           url     = pw_view_of(given->argument);
  bool                     done    = has_no_blank(url);
  if (done && !read_url(url, &message, error)) {
    pw_http_message_clear(&message);
    return false;
  }
  for (size_t i = 0; done && i < sizeof(names) / sizeof(names[0]); i++) {
    done = pseudo_problem(names[i], pw_fields_value(&message.headers, names[i])) == NULL;
  }
  if (!done) {
    pw_error_set(error, PW_ERROR_ARGUMENT,
                 "--%s '%s': give it as http://HOST/PATH or https://HOST/PATH, without blanks (write %%20)",
                 given->name, given->argument);
  }
  for (size_t i = 0; done && i < sizeof(names) / sizeof(names[0]); i++) {
    done = pw_fields_replace(fields, pw_view_of(names[i]), pw_fields_value(&message.headers, names[i])) ||
           pw_run_no_memory(error);
  }
  pw_http_message_clear(&message);
  return done;
}

bool
pw_run_set_status(const struct pw_run_given *given, struct pw_fields *fields, struct pw_error *error)
{
  uint64_t status;
  if (!pw_run_read_number(given, 999, &status, error)) {
    return false;
  }
  if (status < 100) {
    return pw_error_set(error, PW_ERROR_ARGUMENT, "--%s %s: a status has three digits", given->name, given->argument);
  }
  return pw_run_set_pseudo(given, fields, ":status", error);
}

/* The part before '=', and what follows it. */
bool
pw_run_split(const struct pw_run_given *given, struct pw_view *left, struct pw_view *right, struct pw_error *error)
{
  const char *mark = strchr(given->argument, '=');
  if (mark == NULL || mark == given->argument) {
    return pw_error_set(error, PW_ERROR_ARGUMENT, "--%s %s: there is no NAME=VALUE", given->name, given->argument);
  }
  *left  = pw_view_make(given->argument, (size_t)(mark - given->argument));
  *right = pw_view_of(mark + 1);
  return true;
}

bool
pw_run_add_property(const struct pw_run_given *given, struct pw_fields *properties, struct pw_error *error)
{
  struct pw_view path;
  struct pw_view value;
  uint8_t        bytes[8];
  if (!pw_run_split(given, &path, &value, error)) {
    return false;
  }
  if (given->id == PW_RUN_PROPERTY_INT) {
    char *end;
    errno            = 0;
    long long number = strtoll(value.data, &end, 10);
    if (errno != 0 || end == value.data || *end != '\0') {
      return pw_error_set(error, PW_ERROR_ARGUMENT, "--%s %s: the value is no integer", given->name, given->argument);
    }
    for (size_t i = 0; i < sizeof(bytes); i++) {
      bytes[i] = (uint8_t)((uint64_t)number >> (8 * i));
    }
    value = pw_view_make(bytes, sizeof(bytes));
  } else if (given->id == PW_RUN_PROPERTY_BOOL) {
    bool truth = strcmp(value.data, "true") == 0;
    if (!truth && strcmp(value.data, "false") != 0) {
      return pw_error_set(error, PW_ERROR_ARGUMENT, "--%s %s: the value is neither true nor false", given->name,
                          given->argument);
    }
    bytes[0] = truth;
    value    = pw_view_make(bytes, 1);
  }
  return pw_fields_add(properties, path, value) || pw_run_no_memory(error);
}
