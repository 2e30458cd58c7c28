/* SPDX-License-Identifier: Apache-2.0 */
#include "config/yaml.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Control characters would let a document write lines of its own into a log. */
static void
escape(const char *text, char *buffer, size_t size)
{
  size_t used = 0;
  for (; *text && used + 5 < size; text++) {
    if ((unsigned char)*text < 0x20 || *text == 0x7f) {
      used += (size_t)snprintf(buffer + used, size - used, "\\x%02x", (unsigned char)*text);
    } else {
      buffer[used++] = *text;
    }
  }
  buffer[used] = '\0';
}

static struct pw_yaml_mistake *
mistake_at(struct pw_yaml *yaml, size_t line, size_t column)
{
  if (yaml->mistake_count++ >= PW_YAML_MISTAKES) {
    return NULL;
  }
  struct pw_yaml_mistake *mistake = &yaml->mistakes[yaml->mistake_count - 1];
  mistake->line                   = line;
  mistake->column                 = column;
  return mistake;
}

void
pw_yaml_mistake(struct pw_yaml *yaml, const yaml_node_t *node, const char *format, ...)
{
  yaml_mark_t             mark    = node ? node->start_mark : (yaml_mark_t){0};
  struct pw_yaml_mistake *mistake = mistake_at(yaml, mark.line + 1, mark.column + 1);
  if (!mistake) {
    return;
  }
  char    text[sizeof(mistake->text)];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  escape(text, mistake->text, sizeof(mistake->text));
}

static int
compare_places(const void *a, const void *b)
{
  const struct pw_yaml_mistake *x = a, *y = b;
  if (x->line != y->line) {
    return x->line < y->line ? -1 : 1;
  }
  return x->column == y->column ? 0 : x->column < y->column ? -1 : 1;
}

bool
pw_yaml_sound(struct pw_yaml *yaml, struct pw_error *error)
{
  if (yaml->out_of_memory) {
    return pw_error_set(error, PW_ERROR_MEMORY, "%s: out of memory while reading it", yaml->file);
  }
  if (yaml->mistake_count == 0) {
    return true;
  }
  size_t kept = yaml->mistake_count < PW_YAML_MISTAKES ? yaml->mistake_count : PW_YAML_MISTAKES;
  qsort(yaml->mistakes, kept, sizeof(yaml->mistakes[0]), compare_places);

  /* Room is kept for the line that counts the rest. */
  char   text[sizeof(error->message)] = "";
  size_t used = 0, room = sizeof(text) - 40, told = 0;
  for (; told < kept; told++) {
    char                    line[sizeof(error->message)];
    struct pw_yaml_mistake *mistake = &yaml->mistakes[told];
    int size = snprintf(line, sizeof(line), "%s%s:%zu:%zu: %s", told ? "\n" : "", yaml->file, mistake->line,
                        mistake->column, mistake->text);
    if (size < 0 || ((size_t)size >= room - used && told > 0)) {
      break;
    }
    used += (size_t)snprintf(text + used, room - used, "%s", line);
    if (used >= room) {
      used = room - 1;
    }
  }
  if (told < yaml->mistake_count) {
    snprintf(text + used, sizeof(text) - used, "\n… and %zu more", yaml->mistake_count - told);
  }
  return pw_error_set(error, PW_ERROR_CONFIGURATION, "%s", text);
}

static void
set_input(yaml_parser_t *parser, struct pw_view text)
{
  /* libyaml asserts that there is a text, be it empty. */
  yaml_parser_set_input_string(parser, (const unsigned char *)(text.data ? text.data : ""), text.size);
}

