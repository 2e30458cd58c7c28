/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include "config/plugin_schema.h"

#include <stdio.h>
#include <stdlib.h>

struct file_draft {
  struct pw_config_draft config;
  bool                   config_given;
  struct pw_schema_list  plugins; /* of struct pw_config_draft */
};

static const struct pw_schema_key file_keys[] = {
  {"config", .type = PW_SCHEMA_MAPPING, .offset = offsetof(struct file_draft, config),
   .given = offsetof(struct file_draft, config_given), .mapping = &pw_config_plugin_schema, .meaning = "One plugin."},
  {"plugins", .type = PW_SCHEMA_LIST, .offset = offsetof(struct file_draft, plugins),
   .mapping = &pw_config_plugin_schema,
   .meaning =
     "Several plugins, each with the keys of `config`, in the order in which requests meet them; the one under "
     "`config`, if there is one, comes before them."},
  {0},
};

/* Whether something on the way to the file's name was a mistake: it is said, and that the name is missing is not. */
static bool
is_wrong_on_the_way(const struct pw_yaml *yaml, const char *plugin)
{
  static const char *const keys[] = {".vm_config'", ".vm_config.code'", ".vm_config.code.local'",
                                     ".vm_config.code.local.filename'"};
  for (size_t i = 0; i < yaml->mistake_count && i < PW_YAML_MISTAKES; i++) {
    for (size_t j = 0; j < sizeof(keys) / sizeof(keys[0]); j++) {
      char beginning[256];
      int  size = snprintf(beginning, sizeof(beginning), "key '%s%s", plugin, keys[j]);
      if (strncmp(yaml->mistakes[i].text, beginning, (size_t)size) == 0) {
        return true;
      }
    }
  }
  return false;
}

static void
expect_code(struct pw_schema_reader *reader, const yaml_node_t *node, const struct pw_config_draft *draft,
            const struct pw_schema_path *path)
{
  char text[160];
  pw_schema_path_text(path, text, sizeof(text));
  if ((draft->plugin.code_file && draft->plugin.code_file[0]) || is_wrong_on_the_way(reader->yaml, text)) {
    return;
  }
  /* The mapping's own line: the node at hand is that of the whole file. */
  yaml_node_t place       = *node;
  place.start_mark.line   = draft->plugin.line - 1;
  place.start_mark.column = 0;
  pw_yaml_mistake(reader->yaml, &place, "key '%s.vm_config.code.local.filename': is missing; name the wasm file there",
                  text);
}

static void
finish_file(struct pw_schema_reader *reader, const yaml_node_t *node, const struct pw_schema_path *path, void *target)
{
  struct file_draft *file = target;
  if (!file->config_given && !file->plugins.items) {
    pw_schema_mistake(reader, node, path, "names no plugin: there is neither a mapping 'config' nor a list 'plugins'");
  } else if (!file->config_given && file->plugins.count == 0) {
    pw_schema_mistake(reader, node, path, "the list 'plugins' is empty");
  }
  if (file->config_given) {
    expect_code(reader, node, &file->config, &(struct pw_schema_path){.name = "config"});
  }
  const struct pw_config_draft *plugins = file->plugins.items;
  for (size_t i = 0; i < file->plugins.count; i++) {
    expect_code(reader, node, &plugins[i], &(struct pw_schema_path){.name = "plugins", .index = i + 1});
  }
}

const struct pw_schema pw_config_schema = {
  .keys   = file_keys,
  .size   = sizeof(struct file_draft),
  .finish = finish_file,
};

/* The drafts' plugins, in order. */
static bool
collect(struct pw_config *config, const struct file_draft *draft, const char *file)
{
  size_t count    = (draft->config_given ? 1 : 0) + draft->plugins.count;
  config->plugins = pw_arena_array(config->arena, count, sizeof(*config->plugins));
  if (!config->plugins) {
    return false;
  }
  if (draft->config_given) {
    config->plugins[config->count++] = draft->config.plugin;
  }
  const struct pw_config_draft *plugins = draft->plugins.items;
  for (size_t i = 0; i < draft->plugins.count; i++) {
    config->plugins[config->count++] = plugins[i].plugin;
  }
  for (size_t i = 0; i < config->count; i++) {
    config->plugins[i].file = file;
  }
  return true;
}

static bool
read_into(struct pw_config *config, struct pw_view text, const char *file, struct pw_error *error)
{
  char              *name  = pw_arena_copy(config->arena, file, strlen(file));
  struct file_draft *draft = pw_arena_array(config->arena, 1, sizeof(*draft));
  struct pw_yaml    *yaml  = pw_arena_array(config->arena, 1, sizeof(*yaml));
  if (!name || !draft || !yaml) {
    return pw_error_set(error, PW_ERROR_MEMORY, "%s: out of memory while reading it", file);
  }
  const yaml_node_t *root = pw_yaml_begin(yaml, text, name);
  if (root) {
    struct pw_schema_reader reader = {.yaml = yaml, .arena = config->arena};
    pw_schema_read(&reader, &pw_config_schema, root, NULL, draft);
  }
  pw_yaml_end(yaml);
  if (!pw_yaml_sound(yaml, error)) {
    return false;
  }
  return collect(config, draft, name) || pw_error_set(error, PW_ERROR_MEMORY, "%s: out of memory", file);
}

struct pw_config *
pw_config_read_text(struct pw_view text, const char *file, struct pw_error *error)
{
  struct pw_config *config = calloc(1, sizeof(*config));
  struct pw_arena  *arena  = pw_arena_new();
  if (!config || !arena) {
    free(config);
    pw_arena_delete(arena);
    pw_error_set(error, PW_ERROR_MEMORY, "%s: out of memory while reading it", file);
    return NULL;
  }
  config->arena = arena;
  if (!read_into(config, text, file, error)) {
    pw_config_free(config);
    return NULL;
  }
  return config;
}

struct pw_config *
pw_config_read_file(const char *file, struct pw_error *error)
{
  struct pw_bytes   text   = {0};
  struct pw_config *config = NULL;
  if (pw_config_read_bytes(file, PW_CONFIG_FILE_BYTES, &text, error)) {
    config = pw_config_read_text(pw_bytes_view(&text), file, error);
  }
  pw_bytes_clear(&text);
  return config;
}

void
pw_config_free(struct pw_config *config)
{
  if (config) {
    pw_arena_delete(config->arena);
    free(config);
  }
}
