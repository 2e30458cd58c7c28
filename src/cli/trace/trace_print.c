/* SPDX-License-Identifier: Apache-2.0 */
/* A trace as text and as JSON. */
#include <inttypes.h>

#include "cli/trace/trace.h"
#include "text/utf8.h"

#define DIM    "\033[2m"
#define BOLD   "\033[1m"
#define RED    "\033[31m"
#define GREEN  "\033[32m"
#define YELLOW "\033[33m"
#define NORMAL "\033[0m"

static const char *
paint(const struct pw_trace_style *style, const char *color)
{
  return style->color ? color : "";
}

static void
print_character(FILE *out, const char *text, size_t size, uint32_t character)
{
  if (character == '\n') {
    fputs("\\n", out);
  } else if (character == '\r') {
    fputs("\\r", out);
  } else if (character == '\t') {
    fputs("\\t", out);
  } else if (character < 0x20 || character == 0x7f) {
    fprintf(out, "\\x%02x", (unsigned)character);
  } else if (character >= 0x80 && (character < 0xa0 || character == 0x2028 || character == 0x2029)) {
    fprintf(out, "\\u%04x", (unsigned)character);
  } else {
    fwrite(text, 1, size, out);
  }
}

/* The first `end` bytes. `quoted`: what would end the quotes, or look like an escape, is escaped, too. */
static void
print_escaped(FILE *out, struct pw_view bytes, size_t end, bool quoted)
{
  for (size_t at = 0; at < end;) {
    uint32_t character;
    size_t   length = pw_utf8_decode(bytes.data + at, bytes.size - at, &character);
    if (length == 0) {
      fprintf(out, "\\x%02x", (unsigned)(uint8_t)bytes.data[at]);
      length = 1;
    } else {
      if (quoted && (character == '"' || character == '\\')) {
        fputc('\\', out);
      }
      print_character(out, bytes.data + at, length, character);
    }
    at += length;
  }
}

void
pw_trace_print_plain(FILE *out, struct pw_view bytes)
{
  print_escaped(out, bytes, bytes.size, false);
}

void
pw_trace_print_bytes(FILE *out, struct pw_view bytes, size_t size, size_t limit)
{
  size_t end = limit > 0 && limit < bytes.size ? limit : bytes.size;
  fputc('"', out);
  print_escaped(out, bytes, end, true);
  fputc('"', out);
  if (end < size) {
    fprintf(out, "… (%zu bytes)", size);
  }
}

static void
print_pairs(FILE *out, const struct pw_fields *pairs, size_t limit)
{
  fputc('{', out);
  for (size_t i = 0; i < pairs->count; i++) {
    const struct pw_field *field = &pairs->items[i];
    fputs(i > 0 ? ", " : "", out);
    pw_trace_print_bytes(out, field->name, field->name.size, limit);
    fputs(": ", out);
    pw_trace_print_bytes(out, field->value, field->value.size, limit);
  }
  fputc('}', out);
}

static void
print_value(FILE *out, const struct pw_trace_value *value, const struct pw_trace_style *style)
{
  switch (value->kind) {
  case PW_TRACE_NUMBER:
    if (value->word != NULL) {
      fputs(value->word, out);
    } else {
      fprintf(out, "%" PRId64, value->number);
    }
    break;
  case PW_TRACE_BYTES:
    pw_trace_print_bytes(out, pw_bytes_view(&value->bytes), value->size, style->limit);
    break;
  case PW_TRACE_PAIRS:
    print_pairs(out, &value->pairs, style->limit);
    break;
  case PW_TRACE_ADDRESS:
    fprintf(out, "0x%" PRIx64, (uint64_t)value->number);
    break;
  case PW_TRACE_BAD:
    fprintf(out, "%soutside of memory: 0x%" PRIx64 ", %zu bytes%s", paint(style, RED), (uint64_t)value->number,
            value->size, paint(style, NORMAL));
    break;
  }
}

static void
print_values(FILE *out, const struct pw_trace_value *values, size_t count, const struct pw_trace_style *style)
{
  for (size_t i = 0; i < count; i++) {
    fprintf(out, "%s%s=", i > 0 ? ", " : "", values[i].name);
    print_value(out, &values[i], style);
  }
}

static void
print_result(FILE *out, const struct pw_trace_event *event, const struct pw_trace_style *style)
{
  bool failed = event->module != NULL && event->result.number != 0;
  fprintf(out, "%s->%s %s", paint(style, DIM), paint(style, NORMAL), paint(style, failed ? YELLOW : GREEN));
  print_value(out, &event->result, style);
  fputs(paint(style, NORMAL), out);
  if (event->return_count > 0) {
    fputs("  ", out);
    print_values(out, event->returns, event->return_count, style);
  }
}

