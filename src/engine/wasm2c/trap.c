/* SPDX-License-Identifier: Apache-2.0 */
/* What ends a call: the code calls this where it cannot go on, so the stack is still there to be read. */
#include "common/names.h"
#include "internal.h"

/* In the words that every engine uses: those of the WebAssembly specification's tests. */
static const char *
text_of(wasm_rt_trap_t trap, const char *function)
{
  switch (trap) {
  case WASM_RT_TRAP_OOB:
    /* wasm2c has functions for what is done with tables, which have that in their names. */
    return strstr(function, "table") ? "out of bounds table access" : "out of bounds memory access";
  case WASM_RT_TRAP_INT_OVERFLOW:
    return "integer overflow";
  case WASM_RT_TRAP_DIV_BY_ZERO:
    return "integer divide by zero";
  case WASM_RT_TRAP_INVALID_CONVERSION:
    return "invalid conversion to integer";
  case WASM_RT_TRAP_UNREACHABLE:
    return "unreachable executed (an abort or a panic)";
  case WASM_RT_TRAP_CALL_INDIRECT:
    return "indirect call type mismatch";
  case WASM_RT_TRAP_EXHAUSTION:
    return "call stack exhausted";
  case PW_WASM2C_TRAP_DEADLINE:
    return "it took too long: interrupted at its deadline";
  case PW_WASM2C_TRAP_UNDEFINED_ELEMENT:
    return "out of bounds table access";
  case PW_WASM2C_TRAP_EMPTY_ELEMENT:
    return "uninitialized table element called";
  case PW_WASM2C_TRAP_MEMORY:
    return "there is no memory for what it begins with";
  default:
    return "it cannot go on";
  }
}

static enum pw_trap_kind
kind_of(wasm_rt_trap_t trap)
{
  switch (trap) {
  case PW_WASM2C_TRAP_DEADLINE:
    return PW_TRAP_TIMEOUT;
  case WASM_RT_TRAP_EXHAUSTION:
    return PW_TRAP_STACK;
  case PW_WASM2C_TRAP_HOST:
    return PW_TRAP_HOST;
  default:
    return PW_TRAP_GUEST;
  }
}

/* ---- the backtrace ---- */

/* A frame, as the machine's calling convention links them. */
struct link {
  const struct link *outer;
  uintptr_t          return_address;
};

/* For functions without a name, as most are in a module that was stripped. The exports lie in the order of `calls`, and
 * what an export calls is not known here: names come from the name section alone, so a number stands for the others. */
static size_t
collect_frames(const struct pw_compiled_module *module, const struct link *link, const void *end,
               struct pw_frame *frames)
{
  size_t count = 0;

  /* The stack grows downwards: each frame is above the one before, and all are below the call into the module. */
  while ((const void *)link < end && count < PW_MOST_FRAMES) {
    uint32_t function = pw_wasm2c_function_at(&module->opened, link->return_address);

    if (function < module->function_count) {
      frames[count++] =
        (struct pw_frame){.function = module->imported_functions + function, .offset = module->offsets[function]};
    }
    if (link->outer <= link) {
      break;
    }
    link = link->outer;
  }
  return count;
}

static void
fill(struct pw_trap *out, wasm_rt_trap_t trap, const char *function, const struct pw_wasm2c_frame *frame,
     const struct link *link)
{
  const struct pw_compiled_module *module                 = frame->instance->linked->module;
  const char                      *message                = text_of(trap, function);
  struct pw_frame                  frames[PW_MOST_FRAMES] = {{0}};
  size_t                           count                  = collect_frames(module, link, frame, frames);

  if (trap == PW_WASM2C_TRAP_HOST) {
    message = frame->instance->state->host_message;
  }
  out->kind = kind_of(trap);
  pw_text_line(out->message, sizeof out->message, message, strlen(message));
  pw_names_find(module->names, frames, count);
  pw_backtrace_write(out->backtrace, sizeof out->backtrace, frames, count, " and on");
}

void
pw_wasm2c_trap(wasm_rt_trap_t trap, const char *function)
{
  struct pw_wasm2c_frame *frame = pw_wasm2c_running();

  if (frame->trap) {
    fill(frame->trap, trap, function, frame, __builtin_frame_address(0));
  }
  pw_wasm2c_leave(frame);
}
