/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "memory.h"

#include <sys/mman.h>

#define RESERVATION (UINT64_C(4) << 30)

bool
pw_memory_check(const char *engine, uint64_t bytes, uint64_t limit, struct pw_error *error)
{
  if (limit == 0 || bytes <= limit) {
    return true;
  }
  return pw_error_set(error, PW_ERROR_LIMIT,
                      "%s cannot start the module: its memory begins with %llu bytes, which exceeds the limit of %llu",
                      engine, (unsigned long long)bytes, (unsigned long long)limit);
}

bool
pw_memory_commit(void *memory, size_t size)
{
  return size == 0 || mprotect(memory, size, PROT_READ | PROT_WRITE) == 0;
}

void *
pw_memory_reserve(size_t size)
{
  void *memory = mmap(NULL, RESERVATION, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

  if (memory == MAP_FAILED) {
    return NULL;
  }
  if (!pw_memory_commit(memory, size)) {
    pw_memory_release(memory);
    return NULL;
  }
  return memory;
}

void
pw_memory_release(void *memory)
{
  if (memory) {
    munmap(memory, RESERVATION);
  }
}
