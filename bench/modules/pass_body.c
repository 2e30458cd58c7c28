/* SPDX-License-Identifier: Apache-2.0 */
/* Sees the body of each response, piece by piece, and changes nothing: what a filter of bodies costs at the least. */
#define PROXY_WASM_IMPLEMENTATION
#include <proxy_wasm.h>

proxy_action_t
proxy_on_response_body(uint32_t context_id, size_t body_size, bool end_of_stream)
{
  (void)context_id;
  (void)body_size;
  (void)end_of_stream;
  return PROXY_ACTION_CONTINUE;
}
