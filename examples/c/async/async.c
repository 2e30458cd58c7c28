/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request with the User-Agent "test" waits until the proxy has asked another server; the answer is logged, and the
 * request goes on. The plugin's configuration, if it has one, is the authority to ask for.
 */
#define PROXY_WASM_IMPLEMENTATION
#include <proxy_wasm.h>

#define UPSTREAM             "cluster"
#define TIMEOUT_MILLISECONDS 10000

static proxy_view_t authority = PROXY_LITERAL("www.google.com");

/* The streams that wait for an answer. */
struct waiting {
  uint32_t        call_id;
  uint32_t        context_id;
  struct waiting *next;
};
static struct waiting *waiting_streams;

bool
proxy_on_vm_start(uint32_t context_id, size_t vm_configuration_size)
{
  (void)context_id;
  (void)vm_configuration_size;
  proxy_log_text(PROXY_LOG_INFO, "onStart");
  return true;
}

bool
proxy_on_configure(uint32_t context_id, size_t configuration_size)
{
  proxy_bytes_t configuration;
  (void)context_id;
  if (configuration_size > 0) {
    if (proxy_buffer_get(PROXY_BUFFER_PLUGIN_CONFIGURATION, 0, SIZE_MAX, &configuration) != PROXY_STATUS_OK) {
      return false;
    }
    authority = proxy_bytes_view(configuration); /* kept as long as the module lives */
  }
  return true;
}

/* Sends the call that a stream waits for; false when it cannot be sent. */
static bool
ask(uint32_t context_id)
{
  const proxy_pair_t headers[] = {PROXY_PAIR(":method", "GET"),
                                  PROXY_PAIR(":path", "/.well-known/security.txt"),
                                  {proxy_view(":authority"), authority}};
  struct waiting    *waiting   = (struct waiting *)proxy_allocate(sizeof(*waiting));
  if (!waiting) {
    return false;
  }
  if (proxy_http_request(UPSTREAM, headers, sizeof(headers) / sizeof(headers[0]), proxy_view(NULL),
                         TIMEOUT_MILLISECONDS, &waiting->call_id) != PROXY_STATUS_OK) {
    proxy_free(waiting);
    return false;
  }
  waiting->context_id = context_id;
  waiting->next       = waiting_streams;
  waiting_streams     = waiting;
  return true;
}

proxy_action_t
proxy_on_request_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  proxy_bytes_t  agent;
  proxy_action_t action = PROXY_ACTION_CONTINUE;
  (void)header_count;
  (void)end_of_stream;
  proxy_header_get(PROXY_MAP_HTTP_REQUEST_HEADERS, "User-Agent", &agent);
  proxy_log_format(PROXY_LOG_INFO, "UA %.*s", PROXY_VIEW_ARGUMENTS(agent));
  if (proxy_view_equal(proxy_bytes_view(agent), proxy_view("test"))) {
    if (ask(context_id)) {
      action = PROXY_ACTION_PAUSE;
    } else {
      proxy_log_text(PROXY_LOG_INFO, "async_call failed");
    }
  }
  proxy_bytes_free(&agent);
  return action;
}

/* The context that waits for a call, which is forgotten; 0 if its stream has ended since. */
static uint32_t
take_waiting(uint32_t call_id)
{
  for (struct waiting **link = &waiting_streams; *link; link = &(*link)->next) {
    struct waiting *waiting = *link;
    if (waiting->call_id == call_id) {
      uint32_t context_id = waiting->context_id;
      *link               = waiting->next;
      proxy_free(waiting);
      return context_id;
    }
  }
  return 0;
}

void
proxy_on_delete(uint32_t context_id)
{
  struct waiting **link = &waiting_streams;
  while (*link) {
    struct waiting *waiting = *link;
    if (waiting->context_id == context_id) {
      *link = waiting->next;
      proxy_free(waiting);
    } else {
      link = &waiting->next;
    }
  }
}

static void
log_answer(size_t body_size)
{
  proxy_pairs_t headers;
  proxy_pair_t  header;
  proxy_bytes_t body;
  proxy_headers_get(PROXY_MAP_HTTP_CALL_RESPONSE_HEADERS, &headers);
  while (proxy_pairs_next(&headers, &header)) {
    proxy_log_format(PROXY_LOG_INFO, "%.*s -> %.*s", PROXY_VIEW_ARGUMENTS(header.key),
                     PROXY_VIEW_ARGUMENTS(header.value));
  }
  proxy_pairs_free(&headers);
  proxy_buffer_get(PROXY_BUFFER_HTTP_CALL_RESPONSE_BODY, 0, body_size, &body);
  proxy_log(PROXY_LOG_INFO, body.data, body.size);
  proxy_bytes_free(&body);
}

void
proxy_on_http_call_response(uint32_t root_id, uint32_t call_id, size_t header_count, size_t body_size,
                            size_t trailer_count)
{
  uint32_t context_id = take_waiting(call_id);
  (void)root_id;
  (void)header_count;
  (void)trailer_count;
  proxy_log_text(PROXY_LOG_INFO, "async call done");
  if (body_size == 0) {
    proxy_log_text(PROXY_LOG_INFO, "async_call failed");
  } else {
    log_answer(body_size);
  }
  /* The request goes on in any case: nobody else would wake it. */
  if (context_id != 0 && proxy_set_effective_context(context_id) == PROXY_STATUS_OK) {
    proxy_log_text(PROXY_LOG_INFO, "continueRequest");
    proxy_continue_stream(PROXY_STREAM_HTTP_REQUEST);
  }
}
