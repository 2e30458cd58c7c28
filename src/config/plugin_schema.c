/* SPDX-License-Identifier: Apache-2.0 */
#include "config/plugin_schema.h"

#include "config/authority.h"

#include <stdlib.h>

#define KIB    1024ULL
#define MIB    (1024 * KIB)
#define GIB    (1024 * MIB)
#define SECOND 1000ULL
#define MINUTE (60 * SECOND)

#define DRAFT(field)    offsetof(struct pw_config_draft, field)
#define PLUGIN(field)   offsetof(struct pw_config_draft, plugin.plugin.field)
#define UPSTREAM(field) offsetof(struct pw_config_upstream, field)
#define LIMIT(field)    .offset = PLUGIN(limits.field), .width = sizeof(((struct pw_limits *)0)->field)

const struct pw_schema_choice pw_config_log_levels[] = {
  {"trace", PW_LOG_TRACE},
  {"debug", PW_LOG_DEBUG},
  {"info", PW_LOG_INFO},
  {"warn", PW_LOG_WARN},
  {"error", PW_LOG_ERROR},
  {"critical", PW_LOG_CRITICAL},
  {NULL, 0},
};

static const struct pw_schema_choice vm_scopes[] = {
  {"thread", PW_VM_SCOPE_THREAD},
  {"process", PW_VM_SCOPE_PROCESS},
  {"transaction", PW_VM_SCOPE_TRANSACTION},
  {NULL, 0},
};

static const struct pw_schema_choice response_phases[] = {
  {"client", PW_RESPONSE_PHASE_CLIENT},
  {"origin", PW_RESPONSE_PHASE_ORIGIN},
  {NULL, 0},
};

static const struct pw_schema_choice body_modes[] = {
  {"stream", PW_BODY_EXPORTED},
  {"off", PW_BODY_OFF},
  {"buffer", PW_BODY_BUFFER},
  {NULL, 0},
};

static const struct pw_schema_key local_keys[] = {
  {"filename", .type = PW_SCHEMA_STRING, .offset = DRAFT(plugin.code_file),
   .meaning = "The wasm file: an absolute path, or one relative to the proxy's configuration directory. Required."},
  {0},
};
static const struct pw_schema local_schema = {.keys = local_keys};

static const struct pw_schema_key code_keys[] = {
  {"local", .type = PW_SCHEMA_MAPPING, .mapping = &local_schema, .meaning = "The code is a file of this machine."},
  {0},
};
static const struct pw_schema code_schema = {.keys = code_keys};

static pw_value_problem
variable_name_problem(struct pw_view name)
{
  return name.size > 0 && !memchr(name.data, '=', name.size) ? NULL : "is no name of a variable";
}

/* WASI gives variables to the module as terminated strings. */
static pw_value_problem
variable_value_problem(struct pw_view value)
{
  return value.size > 0 && memchr(value.data, '\0', value.size) ? "has a NUL in it" : NULL;
}

static pw_value_problem
runtime_problem(struct pw_view name)
{
  return pw_engine_is_known(name.data) ? NULL : "is no engine of this version; 'proxywasm engines' lists those";
}

static pw_value_problem
capability_problem(struct pw_view name)
{
  return pw_capability_exists(name) ? NULL : "is no function of the ABI";
}

static pw_value_problem
authority_problem(struct pw_view text)
{
  struct pw_authority pattern;
  return pw_authority_pattern_parse(text, &pattern) ? NULL : "is neither 'host', 'host:port' nor '*.name'";
}

static const struct pw_schema_key environment_keys[] = {
  {"host_env_keys", .type = PW_SCHEMA_NAMES, .offset = DRAFT(host_env_keys), .name_problem = variable_name_problem,
   .meaning = "Variables of the proxy's own environment that the module gets as well; those that are not set there are "
              "left out."},
  {"key_values", .type = PW_SCHEMA_PAIRS, .offset = DRAFT(key_values), .name_problem = variable_name_problem,
   .value_problem = variable_value_problem,
   .meaning       = "Variables and their values. They go before those of `host_env_keys`."},
  {0},
};
static const struct pw_schema environment_schema = {.keys = environment_keys};

