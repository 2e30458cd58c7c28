/* SPDX-License-Identifier: Apache-2.0 */
/* Memories and tables, as the code asks for them. A memory gets the addresses of all that 32 bits can reach, and takes
 * memory for what it has grown to: it never moves. */
#define _GNU_SOURCE
#include "internal.h"

#include <stdlib.h>
#include <sys/mman.h>

#define RESERVATION (UINT64_C(4) << 30)

static uint32_t
lesser(uint32_t a, uint32_t b)
{
  return a < b ? a : b;
}

void
pw_wasm2c_memory_allocate(wasm_rt_memory_t *memory, uint32_t pages, uint32_t most_pages)
{
  uint64_t size = (uint64_t)pages * PW_WASM2C_PAGE_BYTES;
  uint8_t *data = mmap(NULL, RESERVATION, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

  if (data == MAP_FAILED) {
    pw_wasm2c_trap(PW_WASM2C_TRAP_MEMORY, __func__);
  }
  memory->data = data;
  if (size > 0 && mprotect(data, size, PROT_READ | PROT_WRITE) != 0) {
    pw_wasm2c_trap(PW_WASM2C_TRAP_MEMORY, __func__);
  }
  memory->size      = size;
  memory->pages     = pages;
  memory->max_pages = lesser(most_pages, pw_wasm2c_running()->instance->most_pages);
}

uint32_t
pw_wasm2c_memory_grow(wasm_rt_memory_t *memory, uint32_t pages)
{
  uint32_t before = memory->pages;
  uint64_t more   = (uint64_t)pages * PW_WASM2C_PAGE_BYTES;

  if (pages == 0) {
    return before;
  }
  if (pages > memory->max_pages || before > memory->max_pages - pages ||
      mprotect(memory->data + memory->size, more, PROT_READ | PROT_WRITE) != 0) {
    return UINT32_MAX;
  }
  memory->pages += pages;
  memory->size += more;
  return before;
}

void
pw_wasm2c_memory_free(wasm_rt_memory_t *memory)
{
  if (memory->data) {
    munmap(memory->data, RESERVATION);
  }
}

void
pw_wasm2c_table_allocate(struct pw_wasm2c_table *table, uint32_t elements, uint32_t most_elements, size_t element_size)
{
  table->data = calloc((size_t)elements + 1, element_size);
  if (!table->data) {
    pw_wasm2c_trap(PW_WASM2C_TRAP_MEMORY, __func__);
  }
  table->size     = elements;
  table->max_size = lesser(most_elements, pw_wasm2c_running()->instance->most_elements);
}

uint32_t
pw_wasm2c_table_grow(struct pw_wasm2c_table *table, uint32_t elements, size_t element_size)
{
  uint32_t before = table->size;
  void    *data;

  if (elements == 0) {
    return before;
  }
  if (elements > table->max_size || before > table->max_size - elements) {
    return UINT32_MAX;
  }
  data = realloc(table->data, ((size_t)before + elements + 1) * element_size);
  if (!data) {
    return UINT32_MAX;
  }
  table->data = data;
  table->size += elements;
  return before;
}

void
pw_wasm2c_table_free(struct pw_wasm2c_table *table)
{
  free(table->data);
}
