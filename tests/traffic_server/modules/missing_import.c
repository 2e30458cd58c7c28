/* SPDX-License-Identifier: Apache-2.0 */
/* Imports a function that nobody provides. */
#define PROXY_WASM_IMPLEMENTATION
#include <proxy_wasm.h>

PROXY_WASM_HOSTCALL(proxy_from_the_future) uint32_t proxy_from_the_future(uint32_t number);

bool
proxy_on_configure(uint32_t context_id, size_t size)
{
  (void)size;
  return proxy_from_the_future(context_id) == 0;
}
