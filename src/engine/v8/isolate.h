/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file isolate.h
 * What the C++ files of the V8 engine share.
 */
#ifndef PROXYWASM_ENGINE_V8_ISOLATE_H
#define PROXYWASM_ENGINE_V8_ISOLATE_H

#include "internal.h"

#include <optional>

#include <v8.h>

/** Why V8 was told to end what it runs; no exception says so. */
enum pw_v8_ended { PW_V8_ENDED_NOT = 0, PW_V8_ENDED_TIMEOUT, PW_V8_ENDED_HEAP };

/** A linked module on an isolate: what all instances of it there share. */
struct pw_v8_use {
  struct pw_v8_use                *next;
  struct pw_linked_module         *linked;
  unsigned                         instances;
  v8::Global<v8::WasmModuleObject> module;
  v8::Global<v8::Object>           imports; /* an object for each module's name, functions in it */
};

struct pw_v8_isolate {
  struct pw_v8_watch watch; /* first */
  struct pw_engine  *engine;
  v8::Isolate       *isolate;
  /* Open as long as the isolate lives, so that no scope within it has to make room for its first handle. */
  std::optional<v8::HandleScope> handles;
  v8::Local<v8::Context>         context; /* entered for good */
  v8::Local<v8::Function>        new_instance;
  v8::Local<v8::Function>        new_memory;
  v8::Local<v8::Function>        new_table;
  const void                    *worker; /* whom it serves. Guarded by the engine's lock, as `instances` is */
  unsigned                       instances;
  struct pw_v8_use              *uses;
  struct pw_engine_instance     *current;      /* in whose wasm the innermost call is */
  unsigned                       depth;        /* calls under way, each within a host function of the one before */
  const char                    *host_message; /* with which a host function ended the innermost call */
  struct pw_v8_stack             stack;
  enum pw_v8_ended               ended;
  struct pw_trap                 ended_at; /* its backtrace */
};

/** A function of an instance. */
struct pw_v8_function {
  struct pw_v8_function   *next;
  v8::Global<v8::Function> function;
  struct pw_function_type  type;
  const char              *name; /* the module info's */
};

struct pw_engine_instance {
  struct pw_v8_isolate            *home;
  void                            *host_data;
  struct pw_memory                 memory;
  bool                             exports_memory;
  v8::Global<v8::WasmMemoryObject> memory_object;
  v8::Global<v8::ArrayBuffer>      buffer; /* of the memory; detached when it grows */
  v8::Global<v8::Object>           exports;
  struct pw_v8_function           *functions;
  struct pw_linked_module         *linked;
  struct pw_v8_use                *use;
};

/** The isolate of a worker (NULL: one of its own), counted for one more instance. NULL when V8 has none to give. */
struct pw_v8_isolate *pw_v8_isolate_take(struct pw_engine *engine, const void *worker);
void                  pw_v8_isolate_give_back(struct pw_v8_isolate *home);

/** A new isolate; `small`: with a heap that is limited, since no V8 code of its own needs it. */
v8::Isolate *pw_v8_isolate_make(bool small);
/** Ends it; no thread is in it. */
void pw_v8_dispose(v8::Isolate *isolate);
/** From now on code that is compiled is named for perf, on isolates that pw_v8_profile is called for. */
void pw_v8_profile_start(void);
void pw_v8_profile(v8::Isolate *isolate);
/** What V8 has left to be done on the isolate's thread. It is entered, and no call is under way. */
void pw_v8_run_tasks(v8::Isolate *isolate);

/** What an isolate is entered with for a call, and left with. */
class pw_v8_entered
{
public:
  explicit pw_v8_entered(struct pw_v8_isolate *home) : scope(home->isolate), handles(home->isolate)
  {
    uintptr_t limit;

    if (home->depth == 0 &&
        pw_v8_stack_limit(&home->stack, (uintptr_t)__builtin_frame_address(0), home->engine->stack_bytes, &limit)) {
      home->isolate->SetStackLimit(limit);
    }
  }

private:
  v8::Isolate::Scope scope;
  v8::HandleScope    handles;
};

/** The module of an isolate, made at the first instance of it; NULL when V8 fails. Within a context. */
struct pw_v8_use *pw_v8_use_take(struct pw_v8_isolate *home, struct pw_linked_module *linked);
void              pw_v8_use_give_back(struct pw_v8_isolate *home, struct pw_v8_use *use);

/** What wasm calls: `info`'s data is a struct pw_v8_import. */
void pw_v8_import_called(const v8::FunctionCallbackInfo<v8::Value> &info);

/** A call into an instance's wasm, from its begin to its end; nests. */
class pw_v8_call_scope
{
public:
  pw_v8_call_scope(struct pw_engine_instance *instance, uint32_t deadline_ms)
      : home(instance->home), outer(home->current),
        end(pw_v8_deadline_begin(&home->watch, home->depth > 0, deadline_ms))
  {
    home->current = instance;
    home->depth++;
  }
  ~pw_v8_call_scope()
  {
    home->depth--;
    home->current = outer;
    pw_v8_deadline_end(&home->watch, end);
    /* The ticker asks once: what it asked for may have ended the inner call only. */
    if (__builtin_expect(outer != nullptr, 0) && pw_v8_deadline_due(&home->watch)) {
      pw_v8_isolate_interrupt(&home->watch);
    }
  }
  pw_v8_call_scope(const pw_v8_call_scope &)            = delete;
  pw_v8_call_scope &operator=(const pw_v8_call_scope &) = delete;

private:
  struct pw_v8_isolate      *home;
  struct pw_engine_instance *outer;
  uint64_t                   end;
};

/** Fills `trap` (may be NULL) from what `caught` holds, or from why V8 was told to end, and lets the isolate go on. */
void pw_v8_trap_take(struct pw_engine_instance *instance, const v8::TryCatch &caught, struct pw_trap *trap);
/** Lets the isolate run again after it was told to end what it ran. */
void pw_v8_go_on(struct pw_v8_isolate *home);
/** The text of an exception on one line. */
void pw_v8_exception_text(v8::Isolate *isolate, const v8::TryCatch &caught, char *text, size_t room);
/** Writes the backtrace: the frames of wasm. */
void pw_v8_trap_set_trace(v8::Isolate *isolate, v8::Local<v8::StackTrace> frames,
                          const struct pw_compiled_module *module, struct pw_trap *trap);

/** Brings the view of the memory up to date; the isolate is entered. */
void pw_v8_memory_look(struct pw_engine_instance *instance);

static inline void
pw_v8_memory_look_if_changed(struct pw_engine_instance *instance)
{
  size_t known = instance->memory.size;

  /* Empty: the module has no memory. A buffer of no bytes does not tell whether it is detached. */
  if (!instance->buffer.IsEmpty() &&
      (known == 0 || instance->buffer.Get(instance->home->isolate)->ByteLength() != known)) {
    pw_v8_memory_look(instance);
  }
}

/** For code.cc's modules on other isolates. Lives as long as the code. */
const v8::CompiledWasmModule *pw_v8_code_module(const struct pw_v8_code *code);

v8::Local<v8::String> pw_v8_string(v8::Isolate *isolate, const char *text);

#endif
