/* SPDX-License-Identifier: Apache-2.0 */
/* A configured module: its configuration copied, its code compiled, its imports resolved, once for all workers. */
#include "host/code.h"
#include "host/link.h"
#include "module/module_parameters.h"

#include <stdlib.h>

#define PW_DEFAULT_MEMORY_BYTES          (UINT64_C(256) << 20)
#define PW_DEFAULT_CALLBACK_MILLISECONDS 100
#define PW_DEFAULT_START_MILLISECONDS    10000
#define PW_DEFAULT_BODY_BYTES            (UINT64_C(10) << 20)
#define PW_DEFAULT_CALLS_IN_FLIGHT       1000
#define PW_DEFAULT_LOG_LINES_PER_SECOND  1000
#define PW_DEFAULT_LOG_LINE_BYTES        (8u << 10)
#define PW_DEFAULT_TICK_MILLISECONDS     10
#define PW_DEFAULT_PROPERTIES_BYTES      (64u << 10)
#define PW_DEFAULT_PAUSE_MILLISECONDS    60000
#define PW_DEFAULT_COMPILE_MILLISECONDS  60000
#define PW_DEFAULT_COMPILE_MEMORY_BYTES  (UINT64_C(2) << 30)

/* ---------------------------------------------------------------------------------------------------- configuration */

/* Strings are copied into one run of bytes whose size is known first, so that views into it stay right. */
static struct pw_view
keep(struct pw_plugin *plugin, struct pw_view text)
{
  struct pw_view kept = pw_view_make(plugin->strings.data + plugin->strings.size, text.size);

  if (text.size > 0) {
    memcpy(plugin->strings.data + plugin->strings.size, text.data, text.size);
  }
  plugin->strings.data[plugin->strings.size + text.size] = '\0';
  plugin->strings.size += text.size + 1;
  return kept;
}

static size_t
strings_size(const struct pw_plugin_config *config)
{
  size_t size = config->name.size + config->root_id.size + config->vm_id.size + config->configuration.size +
                config->vm_configuration.size + 5;
  size_t i;

  for (i = 0; i < config->capability_count; ++i) {
    size += config->capabilities[i].size + 1;
  }
  for (i = 0; i < config->environment_count; ++i) {
    size += config->environment[i].key.size + config->environment[i].value.size + 2;
  }
  return size;
}

static void
apply_defaults(struct pw_limits *limits)
{
#define DEFAULT_LIMIT(field, value)                                                                                    \
  do {                                                                                                                 \
    limits->field = limits->field != 0 ? limits->field : (value);                                                      \
  } while (0)
  DEFAULT_LIMIT(memory_bytes, PW_DEFAULT_MEMORY_BYTES);
  DEFAULT_LIMIT(stack_bytes, PW_DEFAULT_STACK_BYTES);
  DEFAULT_LIMIT(callback_milliseconds, PW_DEFAULT_CALLBACK_MILLISECONDS);
  DEFAULT_LIMIT(start_milliseconds, PW_DEFAULT_START_MILLISECONDS);
  DEFAULT_LIMIT(body_bytes, PW_DEFAULT_BODY_BYTES);
  DEFAULT_LIMIT(calls_in_flight, PW_DEFAULT_CALLS_IN_FLIGHT);
  DEFAULT_LIMIT(log_lines_per_second, PW_DEFAULT_LOG_LINES_PER_SECOND);
  DEFAULT_LIMIT(log_line_bytes, PW_DEFAULT_LOG_LINE_BYTES);
  DEFAULT_LIMIT(tick_milliseconds, PW_DEFAULT_TICK_MILLISECONDS);
  DEFAULT_LIMIT(properties_bytes, PW_DEFAULT_PROPERTIES_BYTES);
  DEFAULT_LIMIT(pause_milliseconds, PW_DEFAULT_PAUSE_MILLISECONDS);
  DEFAULT_LIMIT(compile_milliseconds, PW_DEFAULT_COMPILE_MILLISECONDS);
  DEFAULT_LIMIT(compile_memory_bytes, PW_DEFAULT_COMPILE_MEMORY_BYTES);
#undef DEFAULT_LIMIT
}

