/* SPDX-License-Identifier: Apache-2.0 */
#include "host/grpc_reply.h"

#include "host/field.h"
#include "host/pairs.h"

#include <stdio.h>

#define CONTENT_TYPE "application/grpc"
/* Clients refuse headers that are too large: a message is a line of text, not a page. */
#define MESSAGE_BYTES 4096

/* Of the gRPC protocol ("Status codes and their use in gRPC"). */
enum {
  GRPC_UNKNOWN           = 2,
  GRPC_PERMISSION_DENIED = 7,
  GRPC_UNIMPLEMENTED     = 12,
  GRPC_INTERNAL          = 13,
  GRPC_UNAVAILABLE       = 14,
  GRPC_UNAUTHENTICATED   = 16
};

bool
pw_grpc_is_content_type(struct pw_view content_type)
{
  size_t size = sizeof(CONTENT_TYPE) - 1;
  if (content_type.size < size ||
      !pw_field_name_equal(pw_view_make(content_type.data, size), pw_view_of(CONTENT_TYPE))) {
    return false;
  }
  return content_type.size == size || memchr("+; \t", content_type.data[size], 4) != NULL;
}

/* "HTTP to gRPC Status Code Mapping", which clients go by where an answer has no status of gRPC. */
static int32_t
status_of_http(uint32_t status)
{
  switch (status) {
  case 400:
    return GRPC_INTERNAL;
  case 401:
    return GRPC_UNAUTHENTICATED;
  case 403:
    return GRPC_PERMISSION_DENIED;
  case 404:
    return GRPC_UNIMPLEMENTED;
  case 429:
  case 502:
  case 503:
  case 504:
    return GRPC_UNAVAILABLE;
  default:
    return GRPC_UNKNOWN;
  }
}

/* What grpc-message may hold as it is; all else, and "%", is percent-encoded. */
static bool
is_plain(uint8_t byte)
{
  return byte >= 0x20 && byte <= 0x7e && byte != '%';
}

/* Both lie in `bytes`, which has room for them: views of it stay. */
static struct pw_view
put_message(struct pw_bytes *bytes, struct pw_view body)
{
  static const char digits[] = "0123456789ABCDEF";
  size_t            at       = bytes->size;
  for (size_t i = 0; i < body.size && i < MESSAGE_BYTES; i++) {
    uint8_t byte = (uint8_t)body.data[i];
    if (is_plain(byte)) {
      pw_bytes_append(bytes, &body.data[i], 1);
    } else {
      char code[3] = {'%', digits[byte >> 4], digits[byte & 15]};
      pw_bytes_append(bytes, code, sizeof(code));
    }
  }
  return pw_view_make(bytes->data + at, bytes->size - at);
}

static struct pw_view
put_status(struct pw_bytes *bytes, int32_t status)
{
  char   text[16];
  size_t at   = bytes->size;
  int    size = snprintf(text, sizeof(text), "%d", (int)status);
  pw_bytes_append(bytes, text, (size_t)size);
  return pw_view_make(bytes->data + at, (size_t)size);
}

/* The module's own fields, but for those that are made here. */
static bool
copy_fields(struct pw_pairs *headers, const struct pw_pairs *from)
{
  static const char *const made[] = {"content-type", "grpc-status", "grpc-message"};
  for (size_t i = 0; i < from->count; i++) {
    bool keeps = true;
    for (size_t j = 0; j < sizeof(made) / sizeof(made[0]); j++) {
      keeps = keeps && !pw_field_name_equal(from->items[i].key, pw_view_of(made[j]));
    }
    if (keeps && !pw_pairs_add(headers, from->items[i].key, from->items[i].value)) {
      return false;
    }
  }
  return true;
}

bool
pw_grpc_reply_make(struct pw_grpc_reply *grpc, const struct pw_local_reply *reply)
{
  size_t  message = reply->body.size < MESSAGE_BYTES ? reply->body.size : MESSAGE_BYTES;
  int32_t status  = reply->grpc_status >= 0 ? reply->grpc_status : status_of_http(reply->status);

  *grpc               = (struct pw_grpc_reply){.reply = *reply};
  grpc->reply.status  = 200;
  grpc->reply.body    = pw_view_make(NULL, 0);
  grpc->reply.headers = &grpc->headers;
  if (!pw_bytes_reserve(&grpc->bytes, 3 * message + 16) || !copy_fields(&grpc->headers, reply->headers) ||
      !pw_pairs_add(&grpc->headers, pw_view_of("content-type"), pw_view_of(CONTENT_TYPE)) ||
      !pw_pairs_add(&grpc->headers, pw_view_of("grpc-status"), put_status(&grpc->bytes, status))) {
    return false;
  }
  return message == 0 ||
         pw_pairs_add(&grpc->headers, pw_view_of("grpc-message"), put_message(&grpc->bytes, reply->body));
}

void
pw_grpc_reply_clear(struct pw_grpc_reply *grpc)
{
  pw_pairs_clear(&grpc->headers);
  pw_bytes_clear(&grpc->bytes);
}
