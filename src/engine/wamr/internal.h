/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file internal.h
 * What the files of the WAMR engine share. Nothing of it is seen outside this folder.
 *
 * WAMR's own structures are used, not only its public functions: its source is part of the build, in one exact version
 * (library.cmake). What that gives: imports that are linked for each user of a module, a start section that runs under
 * our deadline, and calls without conversions that nobody needs.
 */
#ifndef PROXYWASM_ENGINE_WAMR_INTERNAL_H
#define PROXYWASM_ENGINE_WAMR_INTERNAL_H

#include "common/backtrace.h"
#include "common/text.h"
#include "common/ticker.h"

#include <proxywasm/engine.h>

#include <wasm_export.h>
#include <wasm_runtime.h>

#include <stdatomic.h>

#define PW_WAMR_PAGE_BYTES 65536u
/** WAMR counts a memory's bytes in 32 bits when it grows: one page less than could be addressed. */
#define PW_WAMR_MOST_PAGES 65535u

#define PW_WAMR_NO_DEADLINE UINT64_MAX

struct pw_engine {
  struct pw_ticker *ticker;
  uint32_t          stack_bytes;
};

struct pw_compiled_module {
  atomic_uint       references; /* its owner's, and one for each linked module */
  struct pw_engine *engine;
  WASMModule       *module;
  uint8_t          *code; /* the wasm: WAMR points into it, and has ended its names with zeros */
  size_t            code_size;
  struct pw_view    names;          /* of functions, in the code */
  uint32_t          start_function; /* UINT32_MAX: none */
};

/** How the values of a function lie in WAMR's cells of 32 bits. */
struct pw_wamr_layout {
  uint32_t wide;            /* bit N: parameter N takes two cells */
  uint16_t parameter_count; /* at most PW_MAX_PARAMETERS */
  uint16_t result_cells;    /* 0 to 2 */
};

/* A host function as call_out finds it. */
struct pw_wamr_import {
  pw_host_function      function;
  const void           *data;
  struct pw_wamr_layout layout;
};

struct pw_linked_module {
  atomic_uint                references; /* its owner's, and one for each instance */
  struct pw_compiled_module *module;
  struct pw_wamr_import     *imports; /* one for each function that the module imports, in its order */
};

struct pw_engine_instance {
  uint64_t                     deadline; /* the tick at which wasm is ended, or PW_WAMR_NO_DEADLINE */
  struct pw_ticker            *ticker;
  const struct pw_wamr_import *imports;
  void                        *host_data;
  unsigned                     depth;        /* calls under way, each within a host function of the one before */
  bool                         timed_out;    /* the deadline has ended the call under way */
  const char                  *host_message; /* with which a host function ended the call under way */
  WASMModuleInstance          *instance;
  WASMExecEnv                 *environment;     /* its user_data is this structure */
  WASMMemoryInstance          *exported_memory; /* NULL: none is exported as "memory" */
  struct pw_memory             memory;
  uint8_t                     *stack; /* of wasm; mapped */
  size_t                       stack_bytes;
  struct pw_linked_module     *linked;
  uint32_t                     frames[PW_MOST_FRAMES]; /* indices of the functions that the last trap was in */
  size_t                       frame_count;
};

/* ---- settings.c ---- */
struct pw_engine *pw_wamr_engine_new(const struct pw_engine_settings *settings, struct pw_error *error);
void              pw_wamr_engine_delete(struct pw_engine *engine);

/* ---- memory.c: the allocator that WAMR is given. Linear memories never move. ---- */
void *pw_wamr_allocate(mem_alloc_usage_t usage, unsigned int size);
void *pw_wamr_reallocate(mem_alloc_usage_t usage, bool whole, void *block, unsigned int size);
void  pw_wamr_release(mem_alloc_usage_t usage, void *block);
/** Memory of zeros that takes none before it is written. NULL when there is none. Freed by munmap. */
void *pw_wamr_map(size_t size);

/* ---- module.c ---- */
struct pw_compiled_module *pw_wamr_module_compile(struct pw_engine *engine, struct pw_view code,
                                                  struct pw_error *error);
void                       pw_wamr_module_release(struct pw_compiled_module *module);

/* ---- link.c ---- */
struct pw_linked_module *pw_wamr_link(struct pw_compiled_module *module, const struct pw_import *imports, size_t count,
                                      struct pw_error *error);
void                     pw_wamr_linked_release(struct pw_linked_module *linked);
/** False when a function of that type cannot be called through pw_value: too many parameters or results, or a type that
 *  the ABI has not. */
bool pw_wamr_layout_of(const WASMFuncType *type, struct pw_wamr_layout *layout);

/* ---- instance.c ---- */
struct pw_engine_instance *pw_wamr_instance_new(struct pw_linked_module          *linked,
                                                const struct pw_instance_options *options, uint32_t deadline_ms,
                                                struct pw_error *error);
void                       pw_wamr_instance_delete(struct pw_engine_instance *instance);
bool              pw_wamr_function_find(struct pw_engine_instance *instance, const char *name, pw_function *function);
struct pw_memory *pw_wamr_memory(struct pw_engine_instance *instance);
void              pw_wamr_memory_refresh(struct pw_engine_instance *instance);

/* ---- call.c ---- */
bool pw_wamr_call(struct pw_engine_instance *instance, const pw_function *function, pw_value *values,
                  size_t value_count, uint32_t deadline_ms, struct pw_trap *trap);
/** Calls a function without parameters that need not be exported: the start section's. */
bool pw_wamr_run(struct pw_engine_instance *instance, WASMFunctionInstance *function, uint32_t deadline_ms,
                 struct pw_trap *trap);

/* ---- trap.c ---- */
/** Fills `trap` (may be NULL) from what ended a call, and clears it. */
void pw_wamr_trap_take(struct pw_engine_instance *instance, struct pw_trap *trap);

#endif
