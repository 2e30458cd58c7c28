/* SPDX-License-Identifier: Apache-2.0 */
/* `proxywasm engines`: which engines can be used here. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/json.h"

static const struct pw_command_option options[] = {
  {'j', "json", NULL, "the list as JSON"},
  {0, NULL, NULL, NULL},
};

/** An engine, tried. */
struct engine {
  const char                 *name;
  const struct pw_engine_ops *ops;   /**< NULL: it cannot be used */
  struct pw_error             error; /**< why not */
};

/* An object that can be opened may still lack its library: only a start shows. */
static struct engine
try_engine(const char *name)
{
  struct engine engine = {.name = name};
  engine.ops           = pw_engine_find(name, &engine.error);
  if (engine.ops) {
    const struct pw_engine_settings settings = {0};
    struct pw_engine               *started  = engine.ops->engine_new(&settings, &engine.error);
    engine.ops->engine_delete(started);
    engine.ops = started ? engine.ops : NULL;
  }
  return engine;
}

static void
print_text(const struct engine *engine, bool is_default)
{
  if (engine->ops) {
    printf("%-12s %-12s %s%s\n", engine->name, engine->ops->version(), engine->ops->origin(),
           is_default ? " (default)" : "");
  } else {
    printf("%-12s not usable: %s\n", engine->name, engine->error.message);
  }
}

static void
print_json(struct pw_json *json, const struct engine *engine, bool is_default)
{
  pw_json_object_begin(json);
  pw_json_key(json, "name");
  pw_json_string(json, engine->name);
  pw_json_key(json, "usable");
  pw_json_boolean(json, engine->ops != NULL);
  pw_json_key(json, "default");
  pw_json_boolean(json, is_default);
  pw_json_key(json, "version");
  pw_json_string(json, engine->ops ? engine->ops->version() : NULL);
  pw_json_key(json, "origin");
  pw_json_string(json, engine->ops ? engine->ops->origin() : NULL);
  pw_json_key(json, "error");
  pw_json_string(json, engine->ops ? NULL : engine->error.message);
  pw_json_object_end(json);
}

static int
run(struct pw_command_line *line)
{
  bool           as_json = false, usable = false;
  struct pw_json json = {.out = stdout};
  int            id;
  while ((id = pw_command_next(line)) > 0) {
    as_json = true;
  }
  if (id < 0) {
    return line->exit;
  }
  const char *const *names = pw_engine_names();
  if (as_json) {
    pw_json_array_begin(&json);
  }
  for (size_t i = 0; names[i]; i++) {
    struct engine engine = try_engine(names[i]);
    usable |= engine.ops != NULL;
    if (as_json) {
      print_json(&json, &engine, i == 0);
    } else {
      print_text(&engine, i == 0);
    }
  }
  if (as_json) {
    pw_json_array_end(&json);
    pw_json_finish(&json);
  }
  return usable ? PW_EXIT_OK : PW_EXIT_FAILED;
}

const struct pw_command pw_command_engines = {
  .name        = "engines",
  .summary     = "list the engines, and whether they can be used here",
  .arguments   = "",
  .description = "Lists the WebAssembly engines that this version knows: name, version and where the engine's library\n"
                 "was found, or why it cannot be used and what to install.\n"
                 "Exit code: 0 at least one can be used, 1 none, 2 the command line is wrong.",
  .options     = options,
  .minimum     = 0,
  .maximum     = 0,
  .run         = run,
};
