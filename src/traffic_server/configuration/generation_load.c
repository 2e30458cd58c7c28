/* SPDX-License-Identifier: Apache-2.0 */
/* Reads configuration files and modules into a generation, and says what became of each. */
#include "traffic_server/compatibility.h"
#include "traffic_server/configuration/fail_closed.h"
#include "traffic_server/configuration/generation.h"
#include "traffic_server/configuration/generation_worker.h"
#include "traffic_server/log.h"
#include "traffic_server/process.h"
#include "traffic_server/statistics.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define MODULE_BYTES ((size_t)256 << 20)

struct loading {
  struct pw_generation       *generation;
  const struct pw_generation *running;
  struct pw_bytes            *texts;   /* of the configuration files */
  struct pw_bytes            *modules; /* one for each plugin */
  size_t                      module_count;
  EVP_MD_CTX                 *digest;
  bool                        must_be_sound;
  bool                        failed;
};

/* What becomes of the traffic of something broken. */
static const char *
consequence(const struct loading *loading, bool fail_open)
{
  if (loading->must_be_sound) {
    return "The configuration that runs stays in place.";
  }
  return fail_open ? "Its requests pass unfiltered (fail_open)." : "Requests are refused with 503 (fail_open: false).";
}

static void
failure(struct loading *loading, bool fail_open, const char *what, const struct pw_error *error)
{
  loading->failed = true;
  if (!fail_open) {
    loading->generation->refuses = true;
  }
  pw_log_error("%s%s\n%s", what, error->message, consequence(loading, fail_open));
}

static void
digest_add(struct loading *loading, struct pw_view bytes)
{
  uint64_t size = bytes.size;
  EVP_DigestUpdate(loading->digest, &size, sizeof(size));
  EVP_DigestUpdate(loading->digest, bytes.data, bytes.size);
}

/* ---------------------------------------------------------------------------------------------------- configuration */

static bool
read_configuration(struct loading *loading, const char *path, struct pw_bytes *text)
{
  struct pw_generation *generation = loading->generation;
  struct pw_error       error;
  struct pw_config     *config;

  if (!pw_config_read_bytes(path, PW_CONFIG_FILE_BYTES, text, &error)) {
    failure(loading, true, "", &error);
    return true;
  }
  digest_add(loading, pw_bytes_view(text));
  config = pw_config_read_text(pw_bytes_view(text), path, &error);
  if (!config) {
    failure(loading, !pw_text_says_fail_closed(pw_bytes_view(text)), "", &error);
    return true;
  }
  generation->configs[generation->config_count++] = config;
  if (config->count == 0) {
    return true;
  }
  struct pw_loaded_plugin *plugins = (struct pw_loaded_plugin *)realloc(
    generation->plugins, (generation->plugin_count + config->count) * sizeof(*plugins));
  if (!plugins) {
    return false;
  }
  generation->plugins = plugins;
  for (size_t i = 0; i < config->count; i++) {
    struct pw_loaded_plugin *loaded = &plugins[generation->plugin_count++];
    loaded->config                  = &config->plugins[i];
    loaded->plugin                  = NULL;
    loaded->broken                  = false;
  }
  return true;
}

static bool
read_configurations(struct loading *loading, const struct pw_file_list *files)
{
  loading->generation->configs = (struct pw_config **)calloc(files->count, sizeof(struct pw_config *));
  loading->texts               = (struct pw_bytes *)calloc(files->count, sizeof(struct pw_bytes));
  if (!loading->generation->configs || !loading->texts) {
    return false;
  }
  for (size_t i = 0; i < files->count; i++) {
    if (!read_configuration(loading, files->paths[i], &loading->texts[i])) {
      return false;
    }
  }
  return true;
}

/* ---------------------------------------------------------------------------------------------------------- modules */

static void
plugin_failure(struct loading *loading, const struct pw_config_plugin *config, const struct pw_error *error)
{
  char where[1024];
  snprintf(where, sizeof(where), "%s:%u: plugin '%.*s': ", config->file, config->line,
           config->plugin.name.size < 256 ? (int)config->plugin.name.size : 256,
           config->plugin.name.size ? config->plugin.name.data : "");
  failure(loading, config->plugin.fail_open, where, error);
}

static bool
read_modules(struct loading *loading)
{
  struct pw_generation *generation = loading->generation;
  struct pw_error       error;

  loading->modules = (struct pw_bytes *)calloc(generation->plugin_count + 1, sizeof(struct pw_bytes));
  if (!loading->modules) {
    return false;
  }
  loading->module_count = generation->plugin_count;
  for (size_t i = 0; i < generation->plugin_count; i++) {
    const struct pw_config_plugin *config = generation->plugins[i].config;
    char                          *path   = pw_config_path(TSConfigDirGet(), config->code_file);
    if (!path) {
      return false;
    }
    if (pw_config_read_bytes(path, MODULE_BYTES, &loading->modules[i], &error)) {
      digest_add(loading, pw_bytes_view(&loading->modules[i]));
    } else {
      generation->plugins[i].broken = true;
      plugin_failure(loading, config, &error);
    }
    free(path);
  }
  return true;
}

