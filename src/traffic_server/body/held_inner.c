/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/body/held_inner.h"

#include "traffic_server/body/origin_gate.h"
#include "traffic_server/configuration/slot.h"
#include "traffic_server/fields/header_map.h"
#include "traffic_server/late_hook.h"
#include "traffic_server/process.h"
#include "traffic_server/transaction/transaction.h"

#include "host/id_map.h"
#include "host/pairs.h"

#include <stdio.h>

/* Marks connections of ours. */
#define INNER_TAG "wasm-held"
/* The request's field with the held request's number. */
#define NUMBER_FIELD "Proxywasm-Held"

/* Of this thread, by number: a held request and what is made of it are on the same one. */
static __thread struct pw_id_map held_requests;

bool
pw_held_inner_expect(struct pw_held_request *held)
{
  static uint32_t numbers;
  do {
    held->number = __atomic_add_fetch(&numbers, 1, __ATOMIC_RELAXED);
  } while (held->number == 0);
  return pw_id_map_put(&held_requests, held->number, held);
}

void
pw_held_inner_forget(struct pw_held_request *held)
{
  if (pw_id_map_get(&held_requests, held->number) == held) {
    pw_id_map_remove(&held_requests, held->number);
  }
}

/* --------------------------------------------------------------------------------------------------------- the request
 */

static struct pw_view
body_field(const struct pw_pairs *pairs, const char *name)
{
  for (size_t i = 0; i < pairs->count; i++) {
    if (pw_field_name_equal(pairs->items[i].key, pw_view_of(name))) {
      return pairs->items[i].value;
    }
  }
  return pw_view_make(NULL, 0);
}

/* What is written here, or is about the client's connection. */
static bool
is_left_out(struct pw_view name)
{
  static const char *const names[] = {"host",       "content-length",   "transfer-encoding", "connection",
                                      "keep-alive", "proxy-connection", "upgrade",           "expect",
                                      "te",         "trailer",          NUMBER_FIELD};
  bool                     out     = name.size == 0 || name.data[0] == ':';
  for (size_t i = 0; !out && i < sizeof(names) / sizeof(names[0]); i++) {
    out = pw_field_name_equal(name, pw_view_of(names[i]));
  }
  return out;
}

static bool
put(struct pw_bytes *bytes, struct pw_view text)
{
  return pw_bytes_append(bytes, text.data, text.size);
}

static bool
put_field(struct pw_bytes *bytes, struct pw_view name, struct pw_view value)
{
  return put(bytes, name) && put(bytes, pw_view_of(": ")) && put(bytes, value) && put(bytes, pw_view_of("\r\n"));
}

/* Where it goes: what the client asked for, which remap.config is to map; or what remap has made of it. */
static bool
put_authority(struct pw_held_request *held, struct pw_view authority, struct pw_bytes *bytes)
{
  struct pw_header header;
  TSMLoc           url;
  char             port[16];
  int              size = 0;
  if (held->by_remap || !pw_header_of(held->transaction, PW_MAP_HTTP_REQUEST_HEADERS, &header) ||
      TSHttpHdrUrlGet(header.buffer, header.location, &url) != TS_SUCCESS) {
    return put(bytes, authority);
  }
  const char *host    = TSUrlHostGet(header.buffer, url, &size);
  size_t      length  = host && size > 0 ? (size_t)size : 0;
  bool        literal = length > 0 && memchr(host, ':', length) != NULL && host[0] != '[';
  snprintf(port, sizeof(port), ":%d", TSUrlPortGet(header.buffer, url));
  bool done = pw_bytes_append(bytes, "[", literal ? 1 : 0) && pw_bytes_append(bytes, host, length) &&
              pw_bytes_append(bytes, "]", literal ? 1 : 0) && put(bytes, pw_view_of(port));
  TSHandleMLocRelease(header.buffer, header.location, url);
  return done;
}

static int64_t
body_size(const struct pw_held_request *held)
{
  return pw_transform_waiting(&held->gathered.body.transform);
}

static bool
put_framing(struct pw_held_request *held, struct pw_view method, struct pw_bytes *bytes)
{
  static const char *const without[] = {"GET", "HEAD", "DELETE", "OPTIONS"};
  char                     text[24];
  int64_t                  size = held->carries_body ? body_size(held) : 0;
  if (pw_body_has_trailers(&held->gathered.body)) {
    return put_field(bytes, pw_view_of("Transfer-Encoding"), pw_view_of("chunked"));
  }
  for (size_t i = 0; size == 0 && i < sizeof(without) / sizeof(without[0]); i++) {
    if (pw_view_equal(method, pw_view_of(without[i]))) {
      return true;
    }
  }
  snprintf(text, sizeof(text), "%lld", (long long)size);
  return put_field(bytes, pw_view_of("Content-Length"), pw_view_of(text));
}

