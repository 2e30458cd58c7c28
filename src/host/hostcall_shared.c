/* SPDX-License-Identifier: Apache-2.0 */
/* Hostcalls on what plugins share: data, queues, metrics, foreign functions. */
#include "host/guest.h"
#include "host/hostcall_table.h"
#include "host/log.h"

static struct pw_view
vm_id(const struct pw_vm *vm)
{
  return vm->effective->instance->plugin->config.vm_id;
}

static struct pw_bytes *
bytes_begin(struct pw_vm *vm)
{
  vm->worker->bytes.size = 0;
  return &vm->worker->bytes;
}

/* ----------------------------------------------------------------------------------------------------- shared data */

PW_HOSTCALL(pw_hc_get_shared_data)
{
  struct pw_bytes *value = bytes_begin(vm);
  struct pw_view   key;
  uint32_t         cas;
  enum pw_status   status;

  if (!pw_guest_view(vm, in[0], in[1], &key) || pw_guest(vm, in[4].u32, 4) == NULL) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  status = pw_shared_data_get(vm->host->shared_data, vm_id(vm), key, value, &cas);
  if (status == PW_STATUS_OK) {
    status = pw_guest_return(vm, pw_bytes_view(value), in[2], in[3]);
  }
  if (status == PW_STATUS_OK) {
    pw_guest_write_u32(vm, in[4].u32, cas);
  }
  return status;
}

PW_HOSTCALL(pw_hc_set_shared_data)
{
  struct pw_view key;
  struct pw_view value;

  if (!pw_guest_view(vm, in[0], in[1], &key) || !pw_guest_view(vm, in[2], in[3], &value)) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  return pw_shared_data_set(vm->host->shared_data, vm_id(vm), key, value, in[4].u32);
}

/* ---------------------------------------------------------------------------------------------------------- queues */

PW_HOSTCALL(pw_hc_register_shared_queue)
{
  struct pw_root            *root       = vm->effective->root;
  struct pw_queue_subscriber subscriber = pw_root_subscriber(root);
  struct pw_view             name;
  uint32_t                   id;
  enum pw_status             status;

  if (!pw_guest_view(vm, in[0], in[1], &name) || pw_guest(vm, in[2].u32, 4) == NULL) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  status = pw_shared_queues_register(vm->host->shared_queues, vm_id(vm), name, &subscriber, &id);
  if (status == PW_STATUS_OK) {
    root->subscribed = true;
    pw_guest_write_u32(vm, in[2].u32, id);
  }
  return status;
}

PW_HOSTCALL(pw_hc_resolve_shared_queue)
{
  struct pw_view id_of_vm;
  struct pw_view name;
  uint32_t       id;
  enum pw_status status;

  if (!pw_guest_view(vm, in[0], in[1], &id_of_vm) || !pw_guest_view(vm, in[2], in[3], &name) ||
      pw_guest(vm, in[4].u32, 4) == NULL) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  /* The text is silent on an empty id. The reference host takes it for the caller's own. */
  status = pw_shared_queues_resolve(vm->host->shared_queues, id_of_vm.size > 0 ? id_of_vm : vm_id(vm), name, &id);
  if (status == PW_STATUS_OK) {
    pw_guest_write_u32(vm, in[4].u32, id);
  }
  return status;
}

PW_HOSTCALL(pw_hc_enqueue_shared_queue)
{
  struct pw_view item;

  if (!pw_guest_view(vm, in[1], in[2], &item)) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  return pw_shared_queues_enqueue(vm->host->shared_queues, in[0].u32, item);
}

PW_HOSTCALL(pw_hc_dequeue_shared_queue)
{
  struct pw_bytes *item = bytes_begin(vm);
  enum pw_status   status;

  /* Before the item is taken: it must not be lost to a bad address. */
  if (pw_guest(vm, in[1].u32, 4) == NULL || pw_guest(vm, in[2].u32, 4) == NULL) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  status = pw_shared_queues_dequeue(vm->host->shared_queues, in[0].u32, item);
  return status == PW_STATUS_OK ? pw_guest_return(vm, pw_bytes_view(item), in[1], in[2]) : status;
}

