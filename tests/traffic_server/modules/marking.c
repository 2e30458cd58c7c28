/* SPDX-License-Identifier: Apache-2.0 */
/* Adds a header "x-engine" with the plugin's configuration to each request and response, and does nothing else: for
 * tests with many requests. Each plugin needs a VM of its own. */
#define PROXY_WASM_IMPLEMENTATION
#include <proxy_wasm.h>

static proxy_bytes_t mark;

bool
proxy_on_configure(uint32_t context_id, size_t configuration_size)
{
  (void)context_id;
  return configuration_size > 0 &&
         proxy_buffer_get(PROXY_BUFFER_PLUGIN_CONFIGURATION, 0, SIZE_MAX, &mark) == PROXY_STATUS_OK;
}

static void
add_mark(proxy_map_type_t map)
{
  static const proxy_view_t header = PROXY_LITERAL("x-engine");
  proxy_header_add_view(map, header, proxy_bytes_view(mark));
}

proxy_action_t
proxy_on_request_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  (void)context_id, (void)header_count, (void)end_of_stream;
  add_mark(PROXY_MAP_HTTP_REQUEST_HEADERS);
  return PROXY_ACTION_CONTINUE;
}

proxy_action_t
proxy_on_response_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  (void)context_id, (void)header_count, (void)end_of_stream;
  add_mark(PROXY_MAP_HTTP_RESPONSE_HEADERS);
  return PROXY_ACTION_CONTINUE;
}