static void
note_parser_mistake(struct pw_yaml *yaml, const yaml_parser_t *parser, struct pw_view text)
{
  if (parser->error == YAML_MEMORY_ERROR) {
    yaml->out_of_memory = true;
    return;
  }
  size_t line = parser->problem_mark.line + 1, column = parser->problem_mark.column + 1;
  if (parser->error == YAML_READER_ERROR) {
    /* libyaml gives a byte's offset here, and no mark. */
    line = column = 1;
    for (size_t i = 0; i < text.size && i < parser->problem_offset; i++) {
      column = text.data[i] == '\n' ? 1 : column + 1;
      line += text.data[i] == '\n';
    }
  }
  struct pw_yaml_mistake *mistake = mistake_at(yaml, line, column);
  if (mistake) {
    const char *problem = parser->problem ? parser->problem : "not YAML";
    const char *context = parser->context ? parser->context : "";
    char        unescaped[sizeof(mistake->text)];
    snprintf(unescaped, sizeof(unescaped), "not valid YAML: %s%s%s", problem, *context ? ", " : "", context);
    escape(unescaped, mistake->text, sizeof(mistake->text));
  }
}

/* Nests deeper, or has more anchors, than libyaml takes in fair time: it looks through all open collections, and all
 * anchors, again and again. */
static bool
is_too_much(struct pw_yaml *yaml, const yaml_event_t *event, size_t *depth, size_t *anchors)
{
  const char *what   = NULL;
  bool        anchor = false;
  switch (event->type) {
  case YAML_SEQUENCE_START_EVENT:
  case YAML_MAPPING_START_EVENT:
    what   = ++*depth > PW_YAML_NESTING ? "nested too deep" : NULL;
    anchor = event->type == YAML_SEQUENCE_START_EVENT ? event->data.sequence_start.anchor != NULL
                                                      : event->data.mapping_start.anchor != NULL;
    break;
  case YAML_SEQUENCE_END_EVENT:
  case YAML_MAPPING_END_EVENT:
    --*depth;
    break;
  case YAML_SCALAR_EVENT:
    anchor = event->data.scalar.anchor != NULL;
    break;
  default:
    break;
  }
  *anchors += anchor;
  if (*anchors > PW_YAML_ANCHORS) {
    what = "too many anchors";
  }
  struct pw_yaml_mistake *mistake =
    what ? mistake_at(yaml, event->start_mark.line + 1, event->start_mark.column + 1) : NULL;
  if (mistake) {
    snprintf(mistake->text, sizeof(mistake->text), "%s; at most %d %s are read", what,
             *anchors > PW_YAML_ANCHORS ? PW_YAML_ANCHORS : PW_YAML_NESTING,
             *anchors > PW_YAML_ANCHORS ? "of them" : "levels");
  }
  return what != NULL;
}

/* A first pass that keeps nothing. What is no YAML is told by the second one. */
static bool
is_moderate(struct pw_yaml *yaml, struct pw_view text)
{
  yaml_parser_t parser;
  size_t        depth = 0, anchors = 0;
  bool          ended = false, moderate = true;
  if (!yaml_parser_initialize(&parser)) {
    yaml->out_of_memory = true;
    return false;
  }
  set_input(&parser, text);
  while (!ended) {
    yaml_event_t event;
    if (!yaml_parser_parse(&parser, &event)) {
      break;
    }
    moderate = !is_too_much(yaml, &event, &depth, &anchors);
    ended    = !moderate || event.type == YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
  }
  yaml_parser_delete(&parser);
  return moderate;
}

static void
expect_no_second_document(struct pw_yaml *yaml, yaml_parser_t *parser, struct pw_view text)
{
  yaml_document_t second;
  if (!yaml_parser_load(parser, &second)) {
    note_parser_mistake(yaml, parser, text);
    return;
  }
  const yaml_node_t *root = yaml_document_get_root_node(&second);
  if (root) {
    pw_yaml_mistake(yaml, root, "a second document begins here; a file may have one only");
  }
  yaml_document_delete(&second);
}

yaml_node_t *
pw_yaml_begin(struct pw_yaml *yaml, struct pw_view text, const char *file)
{
  memset(yaml, 0, sizeof(*yaml));
  yaml->file = file;
  if (text.size > PW_YAML_BYTES) {
    pw_yaml_mistake(yaml, NULL, "%zu bytes long; at most %u are read", text.size, PW_YAML_BYTES);
    return NULL;
  }
  yaml_parser_t parser;
  if (!is_moderate(yaml, text)) {
    return NULL;
  }
  if (!yaml_parser_initialize(&parser)) {
    yaml->out_of_memory = true;
    return NULL;
  }
  set_input(&parser, text);
  yaml->loaded = yaml_parser_load(&parser, &yaml->document) != 0;
  if (!yaml->loaded) {
    note_parser_mistake(yaml, &parser, text);
  } else if (!yaml_document_get_root_node(&yaml->document)) {
    pw_yaml_mistake(yaml, NULL, "there is nothing in the file");
  } else {
    expect_no_second_document(yaml, &parser, text);
  }
  yaml_parser_delete(&parser);
  return yaml->mistake_count == 0 && !yaml->out_of_memory ? yaml_document_get_root_node(&yaml->document) : NULL;
}

