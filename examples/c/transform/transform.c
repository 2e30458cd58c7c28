/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks on at the bodies of responses: logs the client's User-Agent, and each piece of body as it comes.
 */
#define PROXY_WASM_IMPLEMENTATION
#include <proxy_wasm.h>

bool
proxy_on_vm_start(uint32_t context_id, size_t vm_configuration_size)
{
  (void)context_id;
  (void)vm_configuration_size;
  proxy_log_text(PROXY_LOG_INFO, "onStart");
  return true;
}

proxy_action_t
proxy_on_request_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  proxy_bytes_t agent;
  (void)context_id;
  (void)header_count;
  (void)end_of_stream;
  proxy_header_get(PROXY_MAP_HTTP_REQUEST_HEADERS, "User-Agent", &agent);
  proxy_log_format(PROXY_LOG_INFO, "UA %.*s", PROXY_VIEW_ARGUMENTS(agent));
  proxy_bytes_free(&agent);
  return PROXY_ACTION_CONTINUE;
}

/* A piece can be longer than a formatted line, so the line is put together here. */
static void
log_body(proxy_view_t body)
{
  static const proxy_view_t prefix = PROXY_LITERAL("onBody ");
  char                     *line   = (char *)proxy_allocate(prefix.size + body.size);
  if (!line) {
    proxy_log_text(PROXY_LOG_ERROR, "out of memory");
    return;
  }
  memcpy(line, prefix.data, prefix.size);
  if (body.size > 0) {
    memcpy(line + prefix.size, body.data, body.size);
  }
  proxy_log(PROXY_LOG_ERROR, line, prefix.size + body.size);
  proxy_free(line);
}

proxy_action_t
proxy_on_response_body(uint32_t context_id, size_t body_size, bool end_of_stream)
{
  proxy_bytes_t body;
  (void)context_id;
  (void)end_of_stream;
  proxy_log_text(PROXY_LOG_INFO, "inside onResponseBody");
  proxy_buffer_get(PROXY_BUFFER_HTTP_RESPONSE_BODY, 0, body_size, &body);
  log_body(proxy_bytes_view(body));
  proxy_bytes_free(&body);
  return PROXY_ACTION_CONTINUE;
}
