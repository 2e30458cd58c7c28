/* SPDX-License-Identifier: Apache-2.0 */
/* A module that requests tell what to do with bodies and trailers: see bodies.h. */
#define PROXY_WASM_IMPLEMENTATION
#include <proxy_wasm.h>

#include "bodies.h"
#include "bodies_script.h"
#include "bodies_wait.h"

static const char *const direction_names[] = {"request", "response"};

static proxy_map_type_t
headers_of(proxy_stream_type_t stream)
{
  return stream ? PROXY_MAP_HTTP_RESPONSE_HEADERS : PROXY_MAP_HTTP_REQUEST_HEADERS;
}

static proxy_map_type_t
trailers_of(proxy_stream_type_t stream)
{
  return stream ? PROXY_MAP_HTTP_RESPONSE_TRAILERS : PROXY_MAP_HTTP_REQUEST_TRAILERS;
}

static proxy_buffer_type_t
body_of(proxy_stream_type_t stream)
{
  return stream ? PROXY_BUFFER_HTTP_RESPONSE_BODY : PROXY_BUFFER_HTTP_REQUEST_BODY;
}

void
note(struct context *context, const char *format, ...)
{
  char                  line[768], text[512];
  const struct context *root = proxy_context_get(context->root_id);
  va_list               arguments;
  va_start(arguments, format);
  proxy_format_list(text, sizeof text, format, arguments);
  va_end(arguments);
  proxy_format(line, sizeof line, "%s %s: %s", context->path, root->name, text);
  proxy_log_text(PROXY_LOG_INFO, line);
  size_t used = proxy_view(context->notes).size;
  proxy_format(context->notes + used, NOTES_SIZE - used, "%s\n", text);
}

/* ----------------------------------------------------------------------------------------------- contexts, headers */

void
proxy_on_context_create(uint32_t context_id, uint32_t parent_context_id)
{
  struct context *context = proxy_context_new(context_id, sizeof *context);
  context->id             = context_id;
  context->root_id        = parent_context_id ? parent_context_id : context_id;
}

bool
proxy_on_configure(uint32_t context_id, size_t size)
{
  struct context *context = proxy_context_get(context_id);
  proxy_bytes_t   bytes;
  if (size > 0 && proxy_buffer_get(PROXY_BUFFER_PLUGIN_CONFIGURATION, 0, size, &bytes) == PROXY_STATUS_OK) {
    proxy_format(context->name, sizeof context->name, "%.*s", PROXY_VIEW_ARGUMENTS(bytes));
    proxy_bytes_free(&bytes);
  }
  return true;
}

static void
read_header(const char *name, char *text, size_t capacity)
{
  proxy_bytes_t value;
  if (proxy_header_get(PROXY_MAP_HTTP_REQUEST_HEADERS, name, &value) == PROXY_STATUS_OK) {
    proxy_format(text, capacity, "%.*s", PROXY_VIEW_ARGUMENTS(value));
    proxy_bytes_free(&value);
  }
}

/* Both scripts are read with the request: it may have changed when the response comes. */
static void
read_scripts(struct context *context)
{
  const struct context *root = proxy_context_get(context->root_id);
  char                  name[64];
  read_header(":path", context->path, sizeof context->path);
  for (int stream = 0; stream < 2; stream++) {
    proxy_format(name, sizeof name, "%s-%s-body", root->name, direction_names[stream]);
    read_header(name, context->directions[stream].script, SCRIPT_SIZE);
  }
}

static proxy_action_t
on_headers(struct context *context, proxy_stream_type_t stream, bool end_of_stream)
{
  struct direction *direction = &context->directions[stream];
  uint64_t          milliseconds;
  if (direction->headers_seen) {
    note(context, "%s headers twice", direction_names[stream]);
  }
  direction->headers_seen = true;
  direction->alone        = end_of_stream;
  if (number(direction, "headers", &milliseconds)) {
    return wait_some_time(context, stream, milliseconds);
  }
  return has(direction, "hold-headers") && !end_of_stream ? PROXY_ACTION_PAUSE : PROXY_ACTION_CONTINUE;
}

