/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "config/config.h"
#include "support/fail_alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct pw_config *
read_data(const char *name)
{
  char path[1024];
  snprintf(path, sizeof(path), "%.*s/data/%s", (int)(strrchr(__FILE__, '/') - __FILE__), __FILE__, name);
  struct pw_error   error  = {0};
  struct pw_config *config = pw_config_read_file(path, &error);
  if (!config) {
    fail_msg("%s", error.message);
  }
  return config;
}

static struct pw_config *
read_sound(const char *text)
{
  struct pw_error   error  = {0};
  struct pw_config *config = pw_config_read_text(pw_view_of(text), "test.yaml", &error);
  if (!config) {
    fail_msg("%s", error.message);
  }
  return config;
}

static void
assert_view(struct pw_view view, const char *text)
{
  assert_int_equal(view.size, strlen(text));
  assert_memory_equal(view.data ? view.data : "", text, view.size);
}

static void
assert_refused(const char *text, const char *message)
{
  struct pw_error   error  = {0};
  struct pw_config *config = pw_config_read_text(pw_view_of(text), "test.yaml", &error);
  assert_null(config);
  assert_int_equal(error.code, PW_ERROR_CONFIGURATION);
  assert_string_equal(error.message, message);
}

static void
existing_files_load_unchanged(void **state)
{
  (void)state;
  struct pw_config *config = read_data("existing_async.yaml");
  assert_int_equal(config->count, 1);
  const struct pw_config_plugin *plugin = &config->plugins[0];
  assert_view(plugin->plugin.name, "async");
  assert_view(plugin->plugin.root_id, "my_root");
  assert_view(plugin->plugin.vm_id, "my_vm");
  assert_string_equal(plugin->plugin.engine, "ats.wasm.runtime.wamr");
  assert_string_equal(plugin->code_file, "/usr/local/var/wasm/async.wasm");
  assert_int_equal(plugin->line, 3);
  pw_config_free(config);

  config = read_data("existing_rules.yaml");
  assert_view(config->plugins[0].plugin.configuration,
              "{\n  \"rules\": [\n    \"Engine On\",\n"
              "    \"Rule REQUEST_HEADERS:User-Agent \\\"perl\\\" \\\"id:1234,deny,status:403\\\"\"\n  ]\n}\n");
  pw_config_free(config);
}

static void
every_key_of_the_existing_plugin_is_read(void **state)
{
  (void)state;
  setenv("PW_TEST_SET", "from the host", 1);
  setenv("PW_TEST_OVERRIDDEN", "the host's", 1);
  unsetenv("PW_TEST_NOT_SET");
  struct pw_config              *config = read_data("existing_all_keys.yaml");
  const struct pw_plugin_config *plugin = &config->plugins[0].plugin;
  assert_view(plugin->root_id, "root");
  assert_view(plugin->vm_id, "vm");
  assert_view(plugin->configuration, "plugin text");
  assert_view(plugin->vm_configuration, "vm text");
  assert_false(plugin->fail_open);
  assert_true(plugin->allow_precompiled);
  assert_true(plugin->restrict_capabilities);
  assert_int_equal(plugin->capability_count, 2);
  assert_view(plugin->capabilities[1], "proxy_on_request_headers");
  assert_int_equal(plugin->environment_count, 3);
  assert_view(plugin->environment[0].key, "PW_TEST_SET");
  assert_view(plugin->environment[0].value, "from the host");
  assert_view(plugin->environment[1].key, "KEY");
  assert_view(plugin->environment[2].value, "ours");
  pw_config_free(config);
}

