/* SPDX-License-Identifier: Apache-2.0 */
/* `proxywasm compile`: puts compiled code into a module's file, to ship with it. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "config/plugin_schema.h"
#include "engine/precompiled.h"

enum { PORTABLE = 256 };

static const struct pw_command_option options[] = {
  {'e', "engine", "NAME", "the engine that will run it; see 'proxywasm engines'"},
  {'o', "output", "FILE", "default: MODULE with .precompiled.wasm in place of .wasm"},
  {'s', "stack", "SIZE", "limits.stack of the plugins that will use it; default: 512KiB"},
  {'p', "profile", NULL, "for plugins with 'profile: true'"},
  {'t', "transaction", NULL, "for plugins with 'vm_scope: transaction'"},
  {PORTABLE, "portable", NULL,
   "for any processor with x86-64-v2 (since about 2011), not for those\nthat have what this one has"},
  {0, NULL, NULL, NULL},
};

struct request {
  const struct pw_command_line *line;
  const char                   *engine;
  const char                   *output; /**< NULL: named after the module */
  struct pw_engine_settings     settings;
};

/* Takes the key limits.stack of a plugin: what --stack may be is what that may be. */
static void
find_stack_key(void *data, const char *path, const struct pw_schema_key *key, const char *same_as)
{
  const struct pw_schema_key **found = data;

  (void)same_as;
  if (strcmp(path, "limits.stack") == 0) {
    *found = key;
  }
}

static bool
read_stack(struct request *request, const char *text)
{
  const struct pw_schema_key *key     = NULL;
  uint64_t                    bytes   = 0;
  pw_value_problem            problem = pw_value_number(pw_view_of(text), PW_VALUE_BYTES, &bytes);
  char                        least[32], most[32];

  pw_schema_walk(&pw_config_plugin_schema, find_stack_key, &key);
  if (problem) {
    pw_command_usage(request->line, "--stack '%s' %s", text, problem);
    return false;
  }
  if (bytes < key->minimum || bytes > key->maximum) {
    pw_command_usage(request->line, "--stack '%s' is out of range; the least is %s, the most %s", text,
                     pw_value_number_text(key->minimum, PW_VALUE_BYTES, least, sizeof(least)),
                     pw_value_number_text(key->maximum, PW_VALUE_BYTES, most, sizeof(most)));
    return false;
  }
  request->settings.stack_bytes = (uint32_t)bytes;
  return true;
}

/* Freed by the caller; NULL: no memory. */
static char *
output_name(const char *module)
{
  static const char suffix[] = ".wasm", added[] = ".precompiled.wasm";
  size_t            length = strlen(module);
  char             *name   = malloc(length + sizeof(added));

  if (length > strlen(suffix) && strcmp(module + length - strlen(suffix), suffix) == 0) {
    length -= strlen(suffix);
  }
  if (name) {
    memcpy(name, module, length);
    memcpy(name + length, added, sizeof(added));
  }
  return name;
}

/* The host's own reader says more plainly than engines do what is wrong with a file. */
static bool
is_module(struct pw_view file, struct pw_error *error)
{
  struct pw_module_info *info = pw_module_info_read(pw_precompiled_split(file).module, error);
  bool                   read = info != NULL;

  pw_module_info_free(info);
  return read;
}

static bool
starts(const struct pw_engine_ops *ops, const struct pw_engine_settings *settings, struct pw_error *error)
{
  struct pw_engine *engine  = ops->engine_new(settings, error);
  bool              started = engine != NULL;

  ops->engine_delete(engine);
  return started;
}

/* Of an engine that did not start: the option that it does not take, with its reason in `error`. NULL: neither. */
static const char *
refused_option(const struct pw_engine_ops *ops, struct pw_engine_settings settings, struct pw_error *error)
{
  settings.stack_bytes = PW_DEFAULT_STACK_BYTES;
  if (starts(ops, &settings, error)) {
    return "--stack";
  }
  settings.portable = false;
  return starts(ops, &settings, error) ? "--portable" : NULL;
}

static unsigned
mode_of_new_files(void)
{
  mode_t mask = umask(077);
  umask(mask);
  return 0666 & ~mask;
}

/* A file that is there is replaced, for it to be whole or as it was: with its mode, where a link leads, and if it is a
 * file. */
static bool
write_file(const char *name, struct pw_view content, struct pw_error *error)
{
  struct stat status;
  char        path[PATH_MAX];

  if (stat(name, &status) != 0) {
    return pw_code_write_file(name, content, mode_of_new_files(), error);
  }
  if (!S_ISREG(status.st_mode)) {
    return pw_error_set(error, PW_ERROR_FILE, "%s: is no plain file, and is left as it is; name one with --output",
                        name);
  }
  if (!realpath(name, path)) {
    return pw_error_set(error, PW_ERROR_FILE, "%s: cannot be written: %s", name, strerror(errno));
  }
  return pw_code_write_file(path, content, status.st_mode & 07777, error);
}

