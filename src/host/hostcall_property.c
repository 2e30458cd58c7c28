/* SPDX-License-Identifier: Apache-2.0 */
/* Hostcalls on properties (ABI text, section "Properties"). */
#include "host/guest.h"
#include "host/hostcall_table.h"
#include "host/message_property.h"

/* Longer than any path that makes sense. */
#define PW_MAX_PROPERTY_PATH 1024

static bool
find_own_property(const struct pw_context *context, struct pw_view path, struct pw_view *value)
{
  const struct pw_plugin_config *config = &context->instance->plugin->config;
  const struct {
    struct pw_view path;
    struct pw_view value;
  } properties[] = {{{"plugin_name", 11}, config->name},
                    {{"plugin_root_id", 14}, config->root_id},
                    {{"plugin_vm_id", 12}, config->vm_id}};
  size_t i;

  for (i = 0; i < sizeof(properties) / sizeof(properties[0]); ++i) {
    if (pw_view_equal(path, properties[i].path)) {
      *value = properties[i].value;
      return true;
    }
  }
  return false;
}

/* The properties that the host itself knows. */
static inline bool
own_property(const struct pw_context *context, struct pw_view path, struct pw_view *value)
{
  static const char common[] = "plugin_";

  return path.size > sizeof(common) - 1 && memcmp(path.data, common, sizeof(common) - 1) == 0 &&
         find_own_property(context, path, value);
}

/* The properties that modules set. They are the whole stream's, for plugins of any worker: NULL when its thread is
 * another one. */
static struct pw_property_store *
store_of(struct pw_context *context)
{
  if (context->stream == NULL) {
    return &context->root->properties;
  }
  return pw_context_stream_is_ours(context) ? &context->stream->properties : NULL;
}

/* A stream context whose transaction is over asks the proxy for nothing. */
static bool
proxy_reachable(const struct pw_context *context)
{
  return context->stream == NULL || pw_context_stream_data(context) != NULL;
}

/* SDKs differ in whether a NUL ends the path. */
static inline bool
lift_path(struct pw_vm *vm, pw_value address, pw_value size, struct pw_view *path)
{
  if (!pw_guest_view(vm, address, size, path)) {
    return false;
  }
  if (path->size > 0 && path->data[path->size - 1] == '\0') {
    --path->size;
  }
  return true;
}

PW_HOSTCALL(pw_hc_get_property)
{
  struct pw_context        *context = vm->effective;
  struct pw_property_store *store   = store_of(context);
  struct pw_bytes          *bytes   = &vm->worker->bytes;
  struct pw_view            path;
  struct pw_view            value;
  enum pw_status            status;

  if (!lift_path(vm, in[0], in[1], &path)) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  if (path.size == 0 || path.size > PW_MAX_PROPERTY_PATH) {
    return PW_STATUS_NOT_FOUND;
  }
  bytes->size = 0;
  if (!own_property(context, path, &value)) {
    if (store != NULL && pw_property_store_get(store, path, &value)) {
      /* Copied: the store must not be looked at while the guest's allocator runs. */
      status = pw_bytes_append(bytes, value.data, value.size) ? PW_STATUS_OK : PW_STATUS_INTERNAL_FAILURE;
    } else if (vm->host->proxy->property_get != NULL && proxy_reachable(context)) {
      status = vm->host->proxy->property_get(vm->worker->data, pw_context_stream_data(context), path, bytes);
    } else {
      status = PW_STATUS_NOT_FOUND;
    }
    if (status != PW_STATUS_OK) {
      return status;
    }
    value = pw_bytes_view(bytes);
  }
  return pw_guest_return(vm, value, in[2], in[3]);
}

PW_HOSTCALL(pw_hc_set_property)
{
  struct pw_context        *context = vm->effective;
  struct pw_property_store *store   = store_of(context);
  struct pw_view            path;
  struct pw_view            value;
  struct pw_view            own;
  enum pw_status            status = PW_STATUS_NOT_FOUND;

  if (!lift_path(vm, in[0], in[1], &path) || !pw_guest_view(vm, in[2], in[3], &value)) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  if (path.size == 0 || path.size > PW_MAX_PROPERTY_PATH || store == NULL || own_property(context, path, &own)) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  if (proxy_reachable(context)) {
    status = pw_message_property_set(vm, context, path, value);
  }
  if (status == PW_STATUS_NOT_FOUND) {
    status = pw_property_store_set(store, path, value, context->instance->plugin->config.limits.properties_bytes);
  }
  return status;
}
