/* SPDX-License-Identifier: Apache-2.0 */
/* What ended a call, taken out of V8. */
#include "isolate.h"

#include <cstdio>

void
pw_v8_exception_text(v8::Isolate *isolate, const v8::TryCatch &caught, char *text, size_t room)
{
  v8::HandleScope             handles(isolate);
  v8::Local<v8::Message>      message  = caught.Message();
  static const char           prefix[] = "Uncaught ";
  const v8::String::Utf8Value words(isolate, message.IsEmpty() ? v8::String::Empty(isolate) : message->Get());
  const char                 *found = *words ? *words : "";

  if (strncmp(found, prefix, sizeof prefix - 1) == 0) {
    found += sizeof prefix - 1;
  }
  pw_text_line(text, room, found, strlen(found));
}

void
pw_v8_trap_set_trace(v8::Isolate *isolate, v8::Local<v8::StackTrace> frames, const struct pw_compiled_module *module,
                     struct pw_trap *trap)
{
  v8::HandleScope handles(isolate);
  struct pw_frame found[PW_MOST_FRAMES] = {};
  size_t          count                 = 0;

  for (int i = 0; i < frames->GetFrameCount() && count < PW_MOST_FRAMES; i++) {
    v8::Local<v8::StackFrame> frame = frames->GetFrame(isolate, (uint32_t)i);

    if (frame->IsWasm()) {
      /* In wasm the column is the offset, and counts from 1. */
      found[count++].offset = (size_t)frame->GetColumn() - 1;
    }
  }
  pw_v8_trap_set_frames(trap, found, count, module);
}

static void
set_message(struct pw_trap *trap, pw_trap::pw_trap_kind kind, const char *text)
{
  trap->kind = kind;
  pw_text_line(trap->message, sizeof trap->message, text, strlen(text));
}

static void
describe(const struct pw_engine_instance *instance, const v8::TryCatch &caught, struct pw_trap *trap)
{
  const struct pw_v8_isolate *home    = instance->home;
  v8::Local<v8::Message>      message = caught.Message();
  char                        text[512];

  trap->backtrace[0] = '\0';
  if (home->host_message) {
    set_message(trap, pw_trap::PW_TRAP_HOST, home->host_message);
  } else if (home->ended == PW_V8_ENDED_TIMEOUT) {
    set_message(trap, pw_trap::PW_TRAP_TIMEOUT, "it took too long: interrupted at its deadline");
    memcpy(trap->backtrace, home->ended_at.backtrace, sizeof trap->backtrace);
    return;
  } else if (home->ended == PW_V8_ENDED_HEAP) {
    set_message(trap, pw_trap::PW_TRAP_GUEST, "V8's heap is full");
    return;
  } else {
    pw_v8_exception_text(home->isolate, caught, text, sizeof text);
    pw_v8_trap_from_text(trap, text, strlen(text));
  }
  if (!message.IsEmpty() && !message->GetStackTrace().IsEmpty()) {
    pw_v8_trap_set_trace(home->isolate, message->GetStackTrace(), instance->linked->module, trap);
  }
}

void
pw_v8_trap_take(struct pw_engine_instance *instance, const v8::TryCatch &caught, struct pw_trap *trap)
{
  struct pw_v8_isolate *home = instance->home;

  if (trap) {
    v8::HandleScope handles(home->isolate);

    describe(instance, caught, trap);
  }
  home->host_message = nullptr;
  pw_v8_go_on(home);
}

void
pw_v8_go_on(struct pw_v8_isolate *home)
{
  if (home->ended != PW_V8_ENDED_NOT) {
    home->isolate->CancelTerminateExecution();
    home->ended = PW_V8_ENDED_NOT;
  }
}
