/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The callbacks of the module: each one runs the section of its name. A callback for a context that the host never
 * made, or has deleted, is the host's mistake: it is logged, and the module traps.
 */
#include <proxy_wasm.h>

#include "contexts.h"
#include "script.h"

static struct bytes vm_script;

static void
fail(const char *section, const char *why)
{
  struct writer writer = {.size = 0};

  put_text(&writer, "FAILED ");
  put_text(&writer, section);
  put_text(&writer, ": ");
  put_text(&writer, why);
  proxy_log(PROXY_LOG_ERROR, writer.text, writer.size);
  __builtin_trap();
}

/** What a callback of the plugin's own context is called in scripts; streams have the name itself. */
static const char *
section_of(const struct context *context, const char *name)
{
  static const struct {
    const char *name;
    const char *root;
  } names[] = {{"done", "root_done"}, {"log", "root_log"}, {"delete", "root_delete"}};

  for (uint32_t i = 0; context->parent == 0 && i < sizeof(names) / sizeof(names[0]); i++) {
    if (bytes_equal(bytes_of(names[i].name), bytes_of(name))) {
      return names[i].root;
    }
  }
  return name;
}

static uint32_t
run(const char *name, uint32_t result, const uint32_t *arguments, uint32_t count)
{
  struct context *context = context_find(arguments[0]);
  uint32_t        mark    = heap_mark();
  struct event    event   = {.arguments = arguments, .argument_count = count, .result = result};

  if (arguments[0] == 0 || context == NULL) {
    fail(name, "no such context");
  }
  event.section    = section_of(context, name);
  event.occurrence = context_count(context, event.section);
  result           = script_run(vm_script, context_script(context), &event);
  heap_release(mark);
  return result;
}

#define RUN(name, result, ...)                                                                                         \
  run(name, result, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

/** The VM's or the plugin's configuration, which is a script. */
static struct bytes
load_script(uint32_t buffer)
{
  char  *data = NULL;
  size_t size = 0;

#if PROXY_WASM_ABI >= 0x000200
  if (proxy_get_buffer_bytes((proxy_buffer_type_t)buffer, 0, UINT32_MAX, &data, &size) != PROXY_STATUS_OK) {
    fail("start", "the configuration could not be read");
  }
#else
  (void)buffer;
  if (proxy_get_configuration(&data, &size) != PROXY_STATUS_OK) {
    fail("start", "the configuration could not be read");
  }
#endif
  return (struct bytes){data, (uint32_t)size};
}

void
proxy_on_context_create(uint32_t context_id, uint32_t parent_context_id)
{
  if (context_id == 0 || context_find(context_id) != NULL || context_new(context_id, parent_context_id) == NULL) {
    fail("context_create", "an id that is 0 or taken, or too many contexts");
  }
  if (parent_context_id != 0 && context_find(parent_context_id) == NULL) {
    fail("context_create", "no such parent");
  }
  RUN("context_create", 0, context_id, parent_context_id);
}

bool
proxy_on_vm_start(uint32_t context_id, size_t vm_configuration_size)
{
  vm_script = vm_configuration_size > 0 ? load_script(6) : BYTES("");
  return RUN("vm_start", true, context_id, vm_configuration_size);
}

bool
proxy_on_configure(uint32_t context_id, size_t configuration_size)
{
  struct context *context = context_find(context_id);

  if (context == NULL) {
    fail("configure", "no such context");
  }
  context->script = configuration_size > 0 ? load_script(7) : BYTES("");
  return RUN("configure", true, context_id, configuration_size);
}

bool
proxy_on_done(uint32_t context_id)
{
  return RUN("done", true, context_id);
}

void
proxy_on_log(uint32_t context_id)
{
  RUN("log", 0, context_id);
}

void
proxy_on_delete(uint32_t context_id)
{
  RUN("delete", 0, context_id);
  context_delete(context_find(context_id));
}

void
proxy_on_tick(uint32_t context_id)
{
  RUN("tick", 0, context_id);
}

proxy_action_t
proxy_on_new_connection(uint32_t context_id)
{
  return (proxy_action_t)RUN("new_connection", 0, context_id);
}

proxy_action_t
proxy_on_downstream_data(uint32_t context_id, size_t data_size, bool end_of_stream)
{
  return (proxy_action_t)RUN("downstream_data", 0, context_id, data_size, end_of_stream);
}

void
proxy_on_downstream_connection_close(uint32_t context_id, proxy_peer_type_t peer)
{
  RUN("downstream_connection_close", 0, context_id, peer);
}

proxy_action_t
proxy_on_upstream_data(uint32_t context_id, size_t data_size, bool end_of_stream)
{
  return (proxy_action_t)RUN("upstream_data", 0, context_id, data_size, end_of_stream);
}

void
proxy_on_upstream_connection_close(uint32_t context_id, proxy_peer_type_t peer)
{
  RUN("upstream_connection_close", 0, context_id, peer);
}

#if PROXY_WASM_ABI >= 0x000200
proxy_action_t
proxy_on_request_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  return (proxy_action_t)RUN("request_headers", 0, context_id, header_count, end_of_stream);
}

