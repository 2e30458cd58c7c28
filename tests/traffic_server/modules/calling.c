/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the calls that it is told to make. A script is calls with ';' between them, which are open at once, or groups
 * of such with '|' between, one after the other. A call is words with spaces between:
 *
 *   UPSTREAM METHOD AUTHORITY PATH TIMEOUT [h:NAME=VALUE | t:NAME=VALUE | b:BODY | B:SIZE]...
 *
 * The request header "do-calls" has the script of a request, which is paused until the last call has ended, unless
 * there is "do-wait: no". What came of each call is a response header "do-call": "NUMBER status=…", or "NUMBER
 * refused=STATUS" when the hostcall did not take it. "do-trap: yes" traps when the first call ends. The plugin's
 * configuration has lines "configure: SCRIPT", "tick: SCRIPT", "queue: SCRIPT", "done: SCRIPT" for the root context,
 * and the VM's configuration is the script of on_vm_start; what comes of these calls is logged.
 */
#define PROXY_WASM_IMPLEMENTATION
#include <proxy_wasm.h>

#define WORDS     48
#define NOTE_SIZE 512
#define OPEN_MOST 4096
#define TAIL_SIZE 2048

struct context {
  uint32_t id;
  uint32_t root_id;
  uint32_t open;   /* calls */
  uint32_t number; /* of calls so far */
  bool     paused;
  bool     traps;
  bool     ending;          /* on_done waits for calls */
  char     rest[TAIL_SIZE]; /* groups to come */
  char     notes[4096];
};

static struct {
  uint32_t call_id;
  uint32_t context_id; /* 0: free */
  uint32_t number;
} open_calls[OPEN_MOST];

static char       *configuration_text;
static const char *phase = "";
static bool        ticked;
static uint32_t    queue;

static size_t
text_size(const char *text)
{
  return proxy_view(text).size;
}

static char *
text_find(char *text, char wanted)
{
  for (; *text; text++) {
    if (*text == wanted) {
      return text;
    }
  }
  return NULL;
}

static void
note(struct context *context, const char *text)
{
  size_t used = text_size(context->notes);
  proxy_log_text(PROXY_LOG_INFO, text);
  if (used + text_size(text) + 2 < sizeof context->notes) {
    proxy_format(context->notes + used, sizeof context->notes - used, "%s\n", text);
  }
}

static void
remember(uint32_t call_id, const struct context *context, uint32_t number)
{
  for (size_t i = 0; i < OPEN_MOST; i++) {
    if (open_calls[i].context_id == 0) {
      open_calls[i].call_id    = call_id;
      open_calls[i].context_id = context->id;
      open_calls[i].number     = number;
      return;
    }
  }
}

static size_t
split(char *text, char separator, proxy_view_t *words)
{
  size_t count = 0;
  while (*text && count < WORDS) {
    char *start = text;
    while (*text && *text != separator) {
      text++;
    }
    if (text > start) {
      words[count++] = proxy_view_make(start, (size_t)(text - start));
    }
    if (*text) {
      *text++ = 0;
    }
  }
  return count;
}

static proxy_pair_t
pair_of(proxy_view_t word)
{
  proxy_pair_t pair = {word, {NULL, 0}};
  for (size_t i = 0; i < word.size; i++) {
    if (word.data[i] == '=') {
      pair.key   = proxy_view_make(word.data, i);
      pair.value = proxy_view_make(word.data + i + 1, word.size - i - 1);
      break;
    }
  }
  return pair;
}

struct call {
  proxy_pair_t  headers[WORDS], trailers[WORDS];
  size_t        header_count, trailer_count;
  proxy_bytes_t body;
};

static void
take_word(struct call *call, proxy_view_t word)
{
  proxy_view_t rest = proxy_view_make(word.data + 2, word.size - 2);
  uint64_t     size = 0;
  switch (word.data[0]) {
  case 'h':
    call->headers[call->header_count++] = pair_of(rest);
    break;
  case 't':
    call->trailers[call->trailer_count++] = pair_of(rest);
    break;
  case 'B':
    proxy_view_number(rest, &size);
    call->body.data = proxy_allocate((size_t)size);
    call->body.size = (size_t)size;
    memset(call->body.data, 'x', (size_t)size);
    break;
  default:
    call->body.data = proxy_allocate(rest.size);
    call->body.size = rest.size;
    memcpy(call->body.data, rest.data, rest.size);
    break;
  }
}

