/* SPDX-License-Identifier: Apache-2.0 */
/* Hostcalls that start and steer HTTP and gRPC calls (ABI text, sections "HTTP calls" and "gRPC calls"). */
#include "host/guest.h"
#include "host/hostcall_table.h"
#include "host/root_calls.h"

static bool
has_key(const struct pw_pairs *pairs, const char *key)
{
  size_t i;

  for (i = 0; i < pairs->count; ++i) {
    if (pw_view_equal(pairs->items[i].key, pw_view_of(key)) && pairs->items[i].value.size > 0) {
      return true;
    }
  }
  return false;
}

/* Ends a start: gives the id to the module, or forgets the call that could not be started. */
static enum pw_status
call_started(struct pw_vm *vm, struct pw_root *root, enum pw_status status, uint32_t id, pw_value id_at)
{
  if (status != PW_STATUS_OK) {
    pw_root_call_remove(root, id);
    return status;
  }
  pw_guest_write_u32(vm, id_at.u32, id);
  return PW_STATUS_OK;
}

PW_HOSTCALL(pw_hc_http_call)
{
  struct pw_root     *root     = vm->effective->root;
  struct pw_instance *instance = root->context.instance;
  struct pw_pairs    *headers  = &vm->worker->pairs;
  struct pw_pairs    *trailers = &vm->worker->more_pairs;
  struct pw_http_call call;
  enum pw_status      status;
  size_t              bytes;

  headers->count  = 0;
  trailers->count = 0;
  if (!pw_guest_view(vm, in[0], in[1], &call.upstream) || !pw_guest_view(vm, in[4], in[5], &call.body) ||
      pw_guest(vm, in[9].u32, 4) == NULL) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  status = pw_guest_pairs(vm, in[2], in[3], headers);
  if (status == PW_STATUS_OK) {
    status = pw_guest_pairs(vm, in[6], in[7], trailers);
  }
  if (status != PW_STATUS_OK) {
    return status;
  }
  if (!has_key(headers, ":method") || !has_key(headers, ":path") || !has_key(headers, ":authority")) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  if (vm->host->proxy->http_call == NULL) {
    return PW_STATUS_UNIMPLEMENTED;
  }
  bytes = call.body.size + in[3].u32 + in[7].u32;
  if (call.body.size > instance->plugin->config.limits.body_bytes) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  call.headers              = headers;
  call.trailers             = trailers;
  call.timeout_milliseconds = in[8].u32;
  call.id                   = pw_root_call_add(root, PW_CALL_HTTP, bytes);
  if (call.id == 0) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  status = vm->host->proxy->http_call(vm->worker->data, instance, pw_context_stream_data(vm->effective), &call);
  return call_started(vm, root, status, call.id, in[9]);
}

/* The parameters that proxy_grpc_call and proxy_grpc_stream share; the id comes at `in[id_at]`. */
static enum pw_status
grpc_parameters(struct pw_vm *vm, const pw_value *in, size_t id_at, struct pw_grpc_call *call)
{
  struct pw_pairs *metadata = &vm->worker->pairs;

  memset(call, 0, sizeof(*call));
  metadata->count = 0;
  call->metadata  = metadata;
  if (!pw_guest_view(vm, in[0], in[1], &call->upstream) || !pw_guest_view(vm, in[2], in[3], &call->service) ||
      !pw_guest_view(vm, in[4], in[5], &call->method) || pw_guest(vm, in[id_at].u32, 4) == NULL) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  return pw_guest_pairs(vm, in[6], in[7], metadata);
}

static enum pw_status
grpc_start(struct pw_vm *vm, struct pw_grpc_call *call, enum pw_call_kind kind, size_t bytes, pw_value id_at)
{
  struct pw_root *root = vm->effective->root;
  enum pw_status  status;

  if (vm->host->proxy->grpc_call == NULL) {
    return PW_STATUS_UNIMPLEMENTED;
  }
  if (call->message.size > root->context.instance->plugin->config.limits.body_bytes) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  call->id = pw_root_call_add(root, kind, bytes);
  if (call->id == 0) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  status =
    vm->host->proxy->grpc_call(vm->worker->data, root->context.instance, pw_context_stream_data(vm->effective), call);
  return call_started(vm, root, status, call->id, id_at);
}

