/* SPDX-License-Identifier: Apache-2.0 */
#include "common/names.h"
#include "internal.h"

#include <stdio.h>

/* V8's texts, and ours: in the words of the WebAssembly specification's tests where V8 tells cases apart. */
static const struct {
  const char       *text;
  enum pw_trap_kind kind;
  const char       *message;
} known[] = {
  {"unreachable", PW_TRAP_GUEST, "unreachable executed (an abort or a panic)"},
  {"memory access out of bounds", PW_TRAP_GUEST, "out of bounds memory access"},
  {"operation does not support unaligned accesses", PW_TRAP_GUEST, "misaligned memory access"},
  {"divide by zero", PW_TRAP_GUEST, "integer divide by zero"},
  {"remainder by zero", PW_TRAP_GUEST, "integer divide by zero"},
  {"divide result unrepresentable", PW_TRAP_GUEST, "integer overflow"},
  {"float unrepresentable in integer range", PW_TRAP_GUEST, "invalid conversion to integer"},
  {"table index is out of bounds", PW_TRAP_GUEST, "out of bounds table access"},
  {"null function or function signature mismatch", PW_TRAP_GUEST,
   "uninitialized table element called, or indirect call type mismatch"},
  {"dereferencing a null pointer", PW_TRAP_GUEST, "null reference"},
  {"Maximum call stack size exceeded", PW_TRAP_STACK, "call stack exhausted"},
};

/* What V8 puts before a text. */
static struct pw_view
without_prefix(struct pw_view text)
{
  static const char *const prefixes[] = {"Uncaught ", "RuntimeError: ", "RangeError: ", "Error: "};

  for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
    size_t length = strlen(prefixes[i]);

    if (text.size >= length && memcmp(text.data, prefixes[i], length) == 0) {
      text = pw_view_make(text.data + length, text.size - length);
    }
  }
  return text;
}

void
pw_v8_trap_from_text(struct pw_trap *trap, const char *text, size_t size)
{
  struct pw_view words = without_prefix(pw_view_make(text, size));

  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (pw_view_equal(words, pw_view_of(known[i].text))) {
      trap->kind = known[i].kind;
      snprintf(trap->message, sizeof trap->message, "%s", known[i].message);
      return;
    }
  }
  trap->kind = PW_TRAP_GUEST;
  pw_text_line(trap->message, sizeof trap->message, words.data, words.size);
}

/* V8's own names are not used: it puts '_' for characters that it does not like. */
void
pw_v8_trap_set_frames(struct pw_trap *trap, struct pw_frame *frames, size_t count,
                      const struct pw_compiled_module *module)
{
  for (size_t i = 0; i < count; i++) {
    uint32_t index;

    if (pw_v8_function_at(&module->bodies, frames[i].offset, &index)) {
      frames[i].function = module->imported_functions + index;
    } else {
      frames[i].name = pw_view_of("?");
    }
    frames[i].offset -= (size_t)module->layout.code_shift;
  }
  pw_names_find(module->names, frames, count);
  pw_backtrace_write(trap->backtrace, sizeof trap->backtrace, frames, count, "");
}
