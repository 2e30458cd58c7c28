/* SPDX-License-Identifier: Apache-2.0 */
/* libproxywasm on the Wasmtime engine. */
#include "measure.h"
#include "surroundings.h"

#include <proxywasm/host.h>

#include <stdio.h>
#include <stdlib.h>

static struct pw_host     *host;
static struct pw_plugin   *plugin;
static struct pw_worker   *worker;
static struct pw_instance *instance;
static struct pw_chain    *chain;
static bool                with_body;
static int                 stream_data; /* its address says that there is a stream */

/* ---------------------------------------------------------------------------------------------------------- the proxy
 */

static void
write_line(void *proxy, const struct pw_plugin *of, enum pw_log_level level, struct pw_view text)
{
  (void)proxy;
  (void)of;
  (void)level;
  line_written(text);
}

static uint64_t
now(void *proxy)
{
  (void)proxy;
  return time_now();
}

static bool
fill_random(void *of, void *bytes, size_t size)
{
  (void)of;
  memset(bytes, 7, size);
  return true;
}

static enum pw_status
map_count(void *stream, enum pw_map_type map, size_t *count)
{
  (void)stream;
  (void)map;
  *count = HEADER_COUNT;
  return PW_STATUS_OK;
}

static enum pw_status
map_pairs(void *stream, enum pw_map_type map, struct pw_pairs *pairs)
{
  (void)stream;
  (void)map;
  for (size_t i = 0; i < HEADER_COUNT; i++) {
    pw_pairs_add(pairs, headers[i].key, headers[i].value);
  }
  return PW_STATUS_OK;
}

static enum pw_status
map_get(void *stream, enum pw_map_type map, struct pw_view key, struct pw_pairs *pairs)
{
  const struct pw_view *value = header_find(key);
  (void)stream;
  (void)map;
  return value && pw_pairs_add(pairs, key, *value) ? PW_STATUS_OK : PW_STATUS_NOT_FOUND;
}

static enum pw_status
map_set(void *stream, enum pw_map_type map, struct pw_view key, struct pw_view value)
{
  (void)stream;
  (void)map;
  header_set(key, value);
  return PW_STATUS_OK;
}

static enum pw_status
map_remove(void *stream, enum pw_map_type map, struct pw_view key)
{
  (void)stream;
  (void)map;
  header_remove(key);
  return PW_STATUS_OK;
}

static enum pw_status
property_get(void *of, void *stream, struct pw_view path, struct pw_bytes *value)
{
  (void)of;
  (void)stream;
  if (!pw_view_equal(path, pw_view_make("request\0path", 12))) {
    return PW_STATUS_NOT_FOUND;
  }
  return pw_bytes_append(value, request_path().data, request_path().size) ? PW_STATUS_OK : PW_STATUS_INTERNAL_FAILURE;
}

static void
body_out(void *stream, enum pw_stream_type type, struct pw_view piece, bool end_of_stream)
{
  (void)stream;
  (void)type;
  (void)piece;
  (void)end_of_stream;
}

static void
set_tick(void *of, struct pw_instance *ticking, uint32_t milliseconds)
{
  (void)of;
  (void)ticking;
  (void)milliseconds;
}

static const struct pw_proxy_ops proxy = {
  .log            = write_line,
  .time_realtime  = now,
  .time_monotonic = now,
  .random         = fill_random,
  .set_tick       = set_tick,
  .map_count      = map_count,
  .map_pairs      = map_pairs,
  .map_get        = map_get,
  .map_add        = map_set,
  .map_replace    = map_set,
  .map_remove     = map_remove,
  .property_get   = property_get,
  .body_out       = body_out,
};

/* ------------------------------------------------------------------------------------------------------- the subject
 */

static void
need(bool good, const struct pw_error *error)
{
  if (!good) {
    fprintf(stderr, "%s\n", error->message);
    exit(1);
  }
}

static void
open_module(const void *code, size_t size, struct order order)
{
  struct pw_error         error   = {.message = "out of memory"};
  struct pw_host_options  options = {.proxy = &proxy};
  struct pw_plugin_config config  = {
     .name          = {"bench", 5},
     .configuration = {(const char *)&order, sizeof order},
     .log_level     = PW_LOG_INFO,
     .limits        = {.log_lines_per_second = UINT32_MAX},
  };
  with_body = order.operation == OPERATION_BUFFER;
  host      = pw_host_new(&options, &error);
  need(host != NULL, &error);
  plugin = pw_plugin_load(host, &config, pw_view_make(code, size), "operations.wasm", &error);
  need(plugin != NULL, &error);
  worker = pw_worker_new(host, NULL, &error);
  need(worker != NULL, &error);
  instance = pw_instance_new(worker, plugin, &error);
  need(instance && pw_instance_get_state(instance) == PW_INSTANCE_RUNNING, &error);
  chain = pw_chain_new(worker, &instance, 1, &error);
  need(chain != NULL, &error);
}

static void
run_stream(void)
{
  struct pw_stream *stream = pw_stream_new(chain, &stream_data);
  pw_stream_request_headers(stream, !with_body);
  if (with_body) {
    pw_stream_request_body(stream, request_body(), true);
  }
  pw_stream_response_headers(stream, true);
  pw_stream_end(stream);
}

static void
close_module(void)
{
  pw_chain_delete(chain);
  pw_instance_delete(instance);
  pw_worker_delete(worker);
  pw_plugin_release(plugin);
  pw_host_delete(host);
}

int
main(int argc, char **argv)
{
  return measure(argc, argv, &(struct subject){open_module, run_stream, close_module});
}
