/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file internal.h
 * What the files of the V8 engine share, in C and C++. V8's own types are in isolate.h, for the C++ files alone.
 *
 * An isolate is V8's world of one thread at a time: a heap, and what runs on it. There is one for each worker of the
 * host, which all instances of that worker share.
 */
#ifndef PROXYWASM_ENGINE_V8_INTERNAL_H
#define PROXYWASM_ENGINE_V8_INTERNAL_H

#include "common/backtrace.h"
#include "common/text.h"

#include <proxywasm/engine.h>
#include <proxywasm/module.h>

#include <pthread.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PW_V8_PAGE_BYTES 65536u

struct pw_ticker;
struct pw_v8_code;    /* compiled code, in C++ */
struct pw_v8_isolate; /* begins with its struct pw_v8_watch, in C++ */

/* ---- deadline.c: when the calls of an isolate end ---- */

/** Of one isolate. What is not marked otherwise is of the thread that is in the isolate. */
struct pw_v8_watch {
  uint64_t            end;  /**< tick at which the call under way ends; UINT64_MAX: none. Atomic: the ticker reads it */
  uint64_t            kept; /**< until then the ticker runs */
  uint64_t            asked; /**< the end for which the ticker has asked for an interrupt. The ticker's */
  struct pw_ticker   *ticker;
  struct pw_v8_watch *next; /**< of the engine. Guarded by its lock */
};

struct pw_engine {
  uint32_t            stack_bytes;
  struct pw_ticker   *ticker;
  pthread_mutex_t     lock; /**< guards the list of isolates, and which worker each serves */
  struct pw_v8_watch *isolates;
};

/** Begins a call's deadline; `nested`: within a call that is under way, whose deadline is never exceeded. Returns the
 *  end that held before, to be given to pw_v8_deadline_end. */
uint64_t pw_v8_deadline_begin(struct pw_v8_watch *watch, bool nested, uint32_t milliseconds);
void     pw_v8_deadline_end(struct pw_v8_watch *watch, uint64_t before);
/** Whether the call under way has come to its end. */
bool pw_v8_deadline_due(const struct pw_v8_watch *watch);
/** What the ticker calls: asks for an interrupt where a call is due. `engine` is a struct pw_engine. */
void pw_v8_deadline_tick(void *engine);

/* ---- stack.c ---- */

/** Where on which thread's stack an isolate was entered when its limit was set. Zero-initialised: never. */
struct pw_v8_stack {
  uint64_t  thread;
  uintptr_t entry;
};

/** Whether wasm that is entered from `here` needs another limit than the one in force; `*limit` is it then: the lowest
 *  address that it may reach on this thread, `bytes` below but never so low that the host's functions have no room. */
bool pw_v8_stack_limit(struct pw_v8_stack *stack, uintptr_t here, uint32_t bytes, uintptr_t *limit);

/* ---- rewrite.c: memories and tables given by the host, who limits them ---- */

/** The module from which rewritten modules import their memory and tables. */
#define PW_V8_OWN_MODULE "proxywasm"
#define PW_V8_OWN_MEMORY "memory"

struct pw_v8_table {
  bool     is_function; /**< or of external references */
  uint32_t minimum;
  uint32_t maximum; /**< UINT32_MAX: none said */
};

/** What was taken out of a module, and where the rest went. */
struct pw_v8_layout {
  bool                defines_memory;
  uint32_t            memory_minimum; /**< pages */
  uint32_t            memory_maximum; /**< UINT32_MAX: none said */
  struct pw_v8_table *tables;
  size_t              table_count;
  ptrdiff_t           code_shift; /**< by how much code lies further back than in the original */
};

/** Appends `code` to `out` so that the memory and the tables it defines are imports, named PW_V8_OWN_MEMORY, and "0",
 *  "1" …. Errors: MODULE (what cannot be rewritten is broken, or needs what this engine lacks), MEMORY. The layout is
 *  cleared with pw_v8_layout_clear in any case. */
bool pw_v8_rewrite(struct pw_view code, struct pw_bytes *out, struct pw_v8_layout *layout, struct pw_error *error);
void pw_v8_layout_clear(struct pw_v8_layout *layout);

/* ---- functions.c ---- */

/** Where the code of the functions is that a module defines. */
struct pw_v8_bodies {
  size_t    begin; /**< of the first one */
  uint32_t *ends;  /**< of each, where the next one begins */
  size_t    count;
};

/** Looks where they are. Errors: MODULE, MEMORY. They are cleared with pw_v8_bodies_clear in any case. */
bool pw_v8_bodies_read(struct pw_view code, struct pw_v8_bodies *bodies, struct pw_error *error);
void pw_v8_bodies_clear(struct pw_v8_bodies *bodies);
/** The index, among the functions defined in the module, of the one whose code is at an offset. */
bool pw_v8_function_at(const struct pw_v8_bodies *bodies, size_t offset, uint32_t *index);

