/* SPDX-License-Identifier: Apache-2.0 */
/* The allocator that WAMR is given. A linear memory gets the addresses of all that 32 bits can reach, and takes memory
 * for what it has grown to: it never moves, so that its base can be kept, as with the other engines. */
#define _GNU_SOURCE
#include "internal.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define RESERVATION (UINT64_C(4) << 30)

void *
pw_wamr_map(size_t size)
{
  void *block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

  return block == MAP_FAILED ? NULL : block;
}

static bool
commit(void *block, unsigned int size)
{
  return mprotect(block, size, PROT_READ | PROT_WRITE) == 0;
}

static void *
reserve(unsigned int size)
{
  void *block = mmap(NULL, RESERVATION, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

  if (block == MAP_FAILED) {
    return NULL;
  }
  if (!commit(block, size)) {
    munmap(block, RESERVATION);
    return NULL;
  }
  return block;
}

void *
pw_wamr_allocate(mem_alloc_usage_t usage, unsigned int size)
{
  return usage == Alloc_For_LinearMemory ? reserve(size) : malloc(size);
}

void *
pw_wamr_reallocate(mem_alloc_usage_t usage, bool whole, void *block, unsigned int size)
{
  (void)whole;
  if (usage != Alloc_For_LinearMemory) {
    return realloc(block, size);
  }
  /* A memory of 0 pages has no block yet. */
  if (!block) {
    return reserve(size);
  }
  return commit(block, size) ? block : NULL;
}

void
pw_wamr_release(mem_alloc_usage_t usage, void *block)
{
  if (usage != Alloc_For_LinearMemory) {
    free(block);
  } else if (block) {
    munmap(block, RESERVATION);
  }
}