static void
indent(FILE *out, unsigned depth)
{
  for (unsigned i = 0; i < depth; i++) {
    fputs("  ", out);
  }
}

static void
print_trap(FILE *out, const struct pw_trace_event *event, unsigned depth, const struct pw_trace_style *style)
{
  indent(out, depth);
  fprintf(out, "%strap: %s%s\n", paint(style, RED), event->trap, paint(style, NORMAL));
  const char *line = event->backtrace ? event->backtrace : "";
  while (*line != '\0') {
    size_t size = strcspn(line, "\n");
    indent(out, depth);
    fprintf(out, "%.*s\n", (int)size, line);
    line += size + (line[size] == '\n');
  }
}

/* One event, before those beneath it. */
static void
print_begin(FILE *out, const struct pw_trace_event *event, unsigned depth, const struct pw_trace_style *style)
{
  indent(out, depth);
  fprintf(out, "%s%s%s(", paint(style, event->module ? "" : BOLD), event->name,
          paint(style, event->module ? "" : NORMAL));
  print_values(out, event->arguments, event->argument_count, style);
  fputc(')', out);
  if (event->module == NULL && event->plugin[0] != '\0') {
    fprintf(out, "  %s[%s]%s", paint(style, DIM), event->plugin, paint(style, NORMAL));
  }
  if (event->children == NULL && event->has_result) {
    fputc(' ', out);
    print_result(out, event, style);
  }
  fputc('\n', out);
}

static void
print_end(FILE *out, const struct pw_trace_event *event, unsigned depth, const struct pw_trace_style *style)
{
  if (event->children != NULL && event->has_result) {
    indent(out, depth);
    print_result(out, event, style);
    fputc('\n', out);
  }
  if (event->trap != NULL) {
    print_trap(out, event, depth, style);
  }
}

void
pw_trace_print(FILE *out, const struct pw_trace_event *event, unsigned depth, const struct pw_trace_style *style)
{
  /* The depth is that of calls between host and module, which the host bounds. */
  print_begin(out, event, depth, style);
  for (const struct pw_trace_event *child = event->children; child != NULL; child = child->next) {
    pw_trace_print(out, child, depth + 1, style);
  }
  print_end(out, event, depth + 1, style);
}

/* ------------------------------------------------------------------------------------------------------------ JSON */

static void
json_value(struct pw_json *json, const struct pw_trace_value *value)
{
  switch (value->kind) {
  case PW_TRACE_NUMBER:
    if (value->word != NULL) {
      pw_json_string(json, value->word);
    } else {
      pw_json_integer(json, value->number);
    }
    break;
  case PW_TRACE_BYTES:
    pw_json_bytes(json, pw_bytes_view(&value->bytes));
    break;
  case PW_TRACE_PAIRS:
    pw_json_fields(json, &value->pairs);
    break;
  case PW_TRACE_ADDRESS:
    pw_json_object_begin(json);
    pw_json_key(json, "address");
    pw_json_integer(json, value->number);
    pw_json_object_end(json);
    break;
  case PW_TRACE_BAD:
    pw_json_object_begin(json);
    pw_json_key(json, "outside_of_memory");
    pw_json_integer(json, value->number);
    pw_json_key(json, "size");
    pw_json_unsigned(json, value->size);
    pw_json_object_end(json);
    break;
  }
}

static void
json_values(struct pw_json *json, const char *key, const struct pw_trace_value *values, size_t count)
{
  pw_json_key(json, key);
  pw_json_object_begin(json);
  for (size_t i = 0; i < count; i++) {
    pw_json_key(json, values[i].name);
    json_value(json, &values[i]);
  }
  pw_json_object_end(json);
}

void
pw_trace_json(struct pw_json *json, const struct pw_trace_event *event)
{
  pw_json_object_begin(json);
  pw_json_key(json, event->module ? "hostcall" : "callback");
  pw_json_string(json, event->name);
  if (event->module == NULL) {
    pw_json_key(json, "plugin");
    pw_json_string(json, event->plugin);
  }
  json_values(json, "arguments", event->arguments, event->argument_count);
  if (event->has_result) {
    pw_json_key(json, "result");
    json_value(json, &event->result);
  }
  if (event->return_count > 0) {
    json_values(json, "returns", event->returns, event->return_count);
  }
  if (event->trap != NULL) {
    pw_json_key(json, "trap");
    pw_json_string(json, event->trap);
    pw_json_key(json, "backtrace");
    pw_json_string(json, event->backtrace);
  }
  pw_json_key(json, "calls");
  pw_json_array_begin(json);
  for (const struct pw_trace_event *child = event->children; child != NULL; child = child->next) {
    pw_trace_json(json, child);
  }
  pw_json_array_end(json);
  pw_json_object_end(json);
}