static void
compile_modules(struct loading *loading)
{
  struct pw_generation *generation = loading->generation;
  struct pw_error       error;

  for (size_t i = 0; i < generation->plugin_count; i++) {
    struct pw_loaded_plugin *loaded = &generation->plugins[i];
    struct pw_plugin_config  config = loaded->config->plugin;
    if (loaded->broken) {
      continue;
    }
    config.vm_per_stream = loaded->config->vm_scope == PW_VM_SCOPE_TRANSACTION;
    loaded->plugin       = pw_plugin_load(pw_process_host(), &config, pw_bytes_view(&loading->modules[i]),
                                          loaded->config->code_file, &error);
    if (!loaded->plugin) {
      plugin_failure(loading, loaded->config, &error);
    }
  }
}

/* Plugins that could not be loaded are no part of the chain. */
static void
drop_broken(struct pw_generation *generation)
{
  size_t kept = 0;
  for (size_t i = 0; i < generation->plugin_count; i++) {
    if (generation->plugins[i].plugin) {
      generation->plugins[kept++] = generation->plugins[i];
    }
  }
  generation->plugin_count = kept;
}

/* --------------------------------------------------------------------------------------------------------- segments */

/* A plugin whose module has none of these has nothing to do with transactions. */
static bool
plugin_wants_streams(const struct pw_plugin *plugin)
{
  static const enum pw_callback callbacks[] = {PW_CALLBACK_REQUEST_HEADERS,
                                               PW_CALLBACK_REQUEST_BODY,
                                               PW_CALLBACK_REQUEST_TRAILERS,
                                               PW_CALLBACK_RESPONSE_HEADERS,
                                               PW_CALLBACK_RESPONSE_BODY,
                                               PW_CALLBACK_RESPONSE_TRAILERS,
                                               PW_CALLBACK_CONTEXT_CREATE,
                                               PW_CALLBACK_DONE,
                                               PW_CALLBACK_LOG,
                                               PW_CALLBACK_DELETE};
  for (size_t i = 0; i < sizeof(callbacks) / sizeof(callbacks[0]); i++) {
    if (pw_plugin_has_callback(plugin, callbacks[i])) {
      return true;
    }
  }
  return false;
}

/* Only hooks and transforms are added that somebody wants. */
static void
plan_plugin(struct pw_segment_plan *plan, const struct pw_plugin *plugin)
{
  plan->wants_end[PW_STREAM_HTTP_REQUEST] |= pw_plugin_looks_at_end(plugin, PW_STREAM_HTTP_REQUEST);
  plan->wants_end[PW_STREAM_HTTP_RESPONSE] |= pw_plugin_looks_at_end(plugin, PW_STREAM_HTTP_RESPONSE);
  plan->wants_response |= pw_plugin_has_callback(plugin, PW_CALLBACK_RESPONSE_HEADERS);
  /* Trailers come with a body that is filtered. */
  plan->wants_request_body |= pw_plugin_has_callback(plugin, PW_CALLBACK_REQUEST_BODY) ||
                              pw_plugin_has_callback(plugin, PW_CALLBACK_REQUEST_TRAILERS);
  plan->wants_response_trailers |= pw_plugin_has_callback(plugin, PW_CALLBACK_RESPONSE_TRAILERS);
  plan->wants_response_body |= pw_plugin_has_callback(plugin, PW_CALLBACK_RESPONSE_BODY) ||
                               pw_plugin_has_callback(plugin, PW_CALLBACK_RESPONSE_TRAILERS);
  plan->changes_bodies |= pw_plugin_may_call(plugin, "proxy_set_buffer_bytes");
}

/* A transform wants to know at both hooks how far its response is. */
static void
plan_hooks(struct pw_segment_plan *plan)
{
  unsigned reads = PW_HOOK_BIT(TS_HTTP_READ_RESPONSE_HDR_HOOK);
  unsigned sends = PW_HOOK_BIT(TS_HTTP_SEND_RESPONSE_HDR_HOOK);
  if (plan->wants_response) {
    plan->header_hooks = plan->phase == PW_RESPONSE_PHASE_ORIGIN ? reads : sends;
  }
  plan->hooks = plan->wants_response_body ? reads | sends : plan->header_hooks;
}