static void
servers_that_may_be_called_are_read(void **state)
{
  (void)state;
  struct pw_config *config = read_sound("config: {upstreams: {a: {host: a.test, port: 8443, tls: true, timeout: 5s}, "
                                        "b: {host: \"[::1]\"}}, allowed_authorities: [\"c.test:80\", \"*.d.test\"], "
                                        "vm_config: {code: {local: {filename: a.wasm}}}}");
  const struct pw_config_plugin *plugin = &config->plugins[0];
  assert_true(plugin->restrict_calls);
  assert_int_equal(plugin->upstream_count, 2);
  assert_view(plugin->upstreams[0].name, "a");
  assert_view(plugin->upstreams[0].host, "a.test");
  assert_int_equal(plugin->upstreams[0].port, 8443);
  assert_true(plugin->upstreams[0].tls);
  assert_int_equal(plugin->upstreams[0].timeout_milliseconds, 5000);
  assert_view(plugin->upstreams[1].name, "b");
  assert_view(plugin->upstreams[1].host, "[::1]");
  assert_int_equal(plugin->upstreams[1].port, 0);
  assert_false(plugin->upstreams[1].tls);
  assert_int_equal(plugin->upstreams[1].timeout_milliseconds, 0);
  assert_int_equal(plugin->allowed_authority_count, 2);
  assert_view(plugin->allowed_authorities[1], "*.d.test");
  pw_config_free(config);
}

static void
an_empty_list_of_servers_is_a_list(void **state)
{
  (void)state;
  struct pw_config *config = read_sound("config: {upstreams: {}, vm_config: {code: {local: {filename: a.wasm}}}}");
  assert_true(config->plugins[0].restrict_calls);
  pw_config_free(config);
  config = read_sound("config: {vm_config: {code: {local: {filename: a.wasm}}}}");
  assert_false(config->plugins[0].restrict_calls);
  pw_config_free(config);
}

static void
what_is_not_given_has_its_default(void **state)
{
  (void)state;
  struct pw_config              *config = read_sound("config: {vm_config: {code: {local: {filename: a.wasm}}}}");
  const struct pw_config_plugin *plugin = &config->plugins[0];
  assert_true(plugin->plugin.fail_open);
  assert_false(plugin->plugin.allow_precompiled);
  assert_false(plugin->plugin.restrict_capabilities);
  assert_false(plugin->plugin.allow_on_headers_stop_iteration);
  assert_false(plugin->plugin.profile);
  assert_false(plugin->plugin.callback_times);
  assert_int_equal(plugin->plugin.log_level, PW_LOG_INFO);
  assert_int_equal(plugin->plugin.limits.memory_bytes, 0);
  assert_int_equal(plugin->vm_scope, PW_VM_SCOPE_THREAD);
  assert_int_equal(plugin->response_phase, PW_RESPONSE_PHASE_CLIENT);
  assert_int_equal(plugin->plugin.request_body, PW_BODY_EXPORTED);
  assert_int_equal(plugin->plugin.response_body, PW_BODY_EXPORTED);
  assert_int_equal(plugin->plugin.name.size, 0);
  assert_int_equal(plugin->plugin.configuration.size, 0);
  assert_null(plugin->plugin.engine);
  assert_string_equal(plugin->file, "test.yaml");
  pw_config_free(config);
}

static void
every_new_key_is_read(void **state)
{
  (void)state;
  struct pw_config *config = read_data("all_new_keys.yaml");
  assert_int_equal(config->count, 2);
  const struct pw_config_plugin *first = &config->plugins[0];
  assert_int_equal(first->vm_scope, PW_VM_SCOPE_PROCESS);
  assert_int_equal(first->response_phase, PW_RESPONSE_PHASE_ORIGIN);
  assert_int_equal(first->plugin.request_body, PW_BODY_OFF);
  assert_int_equal(first->plugin.response_body, PW_BODY_BUFFER);
  assert_int_equal(first->plugin.log_level, PW_LOG_DEBUG);
  assert_true(first->plugin.allow_on_headers_stop_iteration);
  assert_true(first->plugin.profile);
  assert_true(first->plugin.callback_times);
  const struct pw_limits *limits = &first->plugin.limits;
  assert_int_equal(limits->memory_bytes, 64 << 20);
  assert_int_equal(limits->stack_bytes, 256 << 10);
  assert_int_equal(limits->callback_milliseconds, 50);
  assert_int_equal(limits->start_milliseconds, 60000);
  assert_int_equal(limits->body_bytes, 1 << 20);
  assert_int_equal(limits->calls_in_flight, 5);
  assert_int_equal(limits->log_lines_per_second, 6);
  assert_int_equal(limits->log_line_bytes, 1024);
  assert_int_equal(limits->tick_milliseconds, 1000);
  assert_int_equal(limits->properties_bytes, 4096);
  assert_int_equal(limits->pause_milliseconds, 120000);
  assert_int_equal(limits->compile_milliseconds, 5000);
  assert_int_equal(limits->compile_memory_bytes, 1 << 30);
  assert_int_equal(config->plugins[1].line, 27);
  pw_config_free(config);
}

