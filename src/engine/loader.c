/* SPDX-License-Identifier: Apache-2.0 */
/* Finds engines: loadable objects, opened once, each with its symbols to itself. */
#define _GNU_SOURCE
#include "engine/loader.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The engines that this version knows: X(name, what its object needs to be opened). The first is the default. */
#define ENGINES(X)                                                                                                     \
  X("wasmtime", "it needs Wasmtime's C library, libwasmtime.so: install that beside it, or run tools/setup and build " \
                "again")                                                                                               \
  X("wamr", "it needs nothing but the C library: install the one of the same version")                                 \
  X("v8", "it needs V8 in Debian's library of Node.js, libnode.so.108: install the package libnode108")                \
  X("wasmedge", "it needs libwasmedge.so.0, libfmt.so.10 and libspdlog.so.1.15 beside it, and LLVM 19: install the "   \
                "package libllvm19")                                                                                   \
  X("wasm2c", "it needs nothing but the C library: install the one of the same version")

static const char *const names[] = {
#define ENGINE_NAME(name, needs) name,
  ENGINES(ENGINE_NAME)
#undef ENGINE_NAME
    NULL};

static const char *const needs_of[] = {
#define ENGINE_NEEDS(name, needs) needs,
  ENGINES(ENGINE_NEEDS)
#undef ENGINE_NEEDS
};

enum { ENGINE_COUNT = sizeof needs_of / sizeof *needs_of };

/* Engines that were opened; they stay so until the process ends. */
static const struct pw_engine_ops *opened[ENGINE_COUNT];
static pthread_mutex_t             lock = PTHREAD_MUTEX_INITIALIZER;

/* Where a file was looked for, for the message when there is none. */
struct search {
  const char *name; /* of the file */
  char        file[PATH_MAX];
  char        places[1024];
};

const char *const *
pw_engine_names(void)
{
  return names;
}

/* The number of an engine, by any of its names ("wasmtime", "ats.wasm.runtime.wasmtime"); ENGINE_COUNT: unknown. */
static size_t
engine_number(const char *name)
{
  static const char prefix[] = "ats.wasm.runtime.";
  size_t            number   = 0;

  if (!name || !*name) {
    return 0;
  }
  if (strncmp(name, prefix, sizeof prefix - 1) == 0) {
    name += sizeof prefix - 1;
  }
  while (number < ENGINE_COUNT && strcmp(name, names[number]) != 0) {
    number++;
  }
  return number;
}

bool
pw_engine_is_known(const char *name)
{
  return engine_number(name) < ENGINE_COUNT;
}

static bool
found_in(struct search *search, const char *folder, size_t folder_length)
{
  size_t length = strlen(search->places);
  int    size   = snprintf(search->file, sizeof search->file, "%.*s/%s", (int)folder_length, folder, search->name);

  if (size > 0 && (size_t)size < sizeof search->file && access(search->file, F_OK) == 0) {
    return true;
  }
  snprintf(search->places + length, sizeof search->places - length, "%s%.*s", length > 0 ? ", " : "",
           (int)folder_length, folder);
  return false;
}

static bool
found_in_list(struct search *search, const char *folders)
{
  while (folders && *folders) {
    size_t length = strcspn(folders, ":");

    if (length > 0 && found_in(search, folders, length)) {
      return true;
    }
    folders += length + (folders[length] == ':');
  }
  return false;
}

/* The folder of the plugin or program that this code is linked into. */
static bool
own_folder(char *folder, size_t size)
{
  Dl_info          info;
  struct link_map *map  = NULL;
  char            *path = NULL;
  char            *slash;
  bool             fits = false;

  if (dladdr1((const void *)pw_engine_find, &info, (void **)&map, RTLD_DL_LINKMAP)) {
    /* The main program has an empty name here, and what it was called by may be no path. */
    path = realpath(map && map->l_name[0] ? map->l_name : "/proc/self/exe", NULL);
  }
  slash = path ? strrchr(path, '/') : NULL;
  if (slash) {
    *slash = '\0';
    fits   = (size_t)snprintf(folder, size, "%s", path) < size;
  }
  free(path);
  return fits;
}

