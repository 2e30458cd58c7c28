/* SPDX-License-Identifier: Apache-2.0 */
/* How WAMR is set up. Its runtime is one for the process, and counts its users itself. */
#include "internal.h"
#include "interpreter.h"

#include <stdlib.h>

/* The same range as with Wasmtime. Wasm's stack is memory of its own here, not the thread's. */
#define DEFAULT_STACK_BYTES (512u << 10)
#define LEAST_STACK_BYTES   (16u << 10)
#define MOST_STACK_BYTES    (64u << 20)

int
pw_wamr_print(const char *format, va_list arguments)
{
  (void)format;
  (void)arguments;
  return 0;
}

static bool
start_runtime(void)
{
  RuntimeInitArgs arguments;

  memset(&arguments, 0, sizeof arguments);
  arguments.running_mode                            = Mode_Interp;
  arguments.mem_alloc_type                          = Alloc_With_Allocator;
  arguments.mem_alloc_option.allocator.malloc_func  = (void *)pw_wamr_allocate;
  arguments.mem_alloc_option.allocator.realloc_func = (void *)pw_wamr_reallocate;
  arguments.mem_alloc_option.allocator.free_func    = (void *)pw_wamr_release;
  return wasm_runtime_full_init(&arguments);
}

struct pw_engine *
pw_wamr_engine_new(const struct pw_engine_settings *settings, struct pw_error *error)
{
  uint32_t          stack  = settings && settings->stack_bytes ? settings->stack_bytes : DEFAULT_STACK_BYTES;
  struct pw_engine *engine = NULL;

  if (stack < LEAST_STACK_BYTES || stack > MOST_STACK_BYTES) {
    pw_error_set(error, PW_ERROR_ENGINE, "engine 'wamr': a stack of %u bytes is out of range (%u to %u)", stack,
                 LEAST_STACK_BYTES, MOST_STACK_BYTES);
    return NULL;
  }
  engine = calloc(1, sizeof *engine);
  if (!engine) {
    pw_error_set(error, PW_ERROR_MEMORY, "engine 'wamr'");
    return NULL;
  }
  engine->stack_bytes = stack;
  if (!start_runtime()) {
    free(engine);
    pw_error_set(error, PW_ERROR_ENGINE, "engine 'wamr': it did not start");
    return NULL;
  }
  engine->ticker = pw_ticker_new(NULL, NULL);
  if (!engine->ticker) {
    pw_wamr_engine_delete(engine);
    pw_error_set(error, PW_ERROR_ENGINE, "engine 'wamr': its clock's thread could not be started");
    return NULL;
  }
  return engine;
}

void
pw_wamr_engine_delete(struct pw_engine *engine)
{
  if (!engine) {
    return;
  }
  pw_ticker_delete(engine->ticker);
  wasm_runtime_destroy();
  free(engine);
}
