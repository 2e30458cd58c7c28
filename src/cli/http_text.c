/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/http_text.h"

#include <stdarg.h>
#include <stdio.h>

#include "text/log_text.h"

/* Of a text that is shown because it is wrong. */
#define MOST_SHOWN_BYTES 40

/** Where reading stands. */
struct reader {
  struct pw_view                     rest;
  unsigned                           line; /* of the last line that was taken */
  const struct pw_http_text_options *options;
  struct pw_error                   *error;
  char                               shown[2 * MOST_SHOWN_BYTES];
};

#define FAIL(reader, ...) fail_at((reader), (reader)->line, __VA_ARGS__)

static bool fail_at(struct reader *reader, unsigned line, const char *format, ...)
  __attribute__((format(printf, 3, 4)));

static bool
fail_at(struct reader *reader, unsigned line, const char *format, ...)
{
  char    text[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  return pw_error_set(reader->error, PW_ERROR_CONFIGURATION, "%s:%u: %s",
                      reader->options->file ? reader->options->file : "HTTP text", line, text);
}

/* A text that is wrong, to be shown: it may hold anything. Until the next one. */
static const char *
shown(struct reader *reader, struct pw_view wrong)
{
  struct pw_bytes buffer = {0};
  struct pw_view  text   = pw_log_text(wrong, MOST_SHOWN_BYTES, &buffer);
  snprintf(reader->shown, sizeof(reader->shown), "%.*s", (int)text.size, text.data ? text.data : "");
  pw_bytes_clear(&buffer);
  return reader->shown;
}

static bool
no_memory(struct reader *reader)
{
  return pw_error_set(reader->error, PW_ERROR_MEMORY, "no memory for an HTTP message");
}

static bool
is_blank(char byte)
{
  return byte == ' ' || byte == '\t';
}

static struct pw_view
trim(struct pw_view text)
{
  while (text.size > 0 && is_blank(text.data[0])) {
    text.data++;
    text.size--;
  }
  while (text.size > 0 && is_blank(text.data[text.size - 1])) {
    text.size--;
  }
  return text;
}

/* Takes a line, without its end. false: nothing is left. */
static bool
take_line(struct reader *reader, struct pw_view *line)
{
  if (reader->rest.size == 0) {
    return false;
  }
  const char *end  = memchr(reader->rest.data, '\n', reader->rest.size);
  size_t      size = end ? (size_t)(end - reader->rest.data) : reader->rest.size;
  size_t      used = end ? size + 1 : size;
  *line            = pw_view_make(reader->rest.data, size);
  if (line->size > 0 && line->data[line->size - 1] == '\r') {
    line->size--;
  }
  reader->rest.data += used;
  reader->rest.size -= used;
  reader->line++;
  return true;
}

/* Takes what stands before the next blank; blanks after it go, too. */
static struct pw_view
take_word(struct pw_view *line)
{
  size_t size = 0;
  while (size < line->size && !is_blank(line->data[size])) {
    size++;
  }
  struct pw_view word = pw_view_make(line->data, size);
  *line               = trim(pw_view_make(line->data + size, line->size - size));
  return word;
}

static bool
starts_with(struct pw_view text, const char *start)
{
  size_t size = strlen(start);
  return text.size >= size && memcmp(text.data, start, size) == 0;
}

/* ------------------------------------------------------------------------------------------------------ first line */

static bool
is_version(struct pw_view word)
{
  return (word.size == 8 && starts_with(word, "HTTP/") && word.data[6] == '.') ||
         pw_view_equal(word, pw_view_of("HTTP/2")) || pw_view_equal(word, pw_view_of("HTTP/3"));
}

static void
keep_version(struct pw_http_message *message, struct pw_view word)
{
  memcpy(message->version, word.data, word.size);
  message->version[word.size] = '\0';
}

/* The parts of a request target (RFC 9112, 3.2). */
struct target {
  struct pw_view scheme;
  struct pw_view authority;
  struct pw_view path;
};

static void
split_target(struct pw_view text, bool connect, struct target *target)
{
  *target = (struct target){0};
  if (connect) {
    target->authority = text;
    return;
  }
  target->path = text;
  if (text.data[0] == '/' || text.data[0] == '*') {
    return;
  }
  for (size_t i = 0; i + 2 < text.size; i++) {
    if (memcmp(text.data + i, "://", 3) != 0) {
      continue;
    }
    size_t begin = i + 3;
    size_t end   = begin;
    while (end < text.size && text.data[end] != '/' && text.data[end] != '?') {
      end++;
    }
    target->scheme    = pw_view_make(text.data, i);
    target->authority = pw_view_make(text.data + begin, end - begin);
    target->path      = end < text.size ? pw_view_make(text.data + end, text.size - end) : pw_view_of("/");
    return;
  }
}

static bool
read_request_line(struct reader *reader, struct pw_view line, struct pw_http_message *message)
{
  struct pw_view method  = take_word(&line);
  struct pw_view place   = take_word(&line);
  struct pw_view version = take_word(&line);
  struct target  target;
  if (!pw_field_name_valid(method) || method.data[0] == ':') {
    return FAIL(reader, "a request begins with METHOD TARGET HTTP/1.1; the method '%s' is none", shown(reader, method));
  }
  if (place.size == 0 || line.size > 0 || (version.size > 0 && !is_version(version)) || !pw_field_value_valid(place)) {
    return FAIL(reader, "a request begins with METHOD TARGET HTTP/1.1, such as 'GET /path HTTP/1.1'");
  }
  keep_version(message, version.size > 0 ? version : pw_view_of("HTTP/1.1"));
  split_target(place, pw_view_equal(method, pw_view_of("CONNECT")), &target);
  if (target.scheme.size == 0) {
    target.scheme = pw_view_of(reader->options->scheme ? reader->options->scheme : "http");
  }
  bool done =
    pw_fields_add(&message->headers, pw_view_of(":method"), method) &&
    pw_fields_add(&message->headers, pw_view_of(":scheme"), target.scheme) &&
    (target.authority.size == 0 || pw_fields_add(&message->headers, pw_view_of(":authority"), target.authority)) &&
    (target.path.size == 0 || pw_fields_add(&message->headers, pw_view_of(":path"), target.path));
  return done || no_memory(reader);
}

static bool
read_status_line(struct reader *reader, struct pw_view line, struct pw_http_message *message)
{
  struct pw_view version = take_word(&line);
  struct pw_view status  = take_word(&line);
  if (!is_version(version)) {
    return FAIL(reader, "a response begins with HTTP/1.1 STATUS REASON, such as 'HTTP/1.1 200 OK'");
  }
  bool digits = status.size == 3 && status.data[0] >= '1' && status.data[0] <= '9';
  for (size_t i = 0; digits && i < status.size; i++) {
    digits = status.data[i] >= '0' && status.data[i] <= '9';
  }
  if (!digits) {
    return FAIL(reader, "the status '%s' is no number of three digits", shown(reader, status));
  }
  keep_version(message, version);
  return pw_fields_add(&message->headers, pw_view_of(":status"), status) || no_memory(reader);
}

/* ---------------------------------------------------------------------------------------------------------- fields */

const char *
pw_http_field_read(struct pw_view line, struct pw_view *name, struct pw_view *value)
{
  size_t at = line.size > 0 && line.data[0] == ':' ? 1 : 0;
  while (at < line.size && line.data[at] != ':') {
    at++;
  }
  if (at == line.size) {
    return line.size > 1 && line.data[0] == ':' && is_blank(line.data[1]) ? "the name before ':' is empty"
                                                                          : "there is no ':' between name and value";
  }
  *name  = pw_view_make(line.data, at);
  *value = trim(pw_view_make(line.data + at + 1, line.size - at - 1));
  if (name->size == 0) {
    return "the name before ':' is empty";
  }
  if (is_blank(name->data[name->size - 1])) {
    return "no blank may stand between the name and ':'";
  }
  if (!pw_field_name_valid(*name)) {
    return "the name before ':' has a character that no name may have";
  }
  return pw_field_value_valid(*value) ? NULL : "the value has a CR, LF or NUL";
}

/* Adds a field under its name in lower case, if that is wanted. */
static bool
add_field(struct reader *reader, struct pw_fields *fields, struct pw_view name, struct pw_view value)
{
  struct pw_bytes lower = {0};
  if (reader->options->lower_case) {
    if (!pw_bytes_append(&lower, name.data, name.size)) {
      return no_memory(reader);
    }
    for (size_t i = 0; i < lower.size; i++) {
      if (lower.data[i] >= 'A' && lower.data[i] <= 'Z') {
        lower.data[i] = (char)(lower.data[i] - 'A' + 'a');
      }
    }
    name = pw_bytes_view(&lower);
  }
  bool done = pw_fields_add(fields, name, value);
  pw_bytes_clear(&lower);
  return done || no_memory(reader);
}

/* Fields up to the empty line, or the end. */
static bool
read_fields(struct reader *reader, struct pw_fields *fields)
{
  struct pw_view line;
  while (take_line(reader, &line) && line.size > 0) {
    struct pw_view name;
    struct pw_view value;
    if (is_blank(line.data[0])) {
      return FAIL(reader, "a field must not go on in the next line");
    }
    const char *wrong = pw_http_field_read(line, &name, &value);
    if (wrong != NULL || name.data[0] == ':') {
      return FAIL(reader, "a field is 'Name: value': %s", wrong ? wrong : "a name does not begin with ':' here");
    }
    if (!add_field(reader, fields, name, value)) {
      return false;
    }
  }
  return true;
}

/* Host becomes ":authority", unless the target had one: then that counts (RFC 9112, 3.2.2). */
static bool
place_authority(struct reader *reader, struct pw_http_message *message)
{
  struct pw_view         host      = pw_view_of("host");
  const struct pw_field *field     = pw_fields_find(&message->headers, host);
  const struct pw_field *authority = pw_fields_find(&message->headers, pw_view_of(":authority"));
  if (field == NULL) {
    return true;
  }
  struct pw_view   value   = authority ? authority->value : field->value;
  struct pw_fields ordered = {0};
  bool             done    = true;
  for (size_t i = 0; done && i < message->headers.count; i++) {
    const struct pw_field *at = &message->headers.items[i];
    if (authority == NULL && pw_view_equal(at->name, pw_view_of(":path"))) {
      done = pw_fields_add(&ordered, pw_view_of(":authority"), value);
    }
    if (!pw_field_name_equal(at->name, host)) {
      done = done && pw_fields_add(&ordered, at->name, at->value);
    } else if (reader->options->keep_host) {
      done = done && pw_fields_replace(&ordered, at->name, value);
    }
  }
  if (!done) {
    pw_fields_clear(&ordered);
    return no_memory(reader);
  }
  pw_fields_clear(&message->headers);
  message->headers = ordered;
  return true;
}

/* ------------------------------------------------------------------------------------------------------------ body */

static bool
parse_number(struct pw_view text, unsigned base, size_t *number)
{
  *number = 0;
  for (size_t i = 0; i < text.size; i++) {
    char     byte  = text.data[i];
    unsigned digit = byte >= '0' && byte <= '9'   ? (unsigned)(byte - '0')
                     : byte >= 'a' && byte <= 'f' ? (unsigned)(byte - 'a') + 10
                     : byte >= 'A' && byte <= 'F' ? (unsigned)(byte - 'A') + 10
                                                  : 99;
    if (digit >= base || *number > (SIZE_MAX - digit) / base) {
      return false;
    }
    *number = *number * base + digit;
  }
  return text.size > 0;
}

static bool
only_line_end(struct pw_view rest)
{
  return rest.size == 0 || pw_view_equal(rest, pw_view_of("\n")) || pw_view_equal(rest, pw_view_of("\r\n"));
}

static bool
read_known_body(struct reader *reader, struct pw_view length, struct pw_http_message *message)
{
  size_t size;
  if (!parse_number(length, 10, &size)) {
    return FAIL(reader, "Content-Length '%s' is no number", shown(reader, length));
  }
  reader->line++;
  if (reader->rest.size == 0 && size > 0) {
    return true; /* Headers alone, as of an answer to HEAD. */
  }
  if (reader->rest.size < size) {
    return FAIL(reader, "the body has %zu bytes, Content-Length says %zu", reader->rest.size, size);
  }
  if (!only_line_end(pw_view_make(reader->rest.data + size, reader->rest.size - size))) {
    return FAIL(reader, "the body has %zu bytes, Content-Length says only %zu", reader->rest.size, size);
  }
  return pw_bytes_append(&message->body, reader->rest.data, size) || no_memory(reader);
}

/* Chunks (RFC 9112, 7.1) and the trailers after them. */
static bool
read_chunks(struct reader *reader, struct pw_http_message *message)
{
  for (;;) {
    struct pw_view line;
    size_t         size;
    if (!take_line(reader, &line)) {
      return FAIL(reader, "the chunked body ends without its last chunk, '0'");
    }
    const char    *mark   = line.size > 0 ? memchr(line.data, ';', line.size) : NULL;
    struct pw_view number = trim(pw_view_make(line.data, mark ? (size_t)(mark - line.data) : line.size));
    if (!parse_number(number, 16, &size)) {
      return FAIL(reader, "'%s' is no hexadecimal chunk size", shown(reader, number));
    }
    if (size == 0) {
      if (!read_fields(reader, &message->trailers)) {
        return false;
      }
      return only_line_end(reader->rest) || FAIL(reader, "more text after the end of the chunked body");
    }
    if (reader->rest.size < size) {
      return FAIL(reader, "the chunk has %zu bytes, its size says %zu", reader->rest.size, size);
    }
    if (!pw_bytes_append(&message->body, reader->rest.data, size)) {
      return no_memory(reader);
    }
    for (size_t i = 0; i < size; i++) {
      reader->line += reader->rest.data[i] == '\n';
    }
    reader->rest.data += size;
    reader->rest.size -= size;
    if (!take_line(reader, &line) || line.size > 0) {
      return FAIL(reader, "a line end has to follow a chunk's %zu bytes", size);
    }
  }
}

static bool
is_chunked(struct pw_view coding)
{
  static const char word[] = "chunked";
  size_t            size   = sizeof(word) - 1;
  return coding.size >= size &&
         pw_field_name_equal(pw_view_make(coding.data + coding.size - size, size), pw_view_of(word));
}

static bool
read_body(struct reader *reader, struct pw_http_message *message)
{
  const struct pw_field *coding = pw_fields_find(&message->headers, pw_view_of("transfer-encoding"));
  const struct pw_field *length = pw_fields_find(&message->headers, pw_view_of("content-length"));
  if (coding != NULL && is_chunked(coding->value)) {
    return reader->rest.size == 0 || read_chunks(reader, message);
  }
  if (length != NULL) {
    return read_known_body(reader, length->value, message);
  }
  return reader->rest.size == 0 || pw_bytes_append(&message->body, reader->rest.data, reader->rest.size) ||
         no_memory(reader);
}

/* ----------------------------------------------------------------------------------------------------------- whole */

static bool
read_message(struct reader *reader, struct pw_http_message *message)
{
  struct pw_view line;
  if (!take_line(reader, &line)) {
    return fail_at(reader, 1, "there is no HTTP message in it");
  }
  bool started = reader->options->kind == PW_HTTP_REQUEST ? read_request_line(reader, line, message)
                                                          : read_status_line(reader, line, message);
  return started && read_fields(reader, &message->headers) &&
         (reader->options->kind == PW_HTTP_RESPONSE || place_authority(reader, message)) && read_body(reader, message);
}

bool
pw_http_text_read(struct pw_view text, const struct pw_http_text_options *options, struct pw_http_message *message,
                  struct pw_error *error)
{
  struct reader reader = {.rest = text, .options = options, .error = error};
  if (!read_message(&reader, message)) {
    pw_http_message_clear(message);
    return false;
  }
  return true;
}

void
pw_http_message_clear(struct pw_http_message *message)
{
  pw_fields_clear(&message->headers);
  pw_bytes_clear(&message->body);
  pw_fields_clear(&message->trailers);
  message->version[0] = '\0';
}
