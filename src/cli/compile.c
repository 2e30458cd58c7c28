/* SPDX-License-Identifier: Apache-2.0 */
/* `proxywasm compile`: puts compiled code into a module's file, to ship with it. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "config/schema.h"
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

static bool
read_stack(struct request *request, const char *text)
{
  uint64_t         bytes   = 0;
  pw_value_problem problem = pw_value_number(pw_view_of(text), PW_VALUE_BYTES, &bytes);

  if (problem || bytes == 0 || bytes > UINT32_MAX) {
    pw_command_usage(request->line, "--stack '%s' %s", text, problem ? problem : "is out of range");
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

static bool
make(const struct pw_engine_settings *settings, const struct pw_engine_ops *ops, struct pw_view module,
     struct pw_bytes *file, size_t *added, struct pw_error *error)
{
  struct pw_engine *engine = ops->engine_new(settings, error);
  bool              made   = engine && pw_precompiled_add(ops, engine, settings, module, file, added, error);

  ops->engine_delete(engine);
  return made;
}

static int
compile(struct request *request, const char *name, struct pw_view module)
{
  struct pw_error             error  = {0};
  struct pw_bytes             file   = {0};
  char                       *own    = request->output ? NULL : output_name(name);
  const char                 *output = request->output ? request->output : own;
  const struct pw_engine_ops *ops    = pw_engine_find(request->engine, &error);
  size_t                      added  = 0;
  char                        stack[32];
  bool                        done = ops != NULL;

  if (!output) {
    done = pw_error_set(&error, PW_ERROR_MEMORY, "out of memory for a path");
  }
  /* Without images a plugin's code is the same under each scope. */
  request->settings.images = request->settings.images && ops && ops->image_take;
  done                     = done && make(&request->settings, ops, module, &file, &added, &error) &&
         pw_code_write_file(output, pw_bytes_view(&file), 0666, &error);
  if (done) {
    printf("%s: %zu bytes of code for %s %s, stack %s%s%s%s\n", output, added, ops->name, ops->version(),
           pw_value_number_text(request->settings.stack_bytes, PW_VALUE_BYTES, stack, sizeof(stack)),
           request->settings.profile ? ", profile" : "", request->settings.images ? ", transaction" : "",
           request->settings.portable ? ", portable" : "");
  }
  free(own);
  pw_bytes_clear(&file);
  return done ? PW_EXIT_OK : pw_command_failure(request->line, &error);
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
    "wasmtime and v8 have compiled code; wamr and wasmedge interpret.\n"
    "Exit code: 0 it is written, 1 it could not be compiled or written, 2 the command line is wrong.",
  .options = options,
  .minimum = 1,
  .maximum = 1,
  .run     = run,
};
