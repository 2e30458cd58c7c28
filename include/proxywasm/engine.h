/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file engine.h
 * What the host asks of a WebAssembly engine: one const table of functions, `struct pw_engine_ops`.
 *
 * An engine is a shared object `proxywasm_engine_NAME.so` that exports `pw_engine_entry` for the host; it is opened
 * with RTLD_LOCAL, so that engines which define the same symbols live side by side. No engine's own header is seen
 * outside its folder.
 *
 * Threads: an engine and its modules may be used by any number of threads at once. An instance belongs to one thread at
 * a time (the host sees to it).
 */
#ifndef PROXYWASM_ENGINE_H
#define PROXYWASM_ENGINE_H

#include <proxywasm/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Counts up with each incompatible change of this file; the loader refuses another number. */
#define PW_ENGINE_INTERFACE 4

/** The most parameters that a function of the ABI has (proxy_grpc_call: 12). */
#define PW_MAX_PARAMETERS 16

/**
 * One wasm value, as parameter or result. 16 bytes, so that an engine whose raw values are 16 bytes wide (Wasmtime) can
 * pass its own array through without conversion.
 */
typedef union pw_value {
  int32_t  i32;
  uint32_t u32;
  int64_t  i64;
  uint64_t u64;
  uint8_t  bytes[16];
} pw_value;

/** A function type. Letters: i = i32, I = i64, f = f32, F = f64. At most PW_MAX_PARAMETERS parameters, one result. */
struct pw_function_type {
  char    parameters[PW_MAX_PARAMETERS + 1]; /**< terminated */
  char    result;                            /**< 'v' = none */
  uint8_t parameter_count;
};

/**
 * A host function. `context` is the `host_data` of the instance that calls, `data` the import's own.
 * `values` holds the parameters and takes the result in `values[0]`.
 * Returns NULL, or a message (static storage) that ends the call with a trap.
 */
typedef const char *(*pw_host_function)(void *context, const void *data, pw_value *values);

/** One import to be linked. The strings and `data` outlive the linked module. */
struct pw_import {
  const char             *module;
  const char             *name;
  struct pw_function_type type;
  pw_host_function        function;
  const void             *data;
};

/** Settings that decide how code is compiled, and so are part of a cached module's key. */
struct pw_engine_settings {
  uint32_t stack_bytes; /**< the most stack that wasm may use; 0 = the engine's default */
  bool     profile;     /**< name compiled functions for perf */
  bool     images;      /**< make code whose instances can be brought back to an image, where that is possible */
  /** Not part of the key, and for compiling only: use no more of a processor than all have that are in use (x86-64-v2).
   *  Where the code runs, it is taken by an engine without this. */
  bool portable;
};

/** The part of an instance's memory that the host may touch. Owned by the instance. */
struct pw_memory {
  uint8_t *base; /**< right whenever host code runs: the engine sees to that */
  size_t   size; /**< never more than is really there; may be less until `memory_refresh` */
};

/** Where a trap happened; innermost frame first. */
struct pw_trap {
  enum pw_trap_kind {
    PW_TRAP_NONE = 0,
    PW_TRAP_GUEST,   /**< the module's own fault: unreachable, out of bounds, division … */
    PW_TRAP_TIMEOUT, /**< ended by the deadline */
    PW_TRAP_STACK,   /**< call stack exhausted */
    PW_TRAP_HOST     /**< a host function answered with a message */
  } kind;
  char message[256];    /**< one line */
  char backtrace[1536]; /**< lines "  #0 function (module offset 0x1234)\n"; empty if the engine gives none */
};

struct pw_engine;          /* one per settings, shared by threads */
struct pw_compiled_module; /* compiled code, shared by threads */
struct pw_linked_module;   /* compiled code with its imports resolved, shared by threads */
struct pw_engine_instance; /* one instance with its memory, of one thread */
struct pw_engine_image;    /* what instances were like once: their memory and globals */
/** A function of an instance, looked up once. Valid as long as the instance. */
typedef struct pw_function {
  uint64_t handle[2];
  void    *pointer;
} pw_function;

