/* SPDX-License-Identifier: Apache-2.0 */
/* proxywasm: run, test and look at Proxy-Wasm modules without a proxy. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/suite/suite.h"
#include "config/plugin_schema.h"
#include "config/reference.h"
#include "config/suggest.h"

static const struct pw_command *const commands[] = {
  &pw_command_run,         &pw_command_inspect, &pw_command_test,    &pw_command_bench,   &pw_command_compile,
  &pw_command_conformance, &pw_command_check,   &pw_command_engines, &pw_command_version,
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void
print_commands(FILE *out)
{
  fprintf(out, "Usage: proxywasm COMMAND [OPTIONS] [ARGUMENTS]\n\n"
               "Runs, tests and looks at Proxy-Wasm modules without a proxy.\n\nCommands:\n");
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    fprintf(out, "  %-12s %s\n", commands[i]->name, commands[i]->summary);
  }
  fprintf(out,
          "  %-12s %s\n\n'proxywasm COMMAND --help' tells more of each.\n"
          "Exit codes: 0 all went well; 1 something failed; 2 the command line or a file of instructions is wrong.\n",
          "help",
          "this text; 'help COMMAND'; 'help configuration' or 'help scenarios' for the "
          "keys of those files");
}

static const struct pw_command *
find_command(const char *name)
{
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    if (strcmp(commands[i]->name, name) == 0) {
      return commands[i];
    }
  }
  return NULL;
}

static int
unknown_command(const char *name)
{
  struct pw_suggestion suggestion = {.wanted = pw_view_of(name)};
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    pw_suggestion_offer(&suggestion, commands[i]->name);
  }
  pw_suggestion_offer(&suggestion, "help");
  fprintf(stderr, "proxywasm: unknown command '%s'%s%s%s\nTry 'proxywasm help'.\n", name,
          suggestion.best ? "; did you mean '" : "", suggestion.best ? suggestion.best : "",
          suggestion.best ? "'?" : "");
  return PW_EXIT_USAGE;
}

static int
print_reference(const struct pw_schema *schema)
{
  struct pw_bytes markdown = {0};
  bool            made     = pw_schema_reference(schema, &markdown);
  if (made) {
    fwrite(markdown.data, 1, markdown.size, stdout);
  }
  pw_bytes_clear(&markdown);
  return made ? PW_EXIT_OK : PW_EXIT_FAILED;
}

static int
run_command(const struct pw_command *command, int argc, char **argv)
{
  struct pw_command_line line = {.command = command, .argc = argc, .argv = argv};
  return command->run(&line);
}

static bool
is_help(const char *name)
{
  return strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0;
}

static int
help(const char *topic)
{
  if (!topic || is_help(topic)) {
    print_commands(stdout);
    return PW_EXIT_OK;
  }
  if (strcmp(topic, "configuration") == 0) {
    return print_reference(&pw_config_schema);
  }
  if (strcmp(topic, "scenarios") == 0) {
    return print_reference(&pw_suite_schema);
  }
  const struct pw_command *command = find_command(topic);
  if (!command) {
    return unknown_command(topic);
  }
  char  name[] = "help", option[] = "--help";
  char *arguments[] = {name, option, NULL};
  return run_command(command, 2, arguments);
}

static int
dispatch(int argc, char **argv)
{
  if (argc < 2) {
    print_commands(stderr);
    return PW_EXIT_USAGE;
  }
  const char *name = argv[1];
  if (is_help(name)) {
    return help(argc > 2 ? argv[2] : NULL);
  }
  const struct pw_command *command = find_command(strcmp(name, "--version") == 0 ? "version" : name);
  return command ? run_command(command, argc - 1, argv + 1) : unknown_command(name);
}

int
main(int argc, char **argv)
{
  int exit = dispatch(argc, argv);
  /* A full disk or a closed pipe must not look like success. */
  if ((fflush(stdout) != 0 || ferror(stdout)) && exit == PW_EXIT_OK) {
    fprintf(stderr, "proxywasm: the output could not be written\n");
    exit = PW_EXIT_FAILED;
  }
  return exit;
}
