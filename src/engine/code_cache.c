/* SPDX-License-Identifier: Apache-2.0 */
/* Compiles a module, or takes compiled code that was verified: precompiled, or from the cache directory. */
#include "engine/compiler.h"
#include "engine/precompiled.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* One load, and what it has found out so far. */
struct load {
  const struct pw_engine_ops    *ops;
  struct pw_engine              *engine;
  const struct pw_module_source *source;
  struct pw_code_identity        identity;
  char                           path[PATH_MAX]; /* in the cache; "": none */
  enum pw_cache_result           result;
  struct pw_error               *note;
};

static void
reject(struct load *load, const char *what, const struct pw_error *why)
{
  load->result = PW_CACHE_REJECTED;
  pw_error_set(load->note, why->code, "%s not used, compiling anew: %s", what, why->message);
}

/* NULL: `why` says what is wrong with the file. */
static struct pw_compiled_module *
take(const struct load *load, const struct pw_code_identity *identity, struct pw_view file, struct pw_error *why)
{
  struct pw_view content;

  if (!pw_code_unpack(identity, file, &content, why)) {
    return NULL;
  }
  return load->ops->module_deserialize(load->engine, content, load->source->code, why);
}

/* What a section is for counts most: of several that do not fit, the one for this engine is told of. */
static bool
is_for(const struct pw_engine_ops *ops, struct pw_view packed)
{
  struct pw_code_identity made_for;

  return pw_code_made_for(packed, &made_for) && strcmp(made_for.engine, ops->name) == 0;
}

/* The first of the sections that fits. */
static struct pw_compiled_module *
take_precompiled(struct load *load)
{
  struct pw_code_identity    identity = load->identity;
  struct pw_view             sections = load->source->precompiled;
  struct pw_compiled_module *module   = NULL;
  struct pw_error            told     = {.code = PW_ERROR_NONE};
  bool                       tells    = false; /* of one for this engine */
  struct pw_view             packed;

  memset(&identity.processor, 0, sizeof identity.processor);
  while (!module && pw_precompiled_next(&sections, &packed)) {
    struct pw_error why    = {.code = PW_ERROR_NONE};
    bool            is_own = is_for(load->ops, packed);

    module = take(load, &identity, packed, &why);
    if (!module && (told.code == PW_ERROR_NONE || (is_own && !tells))) {
      told  = why;
      tells = is_own;
    }
  }
  if (module) {
    load->result = PW_CACHE_PRECOMPILED;
  } else {
    load->result = PW_CACHE_REJECTED;
    pw_error_set(load->note, told.code,
                 "precompiled code not used, compiling anew: %s; make it again with "
                 "'proxywasm compile --engine %s --stack %u%s%s'",
                 told.message, load->ops->name, identity.stack_bytes, identity.profile ? " --profile" : "",
                 identity.images ? " --transaction" : "");
  }
  return module;
}

static struct pw_compiled_module *
take_cached(struct load *load)
{
  struct pw_compiled_module *module = NULL;
  struct pw_bytes            file   = {0};
  struct pw_error            why    = {.code = PW_ERROR_NONE};

  switch (pw_code_read_file(load->path, &file, &why)) {
  case PW_CODE_READ_OK:
    module = take(load, &load->identity, pw_bytes_view(&file), &why);
    if (!module) {
      reject(load, load->path, &why);
    } else if (load->result != PW_CACHE_REJECTED) {
      load->result = PW_CACHE_HIT;
    }
    break;
  case PW_CODE_READ_REFUSED:
    reject(load, load->path, &why);
    break;
  case PW_CODE_READ_NONE:
    /* Precompiled code that was refused is worth more to know than what became of the cache. */
    if (load->result != PW_CACHE_REJECTED) {
      load->result = PW_CACHE_MISS;
    }
    break;
  }
  pw_bytes_clear(&file);
  return module;
}

static void
set_not_kept(struct load *load, const struct pw_error *why)
{
  pw_error_set(load->note, why->code, "compiled code could not be kept: %s", why->message);
}

static void
store(struct load *load, const struct pw_compiled_module *module)
{
  struct pw_bytes content = {0};
  struct pw_bytes file    = {0};
  struct pw_error why     = {.code = PW_ERROR_NONE};

  if (!load->ops->module_serialize(module, &content, &why) ||
      !pw_code_pack(&load->identity, pw_bytes_view(&content), &file, &why) ||
      !pw_code_write_file(load->path, pw_bytes_view(&file), 0600, &why)) {
    set_not_kept(load, &why);
  }
  pw_bytes_clear(&content);
  pw_bytes_clear(&file);
}

static struct pw_compiled_module *
compile_here(struct load *load, struct pw_error *error)
{
  struct pw_compiled_module *module = load->ops->module_compile(load->engine, load->source->code, error);

  if (module && load->path[0]) {
    store(load, module);
  }
  return module;
}