static proxy_status_t
send(const proxy_view_t *words, size_t count, uint32_t *call_id)
{
  static const char *const pseudo[] = {":method", ":authority", ":path"};
  struct call              call     = {.header_count = 3};
  proxy_bytes_t            headers, trailers;
  uint64_t                 timeout = 0;
  for (size_t i = 0; i < 3; i++) {
    call.headers[i].key   = proxy_view(pseudo[i]);
    call.headers[i].value = words[1 + i];
  }
  proxy_view_number(words[4], &timeout);
  for (size_t i = 5; i < count; i++) {
    take_word(&call, words[i]);
  }
  proxy_pairs_serialize(call.headers, call.header_count, &headers);
  proxy_pairs_serialize(call.trailers, call.trailer_count, &trailers);
  proxy_status_t status = proxy_http_call(words[0].data, words[0].size, headers.data, headers.size, call.body.data,
                                          call.body.size, trailers.data, trailers.size, (uint32_t)timeout, call_id);
  proxy_bytes_free(&headers);
  proxy_bytes_free(&trailers);
  proxy_bytes_free(&call.body);
  return status;
}

static void
run_call(struct context *context, char *text)
{
  char         line[NOTE_SIZE];
  proxy_view_t words[WORDS];
  uint32_t     call_id = 0;
  uint32_t     number  = ++context->number;
  size_t       count   = split(text, ' ', words);
  if (count < 5) {
    note(context, "a call has five words");
    return;
  }
  proxy_status_t status = send(words, count, &call_id);
  if (status == PROXY_STATUS_OK) {
    context->open++;
    remember(call_id, context, number);
  } else {
    proxy_format(line, sizeof line, "%s%u refused=%d", phase, number, (int)status);
    note(context, line);
  }
}

/* The next group. */
static void
run_group(struct context *context)
{
  char         group[TAIL_SIZE];
  proxy_view_t calls[WORDS];
  char        *bar = text_find(context->rest, '|');
  if (bar) {
    *bar = 0;
  }
  proxy_format(group, sizeof group, "%s", context->rest);
  if (bar) {
    char tail[TAIL_SIZE];
    proxy_format(tail, sizeof tail, "%s", bar + 1);
    proxy_format(context->rest, sizeof context->rest, "%s", tail);
  } else {
    context->rest[0] = 0;
  }
  size_t count = split(group, ';', calls);
  for (size_t i = 0; i < count; i++) {
    run_call(context, (char *)calls[i].data);
  }
}

static void
run_script(struct context *context, proxy_view_t script)
{
  /* Behind what still waits for answers. */
  size_t used = text_size(context->rest);
  proxy_format(context->rest + used, sizeof context->rest - used, "%s%.*s", used ? "|" : "",
               PROXY_VIEW_ARGUMENTS(script));
  while (context->open == 0 && context->rest[0]) {
    run_group(context);
  }
}

static void
run_line(uint32_t root_id, const char *name)
{
  struct context *root = proxy_context_get(root_id);
  for (char *at = configuration_text; at && *at;) {
    char  *end  = text_find(at, '\n');
    size_t size = end ? (size_t)(end - at) : text_size(at);
    size_t key  = text_size(name);
    if (size > key && proxy_view_equal(proxy_view_make(at, key), proxy_view(name)) && at[key] == ':') {
      run_script(root, proxy_view_make(at + key + 1, size - key - 1));
    }
    at = end ? end + 1 : NULL;
  }
}

void
proxy_on_context_create(uint32_t context_id, uint32_t parent_context_id)
{
  struct context *context = proxy_context_new(context_id, sizeof *context);
  context->id             = context_id;
  context->root_id        = parent_context_id ? parent_context_id : context_id;
}

bool
proxy_on_vm_start(uint32_t context_id, size_t size)
{
  proxy_bytes_t script;
  if (size > 0 && proxy_buffer_get(PROXY_BUFFER_VM_CONFIGURATION, 0, size, &script) == PROXY_STATUS_OK) {
    phase = "vm_start ";
    run_script(proxy_context_get(context_id), proxy_bytes_view(script));
  }
  return true;
}

bool
proxy_on_configure(uint32_t context_id, size_t size)
{
  proxy_bytes_t text;
  if (size > 0 && proxy_buffer_get(PROXY_BUFFER_PLUGIN_CONFIGURATION, 0, size, &text) == PROXY_STATUS_OK) {
    configuration_text = proxy_allocate(text.size + 1);
    memcpy(configuration_text, text.data, text.size);
    configuration_text[text.size] = 0;
    proxy_bytes_free(&text);
    phase = "configure ";
    run_line(context_id, "configure");
    proxy_queue_register("calls", &queue);
    proxy_set_tick_period_milliseconds(50);
  }
  return true;
}

void
proxy_on_tick(uint32_t context_id)
{
  if (!ticked) {
    ticked = true;
    phase  = "tick ";
    run_line(context_id, "tick");
    proxy_queue_push(queue, proxy_view("go"));
  }
}

void
proxy_on_queue_ready(uint32_t context_id, uint32_t queue_id)
{
  proxy_bytes_t item;
  if (proxy_queue_pop(queue_id, &item) == PROXY_STATUS_OK) {
    proxy_bytes_free(&item);
    phase = "queue ";
    run_line(context_id, "queue");
  }
}