void
pw_yaml_end(struct pw_yaml *yaml)
{
  if (yaml->loaded) {
    yaml_document_delete(&yaml->document);
    yaml->loaded = false;
  }
}

yaml_node_t *
pw_yaml_visit(struct pw_yaml *yaml, int index)
{
  yaml_node_t *node = yaml_document_get_node(&yaml->document, index);
  if (yaml->visits++ < PW_YAML_VISITS) {
    return node;
  }
  if (!yaml->exhausted) {
    yaml->exhausted = true;
    pw_yaml_mistake(yaml, node, "more than %d values, aliases counted each time; use fewer aliases", PW_YAML_VISITS);
  }
  return NULL;
}

struct pw_view
pw_yaml_scalar(const yaml_node_t *node)
{
  return pw_view_make(node->data.scalar.value, node->data.scalar.length);
}

bool
pw_yaml_is_null(const yaml_node_t *node)
{
  if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
    return false;
  }
  struct pw_view scalar = pw_yaml_scalar(node);
  return scalar.size == 0 || pw_view_equal(scalar, pw_view_of("~")) || pw_view_equal(scalar, pw_view_of("null"));
}

bool
pw_yaml_is_binary(const yaml_node_t *node)
{
  return node->type == YAML_SCALAR_NODE && node->tag &&
         strcmp((const char *)node->tag, "tag:yaml.org,2002:binary") == 0;
}

const char *
pw_yaml_kind(const yaml_node_t *node)
{
  switch (node->type) {
  case YAML_MAPPING_NODE:
    return "a mapping";
  case YAML_SEQUENCE_NODE:
    return "a list";
  default:
    return "a value";
  }
}

const char *
pw_yaml_excerpt(struct pw_view bytes, char buffer[PW_YAML_EXCERPT])
{
  size_t size = bytes.size < 40 ? bytes.size : 40;
  /* Not in the middle of a UTF-8 character. */
  while (size > 0 && size < bytes.size && ((unsigned char)bytes.data[size] & 0xc0) == 0x80) {
    size--;
  }
  size_t used = 0;
  for (size_t i = 0; i < size; i++) {
    buffer[used++] = bytes.data[i] ? bytes.data[i] : ' ';
  }
  snprintf(buffer + used, PW_YAML_EXCERPT - used, "%s", size < bytes.size ? "…" : "");
  return buffer;
}

static int
base64_value(unsigned char letter)
{
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const char       *found      = letter ? strchr(alphabet, letter) : NULL;
  return found ? (int)(found - alphabet) : -1;
}

bool
pw_base64_decode(struct pw_view text, struct pw_bytes *bytes)
{
  uint32_t group  = 0;
  unsigned filled = 0, padding = 0;
  for (size_t i = 0; i < text.size; i++) {
    unsigned char letter = (unsigned char)text.data[i];
    if (isspace(letter)) {
      continue;
    }
    int value = base64_value(letter);
    padding += letter == '=';
    if ((value < 0 && letter != '=') || (value >= 0 && padding > 0) || padding > 2) {
      return false;
    }
    group = group << 6 | (value < 0 ? 0 : (uint32_t)value);
    if (++filled == 4) {
      unsigned char decoded[3] = {(unsigned char)(group >> 16), (unsigned char)(group >> 8), (unsigned char)group};
      if (!pw_bytes_append(bytes, decoded, 3 - padding)) {
        return false;
      }
      group  = 0;
      filled = 0;
      if (padding > 0) {
        padding = 3; /* nothing may follow */
      }
    }
  }
  return filled == 0;
}
