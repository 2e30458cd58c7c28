/* SPDX-License-Identifier: Apache-2.0 */
#include "host/link.h"

#include <stdio.h>
#include <stdlib.h>

#include "text/log_text.h"

/* Each is looked for among those that there are, by engines as well. */
#define PW_MAX_IMPORTS 1000u

static const struct {
  const char *export;
  enum pw_abi_version version;
} markers[] = {
  {"proxy_abi_version_0_2_1", PW_ABI_0_2_1},
  {"proxy_abi_version_0_2_0", PW_ABI_0_2_0},
  {"proxy_abi_version_0_1_0", PW_ABI_0_1_0},
};

bool
pw_link_abi(const struct pw_module_info *info, enum pw_abi_version *abi, struct pw_error *error)
{
  size_t i;

  for (i = 0; i < sizeof(markers) / sizeof(markers[0]); ++i) {
    if (info->abi_versions & markers[i].version) {
      *abi = markers[i].version;
      return true;
    }
  }
  return pw_error_set(error, PW_ERROR_ABI,
                      "the module marks no Proxy-Wasm ABI version that we serve: it exports none of "
                      "proxy_abi_version_0_1_0, proxy_abi_version_0_2_0, proxy_abi_version_0_2_1. Is it built with a "
                      "Proxy-Wasm SDK, and are its exports kept by the linker?");
}

static bool
capability_allowed(const struct pw_plugin *plugin, const char *name)
{
  size_t i;

  if (!plugin->config.restrict_capabilities) {
    return true;
  }
  for (i = 0; i < plugin->config.capability_count; ++i) {
    if (pw_view_equal(plugin->config.capabilities[i], pw_view_of(name))) {
      return true;
    }
  }
  return false;
}

/* ------------------------------------------------------------------------------------------------------- callbacks */

static const struct {
  const char *name;
  const char *parameters;
  char        result;
  unsigned    versions;
} callbacks[] = {
#define CALLBACK_ENTRY(identifier, name, parameters, result, versions) {name, parameters, result, versions},
  PW_CALLBACKS(CALLBACK_ENTRY)
#undef CALLBACK_ENTRY
};

static bool
callback_is_headers(int callback)
{
  return callback == PW_CALLBACK_REQUEST_HEADERS || callback == PW_CALLBACK_RESPONSE_HEADERS;
}

static void
callback_type(int callback, bool without_end, struct pw_function_type *type)
{
  memset(type, 0, sizeof(*type));
  snprintf(type->parameters, sizeof(type->parameters), "%s", without_end ? "ii" : callbacks[callback].parameters);
  type->parameter_count = (uint8_t)strlen(type->parameters);
  type->result          = callbacks[callback].result;
}

/* Bodies that the configuration keeps from the module. */
static bool
is_switched_off(const struct pw_plugin *plugin, int callback)
{
  bool request  = callback == PW_CALLBACK_REQUEST_BODY || callback == PW_CALLBACK_REQUEST_TRAILERS;
  bool response = callback == PW_CALLBACK_RESPONSE_BODY || callback == PW_CALLBACK_RESPONSE_TRAILERS;

  return (request && plugin->config.request_body == PW_BODY_OFF) ||
         (response && plugin->config.response_body == PW_BODY_OFF);
}

static bool
link_callback(struct pw_plugin *plugin, int callback, const struct pw_extern *export, struct pw_error *error)
{
  struct pw_function_type type;
  struct pw_function_type short_type;
  char                    wanted[128];
  char                    found[128];

  callback_type(callback, false, &type);
  callback_type(callback, true, &short_type);
  if (export->kind == PW_EXTERN_FUNCTION && export->type_known && pw_function_type_equal(&export->type, &type)) {
    if (callback_is_headers(callback)) {
      plugin->headers_values = 3;
    }
  } else if (export->kind != PW_EXTERN_FUNCTION || !export->type_known || !callback_is_headers(callback) ||
             !pw_function_type_equal(&export->type, &short_type)) {
    return pw_error_set(error, PW_ERROR_ABI, "the module's '%s' is %s, but the ABI has %s", export->name,
                        export->kind != PW_EXTERN_FUNCTION ? "no function"
                        : export->type_known               ? pw_function_type_text(&export->type, found, sizeof(found))
                                                           : "a function of a type that the ABI does not use",
                        pw_function_type_text(&type, wanted, sizeof(wanted)));
  }
  if (capability_allowed(plugin, callbacks[callback].name)) {
    plugin->exported |= 1u << callback;
    plugin->callbacks |= is_switched_off(plugin, callback) ? 0 : 1u << callback;
  }
  return true;
}