/* ---- module.c ---- */

struct pw_compiled_module {
  unsigned               references; /**< atomic: its owner's, and one for each linked module */
  struct pw_engine      *engine;
  struct pw_v8_code     *code;
  struct pw_module_info *info; /**< of the original */
  struct pw_v8_layout    layout;
  struct pw_v8_bodies    bodies; /**< in the rewritten module */
  struct pw_view         names;  /**< of functions, in `code` */
  uint32_t               imported_functions;
};

struct pw_compiled_module *pw_v8_module_compile(struct pw_engine *engine, struct pw_view code, struct pw_error *error);
bool pw_v8_module_serialize(const struct pw_compiled_module *module, struct pw_bytes *out, struct pw_error *error);
struct pw_compiled_module *pw_v8_module_deserialize(struct pw_engine *engine, struct pw_view bytes, struct pw_view code,
                                                    struct pw_error *error);
struct pw_compiled_module *pw_v8_module_retain(struct pw_compiled_module *module);
void                       pw_v8_module_release(struct pw_compiled_module *module);

/* ---- code.cc: what V8 compiles. `message` is one line, for errors ---- */

struct pw_v8_code *pw_v8_code_compile(struct pw_view wasm, char *message, size_t room);
bool               pw_v8_code_serialize(const struct pw_v8_code *code, struct pw_bytes *out);
/** NULL when V8 refuses the bytes. */
struct pw_v8_code *pw_v8_code_deserialize(struct pw_view bytes, struct pw_view wasm);
/** The wasm that it was compiled from; lives as long as the code. */
struct pw_view pw_v8_code_wasm(const struct pw_v8_code *code);
void           pw_v8_code_delete(struct pw_v8_code *code);

/* ---- link.c ---- */

/** An import of the module, with what answers it. */
struct pw_v8_import {
  const char             *module;
  const char             *name;
  struct pw_function_type type;
  pw_host_function        function;
  const void             *data;
};

struct pw_linked_module {
  unsigned                   references; /**< atomic: its owner's, and one for each instance */
  struct pw_compiled_module *module;
  struct pw_v8_import       *imports;
  size_t                     import_count;
};

struct pw_linked_module *pw_v8_link(struct pw_compiled_module *module, const struct pw_import *imports, size_t count,
                                    struct pw_error *error);
struct pw_linked_module *pw_v8_linked_retain(struct pw_linked_module *linked);
void                     pw_v8_linked_release(struct pw_linked_module *linked);

/* ---- platform.cc ---- */

/** Starts V8, once for the process. `profile` holds for all that is compiled from then on. Errors: ENGINE. */
bool        pw_v8_platform_start(bool profile, struct pw_error *error);
const char *pw_v8_version(void);
/** Any function of V8's, to find its library by. */
const void *pw_v8_library_address(void);

/* ---- isolate.cc ---- */

/** Ends the isolates that serve no worker, and are all when the engine ends. */
void pw_v8_isolates_delete(struct pw_engine *engine);
/** Lets V8 call back from its next check on the isolate's thread, which ends the call if it is due. Any thread. */
void pw_v8_isolate_interrupt(struct pw_v8_watch *watch);

/* ---- engine.c ---- */

struct pw_engine *pw_v8_engine_new(const struct pw_engine_settings *settings, struct pw_error *error);
void              pw_v8_engine_delete(struct pw_engine *engine);

/* ---- instance.cc, call.cc ---- */

struct pw_engine_instance *pw_v8_instance_new(struct pw_linked_module          *linked,
                                              const struct pw_instance_options *options, uint32_t deadline_ms,
                                              struct pw_error *error);
void                       pw_v8_instance_delete(struct pw_engine_instance *instance);
bool              pw_v8_function_find(struct pw_engine_instance *instance, const char *name, pw_function *function);
struct pw_memory *pw_v8_memory(struct pw_engine_instance *instance);
void              pw_v8_memory_refresh(struct pw_engine_instance *instance);
bool pw_v8_call(struct pw_engine_instance *instance, const pw_function *function, pw_value *values, size_t value_count,
                uint32_t deadline_ms, struct pw_trap *trap);

/* ---- trap.c: what ended a call, in words ---- */

/** Fills `trap` from V8's text of an exception ("Uncaught RuntimeError: unreachable"). */
void pw_v8_trap_from_text(struct pw_trap *trap, const char *text, size_t size);
/** Writes the backtrace. Of each frame only the offset is set, and that is in the rewritten module. */
void pw_v8_trap_set_frames(struct pw_trap *trap, struct pw_frame *frames, size_t count,
                           const struct pw_compiled_module *module);

#ifdef __cplusplus
}
#endif

#endif