/* --------------------------------------------------------------------------------------------------------- metrics */

PW_HOSTCALL(pw_hc_define_metric)
{
  const struct pw_metric *created;
  struct pw_view          name;
  uint32_t                id;
  enum pw_status          status;

  if (in[0].u32 >= PW_METRIC_TYPE_COUNT) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  if (!pw_guest_view(vm, in[1], in[2], &name) || pw_guest(vm, in[3].u32, 4) == NULL) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  status = pw_metrics_define(vm->host->metrics, in[0].u32, name, &id, &created);
  if (status != PW_STATUS_OK) {
    return status;
  }
  if (created != NULL && vm->host->proxy->metric_defined != NULL) {
    vm->host->proxy->metric_defined(vm->host->proxy_data, created);
  }
  pw_guest_write_u32(vm, in[3].u32, id);
  return PW_STATUS_OK;
}

static __attribute__((noinline)) const char *record_metric(void *context, const void *data, pw_value *values);

PW_HOSTCALL_PLAIN(record_metric)
{
  return pw_metrics_record(vm->host->metrics, vm->worker->metric_cells, in[0].u32, in[1].u64);
}

/* A sample of a histogram that the worker has some of already; else it is done the careful way. */
const char *
pw_hc_record_metric(void *context, const void *data, pw_value *values)
{
  const struct pw_vm *vm = (const struct pw_vm *)context;

  if (PW_LIKELY(!vm->allocating && pw_metric_cells_record(vm->worker->metric_cells, values[0].u32, values[1].u64))) {
    values[0].u64 = PW_STATUS_OK;
    return NULL;
  }
  return record_metric(context, data, values);
}

static __attribute__((noinline)) const char *increment_metric(void *context, const void *data, pw_value *values);

PW_HOSTCALL_PLAIN(increment_metric)
{
  return pw_metrics_increment(vm->host->metrics, vm->worker->metric_cells, in[0].u32, in[1].i64);
}

/* What nearly always holds, with no call to save registers for; else it is done the careful way. */
const char *
pw_hc_increment_metric(void *context, const void *data, pw_value *values)
{
  const struct pw_vm *vm = (const struct pw_vm *)context;

  if (PW_LIKELY(!vm->allocating && pw_metric_cells_add(vm->worker->metric_cells, values[0].u32, values[1].i64))) {
    values[0].u64 = PW_STATUS_OK;
    return NULL;
  }
  return increment_metric(context, data, values);
}

PW_HOSTCALL_PLAIN(pw_hc_get_metric)
{
  uint64_t       value;
  enum pw_status status = pw_metrics_get(vm->host->metrics, in[0].u32, &value);

  if (status != PW_STATUS_OK) {
    return status;
  }
  return pw_guest_write_u64(vm, in[1].u32, value) ? PW_STATUS_OK : PW_STATUS_INVALID_MEMORY_ACCESS;
}

/* ----------------------------------------------------------------------------------------------- foreign functions */

PW_HOSTCALL(pw_hc_call_foreign_function)
{
  const struct pw_foreign_function_entry *entry;
  struct pw_context                      *context = vm->effective;
  struct pw_bytes                        *result  = bytes_begin(vm);
  struct pw_view                          name;
  struct pw_view                          arguments;
  enum pw_status                          status;

  if (!pw_guest_view(vm, in[0], in[1], &name) || !pw_guest_view(vm, in[2], in[3], &arguments)) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  /* "Return values are optional": both addresses are 0 when the module does not want them. */
  if ((in[4].u32 != 0 && pw_guest(vm, in[4].u32, 4) == NULL) ||
      (in[5].u32 != 0 && pw_guest(vm, in[5].u32, 4) == NULL)) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  entry = pw_foreign_functions_find(&vm->host->foreign_functions, name);
  if (entry == NULL) {
    return PW_STATUS_NOT_FOUND;
  }
  status = entry->function(entry->data, context->instance, pw_context_stream_data(context), arguments, result);
  if (status != PW_STATUS_OK || in[4].u32 == 0 || in[5].u32 == 0) {
    return status;
  }
  return pw_guest_return(vm, pw_bytes_view(result), in[4], in[5]);
}
