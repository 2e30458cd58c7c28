/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/json.h"

#include <inttypes.h>
#include <math.h>

#include "text/utf8.h"

static void
line_break(struct pw_json *json)
{
  fputc('\n', json->out);
  for (unsigned i = 0; i < json->depth; i++) {
    fputs("  ", json->out);
  }
}

/* What stands before a value or a key. */
static void
separate(struct pw_json *json)
{
  if (json->after_key) {
    json->after_key = false;
    return;
  }
  if (json->follows) {
    fputc(',', json->out);
  }
  if (json->depth > 0) {
    line_break(json);
  }
  json->follows = true;
}

static void
begin(struct pw_json *json, char bracket)
{
  separate(json);
  fputc(bracket, json->out);
  json->depth++;
  json->follows = false;
}

static void
end(struct pw_json *json, char bracket)
{
  json->depth--;
  if (json->follows) {
    line_break(json);
  }
  fputc(bracket, json->out);
  json->follows = true;
}

void
pw_json_object_begin(struct pw_json *json)
{
  begin(json, '{');
}

void
pw_json_object_end(struct pw_json *json)
{
  end(json, '}');
}

void
pw_json_array_begin(struct pw_json *json)
{
  begin(json, '[');
}

void
pw_json_array_end(struct pw_json *json)
{
  end(json, ']');
}

static void
write_character(FILE *out, const char *text, size_t size, uint32_t character)
{
  if (character == '"' || character == '\\') {
    fputc('\\', out);
    fputc((int)character, out);
  } else if (character == '\n') {
    fputs("\\n", out);
  } else if (character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0x2028 ||
             character == 0x2029) {
    fprintf(out, "\\u%04" PRIx32, character);
  } else {
    fwrite(text, 1, size, out);
  }
}

static void
write_string(FILE *out, struct pw_view text)
{
  fputc('"', out);
  for (size_t at = 0; at < text.size;) {
    uint32_t character;
    size_t   size = pw_utf8_decode(text.data + at, text.size - at, &character);
    if (size == 0) {
      fputs("\\ufffd", out);
      at++;
      continue;
    }
    write_character(out, text.data + at, size, character);
    at += size;
  }
  fputc('"', out);
}

static bool
is_utf8(struct pw_view text)
{
  uint32_t character;
  size_t   size;
  for (size_t at = 0; at < text.size; at += size) {
    size = pw_utf8_decode(text.data + at, text.size - at, &character);
    if (size == 0) {
      return false;
    }
  }
  return true;
}

static void
write_base64(FILE *out, struct pw_view bytes)
{
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t at = 0; at < bytes.size; at += 3) {
    size_t   left  = bytes.size - at;
    uint32_t group = (uint32_t)(uint8_t)bytes.data[at] << 16;
    group |= left > 1 ? (uint32_t)(uint8_t)bytes.data[at + 1] << 8 : 0;
    group |= left > 2 ? (uint32_t)(uint8_t)bytes.data[at + 2] : 0;
    fputc(letters[group >> 18], out);
    fputc(letters[(group >> 12) & 63], out);
    fputc(left > 1 ? letters[(group >> 6) & 63] : '=', out);
    fputc(left > 2 ? letters[group & 63] : '=', out);
  }
}

void
pw_json_key(struct pw_json *json, const char *key)
{
  separate(json);
  write_string(json->out, pw_view_of(key));
  fputs(": ", json->out);
  json->after_key = true;
}

void
pw_json_bytes(struct pw_json *json, struct pw_view bytes)
{
  if (is_utf8(bytes)) {
    separate(json);
    write_string(json->out, bytes);
    return;
  }
  pw_json_object_begin(json);
  pw_json_key(json, "base64");
  separate(json);
  fputc('"', json->out);
  write_base64(json->out, bytes);
  fputc('"', json->out);
  pw_json_object_end(json);
}

void
pw_json_string(struct pw_json *json, const char *text)
{
  separate(json);
  if (text == NULL) {
    fputs("null", json->out);
  } else {
    write_string(json->out, pw_view_of(text));
  }
}

void
pw_json_integer(struct pw_json *json, int64_t number)
{
  separate(json);
  fprintf(json->out, "%" PRId64, number);
}

void
pw_json_unsigned(struct pw_json *json, uint64_t number)
{
  separate(json);
  fprintf(json->out, "%" PRIu64, number);
}

void
pw_json_number(struct pw_json *json, double number)
{
  if (!isfinite(number)) {
    pw_json_null(json);
    return;
  }
  separate(json);
  fprintf(json->out, "%.10g", number);
}

void
pw_json_boolean(struct pw_json *json, bool value)
{
  separate(json);
  fputs(value ? "true" : "false", json->out);
}

void
pw_json_null(struct pw_json *json)
{
  pw_json_string(json, NULL);
}

void
pw_json_fields(struct pw_json *json, const struct pw_fields *fields)
{
  pw_json_array_begin(json);
  for (size_t i = 0; i < fields->count; i++) {
    pw_json_array_begin(json);
    pw_json_bytes(json, fields->items[i].name);
    pw_json_bytes(json, fields->items[i].value);
    pw_json_array_end(json);
  }
  pw_json_array_end(json);
}

void
pw_json_finish(struct pw_json *json)
{
  fputc('\n', json->out);
}
