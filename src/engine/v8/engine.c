/* SPDX-License-Identifier: Apache-2.0 */
/* Engines: settings, a ticker, and the isolates that run under them. V8 itself is one for the process. */
#include "common/ticker.h"
#include "internal.h"

#include <stdlib.h>

/* Traffic Server's event threads have stacks of 1 MiB: half of it is left to the host. */
#define DEFAULT_STACK_BYTES (512u << 10)
#define LEAST_STACK_BYTES   (64u << 10) /* V8's own runtime needs some */
#define MOST_STACK_BYTES    (64u << 20)

struct pw_engine *
pw_v8_engine_new(const struct pw_engine_settings *settings, struct pw_error *error)
{
  uint32_t          stack = settings && settings->stack_bytes ? settings->stack_bytes : DEFAULT_STACK_BYTES;
  struct pw_engine *engine;

  if (stack < LEAST_STACK_BYTES || stack > MOST_STACK_BYTES) {
    pw_error_set(error, PW_ERROR_ENGINE, "engine 'v8': a stack of %u bytes is out of range (%u to %u)", (unsigned)stack,
                 LEAST_STACK_BYTES, MOST_STACK_BYTES);
    return NULL;
  }
  if (settings && settings->portable) {
    pw_error_set(error, PW_ERROR_ENGINE, "engine 'v8': it compiles for the processor that it runs on, and no other");
    return NULL;
  }
  if (!pw_v8_platform_start(settings && settings->profile, error)) {
    return NULL;
  }
  engine = calloc(1, sizeof *engine);
  if (!engine) {
    pw_error_set(error, PW_ERROR_MEMORY, "engine 'v8'");
    return NULL;
  }
  engine->stack_bytes = stack;
  pthread_mutex_init(&engine->lock, NULL);
  engine->ticker = pw_ticker_new(pw_v8_deadline_tick, engine);
  if (!engine->ticker) {
    pw_v8_engine_delete(engine);
    pw_error_set(error, PW_ERROR_ENGINE, "engine 'v8': its clock's thread could not be started");
    return NULL;
  }
  return engine;
}

void
pw_v8_engine_delete(struct pw_engine *engine)
{
  if (!engine) {
    return;
  }
  pw_ticker_delete(engine->ticker);
  pw_v8_isolates_delete(engine);
  pthread_mutex_destroy(&engine->lock);
  free(engine);
}
