// SPDX-License-Identifier: Apache-2.0
//
// Logs what happens to a request, and adds the request header "A: B".

#define PROXY_WASM_IMPLEMENTATION
#include <proxy_wasm.h>

#include <set>
#include <string>

namespace
{
void
log_info(const std::string &line)
{
  proxy_log(PROXY_LOG_INFO, line.data(), line.size());
}

std::string
request_header(const char *key)
{
  proxy_bytes_t value;
  proxy_header_get(PROXY_MAP_HTTP_REQUEST_HEADERS, key, &value);
  std::string text(value.data ? value.data : "", value.size);
  proxy_bytes_free(&value);
  return text;
}

// Root contexts are told apart from streams: only what happens to streams is logged.
std::set<uint32_t> roots;
} // namespace

void
proxy_on_context_create(uint32_t context_id, uint32_t parent_context_id)
{
  if (parent_context_id == 0) {
    roots.insert(context_id);
  }
}

bool
proxy_on_vm_start(uint32_t, size_t)
{
  log_info("onStart");
  return true;
}

proxy_action_t
proxy_on_request_headers(uint32_t context_id, size_t header_count, bool)
{
  log_info("onRequestHeaders " + std::to_string(context_id));
  log_info("UA " + request_header("User-Agent"));
  log_info("#headers " + std::to_string(header_count));
  log_info("time " + std::to_string(proxy_time_nanoseconds()));
  proxy_header_add(PROXY_MAP_HTTP_REQUEST_HEADERS, "A", "B");
  log_info("onRequestHeaders is finished");
  return PROXY_ACTION_CONTINUE;
}

bool
proxy_on_done(uint32_t context_id)
{
  if (roots.count(context_id) == 0) {
    log_info("onDone " + std::to_string(context_id));
  }
  return true;
}

void
proxy_on_delete(uint32_t context_id)
{
  if (roots.erase(context_id) == 0) {
    log_info("onDelete");
  }
}
