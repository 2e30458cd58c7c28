/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replaces a text by another one in bodies. The plugin's configuration is "FROM=TO".
 *
 *   responses  as they stream: each piece goes on at once, but for the few bytes at its end that may be the beginning
 *              of FROM. Nothing is held in memory, however large the body is.
 *   requests   buffered until the end: the body is held back, piece by piece, and rewritten when it is whole.
 */
#define PROXY_WASM_IMPLEMENTATION
#include <proxy_wasm.h>

static proxy_bytes_t configuration;
static proxy_view_t  from, to;

/* Of a response: what was held back of the piece before, always fewer bytes than FROM has. */
struct stream {
  proxy_bytes_t kept;
};

static bool
configuration_is_good(void)
{
  for (size_t i = 1; i < configuration.size; i++) {
    if (configuration.data[i] == '=') {
      from = proxy_view_make(configuration.data, i);
      to   = proxy_view_make(configuration.data + i + 1, configuration.size - i - 1);
      return true;
    }
  }
  return false;
}

bool
proxy_on_configure(uint32_t context_id, size_t configuration_size)
{
  (void)context_id;
  if (configuration_size == 0 ||
      proxy_buffer_get(PROXY_BUFFER_PLUGIN_CONFIGURATION, 0, configuration_size, &configuration) != PROXY_STATUS_OK ||
      !configuration_is_good()) {
    proxy_log_text(PROXY_LOG_ERROR, "the configuration has to be FROM=TO");
    return false;
  }
  return true;
}

/* ------------------------------------------------------------------------------------------------------ rewriting */

/* A growing text. */
struct text {
  char  *data;
  size_t size;
  size_t capacity;
  bool   failed;
};

static void
append(struct text *text, const char *data, size_t size)
{
  if (text->failed || size == 0) {
    return;
  }
  if (text->size + size > text->capacity) {
    size_t capacity = (text->size + size) * 2;
    char  *larger   = (char *)proxy_allocate(capacity);
    if (!larger) {
      text->failed = true;
      return;
    }
    if (text->size > 0) {
      memcpy(larger, text->data, text->size);
    }
    proxy_free(text->data);
    text->data     = larger;
    text->capacity = capacity;
  }
  memcpy(text->data + text->size, data, size);
  text->size += size;
}

/* Whether `text` begins with FROM; when less than FROM is left, with what is left of it. */
static bool
may_begin(proxy_view_t text)
{
  return memcmp(text.data, from.data, text.size < from.size ? text.size : from.size) == 0;
}

/* The next place where FROM could begin. A call of memcmp for every byte would be most of the work. */
static size_t
next_beginning(proxy_view_t input, size_t at)
{
  while (at < input.size && input.data[at] != from.data[0]) {
    at++;
  }
  return at;
}

/* Appends `input` with FROM replaced. Answers how many bytes of it were used: all of them at the end of the body, else
 * all but an end that may become FROM with the next piece. */
static size_t
rewrite(proxy_view_t input, bool whole, struct text *output)
{
  size_t at = next_beginning(input, 0), copied = 0;
  while (at < input.size) {
    proxy_view_t rest = proxy_view_make(input.data + at, input.size - at);
    if (rest.size < from.size && whole) {
      break;
    }
    if (!may_begin(rest)) {
      at = next_beginning(input, at + 1);
    } else if (rest.size < from.size) {
      append(output, input.data + copied, at - copied);
      return at;
    } else {
      append(output, input.data + copied, at - copied);
      append(output, to.data, to.size);
      copied = at + from.size;
      at     = next_beginning(input, copied);
    }
  }
  append(output, input.data + copied, input.size - copied);
  return input.size;
}

/* A body whose length changes: the proxy sees to its framing. */
static void
forget_length(proxy_map_type_t map)
{
  proxy_header_remove(map, "content-length");
}

/* A broken body is worse than none. */
static proxy_action_t
give_up(proxy_stream_type_t stream)
{
  proxy_log_text(PROXY_LOG_ERROR, "out of memory");
  proxy_close_stream(stream);
  return PROXY_ACTION_PAUSE;
}