static void
a_mapping_as_configuration_becomes_json(void **state)
{
  (void)state;
  struct pw_config *config = read_data("all_new_keys.yaml");
  assert_view(config->plugins[1].plugin.configuration,
              "{\"list\":[1,-2.5e3,true,\"no\",null,\"7\",\"007\",\"text\"],\"key \\\"quoted\\\"\":{},\"empty\":[],"
              "\"text\":\"a\\u0009b\\nc\"}");
  pw_config_free(config);
}

#define WITH_CODE ", vm_config: {code: {local: {filename: a.wasm}}}}"

static void
envoys_form_of_a_configuration_is_understood(void **state)
{
  (void)state;
  struct pw_config *config = read_sound(
    "config: {configuration: {\"@type\": type.googleapis.com/google.protobuf.StringValue, value: abc}" WITH_CODE);
  assert_view(config->plugins[0].plugin.configuration, "abc");
  pw_config_free(config);
  config = read_sound(
    "config: {configuration: {\"@type\": type.googleapis.com/google.protobuf.Struct, value: {a: [b]}}" WITH_CODE);
  assert_view(config->plugins[0].plugin.configuration, "{\"a\":[\"b\"]}");
  pw_config_free(config);
}

static void
a_configuration_may_hold_any_byte(void **state)
{
  (void)state;
  struct pw_config *config = read_sound("config: {configuration: \"a\\0b\"" WITH_CODE);
  assert_int_equal(config->plugins[0].plugin.configuration.size, 3);
  assert_memory_equal(config->plugins[0].plugin.configuration.data, "a\0b", 3);
  pw_config_free(config);
  config = read_sound("config:\n  configuration: !!binary |\n    AP8Q\n    gA==\n"
                      "  vm_config: {code: {local: {filename: a.wasm}}}");
  assert_int_equal(config->plugins[0].plugin.configuration.size, 4);
  assert_memory_equal(config->plugins[0].plugin.configuration.data, "\x00\xff\x10\x80", 4);
  pw_config_free(config);
}

static void
capabilities_may_be_a_mapping_as_in_envoy(void **state)
{
  (void)state;
  struct pw_config *config =
    read_sound("config: {capability_restriction_config: {allowed_capabilities: {proxy_log: {}, fd_write: }}" WITH_CODE);
  assert_int_equal(config->plugins[0].plugin.capability_count, 2);
  assert_view(config->plugins[0].plugin.capabilities[0], "proxy_log");
  assert_view(config->plugins[0].plugin.capabilities[1], "fd_write");
  pw_config_free(config);
}

static void
an_empty_list_of_capabilities_restricts_nothing(void **state)
{
  (void)state;
  struct pw_config *config = read_sound("config: {capability_restriction_config: {allowed_capabilities: []}" WITH_CODE);
  assert_false(config->plugins[0].plugin.restrict_capabilities);
  pw_config_free(config);
}

static void
aliases_share_what_they_name(void **state)
{
  (void)state;
  struct pw_config *config = read_sound("plugins:\n"
                                        "- {name: a, vm_config: &vm {code: {local: {filename: a.wasm}}}}\n"
                                        "- {name: b, vm_config: *vm}\n");
  assert_string_equal(config->plugins[1].code_file, "a.wasm");
  pw_config_free(config);
}

static void
config_comes_before_plugins(void **state)
{
  (void)state;
  struct pw_config *config = read_sound("plugins: [{name: b" WITH_CODE "]\nconfig: {name: a" WITH_CODE);
  assert_int_equal(config->count, 2);
  assert_view(config->plugins[0].plugin.name, "a");
  assert_view(config->plugins[1].plugin.name, "b");
  pw_config_free(config);
}

