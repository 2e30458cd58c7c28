/* SPDX-License-Identifier: Apache-2.0 */
#include "host/code.h"

#include "host/internal.h"

#include <openssl/evp.h>
#include <stdlib.h>

static bool
settings_equal(const struct pw_engine_settings *a, const struct pw_engine_settings *b)
{
  return a->stack_bytes == b->stack_bytes && a->profile == b->profile;
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

/* What became of the cache is worth a line only when something is wrong with it. */
static void
note_cache(struct pw_host *host, enum pw_cache_result result, const struct pw_error *note)
{
  if (note->code != PW_ERROR_NONE) {
    pw_host_log(host, NULL, result == PW_CACHE_REJECTED ? PW_LOG_WARN : PW_LOG_INFO, "code cache: %s", note->message);
  }
}

static struct pw_code *
code_new(struct pw_host *host, const struct pw_engine_ops *ops, const struct pw_engine_settings *settings,
         struct pw_view wasm, struct pw_error *error)
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
  source.code            = wasm;
  source.cache_directory = host->cache_directory;
  pw_error_set(&note, PW_ERROR_NONE, "%s", "");
  code->ops      = ops;
  code->settings = *settings;
  code->info     = pw_module_info_read(wasm, error);
  if (code->info != NULL) {
    code->engine = engine_get(host, ops, settings, error);
  }
  if (code->engine != NULL) {
    code->compiled = pw_engine_load_module(ops, code->engine, settings, &source, &cache, &note, error);
  }
  note_cache(host, cache, &note);
  if (code->compiled == NULL) {
    code_free(host, code);
    return NULL;
  }
  return code;
}

struct pw_code *
pw_code_get(struct pw_host *host, const struct pw_engine_ops *ops, const struct pw_engine_settings *settings,
            struct pw_view wasm, struct pw_error *error)
{
  struct pw_code *code;
  uint8_t         hash[PW_CODE_HASH_SIZE];

  if (EVP_Digest(wasm.data, wasm.size, hash, NULL, EVP_sha256(), NULL) != 1) {
    pw_error_set(error, PW_ERROR_MEMORY, "the SHA-256 of the module cannot be computed");
    return NULL;
  }
  /* One lock for finding and compiling: two plugins with one module compile it once. */
  pthread_mutex_lock(&host->code_lock);
  for (code = host->codes; code != NULL; code = code->next) {
    if (code->ops == ops && settings_equal(&code->settings, settings) && memcmp(code->hash, hash, sizeof(hash)) == 0) {
      break;
    }
  }
  if (code == NULL) {
    code = code_new(host, ops, settings, wasm, error);
    if (code != NULL) {
      memcpy(code->hash, hash, sizeof(hash));
      code->next  = host->codes;
      host->codes = code;
    }
  }
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
