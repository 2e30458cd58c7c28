/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/suite/suite_input.h"

#include <stdlib.h>

/* Bodies of tests; more is a mistake. */
#define FILE_BYTES (256U << 20)

static bool
no_memory(struct pw_error *error)
{
  return pw_error_set(error, PW_ERROR_MEMORY, "out of memory for a test's input");
}

bool
pw_suite_read_beside(const struct pw_suite *suite, const char *file, struct pw_bytes *bytes, struct pw_error *error)
{
  char *path = pw_suite_path(suite, file, false);
  bool  read = path ? pw_config_read_bytes(path, FILE_BYTES, bytes, error) : no_memory(error);
  free(path);
  return read;
}

bool
pw_suite_fields(const struct pw_schema_list *headers, struct pw_fields *fields)
{
  const struct pw_suite_header *items = headers->items;
  for (size_t i = 0; i < headers->count; i++) {
    if (!pw_fields_add(fields, items[i].key, items[i].value)) {
      return false;
    }
  }
  return true;
}

static bool
join_field(struct pw_fields *joined, const struct pw_field *field)
{
  const struct pw_field *before = pw_fields_find(joined, field->name);
  if (!before) {
    return pw_fields_add(joined, field->name, field->value);
  }
  struct pw_bytes value = {0};
  bool            done  = true;
  if (before->value.size > 0) {
    done = pw_bytes_append(&value, before->value.data, before->value.size) && pw_bytes_append(&value, ", ", 2);
  }
  done = done && pw_bytes_append(&value, field->value.data, field->value.size) &&
         pw_fields_replace(joined, before->name, pw_bytes_view(&value));
  pw_bytes_clear(&value);
  return done;
}

bool
pw_suite_join(const struct pw_fields *fields, struct pw_fields *joined)
{
  for (size_t i = 0; i < fields->count; i++) {
    if (!join_field(joined, &fields->items[i])) {
      return false;
    }
  }
  return true;
}

/* Headers of one name are made one, as the other runner does, unless the suite says otherwise. */
static bool
take_fields(const struct pw_suite_input *input, struct pw_fields *from, struct pw_fields *fields,
            struct pw_error *error)
{
  if (input->repeat) {
    *fields = *from;
    *from   = (struct pw_fields){0};
    return true;
  }
  return pw_suite_join(from, fields) || no_memory(error);
}

/* The text that `content` or `file` gives. False: none, with error->code NONE, or an error. */
static bool
input_text(const struct pw_suite *suite, const struct pw_suite_input *input, struct pw_bytes *text,
           struct pw_error *error)
{
  if (input->file) {
    return pw_suite_read_beside(suite, input->file, text, error);
  }
  return input->content_given && input->content.size > 0 &&
         (pw_bytes_append(text, input->content.data, input->content.size) || no_memory(error));
}

static bool
parse_headers(struct pw_view text, const char *file, enum pw_http_kind kind, struct pw_http_message *message,
              struct pw_error *error)
{
  /* A target that names no scheme gives no ":scheme". */
  struct pw_http_text_options options = {.kind = kind, .file = file, .scheme = "", .lower_case = true};
  if (!pw_http_text_read(text, &options, message, error)) {
    return false;
  }
  if (pw_fields_value(&message->headers, ":scheme").size == 0) {
    pw_fields_remove(&message->headers, pw_view_of(":scheme"));
  }
  return true;
}

bool
pw_suite_input_headers(const struct pw_suite *suite, const struct pw_suite_input *input, enum pw_http_kind kind,
                       struct pw_fields *fields, struct pw_bytes *body, struct pw_error *error)
{
  struct pw_bytes        text    = {0};
  struct pw_http_message message = {0};
  struct pw_error        problem = {0};
  bool                   done;
  if (input_text(suite, input, &text, &problem)) {
    const char *file = input->file ? input->file : "content";
    done             = parse_headers(pw_bytes_view(&text), file, kind, &message, &problem) &&
           take_fields(input, &message.headers, fields, &problem);
    if (done && body) {
      *body        = message.body;
      message.body = (struct pw_bytes){0};
    }
  } else {
    done = problem.code == PW_ERROR_NONE &&
           (pw_suite_fields(&input->header, &message.headers) || no_memory(&problem)) &&
           take_fields(input, &message.headers, fields, &problem);
  }
  pw_bytes_clear(&text);
  pw_http_message_clear(&message);
  return done || pw_error_set(error, problem.code, "%s", problem.message);
}

static bool
parse_lines(struct pw_view text, struct pw_fields *fields, struct pw_error *error)
{
  while (text.size > 0) {
    const char    *end  = memchr(text.data, '\n', text.size);
    size_t         size = end ? (size_t)(end - text.data) : text.size, used = end ? size + 1 : size;
    struct pw_view line = pw_view_make(text.data, size), name, value;
    line.size -= line.size > 0 && line.data[line.size - 1] == '\r';
    const char *problem = line.size > 0 ? pw_http_field_read(line, &name, &value) : NULL;
    if (problem) {
      return pw_error_set(error, PW_ERROR_CONFIGURATION, "a trailer is 'name: value': %s", problem);
    }
    if (line.size > 0 && !pw_fields_add(fields, name, value)) {
      return no_memory(error);
    }
    text = pw_view_make(text.data + used, text.size - used);
  }
  return true;
}

bool
pw_suite_input_trailers(const struct pw_suite *suite, const struct pw_suite_input *input, struct pw_fields *fields,
                        struct pw_error *error)
{
  struct pw_bytes  text    = {0};
  struct pw_fields from    = {0};
  struct pw_error  problem = {0};
  bool             done    = input_text(suite, input, &text, &problem)
                               ? parse_lines(pw_bytes_view(&text), &from, &problem)
                               : problem.code == PW_ERROR_NONE && (pw_suite_fields(&input->header, &from) || no_memory(&problem));
  done                     = done && take_fields(input, &from, fields, &problem);
  pw_bytes_clear(&text);
  pw_fields_clear(&from);
  return done || pw_error_set(error, problem.code, "%s", problem.message);
}

bool
pw_suite_input_body(const struct pw_suite *suite, const struct pw_suite_input *input, struct pw_bytes *body,
                    struct pw_error *error)
{
  struct pw_error problem = {0};
  if (!input_text(suite, input, body, &problem) && problem.code != PW_ERROR_NONE) {
    return pw_error_set(error, problem.code, "%s", problem.message);
  }
  return true;
}