/* Each bad input with its whole message. */
static const struct {
  const char *text;
  const char *message;
} refused[] = {
  {"", "test.yaml:1:1: there is nothing in the file"},
  {"# only a comment\n", "test.yaml:1:1: there is nothing in the file"},
  {"text", "test.yaml:1:1: a mapping is expected, not a value"},
  {"{}", "test.yaml:1:1: names no plugin: there is neither a mapping 'config' nor a list 'plugins'"},
  {"plugins: []", "test.yaml:1:1: the list 'plugins' is empty"},
  {"config:\n\tname: a\n",
   "test.yaml:2:1: not valid YAML: found character that cannot start any token, while scanning for the next token"},
  {"config: {name: a\n",
   "test.yaml:2:1: not valid YAML: did not find expected ',' or '}', while parsing a flow mapping"},
  {"config: \"\\q\"\n",
   "test.yaml:1:10: not valid YAML: found unknown escape character, while parsing a quoted scalar"},
  {"config: \xff\xfe\n", "test.yaml:1:9: not valid YAML: invalid leading UTF-8 octet"},
  {"config: {name: *nowhere}\n", "test.yaml:1:16: not valid YAML: found undefined alias"},
  {"config: {name: a" WITH_CODE "\n---\nconfig: {}\n",
   "test.yaml:3:1: a second document begins here; a file may have one only"},
  {"config:\n", "test.yaml:1:1: key 'config.vm_config.code.local.filename': is missing; name the wasm file there"},
  {"config: {name: a}",
   "test.yaml:1:1: key 'config.vm_config.code.local.filename': is missing; name the wasm file there"},
  {"plugins:\n- {name: a" WITH_CODE "\n- name: b\n",
   "test.yaml:3:1: key 'plugins[2].vm_config.code.local.filename': is missing; name the wasm file there"},
  {"config: {nmae: a" WITH_CODE, "test.yaml:1:10: key 'config.nmae': unknown key; did you mean 'name'?"},
  {"config:\n  vm_config:\n    runtim: x\n    code: {local: {filename: a}}",
   "test.yaml:3:5: key 'config.vm_config.runtim': unknown key; did you mean 'runtime'?"},
  {"config: {runtime: x" WITH_CODE,
   "test.yaml:1:10: key 'config.runtime': unknown key; did you mean 'vm_config.runtime'?"},
  {"config: {filename: x" WITH_CODE,
   "test.yaml:1:10: key 'config.filename': unknown key; did you mean 'vm_config.code.local.filename'?"},
  {"config: {limits: {entirely_other: 1}" WITH_CODE,
   "test.yaml:1:19: key 'config.limits.entirely_other': unknown key; known here: memory, stack, callback, start, body, "
   "calls_in_flight, log_lines_per_second, log_line, tick, properties, pause, compile, "
   "compile_memory"},
  {"config: {\"a\\nb\": x" WITH_CODE,
   "test.yaml:1:10: key 'config.a\\x0ab': unknown key; known here: name, root_id, configuration, fail_open, vm_config, "
   "capability_restriction_config, vm_scope, response_phase, request_body, response_body, upstreams, "
   "allowed_authorities, log_level, "
   "allow_on_headers_stop_iteration, profile, callback_times, "
   "limits"},
  {"config: {name: a, name: b" WITH_CODE, "test.yaml:1:19: key 'config.name': stands twice; first in line 1"},
  {"config: {rootId: a, root_id: b" WITH_CODE,
   "test.yaml:1:21: key 'config.root_id': stands twice (both spellings count); first in line 1"},
  {"config: {name: [a]" WITH_CODE, "test.yaml:1:16: key 'config.name': a text is expected, not a list"},
  {"config: {name: \"a\\nb\"" WITH_CODE,
   "test.yaml:1:16: key 'config.name': has a control character in it (10, at byte 2)"},
  {"config: {[a]: b" WITH_CODE, "test.yaml:1:10: key 'config': a key in it is a list; keys are words"},
  {"config: {vm_config: {runtime: steam, code: {local: {filename: a.wasm}}}}",
   "test.yaml:1:31: key 'config.vm_config.runtime': 'steam' is no engine of this version; 'proxywasm engines' lists "
   "those"},
  {"config: {capability_restriction_config: {allowed_capabilities: [proxy_log, proxy_lgo]}" WITH_CODE,
   "test.yaml:1:76: key 'config.capability_restriction_config.allowed_capabilities[2]': 'proxy_lgo' is no function of "
   "the ABI"},
  {"config: {vm_config: text}", "test.yaml:1:21: key 'config.vm_config': a mapping is expected, not a value"},
  {"config: {vm_config: {code: a.wasm}}", "test.yaml:1:28: key 'config.vm_config.code': a mapping is expected, not a "
                                          "value"},
  {"config: {vm_config: {code: {local: {filename: [a]}}}}",
   "test.yaml:1:47: key 'config.vm_config.code.local.filename': a text is expected, not a list"},
  {"config: {upstreams: {a: {host: }}" WITH_CODE,
   "test.yaml:1:26: key 'config.upstreams.a.host': has nothing behind it, and is required"},
  {"config: {fail_open: maybe" WITH_CODE, "test.yaml:1:21: key 'config.fail_open': 'maybe' is neither true nor false"},
  {"config: {fail_open: [true]" WITH_CODE,
   "test.yaml:1:21: key 'config.fail_open': true or false is expected, not a list"},
  {"config: {vm_scope: proces" WITH_CODE,
   "test.yaml:1:20: key 'config.vm_scope': 'proces' is none of thread, process, transaction; did you mean 'process'?"},
  {"config: {log_level: 3" WITH_CODE,
   "test.yaml:1:21: key 'config.log_level': '3' is none of trace, debug, info, warn, error, critical"},
  {"plugins: {name: a}", "test.yaml:1:1: names no plugin: there is neither a mapping 'config' nor a list 'plugins'\n"
                         "test.yaml:1:10: key 'plugins': a list is expected, not a mapping"},
  {"config: {limits: {memory: 0}" WITH_CODE,
   "test.yaml:1:27: key 'config.limits.memory': '0' is out of range; the least is 64KiB, the most 4GiB"},
  {"config: {limits: {memory: 5GiB}" WITH_CODE,
   "test.yaml:1:27: key 'config.limits.memory': '5GiB' is out of range; the least is 64KiB, the most 4GiB"},
  {"config: {limits: {memory: 18446744073709551616}" WITH_CODE,
   "test.yaml:1:27: key 'config.limits.memory': '18446744073709551616' is too large"},
  {"config: {limits: {memory: 17179869184GiB}" WITH_CODE,
   "test.yaml:1:27: key 'config.limits.memory': '17179869184GiB' is too large"},
  {"config: {limits: {memory: -1}" WITH_CODE, "test.yaml:1:27: key 'config.limits.memory': '-1' is negative"},
  {"config: {limits: {memory: 64MB}" WITH_CODE, "test.yaml:1:27: key 'config.limits.memory': '64MB' is no size; write "
                                                "a whole number with B, KiB, MiB or GiB, such as "
                                                "64KiB"},
  {"config: {limits: {memory: 1.5GiB}" WITH_CODE, "test.yaml:1:27: key 'config.limits.memory': '1.5GiB' is no size; "
                                                  "write a whole number with B, KiB, MiB or GiB, such "
                                                  "as 64KiB"},
  {"config: {limits: {callback: 10m}" WITH_CODE, "test.yaml:1:29: key 'config.limits.callback': '10m' is no duration; "
                                                 "write a whole number with ms, s, min or h, such "
                                                 "as 100ms"},
  {"config: {limits: {callback: ms}" WITH_CODE,
   "test.yaml:1:29: key 'config.limits.callback': 'ms' is no duration; write a whole number with ms, s, min or h, such "
   "as 100ms"},
  {"config: {limits: {calls_in_flight: 5s}" WITH_CODE,
   "test.yaml:1:36: key 'config.limits.calls_in_flight': '5s' is no whole number"},
  {"config: {limits: {memory: {}}" WITH_CODE,
   "test.yaml:1:27: key 'config.limits.memory': size is expected, not a mapping"},
  {"config: {capability_restriction_config: {allowed_capabilities: proxy_log}" WITH_CODE,
   "test.yaml:1:64: key 'config.capability_restriction_config.allowed_capabilities': a list of names is expected, not "
   "a "
   "value"},
  {"config: {upstreams: {a: {port: 1}}" WITH_CODE, "test.yaml:1:25: key 'config.upstreams.a.host': is missing"},
  {"config: {upstreams: {a: {host: \"b:1\"}}" WITH_CODE,
   "test.yaml:1:25: key 'config.upstreams.a.host': is no host; write a name or an address, and the port under 'port'"},
  {"config: {upstreams: {a: {host: b, port: 65536}}" WITH_CODE,
   "test.yaml:1:41: key 'config.upstreams.a.port': '65536' is out of range; the least is 1, the most 65535"},
  {"config: {upstreams: {a: {host: b}, a: {host: c}}" WITH_CODE,
   "test.yaml:1:36: key 'config.upstreams.a': stands twice"},
  {"config: {upstreams: [a]" WITH_CODE, "test.yaml:1:21: key 'config.upstreams': a mapping is expected, not a list"},
  {"config: {allowed_authorities: [\"*\"]" WITH_CODE,
   "test.yaml:1:32: key 'config.allowed_authorities[1]': '*' is neither 'host', 'host:port' nor '*.name'"},
  {"config:\n  allowed_authorities:\n  - a.test\n  - a.test:x\n  vm_config: {code: {local: {filename: a}}}",
   "test.yaml:4:5: key 'config.allowed_authorities[2]': 'a.test:x' is neither 'host', 'host:port' nor '*.name'"},
  {"config: {configuration: !!binary \"?\"" WITH_CODE,
   "test.yaml:1:25: key 'config.configuration': is not base64, as !!binary says"},
  {"config: {configuration: {a: 1, a: 2}" WITH_CODE,
   "test.yaml:1:25: key 'config.configuration': 'a' stands twice in it"},
  {"config: {configuration: {[a]: 2}" WITH_CODE,
   "test.yaml:1:26: key 'config.configuration': a key in it is no scalar, and cannot be written as JSON"},
  {"config: {configuration: {\"@type\": type.googleapis.com/google.protobuf.Any, value: a}" WITH_CODE,
   "test.yaml:1:25: key 'config.configuration': '@type' Any is not supported; use StringValue or Struct, or write the "
   "value itself"},
  {"config: {configuration: &a [*a]" WITH_CODE, "test.yaml:1:25: key 'config.configuration': nested too deep"},
  {"config: {vm_config: {environment_variables: {key_values: {\"A=B\": c}}, code: {local: {filename: a}}}}",
   "test.yaml:1:59: key 'config.vm_config.environment_variables.key_values': 'A=B' is no name of a variable"},
  {"config: {vm_config: {environment_variables: {host_env_keys: [HOME, \"A=B\"]}, code: {local: {filename: a}}}}",
   "test.yaml:1:68: key 'config.vm_config.environment_variables.host_env_keys[2]': 'A=B' is no name of a variable"},
  {"config: {vm_config: {environment_variables: {key_values: {A: \"c\\0d\"}}, code: {local: {filename: a}}}}",
   "test.yaml:1:62: key 'config.vm_config.environment_variables.key_values.A': 'c d' has a NUL in it"},
  {"config: {vm_config: {environment_variables: {key_values: {A: b, A: c}}, code: {local: {filename: a}}}}",
   "test.yaml:1:65: key 'config.vm_config.environment_variables.key_values.A': stands twice"},
  {"config: {nmae: a, fail_open: 2, vm_config: {code: {local: {}}}}",
   "test.yaml:1:1: key 'config.vm_config.code.local.filename': is missing; name the wasm file there\n"
   "test.yaml:1:10: key 'config.nmae': unknown key; did you mean 'name'?\n"
   "test.yaml:1:30: key 'config.fail_open': '2' is neither true nor false"},
};

