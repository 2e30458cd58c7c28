/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/call/http_call_request.h"

#include "traffic_server/compatibility.h"

#include "host/pairs.h"

#include <stdarg.h>
#include <stdio.h>

struct writer {
  struct pw_bytes *bytes;
  bool             failed;
};

static void
put(struct writer *writer, struct pw_view text)
{
  writer->failed = writer->failed || !pw_bytes_append(writer->bytes, text.data, text.size);
}

static void
put_text(struct writer *writer, const char *text)
{
  put(writer, pw_view_of(text));
}

static void put_format(struct writer *writer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Of short things. */
static void
put_format(struct writer *writer, const char *format, ...)
{
  char    text[128];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  put_text(writer, text);
}

static void
put_field(struct writer *writer, struct pw_view name, struct pw_view value)
{
  put(writer, name);
  put_text(writer, ": ");
  put(writer, value);
  put_text(writer, "\r\n");
}

struct pw_view
pw_call_pseudo(const struct pw_http_call *call, const char *name)
{
  for (size_t i = 0; i < call->headers->count; i++) {
    if (pw_view_equal(call->headers->items[i].key, pw_view_of(name))) {
      return call->headers->items[i].value;
    }
  }
  return pw_view_make(NULL, 0);
}

static bool
any_of(struct pw_view name, const char *const *names, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    if (pw_field_name_equal(name, pw_view_of(names[i]))) {
      return true;
    }
  }
  return false;
}

/* The server takes these methods as meant for itself: a tunnel, its cache. */
static bool
method_valid(struct pw_view method)
{
  static const char *const own[] = {"CONNECT", "PURGE", "PUSH"};
  return pw_field_name_valid(method) && method.data[0] != ':' && !any_of(method, own, sizeof(own) / sizeof(own[0]));
}

static bool
path_valid(struct pw_view path)
{
  for (size_t i = 0; i < path.size; i++) {
    if ((unsigned char)path.data[i] <= 0x20 || path.data[i] == 0x7f) {
      return false;
    }
  }
  return path.size > 0 && path.data[0] == '/';
}

/* What is written here, or is about the connection. */
static bool
is_left_out(struct pw_view name)
{
  static const char *const names[] = {"host",       "content-length", "transfer-encoding",
                                      "connection", "keep-alive",     "proxy-connection",
                                      "upgrade",    "expect",         PW_CALL_FIELD};
  return name.size == 0 || name.data[0] == ':' || any_of(name, names, sizeof(names) / sizeof(names[0]));
}

static void
put_head(struct writer *writer, const struct pw_http_call *call, const struct pw_upstream *upstream, uint32_t number)
{
  put(writer, pw_call_pseudo(call, ":method"));
  put_text(writer, upstream->tls ? " https://" : " http://");
  put(writer, upstream->host);
  if (upstream->port != (upstream->tls ? 443 : 80)) {
    put_format(writer, ":%u", (unsigned)upstream->port);
  }
  put(writer, pw_call_pseudo(call, ":path"));
  put_text(writer, " HTTP/1.1\r\n");
  put_field(writer, pw_view_of("Host"), pw_call_pseudo(call, ":authority"));
  put_format(writer, PW_CALL_FIELD ": %u\r\n", (unsigned)number);
  for (size_t i = 0; i < call->headers->count; i++) {
    if (!is_left_out(call->headers->items[i].key)) {
      put_field(writer, call->headers->items[i].key, call->headers->items[i].value);
    }
  }
}

static void
put_chunked(struct writer *writer, const struct pw_http_call *call)
{
  put_text(writer, "Transfer-Encoding: chunked\r\n\r\n");
  if (call->body.size > 0) {
    put_format(writer, "%zx\r\n", call->body.size);
    put(writer, call->body);
    put_text(writer, "\r\n");
  }
  put_text(writer, "0\r\n");
  for (size_t i = 0; i < call->trailers->count; i++) {
    if (!is_left_out(call->trailers->items[i].key)) {
      put_field(writer, call->trailers->items[i].key, call->trailers->items[i].value);
    }
  }
  put_text(writer, "\r\n");
}

static void
put_body(struct writer *writer, const struct pw_http_call *call)
{
  static const char *const without[] = {"GET", "HEAD", "DELETE", "OPTIONS", "TRACE"};
  bool may_be_left_out = any_of(pw_call_pseudo(call, ":method"), without, sizeof(without) / sizeof(without[0]));
  if (call->trailers->count > 0) {
    put_chunked(writer, call);
    return;
  }
  if (call->body.size > 0 || !may_be_left_out) {
    put_format(writer, "Content-Length: %zu\r\n", call->body.size);
  }
  put_text(writer, "\r\n");
  put(writer, call->body);
}

enum pw_status
pw_call_request_write(const struct pw_http_call *call, const struct pw_upstream *upstream, uint32_t number,
                      struct pw_bytes *request)
{
  struct writer writer = {request, false};
  if (!method_valid(pw_call_pseudo(call, ":method")) || !path_valid(pw_call_pseudo(call, ":path"))) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  put_head(&writer, call, upstream, number);
  put_body(&writer, call);
  return writer.failed ? PW_STATUS_INTERNAL_FAILURE : PW_STATUS_OK;
}
