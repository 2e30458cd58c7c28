/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lets a request pass only if its header "token" is a prime number; others are answered with 403.
 */
#define PROXY_WASM_IMPLEMENTATION
#include <proxy_wasm.h>

static bool
is_prime(uint64_t number)
{
  if (number < 4) {
    return number >= 2;
  }
  if (number % 2 == 0 || number % 3 == 0) {
    return false;
  }
  /* Every prime above 3 is one less or one more than a multiple of 6. */
  for (uint64_t divisor = 5; divisor <= number / divisor; divisor += 6) {
    if (number % divisor == 0 || number % (divisor + 2) == 0) {
      return false;
    }
  }
  return true;
}

/* A test by division takes long for large numbers, and a request must not keep the proxy: so many digits are refused
 * unseen. */
#define LONGEST_TOKEN 12

static bool
is_allowed(void)
{
  proxy_bytes_t  token;
  uint64_t       number;
  proxy_status_t status  = proxy_header_get(PROXY_MAP_HTTP_REQUEST_HEADERS, "token", &token);
  bool           allowed = status == PROXY_STATUS_OK && token.size <= LONGEST_TOKEN &&
                 proxy_view_number(proxy_bytes_view(token), &number) && is_prime(number);
  proxy_bytes_free(&token);
  return allowed;
}

proxy_action_t
proxy_on_request_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  static const proxy_pair_t headers[] = {PROXY_PAIR("Powered-By", "proxy-wasm")};
  static const proxy_view_t body      = PROXY_LITERAL("Access forbidden.\n");
  (void)header_count;
  (void)end_of_stream;
  if (is_allowed()) {
    proxy_log_format(PROXY_LOG_TRACE, "context %u: the token is prime", context_id);
    return PROXY_ACTION_CONTINUE;
  }
  proxy_log_format(PROXY_LOG_TRACE, "context %u: the token is not prime", context_id);
  proxy_local_response(403, body, headers, 1);
  return PROXY_ACTION_PAUSE;
}
