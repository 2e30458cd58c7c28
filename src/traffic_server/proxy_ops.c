/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/proxy_ops.h"

#include "traffic_server/body/body.h"
#include "traffic_server/call/http_call.h"
#include "traffic_server/clock.h"
#include "traffic_server/configuration/generation_worker.h"
#include "traffic_server/event_thread/timer.h"
#include "traffic_server/fields/field_map.h"
#include "traffic_server/fields/property.h"
#include "traffic_server/log.h"
#include "traffic_server/statistics.h"
#include "traffic_server/transaction/local_reply.h"
#include "traffic_server/transaction/transaction.h"

#include <sys/random.h>

static uint64_t
time_realtime(void *proxy)
{
  (void)proxy;
  return pw_clock_nanoseconds(CLOCK_REALTIME);
}

static uint64_t
time_monotonic(void *proxy)
{
  (void)proxy;
  return pw_clock_nanoseconds(CLOCK_MONOTONIC);
}

static bool
random_bytes(void *proxy, void *bytes, size_t size)
{
  char *at = (char *)bytes;
  (void)proxy;
  while (size > 0) {
    ssize_t got = getrandom(at, size, 0);
    if (got <= 0) {
      return false;
    }
    at += got;
    size -= (size_t)got;
  }
  return true;
}

/* Remap chooses the upstream from what the request is when global plugins have run: until then no choice is kept that
 * could be wrong. Afterwards it cannot be made again. */
static enum pw_status
clear_route_cache(void *stream)
{
  const struct pw_transaction *transaction = ((const struct pw_segment *)stream)->transaction;
  return transaction->held == TS_EVENT_HTTP_READ_REQUEST_HDR ? PW_STATUS_OK : PW_STATUS_BAD_ARGUMENT;
}

/* What has no entry is answered UNIMPLEMENTED to modules: grpc_* is not yet served here. */
static const struct pw_proxy_ops ops = {
  .log              = pw_log_module,
  .time_realtime    = time_realtime,
  .time_monotonic   = time_monotonic,
  .random           = random_bytes,
  .metric_defined   = pw_statistics_metric_defined,
  .set_tick         = pw_timer_set,
  .wake             = pw_generation_worker_wake,
  .http_call        = pw_http_call_start,
  .http_call_cancel = pw_http_call_cancel,
  .map_count        = pw_field_map_count,
  .map_size         = pw_field_map_size,
  .map_pairs        = pw_field_map_pairs,
  .map_get          = pw_field_map_get,
  .map_add          = pw_field_map_add,
  .map_replace      = pw_field_map_replace,
  .map_remove       = pw_field_map_remove,
  .map_set          = pw_field_map_set,
  .property_get     = pw_property_get,
  .property_set     = pw_property_set,
  .local_reply      = pw_local_reply_take,
  .resume           = pw_transaction_resume_later,
  .body_out         = pw_body_out,

  .clear_route_cache = clear_route_cache,
};

const struct pw_proxy_ops *
pw_traffic_server_ops(void)
{
  return &ops;
}