struct pw_instance_options {
  void    *host_data;    /**< given to host functions as `context` */
  uint64_t memory_bytes; /**< the most that the instance's memories may grow to; 0 = no limit of ours */
  /** The most that all of its tables may have together: each may begin with, and grow to, an equal share of it; 0 = no
   *  limit of ours. A module has 100 tables at most. */
  uint32_t table_elements;
  /** Instances with the same `worker` are never used by two threads at once, so an engine may have them share what only
   *  one thread at a time can use. Only its address counts. NULL: nothing is known of others. */
  const void *worker;
};

struct pw_engine_ops {
  uint32_t    interface; /**< PW_ENGINE_INTERFACE */
  const char *name;      /**< "wasmtime" */

  /** The engine's own version, "48.0.0". Static storage. */
  const char *(*version)(void);
  /** Where the engine's library was found (a path). Static storage. */
  const char *(*origin)(void);

  /** Starts the engine. Errors: ENGINE (with what to install when its library is missing; it cannot do what a setting
   *  asks for), MEMORY. */
  struct pw_engine *(*engine_new)(const struct pw_engine_settings *settings, struct pw_error *error);
  /** Ends it, after all modules and instances of it are gone. NULL is allowed. */
  void (*engine_delete)(struct pw_engine *engine);

  /** Compiles. `code` need not outlive the call. Errors: MODULE (not wasm, invalid, feature missing: named), MEMORY. */
  struct pw_compiled_module *(*module_compile)(struct pw_engine *engine, struct pw_view code, struct pw_error *error);
  /** Compiled code as bytes for the cache, appended to `out`. Errors: ENGINE, MEMORY. NULL op: the engine has no such
   *  code. */
  bool (*module_serialize)(const struct pw_compiled_module *module, struct pw_bytes *out, struct pw_error *error);
  /** The opposite. The caller vouches for the bytes (see code_cache): engines trust them. `code` is the wasm they came
   *  from. Errors: ENGINE when they are of another engine, version or setting; MODULE (`code` cannot be read); MEMORY.
   */
  struct pw_compiled_module *(*module_deserialize)(struct pw_engine *engine, struct pw_view bytes, struct pw_view code,
                                                   struct pw_error *error);
  void (*module_delete)(struct pw_compiled_module *module);

  /** Resolves all imports; every import of the module is in `imports`. The linked module keeps what it needs of
   *  `module`, which may be deleted first. Errors: LINK, MEMORY. */
  struct pw_linked_module *(*link)(struct pw_compiled_module *module, const struct pw_import *imports, size_t count,
                                   struct pw_error *error);
  void (*linked_delete)(struct pw_linked_module *linked);

  /** A new instance; runs the wasm start section, if any, under `deadline_ms` (0 = none). Errors: START, TRAP, LIMIT,
   *  MEMORY, ENGINE (the system gives it no thread). */
  struct pw_engine_instance *(*instance_new)(struct pw_linked_module *linked, const struct pw_instance_options *options,
                                             uint32_t deadline_ms, struct pw_error *error);
  void (*instance_delete)(struct pw_engine_instance *instance);

  /** Looks an exported function up; false when there is none of that name. */
  bool (*function_find)(struct pw_engine_instance *instance, const char *name, pw_function *function);

  /**
   * Calls. `values` holds the parameters and takes the result; it has room for max(parameters, 1) values.
   * `deadline_ms`: the call is ended after about that long; 0 keeps the deadline of the call that is under way (a call
   * from within a host function), or none.
   * Returns false on a trap, and fills `trap`; the instance must not be called again after that.
   */
  bool (*call)(struct pw_engine_instance *instance, const pw_function *function, pw_value *values, size_t value_count,
               uint32_t deadline_ms, struct pw_trap *trap);

  /** The instance's memory, for as long as the instance lives. `size` and `base` follow what the guest does as said at
   *  struct pw_memory. NULL when the module exports no memory named "memory". */
  struct pw_memory *(*memory)(struct pw_engine_instance *instance);
  /** Brings `size` up to date (a guest may have grown its memory since). */
  void (*memory_refresh)(struct pw_engine_instance *instance);

