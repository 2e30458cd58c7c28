/* SPDX-License-Identifier: Apache-2.0 */
/* Hostcalls that move a stream: continue, close, local reply. */
#include "host/guest.h"
#include "host/hostcall_table.h"
#include "host/log.h"

/* Continuing and closing, from any thread: a VM of vm_scope process gets its ticks on another one than the stream's.
 * The stream is there as long as the worker's lock is held and the context is not detached, and the proxy is asked, not
 * told. */
static bool
can_be_asked(const struct pw_context *context)
{
  return context->stream != NULL && !context->detached;
}

PW_HOSTCALL(pw_hc_continue_stream)
{
  struct pw_context *context = vm->effective;

  if (in[0].u32 >= PW_STREAM_TYPE_COUNT || !can_be_asked(context)) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  if (context->stream->is_tcp != (in[0].u32 >= PW_STREAM_DOWNSTREAM)) {
    return PW_STATUS_UNIMPLEMENTED;
  }
  pw_stream_continue(context->stream, context, (enum pw_stream_type)in[0].u32);
  return PW_STATUS_OK;
}

PW_HOSTCALL(pw_hc_close_stream)
{
  struct pw_context *context = vm->effective;

  if (in[0].u32 >= PW_STREAM_TYPE_COUNT || !can_be_asked(context) ||
      context->stream->is_tcp != (in[0].u32 >= PW_STREAM_DOWNSTREAM)) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  pw_stream_close(context->stream, context);
  return PW_STATUS_OK;
}

static enum pw_status
continue_http(struct pw_vm *vm, enum pw_stream_type type)
{
  pw_value in[1];

  in[0].u64 = type;
  return pw_hc_continue_stream_body(vm, in);
}

PW_HOSTCALL(pw_hc_continue_request)
{
  (void)in;
  return continue_http(vm, PW_STREAM_HTTP_REQUEST);
}

PW_HOSTCALL(pw_hc_continue_response)
{
  (void)in;
  return continue_http(vm, PW_STREAM_HTTP_RESPONSE);
}

PW_HOSTCALL(pw_hc_clear_route_cache)
{
  struct pw_context *context = vm->effective;

  (void)in;
  if (pw_context_stream_data(context) == NULL || context->stream->is_tcp) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  return vm->host->proxy->clear_route_cache != NULL ? vm->host->proxy->clear_route_cache(context->stream->data)
                                                    : PW_STATUS_UNIMPLEMENTED;
}

/* A reply is a final response: 1xx would leave the client waiting. */
static bool
reply_status_valid(uint32_t status)
{
  return status >= 200 && status <= 599;
}

/* The proxy makes the status line and the framing itself. */
static bool
reply_headers_valid(const struct pw_pairs *headers)
{
  size_t i;

  for (i = 0; i < headers->count; ++i) {
    if (headers->items[i].key.data[0] == ':') {
      return false;
    }
  }
  return true;
}

PW_HOSTCALL(pw_hc_send_local_response)
{
  struct pw_context    *context = vm->effective;
  struct pw_stream     *stream  = context->stream;
  struct pw_pairs      *headers = &vm->worker->pairs;
  struct pw_local_reply reply;
  enum pw_status        status;

  reply.status      = in[0].u32;
  reply.headers     = headers;
  reply.grpc_status = (int32_t)in[7].u32;
  headers->count    = 0;
  if (!pw_guest_view(vm, in[1], in[2], &reply.details) || !pw_guest_view(vm, in[3], in[4], &reply.body)) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  status = pw_guest_pairs(vm, in[5], in[6], headers);
  if (status != PW_STATUS_OK) {
    return status;
  }
  if (!can_be_asked(context) || stream->is_tcp || !reply_status_valid(reply.status) || !reply_headers_valid(headers) ||
      reply.body.size > context->instance->plugin->config.limits.body_bytes) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  if (vm->host->proxy->local_reply == NULL) {
    return PW_STATUS_UNIMPLEMENTED;
  }
  if (!pw_context_stream_is_ours(context)) {
    return pw_stream_post_reply(stream, context, &reply);
  }
  if (!pw_stream_may_reply(stream)) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  status = vm->host->proxy->local_reply(stream->data, &reply);
  if (status == PW_STATUS_OK) {
    pw_stream_replied(stream);
  }
  return status;
}
