/* SPDX-License-Identifier: Apache-2.0 */
/* How Wasmtime is set up, and the test that its header fits its library. */
#include "internal.h"

#include <stdlib.h>

/* Traffic Server's event threads have stacks of 1 MiB: half of it is left to the host. */
#define DEFAULT_STACK_BYTES (512u << 10)
#define LEAST_STACK_BYTES   (16u << 10)
#define MOST_STACK_BYTES    (64u << 20)

/* The whole of a 32-bit memory: with it reserved a memory grows in place, and its base can be kept. */
#define MEMORY_RESERVATION (UINT64_C(4) << 30)

/* Without it, Wasmtime uses all that this processor has. */
static bool
set_portable(wasm_config_t *config)
{
#if defined(__x86_64__)
  static const char *const features[] = {"has_sse3",  "has_ssse3",  "has_sse41",
                                         "has_sse42", "has_popcnt", "has_cmpxchg16b"};
  wasmtime_error_t        *failure    = wasmtime_config_target_set(config, "x86_64-unknown-linux-gnu");

  if (failure) {
    wasmtime_error_delete(failure);
    return false;
  }
  for (size_t i = 0; i < sizeof features / sizeof *features; i++) {
    wasmtime_config_cranelift_flag_enable(config, features[i]);
  }
  return true;
#else
  (void)config;
  return false;
#endif
}

static wasm_config_t *
make_config(const struct pw_engine_settings *settings, size_t stack)
{
  wasm_config_t *config = wasm_config_new();

  if (!config) {
    return NULL;
  }
  wasmtime_config_epoch_interruption_set(config, true);
  wasmtime_config_parallel_compilation_set(config, true);
  wasmtime_config_cranelift_opt_level_set(config, WASMTIME_OPT_LEVEL_SPEED);
  wasmtime_config_max_wasm_stack_set(config, stack);
  /* Unused, but Wasmtime refuses (and ends the process over) one that is smaller than the stack of wasm. */
  wasmtime_config_async_stack_size_set(config, stack + (1u << 20));
  wasmtime_config_memory_reservation_set(config, MEMORY_RESERVATION);
  wasmtime_config_memory_may_move_set(config, false);
  /* The ABI's addresses are 32 bits of one memory. */
  wasmtime_config_wasm_memory64_set(config, false);
  wasmtime_config_wasm_multi_memory_set(config, false);
  wasmtime_config_shared_memory_set(config, false);
#ifdef WASMTIME_FEATURE_COMPONENT_MODEL
  /* Only components need it, and it costs each call. */
  wasmtime_config_concurrency_support_set(config, false);
#endif
  /* Frames registered with the unwinder would slow down every C++ exception of the process. */
  wasmtime_config_native_unwind_info_set(config, settings->profile);
  if (settings->profile) {
    wasmtime_config_profiler_set(config, WASMTIME_PROFILING_STRATEGY_PERFMAP);
  }
  if (settings->portable && !set_portable(config)) {
    wasm_config_delete(config);
    return NULL;
  }
  return config;
}

static wasm_trap_t *
add(void *environment, wasmtime_caller_t *caller, const wasmtime_val_t *arguments, size_t argument_count,
    wasmtime_val_t *results, size_t result_count)
{
  (void)environment;
  (void)caller;
  (void)argument_count;
  (void)result_count;
  results[0].kind   = WASMTIME_I32;
  results[0].of.i32 = arguments[0].of.i32 + arguments[1].of.i32;
  return NULL;
}

/* The size of wasmtime_val_t, 24 or 32, follows from the features in conf.h. With the wrong size the library reads the
 * second argument elsewhere: at bytes that are 0 here, which make it an i32 and the sum wrong. */
static bool
header_fits_library(wasm_engine_t *engine)
{
  enum { FIRST = 0x10000, SECOND = 0x2000000 };
  union {
    wasmtime_val_t value[2];
    uint8_t        room[256];
  } arguments, results;
  wasmtime_store_t   *store   = wasmtime_store_new(engine, NULL, NULL);
  wasmtime_context_t *context = wasmtime_store_context(store);
  wasm_functype_t    *type =
    wasm_functype_new_2_1(wasm_valtype_new(WASM_I32), wasm_valtype_new(WASM_I32), wasm_valtype_new(WASM_I32));
  wasmtime_func_t   function;
  wasmtime_error_t *error;
  wasm_trap_t      *trap = NULL;
  bool              fits;

  memset(&arguments, 0, sizeof arguments);
  memset(&results, 0, sizeof results);
  arguments.value[0].kind   = WASMTIME_I32;
  arguments.value[0].of.i32 = FIRST;
  arguments.value[1].kind   = WASMTIME_I32;
  arguments.value[1].of.i32 = SECOND;
  wasmtime_func_new(context, type, add, NULL, NULL, &function);
  error = wasmtime_func_call(context, &function, arguments.value, 2, results.value, 1, &trap);
  fits  = !error && !trap && results.value[0].of.i32 == FIRST + SECOND;
  if (error) {
    wasmtime_error_delete(error);
  }
  if (trap) {
    wasm_trap_delete(trap);
  }
  wasm_functype_delete(type);
  wasmtime_store_delete(store);
  return fits;
}

static void
tick(void *engine)
{
  wasmtime_engine_increment_epoch(engine);
}

static bool
start(struct pw_engine *engine, const struct pw_engine_settings *settings, size_t stack, struct pw_error *error)
{
  wasm_config_t *config = make_config(settings, stack);

  engine->engine = config ? wasm_engine_new_with_config(config) : NULL;
  if (!engine->engine) {
    return pw_error_set(error, PW_ERROR_ENGINE, "engine 'wasmtime': it did not start");
  }
  if (!header_fits_library(engine->engine)) {
    return pw_error_set(error, PW_ERROR_ENGINE,
                        "engine 'wasmtime': its library was built with other features than proxywasm was compiled for; "
                        "install the library that came with proxywasm, or build again after tools/setup");
  }
  engine->ticker = pw_ticker_new(tick, engine->engine);
  if (!engine->ticker) {
    return pw_error_set(error, PW_ERROR_ENGINE, "engine 'wasmtime': its clock's thread could not be started");
  }
  return true;
}

struct pw_engine *
pw_wasmtime_engine_new(const struct pw_engine_settings *settings, struct pw_error *error)
{
  static const struct pw_engine_settings defaults;
  struct pw_engine                      *engine;
  size_t                                 stack;

  if (!settings) {
    settings = &defaults;
  }
  stack = settings->stack_bytes ? settings->stack_bytes : DEFAULT_STACK_BYTES;
  if (stack < LEAST_STACK_BYTES || stack > MOST_STACK_BYTES) {
    pw_error_set(error, PW_ERROR_ENGINE, "engine 'wasmtime': a stack of %zu bytes is out of range (%u to %u)", stack,
                 LEAST_STACK_BYTES, MOST_STACK_BYTES);
    return NULL;
  }
  engine = calloc(1, sizeof *engine);
  if (!engine) {
    pw_error_set(error, PW_ERROR_MEMORY, "engine 'wasmtime'");
    return NULL;
  }
  engine->images = settings->images;
  if (!start(engine, settings, stack, error)) {
    pw_wasmtime_engine_delete(engine);
    return NULL;
  }
  return engine;
}

void
pw_wasmtime_engine_delete(struct pw_engine *engine)
{
  if (!engine) {
    return;
  }
  pw_ticker_delete(engine->ticker);
  if (engine->engine) {
    wasm_engine_delete(engine->engine);
  }
  free(engine);
}
