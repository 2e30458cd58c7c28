/* SPDX-License-Identifier: Apache-2.0 */
#include "config/arena.h"

#include <stdalign.h>
#include <stdlib.h>

/* One allocation each: configurations are small, and a sanitizer then sees every overrun. */
struct block {
  struct block *next;
  alignas(max_align_t) char bytes[];
};

struct pw_arena {
  struct block *blocks;
};

struct pw_arena *
pw_arena_new(void)
{
  return calloc(1, sizeof(struct pw_arena));
}

void
pw_arena_delete(struct pw_arena *arena)
{
  if (!arena) {
    return;
  }
  for (struct block *block = arena->blocks; block;) {
    struct block *next = block->next;
    free(block);
    block = next;
  }
  free(arena);
}

void *
pw_arena_array(struct pw_arena *arena, size_t count, size_t size)
{
  size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - sizeof(struct block)) {
    return NULL;
  }
  struct block *block = calloc(1, sizeof(*block) + bytes);
  if (!block) {
    return NULL;
  }
  block->next   = arena->blocks;
  arena->blocks = block;
  return block->bytes;
}

char *
pw_arena_copy(struct pw_arena *arena, const void *data, size_t size)
{
  if (size == SIZE_MAX) {
    return NULL;
  }
  char *copy = pw_arena_array(arena, size + 1, 1);
  if (copy && size > 0) {
    memcpy(copy, data, size);
  }
  return copy;
}
