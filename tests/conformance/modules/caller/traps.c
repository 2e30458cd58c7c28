/* SPDX-License-Identifier: Apache-2.0 */
#include "traps.h"

/* What the compiler must not know, or it would leave the trap out. */
static volatile uint32_t zero;
static volatile uint32_t everywhere = 0xfffffff0u;

static void
trap_unreachable(void)
{
  __builtin_trap();
}

static void
trap_division(void)
{
  zero = everywhere / zero;
}

static void
trap_out_of_bounds(void)
{
  *(volatile char *)(uintptr_t)everywhere = 1;
}

/** The store keeps the recursion from becoming a loop; no frame in linear memory: wasm's own stack must run out. */
__attribute__((noinline)) static uint32_t
descend(uint32_t depth)
{
  uint32_t below = everywhere != 0 ? descend(depth + 1) : depth;

  zero = below;
  return below;
}

static void
trap_stack(void)
{
  zero = descend(0);
}

static void
trap_loop(void)
{
  while (zero == 0) {
  }
}

static void
trap_indirect(void)
{
  ((void (*)(void))(uintptr_t)everywhere)();
}

static const struct {
  const char *name;
  void (*perform)(void);
} traps[] = {
  {"unreachable", trap_unreachable},
  {"division", trap_division},
  {"out_of_bounds", trap_out_of_bounds},
  {"stack", trap_stack},
  {"loop", trap_loop},
  {"indirect", trap_indirect},
};

bool
trap_perform(struct bytes name)
{
  for (uint32_t i = 0; i < sizeof(traps) / sizeof(traps[0]); i++) {
    if (bytes_equal(bytes_of(traps[i].name), name)) {
      traps[i].perform();
    }
  }
  return false;
}

uint32_t
trap_grow_memory(void)
{
  for (uint32_t step = 16; step > 0; step /= 2) {
    while (__builtin_wasm_memory_grow(0, step) != (size_t)-1) {
    }
  }
  return (uint32_t)__builtin_wasm_memory_size(0);
}
