/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Continues and closes streams, its own and others, from any callback. The headers of a request say what:
 *
 *   do-name: NAME                       what this stream is called from now on, also after its end
 *   do-hold: request | response         this direction is paused, in its headers callback
 *            request-body | response-body    with WITH_BODIES: in its body callbacks
 *   do-act: WHERE FUNCTION NAME         what is done to the stream NAME ("self": this one), and in which callback:
 *                                       request, response, done or log of this stream, or tick, call or queue;
 *                                       with WITH_BODIES request-body and response-body, at the end of the body
 *
 * FUNCTION is continue-request, continue-response (proxy_continue_stream), close-request, close-response
 * (proxy_close_stream), old-request, old-response (proxy_continue_request, proxy_continue_response), clear
 * (proxy_clear_route_cache) or reply (proxy_send_local_response with 403). What came of it is a line "WHERE FUNCTION
 * NAME: context=STATUS result=STATUS", a pause is "holds NAME", the end of a stream with a name "ends NAME"; a request
 * with "do-report: yes" is answered with all such lines.
 */
#define PROXY_WASM_IMPLEMENTATION
#include <proxy_wasm.h>

/* Of 0.1.0, which the SDK does not declare for a module of 0.2.1; the host serves them all. */
#define OLD_HOSTCALL(name) __attribute__((import_module("env"), import_name(#name)))
OLD_HOSTCALL(proxy_continue_request) void proxy_continue_request(void);
OLD_HOSTCALL(proxy_continue_response) void proxy_continue_response(void);
OLD_HOSTCALL(proxy_clear_route_cache) proxy_status_t proxy_clear_route_cache(void);

#define MOST      1024
#define TEXT_SIZE 64

enum where {
  WHERE_REQUEST,
  WHERE_RESPONSE,
  WHERE_DONE,
  WHERE_LOG,
  WHERE_TICK,
  WHERE_CALL,
  WHERE_QUEUE,
  WHERE_REQUEST_BODY,
  WHERE_RESPONSE_BODY,
  WHERE_COUNT
};

static const char *const where_names[WHERE_COUNT] = {"request", "response", "done",         "log",          "tick",
                                                     "call",    "queue",    "request-body", "response-body"};

/* What will be done. */
struct act {
  bool       wanted;
  enum where where;
  char       function[TEXT_SIZE];
  char       name[TEXT_SIZE];
  uint32_t   context_id; /* whose request said so */
  uint32_t   call_id;
};
static struct act acts[MOST];

static struct {
  char     name[TEXT_SIZE];
  uint32_t context_id;
} named[MOST];
static size_t named_count;

static uint32_t queue;

static char   report[256 << 10];
static size_t report_size;

static void
tell(const char *text)
{
  if (report_size + TEXT_SIZE * 4 < sizeof report) {
    report_size += proxy_format(report + report_size, sizeof report - report_size, "%s\n", text);
  }
}

static bool
text_is(const char *a, const char *b)
{
  return proxy_view_equal(proxy_view(a), proxy_view(b));
}

static uint32_t
context_named(const char *name)
{
  for (size_t i = named_count; i-- > 0;) {
    if (text_is(named[i].name, name)) {
      return named[i].context_id;
    }
  }
  return 0;
}

static int
call_function(const char *function)
{
  if (text_is(function, "continue-request")) {
    return (int)proxy_continue_stream(PROXY_STREAM_HTTP_REQUEST);
  }
  if (text_is(function, "continue-response")) {
    return (int)proxy_continue_stream(PROXY_STREAM_HTTP_RESPONSE);
  }
  if (text_is(function, "close-request")) {
    return (int)proxy_close_stream(PROXY_STREAM_HTTP_REQUEST);
  }
  if (text_is(function, "close-response")) {
    return (int)proxy_close_stream(PROXY_STREAM_HTTP_RESPONSE);
  }
  if (text_is(function, "reply")) {
    const proxy_pair_t headers[] = {PROXY_PAIR("x-replied", "yes")};
    return (int)proxy_local_response(403, proxy_view("replied"), headers, 1);
  }
  if (text_is(function, "clear")) {
    return (int)proxy_clear_route_cache();
  }
  if (text_is(function, "old-request")) {
    proxy_continue_request();
  } else {
    proxy_continue_response();
  }
  return 0;
}

static void
perform(struct act *act)
{
  char     line[TEXT_SIZE * 4];
  int      result = -1;
  uint32_t target = text_is(act->name, "self") ? act->context_id : context_named(act->name);
  act->wanted     = false;

  proxy_status_t context = proxy_set_effective_context(target);
  if (context == PROXY_STATUS_OK) {
    result = call_function(act->function);
  }
  proxy_format(line, sizeof line, "%s %s %s: context=%d result=%d", where_names[act->where], act->function, act->name,
               (int)context, result);
  tell(line);
}

/* What is to be done here; of a stream's callbacks what its own request said. */
static void
perform_all(enum where where, uint32_t context_id, uint32_t call_id)
{
  for (size_t i = 0; i < MOST; i++) {
    if (acts[i].wanted && acts[i].where == where && (context_id == 0 || acts[i].context_id == context_id) &&
        acts[i].call_id == call_id) {
      perform(&acts[i]);
    }
  }
}

/* The word of a text that begins at `*at`. */
static void
take_word(proxy_view_t text, size_t *at, char *word)
{
  size_t begin = *at;
  while (*at < text.size && text.data[*at] != ' ') {
    (*at)++;
  }
  proxy_format(word, TEXT_SIZE, "%.*s", (int)(*at - begin), text.data + begin);
  *at += *at < text.size;
}

