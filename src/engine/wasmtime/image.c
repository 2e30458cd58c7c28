/* SPDX-License-Identifier: Apache-2.0 */
/* Images of instances. The memory of one is a file in memory that an instance has as its own begin of memory, copied a
 * page at a time as it is written to: bringing it back is to write over those pages, or to drop them, which also drops
 * those that were only read. To fault one in again takes fifty times what it takes to write over it. So the system is
 * asked which were written to; where it does not tell, pages that are written to each time are found by looking, and
 * all others dropped. */
#define _GNU_SOURCE /* memfd_create */
#include "internal.h"

#include "common/written_pages.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define WASM_PAGE_BYTES ((size_t)65536)
/* What has no content is left out of the file, in blocks of this size. */
#define BLOCK_BYTES ((size_t)4096)
/* Of larger memories the system is not asked, as it tells each page. */
#define MOST_ASKED_BYTES ((size_t)16 << 20)
/* Pages that are written over stay an instance's own. It keeps no more than so much. */
#define MOST_KEPT_BYTES ((size_t)512 << 10)
/* So often it is looked what was written to, but not in a larger memory: looking gives all of it pages. */
#define LOOKS           8
#define MOST_LOOK_BYTES ((size_t)4 << 20)
/* More than so many places, or so much, is not written over. */
#define MOST_PLACES      8
#define MOST_PLACE_BYTES ((size_t)128 << 10)
/* Places that are nearer to each other are one. */
#define PLACE_GAP_BYTES ((size_t)16 << 10)

/* Bytes of the memory, of whole pages. */
struct place {
  size_t begin;
  size_t end;
};

struct pw_engine_image {
  uint64_t        number; /* of all images ever taken: from 1 */
  size_t          size;   /* of the memory */
  size_t          page;   /* of the system */
  int             file;
  const uint8_t  *memory; /* the file, to read */
  wasmtime_val_t *globals;

  struct pw_written_pages *told; /* NULL: the system does not tell */
  unsigned                 looks;
  bool                    *written; /* of each page: it was not the image's when an instance was brought back */
  struct place             places[MOST_PLACES]; /* that are written over */
  size_t                   place_count;
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

/* ---- bringing memory back ---- */

static bool
drop(struct pw_engine_instance *instance, size_t begin, size_t end)
{
  return begin == end || madvise(instance->memory.base + begin, end - begin, MADV_DONTNEED) == 0;
}

/* Notes which pages of an instance are not as they were. */
static void
look(struct pw_engine_image *image, const struct pw_engine_instance *instance)
{
  image->looks++;
  for (size_t at = 0; at < image->size; at += image->page) {
    if (memcmp(instance->memory.base + at, image->memory + at, image->page) != 0) {
      image->written[at / image->page] = true;
    }
  }
}

/* Makes places of what was noted; none when it is too much. */
static void
make_places(struct pw_engine_image *image)
{
  struct place *last  = NULL;
  size_t        bytes = 0;

  for (size_t at = 0; at < image->size; at += image->page) {
    if (!image->written[at / image->page]) {
      continue;
    }
    if (!last || at - last->end >= PLACE_GAP_BYTES) {
      if (image->place_count == MOST_PLACES) {
        image->place_count = 0;
        return;
      }
      last  = &image->places[image->place_count++];
      *last = (struct place){.begin = at, .end = at};
    }
    bytes += at + image->page - last->end;
    last->end = at + image->page;
  }
  if (bytes > MOST_PLACE_BYTES) {
    image->place_count = 0;
  }
}

/* Writes over what the system tells. False: it does not, or it is too much. */
static bool
restore_told(struct pw_engine_instance *instance, const struct pw_engine_image *image)
{
  size_t pages = image->size / image->page;
  size_t kept  = 0;

  if (!pw_written_pages_ask(image->told, instance->memory.base, pages)) {
    return false;
  }
  for (size_t i = 0; i < pages; i++) {
    if (pw_written_pages_has(image->told, i)) {
      kept += image->page;
      if (kept > MOST_KEPT_BYTES) {
        return false;
      }
      memcpy(instance->memory.base + i * image->page, image->memory + i * image->page, image->page);
    }
  }
  return true;
}

/* Writes over the places that were found, and drops all else. */
static bool
restore_found(struct pw_engine_instance *instance, struct pw_engine_image *image)
{
  size_t at = 0;

  if (image->looks < LOOKS) {
    look(image, instance);
    if (image->looks == LOOKS) {
      make_places(image);
    }
    return drop(instance, 0, image->size);
  }
  for (size_t i = 0; i < image->place_count; i++) {
    const struct place *place = &image->places[i];

    if (!drop(instance, at, place->begin)) {
      return false;
    }
    memcpy(instance->memory.base + place->begin, image->memory + place->begin, place->end - place->begin);
    at = place->end;
  }
  return drop(instance, at, image->size);
}

static bool
restore_memory(struct pw_engine_instance *instance, struct pw_engine_image *image)
{
  if (image->told) {
    return restore_told(instance, image) || drop(instance, 0, image->size);
  }
  return restore_found(instance, image);
}

/* A memory is reserved as a whole, and stays where it is (settings.c): what is mapped over its begin stays, too. */
static bool
map_memory(struct pw_engine_instance *instance, struct pw_engine_image *image)
{
  if (instance->mapped == image->number) {
    return restore_memory(instance, image);
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
read_memory(struct pw_engine_image *image)
{
  void *memory = image->size > 0 ? mmap(NULL, image->size, PROT_READ, MAP_SHARED, image->file, 0) : NULL;

  image->memory = memory == MAP_FAILED ? NULL : memory;
  return memory != MAP_FAILED;
}

static bool
fill(struct pw_engine_image *image, struct pw_engine_instance *instance)
{
  image->number  = atomic_fetch_add(&images_taken, 1) + 1;
  image->size    = instance->memory.size;
  image->page    = (size_t)sysconf(_SC_PAGESIZE);
  image->looks   = image->size > MOST_LOOK_BYTES ? LOOKS : 0;
  image->file    = memfd_create("proxywasm image", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  image->globals = calloc(instance->linked->exposed.globals + (size_t)1, sizeof *image->globals);
  image->written = calloc(image->size / image->page + 1, sizeof *image->written);
  if (image->file < 0 || !image->globals || !image->written || !write_memory(image->file, &instance->memory) ||
      !read_memory(image)) {
    return false;
  }
  if (image->size > 0 && image->size <= MOST_ASKED_BYTES) {
    image->told = pw_written_pages_new(PW_PAGEMAP, image->file, image->size / image->page);
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
pw_wasmtime_image_apply(struct pw_engine_instance *instance, struct pw_engine_image *image)
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
  if (image->memory) {
    munmap((void *)(uintptr_t)image->memory, image->size);
  }
  if (image->file >= 0) {
    close(image->file);
  }
  pw_written_pages_delete(image->told);
  free(image->written);
  free(image->globals);
  free(image);
}
