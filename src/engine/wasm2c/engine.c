/* SPDX-License-Identifier: Apache-2.0 */
/* Engines: settings, and the clock. */
#include "internal.h"

#include <stdlib.h>

/* The stack is the thread's, as with Wasmtime. Traffic Server's event threads have 1 MiB: half of it is left to the
 * host. */
#define DEFAULT_STACK_BYTES (512u << 10)
#define LEAST_STACK_BYTES   (16u << 10)
#define MOST_STACK_BYTES    (64u << 20)

struct pw_engine *
pw_wasm2c_engine_new(const struct pw_engine_settings *settings, struct pw_error *error)
{
  uint32_t          stack = settings && settings->stack_bytes ? settings->stack_bytes : DEFAULT_STACK_BYTES;
  struct pw_engine *engine;

  if (stack < LEAST_STACK_BYTES || stack > MOST_STACK_BYTES) {
    pw_error_set(error, PW_ERROR_ENGINE, "engine 'wasm2c': a stack of %u bytes is out of range (%u to %u)",
                 (unsigned)stack, LEAST_STACK_BYTES, MOST_STACK_BYTES);
    return NULL;
  }
  engine = calloc(1, sizeof *engine);
  if (!engine) {
    pw_error_set(error, PW_ERROR_MEMORY, "engine 'wasm2c'");
    return NULL;
  }
  engine->stack_bytes = stack;
  engine->profile     = settings && settings->profile;
  engine->ticker      = pw_ticker_new(NULL, NULL);
  if (!engine->ticker) {
    free(engine);
    pw_error_set(error, PW_ERROR_ENGINE, "engine 'wasm2c': its clock's thread could not be started");
    return NULL;
  }
  return engine;
}

void
pw_wasm2c_engine_delete(struct pw_engine *engine)
{
  if (engine) {
    pw_ticker_delete(engine->ticker);
    free(engine);
  }
}