static const struct pw_schema_key vm_keys[] = {
  {"runtime", .type = PW_SCHEMA_STRING, .offset = PLUGIN(engine), .value_problem = runtime_problem,
   .preset  = "the default engine",
   .meaning = "The engine: `ats.wasm.runtime.wasmtime`, `ats.wasm.runtime.wamr`, `ats.wasm.runtime.v8`, "
              "`ats.wasm.runtime.wasmedge` or `ats.wasm.runtime.wasm2c`, or `wasmtime`, `wamr`, `v8`, `wasmedge` and "
              "`wasm2c` for short. `proxywasm engines` lists them."},
  {"vm_id", "vmId", .type = PW_SCHEMA_LINE, .offset = PLUGIN(vm_id),
   .meaning = "Plugins of one set of files with the same `vm_id`, and the same of all else that a VM depends on, share "
              "VMs, and so the module's memory. Shared data and queues belong to a `vm_id`, whatever the files."},
  {"configuration", .type = PW_SCHEMA_CONFIGURATION, .offset = PLUGIN(vm_configuration),
   .meaning = "What `proxy_on_vm_start` can read. Like `configuration` of the plugin."},
  {"code", .type = PW_SCHEMA_MAPPING, .mapping = &code_schema, .meaning = "Where the module comes from."},
  {"environment_variables", .type = PW_SCHEMA_MAPPING, .mapping = &environment_schema,
   .meaning = "What the module sees as its environment. Without it the environment is empty."},
  {"allow_precompiled", .type = PW_SCHEMA_BOOLEAN, .offset = PLUGIN(allow_precompiled), .preset = "false",
   .meaning =
     "Whether machine code that `proxywasm compile` put into the module's file may be used. Who can write that "
     "file can then run code of theirs in the server. What does not fit is refused, and compiled anew."},
  {0},
};
static const struct pw_schema vm_schema = {.keys = vm_keys};

static const struct pw_schema_key capability_keys[] = {
  {"allowed_capabilities", .type = PW_SCHEMA_NAMES, .offset = DRAFT(capabilities), .name_problem = capability_problem,
   .meaning =
     "Names of ABI and WASI functions and of callbacks, such as `proxy_log`, `fd_write`, "
     "`proxy_on_request_headers`: as a list, or as the keys of a mapping (`proxy_log: {}`). Only these may be "
     "imported and called back; `proxy_on_memory_allocate`, `malloc`, `_initialize` and their like always may. "
     "**An empty list restricts nothing**, as in the existing plugin and in Envoy."},
  {0},
};
static const struct pw_schema capability_schema = {.keys = capability_keys};

