/* SPDX-License-Identifier: Apache-2.0 */
/* Does one hostcall again and again, with typical arguments: see bench/core. */
#define PROXY_WASM_IMPLEMENTATION
#include <proxy_wasm.h>

#include "../core/operations.h"

static struct order  order;
static uint32_t      metric, histogram, queue;
static char         *pairs; /* all headers, to be set again */
static size_t        pairs_size;
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
  proxy_define_metric(PROXY_METRIC_HISTOGRAM, "sizes", 5, &histogram);
  proxy_register_shared_queue("queue", 5, &queue);
  return proxy_set_shared_data("a key", 5, line, 16, 0) == PROXY_STATUS_OK;
}

static void
operate_on_queue(void)
{
  proxy_enqueue_shared_queue(queue, line, sizeof line - 1);
  proxy_dequeue_shared_queue(queue, &taken.data, &taken.size);
}

static void
write_line(void)
{
  const proxy_wasi_iovec_t vectors[] = {{line, sizeof line - 1}, {"\n", 1}};
  size_t                   written;
  proxy_wasi_fd_write(PROXY_WASI_STDOUT, vectors, 2, &written);
}

static void
operate(uint32_t context_id)
{
  const proxy_map_type_t map = PROXY_MAP_HTTP_REQUEST_HEADERS;
  uint64_t               number;
  uint32_t               compare;
  size_t                 size;
  proxy_log_level_t      level;

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
  case OPERATION_SIZE:
    proxy_get_header_map_size(map, &size);
    break;
  case OPERATION_SET_PAIRS:
    proxy_set_header_map_pairs(map, pairs, pairs_size);
    break;
  case OPERATION_SET_BUFFER:
    proxy_set_buffer_bytes(PROXY_BUFFER_HTTP_REQUEST_BODY, 0, SIZE_MAX, line, sizeof line - 1);
    break;
  case OPERATION_BUFFER_STATUS:
    proxy_get_buffer_status(PROXY_BUFFER_HTTP_REQUEST_BODY, &size, &compare);
    break;
  case OPERATION_SET_PROPERTY:
    proxy_set_property("a\0path", 6, line, 16);
    break;
  case OPERATION_RECORD:
    proxy_record_metric(histogram, 4711);
    break;
  case OPERATION_LOG_LEVEL:
    proxy_get_log_level(&level);
    break;
  case OPERATION_TICK:
    proxy_set_tick_period_milliseconds(1000);
    break;
  case OPERATION_RESOLVE:
    proxy_resolve_shared_queue("", 0, "queue", 5, &compare);
    break;
  case OPERATION_QUEUE:
    operate_on_queue();
    break;
  case OPERATION_WRITE:
    write_line();
    break;
  case OPERATION_CLOCK:
    proxy_wasi_clock_time_get(PROXY_WASI_CLOCK_REALTIME, 1, &number);
    break;
  case OPERATION_RANDOM:
    proxy_wasi_random_get(&number, sizeof number);
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
  if (order.operation == OPERATION_SET_PAIRS && !pairs) {
    proxy_get_header_map_pairs(PROXY_MAP_HTTP_REQUEST_HEADERS, &pairs, &pairs_size);
  }
  if (!needs_body(order.operation)) {
    operate_often(context_id);
  }
  return PROXY_ACTION_CONTINUE;
}

proxy_action_t
proxy_on_request_body(uint32_t context_id, size_t size, bool end_of_stream)
{
  (void)size;
  (void)end_of_stream;
  if (needs_body(order.operation)) {
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