static void
each_mistake_has_its_place_and_its_remedy(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
    assert_refused(refused[i].text, refused[i].message);
  }
}

static void
mistakes_that_do_not_fit_are_counted(void **state)
{
  (void)state;
  struct pw_bytes text = {0};
  pw_bytes_append(&text, "config:\n", 8);
  for (int i = 0; i < 500; i++) {
    char line[32];
    snprintf(line, sizeof(line), "  zzzzzzzz%d: 1\n", i);
    pw_bytes_append(&text, line, strlen(line));
  }
  struct pw_error error = {0};
  assert_null(pw_config_read_text(pw_bytes_view(&text), "test.yaml", &error));
  const char *last = strrchr(error.message, '\n');
  assert_non_null(last);
  unsigned rest  = 0;
  size_t   lines = 0;
  assert_int_equal(sscanf(last, "\n… and %u more", &rest), 1);
  for (const char *at = error.message; (at = strchr(at, '\n')); at++) {
    lines++;
  }
  assert_int_equal(lines + rest, 501); /* and the file name is missing */
  pw_bytes_clear(&text);
}

/* Nine levels of ten aliases: a billion values when written out. */
static void
a_document_cannot_explode(void **state)
{
  (void)state;
  char text[2048] = "config:\n  configuration:\n    a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 10; i++) {
    size_t used = strlen(text);
    used += (size_t)snprintf(text + used, sizeof(text) - used, "    a%d: &a%d [", i, i);
    for (int j = 0; j < 10; j++) {
      used += (size_t)snprintf(text + used, sizeof(text) - used, "%s*a%d", j ? "," : "", i - 1);
    }
    snprintf(text + used, sizeof(text) - used, "]\n");
  }
  strcat(text, "  vm_config: {code: {local: {filename: a.wasm}}}\n");
  clock_t         begin = clock();
  struct pw_error error = {0};
  assert_null(pw_config_read_text(pw_view_of(text), "test.yaml", &error));
  assert_non_null(strstr(error.message, "aliases"));
  assert_true(clock() - begin < 10 * CLOCKS_PER_SEC);
}

