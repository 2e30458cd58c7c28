/* SPDX-License-Identifier: Apache-2.0 */
/* What ended a call, in words. */
#include "common/names.h"
#include "internal.h"

/* What WasmEdge says, in the words that every engine uses: those of the WebAssembly specification's tests. */
static const char *
text_of(WasmEdge_Result result)
{
  switch (WasmEdge_ResultGetCode(result)) {
  case WasmEdge_ErrCode_Unreachable:
    return "unreachable executed (an abort or a panic)";
  case WasmEdge_ErrCode_UndefinedElement:
    return "out of bounds table access";
  case WasmEdge_ErrCode_UninitializedElement:
    return "uninitialized table element called";
  default:
    return WasmEdge_ResultGetMessage(result);
  }
}

static void
set_message(struct pw_trap *trap, enum pw_trap_kind kind, const char *text)
{
  trap->kind = kind;
  pw_text_line(trap->message, sizeof trap->message, text, strlen(text));
}

/* ---- the backtrace: see instrument.c for what lies on the stack ---- */

struct frames {
  struct pw_frame items[PW_MOST_FRAMES];
  size_t          count;
};

/* The interpreter does not say where in a function it was: the offset is that of its code. */
static void
add_frame(struct frames *frames, const struct pw_wasmedge_layout *layout, uint32_t function)
{
  frames->items[frames->count++] =
    (struct pw_frame){.function = function, .offset = layout->functions[function - layout->imported_functions].offset};
}

static bool
is_function(const struct pw_wasmedge_layout *layout, uint32_t function)
{
  return function >= layout->imported_functions && function - layout->imported_functions < layout->function_count;
}

/* The frame that ends at `*top`, which becomes where it begins. */
static bool
take_frame(const struct pw_engine_instance *instance, uint32_t *top, uint32_t *function)
{
  const struct pw_wasmedge_layout *layout = &instance->linked->module->layout;
  const uint8_t                   *stack  = WasmEdge_MemoryInstanceGetPointer(instance->stack, 0, layout->size);
  uint32_t                         weight;

  if (!stack || *top > layout->size || *top < layout->bottom + sizeof *function) {
    return false;
  }
  memcpy(function, stack + *top - sizeof *function, sizeof *function);
  if (!is_function(layout, *function)) {
    return false;
  }
  weight = layout->functions[*function - layout->imported_functions].weight;
  if (weight == 0 || weight > *top - layout->bottom) {
    return false;
  }
  *top -= weight;
  return true;
}

/* How many frames are looked at to tell which function found no room: above each other, and in all. */
#define MOST_LOOKED_AT     32
#define MOST_LOOKED_AT_ALL 100000

/* How well a function fits that found no room above the frame that ends at `top`: 0 if there are no whole frames, the
 * more the nearer it is itself among them, as in a recursion. */
static unsigned
how_well_fits(const struct pw_engine_instance *instance, uint32_t top, uint32_t function, unsigned *left)
{
  unsigned best = 1;
  uint32_t other;

  for (unsigned i = 0; i < MOST_LOOKED_AT && top > instance->linked->module->layout.bottom; i++) {
    if (*left == 0) {
      return 0;
    }
    --*left;
    if (!take_frame(instance, &top, &other)) {
      return 0;
    }
    if (other == function && best == 1) {
      best = 1 + MOST_LOOKED_AT - i;
    }
  }
  return best;
}

/* A function that found no room has its weight on top, and no frame: the one that fits best, among as many as there is
 * time for. */
static bool
take_overflow(const struct pw_engine_instance *instance, uint32_t *top, uint32_t *function)
{
  const struct pw_wasmedge_layout *layout = &instance->linked->module->layout;
  unsigned                         best   = 0;
  unsigned                         left   = MOST_LOOKED_AT_ALL;

  for (size_t i = 0; i < layout->function_count && left > 0; i++) {
    uint32_t number = layout->imported_functions + (uint32_t)i;
    uint32_t below  = *top - layout->functions[i].weight;
    unsigned fit    = 0;

    if (layout->functions[i].weight > 0 && below >= layout->bottom && below <= layout->size) {
      fit = how_well_fits(instance, below, number, &left);
    }
    if (fit > best) {
      best      = fit;
      *function = number;
    }
  }
  if (best > 0) {
    *top -= layout->functions[*function - layout->imported_functions].weight;
  }
  return best > 0;
}

static void
collect_frames(const struct pw_engine_instance *instance, uint32_t top, struct frames *frames)
{
  const struct pw_wasmedge_layout *layout   = &instance->linked->module->layout;
  uint32_t                         leaf     = pw_wasmedge_global_get(instance->leaf);
  uint32_t                         function = 0;

  if (is_function(layout, leaf)) {
    add_frame(frames, layout, leaf);
  }
  if (top > layout->size) {
    if (!take_overflow(instance, &top, &function)) {
      return;
    }
    add_frame(frames, layout, function);
  }
  while (frames->count < PW_MOST_FRAMES && take_frame(instance, &top, &function)) {
    add_frame(frames, layout, function);
  }
}

static void
write_backtrace(const struct pw_engine_instance *instance, uint32_t top, struct pw_trap *trap)
{
  struct frames frames;

  frames.count = 0;
  collect_frames(instance, top, &frames);
  pw_names_find(instance->linked->module->names, frames.items, frames.count);
  pw_backtrace_write(trap->backtrace, sizeof trap->backtrace, frames.items, frames.count, " and on");
}

void
pw_wasmedge_trap_take(struct pw_engine_instance *instance, WasmEdge_Result result, struct pw_trap *trap)
{
  const char *host_message = instance->host_message;
  uint32_t    top          = pw_wasmedge_global_get(instance->top);

  instance->host_message = NULL;
  if (!trap) {
    return;
  }
  write_backtrace(instance, top, trap);
  if (host_message) {
    set_message(trap, PW_TRAP_HOST, host_message);
  } else if (WasmEdge_ResultGetCode(result) == WasmEdge_ErrCode_Interrupted) {
    set_message(trap, PW_TRAP_TIMEOUT, "it took too long: interrupted at its deadline");
  } else if (top > instance->linked->module->layout.size) {
    set_message(trap, PW_TRAP_STACK, "call stack exhausted");
  } else {
    set_message(trap, PW_TRAP_GUEST, text_of(result));
  }
}
