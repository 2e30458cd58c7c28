/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One module on Wasmtime by raw calls: no limits of time or memory, no traps that are told. The process ends with a
 * message when the module does not do as it should.
 */
#ifndef BENCH_CORE_RAW_H
#define BENCH_CORE_RAW_H

#include <proxywasm/abi.h>
#include <proxywasm/types.h>

#include <wasmtime.h>

/* A hostcall that returns a status of the ABI. */
struct raw_hostcall {
  const char *name;       /* a function of WASI, unless it begins with "proxy_" */
  const char *parameters; /* i: 32 bits, I: 64 */
  uint32_t (*function)(const wasmtime_val_raw_t *in);
};

/* An argument of a hostcall. */
#define IN(number) ((uint32_t)in[number].i32)

extern wasmtime_context_t *raw_context;
extern wasmtime_memory_t   raw_exported;
extern uint8_t            *raw_memory; /* it is reserved as a whole, and stays where it is */

/* Starts the module. Its imports are the hostcalls, which have to stay; any other traps. */
void raw_open(const void *code, size_t size, const struct raw_hostcall *hostcalls, size_t count);
void raw_close(void);
/* A function that the module has to export. */
wasmtime_func_t raw_function(const char *name);
/* One that it may export. */
bool raw_find_function(const char *name, wasmtime_func_t *function);

/* Ends the process. */
_Noreturn void raw_fail(const char *what);

static inline void
raw_need(bool good, const char *what)
{
  if (!good) {
    raw_fail(what);
  }
}

static inline uint32_t
raw_call(const wasmtime_func_t *function, uint32_t a, uint32_t b, uint32_t c)
{
  wasmtime_val_raw_t values[3] = {{.i32 = (int32_t)a}, {.i32 = (int32_t)b}, {.i32 = (int32_t)c}};
  wasm_trap_t       *trap      = NULL;
  raw_need(!wasmtime_func_call_unchecked(raw_context, function, values, 3, &trap) && !trap, "a call failed");
  return (uint32_t)values[0].i32;
}

static inline bool
raw_is_within(uint32_t address, uint32_t size)
{
  return (uint64_t)address + size <= wasmtime_memory_data_size(raw_context, &raw_exported);
}

static inline struct pw_view
raw_view(uint32_t address, uint32_t size)
{
  return pw_view_make(raw_memory + address, size);
}

static inline uint32_t
raw_put(uint32_t address, const void *number, uint32_t size)
{
  if (!raw_is_within(address, size)) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  memcpy(raw_memory + address, number, size);
  return PW_STATUS_OK;
}

#endif
