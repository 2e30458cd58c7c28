/* SPDX-License-Identifier: Apache-2.0 */
#include "config/schema_internal.h"
#include "config/suggest.h"

#include <stdarg.h>
#include <stdio.h>

/* More keys than any table has. */
#define MOST_KEYS 64
/* More entries than a list of names or pairs needs; they are compared each with each. */
#define MOST_ENTRIES 1000
/* More items than a list of mappings needs; each takes hundreds of bytes. */
#define MOST_ITEMS 10000

void
pw_schema_path_text(const struct pw_schema_path *path, char *buffer, size_t size)
{
  if (!path) {
    buffer[0] = '\0';
    return;
  }
  pw_schema_path_text(path->parent, buffer, size);
  size_t used = strlen(buffer);
  used += (size_t)snprintf(buffer + used, size - used, "%s%s", used ? "." : "", path->name);
  if (path->index > 0 && used < size) {
    snprintf(buffer + used, size - used, "[%zu]", path->index);
  }
}

void
pw_schema_mistake(struct pw_schema_reader *reader, const yaml_node_t *node, const struct pw_schema_path *path,
                  const char *format, ...)
{
  char    text[640], name[128];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  pw_schema_path_text(path, name, sizeof(name));
  if (*name) {
    pw_yaml_mistake(reader->yaml, node, "key '%s': %s", name, text);
  } else {
    pw_yaml_mistake(reader->yaml, node, "%s", text);
  }
}

static void *
arena_array(struct pw_schema_reader *reader, size_t count, size_t size)
{
  void *array = pw_arena_array(reader->arena, count ? count : 1, size);
  if (!array) {
    reader->yaml->out_of_memory = true;
  }
  return array;
}

/* ----------------------------------------------------------------------------------------------------------- lists */

static bool
expect_few(struct pw_schema_reader *reader, const yaml_node_t *node, const struct pw_schema_path *path, size_t count,
           size_t most)
{
  if (count > most) {
    pw_schema_mistake(reader, node, path, "has %zu entries; at most %zu are read", count, most);
    return false;
  }
  return true;
}

static size_t
pair_count(const yaml_node_t *mapping)
{
  return (size_t)(mapping->data.mapping.pairs.top - mapping->data.mapping.pairs.start);
}

static size_t
item_count(const yaml_node_t *sequence)
{
  return (size_t)(sequence->data.sequence.items.top - sequence->data.sequence.items.start);
}

static void
read_list(struct pw_schema_reader *reader, const struct pw_schema_key *key, const yaml_node_t *node,
          const struct pw_schema_path *path, struct pw_schema_list *list)
{
  if (node->type != YAML_SEQUENCE_NODE) {
    pw_schema_mistake(reader, node, path, "a list is expected, not %s", pw_yaml_kind(node));
    return;
  }
  size_t count = item_count(node);
  char  *items =
    expect_few(reader, node, path, count, MOST_ITEMS) ? arena_array(reader, count, key->mapping->size) : NULL;
  if (!items) {
    return;
  }
  list->items = items;
  list->count = count;
  for (size_t i = 0; i < count; i++) {
    struct pw_schema_path item_path = {.parent = path->parent, .name = path->name, .index = i + 1};
    const yaml_node_t    *item      = pw_yaml_visit(reader->yaml, node->data.sequence.items.start[i]);
    if (!item) {
      return;
    }
    pw_schema_read(reader, key->mapping, item, &item_path, items + i * key->mapping->size);
  }
}

/* What a key asks of each of its names, or values. */
static void
expect_sound(struct pw_schema_reader *reader, const yaml_node_t *node, const struct pw_schema_path *path,
             pw_value_problem (*problem_of)(struct pw_view), struct pw_view value)
{
  pw_value_problem problem = problem_of && value.data ? problem_of(value) : NULL;
  char             excerpt[PW_YAML_EXCERPT];
  if (problem) {
    pw_schema_mistake(reader, node, path, "'%s' %s", pw_yaml_excerpt(value, excerpt), problem);
  }
}

static void
read_values(struct pw_schema_reader *reader, const struct pw_schema_key *key, const yaml_node_t *node,
            const struct pw_schema_path *path, struct pw_schema_list *list)
{
  size_t          count = item_count(node);
  struct pw_view *items = arena_array(reader, count, sizeof(*items));
  if (!items) {
    return;
  }
  list->items = items;
  list->count = count;
  for (size_t i = 0; i < count; i++) {
    struct pw_schema_path item_path = {.parent = path->parent, .name = path->name, .index = i + 1};
    const yaml_node_t    *item      = pw_yaml_visit(reader->yaml, node->data.sequence.items.start[i]);
    if (!item) {
      return;
    }
    if (key->type == PW_SCHEMA_NAMES) {
      pw_schema_read_line(reader, item, &item_path, &items[i]);
      expect_sound(reader, item, &item_path, key->name_problem, items[i]);
    } else {
      pw_schema_read_bytes(reader, item, &item_path, &items[i]);
    }
  }
}

