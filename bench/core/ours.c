/* SPDX-License-Identifier: Apache-2.0 */
/* libproxywasm on the Wasmtime engine. */
#include "measure.h"
#include "proxy.h"
#include "surroundings.h"

static struct pw_host     *host;
static struct pw_plugin   *plugin;
static struct pw_worker   *worker;
static struct pw_instance *instance;
static struct pw_chain    *chain;
static bool                with_body;
static int                 stream_data; /* its address says that there is a stream */

static void
open_module(const void *code, size_t size, struct order order)
{
  struct pw_error         error   = {.message = "out of memory"};
  struct pw_host_options  options = {.proxy = &bench_proxy};
  struct pw_plugin_config config  = {
     .name          = {"bench", 5},
     .configuration = {(const char *)&order, sizeof order},
     .log_level     = PW_LOG_INFO,
     .limits        = {.log_lines_per_second = UINT32_MAX},
  };
  with_body = needs_body(order.operation);
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