static const struct pw_schema_key limit_keys[] = {
  {"memory", .type = PW_SCHEMA_SIZE, LIMIT(memory_bytes), .minimum = 64 * KIB, .maximum = 4 * GIB, .preset = "256MiB",
   .meaning = "Linear memory of a VM."},
  {"stack", .type = PW_SCHEMA_SIZE, LIMIT(stack_bytes), .minimum = 16 * KIB, .maximum = 768 * KIB, .preset = "512KiB",
   .meaning = "Stack of the module. The event threads of Traffic Server have 1 MiB in all."},
  {"callback", .type = PW_SCHEMA_DURATION, LIMIT(callback_milliseconds), .minimum = 1, .maximum = 10 * MINUTE,
   .preset  = "100ms",
   .meaning = "Time of one callback. A callback that takes longer is ended, and its VM with it, never before that time "
              "and about 20 ms after it at most. Time in which the server gets no processor does not count, so that on "
              "an overloaded machine up to ten times as much can pass."},
  {"start", .type = PW_SCHEMA_DURATION, LIMIT(start_milliseconds), .minimum = 1, .maximum = 60 * MINUTE,
   .preset = "10s", .meaning = "Time of each of `_initialize` or `_start`, `proxy_on_vm_start`, `proxy_on_configure`."},
  {"body", .type = PW_SCHEMA_SIZE, LIMIT(body_bytes), .minimum = 1, .maximum = 4 * GIB, .preset = "10MiB",
   .meaning = "Body held for one transaction and direction while a module pauses it; beyond it the client gets 413 "
              "(request) or 502 (response)."},
  {"calls_in_flight", .type = PW_SCHEMA_NUMBER, LIMIT(calls_in_flight), .minimum = 1, .maximum = 1000000,
   .preset = "1000", .meaning = "HTTP and gRPC calls open at once, for one plugin and VM."},
  {"log_lines_per_second", .type = PW_SCHEMA_NUMBER, LIMIT(log_lines_per_second), .minimum = 1, .maximum = 100000000,
   .preset = "1000",
   .meaning =
     "Log lines, for one plugin and VM, with `vm_scope: transaction` for all of an event thread. Those beyond are "
     "counted, and told once a second."},
  {"log_line", .type = PW_SCHEMA_SIZE, LIMIT(log_line_bytes), .minimum = 64, .maximum = 1 * MIB, .preset = "8KiB",
   .meaning = "One log line; longer ones are cut."},
  {"tick", .type = PW_SCHEMA_DURATION, LIMIT(tick_milliseconds), .minimum = 1, .maximum = 60 * MINUTE, .preset = "10ms",
   .meaning = "Shortest period of `proxy_on_tick`; a shorter one is raised to it."},
  {"properties", .type = PW_SCHEMA_SIZE, LIMIT(properties_bytes), .minimum = 1, .maximum = 16 * MIB, .preset = "64KiB",
   .meaning = "Properties that modules set, for one transaction."},
  {"pause", .type = PW_SCHEMA_DURATION, LIMIT(pause_milliseconds), .minimum = 1, .maximum = 24 * 60 * MINUTE,
   .preset  = "60s",
   .meaning = "How long a module may pause a transaction in one go; a body that it collects counts from its end on. "
              "After that the plugin counts as broken for this transaction: see `fail_open`. Looked at once a second."},
  {"compile", .type = PW_SCHEMA_DURATION, LIMIT(compile_milliseconds), .minimum = 1, .maximum = 60 * MINUTE,
   .preset = "60s",
   .meaning =
     "Time of compiling the module, on engines that compile. After that it does not load. What is in the cache, or "
     "comes precompiled, is not compiled."},
  {"compile_memory", .type = PW_SCHEMA_SIZE, LIMIT(compile_memory_bytes), .minimum = 64 * MIB, .maximum = 1024 * GIB,
   .preset = "2GiB", .meaning = "Memory for that, in a process of its own, which ends with it."},
  {0},
};
static const struct pw_schema limit_schema = {.keys = limit_keys};

static const struct pw_schema_key upstream_keys[] = {
  {"host", .type = PW_SCHEMA_LINE, .offset = UPSTREAM(host), .required = true,
   .meaning = "A name or an address; an IPv6 address in brackets. Required."},
  {"port", .type = PW_SCHEMA_NUMBER, .offset = UPSTREAM(port), .width = sizeof(uint32_t), .minimum = 1,
   .maximum = 65535, .meaning = "The TCP port; without it 80, or 443 with `tls`."},
  {"tls", .type = PW_SCHEMA_BOOLEAN, .offset = UPSTREAM(tls), .preset = "false",
   .meaning = "Whether to speak TLS. How certificates are checked is a setting of Traffic Server: "
              "`proxy.config.ssl.client.verify.server.policy`, and `sni.yaml`."},
  {"timeout", .type = PW_SCHEMA_DURATION, .offset = UPSTREAM(timeout_milliseconds), .width = sizeof(uint32_t),
   .minimum = 1, .maximum = 60 * MINUTE, .meaning = "The most that a call may take, whatever the module asks for."},
  {0},
};

