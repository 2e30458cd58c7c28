/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file wasm-rt.h
 * What the C code that wasm2c makes of a module needs, and what it is given to hold it: its state, its limits, its
 * traps.
 *
 * Two readers: the engine includes it, and hands its text to the C compiler before the code that wasm2c made. wasm2c
 * asks for the names wasm_rt_…, WASM_RT_…, LIKELY and UNLIKELY (wabt 1.0.32, file wasm-rt.h); all else is ours. Any
 * change of a structure here is a change of PW_WASM2C_INTERFACE.
 */
#ifndef WASM_RT_H_
#define WASM_RT_H_

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PW_WASM2C_INTERFACE 1

#define LIKELY(condition)     __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition)   __builtin_expect(!!(condition), 0)
#define wasm_rt_memcpy        __builtin_memcpy
#define wasm_rt_unreachable() __builtin_unreachable()

/* Every access is compared with the size of the memory: no signals, which belong to the server and to other engines. */
#define WASM_RT_MEMCHECK_SIGNAL_HANDLER 0
#define WASM_RT_USE_STACK_DEPTH_COUNT   0

typedef enum {
  WASM_RT_TRAP_NONE,
  WASM_RT_TRAP_OOB,
  WASM_RT_TRAP_INT_OVERFLOW,
  WASM_RT_TRAP_DIV_BY_ZERO,
  WASM_RT_TRAP_INVALID_CONVERSION,
  WASM_RT_TRAP_UNREACHABLE,
  WASM_RT_TRAP_CALL_INDIRECT,
  WASM_RT_TRAP_UNCAUGHT_EXCEPTION,
  WASM_RT_TRAP_EXHAUSTION,
  /* Ours. */
  PW_WASM2C_TRAP_DEADLINE,
  PW_WASM2C_TRAP_HOST,
  PW_WASM2C_TRAP_UNDEFINED_ELEMENT,
  PW_WASM2C_TRAP_EMPTY_ELEMENT,
  PW_WASM2C_TRAP_MEMORY /**< there is none for a memory or a table that the module begins with */
} wasm_rt_trap_t;

/* ---- values ---- */

typedef enum { WASM_RT_I32, WASM_RT_I64, WASM_RT_F32, WASM_RT_F64, WASM_RT_FUNCREF, WASM_RT_EXTERNREF } wasm_rt_type_t;

typedef void (*wasm_rt_function_ptr_t)(void);

typedef struct {
  uint32_t               func_type; /**< as wasm_rt_register_func_type numbers them, from 1; 0: none */
  wasm_rt_function_ptr_t func;
  void                  *module_instance;
} wasm_rt_funcref_t;

typedef void *wasm_rt_externref_t;

static const wasm_rt_funcref_t   wasm_rt_funcref_null_value __attribute__((unused))   = {0, NULL, NULL};
static const wasm_rt_externref_t wasm_rt_externref_null_value __attribute__((unused)) = NULL;

/** pw_value of the engine's interface. */
union pw_wasm2c_value {
  uint32_t i32;
  uint64_t i64;
  float    f32;
  double   f64;
  uint8_t  bytes[16];
};

/* ---- memories and tables ---- */

/** Never moves: `data` has the addresses of all that 32 bits can reach. */
typedef struct {
  uint8_t *data;
  uint64_t size; /**< bytes */
  uint32_t pages;
  uint32_t max_pages;
} wasm_rt_memory_t;

/** A table of any type. */
struct pw_wasm2c_table {
  void    *data;
  uint32_t max_size;
  uint32_t size; /**< elements */
};

typedef struct {
  wasm_rt_funcref_t *data;
  uint32_t           max_size;
  uint32_t           size;
} wasm_rt_funcref_table_t;

typedef struct {
  wasm_rt_externref_t *data;
  uint32_t             max_size;
  uint32_t             size;
} wasm_rt_externref_table_t;

/* ---- between the code and the engine ---- */

/** A host function, as struct pw_import has it. */
struct pw_wasm2c_import {
  const char *(*function)(void *context, const void *data, union pw_wasm2c_value *values);
  const void *data;
};