static bool
copy_config(struct pw_plugin *plugin, const struct pw_plugin_config *config, struct pw_error *error)
{
  struct pw_plugin_config *copy = &plugin->config;
  size_t                   i;

  *copy                = *config;
  plugin->capabilities = (struct pw_view *)calloc(config->capability_count + 1, sizeof(struct pw_view));
  plugin->environment  = (struct pw_pair *)calloc(config->environment_count + 1, sizeof(struct pw_pair));
  if (plugin->capabilities == NULL || plugin->environment == NULL ||
      !pw_bytes_reserve(&plugin->strings, strings_size(config))) {
    return pw_error_set(error, PW_ERROR_MEMORY, "out of memory for a plugin's configuration");
  }
  copy->name             = keep(plugin, config->name);
  copy->root_id          = keep(plugin, config->root_id);
  copy->vm_id            = keep(plugin, config->vm_id);
  copy->configuration    = keep(plugin, config->configuration);
  copy->vm_configuration = keep(plugin, config->vm_configuration);
  copy->capabilities     = plugin->capabilities;
  copy->environment      = plugin->environment;
  for (i = 0; i < config->capability_count; ++i) {
    if (!pw_capability_exists(config->capabilities[i])) {
      return pw_error_set(
        error, PW_ERROR_ARGUMENT,
        "capability_restriction_config: unknown capability '%.*s': no function of the ABI has that name",
        (int)config->capabilities[i].size, config->capabilities[i].data);
    }
    plugin->capabilities[i] = keep(plugin, config->capabilities[i]);
  }
  for (i = 0; i < config->environment_count; ++i) {
    plugin->environment[i].key   = keep(plugin, config->environment[i].key);
    plugin->environment[i].value = keep(plugin, config->environment[i].value);
  }
  apply_defaults(&copy->limits);
  return true;
}

/* --------------------------------------------------------------------------------------------------------- identity */

static bool
identity_add(struct pw_plugin *plugin, const void *data, size_t size)
{
  uint64_t length = size;

  return pw_bytes_append(&plugin->identity, &length, sizeof(length)) && pw_bytes_append(&plugin->identity, data, size);
}

static bool
identity_add_view(struct pw_plugin *plugin, struct pw_view view)
{
  return identity_add(plugin, view.data, view.size);
}

/* VM id, VM configuration and code, as in Envoy; and whatever else the VM itself depends on. */
static bool
make_identity(struct pw_plugin *plugin)
{
  const struct pw_plugin_config *config = &plugin->config;
  bool                           ok;
  size_t                         i;

  ok = identity_add_view(plugin, config->vm_id) && identity_add_view(plugin, config->vm_configuration) &&
       identity_add(plugin, plugin->code->hash, sizeof(plugin->code->hash)) &&
       identity_add(plugin, &plugin->code->ops, sizeof(plugin->code->ops)) &&
       identity_add(plugin, &plugin->code->precompiled, sizeof(plugin->code->precompiled)) &&
       identity_add(plugin, &config->limits.memory_bytes, sizeof(config->limits.memory_bytes)) &&
       identity_add(plugin, &config->limits.stack_bytes, sizeof(config->limits.stack_bytes)) &&
       identity_add(plugin, &config->profile, sizeof(config->profile)) &&
       identity_add(plugin, &config->callback_times, sizeof(config->callback_times)) &&
       identity_add(plugin, &config->restrict_capabilities, sizeof(config->restrict_capabilities)) &&
       identity_add(plugin, &config->capability_count, sizeof(config->capability_count));
  for (i = 0; ok && i < config->capability_count; ++i) {
    ok = identity_add_view(plugin, config->capabilities[i]);
  }
  for (i = 0; ok && i < config->environment_count; ++i) {
    ok =
      identity_add_view(plugin, config->environment[i].key) && identity_add_view(plugin, config->environment[i].value);
  }
  return ok;
}

/* ------------------------------------------------------------------------------------------------------------ load */

static void
plugin_free(struct pw_plugin *plugin)
{
  if (plugin->holds_vm_id) {
    pw_host_vm_id_release(plugin->host, plugin->config.vm_id);
  }
  if (plugin->linked != NULL) {
    plugin->code->ops->linked_delete(plugin->linked);
  }
  pw_code_put(plugin->host, plugin->code);
  free(plugin->imports);
  free(plugin->hostcalls);
  free(plugin->capabilities);
  free(plugin->environment);
  pw_bytes_clear(&plugin->strings);
  pw_bytes_clear(&plugin->identity);
  free(plugin);
}

/* Parameters of callbacks of headers, as bits: the first one is the context. */
#define COUNT_PARAMETER (1u << 1)
#define END_PARAMETER   (1u << 2)

/* A trace shows what callbacks are told. */
static void
note_told(struct pw_plugin *plugin)
{
  for (int direction = 0; direction < 2; ++direction) {
    uint32_t parameters =
      plugin->host->trace != NULL ? PW_MODULE_ALL_PARAMETERS : plugin->code->headers_parameters[direction];

    plugin->told[direction].count = (parameters & COUNT_PARAMETER) != 0;
    plugin->told[direction].end   = (parameters & END_PARAMETER) != 0;
  }
}

