// SPDX-License-Identifier: Apache-2.0
//
// A header filter: adds a header to each request and to each response, counts requests, and logs them.
// The plugin's configuration, if it has one, is the value of the header.

#define PROXY_WASM_IMPLEMENTATION
#include <proxy_wasm.h>

#include <memory>
#include <string>
#include <unordered_map>

namespace
{
constexpr char header[] = "x-filtered-by";
constexpr char metric[] = "example_cpp_requests";

struct Plugin {
  uint32_t    requests = 0; // id of the metric
  std::string name     = "proxywasm-cpp";
};

// By context: a root context has the plugin's data, and each stream context shares its root's.
std::unordered_map<uint32_t, std::shared_ptr<Plugin>> plugins;

// What the host returned, as a string; empty if it returned nothing.
std::string
take(proxy_bytes_t bytes)
{
  std::string text(bytes.data ? bytes.data : "", bytes.size);
  proxy_bytes_free(&bytes);
  return text;
}

std::string
request_header(const char *key)
{
  proxy_bytes_t value;
  proxy_header_get(PROXY_MAP_HTTP_REQUEST_HEADERS, key, &value);
  return take(value);
}

// What the host would drop need not be made.
void
log_request()
{
  proxy_log_level_t level;
  if (proxy_get_log_level(&level) == PROXY_STATUS_OK && level <= PROXY_LOG_INFO) {
    std::string line = "request: " + request_header(":method") + " " + request_header(":path");
    proxy_log(PROXY_LOG_INFO, line.data(), line.size());
  }
}

// Replaced, not added: a value that the other side sent under this name is not ours.
void
set_header(proxy_map_type_t map, const Plugin &plugin)
{
  proxy_header_replace_view(map, proxy_view(header), proxy_view_make(plugin.name.data(), plugin.name.size()));
}
} // namespace

void
proxy_on_context_create(uint32_t context_id, uint32_t parent_context_id)
{
  plugins[context_id] = parent_context_id == 0 ? std::make_shared<Plugin>() : plugins[parent_context_id];
}

void
proxy_on_delete(uint32_t context_id)
{
  plugins.erase(context_id);
}

bool
proxy_on_configure(uint32_t context_id, size_t configuration_size)
{
  Plugin &plugin = *plugins[context_id];
  if (configuration_size > 0) {
    proxy_bytes_t configuration;
    proxy_buffer_get(PROXY_BUFFER_PLUGIN_CONFIGURATION, 0, configuration_size, &configuration);
    plugin.name = take(configuration);
  }
  return proxy_metric_define(PROXY_METRIC_COUNTER, metric, &plugin.requests) == PROXY_STATUS_OK;
}

proxy_action_t
proxy_on_request_headers(uint32_t context_id, size_t, bool)
{
  const Plugin &plugin = *plugins[context_id];
  proxy_increment_metric(plugin.requests, 1);
  log_request();
  set_header(PROXY_MAP_HTTP_REQUEST_HEADERS, plugin);
  return PROXY_ACTION_CONTINUE;
}

proxy_action_t
proxy_on_response_headers(uint32_t context_id, size_t, bool)
{
  set_header(PROXY_MAP_HTTP_RESPONSE_HEADERS, *plugins[context_id]);
  return PROXY_ACTION_CONTINUE;
}