/* What the other process made is what the cache keeps. */
static struct pw_compiled_module *
take_compiled(struct load *load, struct pw_view packed, struct pw_error *error)
{
  struct pw_compiled_module *module = take(load, &load->identity, packed, error);
  struct pw_error            why    = {.code = PW_ERROR_NONE};

  if (module && load->path[0] && !pw_code_write_file(load->path, packed, 0600, &why)) {
    set_not_kept(load, &why);
  }
  return module;
}

static struct pw_compiled_module *
compile_apart(struct load *load, const struct pw_engine_settings *settings, struct pw_error *error)
{
  const struct pw_compile_limits limits = {load->source->compile_milliseconds, load->source->compile_memory_bytes};
  struct pw_compiled_module     *module = NULL;
  struct pw_bytes                packed = {0};
  struct pw_error                why    = {.code = PW_ERROR_NONE};

  switch (pw_compiler_run(load->ops, settings, &limits, load->source->code, &packed, &why)) {
  case PW_COMPILER_DONE:
    module = take_compiled(load, pw_bytes_view(&packed), error);
    break;
  case PW_COMPILER_FAILED:
    *error = why;
    break;
  case PW_COMPILER_NOT_STARTED:
    load->result = PW_CACHE_REJECTED;
    pw_error_set(load->note, why.code, "compiled without limits of time and memory: %s", why.message);
    module = compile_here(load, error);
    break;
  }
  pw_bytes_clear(&packed);
  return module;
}

/* Makes the directory if need be. One that others may write in is not used: they could put any file of ours there under
 * another name. */
static bool
is_usable_directory(const char *directory, struct pw_error *note)
{
  struct stat status;

  if ((mkdir(directory, 0700) != 0 && errno != EEXIST) || stat(directory, &status) != 0) {
    return pw_error_set(note, PW_ERROR_FILE, "cache directory %s: %s", directory, strerror(errno));
  }
  if (!S_ISDIR(status.st_mode)) {
    return pw_error_set(note, PW_ERROR_FILE, "cache directory %s: it is no directory", directory);
  }
  if ((status.st_uid != geteuid() && status.st_uid != 0) || (status.st_mode & (S_IWGRP | S_IWOTH))) {
    return pw_error_set(
      note, PW_ERROR_FILE,
      "cache directory %s: not used, since others can write in it; give it to user %u, with mode 0700", directory,
      (unsigned)geteuid());
  }
  return true;
}

/* Names the cache's file, and makes its directory. Leaves the path empty when there can be no cache. */
static void
choose_path(struct load *load)
{
  const char *directory = load->source->cache_directory;
  uint8_t     hash[PW_CODE_HASH_SIZE];
  char        key[2 * PW_CODE_HASH_SIZE + 1];
  int         size;

  if (!directory || !*directory || !load->ops->module_serialize || !load->ops->module_deserialize) {
    return;
  }
  if (!is_usable_directory(directory, load->note) || !pw_code_key(&load->identity, hash, load->note)) {
    return;
  }
  for (size_t i = 0; i < PW_CODE_HASH_SIZE; i++) {
    snprintf(key + 2 * i, 3, "%02x", hash[i]);
  }
  size = snprintf(load->path, sizeof load->path, "%s/%s.pwcode", directory, key);
  if (size < 0 || (size_t)size >= sizeof load->path) {
    pw_error_set(load->note, PW_ERROR_FILE, "cache directory %s: the name is too long", directory);
    load->path[0] = '\0';
  }
}

static struct pw_compiled_module *
load_module(struct load *load, const struct pw_engine_settings *settings, struct pw_error *error)
{
  struct pw_compiled_module *module = NULL;
  bool known = pw_code_identify(load->ops, settings, load->source->code, true, &load->identity, load->note);

  if (known && load->source->precompiled.size > 0 && load->ops->module_deserialize) {
    module = take_precompiled(load);
  }
  if (known && !module) {
    choose_path(load);
  }
  if (!module && load->path[0]) {
    module = take_cached(load);
  }
  if (module) {
    return module;
  }
  if (known && load->source->compile_milliseconds > 0 && load->ops->module_serialize && load->ops->module_deserialize) {
    return compile_apart(load, settings, error);
  }
  return compile_here(load, error);
}

struct pw_compiled_module *
pw_engine_load_module(const struct pw_engine_ops *ops, struct pw_engine *engine,
                      const struct pw_engine_settings *settings, const struct pw_module_source *source,
                      enum pw_cache_result *cache, struct pw_error *note, struct pw_error *error)
{
  struct pw_error            unasked;
  struct load                load = {.ops = ops, .engine = engine, .source = source, .result = PW_CACHE_OFF};
  struct pw_compiled_module *module;

  load.note             = note ? note : &unasked;
  load.note->code       = PW_ERROR_NONE;
  load.note->message[0] = '\0';
  module                = load_module(&load, settings, error);
  if (cache) {
    *cache = load.result;
  }
  return module;
}