static void
repeat(struct pw_bytes *text, const char *piece, size_t times)
{
  for (size_t i = 0; i < times; i++) {
    assert_true(pw_bytes_append(text, piece, strlen(piece)));
  }
}

static void
deep_nesting_is_refused(void **state)
{
  (void)state;
  struct pw_bytes text = {0};
  repeat(&text, "config: {configuration: ", 1);
  repeat(&text, "[", 70);
  repeat(&text, "]", 70);
  pw_bytes_append(&text, WITH_CODE, strlen(WITH_CODE) + 1);
  assert_refused(text.data, "test.yaml:1:89: key 'config.configuration': nested too deep");
  pw_bytes_clear(&text);
}

/* libyaml alone takes minutes for each of these. */
static void
what_would_take_libyaml_too_long_is_refused(void **state)
{
  (void)state;
  clock_t         begin = clock();
  struct pw_bytes text  = {0};
  repeat(&text, "[", 1 << 20);
  pw_bytes_append(&text, "", 1);
  assert_refused(text.data, "test.yaml:1:101: nested too deep; at most 100 levels are read");
  pw_bytes_clear(&text);
  repeat(&text, "- ", 1 << 20);
  pw_bytes_append(&text, "", 1);
  assert_refused(text.data, "test.yaml:1:201: nested too deep; at most 100 levels are read");
  pw_bytes_clear(&text);
  for (int i = 0; i < 200000; i++) {
    char line[32];
    snprintf(line, sizeof(line), "- &a%d x\n", i);
    repeat(&text, line, 1);
  }
  pw_bytes_append(&text, "", 1);
  assert_refused(text.data, "test.yaml:1001:3: too many anchors; at most 1000 of them are read");
  pw_bytes_clear(&text);
  assert_true(clock() - begin < 10 * CLOCKS_PER_SEC);
}