static bool
load(struct pw_plugin *plugin, const struct pw_plugin_config *config, struct pw_view wasm, struct pw_error *error)
{
  struct pw_engine_settings   settings;
  const struct pw_engine_ops *ops;

  if (!copy_config(plugin, config, error)) {
    return false;
  }
  memset(&settings, 0, sizeof(settings));
  settings.stack_bytes = plugin->config.limits.stack_bytes;
  settings.profile     = config->profile;
  ops                  = pw_engine_find(config->engine != NULL ? config->engine : "", error);
  if (ops == NULL) {
    return false;
  }
  if (config->engine != NULL && config->engine[0] != '\0' && strstr(config->engine, ops->name) == NULL) {
    pw_host_log(plugin->host, plugin, PW_LOG_WARN, "this version has no engine '%s': '%s' takes its place",
                config->engine, ops->name);
  }
  settings.images       = config->vm_per_stream && ops->image_take != NULL;
  plugin->config.engine = ops->name;
  plugin->code          = pw_code_get(plugin, ops, &settings, wasm, error);
  if (plugin->code == NULL || !pw_link_abi(plugin->code->info, &plugin->abi, error) ||
      !pw_link_callbacks(plugin, plugin->code->info, error) || !pw_link_imports(plugin, plugin->code->info, error)) {
    return false;
  }
  note_told(plugin);
  plugin->linked = ops->link(plugin->code->compiled, plugin->imports, plugin->code->info->import_count, error);
  if (plugin->linked == NULL) {
    return false;
  }
  if (config->callback_times) {
    plugin->times = pw_callback_times_of(&plugin->host->callback_times, plugin->config.name);
    if (plugin->times == NULL) {
      return pw_error_set(error, PW_ERROR_MEMORY, "out of memory for a plugin");
    }
  }
  plugin->holds_vm_id = pw_host_vm_id_retain(plugin->host, plugin->config.vm_id);
  return (plugin->holds_vm_id && make_identity(plugin)) ||
         pw_error_set(error, PW_ERROR_MEMORY, "out of memory for a plugin");
}

struct pw_plugin *
pw_plugin_load(struct pw_host *host, const struct pw_plugin_config *config, struct pw_view code, const char *file,
               struct pw_error *error)
{
  struct pw_plugin *plugin = (struct pw_plugin *)calloc(1, sizeof(*plugin));
  struct pw_error   cause;

  if (plugin == NULL) {
    pw_error_set(error, PW_ERROR_MEMORY, "out of memory for a plugin");
    return NULL;
  }
  plugin->host = host;
  atomic_init(&plugin->references, 1);
  if (!load(plugin, config, code, &cause)) {
    pw_error_set(error, cause.code, "%s: %s", file, cause.message);
    plugin_free(plugin);
    return NULL;
  }
  return plugin;
}

struct pw_plugin *
pw_plugin_retain(struct pw_plugin *plugin)
{
  atomic_fetch_add_explicit(&plugin->references, 1, memory_order_relaxed);
  return plugin;
}

void
pw_plugin_release(struct pw_plugin *plugin)
{
  if (plugin != NULL && atomic_fetch_sub_explicit(&plugin->references, 1, memory_order_acq_rel) == 1) {
    plugin_free(plugin);
  }
}

const struct pw_plugin_config *
pw_plugin_configuration(const struct pw_plugin *plugin)
{
  return &plugin->config;
}

const struct pw_module_info *
pw_plugin_module(const struct pw_plugin *plugin)
{
  return plugin->code->info;
}

const struct pw_engine_ops *
pw_plugin_engine(const struct pw_plugin *plugin)
{
  return plugin->code->ops;
}

const char *
pw_plugin_abi(const struct pw_plugin *plugin)
{
  switch (plugin->abi) {
  case PW_ABI_0_1_0:
    return "0.1.0";
  case PW_ABI_0_2_0:
    return "0.2.0";
  default:
    return "0.2.1";
  }
}

bool
pw_plugin_may_call(const struct pw_plugin *plugin, const char *hostcall)
{
  size_t i;

  for (i = 0; i < plugin->code->info->import_count; ++i) {
    const struct pw_linked_hostcall *linked = &plugin->hostcalls[i];

    if (linked->function == linked->hostcall->function && strcmp(linked->hostcall->name, hostcall) == 0) {
      return true;
    }
  }
  return false;
}

bool
pw_plugin_has_callback(const struct pw_plugin *plugin, enum pw_callback callback)
{
  return pw_plugin_wants(plugin, callback);
}

bool
pw_plugin_looks_at_end(const struct pw_plugin *plugin, enum pw_stream_type type)
{
  enum pw_callback callback =
    type == PW_STREAM_HTTP_REQUEST ? PW_CALLBACK_REQUEST_HEADERS : PW_CALLBACK_RESPONSE_HEADERS;

  return pw_plugin_wants(plugin, callback) && plugin->told[type].end;
}
