/* SPDX-License-Identifier: Apache-2.0 */
#include "host/code.h"

#include "engine/precompiled.h"
#include "host/internal.h"

#include <stdlib.h>

static bool
settings_equal(const struct pw_engine_settings *a, const struct pw_engine_settings *b)
{
  return a->stack_bytes == b->stack_bytes && a->profile == b->profile && a->images == b->images;
}

/* The engine of these settings, from a code that has it, or a new one. */
static struct pw_engine *
engine_get(struct pw_host *host, const struct pw_engine_ops *ops, const struct pw_engine_settings *settings,
           struct pw_error *error)
{
  const struct pw_code *code;

  for (code = host->codes; code != NULL; code = code->next) {
    if (code->ops == ops && settings_equal(&code->settings, settings)) {
      return code->engine;
    }
  }
  return ops->engine_new(settings, error);
}

static bool
engine_in_use(const struct pw_host *host, const struct pw_engine *engine)
{
  const struct pw_code *code;

  for (code = host->codes; code != NULL; code = code->next) {
    if (code->engine == engine) {
      return true;
    }
  }
  return false;
}

static void
code_free(const struct pw_host *host, struct pw_code *code)
{
  if (code->compiled != NULL) {
    code->ops->module_delete(code->compiled);
  }
  if (code->engine != NULL && !engine_in_use(host, code->engine)) {
    code->ops->engine_delete(code->engine);
  }
  pw_module_info_free(code->info);
  free(code);
}

/* What became of the cache is worth a line only when something is wrong with it. That code was not compiled here always
 * is. */
static void
note_cache(const struct pw_plugin *plugin, enum pw_cache_result result, const struct pw_error *note)
{
  if (note->code != PW_ERROR_NONE) {
    pw_host_log(plugin->host, plugin, result == PW_CACHE_REJECTED ? PW_LOG_WARN : PW_LOG_INFO, "compiled code: %s",
                note->message);
  }
  if (result == PW_CACHE_PRECOMPILED) {
    pw_host_log(plugin->host, plugin, PW_LOG_INFO, "compiled code: the precompiled code of the module is used");
  }
}

static struct pw_code *
code_new(const struct pw_plugin *plugin, const struct pw_engine_ops *ops, const struct pw_engine_settings *settings,
         const struct pw_precompiled_file *file, struct pw_error *error)
{
  struct pw_code         *code = (struct pw_code *)calloc(1, sizeof(*code));
  struct pw_module_source source;
  struct pw_error         note;
  enum pw_cache_result    cache = PW_CACHE_OFF;

  if (code == NULL) {
    pw_error_set(error, PW_ERROR_MEMORY, "out of memory for a module");
    return NULL;
  }
  memset(&source, 0, sizeof(source));
  source.code                 = file->module;
  source.precompiled          = file->sections;
  source.cache_directory      = plugin->host->cache_directory;
  source.compile_milliseconds = plugin->config.limits.compile_milliseconds;
  source.compile_memory_bytes = plugin->config.limits.compile_memory_bytes;
  pw_error_set(&note, PW_ERROR_NONE, "%s", "");
  code->ops      = ops;
  code->settings = *settings;
  code->info     = pw_module_info_read(file->module, error);
  if (code->info != NULL) {
    code->engine = engine_get(plugin->host, ops, settings, error);
  }
  if (code->engine != NULL) {
    code->compiled = pw_engine_load_module(ops, code->engine, settings, &source, &cache, &note, error);
  }
  note_cache(plugin, cache, &note);
  if (code->compiled == NULL) {
    code_free(plugin->host, code);
    return NULL;
  }
  code->precompiled = cache == PW_CACHE_PRECOMPILED;
  return code;
}

/* Finds code in use; makes it otherwise. Under the lock. */
static struct pw_code *
code_find(const struct pw_plugin *plugin, const struct pw_engine_ops *ops, const struct pw_engine_settings *settings,
          const struct pw_precompiled_file *file, struct pw_error *error)
{
  struct pw_host *host = plugin->host;
  struct pw_code *code;
  uint8_t         hash[PW_CODE_HASH_SIZE];

  if (!pw_code_hash(file->module, hash, error)) {
    return NULL;
  }
  for (code = host->codes; code != NULL; code = code->next) {
    if (code->ops == ops && settings_equal(&code->settings, settings) &&
        (!code->precompiled || plugin->config.allow_precompiled) && memcmp(code->hash, hash, sizeof(hash)) == 0) {
      return code;
    }
  }
  code = code_new(plugin, ops, settings, file, error);
  if (code != NULL) {
    memcpy(code->hash, hash, sizeof(hash));
    code->next  = host->codes;
    host->codes = code;
  }
  return code;
}

struct pw_code *
pw_code_get(const struct pw_plugin *plugin, const struct pw_engine_ops *ops, const struct pw_engine_settings *settings,
            struct pw_view wasm, struct pw_error *error)
{
  struct pw_host            *host  = plugin->host;
  struct pw_precompiled_file parts = pw_precompiled_split(wasm);
  struct pw_code            *code;

  if (!plugin->config.allow_precompiled && parts.sections.size > 0) {
    pw_host_log(
      host, plugin, PW_LOG_INFO,
      "compiled code: the precompiled code of the module is not used: vm_config.allow_precompiled is not true");
    parts.sections = pw_view_make(NULL, 0);
  }
  /* One lock for finding and compiling: two plugins with one module compile it once. */
  pthread_mutex_lock(&host->code_lock);
  code = code_find(plugin, ops, settings, &parts, error);
  if (code != NULL) {
    ++code->references;
  }
  pthread_mutex_unlock(&host->code_lock);
  return code;
}

void
pw_code_put(struct pw_host *host, struct pw_code *code)
{
  struct pw_code **link;

  if (code == NULL) {
    return;
  }
  pthread_mutex_lock(&host->code_lock);
  if (--code->references == 0) {
    for (link = &host->codes; *link != code; link = &(*link)->next) {
    }
    *link = code->next;
    code_free(host, code);
  }
  pthread_mutex_unlock(&host->code_lock);
}