static bool
put_data(struct pw_held_request *held, struct pw_bytes *bytes)
{
  struct pw_transform *sink = &held->gathered.body.transform;
  int64_t              size = held->carries_body ? body_size(held) : 0;
  if (size == 0) {
    return true;
  }
  if (!pw_bytes_reserve(bytes, bytes->size + (size_t)size)) {
    return false;
  }
  TSIOBufferReaderCopy(sink->pending_reader, bytes->data + bytes->size, size);
  bytes->size += (size_t)size;
  return true;
}

/* In one chunk, if trailers follow it. */
static bool
put_body(struct pw_held_request *held, struct pw_bytes *bytes)
{
  const struct pw_trailers *trailers = &held->transaction->trailers[PW_STREAM_HTTP_REQUEST];
  char                      line[24];
  int64_t                   size = body_size(held);
  if (!pw_body_has_trailers(&held->gathered.body)) {
    return put_data(held, bytes);
  }
  snprintf(line, sizeof(line), "%llx\r\n", (long long)size);
  return (size == 0 || (put(bytes, pw_view_of(line)) && put_data(held, bytes) && put(bytes, pw_view_of("\r\n")))) &&
         put(bytes, pw_view_of("0\r\n")) && pw_trailers_write(trailers, bytes) && put(bytes, pw_view_of("\r\n"));
}

static bool
put_request(struct pw_held_request *held, const struct pw_pairs *pairs, struct pw_bytes *bytes)
{
  struct pw_view method    = body_field(pairs, ":method");
  struct pw_view authority = body_field(pairs, ":authority");
  char           number[16];
  snprintf(number, sizeof(number), "%u", (unsigned)held->number);
  bool done = put(bytes, method) && put(bytes, pw_view_of(" ")) && put(bytes, body_field(pairs, ":scheme")) &&
              put(bytes, pw_view_of("://")) && put_authority(held, authority, bytes) &&
              put(bytes, body_field(pairs, ":path")) && put(bytes, pw_view_of(" HTTP/1.1\r\n")) &&
              put_field(bytes, pw_view_of("Host"), authority) &&
              put_field(bytes, pw_view_of(NUMBER_FIELD), pw_view_of(number));
  for (size_t i = 0; done && i < pairs->count; i++) {
    done = is_left_out(pairs->items[i].key) || put_field(bytes, pairs->items[i].key, pairs->items[i].value);
  }
  return done && put_framing(held, method, bytes) && put(bytes, pw_view_of("\r\n")) && put_body(held, bytes);
}

bool
pw_held_inner_write(struct pw_held_request *held, struct pw_bytes *bytes)
{
  struct pw_pairs pairs = {NULL, 0, 0};
  /* The server gives what is put behind a header a length: trailers could not follow it. */
  held->carries_body = (held->by_remap && pw_slots_of_rules() > 0) || pw_body_has_trailers(&held->gathered.body);
  bool done = pw_header_map_pairs(held->transaction->first, PW_MAP_HTTP_REQUEST_HEADERS, &pairs) == PW_STATUS_OK &&
              put_request(held, &pairs, bytes);
  pw_pairs_clear(&pairs);
  return done;
}

TSVConn
pw_held_inner_connect(struct pw_held_request *held)
{
  const struct sockaddr *client = TSHttpTxnClientAddrGet(held->txn);
  return client ? TSHttpConnectWithPluginId(client, INNER_TAG, held->number) : NULL;
}

/* ----------------------------------------------------------------------------------------------------- its transaction
 */

static struct pw_late_hook hook;

bool
pw_held_inner_is(TSHttpTxn txn)
{
  const char *tag = TSHttpTxnIsInternal(txn) ? TSHttpTxnPluginTagGet(txn) : NULL;
  return tag && strcmp(tag, INNER_TAG) == 0;
}

bool
pw_held_inner_hides_body(TSHttpTxn txn)
{
  return TSUserArgGet(txn, pw_process_argument_index()) != NULL;
}

static struct pw_held_request *
take_held(const struct pw_header *header)
{
  TSMLoc   field  = TSMimeHdrFieldFind(header->buffer, header->location, NUMBER_FIELD, (int)strlen(NUMBER_FIELD));
  uint32_t number = 0;
  if (field != TS_NULL_MLOC) {
    number = TSMimeHdrFieldValueUintGet(header->buffer, header->location, field, 0);
    TSMimeHdrFieldDestroy(header->buffer, header->location, field);
    TSHandleMLocRelease(header->buffer, header->location, field);
  }
  return (struct pw_held_request *)pw_id_map_get(&held_requests, number);
}