  /** Takes an image of all that code can change in an instance that no call is in. NULL: this one may have more of that
   *  than an image holds (tables, segments), or there is no memory or file for it; then it is to be started like any
   *  other. Only of an engine with `images` in its settings. NULL op, with the next two: the engine has no images. */
  struct pw_engine_image *(*image_take)(struct pw_engine_instance *instance);
  /** Makes an instance of the same linked module, that no call is in, what the other one was when the image was taken.
   *  False: it cannot be, as its memory has grown beyond the image; it is only good to be deleted then. An image is
   *  used by one thread at a time, as instances are. */
  bool (*image_apply)(struct pw_engine_instance *instance, struct pw_engine_image *image);
  /** Instances that it was applied to stay as they are. NULL is allowed. */
  void (*image_delete)(struct pw_engine_image *image);
};

/** The symbol that an engine's object exports. */
typedef const struct pw_engine_ops *(*pw_engine_entry_function)(void);
#define PW_ENGINE_ENTRY "pw_engine_entry"

/**
 * Finds an engine by name ("wasmtime", or "ats.wasm.runtime.wasmtime", or "" for the default), opening its object at
 * the first call. Looks in $PROXYWASM_ENGINE_PATH (folders, with colons between), then beside the calling library or
 * program and in ../lib from there, then in the installed engine folder. The result stays valid until the process ends.
 * Any thread. Errors: ENGINE (unknown name; object missing: what to install; another interface number).
 */
const struct pw_engine_ops *pw_engine_find(const char *name, struct pw_error *error);

/** The names of the engines that this version knows, installed or not; NULL-terminated, static. The first one is the
 *  default. */
const char *const *pw_engine_names(void);
/** Whether pw_engine_find would look for an engine of that name: it is one of these, perhaps with "ats.wasm.runtime."
 *  before it; NULL and "" are the default. */
bool pw_engine_is_known(const char *name);

struct pw_module_source {
  struct pw_view code;            /**< wasm */
  const char    *cache_directory; /**< NULL or "": no cache */
  struct pw_view precompiled;     /**< sections of precompiled code that came with it, and may be used; or empty */
  /** What compiling may take, of an engine whose code can be serialised: more than 0, and it is done in a process of
   * its own (the program proxywasm_compiler, which is beside the engines). 0: it is done here, and takes what it takes.
   */
  uint32_t compile_milliseconds;
  uint64_t compile_memory_bytes; /**< with the former; 0: no limit of ours */
};

/** What became of the cache, for messages and tests. */
enum pw_cache_result {
  PW_CACHE_OFF,
  PW_CACHE_HIT,
  PW_CACHE_MISS,
  PW_CACHE_REJECTED,   /**< something was not as it should be, of cache, precompiled code or limits: `note` says what */
  PW_CACHE_PRECOMPILED /**< precompiled code was taken */
};

/**
 * Takes precompiled code that fits, or verified code from the cache directory, or compiles. The cache is keyed by
 * SHA-256 of the wasm, engine name, version, settings and processor features; the file carries that key and a digest
 * (HMAC-free SHA-256) of its content, is written to a temporary name and renamed. Files and directory belong to us or
 * root and are not writable by others, or they are refused: a file is made anew. A missing directory is made (its last
 * part). Precompiled code is bound to the same but the processor, which the engine looks at (`proxywasm compile`). A
 * cache that cannot be read or written, and code that does not fit, never fail the load: `*cache` and `note` (may be
 * NULL) say what happened. Neither does a compiler's process that cannot be started: `note` then says that there were
 * no limits.
 * Errors: those of module_compile; LIMIT (compiling took too much); of the process that compiles: ENGINE (it has not
 * this engine, or makes code that is not taken), FILE (its answer cannot be read).
 */
struct pw_compiled_module *pw_engine_load_module(const struct pw_engine_ops *ops, struct pw_engine *engine,
                                                 const struct pw_engine_settings *settings,
                                                 const struct pw_module_source *source, enum pw_cache_result *cache,
                                                 struct pw_error *note, struct pw_error *error);

#ifdef __cplusplus
}
#endif

#endif
