/* SPDX-License-Identifier: Apache-2.0 */
/* The SDK's allocator, and those of its helpers that need a host and no stream. */
#include "sdk_check.h"

#define BLOCKS 200

static uint32_t seed = 12345;

static uint32_t
next_random(void)
{
  seed ^= seed << 13;
  seed ^= seed >> 17;
  seed ^= seed << 5;
  return seed;
}

static bool
is_filled(const unsigned char *block, size_t size, unsigned char letter)
{
  for (size_t i = 0; i < size; i++) {
    if (block[i] != letter) {
      return false;
    }
  }
  return true;
}

void
sdk_check_allocator(void)
{
  static unsigned char *blocks[BLOCKS];
  static size_t         sizes[BLOCKS];
  bool                  whole = true;
  for (int step = 0; step < 20000; step++) {
    size_t i = next_random() % BLOCKS;
    if (blocks[i]) {
      whole = whole && is_filled(blocks[i], sizes[i], (unsigned char)i);
      proxy_free(blocks[i]);
      blocks[i] = NULL;
      continue;
    }
    sizes[i]  = next_random() % (step % 64 == 0 ? 70000 : 200);
    blocks[i] = (unsigned char *)proxy_allocate(sizes[i]);
    whole     = whole && blocks[i] && (uintptr_t)blocks[i] % 8 == 0;
    for (size_t j = 0; blocks[i] && j < sizes[i]; j++) {
      blocks[i][j] = (unsigned char)i;
    }
  }
  for (size_t i = 0; i < BLOCKS; i++) {
    whole = whole && (!blocks[i] || is_filled(blocks[i], sizes[i], (unsigned char)i));
    proxy_free(blocks[i]);
  }
  CHECK(whole);
  CHECK(proxy_allocate(SIZE_MAX) == NULL && proxy_allocate(SIZE_MAX / 2 + 1) == NULL);
  proxy_free(NULL);
}

static void
check_shared_data(void)
{
  proxy_bytes_t value;
  uint32_t      cas;
  CHECK(proxy_shared_get("sdk-missing", &value, &cas) == PROXY_STATUS_NOT_FOUND && value.data == NULL);
  CHECK(proxy_shared_set("sdk-key", proxy_view("one"), 0) == PROXY_STATUS_OK);
  CHECK(proxy_shared_get("sdk-key", &value, &cas) == PROXY_STATUS_OK);
  CHECK(proxy_view_equal(proxy_bytes_view(value), proxy_view("one")));
  proxy_bytes_free(&value);
  CHECK(value.data == NULL && value.size == 0);
  CHECK(proxy_shared_set("sdk-key", proxy_view("two"), cas + 1) == PROXY_STATUS_CAS_MISMATCH);
  CHECK(proxy_shared_set("sdk-key", proxy_view("two"), cas) == PROXY_STATUS_OK);
}

static void
check_queue(void)
{
  uint32_t      queue;
  proxy_bytes_t value;
  CHECK(proxy_queue_register("sdk-queue", &queue) == PROXY_STATUS_OK);
  CHECK(proxy_queue_push(queue, proxy_view("item")) == PROXY_STATUS_OK);
  CHECK(proxy_queue_pop(queue, &value) == PROXY_STATUS_OK);
  CHECK(proxy_view_equal(proxy_bytes_view(value), proxy_view("item")));
  proxy_bytes_free(&value);
  CHECK(proxy_queue_pop(queue, &value) == PROXY_STATUS_EMPTY);
  CHECK(proxy_queue_resolve("no-such-vm", "sdk-queue", &queue) == PROXY_STATUS_NOT_FOUND);
}

static void
check_metrics(void)
{
  uint32_t gauge;
  uint64_t value = 0;
  CHECK(proxy_metric_define(PROXY_METRIC_GAUGE, "sdk_gauge", &gauge) == PROXY_STATUS_OK);
  CHECK(proxy_record_metric(gauge, 5) == PROXY_STATUS_OK && proxy_increment_metric(gauge, -2) == PROXY_STATUS_OK);
  CHECK(proxy_get_metric(gauge, &value) == PROXY_STATUS_OK && value == 3);
}

static void
check_properties(void)
{
  char          path[PROXY_PROPERTY_PATH_SIZE + 2];
  proxy_bytes_t value;
  int64_t       number;
  CHECK(proxy_property_get("plugin_name", &value) == PROXY_STATUS_OK);
  CHECK(proxy_view_equal(proxy_bytes_view(value), proxy_view("sdk check")));
  proxy_bytes_free(&value);
  CHECK(proxy_property_number("plugin_name", &number) == PROXY_STATUS_PARSE_FAILURE);
  CHECK(proxy_property_get("sdk.no.such", &value) == PROXY_STATUS_NOT_FOUND);
  __builtin_memset(path, 'a', sizeof(path) - 1);
  path[sizeof(path) - 1] = 0;
  CHECK(proxy_property_get(path, &value) == PROXY_STATUS_BAD_ARGUMENT);
  CHECK(proxy_property_get("", &value) == PROXY_STATUS_BAD_ARGUMENT);
}

static void
check_configuration(void)
{
  proxy_bytes_t value;
  CHECK(proxy_buffer_size(PROXY_BUFFER_PLUGIN_CONFIGURATION) == 5);
  CHECK(proxy_buffer_get(PROXY_BUFFER_PLUGIN_CONFIGURATION, 1, 3, &value) == PROXY_STATUS_OK);
  CHECK(proxy_view_equal(proxy_bytes_view(value), proxy_view("ell")));
  proxy_bytes_free(&value);
  CHECK(proxy_buffer_size(PROXY_BUFFER_HTTP_REQUEST_BODY) == 0);
}

void
sdk_check_host(void)
{
  proxy_bytes_t result;
  check_shared_data();
  check_queue();
  check_metrics();
  check_properties();
  check_configuration();
  CHECK(proxy_foreign_call("sdk-no-such-function", proxy_view("x"), &result) == PROXY_STATUS_NOT_FOUND);
  CHECK(proxy_time_nanoseconds() > 0);
}