/* The settings of the way to the origin, which other plugins (conf_remap) may have given the transaction alone. They
 * are listed, as the server (9.2.9) breaks when a setting that is a text is asked for as a number. */
static const TSOverridableConfigKey settings[] = {
  TS_CONFIG_URL_REMAP_PRISTINE_HOST_HDR,
  TS_CONFIG_HTTP_KEEP_ALIVE_ENABLED_OUT,
  TS_CONFIG_HTTP_KEEP_ALIVE_POST_OUT,
  TS_CONFIG_HTTP_KEEP_ALIVE_NO_ACTIVITY_TIMEOUT_OUT,
  TS_CONFIG_HTTP_SERVER_SESSION_SHARING_MATCH,
  TS_CONFIG_HTTP_AUTH_SERVER_SESSION_PRIVATE,
  TS_CONFIG_HTTP_ATTACH_SERVER_SESSION_TO_CLIENT,
  TS_CONFIG_HTTP_SEND_HTTP11_REQUESTS,
  TS_CONFIG_HTTP_ANONYMIZE_REMOVE_FROM,
  TS_CONFIG_HTTP_ANONYMIZE_REMOVE_REFERER,
  TS_CONFIG_HTTP_ANONYMIZE_REMOVE_USER_AGENT,
  TS_CONFIG_HTTP_ANONYMIZE_REMOVE_COOKIE,
  TS_CONFIG_HTTP_ANONYMIZE_REMOVE_CLIENT_IP,
  TS_CONFIG_HTTP_ANONYMIZE_INSERT_CLIENT_IP,
  TS_CONFIG_HTTP_INSERT_SQUID_X_FORWARDED_FOR,
  TS_CONFIG_HTTP_INSERT_REQUEST_VIA_STR,
  TS_CONFIG_HTTP_NORMALIZE_AE,
  TS_CONFIG_HTTP_NUMBER_OF_REDIRECTIONS,
  TS_CONFIG_HTTP_CACHE_HTTP,
  TS_CONFIG_HTTP_CACHE_GENERATION,
  TS_CONFIG_HTTP_POST_CHECK_CONTENT_LENGTH_ENABLED,
  TS_CONFIG_HTTP_FORWARD_PROXY_AUTH_TO_PARENT,
  TS_CONFIG_HTTP_UNCACHEABLE_REQUESTS_BYPASS_PARENT,
  TS_CONFIG_HTTP_PARENT_PROXY_TOTAL_CONNECT_ATTEMPTS,
  TS_CONFIG_HTTP_PARENT_PROXY_FAIL_THRESHOLD,
  TS_CONFIG_HTTP_PARENT_PROXY_RETRY_TIME,
  TS_CONFIG_HTTP_PER_PARENT_CONNECT_ATTEMPTS,
  TS_CONFIG_HTTP_TRANSACTION_ACTIVE_TIMEOUT_OUT,
  TS_CONFIG_HTTP_CONNECT_ATTEMPTS_MAX_RETRIES,
  TS_CONFIG_HTTP_CONNECT_ATTEMPTS_RR_RETRIES,
  TS_CONFIG_HTTP_CONNECT_ATTEMPTS_TIMEOUT,
  TS_CONFIG_HTTP_DOWN_SERVER_CACHE_TIME,
  TS_CONFIG_HTTP_RESPONSE_HEADER_MAX_SIZE,
  TS_CONFIG_NET_SOCK_RECV_BUFFER_SIZE_OUT,
  TS_CONFIG_NET_SOCK_SEND_BUFFER_SIZE_OUT,
  TS_CONFIG_NET_SOCK_OPTION_FLAG_OUT,
  TS_CONFIG_NET_SOCK_PACKET_MARK_OUT,
  TS_CONFIG_NET_SOCK_PACKET_TOS_OUT,
  PW_SETTINGS_OF_THIS_VERSION,
};

static void
copy_settings(TSHttpTxn from, TSHttpTxn to)
{
  for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
    TSMgmtInt wanted, present;
    if (TSHttpTxnConfigIntGet(from, settings[i], &wanted) == TS_SUCCESS &&
        TSHttpTxnConfigIntGet(to, settings[i], &present) == TS_SUCCESS && present != wanted) {
      TSHttpTxnConfigIntSet(to, settings[i], wanted);
    }
  }
}