static void
finish_upstream(struct pw_schema_reader *reader, const yaml_node_t *node, const struct pw_schema_path *path,
                void *target)
{
  struct pw_config_upstream *upstream = target;
  struct pw_schema_path      child    = {.parent = path, .name = "host"};
  if (upstream->host.data && !pw_host_valid(upstream->host)) {
    pw_schema_mistake(reader, node, &child, "is no host; write a name or an address, and the port under 'port'");
  }
}

static const struct pw_schema upstream_schema = {
  .keys   = upstream_keys,
  .size   = sizeof(struct pw_config_upstream),
  .finish = finish_upstream,
};

static const struct pw_schema_key plugin_keys[] = {
  {"name", .type = PW_SCHEMA_LINE, .offset = PLUGIN(name),
   .meaning = "Names the plugin in logs and statistics, and is the property `plugin_name`."},
  {"root_id", "rootId", .type = PW_SCHEMA_LINE, .offset = PLUGIN(root_id),
   .meaning = "Chooses among the root contexts of a module that has several; the property `plugin_root_id`."},
  {"configuration", .type = PW_SCHEMA_CONFIGURATION, .offset = PLUGIN(configuration),
   .given   = DRAFT(configuration_given),
   .meaning = "What `proxy_on_configure` can read: any text, `!!binary` in base64, or a mapping or list, which the "
              "module gets as JSON. Envoy's `{\"@type\": …, value: …}` with `StringValue` or `Struct` is understood."},
  {"fail_open", .type = PW_SCHEMA_BOOLEAN, .offset = PLUGIN(fail_open), .preset = "true",
   .meaning = "When the plugin is broken (it does not load or start, or its VM trapped): `true` lets traffic pass it, "
              "`false` answers 503."},
  {"vm_config", "vmConfig", .type = PW_SCHEMA_MAPPING, .mapping = &vm_schema, .meaning = "The VM and its code."},
  {"capability_restriction_config", .type = PW_SCHEMA_MAPPING, .mapping = &capability_schema,
   .meaning = "What the module may use of the ABI. Without it, all."},
  {"vm_scope", .type = PW_SCHEMA_CHOICE, .offset = DRAFT(plugin.vm_scope), .choices = vm_scopes, .preset = "thread",
   .meaning =
     "`thread`: a VM for each event thread, with no lock. `process`: one VM behind a lock, for modules that "
     "keep state for all in their own memory. `transaction`: a VM for each transaction, as it is after its start."},
  {"response_phase", .type = PW_SCHEMA_CHOICE, .offset = DRAFT(plugin.response_phase), .choices = response_phases,
   .preset = "client",
   .meaning =
     "`client`: response callbacks run before the response goes to the client, with cache hits and error pages "
     "too. `origin`: when the origin's response comes, so that what the module makes of it is cached."},
  {"request_body", .type = PW_SCHEMA_CHOICE, .offset = PLUGIN(request_body), .choices = body_modes, .preset = "stream",
   .meaning = "`stream`: `proxy_on_request_body` gets the body piece by piece, if the module has it. `off`: the module "
              "is not shown request bodies and trailers, whatever it exports: modules of the Rust SDK (and of "
              "proxy-wasm-go-sdk, but not of `sdk/go`) export every callback. "
              "`buffer`: it gets the whole body at once, of at most `limits.body`."},
  {"response_body", .type = PW_SCHEMA_CHOICE, .offset = PLUGIN(response_body), .choices = body_modes,
   .preset = "stream", .meaning = "The same for `proxy_on_response_body`."},
  {"upstreams", .type = PW_SCHEMA_NAMED, .offset = DRAFT(upstreams), .given = DRAFT(upstreams_given),
   .mapping = &upstream_schema,
   .meaning = "Servers that the module may call (`proxy_http_call`), by the names that it calls them by. Such calls go "
              "past `remap.config`."},
  {"allowed_authorities", .type = PW_SCHEMA_NAMES, .offset = DRAFT(allowed_authorities),
   .given = DRAFT(allowed_authorities_given), .name_problem = authority_problem,
   .meaning = "Servers that the module may call by host and port: `host:port`, `host` (port 80, or 443 when `:scheme` "
              "is `https`), `*.example.com` (all names under it). Without this key and `upstreams`, calls go to their "
              "`:authority` as `remap.config` maps it; with one of them, nowhere else."},
  {"log_level", .type = PW_SCHEMA_CHOICE, .offset = PLUGIN(log_level), .given = DRAFT(log_level_given),
   .choices = pw_config_log_levels, .preset = "info", .meaning = "Lines of the module below this level are dropped."},
  {"allow_on_headers_stop_iteration", .type = PW_SCHEMA_BOOLEAN, .offset = PLUGIN(allow_on_headers_stop_iteration),
   .preset  = "false",
   .meaning = "`true`: a module that pauses in a headers callback holds the headers only, and gets its body callbacks. "
              "`false`: the body waits as well."},
  {"profile", .type = PW_SCHEMA_BOOLEAN, .offset = PLUGIN(profile), .preset = "false",
   .meaning = "Names the compiled functions of the module for `perf`."},
  {"callback_times", .type = PW_SCHEMA_BOOLEAN, .offset = PLUGIN(callback_times), .preset = "false",
   .meaning = "Counts how long the callbacks of the plugin take, as statistics (`proxywasm.callback_time.NAME.…`)."},
  {"limits", .type = PW_SCHEMA_MAPPING, .mapping = &limit_schema, .meaning = "What the module may spend."},
  {0},
};

