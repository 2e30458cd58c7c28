/* SPDX-License-Identifier: Apache-2.0 */
#include "surroundings.h"

#include <strings.h>
#include <time.h>

#define TEXT(text)                                                                                                     \
  {                                                                                                                    \
    text, sizeof(text) - 1                                                                                             \
  }
#define PAIR(key, value)                                                                                               \
  {                                                                                                                    \
    TEXT(key), TEXT(value)                                                                                             \
  }

const struct pw_pair headers[HEADER_COUNT] = {
  PAIR(":method", "GET"),
  PAIR(":path", "/index.html"),
  PAIR(":authority", "www.example.com"),
  PAIR(":scheme", "https"),
  PAIR("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
  PAIR("accept-encoding", "gzip, deflate, br"),
  PAIR("accept-language", "en-US,en;q=0.5"),
  PAIR("cache-control", "no-cache"),
  PAIR("cookie", "session=0123456789abcdef0123456789abcdef"),
  PAIR("dnt", "1"),
  PAIR("forwarded", "for=192.0.2.1"),
  PAIR("if-none-match", "\"33a64df551425fcc55e4d42a148795d9f25f89d4\""),
  PAIR("pragma", "no-cache"),
  PAIR("priority", "u=0, i"),
  PAIR("referer", "https://www.example.com/"),
  PAIR("sec-fetch-mode", "navigate"),
  PAIR("te", "trailers"),
  PAIR("upgrade-insecure-requests", "1"),
  PAIR("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
  PAIR("x-request-id", "7f3c2e1a-5b1d-4c7a-9a53-0f4c1a2b3c4d"),
};

/* What was written, so that writing costs what copying costs. */
static char           written[512];
static volatile char *kept = written;

static void
keep(struct pw_view text)
{
  memcpy(written, text.data, text.size < sizeof written ? text.size : sizeof written);
  (void)*kept;
}

const struct pw_view *
header_find(struct pw_view key)
{
  for (size_t i = 0; i < HEADER_COUNT; i++) {
    if (headers[i].key.size == key.size && strncasecmp(headers[i].key.data, key.data, key.size) == 0) {
      return &headers[i].value;
    }
  }
  return NULL;
}

void
header_set(struct pw_view key, struct pw_view value)
{
  header_find(key);
  keep(value);
}

void
header_remove(struct pw_view key)
{
  header_find(key);
}

void
headers_set(const struct pw_pair *pairs, size_t count)
{
  /* Where the last one is tells that all were found. */
  if (count > 0) {
    keep(pairs[count - 1].value);
  }
}

void
tick_set(uint32_t milliseconds)
{
  keep(pw_view_make(&milliseconds, sizeof milliseconds));
}

void
fill_random_bytes(void *bytes, size_t size)
{
  memset(bytes, 7, size);
}

void
line_written(struct pw_view text)
{
  keep(text);
}

uint64_t
time_now(void)
{
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

double
nanoseconds(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

struct pw_view
request_body(void)
{
  return pw_view_of("name=value&other=0123456789012345678901234567890123456789012345678");
}

struct pw_view
request_path(void)
{
  return headers[1].value;
}
