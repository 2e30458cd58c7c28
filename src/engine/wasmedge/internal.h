/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file internal.h
 * What the files of the WasmEdge engine share. Nothing of it is seen outside this folder.
 *
 * WasmEdge is used through its C interface, which has no limits for stacks and tables of single instances, and no
 * backtraces. Modules are changed so that they keep both themselves (instrument.c).
 */
#ifndef PROXYWASM_ENGINE_WASMEDGE_INTERNAL_H
#define PROXYWASM_ENGINE_WASMEDGE_INTERNAL_H

#include "common/text.h"
#include "common/ticker.h"

#include <proxywasm/engine.h>
#include <proxywasm/module.h>

#include <pthread.h>
#include <stdatomic.h>
#include <wasmedge/wasmedge.h>

#define PW_WASMEDGE_PAGE_BYTES 65536u
#define PW_WASMEDGE_MOST_PAGES 65536u
/** The most elements of a table, of 16 bytes each, whatever a module says. */
#define PW_WASMEDGE_MOST_ELEMENTS 10000000u

struct pw_wasmedge_executor;

/* ---- engine.c ---- */

struct pw_engine {
  uint32_t                          stack_bytes;
  struct pw_ticker                 *ticker;
  WasmEdge_ConfigureContext        *configuration;
  WasmEdge_ExecutorContext         *linker;  /**< for imports, which needs an executor */
  WasmEdge_FunctionInstanceContext *nothing; /**< a host function that does nothing */
  pthread_mutex_t                   lock;    /**< guards the list, and the users and the worker of each in it */
  struct pw_wasmedge_executor      *executors;
};

struct pw_engine *pw_wasmedge_engine_new(const struct pw_engine_settings *settings, struct pw_error *error);
void              pw_wasmedge_engine_delete(struct pw_engine *engine);

/* ---- executor.c: what runs code, and ends it at its deadline ---- */

/** Of one worker: only one thread at a time uses it. */
struct pw_wasmedge_executor {
  atomic_uint_least64_t        end;      /**< what the ticker looks at: see executor.c */
  uint64_t                     deadline; /**< tick at which the call under way ends; UINT64_MAX: none */
  uint64_t                     kept;     /**< until then the ticker runs */
  unsigned                     depth;    /**< calls under way, each within a host function of the one before */
  WasmEdge_ExecutorContext    *executor;
  WasmEdge_Async              *handle; /**< by which it can be stopped */
  struct pw_engine            *engine;
  const void                  *worker; /**< that it serves; NULL: of one instance alone */
  unsigned                     users;  /**< instances; 0: it serves nobody */
  struct pw_wasmedge_executor *next;
};

/** An executor for one more instance of a worker (NULL: of its own). NULL with an error (ENGINE, MEMORY). */
struct pw_wasmedge_executor *pw_wasmedge_executor_take(struct pw_engine *engine, const void *worker,
                                                       struct pw_error *error);
/** It is kept for whoever comes next. NULL is allowed. */
void pw_wasmedge_executor_give(struct pw_wasmedge_executor *executor);
/** All of an engine, which nobody uses any more. */
void pw_wasmedge_executors_delete(struct pw_engine *engine);
/** What the ticker calls: stops what is due. `engine` is a struct pw_engine. */
void pw_wasmedge_executors_tick(void *engine);
/** Begins a call. Returns the deadline that held before, to be given to `leave`. */
uint64_t pw_wasmedge_enter(struct pw_wasmedge_executor *executor, uint32_t deadline_ms);
/** Ends it; `interrupted`: that was how it ended. */
void pw_wasmedge_leave(struct pw_wasmedge_executor *executor, uint64_t before, bool interrupted);

/* ---- instrument.c ---- */

/** Exports that modules are given. They are not to be had otherwise: a module that has one of them is refused. */
#define PW_WASMEDGE_STACK       "proxywasm.engine.stack"
#define PW_WASMEDGE_TOP         "proxywasm.engine.top"
#define PW_WASMEDGE_LEAF        "proxywasm.engine.leaf"
#define PW_WASMEDGE_PAGES       "proxywasm.engine.pages"
#define PW_WASMEDGE_ELEMENTS    "proxywasm.engine.elements"
#define PW_WASMEDGE_START       "proxywasm.engine.start"
#define PW_WASMEDGE_OWN_EXPORTS 6

/** A function with code, as backtraces need it. */
struct pw_wasmedge_function {
  uint32_t offset; /**< of its code in the module as it was */
  uint32_t weight; /**< of its frame, in bytes of the stack; 0: a leaf, without a frame */
};

/** What was found in a module, and added to it. Zero-initialised is empty. */
struct pw_wasmedge_layout {
  uint32_t                     imported_functions;
  struct pw_wasmedge_function *functions;
  size_t                       function_count;
  uint32_t                     bottom;         /**< where the stack begins in its memory */
  uint32_t                     size;           /**< where it ends */
  bool                         has_start;      /**< a start section, which is PW_WASMEDGE_START now */
  uint32_t                     memory_pages;   /**< that its memory begins with */
  uint32_t                     table_elements; /**< that the largest of its tables begins with */
  uint32_t                     table_count;
};

