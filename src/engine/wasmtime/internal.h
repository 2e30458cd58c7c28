/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file internal.h
 * What the files of the Wasmtime engine share. Nothing of it is seen outside this folder.
 */
#ifndef PROXYWASM_ENGINE_WASMTIME_INTERNAL_H
#define PROXYWASM_ENGINE_WASMTIME_INTERNAL_H

#include "common/text.h"
#include "common/ticker.h"
#include "expose.h"

#include <proxywasm/engine.h>

#include <wasm.h>
#include <wasmtime.h>

#include <stdatomic.h>

/* A value goes through without conversion, as does a function's handle. */
_Static_assert(sizeof(pw_value) == sizeof(wasmtime_val_raw_t), "pw_value must be laid out as wasmtime_val_raw_t");
_Static_assert(_Alignof(pw_value) >= _Alignof(wasmtime_val_raw_t), "pw_value must be aligned as wasmtime_val_raw_t");
_Static_assert(sizeof(wasmtime_func_t) <= sizeof(((pw_function *)0)->handle), "a function must fit pw_function.handle");
_Static_assert(_Alignof(wasmtime_func_t) <= _Alignof(pw_function), "a function must be aligned in pw_function.handle");

struct pw_engine {
  wasm_engine_t    *engine;
  struct pw_ticker *ticker;
  bool              images; /* of its settings */
};

struct pw_compiled_module {
  struct pw_engine  *engine;
  wasmtime_module_t *module;
  struct pw_exposed  exposed;
  uint32_t           table_count;
};

/* A host function as the linker knows it: what the trampoline finds behind its environment pointer. */
struct pw_wasmtime_import {
  pw_host_function function;
  const void      *data;
};

struct pw_linked_module {
  atomic_uint                references; /* its owner's, and one for each instance: they call through `imports` */
  struct pw_engine          *engine;
  wasmtime_instance_pre_t   *pre;
  struct pw_wasmtime_import *imports;
  struct pw_exposed          exposed;
  uint32_t                   table_count;
};

struct pw_engine_instance {
  wasmtime_context_t      *context;
  void                    *host_data;
  size_t                   depth; /* calls under way, each within a host function of the one before */
  bool                     has_memory;
  struct pw_deadline       deadline;
  struct pw_memory         memory;
  const char              *host_message; /* with which a host function ended the call under way */
  struct pw_ticker        *ticker;
  wasmtime_memory_t        exported_memory;
  wasmtime_store_t        *store;
  wasmtime_instance_t      instance;
  struct pw_linked_module *linked;
  wasmtime_global_t       *globals; /* those that are exposed; NULL: not looked up yet */
  uint64_t                 mapped;  /* number of the image that its memory begins with; 0: none */
};

/* ---- settings.c ---- */
struct pw_engine *pw_wasmtime_engine_new(const struct pw_engine_settings *settings, struct pw_error *error);
void              pw_wasmtime_engine_delete(struct pw_engine *engine);

/* ---- module.c ---- */
struct pw_compiled_module *pw_wasmtime_module_compile(struct pw_engine *engine, struct pw_view code,
                                                      struct pw_error *error);
bool                       pw_wasmtime_module_serialize(const struct pw_compiled_module *module, struct pw_bytes *out,
                                                        struct pw_error *error);
struct pw_compiled_module *pw_wasmtime_module_deserialize(struct pw_engine *engine, struct pw_view bytes,
                                                          struct pw_view code, struct pw_error *error);
void                       pw_wasmtime_module_delete(struct pw_compiled_module *module);

/* ---- link.c ---- */
struct pw_linked_module *pw_wasmtime_link(struct pw_compiled_module *module, const struct pw_import *imports,
                                          size_t count, struct pw_error *error);
struct pw_linked_module *pw_wasmtime_linked_retain(struct pw_linked_module *linked);
void                     pw_wasmtime_linked_release(struct pw_linked_module *linked);

/* ---- instance.c ---- */
struct pw_engine_instance *pw_wasmtime_instance_new(struct pw_linked_module          *linked,
                                                    const struct pw_instance_options *options, uint32_t deadline_ms,
                                                    struct pw_error *error);
void                       pw_wasmtime_instance_delete(struct pw_engine_instance *instance);
bool pw_wasmtime_function_find(struct pw_engine_instance *instance, const char *name, pw_function *function);
struct pw_memory *pw_wasmtime_memory(struct pw_engine_instance *instance);
void              pw_wasmtime_memory_refresh(struct pw_engine_instance *instance);

/* ---- image.c ---- */
struct pw_engine_image *pw_wasmtime_image_take(struct pw_engine_instance *instance);
bool                    pw_wasmtime_image_apply(struct pw_engine_instance *instance, struct pw_engine_image *image);
void                    pw_wasmtime_image_delete(struct pw_engine_image *image);

/* ---- call.c ---- */
bool pw_wasmtime_call(struct pw_engine_instance *instance, const pw_function *function, pw_value *values,
                      size_t value_count, uint32_t deadline_ms, struct pw_trap *trap);
/* What a linked host function is to Wasmtime: `environment` is a pw_wasmtime_import. */
wasm_trap_t *pw_wasmtime_trampoline(void *environment, wasmtime_caller_t *caller, wasmtime_val_raw_t *values,
                                    size_t count);
/* The start section of an instance is about to run on this thread. */
void pw_wasmtime_starts(struct pw_engine_instance *instance);
/* Arms the deadline of an instance that no call is in; 0 = none. */
void pw_wasmtime_deadline_set(struct pw_engine_instance *instance, uint32_t deadline_ms);

/* ---- trap.c ---- */
/* Fills `out` (may be NULL) from what ended a call, either of which is NULL, and frees both. */
void pw_wasmtime_trap_take(struct pw_engine_instance *instance, wasm_trap_t *trap, wasmtime_error_t *error,
                           struct pw_trap *out);
/* Sets `error` to "PREFIX: what Wasmtime says", on one line, and frees `failure`. Returns false. */
bool pw_wasmtime_error_take(wasmtime_error_t *failure, struct pw_error *error, enum pw_error_code code,
                            const char *prefix);

#endif
