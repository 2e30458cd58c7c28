/* SPDX-License-Identifier: Apache-2.0 */
#include "host/code.h"

#include "engine/precompiled.h"
#include "host/internal.h"
#include "module/module_parameters.h"

#include <stdlib.h>

static bool
settings_equal(const struct pw_engine_settings *a, const struct pw_engine_settings *b)
{
  return a->stack_bytes == b->stack_bytes && a->profile == b->profile && a->images == b->images;
}

/* The engine of these settings, from a code that has it, or NULL. Under the lock. */
static struct pw_engine *
engine_find(const struct pw_host *host, const struct pw_code *wanted)
{
  const struct pw_code *code;

  for (code = host->codes; code != NULL; code = code->next) {
    if (code != wanted && code->ops == wanted->ops && settings_equal(&code->settings, &wanted->settings)) {
      return code->engine;
    }
  }
  return NULL;
}

/* Takes it from the list, so that nobody finds it any more. Answers whether others use its engine. Under the lock. */
static bool
code_unlink(struct pw_host *host, struct pw_code *code)
{
  struct pw_code **link;

  for (link = &host->codes; *link != code; link = &(*link)->next) {
  }
  *link = code->next;
  return engine_find(host, code) != NULL;
}

/* Of one that is in no list. Without the lock: it takes its time. */
static void
code_free(struct pw_code *code, bool engine_shared)
{
  if (code->compiled != NULL) {
    code->ops->module_delete(code->compiled);
  }
  if (code->engine != NULL && !engine_shared) {
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

/* In the list from the beginning, so that its engine is kept. NULL: memory is out. */
static struct pw_code *
code_new(struct pw_host *host, const struct pw_engine_ops *ops, const struct pw_engine_settings *settings,
         const uint8_t *hash)
{
  struct pw_code *code = (struct pw_code *)calloc(1, sizeof(*code));

  if (code != NULL) {
    code->ops        = ops;
    code->settings   = *settings;
    code->references = 1;
    memcpy(code->hash, hash, sizeof(code->hash));
    pthread_mutex_lock(&host->code_lock);
    code->engine = engine_find(host, code);
    code->next   = host->codes;
    host->codes  = code;
    pthread_mutex_unlock(&host->code_lock);
  }
  return code;
}

/* What the callbacks of headers look at. */
static void
note_parameters(struct pw_code *code, struct pw_view module)
{
  static const enum pw_callback callbacks[2] = {
    [PW_STREAM_HTTP_REQUEST]  = PW_CALLBACK_REQUEST_HEADERS,
    [PW_STREAM_HTTP_RESPONSE] = PW_CALLBACK_RESPONSE_HEADERS,
  };

  for (int direction = 0; direction < 2; ++direction) {
    code->headers_parameters[direction] =
      pw_module_parameters_used(module, code->info, pw_callback_name(callbacks[direction]));
  }
}

/* Compiles it, or takes what was compiled. Without the lock: others may give theirs back meanwhile. */
static bool
code_make(const struct pw_plugin *plugin, struct pw_code *code, const struct pw_precompiled_file *file,
          struct pw_error *error)
{
  struct pw_module_source source;
  struct pw_error         note;
  enum pw_cache_result    cache = PW_CACHE_OFF;

  memset(&source, 0, sizeof(source));
  source.code                 = file->module;
  source.precompiled          = file->sections;
  source.cache_directory      = plugin->host->cache_directory;
  source.compile_milliseconds = plugin->config.limits.compile_milliseconds;
  source.compile_memory_bytes = plugin->config.limits.compile_memory_bytes;
  pw_error_set(&note, PW_ERROR_NONE, "%s", "");
  code->info = pw_module_info_read(file->module, error);
  if (code->info != NULL) {
    note_parameters(code, file->module);
  }
  if (code->info != NULL && code->engine == NULL) {
    code->engine = code->ops->engine_new(&code->settings, error);
  }
  if (code->info != NULL && code->engine != NULL) {
    code->compiled = pw_engine_load_module(code->ops, code->engine, &code->settings, &source, &cache, &note, error);
  }
  note_cache(plugin, cache, &note);
  code->precompiled = cache == PW_CACHE_PRECOMPILED;
  return code->compiled != NULL;
}

/* One that is in use, with one more reference, or NULL. */
static struct pw_code *
code_find(const struct pw_plugin *plugin, const struct pw_engine_ops *ops, const struct pw_engine_settings *settings,
          const uint8_t *hash)
{
  struct pw_host *host = plugin->host;
  struct pw_code *code;

  pthread_mutex_lock(&host->code_lock);
  for (code = host->codes; code != NULL; code = code->next) {
    if (code->ops == ops && settings_equal(&code->settings, settings) &&
        (!code->precompiled || plugin->config.allow_precompiled) && memcmp(code->hash, hash, sizeof(code->hash)) == 0) {
      ++code->references;
      break;
    }
  }
  pthread_mutex_unlock(&host->code_lock);
  return code;
}

/* One load at a time: two plugins with one module compile it once. */
static struct pw_code *
code_load(const struct pw_plugin *plugin, const struct pw_engine_ops *ops, const struct pw_engine_settings *settings,
          const struct pw_precompiled_file *file, struct pw_error *error)
{
  struct pw_code *code;
  uint8_t         hash[PW_CODE_HASH_SIZE];

  if (!pw_code_hash(file->module, hash, error)) {
    return NULL;
  }
  code = code_find(plugin, ops, settings, hash);
  if (code != NULL) {
    return code;
  }
  code = code_new(plugin->host, ops, settings, hash);
  if (code == NULL) {
    pw_error_set(error, PW_ERROR_MEMORY, "out of memory for a module");
    return NULL;
  }
  if (!code_make(plugin, code, file, error)) {
    pw_code_put(plugin->host, code);
    return NULL;
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
  if (plugin->config.allow_precompiled && parts.sections.size == 0) {
    pw_host_log(host, plugin, PW_LOG_WARN,
                "compiled code: vm_config.allow_precompiled is true, but the module's file has none at its end, where "
                "'proxywasm compile' puts it");
  }
  pthread_mutex_lock(&host->load_lock);
  code = code_load(plugin, ops, settings, &parts, error);
  pthread_mutex_unlock(&host->load_lock);
  return code;
}

void
pw_code_put(struct pw_host *host, struct pw_code *code)
{
  bool last;
  bool engine_shared = false;

  if (code == NULL) {
    return;
  }
  pthread_mutex_lock(&host->code_lock);
  last = --code->references == 0;
  if (last) {
    engine_shared = code_unlink(host, code);
  }
  pthread_mutex_unlock(&host->code_lock);
  if (last) {
    code_free(code, engine_shared);
  }
}
