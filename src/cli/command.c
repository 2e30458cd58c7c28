/* SPDX-License-Identifier: Apache-2.0 */
/* What the subcommands share: options, messages, files. */
#include "cli/command.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

#include "config/config.h"
#include "config/plugin_schema.h"
#include "config/suggest.h"

/* More options than any command has. */
#define MOST_OPTIONS 64
#define HELP_OPTION  'h'

static void
print_option(const struct pw_command_option *option)
{
  char left[64], letter[8] = "    ";
  if (option->id < 256) {
    snprintf(letter, sizeof(letter), "-%c, ", option->id);
  }
  snprintf(left, sizeof(left), "%s--%s%s%s", letter, option->name, option->argument ? " " : "",
           option->argument ? option->argument : "");
  const char *line = option->meaning;
  for (bool first = true;; first = false) {
    size_t length = strcspn(line, "\n");
    printf("  %-28s %s%.*s\n", first ? left : "", strlen(left) > 28 && first ? "\n                               " : "",
           (int)length, line);
    if (line[length] == '\0') {
      break;
    }
    line += length + 1;
  }
}

static void
print_help(const struct pw_command *command)
{
  static const struct pw_command_option help = {HELP_OPTION, "help", NULL, "this text"};
  printf("Usage: proxywasm %s [OPTIONS]%s%s\n\n%s\n\nOptions:\n", command->name, *command->arguments ? " " : "",
         command->arguments, command->description);
  for (const struct pw_command_option *option = command->options; option && option->name; option++) {
    print_option(option);
  }
  print_option(&help);
}

static void
make_tables(const struct pw_command *command, char letters[2 * MOST_OPTIONS + 4], struct option longs[MOST_OPTIONS + 2])
{
  size_t count = 0, letter = 0;
  /* ':' first: getopt prints nothing itself, and tells a missing argument apart. */
  letters[letter++] = ':';
  letters[letter++] = HELP_OPTION;
  for (const struct pw_command_option *option = command->options; option && option->name && count < MOST_OPTIONS;
       option++) {
    longs[count++] =
      (struct option){option->name, option->argument ? required_argument : no_argument, NULL, option->id};
    if (option->id < 256) {
      letters[letter++] = (char)option->id;
      if (option->argument) {
        letters[letter++] = ':';
      }
    }
  }
  letters[letter] = '\0';
  longs[count++]  = (struct option){"help", no_argument, NULL, HELP_OPTION};
  longs[count]    = (struct option){NULL, 0, NULL, 0};
}

static int
end_with(struct pw_command_line *line, int exit)
{
  line->exit = exit;
  return -1;
}

static int
refuse_option(struct pw_command_line *line, const char *text)
{
  struct pw_suggestion suggestion = {0};
  const char          *name       = text + strspn(text, "-");
  suggestion.wanted               = pw_view_make(name, strcspn(name, "="));
  for (const struct pw_command_option *option = line->command->options; option && option->name; option++) {
    pw_suggestion_offer(&suggestion, option->name);
  }
  return end_with(line,
                  pw_command_usage(line, "unknown option '%s'%s%s%s", text, suggestion.best ? "; did you mean '--" : "",
                                   suggestion.best ? suggestion.best : "", suggestion.best ? "'?" : ""));
}

static int
finish_options(struct pw_command_line *line)
{
  line->count     = line->argc - optind;
  line->arguments = line->argv + optind;
  if (line->count < line->command->minimum) {
    return end_with(line, pw_command_usage(line, "an argument is missing: %s", line->command->arguments));
  }
  if (line->command->maximum >= 0 && line->count > line->command->maximum) {
    return end_with(line, pw_command_usage(line, "unexpected argument '%s'", line->arguments[line->command->maximum]));
  }
  return 0;
}

