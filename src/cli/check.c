/* SPDX-License-Identifier: Apache-2.0 */
/* `proxywasm check`: what Traffic Server will say to a configuration file. */
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/simulator/simulator.h"
#include "config/config.h"

static const struct pw_command_option options[] = {
  {'d', "directory", "DIRECTORY",
   "where relative module files are, as in the proxy's configuration\ndirectory; if not "
   "given, beside the configuration file"},
  {'e', "engine", "NAME", "in place of the engine that the file names"},
  {'q', "quiet", NULL, "say nothing of what is well"},
  {0, NULL, NULL, NULL},
};

struct request {
  const struct pw_command_line *line;
  const char                   *directory;
  const char                   *engine;
  bool                          quiet;
};

static void
report(const struct pw_config_plugin *plugin, const struct pw_error *error)
{
  fprintf(stderr, "%s:%u: plugin '%.*s': %s: %s\n", plugin->file, plugin->line, (int)plugin->plugin.name.size,
          plugin->plugin.name.size ? plugin->plugin.name.data : "", pw_error_word(error->code), error->message);
}

/* What the module, and the host about it, said from line `from` on. */
static void
print_log(const struct pw_simulator *simulator, size_t from, enum pw_log_level least)
{
  size_t                    count;
  const struct pw_log_line *lines = pw_simulator_log(simulator, &count);
  for (size_t i = from; i < count; i++) {
    if (lines[i].level >= least) {
      fprintf(stderr, "  [%s] %s\n", pw_log_level_name((int)lines[i].level), lines[i].text.data);
    }
  }
}

static char *
module_path(const struct request *request, const struct pw_config_plugin *plugin)
{
  if (request->directory) {
    return pw_config_path(request->directory, plugin->code_file);
  }
  char *copy = strdup(plugin->file);
  char *path = copy ? pw_config_path(dirname(copy), plugin->code_file) : NULL;
  free(copy);
  return path;
}

static bool
start_plugin(const struct request *request, const struct pw_config_plugin *plugin, struct pw_simulator *simulator,
             struct pw_error *error)
{
  struct pw_plugin_config config   = plugin->plugin;
  struct pw_bytes         code     = {0};
  char                   *path     = module_path(request, plugin);
  struct pw_instance     *instance = NULL;
  size_t                  lines;
  config.engine        = request->engine ? request->engine : config.engine;
  config.vm_per_stream = plugin->vm_scope == PW_VM_SCOPE_TRANSACTION;
  if (!path) {
    return pw_error_set(error, PW_ERROR_MEMORY, "out of memory for a path");
  }
  pw_simulator_log(simulator, &lines);
  if (pw_config_read_bytes(path, PW_COMMAND_MODULE_BYTES, &code, error)) {
    instance = pw_simulator_add_configured(simulator, &config, plugin, pw_bytes_view(&code), path, error);
  }
  bool sound = instance && error->code == PW_ERROR_NONE;
  /* Before what is said of the plugin, which may point to it. */
  print_log(simulator, lines, sound ? PW_LOG_WARN : PW_LOG_TRACE);
  if (sound && !request->quiet) {
    const struct pw_plugin *loaded = pw_instance_plugin(instance);
    printf("%s:%u: plugin '%.*s': OK: %s, ABI %s, %llu KiB of memory\n", plugin->file, plugin->line,
           (int)config.name.size, config.name.size ? config.name.data : "", path, pw_plugin_abi(loaded),
           (unsigned long long)pw_instance_memory_bytes(instance) / 1024);
  }
  pw_bytes_clear(&code);
  free(path);
  return sound;
}

static bool
check_plugins(const struct request *request, const struct pw_config *config, struct pw_simulator *simulator)
{
  bool sound = true;
  for (size_t i = 0; i < config->count; i++) {
    struct pw_error error = {0};
    if (!start_plugin(request, &config->plugins[i], simulator, &error)) {
      report(&config->plugins[i], &error);
      sound = false;
    }
  }
  return sound;
}

static bool
check_file(const struct request *request, const char *file)
{
  struct pw_error   error  = {0};
  struct pw_config *config = pw_config_read_file(file, &error);
  if (!config) {
    fprintf(stderr, "%s\n", error.message);
    return false;
  }
  struct pw_simulator_options simulator_options = {
    .cache_directory = pw_command_cache_directory(), .system_random = true, .system_time = true, .open_calls = true};
  struct pw_simulator *simulator = pw_simulator_new(&simulator_options, &error);
  bool                 sound     = simulator && check_plugins(request, config, simulator);
  if (!simulator) {
    pw_command_failure(request->line, &error);
  }
  pw_simulator_delete(simulator);
  pw_config_free(config);
  return sound;
}

static int
run(struct pw_command_line *line)
{
  struct request request = {.line = line};
  int            id;
  while ((id = pw_command_next(line)) > 0) {
    if (id == 'd') {
      request.directory = line->option_argument;
    } else if (id == 'e') {
      if (!pw_command_engine(line, line->option_argument, false)) {
        return line->exit;
      }
      request.engine = line->option_argument;
    } else {
      request.quiet = true;
    }
  }
  if (id < 0) {
    return line->exit;
  }
  bool sound = true;
  for (int i = 0; i < line->count; i++) {
    sound = check_file(&request, line->arguments[i]) && sound;
  }
  return sound ? PW_EXIT_OK : PW_EXIT_FAILED;
}

const struct pw_command pw_command_check = {
  .name        = "check",
  .summary     = "say what Traffic Server will say to a configuration file",
  .arguments   = "FILE.yaml...",
  .description = "Reads configuration files as the plugin for Traffic Server does, loads each module and starts it on\n"
                 "the simulated proxy. 'proxywasm help configuration' lists the keys.\n"
                 "Exit code: 0 all is well, 1 something is not, 2 the command line is wrong.",
  .options     = options,
  .minimum     = 1,
  .maximum     = -1,
  .run         = run,
};