proxy_action_t
proxy_on_request_headers(uint32_t context_id, size_t count, bool end_of_stream)
{
  struct context *context = proxy_context_get(context_id);
  (void)count;
  read_scripts(context);
  return on_headers(context, PROXY_STREAM_HTTP_REQUEST, end_of_stream);
}

static void
show_notes(const struct context *context)
{
  char                  name[64], notes[NOTES_SIZE];
  const struct context *root = proxy_context_get(context->root_id);
  proxy_format(name, sizeof name, "%s-note", root->name);
  proxy_format(notes, sizeof notes, "%s", context->notes);
  for (char *line = notes; *line;) {
    char *next = cut(line, '\n');
    proxy_header_add(PROXY_MAP_HTTP_RESPONSE_HEADERS, name, line);
    line = next;
  }
}

static void
note_count(struct context *context, proxy_stream_type_t stream)
{
  const struct direction *direction = &context->directions[stream];
  if (has(direction, "count")) {
    note(context, "%s alone=%d callbacks=%u bytes=%llu ends=%u trailers=%u", direction_names[stream], direction->alone,
         direction->callbacks, (unsigned long long)direction->bytes, direction->ends, direction->trailers);
  }
}

proxy_action_t
proxy_on_response_headers(uint32_t context_id, size_t count, bool end_of_stream)
{
  struct context *context = proxy_context_get(context_id);
  (void)count;
  if (context->directions[0].headers_seen) {
    note_count(context, PROXY_STREAM_HTTP_REQUEST);
  } else {
    read_scripts(context); /* of a plugin that has the response alone */
  }
  show_notes(context);
  return on_headers(context, PROXY_STREAM_HTTP_RESPONSE, end_of_stream);
}

/* ---------------------------------------------------------------------------------------------------------- bodies */

static proxy_action_t
reply(struct context *context, uint64_t status)
{
  proxy_pair_t   header = PROXY_PAIR("x-replied", "yes");
  proxy_status_t result = proxy_local_response((uint32_t)status, proxy_view("replied"), &header, 1);
  if (result != PROXY_STATUS_OK) {
    note(context, "reply refused %d", (int)result);
    return PROXY_ACTION_CONTINUE;
  }
  return PROXY_ACTION_PAUSE;
}

static void
change_piece(const struct direction *direction, proxy_buffer_type_t buffer, size_t size)
{
  proxy_bytes_t bytes;
  bool          upper = has(direction, "upper");
  if (size == 0 || (!upper && !has(direction, "look")) ||
      proxy_buffer_get(buffer, 0, size, &bytes) != PROXY_STATUS_OK) {
    return;
  }
  if (upper) {
    for (size_t i = 0; i < bytes.size; i++) {
      bytes.data[i] = (char)(bytes.data[i] - (bytes.data[i] >= 'a' && bytes.data[i] <= 'z' ? 32 : 0));
    }
    proxy_buffer_replace(buffer, proxy_bytes_view(bytes));
  }
  proxy_bytes_free(&bytes);
}

static void
splice(struct context *context, proxy_stream_type_t stream)
{
  char        value[SCRIPT_SIZE];
  const char *cursor = NULL;
  while (next_word(&context->directions[stream], &cursor, "splice", value)) {
    char          *size  = cut(value, ',');
    char          *text  = cut(size, ',');
    proxy_view_t   bytes = proxy_view(text);
    proxy_status_t status =
      proxy_set_buffer_bytes(body_of(stream), size_of(value), size_of(size), bytes.data, bytes.size);
    if (status != PROXY_STATUS_OK) {
      note(context, "splice refused %d", (int)status);
    }
  }
}

