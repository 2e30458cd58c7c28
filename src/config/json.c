/* SPDX-License-Identifier: Apache-2.0 */
#include "config/schema.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

struct writer {
  struct pw_schema_reader     *reader;
  const struct pw_schema_path *path;
  struct pw_bytes             *json;
  bool                         stopped;
};

static void write_node(struct writer *writer, const yaml_node_t *node, unsigned depth);

static void
put(struct writer *writer, const char *data, size_t size)
{
  if (writer->stopped) {
    return;
  }
  if (!pw_bytes_append(writer->json, data, size)) {
    writer->reader->yaml->out_of_memory = true;
    writer->stopped                     = true;
  }
}

static void
put_text(struct writer *writer, const char *text)
{
  put(writer, text, strlen(text));
}

static void
stop(struct writer *writer, const yaml_node_t *node, const char *why)
{
  if (!writer->stopped) {
    pw_schema_mistake(writer->reader, node, writer->path, "%s", why);
    writer->stopped = true;
  }
}

static void
write_string(struct writer *writer, struct pw_view text)
{
  put_text(writer, "\"");
  for (size_t i = 0; i < text.size; i++) {
    unsigned char letter = (unsigned char)text.data[i];
    char          escaped[8];
    if (letter == '"' || letter == '\\') {
      snprintf(escaped, sizeof(escaped), "\\%c", letter);
    } else if (letter == '\n') {
      snprintf(escaped, sizeof(escaped), "\\n");
    } else if (letter < 0x20 || letter == 0x7f) {
      snprintf(escaped, sizeof(escaped), "\\u%04x", letter);
    } else {
      put(writer, text.data + i, 1);
      continue;
    }
    put_text(writer, escaped);
  }
  put_text(writer, "\"");
}

static size_t
skip_digits(struct pw_view text, size_t from)
{
  while (from < text.size && isdigit((unsigned char)text.data[from])) {
    from++;
  }
  return from;
}

/* The grammar of RFC 8259, section 6. */
static bool
is_json_number(struct pw_view text)
{
  size_t begin = text.size > 0 && text.data[0] == '-' ? 1 : 0;
  size_t at    = skip_digits(text, begin);
  if (at == begin || (text.data[begin] == '0' && at > begin + 1)) {
    return false;
  }
  if (at < text.size && text.data[at] == '.') {
    size_t fraction = at + 1;
    at              = skip_digits(text, fraction);
    if (at == fraction) {
      return false;
    }
  }
  if (at < text.size && (text.data[at] == 'e' || text.data[at] == 'E')) {
    size_t exponent = at + 1;
    exponent += exponent < text.size && (text.data[exponent] == '+' || text.data[exponent] == '-');
    at = skip_digits(text, exponent);
    if (at == exponent) {
      return false;
    }
  }
  return at == text.size;
}

static void
write_scalar(struct writer *writer, const yaml_node_t *node)
{
  struct pw_view text  = pw_yaml_scalar(node);
  bool           plain = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
               strcmp((const char *)node->tag, YAML_STR_TAG) == 0; /* libyaml gives untagged scalars this one */
  if (pw_yaml_is_null(node)) {
    put_text(writer, "null");
  } else if (plain && (pw_view_equal(text, pw_view_of("true")) || pw_view_equal(text, pw_view_of("false")) ||
                       is_json_number(text))) {
    put(writer, text.data, text.size);
  } else {
    write_string(writer, text);
  }
}

static void
write_list(struct writer *writer, const yaml_node_t *node, unsigned depth)
{
  put_text(writer, "[");
  for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
    if (writer->stopped) {
      return;
    }
    if (item > node->data.sequence.items.start) {
      put_text(writer, ",");
    }
    write_node(writer, pw_yaml_visit(writer->reader->yaml, *item), depth + 1);
  }
  put_text(writer, "]");
}

static int
compare_views(const void *a, const void *b)
{
  const struct pw_view *x = a, *y = b;
  int                   order = memcmp(x->data, y->data, x->size < y->size ? x->size : y->size);
  return order ? order : x->size < y->size ? -1 : x->size > y->size;
}

/* Sorted, because a comparison of each with each would let a large mapping take minutes. */
static bool
has_double(struct pw_view *keys, size_t count, struct pw_view *which)
{
  qsort(keys, count, sizeof(*keys), compare_views);
  for (size_t i = 1; i < count; i++) {
    if (pw_view_equal(keys[i - 1], keys[i])) {
      *which = keys[i];
      return true;
    }
  }
  return false;
}

static void
check_doubles(struct writer *writer, const yaml_node_t *node)
{
  size_t          count = (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start), filled = 0;
  struct pw_view *keys = calloc(count ? count : 1, sizeof(*keys));
  if (!keys) {
    writer->reader->yaml->out_of_memory = writer->stopped = true;
    return;
  }
  for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
    const yaml_node_t *key = yaml_document_get_node(&writer->reader->yaml->document, pair->key);
    if (key->type == YAML_SCALAR_NODE) {
      keys[filled++] = pw_yaml_scalar(key);
    }
  }
  struct pw_view which;
  if (has_double(keys, filled, &which)) {
    char text[PW_YAML_EXCERPT + 32], excerpt[PW_YAML_EXCERPT];
    snprintf(text, sizeof(text), "'%s' stands twice in it", pw_yaml_excerpt(which, excerpt));
    stop(writer, node, text);
  }
  free(keys);
}

static void
write_mapping(struct writer *writer, const yaml_node_t *node, unsigned depth)
{
  check_doubles(writer, node);
  put_text(writer, "{");
  for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
    const yaml_node_t *key = pw_yaml_visit(writer->reader->yaml, pair->key);
    if (!key || writer->stopped) {
      return;
    }
    if (key->type != YAML_SCALAR_NODE) {
      stop(writer, key, "a key in it is no scalar, and cannot be written as JSON");
      return;
    }
    if (pair > node->data.mapping.pairs.start) {
      put_text(writer, ",");
    }
    write_string(writer, pw_yaml_scalar(key));
    put_text(writer, ":");
    write_node(writer, pw_yaml_visit(writer->reader->yaml, pair->value), depth + 1);
  }
  put_text(writer, "}");
}

static void
write_node(struct writer *writer, const yaml_node_t *node, unsigned depth)
{
  if (!node) {
    writer->stopped = true; /* pw_yaml_visit has told why */
    return;
  }
  if (depth > PW_YAML_DEPTH) {
    stop(writer, node, "nested too deep");
    return;
  }
  if (writer->json->size > PW_YAML_BYTES) {
    stop(writer, node, "too large when its aliases are written out");
    return;
  }
  if (node->type == YAML_MAPPING_NODE) {
    write_mapping(writer, node, depth);
  } else if (node->type == YAML_SEQUENCE_NODE) {
    write_list(writer, node, depth);
  } else {
    write_scalar(writer, node);
  }
}

void
pw_json_from_yaml(struct pw_schema_reader *reader, const yaml_node_t *node, const struct pw_schema_path *path,
                  struct pw_bytes *json)
{
  struct writer writer = {.reader = reader, .path = path, .json = json};
  write_node(&writer, node, 1);
}
