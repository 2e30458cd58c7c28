/* SPDX-License-Identifier: Apache-2.0 */
/* A module in C with wasi-libc: streams, the environment, the clock and the heap, as the libc has them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PROXY_WASM_IMPLEMENTATION
#include <proxy_wasm.h>

static char *greeting;

bool
proxy_on_vm_start(uint32_t context_id, size_t vm_configuration_size)
{
  const char *name = getenv("GREETED");
  (void)context_id;
  (void)vm_configuration_size;
  name     = name ? name : "nobody";
  greeting = malloc(strlen("hello ") + strlen(name) + 1);
  if (!greeting) {
    return false;
  }
  sprintf(greeting, "hello %s", name);
  printf("to standard output\n");
  fflush(stdout);
  fprintf(stderr, "to standard error\n");
  return time(NULL) > 0;
}

proxy_action_t
proxy_on_request_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  (void)context_id;
  (void)header_count;
  (void)end_of_stream;
  proxy_header_replace(PROXY_MAP_HTTP_REQUEST_HEADERS, "x-greeting", greeting);
  return PROXY_ACTION_CONTINUE;
}
