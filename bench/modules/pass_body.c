/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sees the body of each response, piece by piece, and changes nothing: what a filter of bodies costs at the least. A
 * body of one byte shows that it is there: it says so in the log, or with CAN_CHANGE changes the byte.
 *
 * Without CAN_CHANGE it does not import what could change a body, so that a response keeps its Content-Length, as with
 * a native transform; with it, the body goes out in chunks.
 */
#define PROXY_WASM_IMPLEMENTATION
#include <proxy_wasm.h>

static void
show(void)
{
#ifdef CAN_CHANGE
  proxy_buffer_replace(PROXY_BUFFER_HTTP_RESPONSE_BODY, proxy_view_make("!", 1));
#else
  proxy_log_text(PROXY_LOG_WARN, "a body of one byte");
#endif
}

proxy_action_t
proxy_on_response_body(uint32_t context_id, size_t body_size, bool end_of_stream)
{
  (void)context_id;
  (void)end_of_stream;
  if (body_size == 1) {
    show();
  }
  return PROXY_ACTION_CONTINUE;
}
