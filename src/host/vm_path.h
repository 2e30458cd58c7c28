/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file vm_path.h
 * What each context does with a VM: it joins it, is called, and leaves. Inline, since a stream is called six times, and
 * most arguments are constants; what is seldom is in vm.c.
 */
#ifndef PROXYWASM_HOST_VM_PATH_H
#define PROXYWASM_HOST_VM_PATH_H

#include "host/internal.h"

/** The next id that no context has, when all of them have been used once. */
uint32_t pw_vm_reuse_id(struct pw_vm *vm);

/** Registers a context: gives it an id. False when memory is out. It has no reference of the VM: a root has one, and a
 *  stream's context has one of a root. */
static inline bool
pw_vm_add_context(struct pw_vm *vm, struct pw_context *context)
{
  if (PW_LIKELY(vm->next_context_id <= UINT32_MAX)) {
    context->id = (uint32_t)vm->next_context_id++;
  } else {
    context->id = pw_vm_reuse_id(vm);
  }
  if (!pw_id_map_put(&vm->contexts, context->id, context)) {
    return false;
  }
  context->vm = vm;
  return true;
}

/** The call of a VM that runs already, or is dead, watched or unsettled. */
bool pw_vm_call_otherwise(struct pw_vm *vm, struct pw_context *context, enum pw_callback callback, pw_value *values,
                          size_t count, uint32_t deadline_ms);
/** What follows a call that trapped (`ok` is false), or after which the VM is not as it was. Returns `ok`. */
bool pw_vm_call_ended(struct pw_vm *vm, const struct pw_context *context, enum pw_callback callback, bool ok);

/** The engine's call. A trap is told in the worker, which is nobody's longer than until it is looked at: on the stack
 *  it would put as much between what each call uses. */
static inline bool
pw_vm_run(struct pw_vm *vm, struct pw_context *context, const pw_function *function, pw_value *values, size_t count,
          uint32_t deadline_ms)
{
  vm->effective = context;
  return vm->call(vm->instance, function, values, count, deadline_ms, vm->told);
}

/**
 * Calls a callback for a context, with `count` values, one at least. False: it trapped (the VM is dead then, the proxy
 * was told), or was dead before. The callback is there: the caller asked pw_plugin_wants.
 */
static inline bool
pw_vm_call(struct pw_vm *vm, struct pw_context *context, enum pw_callback callback, pw_value *values, size_t count,
           uint32_t deadline_ms)
{
  bool ok;

  if (PW_UNLIKELY(vm->state != 0)) {
    return pw_vm_call_otherwise(vm, context, callback, values, count, deadline_ms);
  }
  vm->state = PW_VM_RUNNING;
  ok        = pw_vm_run(vm, context, &vm->callbacks[callback], values, count, deadline_ms);
  if (PW_UNLIKELY(!ok || vm->state != PW_VM_RUNNING)) {
    return pw_vm_call_ended(vm, context, callback, ok);
  }
  vm->state = 0;
  return true;
}

/** proxy_on_context_create. */
static inline bool
pw_context_create(struct pw_context *context, const struct pw_plugin *plugin, uint32_t parent_id, uint32_t deadline_ms)
{
  pw_value values[2];

  if (!pw_plugin_wants(plugin, PW_CALLBACK_CONTEXT_CREATE)) {
    return true;
  }
  values[0].u64 = context->id;
  values[1].u64 = parent_id;
  return pw_vm_call(context->vm, context, PW_CALLBACK_CONTEXT_CREATE, values, 2, deadline_ms);
}

/** Whether the module may put the end of this context off; it is waited for then. */
bool pw_context_defer(struct pw_context *context);

/** A callback that takes nothing but the context's id. False: it trapped. */
static inline bool
pw_context_tell(struct pw_vm *vm, struct pw_context *context, const struct pw_plugin *plugin, enum pw_callback callback,
                pw_value *value)
{
  value->u64 = context->id;
  return pw_vm_call(vm, context, callback, value, 1, plugin->config.limits.callback_milliseconds);
}

/** on_log, if it is a stream's, then on_delete. A root context has no log entry to make: the text of on_log does not
 * say so, but the reference host leaves it out, and the AssemblyScript SDK traps on it. */
static inline void
pw_context_tell_end(struct pw_context *context, const struct pw_plugin *plugin, bool of_stream)
{
  struct pw_vm *vm = context->vm;
  pw_value      value;

  if (pw_plugin_wants(plugin, PW_CALLBACK_LOG) && of_stream) {
    pw_context_tell(vm, context, plugin, PW_CALLBACK_LOG, &value);
  }
  if (pw_plugin_wants(plugin, PW_CALLBACK_DELETE)) {
    pw_context_tell(vm, context, plugin, PW_CALLBACK_DELETE, &value);
  }
}

/** on_done, and if it answers true on_log and on_delete. Answers false when the module defers. */
static inline bool
pw_context_done(struct pw_context *context, const struct pw_plugin *plugin, bool of_stream)
{
  pw_value value;

  if (pw_plugin_wants(plugin, PW_CALLBACK_DONE)) {
    if (PW_UNLIKELY(!pw_context_tell(context->vm, context, plugin, PW_CALLBACK_DONE, &value))) {
      return true;
    }
    if (PW_UNLIKELY(value.u32 == 0) && pw_context_defer(context)) {
      return false;
    }
  }
  pw_context_tell_end(context, plugin, of_stream);
  return true;
}

#endif