static bool
find_file(struct search *search)
{
  char folder[PATH_MAX];
  char sibling[PATH_MAX + sizeof "/../lib"];

  /* Not from the environment of a program with more rights than who started it. */
  if (found_in_list(search, secure_getenv("PROXYWASM_ENGINE_PATH"))) {
    return true;
  }
  if (own_folder(folder, sizeof folder)) {
    snprintf(sibling, sizeof sibling, "%s/../lib", folder);
    if (found_in(search, folder, strlen(folder)) || found_in(search, sibling, strlen(sibling))) {
      return true;
    }
  }
  return found_in(search, PW_ENGINE_DIRECTORY, strlen(PW_ENGINE_DIRECTORY));
}

bool
pw_engine_find_file(const char *name, char *path, size_t size, struct pw_error *error)
{
  struct search search = {.name = name};

  if (!find_file(&search)) {
    return pw_error_set(error, PW_ERROR_ENGINE, "there is no %s in %s", name, search.places);
  }
  return (size_t)snprintf(path, size, "%s", search.file) < size ||
         pw_error_set(error, PW_ERROR_ENGINE, "the path of %s is too long", name);
}

static const struct pw_engine_ops *
enter(void *object, const char *name, const char *file, struct pw_error *error)
{
  pw_engine_entry_function    entry;
  const struct pw_engine_ops *ops;
  void                       *symbol = dlsym(object, PW_ENGINE_ENTRY);

  memcpy(&entry, &symbol, sizeof entry);
  ops = symbol ? entry() : NULL;
  if (!ops) {
    pw_error_set(error, PW_ERROR_ENGINE, "engine '%s': %s is no engine of proxywasm (it has no " PW_ENGINE_ENTRY ")",
                 name, file);
    return NULL;
  }
  if (ops->interface != PW_ENGINE_INTERFACE) {
    pw_error_set(error, PW_ERROR_ENGINE,
                 "engine '%s': %s has interface %u, this proxywasm needs %u; install the one of the same version", name,
                 file, (unsigned)ops->interface, PW_ENGINE_INTERFACE);
    return NULL;
  }
  if (strcmp(ops->name, name) != 0) {
    pw_error_set(error, PW_ERROR_ENGINE, "engine '%s': %s is engine '%s'; install the right one", name, file,
                 ops->name);
    return NULL;
  }
  return ops;
}

static const struct pw_engine_ops *
open_engine(size_t number, struct pw_error *error)
{
  const char                 *name = names[number];
  char                        file[64];
  struct search               search = {.name = file};
  const struct pw_engine_ops *ops;
  void                       *object;

  snprintf(file, sizeof file, "proxywasm_engine_%s.so", name);
  if (!find_file(&search)) {
    pw_error_set(error, PW_ERROR_ENGINE,
                 "engine '%s' is not installed: there is no %s in %s; install it in one of them, or name its folder in "
                 "PROXYWASM_ENGINE_PATH",
                 name, file, search.places);
    return NULL;
  }
  object = dlopen(search.file, RTLD_NOW | RTLD_LOCAL);
  if (!object) {
    pw_error_set(error, PW_ERROR_ENGINE, "engine '%s': %s cannot be opened: %s; %s", name, search.file, dlerror(),
                 needs_of[number]);
    return NULL;
  }
  ops = enter(object, name, search.file, error);
  if (!ops) {
    dlclose(object);
  }
  return ops;
}

static void
set_unknown(const char *name, struct pw_error *error)
{
  char   known[256] = "";
  size_t length     = 0;

  for (size_t i = 0; i < ENGINE_COUNT && length < sizeof known; i++) {
    length += (size_t)snprintf(known + length, sizeof known - length, "%s%s", i > 0 ? ", " : "", names[i]);
  }
  pw_error_set(error, PW_ERROR_ENGINE, "engine '%.100s' is unknown; this version has: %s", name, known);
}

const struct pw_engine_ops *
pw_engine_find(const char *name, struct pw_error *error)
{
  size_t                      number = engine_number(name);
  const struct pw_engine_ops *ops;

  if (number == ENGINE_COUNT) {
    set_unknown(name, error);
    return NULL;
  }
  pthread_mutex_lock(&lock);
  if (!opened[number]) {
    opened[number] = open_engine(number, error);
  }
  ops = opened[number];
  pthread_mutex_unlock(&lock);
  return ops;
}
