/* SPDX-License-Identifier: Apache-2.0 */
/* The life that every context has: create, done, log, delete (ABI text, "Context lifecycle"). */
#include "host/internal.h"
#include "host/log.h"

/* The most ends that a plugin may put off at once. Each keeps a copy of its stream's headers; or a VM, where each
 * stream has one. */
#define PW_MAX_DEFERRED     10000
#define PW_MAX_DEFERRED_VMS 100

static uint32_t
context_deadline(const struct pw_context *context)
{
  return context->instance->plugin->config.limits.callback_milliseconds;
}

/* A callback that takes nothing but the context's id. False: it trapped. */
static bool
context_tell(struct pw_context *context, enum pw_callback callback, pw_value *value)
{
  value->u64 = context->id;
  return pw_vm_call(context->vm, context, callback, value, 1, context_deadline(context));
}

bool
pw_context_create(struct pw_context *context, uint32_t parent_id)
{
  const struct pw_plugin *plugin = context->instance->plugin;
  pw_value                values[2];

  if (!pw_plugin_wants(plugin, PW_CALLBACK_CONTEXT_CREATE)) {
    return true;
  }
  values[0].u64 = context->id;
  values[1].u64 = parent_id;
  return pw_vm_call(context->vm, context, PW_CALLBACK_CONTEXT_CREATE, values, 2,
                    parent_id == 0 ? plugin->config.limits.start_milliseconds : context_deadline(context));
}

/* on_log, then on_delete. A root context has no log entry to make: the text of on_log does not say so, but the
 * reference host leaves it out, and the AssemblyScript SDK traps on it. */
static void
context_tell_end(struct pw_context *context)
{
  const struct pw_plugin *plugin = context->instance->plugin;
  pw_value                value;

  if (context->stream != NULL && pw_plugin_wants(plugin, PW_CALLBACK_LOG)) {
    context_tell(context, PW_CALLBACK_LOG, &value);
  }
  if (pw_plugin_wants(plugin, PW_CALLBACK_DELETE)) {
    context_tell(context, PW_CALLBACK_DELETE, &value);
  }
}

/* Whether the module may put the end of this context off; it is waited for then. */
static bool
context_defer(struct pw_context *context)
{
  struct pw_plugin *plugin = context->instance->plugin;
  unsigned          most   = plugin->config.vm_per_stream ? PW_MAX_DEFERRED_VMS : PW_MAX_DEFERRED;

  if (atomic_fetch_add_explicit(&plugin->deferred, 1, memory_order_relaxed) >= most) {
    atomic_fetch_sub_explicit(&plugin->deferred, 1, memory_order_relaxed);
    pw_instance_note(context->instance, PW_LOG_WARN,
                     "an end is not deferred: %u contexts wait for the module's proxy_done already", most);
    return false;
  }
  context->done_pending = true;
  return true;
}

void
pw_context_settle_done(struct pw_context *context)
{
  if (context->done_pending) {
    context->done_pending = false;
    atomic_fetch_sub_explicit(&context->instance->plugin->deferred, 1, memory_order_relaxed);
  }
}

bool
pw_context_done(struct pw_context *context)
{
  pw_value value;

  if (context->vm->dead) {
    return true;
  }
  if (pw_plugin_wants(context->instance->plugin, PW_CALLBACK_DONE)) {
    if (!context_tell(context, PW_CALLBACK_DONE, &value)) {
      return true;
    }
    if (value.u32 == 0 && context_defer(context)) {
      return false;
    }
  }
  context_tell_end(context);
  return true;
}

void
pw_context_finish(struct pw_context *context)
{
  pw_context_settle_done(context);
  context_tell_end(context);
  if (context->stream != NULL) {
    pw_stream_context_gone(context->stream, context);
  } else {
    pw_root_finished(context->root);
  }
}
