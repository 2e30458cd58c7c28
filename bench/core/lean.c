/* SPDX-License-Identifier: Apache-2.0 */
/* The lean host: starts the module, and calls it. */
#include "lean.h"

#include "measure.h"
#include "surroundings.h"

struct order           lean_order;
static wasmtime_func_t allocate, create, configure, request_headers, request_body_function, response_headers, done,
  logged, deleted;

/* One function, as in any host that has more than one place to call from. */
__attribute__((noinline)) static uint32_t
call(const wasmtime_func_t *function, uint32_t a, uint32_t b, uint32_t c)
{
  return raw_call(function, a, b, c);
}

uint32_t
lean_allocate(uint32_t size)
{
  return call(&allocate, size, 0, 0);
}

static void
find_exports(void)
{
  static const struct {
    const char      *name;
    wasmtime_func_t *function;
  } exports[] = {
    {"proxy_on_memory_allocate", &allocate},
    {"proxy_on_context_create", &create},
    {"proxy_on_configure", &configure},
    {"proxy_on_request_headers", &request_headers},
    {"proxy_on_request_body", &request_body_function},
    {"proxy_on_response_headers", &response_headers},
    {"proxy_on_done", &done},
    {"proxy_on_log", &logged},
    {"proxy_on_delete", &deleted},
  };
  for (size_t i = 0; i < sizeof exports / sizeof exports[0]; i++) {
    *exports[i].function = raw_function(exports[i].name);
  }
}

static void
open_module(const void *code, size_t size, struct order order)
{
  raw_open(code, size, lean_hostcalls, lean_hostcall_count);
  find_exports();
  lean_order = order;
  lean_begin();
  call(&create, 1, 0, 0);
  raw_need(call(&configure, 1, sizeof order, 0) == 1, "it refuses its configuration");
}

static void
run_stream(void)
{
  bool with_body = needs_body(lean_order.operation);
  call(&create, 2, 1, 0);
  call(&request_headers, 2, HEADER_COUNT, !with_body);
  if (with_body) {
    lean_body_begin();
    call(&request_body_function, 2, (uint32_t)request_body().size, 1);
  }
  call(&response_headers, 2, HEADER_COUNT, 1);
  call(&done, 2, 0, 0);
  call(&logged, 2, 0, 0);
  call(&deleted, 2, 0, 0);
  if (lean_order.operation == OPERATION_SET_PROPERTY) {
    lean_properties_end();
  }
}

static void
close_module(void)
{
  lean_end();
  raw_close();
}

int
main(int argc, char **argv)
{
  return measure(argc, argv, &(struct subject){open_module, run_stream, close_module});
}
