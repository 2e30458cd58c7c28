/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file internal.h
 * What the files of the wasm2c engine share. Nothing of it is seen outside this folder.
 *
 * A module becomes C (wasm2c, of wabt), the C a shared object (the system's compiler), and that object's bytes are the
 * compiled code: they are kept and shipped like any engine's, and opened from memory. Programs run when a module is
 * compiled, and never otherwise.
 */
#ifndef PROXYWASM_ENGINE_WASM2C_INTERNAL_H
#define PROXYWASM_ENGINE_WASM2C_INTERNAL_H

#include "common/backtrace.h"
#include "common/text.h"
#include "common/ticker.h"
#include "module/module_writer.h"
#include "validator/validator.h"
#include "wasm-rt.h"

#include <proxywasm/engine.h>
#include <proxywasm/module.h>

#include <stdatomic.h>

#define PW_WASM2C_PAGE_BYTES 65536u
#define PW_WASM2C_MOST_PAGES 65536u
/** Of all tables of an instance together, where nobody says another number. */
#define PW_WASM2C_MOST_ELEMENTS 10000000u
#define PW_WASM2C_NO_DEADLINE   UINT64_MAX

struct pw_engine {
  struct pw_ticker *ticker;
  uint32_t          stack_bytes;
  bool              profile;
};

/* ---- engine.c ---- */
struct pw_engine *pw_wasm2c_engine_new(const struct pw_engine_settings *settings, struct pw_error *error);
void              pw_wasm2c_engine_delete(struct pw_engine *engine);

/* ---- canonical.c: modules with names of our own making ---- */

/** What names begin with: wasm2c makes them parts of C names. A number follows: the import's or export's. */
#define PW_WASM2C_IMPORT_MODULE "h"
#define PW_WASM2C_IMPORT        "i"
#define PW_WASM2C_EXPORT        "e"

/** What can be called, from outside or from within: a function of a type that the ABI can have. */
static inline bool
pw_wasm2c_is_callable(const struct pw_extern *item)
{
  return item->kind == PW_EXTERN_FUNCTION && item->type_known;
}

/** The export that is the memory. */
static inline bool
pw_wasm2c_is_memory(const struct pw_extern *item)
{
  return item->kind == PW_EXTERN_MEMORY && strcmp(item->name, "memory") == 0;
}

/** Appends to `out` the module as wasm2c is given it: without custom sections, with other names of imports and exports,
 * and with those exports only that can be called, and the memory. `code` is valid. False: no memory. */
bool pw_wasm2c_canonical(struct pw_view code, const struct pw_module_info *info, struct pw_bytes *out);

/* ---- source.c: the C code ---- */

/** Appends to `out` what the C compiler is given: wasm-rt.h, what calls the host, the code that wasm2c made, with a
 * look at the clock in each loop, and what is called. Errors: ENGINE (wasm2c's code is not as it should be), MEMORY. */
bool pw_wasm2c_source(struct pw_view code, const struct pw_module_info *info, const struct pw_valid_notes *notes,
                      struct pw_bytes *out, struct pw_error *error);

/* ---- program.c ---- */

/** Runs a program of the PATH with `input` as its standard input; appends to `output` what it writes to its standard
 * output. False: it cannot be run, or fails: ENGINE, with the first line of what it says. It ends with the thread that
 * runs it. */
bool pw_wasm2c_run(const char *const *arguments, struct pw_view input, struct pw_bytes *output, struct pw_error *error);

/* ---- translate.c ---- */

/** In place of an object, of a module that imports what no host has: it is valid, and who links it tells the imports.
 */
#define PW_WASM2C_NO_OBJECT "a module that cannot be linked"

/** Whether all imports are functions of types that the ABI can have. */
bool pw_wasm2c_can_be_linked(const struct pw_module_info *info);

/** Makes a shared object of a module, and appends its bytes to `out`; for `profile`, of which stacks can be followed
 * from host functions. Errors: MODULE (invalid, or needs what wasm2c lacks), ENGINE (no wasm2c of the right version, no
 * compiler), FILE, MEMORY. */
bool pw_wasm2c_translate(struct pw_view code, bool profile, struct pw_bytes *out, struct pw_error *error);

/* ---- object.c ---- */

/** A function with code, by where its machine code is. */
struct pw_wasm2c_function {
  uintptr_t address;
  uint32_t  number; /**< of the functions with code; UINT32_MAX: of the object's own making */
};

/** A shared object that is open. */
struct pw_wasm2c_opened {
  int                            file; /**< that it is read from; 0 and less: none */
  void                          *handle;
  const struct pw_wasm2c_object *object;
  struct pw_wasm2c_function     *functions; /**< in the order of addresses */
  size_t                         function_count;
};

/** Opens it from memory. Errors: ENGINE, MEMORY. It is closed with pw_wasm2c_close, in any case. */
bool pw_wasm2c_open(struct pw_view bytes, struct pw_wasm2c_opened *opened, struct pw_error *error);
void pw_wasm2c_close(struct pw_wasm2c_opened *opened);
/** The function that a return address is in; UINT32_MAX: none of the module's. */
uint32_t pw_wasm2c_function_at(const struct pw_wasm2c_opened *opened, uintptr_t address);

/* ---- module.c ---- */

struct pw_compiled_module {
  atomic_uint             references; /**< its owner's, and one for each linked module */
  struct pw_engine       *engine;
  struct pw_bytes         object; /**< its bytes */
  struct pw_wasm2c_opened opened;
  struct pw_module_info  *info;
  struct pw_bytes         code; /**< the wasm, for the names in it */
  struct pw_view          names;
  uint32_t               *offsets; /**< of functions with code, in the wasm */
  uint32_t                function_count;
  uint32_t                imported_functions;
  uint32_t                table_count;
  uint32_t                table_elements; /**< that the largest of its tables begins with */
};

struct pw_compiled_module *pw_wasm2c_module_compile(struct pw_engine *engine, struct pw_view code,
                                                    struct pw_error *error);
bool pw_wasm2c_module_serialize(const struct pw_compiled_module *module, struct pw_bytes *out, struct pw_error *error);
struct pw_compiled_module *pw_wasm2c_module_deserialize(struct pw_engine *engine, struct pw_view bytes,
                                                        struct pw_view code, struct pw_error *error);
void                       pw_wasm2c_module_release(struct pw_compiled_module *module);

/* ---- profile.c ---- */

/** Tells perf where the module's functions are, in the process's map. */
void pw_wasm2c_profile(const struct pw_compiled_module *module);

/* ---- link.c ---- */

struct pw_linked_module {
  atomic_uint                references; /**< its owner's, and one for each instance */
  struct pw_compiled_module *module;
  struct pw_wasm2c_import   *imports; /**< one for each import of the module's */
};

struct pw_linked_module *pw_wasm2c_link(struct pw_compiled_module *module, const struct pw_import *imports,
                                        size_t count, struct pw_error *error);
void                     pw_wasm2c_linked_release(struct pw_linked_module *linked);

/* ---- instance.c ---- */

struct pw_engine_instance {
  struct pw_wasm2c_state  *state; /**< the code's instance follows it */
  struct pw_ticker        *ticker;
  struct pw_deadline       deadline;
  uint32_t                 stack_bytes;
  unsigned                 depth; /**< calls under way, each within a host function of the one before */
  uint32_t                 most_pages;
  uint32_t                 most_elements;   /**< of each table */
  wasm_rt_memory_t        *exported_memory; /**< NULL: none is exported as "memory" */
  struct pw_memory         memory;
  struct pw_linked_module *linked;
};

struct pw_engine_instance *pw_wasm2c_instance_new(struct pw_linked_module          *linked,
                                                  const struct pw_instance_options *options, uint32_t deadline_ms,
                                                  struct pw_error *error);
void                       pw_wasm2c_instance_delete(struct pw_engine_instance *instance);
bool              pw_wasm2c_function_find(struct pw_engine_instance *instance, const char *name, pw_function *function);
struct pw_memory *pw_wasm2c_memory(struct pw_engine_instance *instance);
void              pw_wasm2c_memory_refresh(struct pw_engine_instance *instance);

/* ---- call.c ---- */

/** A call that is under way on a thread. */
struct pw_wasm2c_frame {
  void                      *jump[5]; /**< for __builtin_setjmp */
  struct pw_wasm2c_frame    *outer;   /**< that it is within; NULL: none */
  struct pw_engine_instance *instance;
  struct pw_trap            *trap; /**< is filled when it traps; or NULL */
};

bool pw_wasm2c_call_in(struct pw_engine_instance *instance, const pw_function *function, pw_value *values,
                       size_t value_count, uint32_t deadline_ms, struct pw_trap *trap);
/** Makes the code's instance one, under a deadline. */
bool pw_wasm2c_start(struct pw_engine_instance *instance, uint32_t deadline_ms, struct pw_trap *trap);
/** The call that this thread is in. */
struct pw_wasm2c_frame *pw_wasm2c_running(void);
/** Ends it. */
void pw_wasm2c_leave(struct pw_wasm2c_frame *frame) __attribute__((noreturn));

/* ---- memory.c ---- */
void     pw_wasm2c_memory_allocate(wasm_rt_memory_t *memory, uint32_t pages, uint32_t most_pages);
uint32_t pw_wasm2c_memory_grow(wasm_rt_memory_t *memory, uint32_t pages);
void     pw_wasm2c_memory_free(wasm_rt_memory_t *memory);
void     pw_wasm2c_table_allocate(struct pw_wasm2c_table *table, uint32_t elements, uint32_t most_elements,
                                  size_t element_size);
uint32_t pw_wasm2c_table_grow(struct pw_wasm2c_table *table, uint32_t elements, size_t element_size);
void     pw_wasm2c_table_free(struct pw_wasm2c_table *table);

/* ---- trap.c ---- */
void pw_wasm2c_trap(wasm_rt_trap_t trap, const char *function) __attribute__((noreturn));

#endif
