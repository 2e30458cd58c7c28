/* SPDX-License-Identifier: Apache-2.0 */
/* A module of ABI 0.1.0: callbacks without end_of_stream, configuration by proxy_get_configuration. */
#define PROXY_WASM_ABI 0x000100
#define PROXY_WASM_IMPLEMENTATION
#include <proxy_wasm.h>

static proxy_bytes_t configuration;

bool
proxy_on_configure(uint32_t context_id, size_t size)
{
  (void)context_id, (void)size;
  proxy_bytes_free(&configuration);
  return proxy_get_configuration(&configuration.data, &configuration.size) == PROXY_STATUS_OK;
}

proxy_action_t
proxy_on_request_headers(uint32_t context_id, size_t header_count)
{
  (void)context_id, (void)header_count;
  proxy_header_add_view(PROXY_MAP_HTTP_REQUEST_HEADERS, proxy_view("x-old-abi"), proxy_bytes_view(configuration));
  return PROXY_ACTION_CONTINUE;
}

proxy_action_t
proxy_on_response_headers(uint32_t context_id, size_t header_count)
{
  (void)context_id, (void)header_count;
  proxy_header_add(PROXY_MAP_HTTP_RESPONSE_HEADERS, "x-old-abi", "response");
  return PROXY_ACTION_CONTINUE;
}
