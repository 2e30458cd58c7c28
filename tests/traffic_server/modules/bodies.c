/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A module that requests tell what to do with bodies. The request headers "NAME-request-body" and "NAME-response-body"
 * (NAME is the plugin's configuration) hold words:
 *
 *   upper              each piece in upper case
 *   look               each piece is read and left as it is
 *   prepend=T          T before the first piece                append=T    T after the last one
 *   replace=T          T instead of the whole body (with hold) empty       likewise, with nothing
 *   hold               pauses until the end of the stream
 *   pause=MS           pauses at the first piece, and goes on after some time
 *   pause-end=MS       the same at the end
 *   reply=STATUS       answers with a local reply at the first piece; reply-end=STATUS: at the end
 *   close, trap        at the first piece; trap-end: at the end
 *   headers=MS         pauses in the headers callback, and goes on after some time
 *   hold-headers       pauses in the headers callback, and goes on from the body callback at the end
 *   set=NAME:VALUE     replaces a header at the end of the body
 *   length             notes the whole length in the log at the end
 */
#define PROXY_WASM_IMPLEMENTATION
#include <proxy_wasm.h>

#define SCRIPT_SIZE 1024
#define WAITING_MAX 1024

struct direction {
  char     script[SCRIPT_SIZE];
  bool     begun;
  bool     waits;
  uint64_t bytes;
};

struct context {
  uint32_t         id;
  uint32_t         root_id;
  char             name[32];
  struct direction directions[2];
};

static struct {
  uint32_t            context_id;
  proxy_stream_type_t stream;
  uint64_t            when; /* 0: free */
} waiting[WAITING_MAX];

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
    proxy_format(context->name, sizeof context->name, "%.*s", (int)bytes.size, bytes.data);
    proxy_bytes_free(&bytes);
  }
  return true;
}

/* The value of a word: "" for one without, NULL when it is not there. */
static const char *
word(const struct direction *direction, const char *name, char value[SCRIPT_SIZE])
{
  size_t size = strlen(name);
  for (const char *at = direction->script; *at;) {
    const char *end = at;
    while (*end && *end != ' ') {
      end++;
    }
    if ((size_t)(end - at) >= size && memcmp(at, name, size) == 0 && (end - at == (ptrdiff_t)size || at[size] == '=')) {
      const char *from   = at[size] == '=' ? at + size + 1 : end;
      size_t      length = (size_t)(end - from);
      memcpy(value, from, length);
      value[length] = 0;
      return value;
    }
    at = *end ? end + 1 : end;
  }
  return NULL;
}

static bool
has(const struct direction *direction, const char *name)
{
  char value[SCRIPT_SIZE];
  return word(direction, name, value) != NULL;
}

static bool
number(const struct direction *direction, const char *name, uint64_t *result)
{
  char value[SCRIPT_SIZE];
  return word(direction, name, value) && proxy_view_number(proxy_view(value), result);
}

static proxy_action_t
wait(struct context *context, proxy_stream_type_t stream, uint64_t milliseconds)
{
  for (size_t i = 0; i < WAITING_MAX; i++) {
    if (waiting[i].when == 0) {
      waiting[i].context_id = context->id;
      waiting[i].stream     = stream;
      waiting[i].when       = proxy_time_nanoseconds() + milliseconds * 1000000;
      break;
    }
  }
  context->directions[stream].waits = true;
  proxy_set_effective_context(context->root_id);
  proxy_set_tick_period_milliseconds(10);
  proxy_set_effective_context(context->id);
  return PROXY_ACTION_PAUSE;
}

void
proxy_on_tick(uint32_t context_id)
{
  uint64_t now = proxy_time_nanoseconds();
  (void)context_id;
  for (size_t i = 0; i < WAITING_MAX; i++) {
    if (waiting[i].when != 0 && waiting[i].when <= now) {
      waiting[i].when = 0;
      if (proxy_set_effective_context(waiting[i].context_id) == PROXY_STATUS_OK) {
        struct context *context = proxy_context_get(waiting[i].context_id);

        context->directions[waiting[i].stream].waits = false;
        proxy_continue_stream(waiting[i].stream);
      }
    }
  }
}

static proxy_action_t
on_headers(uint32_t context_id, proxy_stream_type_t stream)
{
  struct context       *context   = proxy_context_get(context_id);
  struct direction     *direction = &context->directions[stream];
  const struct context *root      = proxy_context_get(context->root_id);
  char                  header[64];
  proxy_bytes_t         script;
  uint64_t              milliseconds;
  proxy_format(header, sizeof header, "%s-%s-body", root->name, stream ? "response" : "request");
  if (proxy_header_get(PROXY_MAP_HTTP_REQUEST_HEADERS, header, &script) == PROXY_STATUS_OK) {
    proxy_format(direction->script, SCRIPT_SIZE, "%.*s", (int)script.size, script.data);
    proxy_bytes_free(&script);
  }
  if (number(direction, "headers", &milliseconds)) {
    return wait(context, stream, milliseconds);
  }
  return has(direction, "hold-headers") ? PROXY_ACTION_PAUSE : PROXY_ACTION_CONTINUE;
}

proxy_action_t
proxy_on_request_headers(uint32_t context_id, size_t count, bool end_of_stream)
{
  (void)count;
  return on_headers(context_id, PROXY_STREAM_HTTP_REQUEST) == PROXY_ACTION_PAUSE && !end_of_stream
           ? PROXY_ACTION_PAUSE
           : PROXY_ACTION_CONTINUE;
}