static void
read_keys_of_mapping(struct pw_schema_reader *reader, const struct pw_schema_key *key, const yaml_node_t *node,
                     const struct pw_schema_path *path, struct pw_schema_list *list)
{
  size_t          count = pair_count(node);
  struct pw_view *items = arena_array(reader, count, sizeof(*items));
  if (!items) {
    return;
  }
  list->items = items;
  list->count = count;
  for (size_t i = 0; i < count; i++) {
    const yaml_node_t *name = pw_yaml_visit(reader->yaml, node->data.mapping.pairs.start[i].key);
    if (!name) {
      return;
    }
    pw_schema_read_line(reader, name, path, &items[i]);
    expect_sound(reader, name, path, key->name_problem, items[i]);
  }
}

static void
read_names(struct pw_schema_reader *reader, const struct pw_schema_key *key, const yaml_node_t *node,
           const struct pw_schema_path *path, struct pw_schema_list *list)
{
  if (node->type == YAML_SEQUENCE_NODE) {
    if (expect_few(reader, node, path, item_count(node), MOST_ENTRIES)) {
      read_values(reader, key, node, path, list);
    }
  } else if (node->type == YAML_MAPPING_NODE) {
    if (expect_few(reader, node, path, pair_count(node), MOST_ENTRIES)) {
      read_keys_of_mapping(reader, key, node, path, list);
    }
  } else {
    pw_schema_mistake(reader, node, path, "a list of names is expected, not %s", pw_yaml_kind(node));
  }
}

static void
read_pairs(struct pw_schema_reader *reader, const struct pw_schema_key *schema, const yaml_node_t *node,
           const struct pw_schema_path *path, struct pw_schema_list *list)
{
  if (node->type != YAML_MAPPING_NODE) {
    pw_schema_mistake(reader, node, path, "a mapping is expected, not %s", pw_yaml_kind(node));
    return;
  }
  size_t          count = pair_count(node);
  struct pw_pair *items =
    expect_few(reader, node, path, count, MOST_ENTRIES) ? arena_array(reader, count, sizeof(*items)) : NULL;
  if (!items) {
    return;
  }
  list->items = items;
  list->count = count;
  for (size_t i = 0; i < count; i++) {
    const yaml_node_t *key   = pw_yaml_visit(reader->yaml, node->data.mapping.pairs.start[i].key);
    const yaml_node_t *value = pw_yaml_visit(reader->yaml, node->data.mapping.pairs.start[i].value);
    if (!key || !value) {
      return;
    }
    pw_schema_read_line(reader, key, path, &items[i].key);
    expect_sound(reader, key, path, schema->name_problem, items[i].key);
    struct pw_schema_path item_path = {.parent = path, .name = items[i].key.data ? items[i].key.data : "?"};
    if (!pw_yaml_is_null(value)) {
      pw_schema_read_bytes(reader, value, &item_path, &items[i].value);
      expect_sound(reader, value, &item_path, schema->value_problem, items[i].value);
    }
    for (size_t j = 0; j < i; j++) {
      if (pw_view_equal(items[i].key, items[j].key)) {
        pw_schema_mistake(reader, key, &item_path, "stands twice");
        break;
      }
    }
  }
}

static bool
name_stands_before(const char *items, size_t size, size_t count)
{
  const struct pw_view *name = (const struct pw_view *)(const void *)(items + count * size);
  for (size_t i = 0; i < count; i++) {
    if (pw_view_equal(*name, *(const struct pw_view *)(const void *)(items + i * size))) {
      return true;
    }
  }
  return false;
}

/* -------------------------------------------------------------------------------------------------------- mappings */

