/* SPDX-License-Identifier: Apache-2.0 */
/* The allocator that WAMR is given. A linear memory never moves, so that its base can be kept, as with the other
 * engines. */
#define _GNU_SOURCE
#include "common/memory.h"
#include "internal.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *
pw_wamr_map(size_t size)
{
  void *block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

  return block == MAP_FAILED ? NULL : block;
}

void *
pw_wamr_allocate(mem_alloc_usage_t usage, unsigned int size)
{
  return usage == Alloc_For_LinearMemory ? pw_memory_reserve(size) : malloc(size);
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
    return pw_memory_reserve(size);
  }
  return pw_memory_commit(block, size) ? block : NULL;
}

void
pw_wamr_release(mem_alloc_usage_t usage, void *block)
{
  if (usage != Alloc_For_LinearMemory) {
    free(block);
  } else {
    pw_memory_release(block);
  }
}
