/* SPDX-License-Identifier: Apache-2.0 */
/* Hostcalls about contexts, logging, clocks and timers. */
#include "host/guest.h"
#include "host/hostcall_table.h"
#include "host/log.h"

static struct pw_context *
context_find(const struct pw_vm *vm, uint32_t id)
{
  return (struct pw_context *)pw_id_map_get(&vm->contexts, id);
}

PW_HOSTCALL_PLAIN(pw_hc_done)
{
  struct pw_context *context = vm->effective;

  (void)in;
  if (!context->done_pending || context->finishing) {
    return PW_STATUS_NOT_FOUND;
  }
  /* on_log and on_delete come when the callback under way has returned: a module is never called back from within. */
  pw_vm_finish_later(vm, context);
  return PW_STATUS_OK;
}

PW_HOSTCALL_PLAIN(pw_hc_set_effective_context)
{
  struct pw_context *context = context_find(vm, in[0].u32);

  if (context == NULL) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  vm->effective = context;
  return PW_STATUS_OK;
}

static __attribute__((noinline)) const char *write_line(void *context, const void *data, pw_value *values);

PW_HOSTCALL_PLAIN(write_line)
{
  struct pw_view message;

  if (in[0].u32 > PW_LOG_CRITICAL) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  if (!pw_guest_view(vm, in[1], in[2], &message)) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  pw_instance_log(vm->effective->instance, (enum pw_log_level)in[0].u32, message);
  return PW_STATUS_OK;
}

/* What nearly always holds, with no call to save registers for; else it is done the careful way. */
const char *
pw_hc_log(void *context, const void *data, pw_value *values)
{
  const struct pw_vm     *vm       = (const struct pw_vm *)context;
  struct pw_instance     *instance = vm->effective->instance;
  const struct pw_plugin *plugin   = instance->plugin;
  uint32_t                level    = values[0].u32;
  struct pw_view          message;

  if (PW_LIKELY(!vm->allocating && level <= PW_LOG_CRITICAL && level >= (uint32_t)plugin->config.log_level &&
                pw_guest_has(vm, values[1], values[2], &message) &&
                pw_log_text_plain(message, plugin->config.limits.log_line_bytes) &&
                pw_log_limiter_take(instance->limiter))) {
    vm->host->proxy->log(vm->host->proxy_data, plugin, (enum pw_log_level)level, message);
    values[0].u64 = PW_STATUS_OK;
    return NULL;
  }
  return write_line(context, data, values);
}

PW_HOSTCALL_PLAIN(pw_hc_get_log_level)
{
  uint32_t level = (uint32_t)vm->effective->instance->plugin->config.log_level;

  return pw_guest_write_u32(vm, in[0].u32, level) ? PW_STATUS_OK : PW_STATUS_INVALID_MEMORY_ACCESS;
}

PW_HOSTCALL_PLAIN(pw_hc_get_current_time)
{
  uint64_t now = vm->host->proxy->time_realtime(vm->host->proxy_data);

  return pw_guest_write_u64(vm, in[0].u32, now) ? PW_STATUS_OK : PW_STATUS_INVALID_MEMORY_ACCESS;
}

static __attribute__((noinline)) enum pw_status
set_tick(struct pw_vm *vm, struct pw_root *root, uint32_t period)
{
  struct pw_instance *instance = root->context.instance;
  uint32_t            shortest = instance->plugin->config.limits.tick_milliseconds;

  if (vm->host->proxy->set_tick == NULL) {
    return PW_STATUS_UNIMPLEMENTED;
  }
  if (period != 0 && period < shortest) {
    pw_instance_note(instance, PW_LOG_WARN,
                     "a tick period of %u ms is raised to %u ms, the configured shortest (limits.tick)", period,
                     shortest);
    period = shortest;
  }
  if (period != root->tick_milliseconds) {
    root->tick_milliseconds = period;
    vm->host->proxy->set_tick(vm->worker->data, instance, period);
  }
  return PW_STATUS_OK;
}

PW_HOSTCALL_PLAIN(pw_hc_set_tick_period)
{
  struct pw_root *root = vm->effective->root;

  /* Modules set the same period again and again. One that is set says that the proxy has ticks. */
  return in[0].u32 != 0 && in[0].u32 == root->tick_milliseconds ? PW_STATUS_OK : set_tick(vm, root, in[0].u32);
}

PW_HOSTCALL(pw_hc_get_status)
{
  const struct pw_root *root = vm->effective->root;

  if (pw_guest(vm, in[0].u32, 4) == NULL) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  if (pw_guest_return(vm, root->status_message, in[1], in[2]) != PW_STATUS_OK) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  pw_guest_write_u32(vm, in[0].u32, root->status_code);
  return PW_STATUS_OK;
}

/* Emscripten tells that the memory grew; the host looks for itself when it has to. */
const char *
pw_hc_memory_grown(void *context, const void *data, pw_value *values)
{
  (void)context;
  (void)data;
  (void)values;
  return NULL;
}