static void
call_and_remember(struct act *act)
{
  const proxy_pair_t headers[] = {PROXY_PAIR(":method", "GET"), PROXY_PAIR(":path", "/called?body=a"),
                                  PROXY_PAIR(":authority", "callee.test")};
  if (proxy_http_request("callee", headers, 3, proxy_view(NULL), 5000, &act->call_id) != PROXY_STATUS_OK) {
    proxy_log_text(PROXY_LOG_ERROR, "the call was refused");
  }
}

static void
remember_act(uint32_t context_id, proxy_view_t text)
{
  struct act *act = acts;
  char        where[TEXT_SIZE];
  size_t      at = 0;

  while (act->wanted) {
    act++;
  }
  memset(act, 0, sizeof *act);
  take_word(text, &at, where);
  take_word(text, &at, act->function);
  take_word(text, &at, act->name);
  while (act->where < WHERE_COUNT - 1 && !text_is(where, where_names[act->where])) {
    act->where++;
  }
  act->context_id = context_id;
  act->wanted     = true;
  if (act->where == WHERE_CALL) {
    call_and_remember(act);
  } else if (act->where == WHERE_QUEUE) {
    proxy_queue_push(queue, proxy_view("act"));
  }
}

bool
proxy_on_configure(uint32_t context_id, size_t size)
{
  (void)context_id, (void)size;
  proxy_set_tick_period_milliseconds(20);
  return proxy_queue_register("acts", &queue) == PROXY_STATUS_OK;
}

/* Whether this direction is to be paused, which is told of once nothing more comes. */
static proxy_action_t
hold(const char *direction, bool told)
{
  char           line[TEXT_SIZE * 2];
  proxy_bytes_t  value, name;
  proxy_action_t action = PROXY_ACTION_CONTINUE;
  if (proxy_header_get(PROXY_MAP_HTTP_REQUEST_HEADERS, "do-hold", &value) == PROXY_STATUS_OK) {
    if (proxy_view_equal(proxy_bytes_view(value), proxy_view(direction))) {
      action = PROXY_ACTION_PAUSE;
      proxy_header_get(PROXY_MAP_HTTP_REQUEST_HEADERS, "do-name", &name);
      proxy_format(line, sizeof line, "holds %.*s", PROXY_VIEW_ARGUMENTS(name));
      if (told) {
        tell(line);
      }
      proxy_bytes_free(&name);
    }
    proxy_bytes_free(&value);
  }
  return action;
}

proxy_action_t
proxy_on_request_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  (void)header_count, (void)end_of_stream;
  proxy_bytes_t text;
  if (proxy_header_get(PROXY_MAP_HTTP_REQUEST_HEADERS, "do-report", &text) == PROXY_STATUS_OK) {
    proxy_bytes_free(&text);
    proxy_local_response(200, proxy_view_make(report, report_size), NULL, 0);
    return PROXY_ACTION_PAUSE;
  }
  if (proxy_header_get(PROXY_MAP_HTTP_REQUEST_HEADERS, "do-name", &text) == PROXY_STATUS_OK && named_count < MOST) {
    proxy_format(named[named_count].name, TEXT_SIZE, "%.*s", PROXY_VIEW_ARGUMENTS(text));
    named[named_count++].context_id = context_id;
    proxy_bytes_free(&text);
  }
  if (proxy_header_get(PROXY_MAP_HTTP_REQUEST_HEADERS, "do-act", &text) == PROXY_STATUS_OK) {
    remember_act(context_id, proxy_bytes_view(text));
    proxy_bytes_free(&text);
  }
  proxy_action_t action = hold("request", true);
  perform_all(WHERE_REQUEST, context_id, 0);
  return action;
}

proxy_action_t
proxy_on_response_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  (void)header_count, (void)end_of_stream;
  proxy_action_t action = hold("response", true);
  perform_all(WHERE_RESPONSE, context_id, 0);
  return action;
}

#ifdef WITH_BODIES

proxy_action_t
proxy_on_request_body(uint32_t context_id, size_t size, bool end_of_stream)
{
  (void)size;
  proxy_action_t action = hold("request-body", end_of_stream);
  if (end_of_stream) {
    perform_all(WHERE_REQUEST_BODY, context_id, 0);
  }
  return action;
}

proxy_action_t
proxy_on_response_body(uint32_t context_id, size_t size, bool end_of_stream)
{
  (void)size;
  proxy_action_t action = hold("response-body", end_of_stream);
  if (end_of_stream) {
    perform_all(WHERE_RESPONSE_BODY, context_id, 0);
  }
  return action;
}

#endif

bool
proxy_on_done(uint32_t context_id)
{
  perform_all(WHERE_DONE, context_id, 0);
  return true;
}

void
proxy_on_log(uint32_t context_id)
{
  perform_all(WHERE_LOG, context_id, 0);
}

void
proxy_on_delete(uint32_t context_id)
{
  char line[TEXT_SIZE * 2];
  for (size_t i = 0; i < named_count; i++) {
    if (named[i].context_id == context_id) {
      proxy_format(line, sizeof line, "ends %s", named[i].name);
      tell(line);
    }
  }
}

void
proxy_on_tick(uint32_t context_id)
{
  (void)context_id;
  perform_all(WHERE_TICK, 0, 0);
}

void
proxy_on_http_call_response(uint32_t context_id, uint32_t call_id, size_t header_count, size_t body_size,
                            size_t trailer_count)
{
  (void)context_id, (void)header_count, (void)body_size, (void)trailer_count;
  perform_all(WHERE_CALL, 0, call_id);
}

void
proxy_on_queue_ready(uint32_t context_id, uint32_t queue_id)
{
  (void)context_id;
  proxy_bytes_t item;
  if (proxy_queue_pop(queue_id, &item) == PROXY_STATUS_OK) {
    proxy_bytes_free(&item);
  }
  perform_all(WHERE_QUEUE, 0, 0);
}
