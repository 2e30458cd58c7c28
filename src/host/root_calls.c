/* SPDX-License-Identifier: Apache-2.0 */
#include "host/root_calls.h"

#include "host/log.h"

/* The map's values are no pointers: the kind, and the bytes before it. */
#define KIND_BITS 3

static void *
value_of(enum pw_call_kind kind, size_t bytes)
{
  return (void *)((uintptr_t)kind | (uintptr_t)bytes << KIND_BITS);
}

static enum pw_call_kind
kind_of(const void *value)
{
  return (enum pw_call_kind)((uintptr_t)value & ((1u << KIND_BITS) - 1));
}

static size_t
bytes_of(const void *value)
{
  return (size_t)((uintptr_t)value >> KIND_BITS);
}

/* With a VM for each stream they count together. */
static size_t *
bytes_of_plugin(const struct pw_root *root)
{
  struct pw_instance *instance = root->context.instance;

  return instance->factory != NULL ? &instance->factory->call_bytes : &instance->call_bytes;
}

static bool
is_allowed(struct pw_root *root, size_t bytes)
{
  struct pw_instance *instance = root->context.instance;
  uint32_t            limit    = instance->plugin->config.limits.calls_in_flight;
  size_t              held     = *bytes_of_plugin(root);

  if (root->calls.count >= limit) {
    pw_instance_note(instance, PW_LOG_WARN, "a call is refused: %u are in flight already (limits.calls_in_flight)",
                     limit);
    return false;
  }
  if (!pw_call_bytes_fit(held, bytes)) {
    pw_instance_note(instance, PW_LOG_WARN,
                     "a call of %zu bytes is refused: those in flight hold %zu, and may hold %zu in all", bytes, held,
                     PW_MAX_CALL_BYTES);
    return false;
  }
  return true;
}

uint32_t
pw_root_call_add(struct pw_root *root, enum pw_call_kind kind, size_t bytes)
{
  struct pw_worker *worker = root->context.instance->worker;
  uint32_t          id;

  if (!is_allowed(root, bytes)) {
    return 0;
  }
  do {
    id = ++worker->next_call_id;
  } while (id == 0 || pw_id_map_get(&root->calls, id) != NULL);
  if (!pw_id_map_put(&root->calls, id, value_of(kind, bytes))) {
    return 0;
  }
  *bytes_of_plugin(root) += bytes;
  return id;
}

enum pw_call_kind
pw_root_call_kind(const struct pw_root *root, uint32_t id)
{
  return kind_of(pw_id_map_get(&root->calls, id));
}

void
pw_root_call_over(struct pw_root *root, uint32_t id)
{
  const void *value = pw_id_map_get(&root->calls, id);

  if (value != NULL) {
    /* The id is there, so that this needs no memory. */
    pw_id_map_put(&root->calls, id, value_of(PW_CALL_GRPC_OVER, bytes_of(value)));
  }
}

void
pw_root_call_remove(struct pw_root *root, uint32_t id)
{
  *bytes_of_plugin(root) -= bytes_of(pw_id_map_remove(&root->calls, id));
}

void
pw_root_cancel_calls(struct pw_root *root)
{
  struct pw_worker          *worker = root->context.instance->worker;
  const struct pw_proxy_ops *proxy  = worker->host->proxy;
  size_t                     cursor = 0;
  uint32_t                   id;
  const void                *value;

  while ((value = pw_id_map_next(&root->calls, &cursor, &id)) != NULL) {
    enum pw_call_kind kind = kind_of(value);

    *bytes_of_plugin(root) -= bytes_of(value);
    if (kind == PW_CALL_HTTP && proxy->http_call_cancel != NULL) {
      proxy->http_call_cancel(worker->data, id);
    } else if ((kind == PW_CALL_GRPC || kind == PW_CALL_GRPC_STREAM) && proxy->grpc_cancel != NULL) {
      proxy->grpc_cancel(worker->data, id);
    }
  }
  pw_id_map_clear(&root->calls);
}
