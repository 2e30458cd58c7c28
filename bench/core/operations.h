/* SPDX-License-Identifier: Apache-2.0 */
/* What is measured, all that a module may do again and again for a request: shared by the module, which does it, and
 * the programs that host it. X(enumerator, word). */
#ifndef BENCH_CORE_OPERATIONS_H
#define BENCH_CORE_OPERATIONS_H

#define OPERATIONS(X)                                                                                                  \
  X(OPERATION_NOTHING, "nothing")                                                                                      \
  X(OPERATION_GET, "proxy_get_header_map_value")                                                                       \
  X(OPERATION_ADD, "proxy_add_header_map_value")                                                                       \
  X(OPERATION_REPLACE, "proxy_replace_header_map_value")                                                               \
  X(OPERATION_REMOVE, "proxy_remove_header_map_value")                                                                 \
  X(OPERATION_PAIRS, "proxy_get_header_map_pairs")                                                                     \
  X(OPERATION_BUFFER, "proxy_get_buffer_bytes")                                                                        \
  X(OPERATION_PROPERTY, "proxy_get_property")                                                                          \
  X(OPERATION_LOG, "proxy_log")                                                                                        \
  X(OPERATION_TIME, "proxy_get_current_time_nanoseconds")                                                              \
  X(OPERATION_INCREMENT, "proxy_increment_metric")                                                                     \
  X(OPERATION_METRIC, "proxy_get_metric")                                                                              \
  X(OPERATION_SHARED_GET, "proxy_get_shared_data")                                                                     \
  X(OPERATION_SHARED_SET, "proxy_set_shared_data")                                                                     \
  X(OPERATION_EFFECTIVE, "proxy_set_effective_context")                                                                \
  X(OPERATION_SIZE, "proxy_get_header_map_size")                                                                       \
  X(OPERATION_SET_PAIRS, "proxy_set_header_map_pairs")                                                                 \
  X(OPERATION_SET_BUFFER, "proxy_set_buffer_bytes")                                                                    \
  X(OPERATION_BUFFER_STATUS, "proxy_get_buffer_status")                                                                \
  X(OPERATION_SET_PROPERTY, "proxy_set_property")                                                                      \
  X(OPERATION_RECORD, "proxy_record_metric")                                                                           \
  X(OPERATION_LOG_LEVEL, "proxy_get_log_level")                                                                        \
  X(OPERATION_TICK, "proxy_set_tick_period_milliseconds")                                                              \
  X(OPERATION_RESOLVE, "proxy_resolve_shared_queue")                                                                   \
  X(OPERATION_QUEUE, "proxy_enqueue_shared_queue,proxy_dequeue_shared_queue")                                          \
  X(OPERATION_WRITE, "fd_write")                                                                                       \
  X(OPERATION_CLOCK, "clock_time_get")                                                                                 \
  X(OPERATION_RANDOM, "random_get")

enum operation {
#define OPERATION_ENUMERATOR(enumerator, word) enumerator,
  OPERATIONS(OPERATION_ENUMERATOR)
#undef OPERATION_ENUMERATOR
    OPERATION_COUNT
};

/* The plugin's configuration: which operation, and how often a call of proxy_on_request_headers does it. */
struct order {
  unsigned operation;
  unsigned repeats;
};

/* Whether the module does it in proxy_on_request_body. */
static inline _Bool
needs_body(unsigned operation)
{
  return operation == OPERATION_BUFFER || operation == OPERATION_SET_BUFFER || operation == OPERATION_BUFFER_STATUS;
}

#endif
