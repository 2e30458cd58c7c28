/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lets a request pass only if its header "token" is a prime number; others are answered with 403.
 */
#define PROXY_WASM_IMPLEMENTATION
#include <proxy_wasm.h>

static uint64_t
add(uint64_t a, uint64_t b, uint64_t modulus)
{
  return a >= modulus - b ? a - (modulus - b) : a + b;
}

static uint64_t
multiply(uint64_t a, uint64_t b, uint64_t modulus)
{
  uint64_t product = 0;
  for (; b > 0; b >>= 1) {
    if (b & 1) {
      product = add(product, a, modulus);
    }
    a = add(a, a, modulus);
  }
  return product;
}

static uint64_t
power(uint64_t base, uint64_t exponent, uint64_t modulus)
{
  uint64_t result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) {
      result = multiply(result, base, modulus);
    }
    base = multiply(base, base, modulus);
  }
  return result;
}

/* One round of Miller and Rabin's test, for `number` - 1 = `odd` * 2^`twos`. */
static bool
is_witness(uint64_t base, uint64_t number, uint64_t odd, unsigned twos)
{
  uint64_t x = power(base, odd, number);
  if (x == 1 || x == number - 1) {
    return false;
  }
  while (--twos > 0) {
    x = multiply(x, x, number);
    if (x == number - 1) {
      return false;
    }
  }
  return true;
}

/* Division by every smaller number would keep the proxy for seconds with a large token; this takes microseconds. The
 * primes up to 37 as bases decide every number of 64 bits. */
static bool
is_prime(uint64_t number)
{
  static const uint8_t bases[] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37};
  uint64_t             odd     = number - 1;
  unsigned             twos    = 0;
  for (size_t i = 0; i < sizeof(bases); i++) {
    if (number % bases[i] == 0) {
      return number == bases[i];
    }
  }
  if (number < 37) {
    return false;
  }
  for (; odd % 2 == 0; odd /= 2) {
    twos++;
  }
  for (size_t i = 0; i < sizeof(bases); i++) {
    if (is_witness(bases[i], number, odd, twos)) {
      return false;
    }
  }
  return true;
}

static bool
is_allowed(void)
{
  proxy_bytes_t  token;
  uint64_t       number;
  proxy_status_t status = proxy_header_get(PROXY_MAP_HTTP_REQUEST_HEADERS, "token", &token);
  bool allowed = status == PROXY_STATUS_OK && proxy_view_number(proxy_bytes_view(token), &number) && is_prime(number);
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
