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
static void
name_function(size_t offset, const struct pw_compiled_module *module, char *name, size_t room)
{
  struct pw_view wasm = pw_v8_code_wasm(module->code);
  struct pw_view found;
  uint32_t       index = 0;

  if (!pw_v8_function_at(wasm, offset, &index)) {
    snprintf(name, room, "?");
    return;
  }
  index += module->imported_functions;
  if (pw_names_find(wasm, index, &found) && found.size > 0) {
    pw_text_line(name, room, found.data, found.size);
  } else {
    snprintf(name, room, "function[%u]", (unsigned)index);
  }
}

void
pw_v8_trap_add_frame(struct pw_trap *trap, unsigned number, size_t offset, const struct pw_compiled_module *module)
{
  size_t length = strlen(trap->backtrace);
  char   name[192];
  char   line[256];
  int    size;

  name_function(offset, module, name, sizeof name);
  size = snprintf(line, sizeof line, "  #%u %s (module offset 0x%zx)\n", number, name,
                  offset - (size_t)module->layout.code_shift);
  /* Whole lines only. */
  if (size > 0 && (size_t)size < sizeof trap->backtrace - length) {
    memcpy(trap->backtrace + length, line, (size_t)size + 1);
  }
}