/* A client that waits for "100 Continue" is not heard of by the origin before its body has come. */
static void
say_what_bodies_need(const struct pw_generation *generation)
{
  TSMgmtInt sends = 0;
  bool      wants = false;
  for (size_t i = 0; i < generation->segment_count; i++) {
    wants = wants || generation->segments[i].wants_request_body;
  }
  if (wants && TSMgmtIntGet("proxy.config.http.send_100_continue_response", &sends) == TS_SUCCESS && sends == 0) {
    pw_log_note(
      "a plugin is shown request bodies: clients that send 'Expect: 100-continue' wait until they lose patience, "
      "unless proxy.config.http.send_100_continue_response is 1. 'request_body: off' keeps bodies from a module "
      "that does not need them");
  }
}

static bool
plan_segments(struct pw_generation *generation)
{
  bool wanted = false;
  if (generation->plugin_count == 0) {
    return true;
  }
  generation->segments = (struct pw_segment_plan *)calloc(generation->plugin_count, sizeof(struct pw_segment_plan));
  if (!generation->segments) {
    return false;
  }
  for (size_t i = 0; i < generation->plugin_count; i++) {
    const struct pw_loaded_plugin *loaded = &generation->plugins[i];
    struct pw_segment_plan        *plan   = &generation->segments[generation->segment_count];
    if (i == 0 || plan[-1].phase != loaded->config->response_phase) {
      plan->first = i;
      plan->phase = loaded->config->response_phase;
      generation->segment_count++;
    } else {
      plan--;
    }
    plan->count++;
    plan_plugin(plan, loaded->plugin);
    plan_hooks(plan);
    wanted = wanted || plugin_wants_streams(loaded->plugin);
  }
  if (!wanted) {
    generation->segment_count = 0;
  }
  say_what_bodies_need(generation);
  return true;
}

/* ------------------------------------------------------------------------------------------------------------- all */

static bool
unchanged(struct loading *loading)
{
  unsigned size = 0;
  EVP_DigestFinal_ex(loading->digest, loading->generation->digest, &size);
  return loading->running && loading->running->healthy && !loading->failed &&
         memcmp(loading->running->digest, loading->generation->digest, size) == 0;
}

/* Starts everything once. False: memory is out. */
static bool
start(struct loading *loading)
{
  struct pw_generation        *generation = loading->generation;
  struct pw_generation_worker *prepared;
  bool                         failed = false;

  generation->shared = pw_generation_worker_new_shared(generation, &failed);
  if (!generation->shared && failed) {
    return false;
  }
  prepared = pw_generation_worker_new(generation, NULL, &failed);
  if (!prepared) {
    return false;
  }
  generation->prepared = prepared;
  loading->failed      = loading->failed || failed;
  return true;
}

static bool
load(struct loading *loading, const struct pw_file_list *files, bool *is_unchanged)
{
  if (!read_configurations(loading, files) || !read_modules(loading)) {
    return false;
  }
  *is_unchanged = unchanged(loading);
  if (*is_unchanged || (loading->failed && loading->must_be_sound)) {
    return true;
  }
  compile_modules(loading);
  if (loading->failed && loading->must_be_sound) {
    return true;
  }
  drop_broken(loading->generation);
  return plan_segments(loading->generation) && start(loading);
}

static void
loading_clear(struct loading *loading, size_t files)
{
  for (size_t i = 0; loading->texts && i < files; i++) {
    pw_bytes_clear(&loading->texts[i]);
  }
  for (size_t i = 0; i < loading->module_count; i++) {
    pw_bytes_clear(&loading->modules[i]);
  }
  free(loading->texts);
  free(loading->modules);
  EVP_MD_CTX_free(loading->digest);
}

struct pw_generation *
pw_generation_load(const struct pw_file_list *files, const struct pw_generation *running, bool must_be_sound,
                   bool *failed)
{
  struct loading loading;
  bool           is_unchanged = false;

  memset(&loading, 0, sizeof(loading));
  loading.running       = running;
  loading.must_be_sound = must_be_sound;
  loading.generation    = (struct pw_generation *)calloc(1, sizeof(struct pw_generation));
  loading.digest        = EVP_MD_CTX_new();
  *failed               = true;
  if (!loading.generation || !loading.digest || !EVP_DigestInit_ex(loading.digest, EVP_sha256(), NULL)) {
    free(loading.generation);
    EVP_MD_CTX_free(loading.digest);
    return NULL;
  }
  loading.generation->references = 1;
  bool complete                  = load(&loading, files, &is_unchanged);
  if (!complete) {
    pw_log_error("%s: out of memory while the configuration was loaded", files->count ? files->paths[0] : "");
  }
  *failed                     = !complete || loading.failed;
  loading.generation->healthy = !*failed;
  loading_clear(&loading, files->count);
  if (!complete || is_unchanged || (must_be_sound && *failed)) {
    pw_generation_retire(loading.generation);
    return NULL;
  }
  return loading.generation;
}