static void
read_named(struct pw_schema_reader *reader, const struct pw_schema_key *key, const yaml_node_t *node,
           const struct pw_schema_path *path, struct pw_schema_list *list)
{
  size_t size = key->mapping->size;
  if (node->type != YAML_MAPPING_NODE) {
    pw_schema_mistake(reader, node, path, "a mapping is expected, not %s", pw_yaml_kind(node));
    return;
  }
  size_t count = pair_count(node);
  char  *items = expect_few(reader, node, path, count, MOST_ENTRIES) ? arena_array(reader, count, size) : NULL;
  if (!items) {
    return;
  }
  list->items = items;
  list->count = count;
  for (size_t i = 0; i < count; i++) {
    const yaml_node_t *name  = pw_yaml_visit(reader->yaml, node->data.mapping.pairs.start[i].key);
    const yaml_node_t *value = pw_yaml_visit(reader->yaml, node->data.mapping.pairs.start[i].value);
    struct pw_view    *view  = (struct pw_view *)(void *)(items + i * size);
    if (!name || !value) {
      return;
    }
    pw_schema_read_line(reader, name, path, view);
    struct pw_schema_path item_path = {.parent = path, .name = view->size > 0 ? view->data : "?"};
    if (name_stands_before(items, size, i)) {
      pw_schema_mistake(reader, name, &item_path, "stands twice");
    }
    pw_schema_read(reader, key->mapping, value, &item_path, items + i * size);
  }
}

static void
read_value(struct pw_schema_reader *reader, const struct pw_schema_key *key, const yaml_node_t *node,
           const struct pw_schema_path *path, char *target)
{
  switch (key->type) {
  case PW_SCHEMA_BYTES:
    pw_schema_read_bytes(reader, node, path, (struct pw_view *)(void *)target);
    break;
  case PW_SCHEMA_CONFIGURATION:
    pw_schema_read_configuration(reader, node, path, (struct pw_view *)(void *)target);
    break;
  case PW_SCHEMA_LINE:
    pw_schema_read_line(reader, node, path, (struct pw_view *)(void *)target);
    break;
  case PW_SCHEMA_STRING: {
    struct pw_view line = {0};
    pw_schema_read_line(reader, node, path, &line);
    expect_sound(reader, node, path, key->value_problem, line);
    memcpy(target, &line.data, sizeof(line.data));
    break;
  }
  case PW_SCHEMA_BOOLEAN:
    pw_schema_read_boolean(reader, node, path, (bool *)target);
    break;
  case PW_SCHEMA_NUMBER:
  case PW_SCHEMA_SIZE:
  case PW_SCHEMA_DURATION:
    pw_schema_read_number(reader, key, node, path, target);
    break;
  case PW_SCHEMA_CHOICE:
    pw_schema_read_choice(reader, key, node, path, (int *)(void *)target);
    break;
  case PW_SCHEMA_MAPPING:
    pw_schema_read(reader, key->mapping, node, path, target);
    break;
  case PW_SCHEMA_LIST:
    read_list(reader, key, node, path, (struct pw_schema_list *)(void *)target);
    break;
  case PW_SCHEMA_NAMED:
    read_named(reader, key, node, path, (struct pw_schema_list *)(void *)target);
    break;
  case PW_SCHEMA_NAMES:
    read_names(reader, key, node, path, (struct pw_schema_list *)(void *)target);
    break;
  case PW_SCHEMA_VALUES:
    if (node->type == YAML_SEQUENCE_NODE) {
      read_values(reader, key, node, path, (struct pw_schema_list *)(void *)target);
    } else {
      pw_schema_mistake(reader, node, path, "a list is expected, not %s", pw_yaml_kind(node));
    }
    break;
  case PW_SCHEMA_PAIRS:
    read_pairs(reader, key, node, path, (struct pw_schema_list *)(void *)target);
    break;
  }
}

static const struct pw_schema_key *
find_key(const struct pw_schema *schema, struct pw_view name)
{
  for (const struct pw_schema_key *key = schema->keys; key->name; key++) {
    if (pw_view_equal(name, pw_view_of(key->name)) ||
        (key->other_name && pw_view_equal(name, pw_view_of(key->other_name)))) {
      return key;
    }
  }
  return NULL;
}

/* The path of a key that would be known one or more mappings deeper. */
static bool
find_deeper(const struct pw_schema *schema, struct pw_view name, char *buffer, size_t size, unsigned depth)
{
  size_t used = strlen(buffer);
  for (const struct pw_schema_key *key = schema->keys; key->name && depth > 0; key++) {
    if (key->type != PW_SCHEMA_MAPPING) {
      continue;
    }
    snprintf(buffer + used, size - used, "%s%s", used ? "." : "", key->name);
    const struct pw_schema_key *found = find_key(key->mapping, name);
    if (found) {
      size_t end = strlen(buffer);
      snprintf(buffer + end, size - end, ".%s", found->name);
      return true;
    }
    if (find_deeper(key->mapping, name, buffer, size, depth - 1)) {
      return true;
    }
    buffer[used] = '\0';
  }
  return false;
}

