/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars, and what is written in place of one. */
#include "config/schema_internal.h"
#include "config/suggest.h"

#include <stdio.h>
#include <strings.h>

static bool
expect_scalar(struct pw_schema_reader *reader, const yaml_node_t *node, const struct pw_schema_path *path,
              const char *wanted)
{
  if (node->type == YAML_SCALAR_NODE) {
    return true;
  }
  pw_schema_mistake(reader, node, path, "%s is expected, not %s", wanted, pw_yaml_kind(node));
  return false;
}

static bool
copy_view(struct pw_schema_reader *reader, struct pw_view bytes, struct pw_view *copy)
{
  copy->data = pw_arena_copy(reader->arena, bytes.data, bytes.size);
  copy->size = copy->data ? bytes.size : 0;
  if (!copy->data) {
    reader->yaml->out_of_memory = true;
  }
  return copy->data != NULL;
}

void
pw_schema_read_bytes(struct pw_schema_reader *reader, const yaml_node_t *node, const struct pw_schema_path *path,
                     struct pw_view *bytes)
{
  if (!expect_scalar(reader, node, path, "a text")) {
    return;
  }
  if (!pw_yaml_is_binary(node)) {
    copy_view(reader, pw_yaml_scalar(node), bytes);
    return;
  }
  struct pw_bytes decoded = {0};
  if (pw_base64_decode(pw_yaml_scalar(node), &decoded)) {
    copy_view(reader, pw_bytes_view(&decoded), bytes);
  } else {
    pw_schema_mistake(reader, node, path, "is not base64, as !!binary says");
  }
  pw_bytes_clear(&decoded);
}

/* Envoy's files give a configuration as a protobuf "Any": {"@type": …StringValue, value: …}. */
static const yaml_node_t *
find_value_of_any(struct pw_yaml *yaml, const yaml_node_t *node, struct pw_view *type)
{
  const yaml_node_t *value = NULL;
  for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
    const yaml_node_t *key = pw_yaml_visit(yaml, pair->key), *content = pw_yaml_visit(yaml, pair->value);
    if (!key || !content || key->type != YAML_SCALAR_NODE) {
      return NULL;
    }
    if (pw_view_equal(pw_yaml_scalar(key), pw_view_of("value"))) {
      value = content;
    } else if (pw_view_equal(pw_yaml_scalar(key), pw_view_of("@type")) && content->type == YAML_SCALAR_NODE) {
      *type = pw_yaml_scalar(content);
    } else {
      return NULL;
    }
  }
  return type->size > 0 ? value : NULL;
}

static void
read_json(struct pw_schema_reader *reader, const yaml_node_t *node, const struct pw_schema_path *path,
          struct pw_view *text)
{
  struct pw_bytes json = {0};
  pw_json_from_yaml(reader, node, path, &json);
  copy_view(reader, pw_bytes_view(&json), text);
  pw_bytes_clear(&json);
}

void
pw_schema_read_configuration(struct pw_schema_reader *reader, const yaml_node_t *node,
                             const struct pw_schema_path *path, struct pw_view *text)
{
  static const char prefix[] = "type.googleapis.com/google.protobuf.";
  struct pw_view    type     = {0};
  if (node->type == YAML_SCALAR_NODE) {
    pw_schema_read_bytes(reader, node, path, text);
    return;
  }
  const yaml_node_t *value = node->type == YAML_MAPPING_NODE ? find_value_of_any(reader->yaml, node, &type) : NULL;
  if (!value || type.size < sizeof(prefix) || memcmp(type.data, prefix, sizeof(prefix) - 1) != 0) {
    read_json(reader, node, path, text);
    return;
  }
  struct pw_view name = pw_view_make(type.data + sizeof(prefix) - 1, type.size - sizeof(prefix) + 1);
  if (pw_view_equal(name, pw_view_of("StringValue"))) {
    pw_schema_read_bytes(reader, value, path, text);
  } else if (pw_view_equal(name, pw_view_of("Struct"))) {
    read_json(reader, value, path, text);
  } else {
    char excerpt[PW_YAML_EXCERPT];
    pw_schema_mistake(reader, node, path,
                      "'@type' %s is not supported; use StringValue or Struct, or write the value itself",
                      pw_yaml_excerpt(name, excerpt));
  }
}

