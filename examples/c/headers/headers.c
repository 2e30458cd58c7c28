/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A header filter: adds a header to each request and to each response, counts requests, and logs them.
 * The plugin's configuration, if it has one, is the value of the header.
 */
#define PROXY_WASM_IMPLEMENTATION
#include <proxy_wasm.h>

#define HEADER "x-filtered-by"
#define METRIC "example_c_requests"

struct plugin {
  uint32_t      root_id;      /* the context that it belongs to */
  uint32_t      requests;     /* id of the metric */
  bool          logs_request; /* what the host would drop need not be made */
  proxy_bytes_t name;         /* the header's value */
};

static const proxy_view_t default_name = PROXY_LITERAL("proxywasm-c");

/* A VM may serve several plugins, so that nothing is kept in global variables: a root context has the plugin's data,
 * and each stream context remembers its root's. */
void
proxy_on_context_create(uint32_t context_id, uint32_t parent_context_id)
{
  if (parent_context_id != 0) {
    proxy_context_set(context_id, proxy_context_get(parent_context_id));
  }
}

void
proxy_on_delete(uint32_t context_id)
{
  struct plugin *plugin = (struct plugin *)proxy_context_take(context_id);
  if (plugin && plugin->root_id == context_id) {
    proxy_bytes_free(&plugin->name);
    proxy_free(plugin);
  }
}

static bool
logs(proxy_log_level_t wanted)
{
  proxy_log_level_t level;
  return proxy_get_log_level(&level) == PROXY_STATUS_OK && level <= wanted;
}

bool
proxy_on_configure(uint32_t context_id, size_t configuration_size)
{
  struct plugin *plugin = (struct plugin *)proxy_context_new(context_id, sizeof(*plugin));
  if (!plugin) {
    return false;
  }
  plugin->root_id      = context_id;
  plugin->logs_request = logs(PROXY_LOG_INFO);
  if (configuration_size > 0 &&
      proxy_buffer_get(PROXY_BUFFER_PLUGIN_CONFIGURATION, 0, SIZE_MAX, &plugin->name) != PROXY_STATUS_OK) {
    proxy_log_text(PROXY_LOG_ERROR, "the configuration cannot be read");
    return false;
  }
  return proxy_metric_define(PROXY_METRIC_COUNTER, METRIC, &plugin->requests) == PROXY_STATUS_OK;
}

static proxy_view_t
header_value(const struct plugin *plugin)
{
  return plugin->name.size > 0 ? proxy_bytes_view(plugin->name) : default_name;
}

static void
log_request(void)
{
  proxy_bytes_t method, path;
  proxy_header_get(PROXY_MAP_HTTP_REQUEST_HEADERS, ":method", &method);
  proxy_header_get(PROXY_MAP_HTTP_REQUEST_HEADERS, ":path", &path);
  proxy_log_format(PROXY_LOG_INFO, "request: %.*s %.*s", PROXY_VIEW_ARGUMENTS(method), PROXY_VIEW_ARGUMENTS(path));
  proxy_bytes_free(&method);
  proxy_bytes_free(&path);
}

/* Replaced, not added: a value that the other side sent under this name is not ours. */
static void
add_header(const struct plugin *plugin, proxy_map_type_t map)
{
  static const proxy_view_t header = PROXY_LITERAL(HEADER);
  proxy_header_replace_view(map, header, plugin ? header_value(plugin) : default_name);
}

proxy_action_t
proxy_on_request_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  const struct plugin *plugin = (const struct plugin *)proxy_context_get(context_id);
  (void)header_count;
  (void)end_of_stream;
  if (plugin) {
    proxy_increment_metric(plugin->requests, 1);
  }
  if (plugin && plugin->logs_request) {
    log_request();
  }
  add_header(plugin, PROXY_MAP_HTTP_REQUEST_HEADERS);
  return PROXY_ACTION_CONTINUE;
}

proxy_action_t
proxy_on_response_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  (void)header_count;
  (void)end_of_stream;
  add_header((const struct plugin *)proxy_context_get(context_id), PROXY_MAP_HTTP_RESPONSE_HEADERS);
  return PROXY_ACTION_CONTINUE;
}