static void
an_empty_view_is_an_empty_text(void **state)
{
  (void)state;
  struct pw_error error = {0};
  assert_null(pw_config_read_text(pw_view_make(NULL, 0), "test.yaml", &error));
  assert_string_equal(error.message, "test.yaml:1:1: there is nothing in the file");
  assert_null(pw_config_read_file("/dev/null", &error));
  assert_string_equal(error.message, "/dev/null:1:1: there is nothing in the file");
}

static void
a_very_large_text_is_refused(void **state)
{
  (void)state;
  size_t size = (8U << 20) + 1;
  char  *text = malloc(size);
  memset(text, '#', size);
  struct pw_error error = {0};
  assert_null(pw_config_read_text(pw_view_make(text, size), "test.yaml", &error));
  assert_string_equal(error.message, "test.yaml:1:1: 8388609 bytes long; at most 8388608 are read");
  free(text);
}

static void
a_file_that_cannot_be_read_is_named(void **state)
{
  (void)state;
  struct pw_error error = {0};
  assert_null(pw_config_read_file("/nowhere/x.yaml", &error));
  assert_int_equal(error.code, PW_ERROR_FILE);
  assert_string_equal(error.message, "/nowhere/x.yaml: cannot be opened: No such file or directory");
  assert_null(pw_config_read_file("/tmp", &error));
  assert_string_equal(error.message, "/tmp: is a directory, not a file");
  struct pw_bytes bytes = {0};
  char            pipe[64];
  snprintf(pipe, sizeof(pipe), "/tmp/pw-config-test-%d.pipe", (int)getpid());
  assert_int_equal(mkfifo(pipe, 0600), 0);
  alarm(30); /* which ends the test if nobody writing is waited for */
  assert_true(pw_config_read_bytes(pipe, 100000, &bytes, &error));
  alarm(0);
  assert_int_equal(bytes.size, 0);
  unlink(pipe);
  assert_false(pw_config_read_bytes("/dev/zero", 100000, &bytes, &error));
  assert_int_equal(error.code, PW_ERROR_LIMIT);
  assert_null(bytes.data);
}

