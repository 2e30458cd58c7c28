/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C SDK tests itself: on_configure runs every check, logs those that fail, and answers whether all went well.
 * Built as C without and with a libc, and as C++.
 */
#define PROXY_WASM_IMPLEMENTATION
#include "sdk_check.h"

static int failures;

void
sdk_check_that(bool holds, const char *text, int line)
{
  if (!holds) {
    failures++;
    proxy_log_format(PROXY_LOG_ERROR, "line %d: not so: %s", line, text);
  }
}

static void
check_views(void)
{
  uint64_t number = 1;
  CHECK(proxy_view("abc").size == 3 && proxy_view(NULL).size == 0);
  CHECK(proxy_view_equal(proxy_view("a"), proxy_view("a")) && !proxy_view_equal(proxy_view("a"), proxy_view("b")));
  CHECK(proxy_view_equal(proxy_view(NULL), proxy_view("")) && !proxy_view_equal(proxy_view("a"), proxy_view("ab")));
  CHECK(proxy_view_equal_ignoring_case(proxy_view("Via-1"), proxy_view("vIA-1")));
  CHECK(!proxy_view_equal_ignoring_case(proxy_view("["), proxy_view("{")));
  CHECK(proxy_view_number(proxy_view("18446744073709551615"), &number) && number == UINT64_MAX);
  CHECK(proxy_view_number(proxy_view("007"), &number) && number == 7);
  CHECK(!proxy_view_number(proxy_view("18446744073709551616"), &number));
  CHECK(!proxy_view_number(proxy_view(""), &number) && !proxy_view_number(proxy_view("-1"), &number));
  CHECK(!proxy_view_number(proxy_view("1 "), &number) && number == 7);
}

#define FORMATS(expected, ...)                                                                                         \
  do {                                                                                                                 \
    char   line[64];                                                                                                   \
    size_t size = proxy_format(line, sizeof(line), __VA_ARGS__);                                                       \
    CHECK(proxy_view_equal(proxy_view_make(line, size), proxy_view(expected)) && line[size] == 0);                     \
  } while (0)

static void
check_format(void)
{
  char small[4];
  FORMATS("plain 100%", "plain 100%%");
  FORMATS("a|  a|a  |ab|abc|(null)", "%s|%3s|%-3s|%.2s|%.*s|%s", "a", "a", "a", "abc", 3, "abcdef", (char *)NULL);
  FORMATS("-12|  -12|-12  |-0012|3000000000", "%d|%5d|%-5d|%05i|%u", -12, -12, -12, -12, 3000000000u);
  FORMATS("ff|FF|0000abcd|x  |0x10", "%x|%X|%08lx|%-3c|%p", 255u, 255u, 0xabcdul, 'x', (void *)16);
  FORMATS("18446744073709551615|-9223372036854775808", "%llu|%lld", UINT64_MAX + 0ull, INT64_MIN + 0ll);
  FORMATS("7|7   |-1|9", "%zu|%*d|%ld|%hhu", (size_t)7, -4, 7, -1L, (unsigned char)9);
  CHECK(proxy_format(small, sizeof(small), "%s", "abcdef") == 3 && small[2] == 'c' && small[3] == 0);
  CHECK(proxy_format(small, 0, "%s", "abc") == 0);
}

static void
check_pairs(void)
{
  static const proxy_pair_t list[] = {PROXY_PAIR("a", "1"), PROXY_PAIR("", ""), PROXY_PAIR("b\0c", "22")};
  proxy_pairs_t             pairs;
  proxy_pair_t              pair;
  proxy_bytes_t             bytes;
  CHECK(proxy_pairs_serialize(list, 3, &bytes) && bytes.size == 4 + 3 * 8 + 4 + 2 + 7);
  CHECK(proxy_pairs_open(&pairs, bytes) && pairs.count == 3);
  for (size_t i = 0; i < 3; i++) {
    CHECK(proxy_pairs_next(&pairs, &pair) && proxy_view_equal(pair.key, list[i].key) &&
          proxy_view_equal(pair.value, list[i].value));
  }
  CHECK(!proxy_pairs_next(&pairs, &pair));
  /* Every shorter run of the same bytes is refused, but the empty one. */
  for (size_t size = 1; size < bytes.size; size++) {
    proxy_bytes_t part = {bytes.data, size};
    CHECK(!proxy_pairs_open(&pairs, part) && !proxy_pairs_next(&pairs, &pair));
  }
  pairs.bytes = bytes;
  proxy_pairs_free(&pairs);
  CHECK(proxy_pairs_open(&pairs, pairs.bytes) && pairs.count == 0);
  CHECK(proxy_pairs_serialize(NULL, 0, &bytes) && bytes.size == 0);
}

static void
check_hostile_pairs(void)
{
  static char   many[]  = {-1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
  static char   large[] = {1, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1, 0, 0};
  static char   zero[] = {0}, four[] = {0, 0, 0, 0};
  proxy_pairs_t pairs;
  proxy_bytes_t bytes[] = {{many, sizeof(many)}, {large, sizeof(large)}, {zero, 1}, {four, 4}};
  CHECK(!proxy_pairs_open(&pairs, bytes[0]));
  CHECK(!proxy_pairs_open(&pairs, bytes[1]));
  CHECK(proxy_pairs_open(&pairs, bytes[2]) && pairs.count == 0);
  CHECK(proxy_pairs_open(&pairs, bytes[3]) && pairs.count == 0);
}

static void
check_contexts(void)
{
  static char data[1000];
  bool        all = true;
  for (uint32_t i = 0; i < 1000; i++) {
    all = all && proxy_context_set(i * 64 + 7, &data[i]);
  }
  for (uint32_t i = 0; i < 1000; i += 2) {
    all = all && proxy_context_set(i * 64 + 7, NULL);
  }
  for (uint32_t i = 0; i < 1000; i++) {
    char *expected = i % 2 ? &data[i] : NULL;
    all            = all && proxy_context_get(i * 64 + 7) == expected && proxy_context_take(i * 64 + 7) == expected;
  }
  CHECK(all);
  char *fresh = (char *)proxy_context_new(UINT32_MAX, 64);
  CHECK(fresh && fresh[0] == 0 && fresh[63] == 0 && proxy_context_get(UINT32_MAX) == fresh);
  proxy_context_free(UINT32_MAX);
  CHECK(proxy_context_get(UINT32_MAX) == NULL && proxy_context_get(0) == NULL);
}

bool
proxy_on_configure(uint32_t context_id, size_t configuration_size)
{
  (void)context_id;
  (void)configuration_size;
  check_views();
  check_format();
  check_pairs();
  check_hostile_pairs();
  check_contexts();
  sdk_check_allocator();
  sdk_check_host();
  return failures == 0;
}

proxy_action_t
proxy_on_request_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  (void)context_id;
  (void)header_count;
  (void)end_of_stream;
  proxy_header_replace(PROXY_MAP_HTTP_REQUEST_HEADERS, "x-sdk-checked", failures == 0 ? "yes" : "no");
  return PROXY_ACTION_CONTINUE;
}
