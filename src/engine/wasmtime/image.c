/* SPDX-License-Identifier: Apache-2.0 */
/* Images of instances. The memory of one is a file in memory that an instance has as its own begin of memory, copied a
 * page at a time as it is written to: bringing it back is to drop those pages. */
#define _GNU_SOURCE /* memfd_create */
#include "internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define WASM_PAGE_BYTES ((size_t)65536)
/* Pages without content are left out of the file. */
#define BLOCK_BYTES ((size_t)4096)

struct pw_engine_image {
  uint64_t        number; /* of all images ever taken: from 1 */
  size_t          size;   /* of the memory */
  int             file;
  wasmtime_val_t *globals;
};

static atomic_uint_fast64_t images_taken;

/* ---- globals ---- */

/* Looks them up. False: they are not all there, or memory is out. */
static bool
find_globals(struct pw_engine_instance *instance)
{
  uint32_t           count = instance->linked->exposed.globals;
  wasmtime_global_t *found = malloc((count + (size_t)1) * sizeof *found);
  uint32_t           i     = 0;

  for (bool good = found; good && i < count; i += good) {
    char              name[PW_EXPOSED_GLOBAL_SIZE];
    size_t            size = (size_t)snprintf(name, sizeof name, PW_EXPOSED_GLOBAL, i);
    wasmtime_extern_t item;

    good = wasmtime_instance_export_get(instance->context, &instance->instance, name, size, &item);
    if (good) {
      good     = item.kind == WASMTIME_EXTERN_GLOBAL;
      found[i] = item.of.global;
      wasmtime_extern_delete(&item);
    }
  }
  if (!found || i < count) {
    free(found);
    return false;
  }
  instance->globals = found;
  return true;
}

static void
get_globals(struct pw_engine_instance *instance, wasmtime_val_t *values)
{
  for (uint32_t i = 0; i < instance->linked->exposed.globals; i++) {
    wasmtime_global_get(instance->context, &instance->globals[i], &values[i]);
  }
}

static bool
set_globals(struct pw_engine_instance *instance, const wasmtime_val_t *values)
{
  for (uint32_t i = 0; i < instance->linked->exposed.globals; i++) {
    wasmtime_error_t *failure = wasmtime_global_set(instance->context, &instance->globals[i], &values[i]);

    if (failure) {
      wasmtime_error_delete(failure);
      return false;
    }
  }
  return true;
}

/* ---- memory ---- */

static bool
is_empty(const uint8_t *block)
{
  return block[0] == 0 && memcmp(block, block + 1, BLOCK_BYTES - 1) == 0;
}

static bool
write_memory(int file, const struct pw_memory *memory)
{
  if (ftruncate(file, (off_t)memory->size) != 0) {
    return false;
  }
  for (size_t at = 0; at < memory->size; at += BLOCK_BYTES) {
    if (!is_empty(memory->base + at) &&
        pwrite(file, memory->base + at, BLOCK_BYTES, (off_t)at) != (ssize_t)BLOCK_BYTES) {
      return false;
    }
  }
  /* It is what it is from now on, whatever becomes of this process. */
  return fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0;
}

/* Makes a memory that is still smaller as large as the image's. */
static bool
grow_memory(struct pw_engine_instance *instance, size_t size)
{
  uint64_t          before;
  wasmtime_error_t *failure = NULL;

  pw_wasmtime_memory_refresh(instance);
  if (instance->memory.size < size) {
    failure = wasmtime_memory_grow(instance->context, &instance->exported_memory,
                                   (size - instance->memory.size) / WASM_PAGE_BYTES, &before);
    pw_wasmtime_memory_refresh(instance);
  }
  if (failure) {
    wasmtime_error_delete(failure);
  }
  return instance->memory.size == size;
}

/* A memory is reserved as a whole, and stays where it is (settings.c): what is mapped over its begin stays, too. */
static bool
map_memory(struct pw_engine_instance *instance, const struct pw_engine_image *image)
{
  if (instance->mapped == image->number) {
    return madvise(instance->memory.base, image->size, MADV_DONTNEED) == 0;
  }
  if (image->size > 0 && mmap(instance->memory.base, image->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED,
                              image->file, 0) == MAP_FAILED) {
    return false;
  }
  instance->mapped = image->number;
  return true;
}

/* ---- images ---- */

static bool
fill(struct pw_engine_image *image, struct pw_engine_instance *instance)
{
  image->number  = atomic_fetch_add(&images_taken, 1) + 1;
  image->size    = instance->memory.size;
  image->file    = memfd_create("proxywasm image", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  image->globals = calloc(instance->linked->exposed.globals + (size_t)1, sizeof *image->globals);
  if (image->file < 0 || !image->globals || !write_memory(image->file, &instance->memory)) {
    return false;
  }
  get_globals(instance, image->globals);
  return true;
}

struct pw_engine_image *
pw_wasmtime_image_take(struct pw_engine_instance *instance)
{
  struct pw_engine_image *image;

  if (!instance->linked->exposed.complete || !instance->has_memory || instance->depth > 0 ||
      (!instance->globals && !find_globals(instance))) {
    return NULL;
  }
  pw_wasmtime_memory_refresh(instance);
  image = calloc(1, sizeof *image);
  if (image && !fill(image, instance)) {
    pw_wasmtime_image_delete(image);
    image = NULL;
  }
  return image;
}

bool
pw_wasmtime_image_apply(struct pw_engine_instance *instance, const struct pw_engine_image *image)
{
  return instance->depth == 0 && instance->has_memory && (instance->globals || find_globals(instance)) &&
         grow_memory(instance, image->size) && map_memory(instance, image) && set_globals(instance, image->globals);
}

void
pw_wasmtime_image_delete(struct pw_engine_image *image)
{
  if (!image) {
    return;
  }
  if (image->file >= 0) {
    close(image->file);
  }
  free(image->globals);
  free(image);
}
