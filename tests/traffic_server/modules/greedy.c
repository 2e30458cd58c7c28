/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks for more than a server should give, with each request; the plugin's configuration says of what:
 *
 *   set-many, set-same       all headers of the request at once, 5,000 of them; or as many of one name
 *   add-many, add-same       one after the other
 *   reply-many, call-many    a local reply, or a call to the upstream "origin", with 5,000 fields
 *   properties               response headers of 60,000 bytes each, by their property
 *   calls                    calls to "origin" with bodies of 1 MiB
 *   defer                    900,000 bytes of headers, and no end of the stream
 *
 * A line "MODE: N of M" says how many were given.
 */
#define PROXY_WASM_IMPLEMENTATION
#include <proxy_wasm.h>

#define MANY     5000
#define LARGE    60000
#define BODY     (1u << 20)
#define NO_LIMIT 100000

static proxy_bytes_t mode;
static char          text[BODY];

static bool
is(const char *name)
{
  return mode.size == strlen(name) && memcmp(mode.data, name, mode.size) == 0;
}

bool
proxy_on_configure(uint32_t context_id, size_t configuration_size)
{
  (void)context_id;
  memset(text, 'x', sizeof text);
  return configuration_size > 0 &&
         proxy_buffer_get(PROXY_BUFFER_PLUGIN_CONFIGURATION, 0, SIZE_MAX, &mode) == PROXY_STATUS_OK;
}

static void
put_number(char *at, uint32_t number)
{
  memcpy(at, &number, sizeof number);
}

/* Serialised, as the ABI says: how many, the sizes, and the texts. Fields of a call begin with those that it needs. */
static size_t
make_pairs(char *out, uint32_t count, bool same, bool of_call)
{
  static const char *const needed[][2] = {{":method", "GET"}, {":path", "/"}, {":authority", "a.test"}};
  char                    *texts       = out + 4 + 8 * count;
  put_number(out, count);
  for (uint32_t i = 0; i < count; i++) {
    char        name[16] = "x-same";
    const char *key      = name;
    const char *value    = "1";
    if (of_call && i < 3) {
      key   = needed[i][0];
      value = needed[i][1];
    } else if (!same) {
      proxy_format(name, sizeof name, "x-%u", (unsigned)i);
    }
    size_t key_size = strlen(key), value_size = strlen(value);
    put_number(out + 4 + 8 * i, (uint32_t)key_size);
    put_number(out + 8 + 8 * i, (uint32_t)value_size);
    memcpy(texts, key, key_size + 1);
    memcpy(texts + key_size + 1, value, value_size + 1);
    texts += key_size + value_size + 2;
  }
  return (size_t)(texts - out);
}

static unsigned
set_at_once(bool same)
{
  static char pairs[MANY * 32];
  size_t      size = make_pairs(pairs, MANY, same, false);
  return proxy_set_header_map_pairs(PROXY_MAP_HTTP_REQUEST_HEADERS, pairs, size) == PROXY_STATUS_OK;
}

static unsigned
add_each(bool same)
{
  unsigned given = 0;
  for (unsigned i = 0; i < MANY; i++) {
    char name[16] = "x-same";
    if (!same) {
      proxy_format(name, sizeof name, "x-%u", i);
    }
    given += proxy_add_header_map_value(PROXY_MAP_HTTP_REQUEST_HEADERS, name, strlen(name), "1", 1) == PROXY_STATUS_OK;
  }
  return given;
}

static unsigned
reply(void)
{
  static char pairs[MANY * 32];
  size_t      size = make_pairs(pairs, MANY, false, false);
  return proxy_send_local_response(403, "", 0, "no", 2, pairs, size, -1) == PROXY_STATUS_OK;
}

static unsigned
call(uint32_t fields, size_t body_size)
{
  static char pairs[MANY * 32];
  size_t      size = make_pairs(pairs, fields, false, true);
  uint32_t    id;
  return proxy_http_call("origin", 6, pairs, size, text, body_size, "\0\0\0\0", 4, 60000, &id) == PROXY_STATUS_OK;
}

static unsigned
make_calls(void)
{
  unsigned given = 0;
  while (given < NO_LIMIT && call(3, BODY)) {
    given++;
  }
  return given;
}

static unsigned
set_properties(void)
{
  static const char path[] = "response\0headers\0x-large";
  unsigned          given  = 0;
  while (given < NO_LIMIT && proxy_set_property(path, sizeof path - 1, text, LARGE) == PROXY_STATUS_OK) {
    given++;
  }
  return given;
}

static unsigned
add_large(void)
{
  unsigned given = 0;
  while (given < 15 &&
         proxy_add_header_map_value(PROXY_MAP_HTTP_RESPONSE_HEADERS, "x-large", 7, text, LARGE) == PROXY_STATUS_OK) {
    given++;
  }
  return given;
}

static void
tell(unsigned given, unsigned most)
{
  proxy_log_format(PROXY_LOG_INFO, "%.*s: %u of %u", PROXY_VIEW_ARGUMENTS(mode), given, most);
}

proxy_action_t
proxy_on_request_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  (void)context_id, (void)header_count, (void)end_of_stream;
  if (is("set-many") || is("set-same")) {
    tell(set_at_once(is("set-same")), 1);
  } else if (is("add-many") || is("add-same")) {
    tell(add_each(is("add-same")), MANY);
  } else if (is("reply-many")) {
    tell(reply(), 1);
  } else if (is("call-many")) {
    tell(call(MANY, 0), 1);
  } else if (is("calls")) {
    tell(make_calls(), NO_LIMIT);
  }
  return PROXY_ACTION_CONTINUE;
}

proxy_action_t
proxy_on_response_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  (void)context_id, (void)header_count, (void)end_of_stream;
  if (is("properties")) {
    tell(set_properties(), NO_LIMIT);
  } else if (is("defer")) {
    tell(add_large(), 15);
  }
  return PROXY_ACTION_CONTINUE;
}

bool
proxy_on_done(uint32_t context_id)
{
  (void)context_id;
  return !is("defer");
}