proxy_action_t
proxy_on_response_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  return (proxy_action_t)RUN("response_headers", 0, context_id, header_count, end_of_stream);
}

void
proxy_on_foreign_function(uint32_t context_id, uint32_t function_id, size_t arguments_size)
{
  RUN("foreign_function", 0, context_id, function_id, arguments_size);
}
#else
proxy_action_t
proxy_on_request_headers(uint32_t context_id, size_t header_count)
{
  return (proxy_action_t)RUN("request_headers", 0, context_id, header_count);
}

proxy_action_t
proxy_on_response_headers(uint32_t context_id, size_t header_count)
{
  return (proxy_action_t)RUN("response_headers", 0, context_id, header_count);
}
#endif

proxy_action_t
proxy_on_request_body(uint32_t context_id, size_t body_size, bool end_of_stream)
{
  return (proxy_action_t)RUN("request_body", 0, context_id, body_size, end_of_stream);
}

proxy_action_t
proxy_on_request_trailers(uint32_t context_id, size_t trailer_count)
{
  return (proxy_action_t)RUN("request_trailers", 0, context_id, trailer_count);
}

proxy_action_t
proxy_on_request_metadata(uint32_t context_id, size_t element_count)
{
  return (proxy_action_t)RUN("request_metadata", 0, context_id, element_count);
}

proxy_action_t
proxy_on_response_body(uint32_t context_id, size_t body_size, bool end_of_stream)
{
  return (proxy_action_t)RUN("response_body", 0, context_id, body_size, end_of_stream);
}

proxy_action_t
proxy_on_response_trailers(uint32_t context_id, size_t trailer_count)
{
  return (proxy_action_t)RUN("response_trailers", 0, context_id, trailer_count);
}

proxy_action_t
proxy_on_response_metadata(uint32_t context_id, size_t element_count)
{
  return (proxy_action_t)RUN("response_metadata", 0, context_id, element_count);
}

void
proxy_on_http_call_response(uint32_t context_id, uint32_t call_id, size_t header_count, size_t body_size,
                            size_t trailer_count)
{
  RUN("http_call_response", 0, context_id, call_id, header_count, body_size, trailer_count);
}

void
proxy_on_grpc_receive_initial_metadata(uint32_t context_id, uint32_t call_id, size_t element_count)
{
  RUN("grpc_receive_initial_metadata", 0, context_id, call_id, element_count);
}

void
proxy_on_grpc_receive(uint32_t context_id, uint32_t call_id, size_t message_size)
{
  RUN("grpc_receive", 0, context_id, call_id, message_size);
}

void
proxy_on_grpc_receive_trailing_metadata(uint32_t context_id, uint32_t call_id, size_t element_count)
{
  RUN("grpc_receive_trailing_metadata", 0, context_id, call_id, element_count);
}

void
proxy_on_grpc_close(uint32_t context_id, uint32_t call_id, uint32_t status_code)
{
  RUN("grpc_close", 0, context_id, call_id, status_code);
}

void
proxy_on_queue_ready(uint32_t context_id, uint32_t queue_id)
{
  RUN("queue_ready", 0, context_id, queue_id);
}