/* "proxy_on_memory_allocate", else the deprecated "malloc". */
static void
link_allocator(struct pw_plugin *plugin, const struct pw_module_info *info)
{
  static const char *const names[] = {"proxy_on_memory_allocate", "malloc"};
  size_t                   i;

  for (i = 0; i < 2 && plugin->allocator == NULL; ++i) {
    const struct pw_extern *export = pw_module_export(info, names[i]);

    if (export != NULL && export->kind == PW_EXTERN_FUNCTION && export->type_known && export->type.result == 'i' &&
        strcmp(export->type.parameters, "i") == 0) {
      plugin->allocator       = names[i];
      plugin->allocates_empty = i == 1;
    }
  }
}

bool
pw_link_callbacks(struct pw_plugin *plugin, const struct pw_module_info *info, struct pw_error *error)
{
  int callback;

  if (!info->exports_memory) {
    return pw_error_set(error, PW_ERROR_MODULE,
                        "the module exports no memory named 'memory', so no host could pass it anything; "
                        "do not strip that export");
  }
  plugin->headers_values = 2;
  for (callback = 0; callback < PW_CALLBACK_COUNT; ++callback) {
    const struct pw_extern *export = pw_module_export(info, callbacks[callback].name);

    if (export == NULL && callback == PW_CALLBACK_GRPC_RECEIVE_TRAILING_METADATA) {
      export = pw_module_export(info, PW_GRPC_TRAILING_METADATA_ALIAS);
    }
    if (export != NULL && !link_callback(plugin, callback, export, error)) {
      return false;
    }
  }
  link_allocator(plugin, info);
  return true;
}

/* --------------------------------------------------------------------------------------------------------- imports */

static const char *
denied_hostcall(void *context, const void *data, pw_value *values)
{
  const struct pw_linked_hostcall *linked = (const struct pw_linked_hostcall *)data;

  (void)context;
  if (linked->hostcall->result == 'v') {
    return "the capability to call this function is denied by the plugin's configuration";
  }
  values[0].u64 = linked->hostcall->result == 'e' ? PW_WASI_NOTCAPABLE : PW_STATUS_INTERNAL_FAILURE;
  return NULL;
}

/* For a module that declares an 0.1.0 function without the status: the engine's values have no room for one. */
static const char *
hostcall_without_result(void *context, const void *data, pw_value *values)
{
  const struct pw_linked_hostcall *linked = (const struct pw_linked_hostcall *)data;
  pw_value                         result[1];

  (void)values;
  return linked->function(context, data, result);
}

static const char *
traced_hostcall(void *context, const void *data, pw_value *values)
{
  struct pw_vm                    *vm     = (struct pw_vm *)context;
  const struct pw_linked_hostcall *linked = (const struct pw_linked_hostcall *)data;
  const struct pw_trace_ops       *trace  = linked->host->trace;
  void                            *sink   = linked->host->trace_data;
  struct pw_instance              *caller = vm->effective->instance;
  struct pw_function_type          type;
  pw_value                         arguments[PW_MAX_PARAMETERS];
  const char                      *trap;

  pw_hostcall_type(linked->hostcall, &type);
  memset(arguments, 0, sizeof(arguments));
  memcpy(arguments, values, type.parameter_count * sizeof(pw_value));
  trace->hostcall_begin(sink, caller, linked->hostcall, arguments);
  trap =
    linked->drops_result ? hostcall_without_result(context, data, values) : linked->function(context, data, values);
  trace->hostcall_end(sink, caller, linked->hostcall, arguments,
                      type.result == 'v' || linked->drops_result ? NULL : values, trap);
  return trap;
}

/* Appends a name of the module's, which may hold anything. */
static void
report_name(struct pw_bytes *report, const char *name)
{
  struct pw_bytes buffer = {NULL, 0, 0};
  struct pw_view  shown  = pw_log_text(pw_view_of(name), 200, &buffer);

  pw_bytes_append(report, shown.data, shown.size);
  pw_bytes_clear(&buffer);
}

/* Appends to a list of what is missing; the whole list is the error. */
static void
report_import(struct pw_bytes *report, const struct pw_extern *import, const char *why)
{
  char        text[512];
  char        type[128];
  const char *kinds[] = {"function", "table", "memory", "global", "tag"};
  int         length  = snprintf(text, sizeof(text), "%s  %s ", report->size > 0 ? "\n" : "", kinds[import->kind]);

  pw_bytes_append(report, text, (size_t)length);
  report_name(report, import->module);
  pw_bytes_append(report, ".", 1);
  report_name(report, import->name);
  length = snprintf(text, sizeof(text), "%s%s: %s", import->type_known ? " " : "",
                    import->type_known ? pw_function_type_text(&import->type, type, sizeof(type)) : "", why);
  pw_bytes_append(report, text, (size_t)length < sizeof(text) ? (size_t)length : sizeof(text) - 1);
}