static int
write_output(const struct request *request, const char *name, const struct pw_engine_ops *ops, struct pw_view file,
             size_t added)
{
  const struct pw_engine_settings *settings = &request->settings;
  struct pw_error                  error    = {0};
  char                            *own      = request->output ? NULL : output_name(name);
  const char                      *output   = request->output ? request->output : own;
  bool                             written =
    output ? write_file(output, file, &error) : pw_error_set(&error, PW_ERROR_MEMORY, "out of memory for a path");
  char stack[32];

  if (written) {
    printf("%s: %zu bytes of code for %s %s, stack %s%s%s%s\n", output, added, ops->name, ops->version(),
           pw_value_number_text(settings->stack_bytes, PW_VALUE_BYTES, stack, sizeof(stack)),
           settings->profile ? ", profile" : "", settings->images ? ", transaction" : "",
           settings->portable ? ", portable" : "");
  }
  free(own);
  return written ? PW_EXIT_OK : pw_command_failure(request->line, &error);
}

static int
fail_with(const struct request *request, const char *name, const struct pw_error *error)
{
  struct pw_error named;

  pw_error_set(&named, error->code, "%s: %s", name, error->message);
  return pw_command_failure(request->line, &named);
}

static int
compile(struct request *request, const char *name, struct pw_view module)
{
  struct pw_engine_settings  *settings = &request->settings;
  struct pw_error             error    = {0};
  struct pw_bytes             file     = {0};
  size_t                      added    = 0;
  const struct pw_engine_ops *ops      = is_module(module, &error) ? pw_engine_find(request->engine, &error) : NULL;

  if (!ops) {
    return fail_with(request, name, &error);
  }
  /* Without images a plugin's code is the same under each scope. */
  settings->images          = settings->images && ops->image_take;
  struct pw_engine *engine  = ops->engine_new(settings, &error);
  const char       *refused = engine ? NULL : refused_option(ops, *settings, &error);
  if (refused) {
    return pw_command_usage(request->line, "%s: %s", refused, error.message);
  }
  bool made = engine && pw_precompiled_add(ops, engine, settings, module, &file, &added, &error);
  int  exit = made ? write_output(request, name, ops, pw_bytes_view(&file), added) : fail_with(request, name, &error);
  ops->engine_delete(engine);
  pw_bytes_clear(&file);
  return exit;
}

static int
run(struct pw_command_line *line)
{
  struct request  request = {.line = line, .engine = "", .settings = {.stack_bytes = PW_DEFAULT_STACK_BYTES}};
  struct pw_bytes module  = {0};
  int             id;
  while ((id = pw_command_next(line)) > 0) {
    switch (id) {
    case 'e':
      if (!pw_command_engine(line, line->option_argument, false)) {
        return line->exit;
      }
      request.engine = line->option_argument;
      break;
    case 'o':
      request.output = line->option_argument;
      break;
    case 's':
      if (!read_stack(&request, line->option_argument)) {
        return PW_EXIT_USAGE;
      }
      break;
    case 'p':
      request.settings.profile = true;
      break;
    case 't':
      request.settings.images = true;
      break;
    default:
      request.settings.portable = true;
      break;
    }
  }
  if (id < 0) {
    return line->exit;
  }
  if (!pw_command_read_module(line, line->arguments[0], &module)) {
    return PW_EXIT_FAILED;
  }
  int exit = compile(&request, line->arguments[0], pw_bytes_view(&module));
  pw_bytes_clear(&module);
  return exit;
}

const struct pw_command pw_command_compile = {
  .name      = "compile",
  .summary   = "put compiled code into a module's file, to ship with it",
  .arguments = "MODULE",
  .description =
    "Compiles a module for an engine, and writes a module that has the compiled code in a custom section at\n"
    "its end: it runs everywhere, and 'allow_precompiled: true' lets the code be used where it fits, which\n"
    "is the same engine and version, the same settings, and a processor that has what this one has (any of\n"
    "the last years with --portable). A file can have code for several engines: compile the output again.\n"
    "wasmtime, v8 and wasm2c have compiled code; wamr and wasmedge interpret.\n"
    "Exit code: 0 it is written, 1 it could not be compiled or written, 2 the command line is wrong.",
  .options = options,
  .minimum = 1,
  .maximum = 1,
  .run     = run,
};