static void
report_unknown_key(struct pw_schema_reader *reader, const struct pw_schema *schema, const yaml_node_t *node,
                   const struct pw_schema_path *path, struct pw_view name)
{
  struct pw_suggestion suggestion = {.wanted = name};
  char                 known[600] = "", deeper[96] = "";
  if (reader->yaml->mistake_count >= PW_YAML_MISTAKES) {
    pw_schema_mistake(reader, node, path, "unknown key"); /* is only counted */
    return;
  }
  for (const struct pw_schema_key *key = schema->keys; key->name; key++) {
    size_t used = strlen(known);
    snprintf(known + used, sizeof(known) - used, "%s%s", used ? ", " : "", key->name);
    pw_suggestion_offer(&suggestion, key->name);
    if (key->other_name) {
      pw_suggestion_offer(&suggestion, key->other_name);
    }
  }
  if (suggestion.best) {
    pw_schema_mistake(reader, node, path, "unknown key; did you mean '%s'?", suggestion.best);
  } else if (find_deeper(schema, name, deeper, sizeof(deeper), 3)) {
    pw_schema_mistake(reader, node, path, "unknown key; did you mean '%s'?", deeper);
  } else {
    pw_schema_mistake(reader, node, path, "unknown key; known here: %s", known);
  }
}

static void
apply_preset(const struct pw_schema_key *key, char *target)
{
  if (!key->preset) {
    return;
  }
  if (key->type == PW_SCHEMA_BOOLEAN) {
    pw_value_boolean(pw_view_of(key->preset), (bool *)target);
  } else if (key->type == PW_SCHEMA_CHOICE) {
    pw_schema_find_choice(key->choices, pw_view_of(key->preset), (int *)(void *)target);
  }
}

/* Presets of mappings that are not there count too: their structs are part of this one. */
static void
apply_presets(const struct pw_schema *schema, char *target)
{
  for (const struct pw_schema_key *key = schema->keys; key->name; key++) {
    if (key->type == PW_SCHEMA_MAPPING) {
      apply_presets(key->mapping, target + key->offset);
    } else {
      apply_preset(key, target + key->offset);
    }
  }
}

static void
read_pair(struct pw_schema_reader *reader, const struct pw_schema *schema, const yaml_node_pair_t *pair,
          const struct pw_schema_path *path, size_t lines[MOST_KEYS], char *target)
{
  const yaml_node_t *name = pw_yaml_visit(reader->yaml, pair->key), *value = pw_yaml_visit(reader->yaml, pair->value);
  if (!name || !value) {
    return;
  }
  if (name->type != YAML_SCALAR_NODE) {
    pw_schema_mistake(reader, name, path, "a key in it is %s; keys are words", pw_yaml_kind(name));
    return;
  }
  char                        excerpt[PW_YAML_EXCERPT];
  struct pw_schema_path       child = {.parent = path, .name = pw_yaml_excerpt(pw_yaml_scalar(name), excerpt)};
  const struct pw_schema_key *key   = find_key(schema, pw_yaml_scalar(name));
  if (!key) {
    report_unknown_key(reader, schema, name, &child, pw_yaml_scalar(name));
    return;
  }
  size_t *line = &lines[key - schema->keys];
  if (*line > 0) {
    pw_schema_mistake(reader, name, &child, "stands twice%s; first in line %zu",
                      key->other_name ? " (both spellings count)" : "", *line);
    return;
  }
  *line = name->start_mark.line + 1;
  if (pw_yaml_is_null(value) && key->type != PW_SCHEMA_MAPPING) {
    if (key->required) {
      pw_schema_mistake(reader, name, &child, "has nothing behind it, and is required");
    }
    return; /* as if it were not there */
  }
  if (key->given > 0) {
    *(bool *)(target + key->given) = true;
  }
  read_value(reader, key, value, &child, target + key->offset);
}

void
pw_schema_read(struct pw_schema_reader *reader, const struct pw_schema *schema, const yaml_node_t *node,
               const struct pw_schema_path *path, void *target)
{
  size_t lines[MOST_KEYS] = {0};
  apply_presets(schema, target);
  if (schema->line > 0) {
    unsigned line = (unsigned)node->start_mark.line + 1;
    memcpy((char *)target + schema->line, &line, sizeof(line));
  }
  if (node->type == YAML_MAPPING_NODE) {
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
      read_pair(reader, schema, pair, path, lines, target);
    }
  } else if (!pw_yaml_is_null(node)) {
    pw_schema_mistake(reader, node, path, "a mapping is expected, not %s", pw_yaml_kind(node));
    return;
  }
  for (const struct pw_schema_key *key = schema->keys; key->name; key++) {
    if (key->required && lines[key - schema->keys] == 0) {
      struct pw_schema_path child = {.parent = path, .name = key->name};
      pw_schema_mistake(reader, node, &child, "is missing");
    }
  }
  if (schema->finish) {
    schema->finish(reader, node, path, target);
  }
}