static void
read_parts(struct context *context, proxy_stream_type_t stream)
{
  char          value[SCRIPT_SIZE];
  const char   *cursor = NULL;
  proxy_bytes_t bytes;
  while (next_word(&context->directions[stream], &cursor, "read", value)) {
    char          *size   = cut(value, ',');
    proxy_status_t status = proxy_buffer_get(body_of(stream), size_of(value), size_of(size), &bytes);
    note(context, "read %d %u [%.*s]", (int)status, (unsigned)bytes.size, bytes.size < 100 ? (int)bytes.size : 100,
         bytes.size ? bytes.data : "");
    proxy_bytes_free(&bytes);
  }
}

static void
change_whole(struct context *context, proxy_stream_type_t stream)
{
  const struct direction *direction = &context->directions[stream];
  char                    value[SCRIPT_SIZE];
  if (word(direction, "replace", value)) {
    proxy_buffer_replace(body_of(stream), proxy_view(value));
  }
  if (has(direction, "empty")) {
    proxy_buffer_replace(body_of(stream), proxy_view(""));
  }
  if (direction->bytes == 0 && word(direction, "fill", value)) {
    proxy_buffer_replace(body_of(stream), proxy_view(value));
  }
  splice(context, stream);
  read_parts(context, stream);
  if (word(direction, "append", value)) {
    proxy_buffer_append(body_of(stream), proxy_view(value));
  }
}

static void
check_change(struct context *context, proxy_status_t status, const char *name)
{
  if (status != PROXY_STATUS_OK) {
    note(context, "%s refused %d", name, (int)status);
  }
}

/* Words "NAME:VALUE" for a map. */
static void
change_fields(struct context *context, proxy_stream_type_t stream, proxy_map_type_t map, const char *add,
              const char *set, const char *remove)
{
  const struct direction *direction = &context->directions[stream];
  char                    name[SCRIPT_SIZE];
  for (const char *cursor = NULL; next_word(direction, &cursor, add, name);) {
    const char *value = cut_name(name);
    check_change(context, proxy_header_add(map, name, value), name);
  }
  for (const char *cursor = NULL; set && next_word(direction, &cursor, set, name);) {
    const char *value = cut_name(name);
    check_change(context, proxy_header_replace(map, name, value), name);
  }
  for (const char *cursor = NULL; remove && next_word(direction, &cursor, remove, name);) {
    check_change(context, proxy_header_remove(map, name), name);
  }
}

/* What both the first piece and the end can do; `suffix` is "" or "-end". True: `*action` is what comes of it. */
static bool
interrupt(struct context *context, proxy_stream_type_t stream, const char *suffix, proxy_action_t *action)
{
  const struct direction *direction = &context->directions[stream];
  char                    name[32];
  uint64_t                status;
  proxy_format(name, sizeof name, "trap%s", suffix);
  if (has(direction, name)) {
    __builtin_trap();
  }
  *action = PROXY_ACTION_PAUSE;
  proxy_format(name, sizeof name, "close%s", suffix);
  if (has(direction, name)) {
    proxy_close_stream(stream);
    return true;
  }
  proxy_format(name, sizeof name, "reply%s", suffix);
  if (number(direction, name, &status)) {
    *action = reply(context, status);
    return true;
  }
  return false;
}

static proxy_action_t
at_end(struct context *context, proxy_stream_type_t stream)
{
  const struct direction *direction = &context->directions[stream];
  proxy_action_t          action;
  uint64_t                milliseconds;
  if (interrupt(context, stream, "-end", &action)) {
    return action;
  }
  change_whole(context, stream);
  change_fields(context, stream, headers_of(stream), "add", "set", "remove");
  change_fields(context, stream, trailers_of(stream), "trailer", NULL, NULL);
  if (has(direction, "call")) {
    return wait_for_call(context, stream);
  }
  return number(direction, "pause-end", &milliseconds) ? wait_some_time(context, stream, milliseconds)
                                                       : PROXY_ACTION_CONTINUE;
}