/** What the code asks of the engine. */
struct pw_wasm2c_runtime {
  /** Ends the call that is under way. `function` is the C function it happened in. */
  void (*trap)(wasm_rt_trap_t trap, const char *function) __attribute__((noreturn));
  void (*memory_allocate)(wasm_rt_memory_t *memory, uint32_t pages, uint32_t most_pages);
  /** The pages that it had, or UINT32_MAX: it has not grown. */
  uint32_t (*memory_grow)(wasm_rt_memory_t *memory, uint32_t pages);
  void (*memory_free)(wasm_rt_memory_t *memory);
  void (*table_allocate)(struct pw_wasm2c_table *table, uint32_t elements, uint32_t most_elements, size_t element_size);
  uint32_t (*table_grow)(struct pw_wasm2c_table *table, uint32_t elements, size_t element_size);
  void (*table_free)(struct pw_wasm2c_table *table);
  /** The same number for the same text, from 1. */
  uint32_t (*type_number)(const char *text, size_t size);
};

/** Lies before the instance of the code, whose address is all that its functions are given. */
struct pw_wasm2c_state {
  const uint64_t                *now;       /**< the clock's tick; another thread writes it */
  uint64_t                       deadline;  /**< the tick at which code is ended */
  uintptr_t                      stack_end; /**< below it no function begins */
  const struct pw_wasm2c_import *imports;   /**< in the module's order */
  void                          *host_data;
  const char                    *host_message; /**< with which a host function ended the call */
} __attribute__((aligned(16)));

/** Calls an exported function; parameters are in `values`, and the result is there then. */
typedef void (*pw_wasm2c_call)(void *instance, union pw_wasm2c_value *values);

/** What a compiled module's object exports, as PW_WASM2C_SYMBOL. */
struct pw_wasm2c_object {
  uint32_t interface; /**< PW_WASM2C_INTERFACE */
  uint32_t call_count;
  uint32_t function_count;
  uint32_t import_count;
  size_t   instance_size;
  /** Once, before all else. */
  void (*begin)(const struct pw_wasm2c_runtime *runtime);
  /** Makes an instance of zeros one, and runs the start section. */
  void (*start)(void *instance);
  void (*end)(void *instance);
  wasm_rt_memory_t *(*memory)(void *instance); /**< NULL: none is exported as "memory" */
  const pw_wasm2c_call *calls;                 /**< for each export; NULL: it is none that can be called */
  void *const          *functions;             /**< for each function with code */
  void *const          *stubs;                 /**< for each import: what calls the host; NULL: that is inlined */
};

#define PW_WASM2C_SYMBOL "pw_wasm2c_object"

/* ---- what follows is for the code alone ---- */
#ifdef PW_WASM2C_CODE

/* Who follows the stack from a host function needs one with a frame in between, which the host's own need not have. */
#ifdef PW_WASM2C_PROFILE
#define PW_WASM2C_STUB __attribute__((noinline))
#else
#define PW_WASM2C_STUB inline
#endif

static const struct pw_wasm2c_runtime *pw_wasm2c_runtime;

#define wasm_rt_trap(why) (pw_wasm2c_runtime->trap((why), __func__))

static inline bool
wasm_rt_is_initialized(void)
{
  return true;
}

#define PW_WASM2C_STATE(instance) ((struct pw_wasm2c_state *)(instance)-1)

/** At the beginning of each loop. */
#define PW_WASM2C_LOOP(instance)                                                                                       \
  do {                                                                                                                 \
    const struct pw_wasm2c_state *state = PW_WASM2C_STATE(instance);                                                   \
    if (UNLIKELY(__atomic_load_n(state->now, __ATOMIC_RELAXED) >= state->deadline)) {                                  \
      wasm_rt_trap(PW_WASM2C_TRAP_DEADLINE);                                                                           \
    }                                                                                                                  \
  } while (0)

/** At the beginning of each function: recursion needs no loop. */
#define PW_WASM2C_FUNCTION(instance)                                                                                   \
  do {                                                                                                                 \
    if (UNLIKELY((uintptr_t)__builtin_frame_address(0) < PW_WASM2C_STATE(instance)->stack_end)) {                      \
      wasm_rt_trap(WASM_RT_TRAP_EXHAUSTION);                                                                           \
    }                                                                                                                  \
    PW_WASM2C_LOOP(instance);                                                                                          \
  } while (0)

