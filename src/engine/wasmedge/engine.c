/* SPDX-License-Identifier: Apache-2.0 */
/* Engines: settings, a ticker, and the executors that run under them. */
#include "internal.h"

#include <stdlib.h>

/* The same range as with the other engines. Wasm's stack is memory of its own here, not the thread's. */
#define DEFAULT_STACK_BYTES (512u << 10)
#define LEAST_STACK_BYTES   (16u << 10)
#define MOST_STACK_BYTES    (64u << 20)

static WasmEdge_Result
do_nothing(void *data, const WasmEdge_CallingFrameContext *frame, const WasmEdge_Value *parameters,
           WasmEdge_Value *results)
{
  (void)data, (void)frame, (void)parameters, (void)results;
  return WasmEdge_Result_Success;
}

/* Its structures and enumerations are those of the version that this was compiled with. */
static bool
check_version(struct pw_error *error)
{
  if (WasmEdge_VersionGetMajor() == WASMEDGE_VERSION_MAJOR && WasmEdge_VersionGetMinor() == WASMEDGE_VERSION_MINOR) {
    return true;
  }
  return pw_error_set(
    error, PW_ERROR_ENGINE,
    "engine 'wasmedge': the library is version %s, this engine was built with %s; install that one, or "
    "build again",
    WasmEdge_VersionGet(), WASMEDGE_VERSION);
}

static bool
configure(struct pw_engine *engine)
{
  WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionTypeCreate(NULL, 0, NULL, 0);

  engine->configuration = WasmEdge_ConfigureCreate();
  if (engine->configuration) {
    /* Native code that a module carries in a custom section is never run. */
    WasmEdge_ConfigureSetForceInterpreter(engine->configuration, true);
    /* For the memory that holds the stack. */
    WasmEdge_ConfigureAddProposal(engine->configuration, WasmEdge_Proposal_MultiMemories);
    engine->linker = WasmEdge_ExecutorCreate(engine->configuration, NULL);
  }
  if (type) {
    engine->nothing = WasmEdge_FunctionInstanceCreate(type, do_nothing, NULL, 0);
  }
  WasmEdge_FunctionTypeDelete(type);
  return engine->linker && engine->nothing;
}

struct pw_engine *
pw_wasmedge_engine_new(const struct pw_engine_settings *settings, struct pw_error *error)
{
  uint32_t          stack = settings && settings->stack_bytes ? settings->stack_bytes : DEFAULT_STACK_BYTES;
  struct pw_engine *engine;

  if (stack < LEAST_STACK_BYTES || stack > MOST_STACK_BYTES) {
    pw_error_set(error, PW_ERROR_ENGINE, "engine 'wasmedge': a stack of %u bytes is out of range (%u to %u)",
                 (unsigned)stack, LEAST_STACK_BYTES, MOST_STACK_BYTES);
    return NULL;
  }
  if (!check_version(error)) {
    return NULL;
  }
  engine = calloc(1, sizeof *engine);
  if (!engine) {
    pw_error_set(error, PW_ERROR_MEMORY, "engine 'wasmedge'");
    return NULL;
  }
  /* It prints nothing: what it has to say is in the error or the trap. */
  WasmEdge_LogOff();
  engine->stack_bytes = stack;
  pthread_mutex_init(&engine->lock, NULL);
  if (!configure(engine)) {
    pw_wasmedge_engine_delete(engine);
    pw_error_set(error, PW_ERROR_MEMORY, "engine 'wasmedge'");
    return NULL;
  }
  engine->ticker = pw_ticker_new(pw_wasmedge_executors_tick, engine);
  if (!engine->ticker) {
    pw_wasmedge_engine_delete(engine);
    pw_error_set(error, PW_ERROR_ENGINE, "engine 'wasmedge': its clock's thread could not be started");
    return NULL;
  }
  return engine;
}

void
pw_wasmedge_engine_delete(struct pw_engine *engine)
{
  if (!engine) {
    return;
  }
  pw_ticker_delete(engine->ticker);
  pw_wasmedge_executors_delete(engine);
  WasmEdge_FunctionInstanceDelete(engine->nothing);
  WasmEdge_ExecutorDelete(engine->linker);
  WasmEdge_ConfigureDelete(engine->configuration);
  pthread_mutex_destroy(&engine->lock);
  free(engine);
}
