/* SPDX-License-Identifier: Apache-2.0 */
/* What ended a call, in words. */
#include "common/backtrace.h"
#include "internal.h"

#include <stdio.h>

/* The text of a trap, in the words of the WebAssembly specification's tests; NULL for those that only components have.
 */
static const char *
code_text(wasmtime_trap_code_t code)
{
  static const char *const texts[] = {
    [WASMTIME_TRAP_CODE_STACK_OVERFLOW]                = "call stack exhausted",
    [WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS]          = "out of bounds memory access",
    [WASMTIME_TRAP_CODE_HEAP_MISALIGNED]               = "misaligned memory access",
    [WASMTIME_TRAP_CODE_TABLE_OUT_OF_BOUNDS]           = "out of bounds table access",
    [WASMTIME_TRAP_CODE_INDIRECT_CALL_TO_NULL]         = "uninitialized table element called",
    [WASMTIME_TRAP_CODE_BAD_SIGNATURE]                 = "indirect call type mismatch",
    [WASMTIME_TRAP_CODE_INTEGER_OVERFLOW]              = "integer overflow",
    [WASMTIME_TRAP_CODE_INTEGER_DIVISION_BY_ZERO]      = "integer divide by zero",
    [WASMTIME_TRAP_CODE_BAD_CONVERSION_TO_INTEGER]     = "invalid conversion to integer",
    [WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED]      = "unreachable executed (an abort or a panic)",
    [WASMTIME_TRAP_CODE_INTERRUPT]                     = "it took too long: interrupted at its deadline",
    [WASMTIME_TRAP_CODE_OUT_OF_FUEL]                   = "out of fuel",
    [WASMTIME_TRAP_CODE_ATOMIC_WAIT_NON_SHARED_MEMORY] = "atomic wait on memory that is not shared",
    [WASMTIME_TRAP_CODE_NULL_REFERENCE]                = "null reference",
    [WASMTIME_TRAP_CODE_ARRAY_OUT_OF_BOUNDS]           = "out of bounds array access",
    [WASMTIME_TRAP_CODE_ALLOCATION_TOO_LARGE]          = "allocation too large",
    [WASMTIME_TRAP_CODE_CAST_FAILURE]                  = "cast failure",
  };

  return code < sizeof texts / sizeof *texts ? texts[code] : NULL;
}

static enum pw_trap_kind
code_kind(wasmtime_trap_code_t code)
{
  switch (code) {
  case WASMTIME_TRAP_CODE_INTERRUPT:
    return PW_TRAP_TIMEOUT;
  case WASMTIME_TRAP_CODE_STACK_OVERFLOW:
    return PW_TRAP_STACK;
  default:
    return PW_TRAP_GUEST;
  }
}

/* Where a place of the module as it was compiled is in the module as it came. */
static size_t
offset_before(const struct pw_exposed *exposed, size_t offset)
{
  return offset >= exposed->from ? offset - exposed->shift : offset;
}

static void
write_backtrace(const wasm_frame_vec_t *frames, const struct pw_exposed *exposed, struct pw_trap *out)
{
  struct pw_frame known[PW_MOST_FRAMES];
  size_t          count = 0;

  for (; count < frames->size && count < PW_MOST_FRAMES; count++) {
    const wasm_frame_t *frame = frames->data[count];
    const wasm_name_t  *name  = wasmtime_frame_func_name(frame);

    known[count] = (struct pw_frame){.function = wasm_frame_func_index(frame),
                                     .offset   = offset_before(exposed, wasm_frame_module_offset(frame)),
                                     .name     = name ? pw_view_make(name->data, name->size) : pw_view_make(NULL, 0)};
  }
  pw_backtrace_write(out->backtrace, sizeof out->backtrace, known, count, "");
}

static void
write_message(struct pw_trap *out, const char *host_message, const wasmtime_trap_code_t *code, wasmtime_error_t *error)
{
  const char     *text = host_message ? host_message : code ? code_text(*code) : NULL;
  wasm_byte_vec_t message;

  if (text) {
    pw_text_line(out->message, sizeof out->message, text, strlen(text));
  } else if (error) {
    wasmtime_error_message(error, &message);
    pw_text_line(out->message, sizeof out->message, message.data, message.size);
    wasm_byte_vec_delete(&message);
  } else if (code) {
    snprintf(out->message, sizeof out->message, "wasmtime trap %u", *code);
  } else {
    snprintf(out->message, sizeof out->message, "uncaught exception");
  }
}

static void
describe(const struct pw_engine_instance *instance, const wasm_trap_t *trap, wasmtime_error_t *error,
         struct pw_trap *out)
{
  const char          *host_message = instance->host_message;
  wasm_frame_vec_t     frames       = WASM_EMPTY_VEC;
  wasmtime_trap_code_t code;
  bool                 has_code = trap && wasmtime_trap_code(trap, &code);

  out->kind = host_message ? PW_TRAP_HOST : has_code ? code_kind(code) : PW_TRAP_GUEST;
  write_message(out, host_message, has_code ? &code : NULL, error);
  if (trap) {
    wasm_trap_trace(trap, &frames);
  } else {
    wasmtime_error_wasm_trace(error, &frames);
  }
  write_backtrace(&frames, &instance->linked->exposed, out);
  wasm_frame_vec_delete(&frames);
}

void
pw_wasmtime_trap_take(struct pw_engine_instance *instance, wasm_trap_t *trap, wasmtime_error_t *error,
                      struct pw_trap *out)
{
  if (out) {
    describe(instance, trap, error, out);
  }
  instance->host_message = NULL;
  if (trap) {
    wasm_trap_delete(trap);
  }
  if (error) {
    wasmtime_error_delete(error);
  }
}

bool
pw_wasmtime_error_take(wasmtime_error_t *failure, struct pw_error *error, enum pw_error_code code, const char *prefix)
{
  wasm_byte_vec_t message;
  char            line[1024];

  wasmtime_error_message(failure, &message);
  pw_text_line(line, sizeof line, message.data, message.size);
  wasm_byte_vec_delete(&message);
  wasmtime_error_delete(failure);
  return pw_error_set(error, code, "%s: %s", prefix, line);
}
