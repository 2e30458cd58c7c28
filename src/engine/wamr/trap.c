/* SPDX-License-Identifier: Apache-2.0 */
/* What ended a call, in words. */
#include "common/names.h"
#include "internal.h"
#include "interpreter.h"

#include <wasm_interp.h>

/* What WAMR says, and the same in the words that every engine uses: those of the WebAssembly specification's tests. */
static const struct {
  const char       *wamr;
  const char       *text;
  enum pw_trap_kind kind;
} causes[] = {
  {"unreachable", "unreachable executed (an abort or a panic)", PW_TRAP_GUEST},
  {"undefined element", "out of bounds table access", PW_TRAP_GUEST},
  {"uninitialized element", "uninitialized table element called", PW_TRAP_GUEST},
  {"wasm operand stack overflow", "call stack exhausted", PW_TRAP_STACK},
  {"wasm auxiliary stack overflow", "call stack exhausted", PW_TRAP_STACK},
  {"native stack overflow", "call stack exhausted", PW_TRAP_STACK},
};

bool
pw_wamr_note_frames(WASMExecEnv *environment)
{
  struct pw_engine_instance *instance = environment->user_data;
  const WASMModuleInstance  *module   = instance->instance;
  const WASMInterpFrame     *frame    = environment->cur_frame;

  instance->frame_count = 0;
  for (; frame && instance->frame_count < PW_MOST_FRAMES; frame = frame->prev_frame) {
    /* Between calls there are frames without a function, and host functions have frames too. */
    if (frame->function && !frame->function->is_import_func) {
      instance->frames[instance->frame_count++] = (uint32_t)(frame->function - module->e->functions);
    }
  }
  return false;
}

/* For functions without a name, as most are in a module that was stripped. */
static void
name_by_exports(const WASMModule *module, struct pw_frame *frames, size_t count)
{
  for (uint32_t i = 0; i < module->export_count; i++) {
    const WASMExport *item = &module->exports[i];

    for (size_t f = 0; item->kind == EXPORT_KIND_FUNC && f < count; f++) {
      if (frames[f].function == item->index && frames[f].name.size == 0) {
        frames[f].name = pw_view_of(item->name);
      }
    }
  }
}

/* The interpreter runs a translation, so where in a function it was is not known: the offset is that of its code. */
static void
write_backtrace(const struct pw_engine_instance *instance, struct pw_trap *trap)
{
  const struct pw_compiled_module *compiled               = instance->linked->module;
  const WASMModule                *module                 = compiled->module;
  struct pw_frame                  frames[PW_MOST_FRAMES] = {{0}};

  for (size_t i = 0; i < instance->frame_count; i++) {
    frames[i].function = instance->frames[i];
    frames[i].offset =
      (size_t)(module->functions[frames[i].function - module->import_function_count]->code - compiled->code);
  }
  pw_names_find(compiled->names, frames, instance->frame_count);
  name_by_exports(module, frames, instance->frame_count);
  pw_backtrace_write(trap->backtrace, sizeof trap->backtrace, frames, instance->frame_count, " and on");
}

static void
set_message(struct pw_trap *trap, enum pw_trap_kind kind, const char *text)
{
  trap->kind = kind;
  pw_text_line(trap->message, sizeof trap->message, text, strlen(text));
}

static void
write_message(const struct pw_engine_instance *instance, struct pw_trap *trap)
{
  static const char prefix[] = "Exception: ";
  const char       *text     = instance->instance->cur_exception;

  if (instance->timed_out) {
    set_message(trap, PW_TRAP_TIMEOUT, "it took too long: interrupted at its deadline");
    return;
  }
  if (instance->host_message) {
    set_message(trap, PW_TRAP_HOST, instance->host_message);
    return;
  }
  if (strncmp(text, prefix, sizeof prefix - 1) == 0) {
    text += sizeof prefix - 1;
  }
  for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
    if (strcmp(text, causes[i].wamr) == 0) {
      set_message(trap, causes[i].kind, causes[i].text);
      return;
    }
  }
  set_message(trap, PW_TRAP_GUEST, text);
}

void
pw_wamr_trap_take(struct pw_engine_instance *instance, struct pw_trap *trap)
{
  if (trap) {
    write_message(instance, trap);
    write_backtrace(instance, trap);
  }
  instance->timed_out    = false;
  instance->host_message = NULL;
  instance->frame_count  = 0;
  wasm_set_exception(instance->instance, NULL);
}
