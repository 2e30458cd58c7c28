/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Refuses clients whose address is in a list, which it fetches from a server when it starts, and again from time to
 * time. The plugin's configuration is the number of seconds between (300 if there is none). The server is the upstream
 * "lists"; the list has an address on each line.
 *
 * Requests that come before the first list has been fetched wait for it. When it cannot be fetched they are answered
 * with 503; later a list that is old is better than none.
 */
#define PROXY_WASM_IMPLEMENTATION
#include <proxy_wasm.h>

#define UPSTREAM             "lists"
#define PATH                 "/blocklist"
#define TIMEOUT_MILLISECONDS 5000
#define RETRY_MILLISECONDS   1000
#define PERIOD_SECONDS       300

static uint32_t      period = PERIOD_SECONDS * 1000; /* milliseconds */
static proxy_bytes_t list;
static bool          has_list;

/* Requests that wait for the first list. */
struct waiting {
  uint32_t        context_id;
  struct waiting *next;
};
static struct waiting *all_waiting;

static void
fetch(void)
{
  static const proxy_pair_t headers[] = {PROXY_PAIR(":method", "GET"), PROXY_PAIR(":path", PATH),
                                         PROXY_PAIR(":authority", UPSTREAM)};
  uint32_t                  call_id;
  if (proxy_http_request(UPSTREAM, headers, sizeof(headers) / sizeof(headers[0]), proxy_view(NULL),
                         TIMEOUT_MILLISECONDS, &call_id) != PROXY_STATUS_OK) {
    proxy_log_text(PROXY_LOG_ERROR, "the list cannot be asked for: is the upstream '" UPSTREAM "' configured?");
  }
  /* Should nothing come of it, the next tick tries again. */
  proxy_set_tick_period_milliseconds(has_list ? period : RETRY_MILLISECONDS);
}

bool
proxy_on_configure(uint32_t context_id, size_t configuration_size)
{
  proxy_bytes_t text;
  uint64_t      seconds;
  (void)context_id;
  if (configuration_size > 0 &&
      proxy_buffer_get(PROXY_BUFFER_PLUGIN_CONFIGURATION, 0, configuration_size, &text) == PROXY_STATUS_OK) {
    bool good = proxy_view_number(proxy_bytes_view(text), &seconds) && seconds > 0 && seconds <= 86400;
    proxy_bytes_free(&text);
    if (!good) {
      proxy_log_text(PROXY_LOG_ERROR, "the configuration has to be a number of seconds, 86400 at most");
      return false;
    }
    period = (uint32_t)seconds * 1000;
  }
  fetch();
  return true;
}

void
proxy_on_tick(uint32_t context_id)
{
  (void)context_id;
  fetch();
}

/* ------------------------------------------------------------------------------------------------------- requests */

/* "127.0.0.1:1234", "[::1]:1234": the address without the port. */
static proxy_view_t
without_port(proxy_view_t address)
{
  size_t end = address.size;
  while (end > 0 && address.data[end - 1] != ':') {
    end--;
  }
  if (end > 0) {
    address.size = end - 1;
  }
  if (address.size > 1 && address.data[0] == '[') {
    address = proxy_view_make(address.data + 1, address.size - 2);
  }
  return address;
}

static bool
is_listed(proxy_view_t address)
{
  for (size_t at = 0; at < list.size;) {
    size_t end = at;
    while (end < list.size && list.data[end] != '\n' && list.data[end] != '\r') {
      end++;
    }
    if (end > at && proxy_view_equal(address, proxy_view_make(list.data + at, end - at))) {
      return true;
    }
    at = end + 1;
  }
  return false;
}

/* Of the effective context. Whose address cannot be told is not let in. */
static bool
is_blocked(void)
{
  proxy_bytes_t address;
  if (proxy_property_get("source.address", &address) != PROXY_STATUS_OK) {
    return true;
  }
  bool blocked = is_listed(without_port(proxy_bytes_view(address)));
  proxy_bytes_free(&address);
  return blocked;
}

proxy_action_t
proxy_on_request_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  (void)header_count;
  (void)end_of_stream;
  if (has_list) {
    if (!is_blocked()) {
      return PROXY_ACTION_CONTINUE;
    }
    proxy_local_response(403, proxy_view("Blocked.\n"), NULL, 0);
    return PROXY_ACTION_PAUSE;
  }
  struct waiting *waiting = (struct waiting *)proxy_allocate(sizeof(*waiting));
  if (!waiting) {
    proxy_local_response(503, proxy_view("Out of memory.\n"), NULL, 0);
  } else {
    waiting->context_id = context_id;
    waiting->next       = all_waiting;
    all_waiting         = waiting;
  }
  return PROXY_ACTION_PAUSE;
}

void
proxy_on_delete(uint32_t context_id)
{
  for (struct waiting **link = &all_waiting; *link; link = &(*link)->next) {
    struct waiting *waiting = *link;
    if (waiting->context_id == context_id) {
      *link = waiting->next;
      proxy_free(waiting);
      return;
    }
  }
}

/* ------------------------------------------------------------------------------------------------------- the list */

static void
release_waiting(void)
{
  while (all_waiting) {
    struct waiting *waiting = all_waiting;
    all_waiting             = waiting->next;
    if (proxy_set_effective_context(waiting->context_id) == PROXY_STATUS_OK) {
      if (!has_list) {
        proxy_local_response(503, proxy_view("The block list is not there.\n"), NULL, 0);
      } else if (is_blocked()) {
        proxy_local_response(403, proxy_view("Blocked.\n"), NULL, 0);
      } else {
        proxy_continue_stream(PROXY_STREAM_HTTP_REQUEST);
      }
    }
    proxy_free(waiting);
  }
}

void
proxy_on_http_call_response(uint32_t root_id, uint32_t call_id, size_t header_count, size_t body_size,
                            size_t trailer_count)
{
  proxy_bytes_t status, body;
  (void)call_id;
  (void)header_count;
  (void)trailer_count;
  /* A call that failed has no headers, and so no status. */
  proxy_header_get(PROXY_MAP_HTTP_CALL_RESPONSE_HEADERS, ":status", &status);
  if (proxy_view_equal(proxy_bytes_view(status), proxy_view("200")) &&
      proxy_buffer_get(PROXY_BUFFER_HTTP_CALL_RESPONSE_BODY, 0, body_size, &body) == PROXY_STATUS_OK) {
    proxy_bytes_free(&list);
    list     = body;
    has_list = true;
    proxy_log_format(PROXY_LOG_INFO, "a list of %u bytes was fetched", (unsigned)body_size);
  } else {
    proxy_log_text(PROXY_LOG_ERROR, "the list could not be fetched");
  }
  proxy_bytes_free(&status);
  release_waiting();
  proxy_set_effective_context(root_id);
  proxy_set_tick_period_milliseconds(has_list ? period : RETRY_MILLISECONDS);
}