proxy_action_t
proxy_on_response_headers(uint32_t context_id, size_t count, bool end_of_stream)
{
  (void)count;
  return on_headers(context_id, PROXY_STREAM_HTTP_RESPONSE) == PROXY_ACTION_PAUSE && !end_of_stream
           ? PROXY_ACTION_PAUSE
           : PROXY_ACTION_CONTINUE;
}

static proxy_action_t
reply(uint64_t status)
{
  proxy_pair_t header = {proxy_view("x-replied"), proxy_view("yes")};
  proxy_local_response((uint32_t)status, proxy_view("replied"), &header, 1);
  return PROXY_ACTION_PAUSE;
}

static void
change(const struct direction *direction, proxy_buffer_type_t buffer, size_t size)
{
  proxy_bytes_t bytes;
  if (size == 0 || (!has(direction, "upper") && !has(direction, "look")) ||
      proxy_buffer_get(buffer, 0, size, &bytes) != PROXY_STATUS_OK) {
    return;
  }
  if (has(direction, "upper")) {
    for (size_t i = 0; i < bytes.size; i++) {
      bytes.data[i] = bytes.data[i] >= 'a' && bytes.data[i] <= 'z' ? (char)(bytes.data[i] - 32) : bytes.data[i];
    }
    proxy_buffer_replace(buffer, proxy_bytes_view(bytes));
  }
  proxy_bytes_free(&bytes);
}

static void
set_header(const struct direction *direction, proxy_stream_type_t stream)
{
  char value[SCRIPT_SIZE];
  if (word(direction, "set", value)) {
    size_t name = 0;
    /* A pseudo-header begins with a colon of its own. */
    for (name = 1; value[name] && value[name] != ':'; name++) {
    }
    value[name] = 0;
    if (proxy_header_replace(stream ? PROXY_MAP_HTTP_RESPONSE_HEADERS : PROXY_MAP_HTTP_REQUEST_HEADERS, value,
                             value + name + 1) != PROXY_STATUS_OK) {
      proxy_log(PROXY_LOG_WARN, "too late to set it", 18);
    }
  }
}

static void
log_length(const struct direction *direction, proxy_stream_type_t stream)
{
  char   line[64];
  size_t size = proxy_format(line, sizeof line, "%s body of %llu bytes", stream ? "response" : "request",
                             (unsigned long long)direction->bytes);
  proxy_log(PROXY_LOG_INFO, line, size);
}

static proxy_action_t
at_end(struct context *context, proxy_stream_type_t stream, proxy_buffer_type_t buffer)
{
  const struct direction *direction = &context->directions[stream];
  char                    value[SCRIPT_SIZE];
  uint64_t                amount;
  if (has(direction, "trap-end")) {
    __builtin_trap();
  }
  if (number(direction, "reply-end", &amount)) {
    return reply(amount);
  }
  if (word(direction, "replace", value)) {
    proxy_buffer_replace(buffer, proxy_view(value));
  }
  if (has(direction, "empty")) {
    proxy_buffer_replace(buffer, proxy_view(""));
  }
  if (word(direction, "append", value)) {
    proxy_buffer_append(buffer, proxy_view(value));
  }
  if (has(direction, "length")) {
    log_length(direction, stream);
  }
  set_header(direction, stream);
  return number(direction, "pause-end", &amount) ? wait(context, stream, amount) : PROXY_ACTION_CONTINUE;
}

static proxy_action_t
at_first(struct context *context, proxy_stream_type_t stream, proxy_buffer_type_t buffer)
{
  const struct direction *direction = &context->directions[stream];
  char                    value[SCRIPT_SIZE];
  uint64_t                amount;
  if (has(direction, "trap")) {
    __builtin_trap();
  }
  if (has(direction, "close")) {
    proxy_close_stream(stream);
    return PROXY_ACTION_PAUSE;
  }
  if (number(direction, "reply", &amount)) {
    return reply(amount);
  }
  if (word(direction, "prepend", value)) {
    proxy_buffer_prepend(buffer, proxy_view(value));
  }
  return number(direction, "pause", &amount) ? wait(context, stream, amount) : PROXY_ACTION_CONTINUE;
}

static proxy_action_t
on_body(uint32_t context_id, proxy_stream_type_t stream, size_t size, bool end_of_stream)
{
  struct context     *context   = proxy_context_get(context_id);
  struct direction   *direction = &context->directions[stream];
  proxy_buffer_type_t buffer    = stream ? PROXY_BUFFER_HTTP_RESPONSE_BODY : PROXY_BUFFER_HTTP_REQUEST_BODY;
  proxy_action_t      action    = PROXY_ACTION_CONTINUE;

  if (has(direction, "hold") || has(direction, "hold-headers")) {
    if (!end_of_stream) {
      return PROXY_ACTION_PAUSE;
    }
    direction->bytes = size;
  } else {
    direction->bytes += size;
  }
  change(direction, buffer, size);
  if (!direction->begun) {
    direction->begun = true;
    action           = at_first(context, stream, buffer);
  }
  if (end_of_stream) {
    proxy_action_t end = at_end(context, stream, buffer);
    action             = action == PROXY_ACTION_PAUSE ? action : end;
  }
  return direction->waits ? PROXY_ACTION_PAUSE : action;
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

void
proxy_on_delete(uint32_t context_id)
{
  proxy_context_free(context_id);
}