static bool
header_is(const char *name, const char *wanted)
{
  proxy_bytes_t value;
  bool          is = proxy_header_get(PROXY_MAP_HTTP_REQUEST_HEADERS, name, &value) == PROXY_STATUS_OK &&
            proxy_view_equal(proxy_bytes_view(value), proxy_view(wanted));
  proxy_bytes_free(&value);
  return is;
}

proxy_action_t
proxy_on_request_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  struct context *context = proxy_context_get(context_id);
  proxy_bytes_t   script;
  (void)header_count, (void)end_of_stream;
  if (proxy_header_get(PROXY_MAP_HTTP_REQUEST_HEADERS, "do-calls", &script) != PROXY_STATUS_OK) {
    return PROXY_ACTION_CONTINUE;
  }
  phase          = "";
  context->traps = header_is("do-trap", "yes");
  run_script(context, proxy_bytes_view(script));
  proxy_bytes_free(&script);
  context->paused = context->open > 0 && !header_is("do-wait", "no");
  return context->paused ? PROXY_ACTION_PAUSE : PROXY_ACTION_CONTINUE;
}

proxy_action_t
proxy_on_response_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  struct context *context = proxy_context_get(context_id);
  proxy_view_t    lines[WORDS];
  (void)header_count, (void)end_of_stream;
  size_t count = split(context->notes, '\n', lines);
  for (size_t i = 0; i < count; i++) {
    proxy_header_add_view(PROXY_MAP_HTTP_RESPONSE_HEADERS, proxy_view("do-call"), lines[i]);
  }
  return PROXY_ACTION_CONTINUE;
}

/* Appends the pairs of a map as " PREFIXname=value". */
static void
put_pairs(char *line, proxy_map_type_t map, const char *prefix)
{
  proxy_pairs_t pairs;
  proxy_pair_t  pair;
  proxy_headers_get(map, &pairs);
  while (proxy_pairs_next(&pairs, &pair)) {
    size_t used = text_size(line);
    proxy_format(line + used, NOTE_SIZE - used, " %s%.*s=%.*s", prefix, PROXY_VIEW_ARGUMENTS(pair.key),
                 PROXY_VIEW_ARGUMENTS(pair.value));
  }
  proxy_pairs_free(&pairs);
}

static void
note_answer(struct context *context, uint32_t number, size_t headers, size_t body_size, size_t trailers)
{
  char          line[NOTE_SIZE], short_body[65];
  proxy_bytes_t body;
  char         *message = NULL;
  size_t        size    = 0;
  uint32_t      code    = 0;
  proxy_get_status(&code, &message, &size);
  proxy_buffer_get(PROXY_BUFFER_HTTP_CALL_RESPONSE_BODY, 0, sizeof short_body - 1, &body);
  proxy_format(short_body, sizeof short_body, "%.*s", PROXY_VIEW_ARGUMENTS(proxy_bytes_view(body)));
  proxy_format(line, sizeof line, "%s%u headers=%d size=%d trailers=%d code=%u message=[%.*s] body=[%s]",
               context->id == context->root_id ? "root " : "", number, headers > 0, (int)body_size, (int)trailers, code,
               (int)size, message ? message : "", short_body);
  if (headers > 0) {
    put_pairs(line, PROXY_MAP_HTTP_CALL_RESPONSE_HEADERS, "");
    put_pairs(line, PROXY_MAP_HTTP_CALL_RESPONSE_TRAILERS, "t:");
  }
  proxy_bytes_free(&body);
  proxy_free(message);
  note(context, line);
}

void
proxy_on_http_call_response(uint32_t root_id, uint32_t call_id, size_t headers, size_t body_size, size_t trailers)
{
  (void)root_id;
  for (size_t i = 0; i < OPEN_MOST; i++) {
    if (open_calls[i].context_id == 0 || open_calls[i].call_id != call_id) {
      continue;
    }
    struct context *context  = proxy_context_get(open_calls[i].context_id);
    open_calls[i].context_id = 0;
    if (context->traps) {
      __builtin_trap();
    }
    context->open--;
    note_answer(context, open_calls[i].number, headers, body_size, trailers);
    proxy_set_effective_context(context->id);
    while (context->open == 0 && context->rest[0]) {
      run_group(context);
    }
    if (context->open == 0 && context->paused) {
      proxy_continue_stream(PROXY_STREAM_HTTP_REQUEST);
    }
    if (context->open == 0 && context->ending) {
      proxy_log_text(PROXY_LOG_INFO, "the root is done");
      proxy_done();
    }
    return;
  }
}

bool
proxy_on_done(uint32_t context_id)
{
  struct context *context = proxy_context_get(context_id);
  if (context->id != context->root_id) {
    return true;
  }
  phase = "done ";
  run_line(context_id, "done");
  context->ending = context->open > 0;
  return !context->ending;
}

void
proxy_on_delete(uint32_t context_id)
{
  for (size_t i = 0; i < OPEN_MOST; i++) {
    if (open_calls[i].context_id == context_id) {
      open_calls[i].context_id = 0;
    }
  }
  proxy_context_free(context_id);
}