static proxy_action_t
at_first(struct context *context, proxy_stream_type_t stream)
{
  const struct direction *direction = &context->directions[stream];
  char                    value[SCRIPT_SIZE];
  proxy_action_t          action;
  uint64_t                milliseconds;
  if (interrupt(context, stream, "", &action)) {
    return action;
  }
  if (word(direction, "prepend", value)) {
    proxy_buffer_prepend(body_of(stream), proxy_view(value));
  }
  return number(direction, "pause", &milliseconds) ? wait_some_time(context, stream, milliseconds)
                                                   : PROXY_ACTION_CONTINUE;
}

/* What may never be: a callback before that of the headers, after the end, or with another size than the buffer's. */
static void
check_callback(struct context *context, proxy_stream_type_t stream, size_t size)
{
  const struct direction *direction = &context->directions[stream];
  if (!direction->headers_seen) {
    note(context, "%s body before the headers", direction_names[stream]);
  }
  if (direction->alone) {
    note(context, "%s body after headers that were alone", direction_names[stream]);
  }
  if (direction->ended && !direction->waits) {
    note(context, "%s body after its end", direction_names[stream]);
  }
  if (proxy_buffer_size(body_of(stream)) != size || size < direction->left) {
    note(context, "%s body of %u bytes in a buffer of %u, which had %u", direction_names[stream], (unsigned)size,
         (unsigned)proxy_buffer_size(body_of(stream)), (unsigned)direction->left);
  }
}

/* What the buffer holds, which is the end of the body or not. */
static proxy_action_t
on_piece(struct context *context, proxy_stream_type_t stream, size_t size, bool end)
{
  struct direction *direction = &context->directions[stream];
  proxy_action_t    action    = PROXY_ACTION_CONTINUE;
  if ((has(direction, "hold") || has(direction, "hold-headers")) && !end) {
    return PROXY_ACTION_PAUSE;
  }
  change_piece(direction, body_of(stream), size);
  if (!direction->begun) {
    direction->begun = true;
    action           = at_first(context, stream);
  }
  if (end && !direction->ended) {
    direction->ended       = true;
    proxy_action_t the_end = at_end(context, stream);
    action                 = action == PROXY_ACTION_PAUSE ? action : the_end;
  }
  return direction->waits ? PROXY_ACTION_PAUSE : action;
}

static proxy_action_t
on_body(uint32_t context_id, proxy_stream_type_t stream, size_t size, bool end_of_stream)
{
  struct context   *context   = proxy_context_get(context_id);
  struct direction *direction = &context->directions[stream];
  check_callback(context, stream, size);
  direction->callbacks++;
  direction->ends += end_of_stream;
  direction->bytes += size - direction->left;
  proxy_action_t action = on_piece(context, stream, size, end_of_stream);
  direction->left       = action == PROXY_ACTION_PAUSE ? proxy_buffer_size(body_of(stream)) : 0;
  return action;
}

#ifndef WITHOUT_REQUEST_BODY
proxy_action_t
proxy_on_request_body(uint32_t context_id, size_t size, bool end_of_stream)
{
  return on_body(context_id, PROXY_STREAM_HTTP_REQUEST, size, end_of_stream);
}
#endif

#ifndef WITHOUT_RESPONSE_BODY
proxy_action_t
proxy_on_response_body(uint32_t context_id, size_t size, bool end_of_stream)
{
  return on_body(context_id, PROXY_STREAM_HTTP_RESPONSE, size, end_of_stream);
}
#endif

/* -------------------------------------------------------------------------------------------------------- trailers */

#ifndef WITHOUT_TRAILERS

