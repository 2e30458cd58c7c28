/* SPDX-License-Identifier: Apache-2.0 */
#include "fakes/fake_proxy.h"

#include <stdio.h>
#include <strings.h>

struct fake_proxy fake;

void
fake_proxy_reset(void)
{
  int i;

  for (i = 0; i < 4; ++i) {
    pw_bytes_clear(&fake.body[i]);
  }
  memset(&fake, 0, sizeof(fake));
  fake.now = 1000000000;
}

void
fake_header(const char *key, const char *value)
{
  snprintf(fake.keys[fake.headers], sizeof(fake.keys[0]), "%s", key);
  snprintf(fake.values[fake.headers], sizeof(fake.values[0]), "%s", value);
  ++fake.headers;
}

static void
proxy_log(void *proxy, const struct pw_plugin *plugin, enum pw_log_level level, struct pw_view text)
{
  size_t used = strlen(fake.log);

  (void)proxy;
  fake.log_plugin = plugin;
  snprintf(fake.log + used, sizeof(fake.log) - used, "%s: %.*s\n", pw_log_level_name(level), (int)text.size, text.data);
}

static uint64_t
proxy_time(void *proxy)
{
  (void)proxy;
  return fake.now;
}

static bool
proxy_random(void *proxy, void *bytes, size_t size)
{
  (void)proxy;
  memset(bytes, 7, size);
  return true;
}

static void
proxy_set_tick(void *worker, struct pw_instance *instance, uint32_t milliseconds)
{
  (void)worker;
  fake.tick          = milliseconds;
  fake.tick_instance = instance;
}

static void
proxy_wake(void *worker)
{
  (void)worker;
  ++fake.wakes;
}

static enum pw_status
proxy_http_call(void *worker, struct pw_instance *instance, void *stream, const struct pw_http_call *call)
{
  (void)worker;
  (void)instance;
  (void)stream;
  fake.call_id = call->id;
  ++fake.calls;
  return fake.call_status;
}

static void
proxy_http_call_cancel(void *worker, uint32_t id)
{
  (void)worker;
  (void)id;
  ++fake.cancelled;
}

static enum pw_status
map_count(void *stream, enum pw_map_type map, size_t *count)
{
  (void)stream;
  (void)map;
  ++fake.counts;
  *count = fake.headers;
  return fake.no_maps ? PW_STATUS_NOT_FOUND : PW_STATUS_OK;
}

static enum pw_status
map_size(void *stream, enum pw_map_type map, struct pw_map_size *size)
{
  size_t i;

  for (i = 0; i < fake.headers; ++i) {
    size->bytes += strlen(fake.keys[i]) + strlen(fake.values[i]);
  }
  return map_count(stream, map, &size->count);
}

static enum pw_status
map_pairs(void *stream, enum pw_map_type map, struct pw_pairs *pairs)
{
  size_t i;

  (void)stream;
  (void)map;
  for (i = 0; i < fake.headers && !fake.no_maps; ++i) {
    pw_pairs_add(pairs, pw_view_of(fake.keys[i]), pw_view_of(fake.values[i]));
  }
  return fake.no_maps ? PW_STATUS_NOT_FOUND : PW_STATUS_OK;
}

static enum pw_status
map_get(void *stream, enum pw_map_type map, struct pw_view key, struct pw_pairs *pairs)
{
  size_t i;

  (void)stream;
  (void)map;
  for (i = 0; i < fake.headers && !fake.no_maps; ++i) {
    if (strlen(fake.keys[i]) == key.size && strncasecmp(fake.keys[i], key.data, key.size) == 0) {
      pw_pairs_add(pairs, pw_view_of(fake.keys[i]), pw_view_of(fake.values[i]));
    }
  }
  return pairs->count > 0 ? PW_STATUS_OK : PW_STATUS_NOT_FOUND;
}

static enum pw_status
map_add(void *stream, enum pw_map_type map, struct pw_view key, struct pw_view value)
{
  (void)stream;
  (void)map;
  snprintf(fake.keys[fake.headers], sizeof(fake.keys[0]), "%.*s", (int)key.size, key.data);
  snprintf(fake.values[fake.headers], sizeof(fake.values[0]), "%.*s", (int)value.size, value.data);
  ++fake.headers;
  return PW_STATUS_OK;
}

/* Checks of the host come before: there is nothing to be done with the fields. */
static enum pw_status
map_set(void *stream, enum pw_map_type map, const struct pw_pairs *pairs)
{
  (void)stream;
  (void)map;
  (void)pairs;
  return PW_STATUS_OK;
}

static enum pw_status
local_reply(void *stream, const struct pw_local_reply *reply)
{
  (void)stream;
  ++fake.replies;
  fake.reply_status = reply->status;
  snprintf(fake.reply_body, sizeof(fake.reply_body), "%.*s", (int)reply->body.size, reply->body.data);
  return PW_STATUS_OK;
}

static void
resume(void *stream, enum pw_stream_type type)
{
  (void)stream;
  ++fake.resumes[type];
}

static void
body_out(void *stream, enum pw_stream_type type, struct pw_view piece, bool end_of_stream)
{
  (void)stream;
  pw_bytes_append(&fake.body[type], piece.data, piece.size);
  fake.body_end[type] = fake.body_end[type] || end_of_stream;
}

const struct pw_proxy_ops fake_proxy_ops = {
  .log              = proxy_log,
  .time_realtime    = proxy_time,
  .time_monotonic   = proxy_time,
  .random           = proxy_random,
  .set_tick         = proxy_set_tick,
  .wake             = proxy_wake,
  .http_call        = proxy_http_call,
  .http_call_cancel = proxy_http_call_cancel,
  .map_count        = map_count,
  .map_size         = map_size,
  .map_pairs        = map_pairs,
  .map_get          = map_get,
  .map_add          = map_add,
  .map_set          = map_set,
  .local_reply      = local_reply,
  .resume           = resume,
  .body_out         = body_out,
};
