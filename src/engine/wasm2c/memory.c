/* SPDX-License-Identifier: Apache-2.0 */
/* Memories and tables, as the code asks for them. */
#include "common/memory.h"
#include "internal.h"

#include <stdlib.h>

static uint32_t
lesser(uint32_t a, uint32_t b)
{
  return a < b ? a : b;
}

void
pw_wasm2c_memory_allocate(wasm_rt_memory_t *memory, uint32_t pages, uint32_t most_pages)
{
  uint64_t size = (uint64_t)pages * PW_WASM2C_PAGE_BYTES;

  memory->data = pw_memory_reserve(size);
  if (!memory->data) {
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
      !pw_memory_commit(memory->data, memory->size + more)) {
    return UINT32_MAX;
  }
  memory->pages += pages;
  memory->size += more;
  return before;
}

void
pw_wasm2c_memory_free(wasm_rt_memory_t *memory)
{
  pw_memory_release(memory->data);
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