int
pw_command_next(struct pw_command_line *line)
{
  char          letters[2 * MOST_OPTIONS + 4];
  struct option longs[MOST_OPTIONS + 2];
  make_tables(line->command, letters, longs);
  int id                = getopt_long(line->argc, line->argv, letters, longs, NULL);
  line->option_argument = optarg;
  switch (id) {
  case -1:
    return finish_options(line);
  case HELP_OPTION:
    print_help(line->command);
    return end_with(line, PW_EXIT_OK);
  case ':':
    return end_with(line, pw_command_usage(line, "option '%s' needs an argument", line->argv[optind - 1]));
  case '?': {
    /* optopt is the letter of an unknown short option, or the id of a long one that was given an argument. */
    char letter[3] = {'-', (char)optopt, '\0'};
    return refuse_option(line, optopt > 0 && optopt < 256 && strncmp(line->argv[optind - 1], "--", 2) != 0
                                 ? letter
                                 : line->argv[optind - 1]);
  }
  default:
    return id;
  }
}

int
pw_command_usage(const struct pw_command_line *line, const char *format, ...)
{
  va_list arguments;
  fprintf(stderr, "proxywasm %s: ", line->command->name);
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fprintf(stderr, "\nTry 'proxywasm %s --help'.\n", line->command->name);
  return PW_EXIT_USAGE;
}

int
pw_command_failure(const struct pw_command_line *line, const struct pw_error *error)
{
  fprintf(stderr, "proxywasm %s: %s: %s\n", line->command->name, pw_error_word(error->code), error->message);
  return PW_EXIT_FAILED;
}

static bool
engine_known(const char *name)
{
  static const char  prefix[] = "ats.wasm.runtime.";
  const char *const *known    = pw_engine_names();
  if (strncmp(name, prefix, sizeof(prefix) - 1) == 0) {
    name += sizeof(prefix) - 1;
  }
  while (*known && strcmp(*known, name) != 0) {
    known++;
  }
  return *known != NULL;
}

bool
pw_command_all_engines(const char *name)
{
  return name && strcmp(name, "all") == 0;
}

bool
pw_command_engine(struct pw_command_line *line, const char *name, bool or_all)
{
  char known[256] = "";
  if (!name || !*name || engine_known(name) || (or_all && pw_command_all_engines(name))) {
    return true;
  }
  for (const char *const *names = pw_engine_names(); *names; names++) {
    size_t used = strlen(known);
    snprintf(known + used, sizeof(known) - used, "%s%s", used ? ", " : "", *names);
  }
  line->exit = pw_command_usage(line, "--engine %s: there is no such engine; this version has: %s", name, known);
  return false;
}

bool
pw_command_log_level(const char *name, enum pw_log_level *level)
{
  for (const struct pw_schema_choice *choice = pw_config_log_levels; choice->name; choice++) {
    if (strcasecmp(choice->name, name) == 0) {
      *level = (enum pw_log_level)choice->value;
      return true;
    }
  }
  return false;
}

bool
pw_command_read_module(const struct pw_command_line *line, const char *file, struct pw_bytes *code)
{
  struct pw_error error = {0};
  if (!pw_config_read_bytes(file, PW_COMMAND_MODULE_BYTES, code, &error)) {
    pw_command_failure(line, &error);
    return false;
  }
  return true;
}

static bool
make_directory(const char *path)
{
  return mkdir(path, 0700) == 0 || errno == EEXIST;
}

const char *
pw_command_cache_directory(void)
{
  static char directory[PATH_MAX];
  const char *own = getenv("PROXYWASM_CACHE"), *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  int         size = 0;
  if (own) {
    size = snprintf(directory, sizeof(directory), "%s", own);
  } else if (base && *base) {
    size = make_directory(base) ? snprintf(directory, sizeof(directory), "%s/proxywasm", base) : 0;
  } else if (home && *home) {
    size = snprintf(directory, sizeof(directory), "%s/.cache", home);
    if (size > 0 && (size_t)size < sizeof(directory) && make_directory(directory)) {
      size = snprintf(directory, sizeof(directory), "%s/.cache/proxywasm", home);
    }
  }
  return size > 0 && (size_t)size < sizeof(directory) && make_directory(directory) ? directory : NULL;
}