/* Every allocation of ours in turn; libyaml's own are not ours to fail. */
static void
each_allocation_may_fail(void **state)
{
  (void)state;
  static const char text[] = "config: {name: n, configuration: {a: [1, b]}, capability_restriction_config: "
                             "{allowed_capabilities: [proxy_log]}, vm_config: {configuration: !!binary aGVsbG8=, "
                             "environment_variables: {host_env_keys: [PATH], key_values: {A: b}}, "
                             "code: {local: {filename: a.wasm}}}}";
  unsigned          failed = 0;
  for (unsigned n = 1;; n++) {
    struct pw_error error = {0};
    fail_alloc_at(n);
    struct pw_config *config = pw_config_read_text(pw_view_of(text), "test.yaml", &error);
    if (!fail_alloc_stop()) {
      assert_non_null(config);
      pw_config_free(config);
      break;
    }
    /* A buffer that cannot be doubled asks for less, and then goes on. */
    assert_true(config != NULL || error.code == PW_ERROR_MEMORY);
    failed += config == NULL;
    pw_config_free(config);
  }
  assert_true(failed > 10);
}

static void
relative_paths_are_under_the_directory(void **state)
{
  (void)state;
  static const struct {
    const char *directory, *file, *path;
  } cases[] = {
    {"/etc", "a.wasm", "/etc/a.wasm"}, {"/etc/", "a.wasm", "/etc/a.wasm"}, {"/etc", "/b/a.wasm", "/b/a.wasm"},
    {NULL, "a.wasm", "a.wasm"},        {"", "a.wasm", "a.wasm"},
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    char *path = pw_config_path(cases[i].directory, cases[i].file);
    assert_string_equal(path, cases[i].path);
    free(path);
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(existing_files_load_unchanged),
    cmocka_unit_test(every_key_of_the_existing_plugin_is_read),
    cmocka_unit_test(what_is_not_given_has_its_default),
    cmocka_unit_test(every_new_key_is_read),
    cmocka_unit_test(a_mapping_as_configuration_becomes_json),
    cmocka_unit_test(envoys_form_of_a_configuration_is_understood),
    cmocka_unit_test(a_configuration_may_hold_any_byte),
    cmocka_unit_test(capabilities_may_be_a_mapping_as_in_envoy),
    cmocka_unit_test(an_empty_list_of_capabilities_restricts_nothing),
    cmocka_unit_test(aliases_share_what_they_name),
    cmocka_unit_test(config_comes_before_plugins),
    cmocka_unit_test(servers_that_may_be_called_are_read),
    cmocka_unit_test(an_empty_list_of_servers_is_a_list),
    cmocka_unit_test(each_mistake_has_its_place_and_its_remedy),
    cmocka_unit_test(mistakes_that_do_not_fit_are_counted),
    cmocka_unit_test(a_document_cannot_explode),
    cmocka_unit_test(deep_nesting_is_refused),
    cmocka_unit_test(what_would_take_libyaml_too_long_is_refused),
    cmocka_unit_test(an_empty_view_is_an_empty_text),
    cmocka_unit_test(a_very_large_text_is_refused),
    cmocka_unit_test(a_file_that_cannot_be_read_is_named),
    cmocka_unit_test(each_allocation_may_fail),
    cmocka_unit_test(relative_paths_are_under_the_directory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