/* The server has made Host what the URL says. */
static void
set_host(const struct pw_held_request *held, const struct pw_header *header)
{
  struct pw_header original;
  struct pw_view   host;
  TSMLoc           field = TSMimeHdrFieldFind(header->buffer, header->location, TS_MIME_FIELD_HOST, TS_MIME_LEN_HOST);
  if (field == TS_NULL_MLOC) {
    return;
  }
  if (pw_header_of(held->transaction, PW_MAP_HTTP_REQUEST_HEADERS, &original) &&
      pw_header_field(&original, "Host", &host)) {
    TSMimeHdrFieldValueStringSet(header->buffer, header->location, field, -1, host.data, (int)host.size);
  }
  TSHandleMLocRelease(header->buffer, header->location, field);
}

/* False: nobody waits for it any more. */
static bool
prepare(TSHttpTxn txn)
{
  struct pw_header header;
  if (TSHttpTxnClientReqGet(txn, &header.buffer, &header.location) != TS_SUCCESS) {
    return false;
  }
  struct pw_held_request *held = take_held(&header);
  if (!held || !held->transaction) {
    return false;
  }
  copy_settings(held->txn, txn);
  TSHttpTxnConfigIntSet(txn, TS_CONFIG_HTTP_TRANSACTION_NO_ACTIVITY_TIMEOUT_OUT, held->timeout);
  /* The client's transaction is in the logs. */
  TSHttpTxnCntlSet(txn, TS_HTTP_CNTL_LOGGING_MODE, false);
  if (!held->by_remap) {
    TSHttpTxnCntlSet(txn, TS_HTTP_CNTL_SKIP_REMAPPING, true);
    set_host(held, &header);
  }
  if (body_size(held) > 0 || held->carries_body) {
    TSHttpTxnHookAdd(txn, TS_HTTP_READ_RESPONSE_HDR_HOOK, hook.continuation);
  }
  if (body_size(held) > 0 && !held->carries_body) {
    TSUserArgSet(txn, pw_process_argument_index(), (void *)(uintptr_t)held->number);
    TSHttpTxnHookAdd(txn, TS_HTTP_SEND_REQUEST_HDR_HOOK, hook.continuation);
  }
  return true;
}

/* The body goes behind the header. Once more for each attempt. False: nobody waits for it any more. */
static bool
put_behind(TSHttpTxn txn)
{
  uint32_t                      number = (uint32_t)(uintptr_t)TSUserArgGet(txn, pw_process_argument_index());
  const struct pw_held_request *held   = (const struct pw_held_request *)pw_id_map_get(&held_requests, number);
  if (!held || !held->transaction) {
    return false;
  }
  int64_t size = body_size(held);
  char   *copy = (char *)TSmalloc((size_t)size);
  TSIOBufferReaderCopy(held->gathered.body.transform.pending_reader, copy, size);
  TSHttpTxnServerRequestBodySet(txn, copy, size);
  return true;
}

/* An origin that answers before it has got everything gets no more, and its connection is not used again. The server
 * (9.2.9) would use it, and knows of no bytes of a body when it has broken that off. */
static void
let_go(TSHttpTxn txn)
{
  struct pw_header header;
  bool             behind = pw_held_inner_hides_body(txn);
  if (TSHttpTxnServerRespGet(txn, &header.buffer, &header.location) != TS_SUCCESS ||
      TSHttpHdrStatusGet(header.buffer, header.location) < TS_HTTP_STATUS_OK) {
    return;
  }
  bool unsent = behind ? pw_origin_gate_unsent(txn) > 0 : TSHttpTxnServerReqBodyBytesGet(txn) == 0;
  if (behind && unsent) {
    pw_origin_gate_abandon(txn);
  }
  if (unsent) {
    pw_header_remove(&header, pw_view_of("Connection"));
    pw_header_append(&header, pw_view_of("Connection"), pw_view_of("close"));
  }
  if (behind) {
    TSHttpTxnServerRequestBodySet(txn, NULL, 0);
  }
}

static int
on_hook(TSCont continuation, TSEvent event, void *data)
{
  TSHttpTxn txn  = (TSHttpTxn)data;
  bool      good = true;
  (void)continuation;
  if (event == TS_EVENT_HTTP_READ_REQUEST_HDR) {
    good = !pw_held_inner_is(txn) || prepare(txn);
  } else if (event == TS_EVENT_HTTP_SEND_REQUEST_HDR) {
    good = put_behind(txn);
  } else {
    let_go(txn);
  }
  TSHttpTxnReenable(txn, good ? TS_EVENT_HTTP_CONTINUE : TS_EVENT_HTTP_ERROR);
  return 0;
}

void
pw_held_inner_watch(void)
{
  pw_late_hook_add(&hook, TS_HTTP_READ_REQUEST_HDR_HOOK, on_hook);
}