static bool
is_overridden(const struct pw_schema_list *key_values, struct pw_view name)
{
  const struct pw_pair *pairs = key_values->items;
  for (size_t i = 0; i < key_values->count; i++) {
    if (pw_view_equal(pairs[i].key, name)) {
      return true;
    }
  }
  return false;
}

static void
finish_environment(struct pw_schema_reader *reader, struct pw_config_draft *draft)
{
  struct pw_pair *variables =
    pw_arena_array(reader->arena, draft->host_env_keys.count + draft->key_values.count + 1, sizeof(*variables));
  if (!variables) {
    reader->yaml->out_of_memory = true;
    return;
  }
  size_t                count = 0;
  const struct pw_view *names = draft->host_env_keys.items;
  for (size_t i = 0; i < draft->host_env_keys.count; i++) {
    const char *value = names[i].data ? getenv(names[i].data) : NULL;
    char       *copy  = value ? pw_arena_copy(reader->arena, value, strlen(value)) : NULL;
    if (copy && !is_overridden(&draft->key_values, names[i])) {
      variables[count++] = (struct pw_pair){names[i], pw_view_of(copy)};
    }
    reader->yaml->out_of_memory |= value && !copy;
  }
  const struct pw_pair *pairs = draft->key_values.items;
  for (size_t i = 0; i < draft->key_values.count; i++) {
    variables[count++] = pairs[i];
  }
  draft->plugin.plugin.environment       = variables;
  draft->plugin.plugin.environment_count = count;
}

static void
finish_calls(struct pw_config_draft *draft)
{
  draft->plugin.upstreams               = draft->upstreams.items;
  draft->plugin.upstream_count          = draft->upstreams.count;
  draft->plugin.allowed_authorities     = draft->allowed_authorities.items;
  draft->plugin.allowed_authority_count = draft->allowed_authorities.count;
  draft->plugin.restrict_calls          = draft->upstreams_given || draft->allowed_authorities_given;
}

static void
finish_plugin(struct pw_schema_reader *reader, const yaml_node_t *node, const struct pw_schema_path *path, void *target)
{
  struct pw_config_draft *draft = target;
  (void)node;
  (void)path;
  draft->plugin.plugin.capabilities          = draft->capabilities.items;
  draft->plugin.plugin.capability_count      = draft->capabilities.count;
  draft->plugin.plugin.restrict_capabilities = draft->capabilities.count > 0;
  finish_environment(reader, draft);
  finish_calls(draft);
}

const struct pw_schema pw_config_plugin_schema = {
  .keys   = plugin_keys,
  .size   = sizeof(struct pw_config_draft),
  .line   = DRAFT(plugin.line),
  .finish = finish_plugin,
};