/** wasm2c has one trap for all that may be wrong with an indirect call. */
static inline void
pw_wasm2c_check_element(const wasm_rt_funcref_table_t *table, uint32_t element, uint32_t type, const char *function)
{
  if (UNLIKELY(element >= table->size)) {
    pw_wasm2c_runtime->trap(PW_WASM2C_TRAP_UNDEFINED_ELEMENT, function);
  }
  if (UNLIKELY(table->data[element].func_type != type)) {
    pw_wasm2c_runtime->trap(table->data[element].func ? WASM_RT_TRAP_CALL_INDIRECT : PW_WASM2C_TRAP_EMPTY_ELEMENT,
                            function);
  }
}

#define PW_WASM2C_CALL_INDIRECT(table, pointer, type, element, ...)                                                    \
  (pw_wasm2c_check_element(&(table), (element), func_types[type], __func__),                                           \
   ((pointer)(table).data[element].func)(__VA_ARGS__))

/** Calls the host; `host` is the instance. */
static inline void
pw_wasm2c_call_out(void *host, uint32_t import, union pw_wasm2c_value *values)
{
  struct pw_wasm2c_state        *state  = PW_WASM2C_STATE(host);
  const struct pw_wasm2c_import *callee = &state->imports[import];
  const char                    *message;

  message = callee->function(state->host_data, callee->data, values);
  if (UNLIKELY(message)) {
    state->host_message = message;
    wasm_rt_trap(PW_WASM2C_TRAP_HOST);
  }
}

static uint32_t
wasm_rt_register_func_type(uint32_t parameters, uint32_t results, ...)
{
  uint32_t count = parameters + results;
  char     text[count + 1];
  va_list  types;

  va_start(types, results);
  for (uint32_t i = 0; i < count; i++) {
    text[i + (i >= parameters)] = (char)('0' + va_arg(types, wasm_rt_type_t));
  }
  text[parameters] = ':';
  va_end(types);
  return pw_wasm2c_runtime->type_number(text, sizeof text);
}

static inline void
wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint32_t pages, uint32_t most_pages)
{
  pw_wasm2c_runtime->memory_allocate(memory, pages, most_pages);
}

static inline uint32_t
wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint32_t pages)
{
  return pw_wasm2c_runtime->memory_grow(memory, pages);
}

static inline void
wasm_rt_free_memory(wasm_rt_memory_t *memory)
{
  pw_wasm2c_runtime->memory_free(memory);
}

#define PW_WASM2C_TABLE(kind)                                                                                          \
  static inline void wasm_rt_allocate_##kind##_table(wasm_rt_##kind##_table_t *table, uint32_t elements,               \
                                                     uint32_t most_elements)                                           \
  {                                                                                                                    \
    pw_wasm2c_runtime->table_allocate((struct pw_wasm2c_table *)table, elements, most_elements, sizeof *table->data);  \
  }                                                                                                                    \
                                                                                                                       \
  static inline uint32_t wasm_rt_grow_##kind##_table(wasm_rt_##kind##_table_t *table, uint32_t elements,               \
                                                     wasm_rt_##kind##_t value)                                         \
  {                                                                                                                    \
    uint32_t before = pw_wasm2c_runtime->table_grow((struct pw_wasm2c_table *)table, elements, sizeof *table->data);   \
                                                                                                                       \
    for (uint32_t i = before; before != UINT32_MAX && i < table->size; i++) {                                          \
      table->data[i] = value;                                                                                          \
    }                                                                                                                  \
    return before;                                                                                                     \
  }                                                                                                                    \
                                                                                                                       \
  static inline void wasm_rt_free_##kind##_table(wasm_rt_##kind##_table_t *table)                                      \
  {                                                                                                                    \
    pw_wasm2c_runtime->table_free((struct pw_wasm2c_table *)table);                                                    \
  }

PW_WASM2C_TABLE(funcref)
PW_WASM2C_TABLE(externref)

#endif
#endif
