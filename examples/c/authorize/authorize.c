/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks a server whether a request may pass. The request is held until the answer comes:
 *
 *   2xx            it passes; x-user of the answer goes with it
 *   401, 403       this is the client's answer, too, with the body that came
 *   anything else  503: who cannot ask does not let pass
 *
 * The server is the upstream "auth" of the plugin's configuration.
 */
#define PROXY_WASM_IMPLEMENTATION
#include <proxy_wasm.h>

#define UPSTREAM             "auth"
#define AUTHORITY            "auth"
#define TIMEOUT_MILLISECONDS 2000

/* A request that waits. */
struct waiting {
  uint32_t        call_id;
  uint32_t        context_id;
  struct waiting *next;
};
static struct waiting *all_waiting;

static void
refuse(uint32_t status, proxy_view_t body)
{
  static const proxy_pair_t headers[] = {PROXY_PAIR("www-authenticate", "Bearer")};
  proxy_local_response(status, body, headers, status == 401 ? 1 : 0);
}

/* What the server has to know: who asks (authorization), and for what. */
static bool
ask(uint32_t context_id)
{
  proxy_bytes_t   token, method, path;
  struct waiting *waiting = (struct waiting *)proxy_allocate(sizeof(*waiting));
  if (!waiting) {
    return false;
  }
  proxy_header_get(PROXY_MAP_HTTP_REQUEST_HEADERS, "authorization", &token);
  proxy_header_get(PROXY_MAP_HTTP_REQUEST_HEADERS, ":method", &method);
  proxy_header_get(PROXY_MAP_HTTP_REQUEST_HEADERS, ":path", &path);
  const proxy_pair_t headers[] = {PROXY_PAIR(":method", "GET"),
                                  PROXY_PAIR(":path", "/check"),
                                  PROXY_PAIR(":authority", AUTHORITY),
                                  {proxy_view("authorization"), proxy_bytes_view(token)},
                                  {proxy_view("x-method"), proxy_bytes_view(method)},
                                  {proxy_view("x-path"), proxy_bytes_view(path)}};
  bool sent = proxy_http_request(UPSTREAM, headers, sizeof(headers) / sizeof(headers[0]), proxy_view(NULL),
                                 TIMEOUT_MILLISECONDS, &waiting->call_id) == PROXY_STATUS_OK;
  proxy_bytes_free(&token);
  proxy_bytes_free(&method);
  proxy_bytes_free(&path);
  if (!sent) {
    proxy_free(waiting);
    return false;
  }
  waiting->context_id = context_id;
  waiting->next       = all_waiting;
  all_waiting         = waiting;
  return true;
}

proxy_action_t
proxy_on_request_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  (void)header_count;
  (void)end_of_stream;
  /* Only we say who a user is. */
  proxy_header_remove(PROXY_MAP_HTTP_REQUEST_HEADERS, "x-user");
  if (!ask(context_id)) {
    refuse(503, proxy_view("Authorization cannot be asked for.\n"));
  }
  return PROXY_ACTION_PAUSE;
}

/* Forgets who waits for a call, or (call 0) what a context waits for. Answers the context; 0: there is none. */
static uint32_t
take(uint32_t call_id, uint32_t context_id)
{
  for (struct waiting **link = &all_waiting; *link; link = &(*link)->next) {
    struct waiting *waiting = *link;
    if (call_id ? waiting->call_id == call_id : waiting->context_id == context_id) {
      context_id = waiting->context_id;
      *link      = waiting->next;
      proxy_free(waiting);
      return context_id;
    }
  }
  return 0;
}

/* The client may be gone before the answer is there. */
void
proxy_on_delete(uint32_t context_id)
{
  take(0, context_id);
}

static uint64_t
answer_status(size_t header_count)
{
  proxy_bytes_t text;
  uint64_t      status = 0;
  /* A call that failed has no headers. */
  if (header_count > 0 && proxy_header_get(PROXY_MAP_HTTP_CALL_RESPONSE_HEADERS, ":status", &text) == PROXY_STATUS_OK) {
    proxy_view_number(proxy_bytes_view(text), &status);
    proxy_bytes_free(&text);
  }
  return status;
}

void
proxy_on_http_call_response(uint32_t root_id, uint32_t call_id, size_t header_count, size_t body_size,
                            size_t trailer_count)
{
  uint32_t      context_id = take(call_id, 0);
  uint64_t      status     = answer_status(header_count);
  proxy_bytes_t body, user;
  (void)root_id;
  (void)trailer_count;
  if (context_id == 0) {
    return;
  }
  /* The answer is read here, in the plugin's own context; what follows is about the request. */
  proxy_buffer_get(PROXY_BUFFER_HTTP_CALL_RESPONSE_BODY, 0, body_size, &body);
  proxy_header_get(PROXY_MAP_HTTP_CALL_RESPONSE_HEADERS, "x-user", &user);
  if (proxy_set_effective_context(context_id) == PROXY_STATUS_OK) {
    if (status >= 200 && status < 300) {
      if (user.size > 0) {
        proxy_header_replace_view(PROXY_MAP_HTTP_REQUEST_HEADERS, proxy_view("x-user"), proxy_bytes_view(user));
      }
      proxy_continue_stream(PROXY_STREAM_HTTP_REQUEST);
    } else if (status == 401 || status == 403) {
      refuse((uint32_t)status, proxy_bytes_view(body));
    } else {
      proxy_log_format(PROXY_LOG_WARN, "authorization failed with status %u", (unsigned)status);
      refuse(503, proxy_view("Authorization cannot be asked for.\n"));
    }
  }
  proxy_bytes_free(&body);
  proxy_bytes_free(&user);
}
