/* SPDX-License-Identifier: Apache-2.0 */
/* The life that every context has: create, done, log, delete (ABI text, "Context lifecycle"). */
#include "host/internal.h"

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
    if (value.u32 == 0) {
      context->done_pending = true;
      return false;
    }
  }
  context_tell_end(context);
  return true;
}

void
pw_context_finish(struct pw_context *context)
{
  context->done_pending = false;
  context_tell_end(context);
  if (context->stream != NULL) {
    pw_stream_context_gone(context->stream, context);
  } else {
    pw_root_finished(context->root);
  }
}
