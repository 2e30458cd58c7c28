/* SPDX-License-Identifier: Apache-2.0 */
/* Does one hostcall again and again, with typical arguments: see bench/core. */
#define PROXY_WASM_IMPLEMENTATION
#include <proxy_wasm.h>

#include "../core/operations.h"

static struct order  order;
static uint32_t      metric;
static const char    line[] = "GET /index.html from 192.0.2.1 was let through";
static proxy_bytes_t taken;

void
proxy_on_context_create(uint32_t context_id, uint32_t parent_context_id)
{
  (void)context_id;
  (void)parent_context_id;
}

bool
proxy_on_configure(uint32_t context_id, size_t size)
{
  (void)context_id;
  if (proxy_buffer_get(PROXY_BUFFER_PLUGIN_CONFIGURATION, 0, size, &taken) != PROXY_STATUS_OK ||
      taken.size != sizeof order) {
    return false;
  }
  memcpy(&order, taken.data, sizeof order);
  proxy_bytes_free(&taken);
  proxy_define_metric(PROXY_METRIC_COUNTER, "requests", 8, &metric);
  return proxy_set_shared_data("a key", 5, line, 16, 0) == PROXY_STATUS_OK;
}

static void
operate(uint32_t context_id)
{
  const proxy_map_type_t map = PROXY_MAP_HTTP_REQUEST_HEADERS;
  uint64_t               number;
  uint32_t               compare;

  switch (order.operation) {
  case OPERATION_GET:
    proxy_header_get(map, "user-agent", &taken);
    break;
  case OPERATION_ADD:
    proxy_header_add(map, "x-filtered-by", "a value");
    break;
  case OPERATION_REPLACE:
    proxy_header_replace(map, "x-filtered-by", "a value");
    break;
  case OPERATION_REMOVE:
    proxy_remove_header_map_value(map, "x-secret", 8);
    break;
  case OPERATION_PAIRS:
    proxy_get_header_map_pairs(map, &taken.data, &taken.size);
    break;
  case OPERATION_BUFFER:
    proxy_buffer_get(PROXY_BUFFER_HTTP_REQUEST_BODY, 0, 64, &taken);
    break;
  case OPERATION_PROPERTY:
    proxy_get_property("request\0path", 12, &taken.data, &taken.size);
    break;
  case OPERATION_LOG:
    proxy_log(PROXY_LOG_INFO, line, sizeof line - 1);
    break;
  case OPERATION_TIME:
    proxy_get_current_time_nanoseconds(&number);
    break;
  case OPERATION_INCREMENT:
    proxy_increment_metric(metric, 1);
    break;
  case OPERATION_METRIC:
    proxy_get_metric(metric, &number);
    break;
  case OPERATION_SHARED_GET:
    proxy_get_shared_data("a key", 5, &taken.data, &taken.size, &compare);
    break;
  case OPERATION_SHARED_SET:
    proxy_set_shared_data("a key", 5, line, 16, 0);
    break;
  case OPERATION_EFFECTIVE:
    proxy_set_effective_context(context_id);
    break;
  default:
    break;
  }
  if (taken.data) {
    proxy_bytes_free(&taken);
  }
}

static void
operate_often(uint32_t context_id)
{
  for (unsigned i = 0; i < order.repeats; i++) {
    operate(context_id);
  }
}

proxy_action_t
proxy_on_request_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  (void)header_count;
  (void)end_of_stream;
  if (order.operation != OPERATION_BUFFER) {
    operate_often(context_id);
  }
  return PROXY_ACTION_CONTINUE;
}

proxy_action_t
proxy_on_request_body(uint32_t context_id, size_t size, bool end_of_stream)
{
  (void)size;
  (void)end_of_stream;
  if (order.operation == OPERATION_BUFFER) {
    operate_often(context_id);
  }
  return PROXY_ACTION_CONTINUE;
}

proxy_action_t
proxy_on_response_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  (void)context_id;
  (void)header_count;
  (void)end_of_stream;
  return PROXY_ACTION_CONTINUE;
}

bool
proxy_on_done(uint32_t context_id)
{
  (void)context_id;
  return true;
}

void
proxy_on_log(uint32_t context_id)
{
  (void)context_id;
}

void
proxy_on_delete(uint32_t context_id)
{
  (void)context_id;
}