void
pw_schema_read_line(struct pw_schema_reader *reader, const yaml_node_t *node, const struct pw_schema_path *path,
                    struct pw_view *line)
{
  if (!expect_scalar(reader, node, path, "a text")) {
    return;
  }
  struct pw_view text = pw_yaml_scalar(node);
  for (size_t i = 0; i < text.size; i++) {
    if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f) {
      pw_schema_mistake(reader, node, path, "has a control character in it (%u, at byte %zu)",
                        (unsigned char)text.data[i], i + 1);
      return;
    }
  }
  copy_view(reader, text, line);
}

void
pw_schema_read_boolean(struct pw_schema_reader *reader, const yaml_node_t *node, const struct pw_schema_path *path,
                       bool *value)
{
  char excerpt[PW_YAML_EXCERPT];
  if (expect_scalar(reader, node, path, "true or false") && !pw_value_boolean(pw_yaml_scalar(node), value)) {
    pw_schema_mistake(reader, node, path, "'%s' is neither true nor false",
                      pw_yaml_excerpt(pw_yaml_scalar(node), excerpt));
  }
}

static enum pw_value_unit
unit_of(enum pw_schema_type type)
{
  return type == PW_SCHEMA_SIZE ? PW_VALUE_BYTES : type == PW_SCHEMA_DURATION ? PW_VALUE_MILLISECONDS : PW_VALUE_PLAIN;
}

void
pw_schema_read_number(struct pw_schema_reader *reader, const struct pw_schema_key *key, const yaml_node_t *node,
                      const struct pw_schema_path *path, char *target)
{
  enum pw_value_unit unit = unit_of(key->type);
  if (!expect_scalar(reader, node, path, pw_schema_type_name(key->type))) {
    return;
  }
  uint64_t         value = 0, most = key->width == 4 ? UINT32_MAX : UINT64_MAX;
  char             excerpt[PW_YAML_EXCERPT], low[40], high[40];
  pw_value_problem problem = pw_value_number(pw_yaml_scalar(node), unit, &value);
  if (problem) {
    pw_schema_mistake(reader, node, path, "'%s' %s", pw_yaml_excerpt(pw_yaml_scalar(node), excerpt), problem);
    return;
  }
  if (key->maximum > 0 && key->maximum < most) {
    most = key->maximum;
  }
  if (value < key->minimum || value > most) {
    pw_schema_mistake(reader, node, path, "'%s' is out of range; the least is %s, the most %s",
                      pw_yaml_excerpt(pw_yaml_scalar(node), excerpt),
                      pw_value_number_text(key->minimum, unit, low, sizeof(low)),
                      pw_value_number_text(most, unit, high, sizeof(high)));
    return;
  }
  if (key->width == 4) {
    uint32_t narrow = (uint32_t)value;
    memcpy(target, &narrow, sizeof(narrow));
  } else {
    memcpy(target, &value, sizeof(value));
  }
}

bool
pw_schema_find_choice(const struct pw_schema_choice *choices, struct pw_view text, int *value)
{
  for (; choices->name; choices++) {
    if (strlen(choices->name) == text.size && strncasecmp(choices->name, text.data, text.size) == 0) {
      *value = choices->value;
      return true;
    }
  }
  return false;
}

void
pw_schema_read_choice(struct pw_schema_reader *reader, const struct pw_schema_key *key, const yaml_node_t *node,
                      const struct pw_schema_path *path, int *value)
{
  if (!expect_scalar(reader, node, path, "a word") ||
      pw_schema_find_choice(key->choices, pw_yaml_scalar(node), value)) {
    return;
  }
  struct pw_suggestion suggestion = {.wanted = pw_yaml_scalar(node)};
  char                 words[160] = "", excerpt[PW_YAML_EXCERPT];
  for (const struct pw_schema_choice *choice = key->choices; choice->name; choice++) {
    size_t used = strlen(words);
    snprintf(words + used, sizeof(words) - used, "%s%s", used ? ", " : "", choice->name);
    pw_suggestion_offer(&suggestion, choice->name);
  }
  pw_schema_mistake(reader, node, path, "'%s' is none of %s%s%s%s", pw_yaml_excerpt(pw_yaml_scalar(node), excerpt),
                    words, suggestion.best ? "; did you mean '" : "", suggestion.best ? suggestion.best : "",
                    suggestion.best ? "'?" : "");
}
