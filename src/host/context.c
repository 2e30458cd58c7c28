/* SPDX-License-Identifier: Apache-2.0 */
/* The life that every context has: create, done, log, delete (ABI text, "Context lifecycle"). */
#include "host/internal.h"
#include "host/log.h"
#include "host/vm_path.h"

/* The most ends that a plugin may put off at once. Each keeps a copy of its stream's headers; or a VM, where each
 * stream has one. */
#define PW_MAX_DEFERRED     10000
#define PW_MAX_DEFERRED_VMS 100

bool
pw_context_defer(struct pw_context *context)
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
pw_context_settle_deferred(struct pw_context *context)
{
  context->done_pending = false;
  atomic_fetch_sub_explicit(&context->instance->plugin->deferred, 1, memory_order_relaxed);
}

void
pw_context_finish(struct pw_context *context)
{
  pw_context_settle_done(context);
  pw_context_tell_end(context, context->instance->plugin, context->stream != NULL);
  if (context->stream != NULL) {
    pw_stream_context_gone(context->stream, context);
  } else {
    pw_root_finished(context->root);
  }
}
