/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to a root context from outside: ticks, and what HTTP and gRPC calls bring. */
#include "host/root_calls.h"
#include "host/vm_path.h"

/* Calls a callback of the root, if it lives and has it. `values[0]` is filled here. */
static void
root_call(struct pw_root *root, enum pw_callback callback, pw_value *values, size_t count)
{
  const struct pw_plugin *plugin = root->context.instance->plugin;

  if (pw_plugin_wants(plugin, callback) && !pw_vm_is_dead(root->context.vm)) {
    values[0].u64 = root->context.id;
    pw_vm_call(root->context.vm, &root->context, callback, values, count, plugin->config.limits.callback_milliseconds);
  }
}

/* The root that a call belongs to, retained; NULL when its VM has died or the call is over. The lock is taken. */
static struct pw_root *
root_enter(struct pw_instance *instance, uint32_t call_id)
{
  struct pw_root *root;

  pw_worker_enter(instance->worker);
  root = instance->root;
  if (root != NULL && (call_id == 0 || pw_root_call_kind(root, call_id) != PW_CALL_NONE)) {
    return pw_root_retain(root);
  }
  pw_worker_leave(instance->worker);
  return NULL;
}

static void
root_leave(struct pw_root *root)
{
  struct pw_worker *worker = root->context.instance->worker;

  pw_root_release(root);
  pw_worker_leave(worker);
}

static size_t
pairs_count(const struct pw_pairs *pairs)
{
  return pairs != NULL ? pairs->count : 0;
}

void
pw_instance_tick(struct pw_instance *instance)
{
  struct pw_root *root = root_enter(instance, 0);
  pw_value        values[1];

  if (root != NULL) {
    root_call(root, PW_CALLBACK_TICK, values, 1);
    root_leave(root);
  }
}

enum pw_status
pw_instance_foreign_function(struct pw_instance *instance, uint32_t function_id, struct pw_view arguments)
{
  struct pw_root *root;
  pw_value        values[3];

  if (!pw_plugin_wants(instance->plugin, PW_CALLBACK_FOREIGN_FUNCTION)) {
    return PW_STATUS_NOT_FOUND;
  }
  root = root_enter(instance, 0);
  if (root == NULL) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  values[1].u64           = function_id;
  values[2].u64           = arguments.size;
  root->foreign_arguments = &arguments;
  root_call(root, PW_CALLBACK_FOREIGN_FUNCTION, values, 3);
  root->foreign_arguments = NULL;
  root_leave(root);
  return PW_STATUS_OK;
}

void
pw_instance_http_call_end(struct pw_instance *instance, uint32_t id, const struct pw_http_call_result *result)
{
  struct pw_root *root = root_enter(instance, id);
  pw_value        values[5];

  if (root == NULL) {
    return;
  }
  pw_root_call_remove(root, id);
  root->http_call      = result;
  root->status_code    = result->status_code;
  root->status_message = result->status_message;
  values[1].u64        = id;
  values[2].u64        = pairs_count(result->headers);
  values[3].u64        = result->body.size;
  values[4].u64        = pairs_count(result->trailers);
  root_call(root, PW_CALLBACK_HTTP_CALL_RESPONSE, values, 5);
  root->http_call      = NULL;
  root->status_code    = 0;
  root->status_message = pw_view_make(NULL, 0);
  root_leave(root);
}

/* The text has metadata for calls, too, and all messages and an end behind them; but also that a call is answered by
 * one message *or* its end. The reference host does that and no more, and the Rust SDK panics on whatever else comes.
 */
static bool
is_grpc_call(const struct pw_root *root, uint32_t id)
{
  return pw_root_call_kind(root, id) == PW_CALL_GRPC;
}

/* The root that a gRPC stream belongs to, as root_enter. */
static struct pw_root *
root_enter_grpc_stream(struct pw_instance *instance, uint32_t id)
{
  struct pw_root *root = root_enter(instance, id);

  if (root != NULL && is_grpc_call(root, id)) {
    root_leave(root);
    return NULL;
  }
  return root;
}

void
pw_instance_grpc_initial_metadata(struct pw_instance *instance, uint32_t id, const struct pw_pairs *metadata)
{
  struct pw_root *root = root_enter_grpc_stream(instance, id);
  pw_value        values[3];

  if (root != NULL) {
    root->grpc_initial_metadata = metadata;
    values[1].u64               = id;
    values[2].u64               = pairs_count(metadata);
    root_call(root, PW_CALLBACK_GRPC_RECEIVE_INITIAL_METADATA, values, 3);
    root->grpc_initial_metadata = NULL;
    root_leave(root);
  }
}

void
pw_instance_grpc_message(struct pw_instance *instance, uint32_t id, struct pw_view message)
{
  struct pw_root *root = root_enter(instance, id);
  pw_value        values[3];

  if (root != NULL) {
    if (is_grpc_call(root, id)) {
      pw_root_call_remove(root, id);
    }
    root->grpc_message = &message;
    values[1].u64      = id;
    values[2].u64      = message.size;
    root_call(root, PW_CALLBACK_GRPC_RECEIVE, values, 3);
    root->grpc_message = NULL;
    root_leave(root);
  }
}

void
pw_instance_grpc_trailing_metadata(struct pw_instance *instance, uint32_t id, const struct pw_pairs *metadata)
{
  struct pw_root *root = root_enter_grpc_stream(instance, id);
  pw_value        values[3];

  if (root != NULL) {
    root->grpc_trailing_metadata = metadata;
    values[1].u64                = id;
    values[2].u64                = pairs_count(metadata);
    root_call(root, PW_CALLBACK_GRPC_RECEIVE_TRAILING_METADATA, values, 3);
    root->grpc_trailing_metadata = NULL;
    root_leave(root);
  }
}

void
pw_instance_grpc_end(struct pw_instance *instance, uint32_t id, uint32_t status, struct pw_view message)
{
  struct pw_root *root = root_enter(instance, id);
  pw_value        values[3];

  if (root != NULL) {
    if (is_grpc_call(root, id)) {
      pw_root_call_remove(root, id);
    } else {
      pw_root_call_over(root, id);
    }
    root->status_code    = status;
    root->status_message = message;
    values[1].u64        = id;
    values[2].u64        = status;
    root_call(root, PW_CALLBACK_GRPC_CLOSE, values, 3);
    root->status_code    = 0;
    root->status_message = pw_view_make(NULL, 0);
    pw_root_call_remove(root, id);
    root_leave(root);
  }
}