/** Appends the changed module to `out`. Errors: MODULE, MEMORY. The layout is cleared with pw_wasmedge_layout_clear, in
 *  any case. */
bool pw_wasmedge_instrument(struct pw_view code, uint32_t stack_bytes, struct pw_bytes *out,
                            struct pw_wasmedge_layout *layout, struct pw_error *error);
void pw_wasmedge_layout_clear(struct pw_wasmedge_layout *layout);

/* ---- module.c ---- */

struct pw_compiled_module {
  atomic_uint                references; /**< its owner's, and one for each linked module */
  struct pw_engine          *engine;
  WasmEdge_ASTModuleContext *module; /**< the changed one */
  struct pw_wasmedge_layout  layout;
  struct pw_module_info     *info; /**< of the module as it was */
  struct pw_bytes            code; /**< likewise, for the names in it */
  struct pw_view             names;
};

struct pw_compiled_module *pw_wasmedge_module_compile(struct pw_engine *engine, struct pw_view code,
                                                      struct pw_error *error);
void                       pw_wasmedge_module_release(struct pw_compiled_module *module);

/* ---- link.c ---- */

/** How the values of a function pass. */
struct pw_wasmedge_signature {
  uint32_t types; /**< two bits for each parameter, and then for the result: enum pw_wasmedge_type */
  uint16_t parameter_count;
  uint16_t result_count;
};

enum pw_wasmedge_type { PW_WASMEDGE_I32, PW_WASMEDGE_I64, PW_WASMEDGE_F32, PW_WASMEDGE_F64 };

/** A host function, as it is found when it is called. */
struct pw_wasmedge_import {
  pw_host_function             function;
  const void                  *data;
  struct pw_wasmedge_signature signature;
};

/** The imports of one module name. */
struct pw_wasmedge_namespace {
  const char                     *name;
  WasmEdge_ModuleInstanceContext *instance;
};

struct pw_linked_module {
  atomic_uint                   references; /**< its owner's, and one for each instance */
  struct pw_compiled_module    *module;
  struct pw_wasmedge_import    *imports; /**< one for each import of the module's */
  struct pw_wasmedge_namespace *namespaces;
  size_t                        namespace_count;
  WasmEdge_StoreContext        *store;
};

struct pw_linked_module *pw_wasmedge_link(struct pw_compiled_module *module, const struct pw_import *imports,
                                          size_t count, struct pw_error *error);
void                     pw_wasmedge_linked_release(struct pw_linked_module *linked);
/** The signature of a function of the ABI. */
struct pw_wasmedge_signature pw_wasmedge_signature_of(const struct pw_function_type *type);

/* ---- instance.c ---- */

struct pw_engine_instance {
  struct pw_wasmedge_executor    *executor;
  void                           *host_data;
  const char                     *host_message; /**< with which a host function ended the call under way */
  WasmEdge_ModuleInstanceContext *instance;
  WasmEdge_MemoryInstanceContext *exported_memory; /**< NULL: none is exported as "memory" */
  struct pw_memory                memory;
  WasmEdge_MemoryInstanceContext *stack; /**< of frames */
  WasmEdge_GlobalInstanceContext *top;   /**< of it */
  WasmEdge_GlobalInstanceContext *leaf;  /**< the function without a frame that runs; UINT32_MAX: none */
  struct pw_linked_module        *linked;
};

struct pw_engine_instance *pw_wasmedge_instance_new(struct pw_linked_module          *linked,
                                                    const struct pw_instance_options *options, uint32_t deadline_ms,
                                                    struct pw_error *error);
void                       pw_wasmedge_instance_delete(struct pw_engine_instance *instance);
bool pw_wasmedge_function_find(struct pw_engine_instance *instance, const char *name, pw_function *function);
struct pw_memory *pw_wasmedge_memory(struct pw_engine_instance *instance);
void              pw_wasmedge_memory_refresh(struct pw_engine_instance *instance);
uint32_t          pw_wasmedge_global_get(const WasmEdge_GlobalInstanceContext *global);
void              pw_wasmedge_global_set(WasmEdge_GlobalInstanceContext *global, uint32_t value);

/* ---- call.c ---- */

bool pw_wasmedge_call(struct pw_engine_instance *instance, const pw_function *function, pw_value *values,
                      size_t value_count, uint32_t deadline_ms, struct pw_trap *trap);
/** What WasmEdge calls for an import; `data` is its struct pw_wasmedge_import. */
WasmEdge_Result pw_wasmedge_call_out(void *data, const WasmEdge_CallingFrameContext *frame,
                                     const WasmEdge_Value *parameters, WasmEdge_Value *results);

/* ---- trap.c ---- */

/** Fills `trap` (may be NULL) from what ended a call. */
void pw_wasmedge_trap_take(struct pw_engine_instance *instance, WasmEdge_Result result, struct pw_trap *trap);

/** A string of WasmEdge's that points to ours. */
static inline WasmEdge_String
pw_wasmedge_string(const char *text)
{
  return (WasmEdge_String){.Length = (uint32_t)strlen(text), .Buf = text};
}

#endif