static bool
link_import(struct pw_plugin *plugin, size_t index, const struct pw_extern *import, struct pw_bytes *report)
{
  struct pw_linked_hostcall *linked = &plugin->hostcalls[index];
  struct pw_import          *target = &plugin->imports[index];
  struct pw_function_type    type;
  char                       text[128];
  char                       why[200];

  if (import->kind != PW_EXTERN_FUNCTION) {
    report_import(report, import, "the ABI has only functions to import");
    return false;
  }
  linked->hostcall = pw_hostcall_find(import->module, import->name);
  if (linked->hostcall == NULL) {
    report_import(report, import, "no ABI version has it");
    return false;
  }
  if (!import->type_known || !pw_hostcall_accepts(linked->hostcall, &import->type)) {
    pw_hostcall_type(linked->hostcall, &type);
    snprintf(why, sizeof(why), "the ABI has it as %s", pw_function_type_text(&type, text, sizeof(text)));
    report_import(report, import, why);
    return false;
  }
  pw_hostcall_type(linked->hostcall, &type);
  linked->host         = plugin->host;
  linked->function     = capability_allowed(plugin, import->name) ? linked->hostcall->function : denied_hostcall;
  linked->drops_result = type.result != 'v' && import->type.result == 'v';
  target->module       = import->module;
  target->name         = import->name;
  target->type         = import->type;
  target->data         = linked;
  target->function     = plugin->host->trace != NULL ? traced_hostcall
                         : linked->drops_result      ? hostcall_without_result
                                                     : linked->function;
  return true;
}

bool
pw_link_imports(struct pw_plugin *plugin, const struct pw_module_info *info, struct pw_error *error)
{
  struct pw_bytes report = {NULL, 0, 0};
  size_t          count  = info->import_count > 0 ? info->import_count : 1;
  bool            ok     = true;
  size_t          i;

  if (count > PW_MAX_IMPORTS) {
    return pw_error_set(error, PW_ERROR_LINK,
                        "the module has %zu imports, %u are allowed: the ABI has not a tenth of that", count,
                        PW_MAX_IMPORTS);
  }
  plugin->hostcalls = (struct pw_linked_hostcall *)calloc(count, sizeof(*plugin->hostcalls));
  plugin->imports   = (struct pw_import *)calloc(count, sizeof(*plugin->imports));
  if (plugin->hostcalls == NULL || plugin->imports == NULL) {
    return pw_error_set(error, PW_ERROR_MEMORY, "out of memory for %zu imports", count);
  }
  for (i = 0; i < info->import_count; ++i) {
    ok = link_import(plugin, i, &info->imports[i], &report) && ok;
  }
  if (!ok) {
    pw_error_set(error, PW_ERROR_LINK, "the module imports what this host does not provide:\n%.*s", (int)report.size,
                 report.data != NULL ? report.data : "");
  }
  pw_bytes_clear(&report);
  return ok;
}

/* What the host needs of a module in any case. The existing plugin and Envoy take them for capabilities, too. */
static bool
is_always_allowed(struct pw_view name)
{
  static const char *const names[] = {"_initialize",
                                      "_start",
                                      "main",
                                      "__main_void",
                                      "malloc",
                                      "proxy_on_memory_allocate",
                                      "proxy_abi_version_0_1_0",
                                      "proxy_abi_version_0_2_0",
                                      "proxy_abi_version_0_2_1"};
  size_t                   i;

  for (i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
    if (pw_view_equal(name, pw_view_of(names[i]))) {
      return true;
    }
  }
  return false;
}

bool
pw_capability_exists(struct pw_view name)
{
  size_t                    count;
  const struct pw_hostcall *hostcalls = pw_hostcalls(&count);
  size_t                    i;

  for (i = 0; i < count; ++i) {
    if (pw_view_equal(name, pw_view_of(hostcalls[i].name))) {
      return true;
    }
  }
  for (i = 0; i < PW_CALLBACK_COUNT; ++i) {
    if (pw_view_equal(name, pw_view_of(callbacks[i].name))) {
      return true;
    }
  }
  return is_always_allowed(name);
}
