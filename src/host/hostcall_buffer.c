/* SPDX-License-Identifier: Apache-2.0 */
/* Hostcalls on buffers (ABI text, section "Buffers"). */
#include "host/guest.h"
#include "host/hostcall_table.h"

/* The body that a stage of the stream holds now: there only while its callback runs, or while it is paused. */
static struct pw_stage *
body_stage(struct pw_context *context, uint32_t type)
{
  struct pw_stage *stage;
  bool             is_tcp = type >= PW_BUFFER_DOWNSTREAM_DATA;

  if (pw_context_stream_data(context) == NULL || context->stream->is_tcp != is_tcp) {
    return NULL;
  }
  stage = &context->stages[type & 1];
  return stage->in_body || (stage->pauses & PW_PAUSE_BODY) ? stage : NULL;
}

/* NOT_FOUND: there is no such buffer now. */
static enum pw_status
buffer_bytes(struct pw_vm *vm, uint32_t type, struct pw_view *bytes)
{
  struct pw_context             *context = vm->effective;
  const struct pw_plugin_config *config  = &context->instance->plugin->config;
  const struct pw_root          *root    = context->root;
  struct pw_stage               *stage;

  switch (type) {
  case PW_BUFFER_HTTP_REQUEST_BODY:
  case PW_BUFFER_HTTP_RESPONSE_BODY:
  case PW_BUFFER_DOWNSTREAM_DATA:
  case PW_BUFFER_UPSTREAM_DATA:
    stage = body_stage(context, type);
    if (stage == NULL) {
      return PW_STATUS_NOT_FOUND;
    }
    *bytes = pw_buffer_view(&stage->body);
    return PW_STATUS_OK;
  case PW_BUFFER_HTTP_CALL_RESPONSE_BODY:
    if (root->http_call == NULL) {
      return PW_STATUS_NOT_FOUND;
    }
    *bytes = root->http_call->body;
    return PW_STATUS_OK;
  case PW_BUFFER_GRPC_CALL_MESSAGE:
    if (root->grpc_message == NULL) {
      return PW_STATUS_NOT_FOUND;
    }
    *bytes = *root->grpc_message;
    return PW_STATUS_OK;
  case PW_BUFFER_VM_CONFIGURATION:
    *bytes = config->vm_configuration;
    return PW_STATUS_OK;
  case PW_BUFFER_PLUGIN_CONFIGURATION:
    *bytes = config->configuration;
    return PW_STATUS_OK;
  case PW_BUFFER_FOREIGN_FUNCTION_ARGUMENTS:
    if (root->foreign_arguments == NULL) {
      return PW_STATUS_NOT_FOUND;
    }
    *bytes = *root->foreign_arguments;
    return PW_STATUS_OK;
  default:
    return PW_STATUS_BAD_ARGUMENT;
  }
}

PW_HOSTCALL(pw_hc_get_buffer_bytes)
{
  struct pw_view bytes;
  struct pw_view part;
  enum pw_status status = buffer_bytes(vm, in[0].u32, &bytes);

  if (status == PW_STATUS_OK) {
    status = pw_buffer_part(bytes, in[1].u32, in[2].u32, &part);
  }
  return status == PW_STATUS_OK ? pw_guest_return(vm, part, in[3], in[4]) : status;
}

PW_HOSTCALL_PLAIN(pw_hc_get_buffer_status)
{
  struct pw_view bytes;
  enum pw_status status = buffer_bytes(vm, in[0].u32, &bytes);

  if (status != PW_STATUS_OK) {
    return status;
  }
  if (pw_guest(vm, in[1].u32, 4) == NULL || pw_guest(vm, in[2].u32, 4) == NULL) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  pw_guest_write_u32(vm, in[2].u32, 0);
  pw_guest_write_u32(vm, in[1].u32, (uint32_t)bytes.size);
  return PW_STATUS_OK;
}

PW_HOSTCALL_PLAIN(pw_hc_set_buffer_bytes)
{
  struct pw_context *context = vm->effective;
  struct pw_stage   *stage;
  struct pw_view     value;

  if (in[0].u32 >= PW_BUFFER_TYPE_COUNT) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  if (!pw_guest_view(vm, in[3], in[4], &value)) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  if (in[0].u32 > PW_BUFFER_UPSTREAM_DATA) {
    /* What a call answered, and configurations, can only be read. */
    return PW_STATUS_BAD_ARGUMENT;
  }
  stage = body_stage(context, in[0].u32);
  if (stage == NULL) {
    return PW_STATUS_NOT_FOUND;
  }
  return pw_buffer_replace(&stage->body, in[1].u32, in[2].u32, value,
                           context->instance->plugin->config.limits.body_bytes);
}

PW_HOSTCALL(pw_hc_get_configuration)
{
  const struct pw_plugin_config *config = &vm->effective->instance->plugin->config;

  return pw_guest_return(vm, vm->effective->root->in_vm_start ? config->vm_configuration : config->configuration, in[0],
                         in[1]);
}