PW_HOSTCALL(pw_hc_grpc_call)
{
  struct pw_grpc_call call;
  enum pw_status      status = grpc_parameters(vm, in, 11, &call);

  if (status == PW_STATUS_OK && !pw_guest_view(vm, in[8], in[9], &call.message)) {
    status = PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  call.timeout_milliseconds = in[10].u32;
  return status == PW_STATUS_OK ? grpc_start(vm, &call, PW_CALL_GRPC, call.message.size + in[7].u32, in[11]) : status;
}

PW_HOSTCALL(pw_hc_grpc_stream)
{
  struct pw_grpc_call call;
  enum pw_status      status = grpc_parameters(vm, in, 8, &call);

  call.is_stream = true;
  return status == PW_STATUS_OK ? grpc_start(vm, &call, PW_CALL_GRPC_STREAM, in[7].u32, in[8]) : status;
}

/* NOT_FOUND: no gRPC call of this root has that id. */
static enum pw_status
grpc_find(const struct pw_root *root, uint32_t id, enum pw_call_kind *kind)
{
  *kind = pw_root_call_kind(root, id);
  return *kind == PW_CALL_GRPC || *kind == PW_CALL_GRPC_STREAM ? PW_STATUS_OK : PW_STATUS_NOT_FOUND;
}

/* A stream whose other side is closed already: from within proxy_on_grpc_close, this side may be as well. */
static bool
grpc_close_over(struct pw_root *root, uint32_t id)
{
  bool over = pw_root_call_kind(root, id) == PW_CALL_GRPC_OVER;

  if (over) {
    pw_root_call_remove(root, id);
  }
  return over;
}

PW_HOSTCALL(pw_hc_grpc_send)
{
  struct pw_root   *root = vm->effective->root;
  struct pw_view    message;
  enum pw_call_kind kind;

  if (!pw_guest_view(vm, in[1], in[2], &message)) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  if (grpc_find(root, in[0].u32, &kind) != PW_STATUS_OK) {
    return PW_STATUS_NOT_FOUND;
  }
  if (kind != PW_CALL_GRPC_STREAM) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  if (vm->host->proxy->grpc_send == NULL) {
    return PW_STATUS_UNIMPLEMENTED;
  }
  if (message.size > root->context.instance->plugin->config.limits.body_bytes) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  return vm->host->proxy->grpc_send(vm->worker->data, in[0].u32, message, in[3].u32 != 0);
}

PW_HOSTCALL(pw_hc_grpc_cancel)
{
  struct pw_root   *root = vm->effective->root;
  enum pw_call_kind kind;

  if (grpc_find(root, in[0].u32, &kind) != PW_STATUS_OK) {
    return grpc_close_over(root, in[0].u32) ? PW_STATUS_OK : PW_STATUS_NOT_FOUND;
  }
  pw_root_call_remove(root, in[0].u32);
  return vm->host->proxy->grpc_cancel != NULL ? vm->host->proxy->grpc_cancel(vm->worker->data, in[0].u32)
                                              : PW_STATUS_UNIMPLEMENTED;
}

PW_HOSTCALL(pw_hc_grpc_close)
{
  struct pw_root   *root = vm->effective->root;
  enum pw_call_kind kind;

  if (grpc_find(root, in[0].u32, &kind) != PW_STATUS_OK) {
    return grpc_close_over(root, in[0].u32) ? PW_STATUS_OK : PW_STATUS_NOT_FOUND;
  }
  return vm->host->proxy->grpc_close != NULL ? vm->host->proxy->grpc_close(vm->worker->data, in[0].u32)
                                             : PW_STATUS_UNIMPLEMENTED;
}