/* ---------------------------------------------------------------------------------- requests, buffered until the end
 */

proxy_action_t
proxy_on_request_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  (void)context_id;
  (void)header_count;
  if (!end_of_stream) {
    forget_length(PROXY_MAP_HTTP_REQUEST_HEADERS);
  }
  return PROXY_ACTION_CONTINUE;
}

proxy_action_t
proxy_on_request_body(uint32_t context_id, size_t body_size, bool end_of_stream)
{
  proxy_bytes_t body;
  struct text   output = {NULL, 0, 0, false};
  (void)context_id;
  if (!end_of_stream) {
    /* What is paused adds up: the next call has it all, and `limits.body` says how much that may be. */
    return PROXY_ACTION_PAUSE;
  }
  if (body_size == 0) {
    return PROXY_ACTION_CONTINUE;
  }
  if (proxy_buffer_get(PROXY_BUFFER_HTTP_REQUEST_BODY, 0, body_size, &body) != PROXY_STATUS_OK) {
    return give_up(PROXY_STREAM_HTTP_REQUEST);
  }
  rewrite(proxy_bytes_view(body), true, &output);
  proxy_bytes_free(&body);
  bool done = !output.failed && proxy_buffer_replace(PROXY_BUFFER_HTTP_REQUEST_BODY,
                                                     proxy_view_make(output.data, output.size)) == PROXY_STATUS_OK;
  proxy_free(output.data);
  return done ? PROXY_ACTION_CONTINUE : give_up(PROXY_STREAM_HTTP_REQUEST);
}

/* --------------------------------------------------------------------------------------------- responses, as they come
 */

proxy_action_t
proxy_on_response_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  (void)header_count;
  if (!end_of_stream && proxy_context_new(context_id, sizeof(struct stream))) {
    forget_length(PROXY_MAP_HTTP_RESPONSE_HEADERS);
  }
  return PROXY_ACTION_CONTINUE;
}

/* What was kept and this piece, as one text. */
static bool
join(struct stream *stream, size_t body_size, struct text *input)
{
  proxy_bytes_t piece;
  append(input, stream->kept.data, stream->kept.size);
  if (body_size > 0) {
    if (proxy_buffer_get(PROXY_BUFFER_HTTP_RESPONSE_BODY, 0, body_size, &piece) != PROXY_STATUS_OK) {
      return false;
    }
    append(input, piece.data, piece.size);
    proxy_bytes_free(&piece);
  }
  return !input->failed;
}

static bool
keep(struct stream *stream, const char *data, size_t size)
{
  proxy_bytes_free(&stream->kept);
  if (size > 0) {
    stream->kept.data = (char *)proxy_allocate(size);
    if (!stream->kept.data) {
      return false;
    }
    memcpy(stream->kept.data, data, size);
    stream->kept.size = size;
  }
  return true;
}

proxy_action_t
proxy_on_response_body(uint32_t context_id, size_t body_size, bool end_of_stream)
{
  struct stream *stream = (struct stream *)proxy_context_get(context_id);
  struct text    input = {NULL, 0, 0, false}, output = {NULL, 0, 0, false};
  bool           done = stream && join(stream, body_size, &input);
  if (done) {
    size_t used = rewrite(proxy_view_make(input.data, input.size), end_of_stream, &output);
    done        = keep(stream, input.data + used, input.size - used) && !output.failed &&
           proxy_buffer_replace(PROXY_BUFFER_HTTP_RESPONSE_BODY, proxy_view_make(output.data, output.size)) ==
             PROXY_STATUS_OK;
  }
  proxy_free(input.data);
  proxy_free(output.data);
  return done ? PROXY_ACTION_CONTINUE : give_up(PROXY_STREAM_HTTP_RESPONSE);
}

void
proxy_on_delete(uint32_t context_id)
{
  struct stream *stream = (struct stream *)proxy_context_get(context_id);
  if (stream) {
    proxy_bytes_free(&stream->kept);
    proxy_context_free(context_id);
  }
}