static void
copy_trailers(struct context *context, proxy_stream_type_t stream)
{
  const struct direction *direction = &context->directions[stream];
  proxy_pairs_t           pairs;
  proxy_pair_t            pair;
  char                    text[512];
  if (proxy_headers_get(trailers_of(stream), &pairs) == PROXY_STATUS_OK) {
    while (proxy_pairs_next(&pairs, &pair)) {
      proxy_format(text, sizeof text, "%.*s=%.*s;", PROXY_VIEW_ARGUMENTS(pair.key), PROXY_VIEW_ARGUMENTS(pair.value));
      if (has(direction, "trailer-see")) {
        note(context, "%s trailer %s", direction_names[stream], text);
      }
      if (has(direction, "trailer-to-body")) {
        check_change(context, proxy_buffer_append(body_of(stream), proxy_view(text)), "trailer-to-body");
      }
    }
  }
  proxy_pairs_free(&pairs);
}

static void
note_property(struct context *context, const char *name)
{
  proxy_bytes_t  value  = {NULL, 0};
  proxy_status_t status = proxy_property_get(name, &value);
  note(context, "property %d [%.*s]", (int)status, (int)value.size, value.size ? value.data : "");
  proxy_bytes_free(&value);
}

static void
change_trailers(struct context *context, proxy_stream_type_t stream)
{
  const struct direction *direction = &context->directions[stream];
  char                    name[SCRIPT_SIZE];
  proxy_bytes_t           value;
  copy_trailers(context, stream);
  if (word(direction, "trailer-property", name)) {
    note_property(context, name);
  }
  if (word(direction, "trailer-to-header", name) &&
      proxy_header_get(trailers_of(stream), name, &value) == PROXY_STATUS_OK) {
    check_change(context, proxy_header_replace_view(headers_of(stream), proxy_view(name), proxy_bytes_view(value)),
                 name);
    proxy_bytes_free(&value);
  }
  change_fields(context, stream, trailers_of(stream), "trailer-add", "trailer-set", "trailer-remove");
}

/* A body that trailers follow ends here: no body callback has said so. What was not held has gone. */
static proxy_action_t
on_trailers(uint32_t context_id, proxy_stream_type_t stream, size_t count)
{
  struct context   *context   = proxy_context_get(context_id);
  struct direction *direction = &context->directions[stream];
  uint64_t          milliseconds;
  if (direction->trailers_seen) {
    note(context, "%s trailers twice", direction_names[stream]);
  }
  if (direction->ends > 0) {
    note(context, "%s trailers after the end", direction_names[stream]);
  }
  direction->trailers_seen = true;
  direction->trailers      = (uint32_t)count;
  proxy_action_t action;
  if (interrupt(context, stream, "-trailers", &action)) {
    return action;
  }
  change_trailers(context, stream);
  if (direction->left > 0 && !direction->waits &&
      on_piece(context, stream, direction->left, true) == PROXY_ACTION_PAUSE) {
    return PROXY_ACTION_PAUSE;
  }
  return number(direction, "trailer-pause", &milliseconds) ? wait_some_time(context, stream, milliseconds)
                                                           : PROXY_ACTION_CONTINUE;
}

proxy_action_t
proxy_on_request_trailers(uint32_t context_id, size_t count)
{
  return on_trailers(context_id, PROXY_STREAM_HTTP_REQUEST, count);
}

proxy_action_t
proxy_on_response_trailers(uint32_t context_id, size_t count)
{
  return on_trailers(context_id, PROXY_STREAM_HTTP_RESPONSE, count);
}

#endif

/* ------------------------------------------------------------------------------------------------------------- end */

void
proxy_on_log(uint32_t context_id)
{
  struct context *context = proxy_context_get(context_id);
  note_count(context, PROXY_STREAM_HTTP_REQUEST);
  note_count(context, PROXY_STREAM_HTTP_RESPONSE);
  if (has(&context->directions[0], "count") || has(&context->directions[1], "count")) {
    note(context, "over");
  }
}

void
proxy_on_delete(uint32_t context_id)
{
  forget(context_id);
  proxy_context_free(context_id);
}
