/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled code: shared objects, opened from memory. */
#define _GNU_SOURCE
#include "engine/file.h"
#include "internal.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- types of functions: they have the same number wherever they are written ---- */

struct type {
  uint32_t number;
  size_t   size;
  char     text[];
};

static pthread_mutex_t types_lock = PTHREAD_MUTEX_INITIALIZER;
static void           *types; /* a tree, by text; they stay */
static uint32_t        type_count;

/* While an object begins: there was no memory for one of its types, which then has a number that others may have. */
static _Thread_local bool type_failed;

static int
compare_types(const void *left, const void *right)
{
  const struct type *a = left;
  const struct type *b = right;

  if (a->size != b->size) {
    return a->size < b->size ? -1 : 1;
  }
  return memcmp(a->text, b->text, a->size);
}

/* The type as it is known, which may be this one from now on. NULL: no memory. */
static struct type *
add_type(struct type *type)
{
  struct type **found = tsearch(type, &types, compare_types);

  if (found && *found == type) {
    type->number = ++type_count;
  }
  return found ? *found : NULL;
}

static uint32_t
type_number(const char *text, size_t size)
{
  struct type *type = malloc(sizeof *type + size);
  struct type *known;

  if (!type) {
    type_failed = true;
    return 0;
  }
  type->size = size;
  memcpy(type->text, text, size);
  pthread_mutex_lock(&types_lock);
  known = add_type(type);
  pthread_mutex_unlock(&types_lock);
  if (known != type) {
    free(type);
  }
  type_failed = type_failed || !known;
  return known ? known->number : 0;
}

/* ---- opening ---- */

static const struct pw_wasm2c_runtime runtime = {
  .trap            = pw_wasm2c_trap,
  .memory_allocate = pw_wasm2c_memory_allocate,
  .memory_grow     = pw_wasm2c_memory_grow,
  .memory_free     = pw_wasm2c_memory_free,
  .table_allocate  = pw_wasm2c_table_allocate,
  .table_grow      = pw_wasm2c_table_grow,
  .table_free      = pw_wasm2c_table_free,
  .type_number     = type_number,
};

/* The loader knows objects by their names: the file is open as long as its object is, so that no other gets that one.
 */
static bool
open_memory(struct pw_view bytes, struct pw_wasm2c_opened *opened, struct pw_error *error)
{
  char path[64];

  opened->file = pw_file_in_memory("proxywasm_wasm2c");
  if (opened->file < 0 || !pw_file_write_all(opened->file, bytes)) {
    return pw_error_set(error, PW_ERROR_MEMORY, "compiled code: a file in memory: %s", strerror(errno));
  }
  snprintf(path, sizeof path, "/proc/self/fd/%d", opened->file);
  opened->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  return opened->handle || pw_error_set(error, PW_ERROR_ENGINE, "wasm2c refuses the compiled code: %s", dlerror());
}

static int
compare_functions(const void *left, const void *right)
{
  const struct pw_wasm2c_function *a = left;
  const struct pw_wasm2c_function *b = right;

  return a->address < b->address ? -1 : a->address > b->address;
}

/* Those of the module, and those that call them and that they call: what lies between two is the first one's. */
static bool
sort_functions(struct pw_wasm2c_opened *opened, struct pw_error *error)
{
  const struct pw_wasm2c_object *object = opened->object;
  struct pw_wasm2c_function     *item;

  item = calloc((size_t)object->function_count + object->call_count + object->import_count + 1, sizeof *item);
  if (!item) {
    return pw_error_set(error, PW_ERROR_MEMORY, "compiled code");
  }
  opened->functions = item;
  for (uint32_t i = 0; i < object->function_count; i++) {
    *item++ = (struct pw_wasm2c_function){.address = (uintptr_t)object->functions[i], .number = i};
  }
  for (uint32_t i = 0; i < object->call_count; i++) {
    if (object->calls[i]) {
      *item++ = (struct pw_wasm2c_function){.address = (uintptr_t)object->calls[i], .number = UINT32_MAX};
    }
  }
  for (uint32_t i = 0; object->stubs && i < object->import_count; i++) {
    *item++ = (struct pw_wasm2c_function){.address = (uintptr_t)object->stubs[i], .number = UINT32_MAX};
  }
  opened->function_count = (size_t)(item - opened->functions);
  qsort(opened->functions, opened->function_count, sizeof *opened->functions, compare_functions);
  return true;
}

bool
pw_wasm2c_open(struct pw_view bytes, struct pw_wasm2c_opened *opened, struct pw_error *error)
{
  memset(opened, 0, sizeof *opened);
  if (!open_memory(bytes, opened, error)) {
    return false;
  }
  opened->object = dlsym(opened->handle, PW_WASM2C_SYMBOL);
  if (!opened->object || opened->object->interface != PW_WASM2C_INTERFACE) {
    return pw_error_set(error, PW_ERROR_ENGINE, "wasm2c refuses the compiled code: it is of another version");
  }
  type_failed = false;
  opened->object->begin(&runtime);
  if (type_failed) {
    return pw_error_set(error, PW_ERROR_MEMORY, "types of compiled code");
  }
  return sort_functions(opened, error);
}

void
pw_wasm2c_close(struct pw_wasm2c_opened *opened)
{
  if (opened->handle) {
    dlclose(opened->handle);
  }
  if (opened->file > 0) {
    close(opened->file);
  }
  free(opened->functions);
  memset(opened, 0, sizeof *opened);
}

uint32_t
pw_wasm2c_function_at(const struct pw_wasm2c_opened *opened, uintptr_t address)
{
  size_t begin = 0;
  size_t end   = opened->function_count;

  /* The last one that begins at or before the byte in front of it: a call may be a function's last instruction. */
  while (begin < end) {
    size_t middle = begin + (end - begin) / 2;

    if (opened->functions[middle].address < address) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin > 0 ? opened->functions[begin - 1].number : UINT32_MAX;
}
