/* SPDX-License-Identifier: Apache-2.0 */
/**
 * WAMR's fast interpreter, compiled with three changes that are made by macros. This file is compiled as a part of
 * WAMR.
 *
 * The first one ends calls at their deadline. With its thread manager, WAMR looks at a flag of the thread at each
 * branch and at each call, so that another thread can end it. That place is what a deadline needs; the rest of the
 * thread manager (locks around each exception, lists of threads) is not, and the flag would have to be set and cleared
 * from two threads without ever ending the wrong call. So the flag is replaced by a question: has the clock passed the
 * deadline? Only this file is compiled as if the thread manager were there: it changes nothing else here but that the
 * memory's size is read anew for each access.
 *
 * The second one passes the cells of a call to the host as they are, instead of through WAMR's own conversion.
 *
 * The third one notes the frames of an exception, while they are there, instead of printing them.
 */
#include "interpreter.h"
#include "internal.h"

/* Each header that wasm_interp_fast.c includes, so that none is seen with the changed macros. */
#include <bh_log.h>
#include <wasm_exec_env.h>
#include <wasm_interp.h>
#include <wasm_loader.h>
#include <wasm_memory.h>
#include <wasm_opcode.h>
#include <wasm_suspend_flags.h>

static inline bool
is_due(WASMExecEnv *environment)
{
  const struct pw_engine_instance *instance = environment->user_data;

  return __builtin_expect(pw_ticker_now(instance->ticker) >= instance->deadline, 0) && pw_wamr_end_call(environment);
}

#undef WASM_ENABLE_THREAD_MGR
#define WASM_ENABLE_THREAD_MGR 1
#undef WASM_SUSPEND_FLAGS_GET
#define WASM_SUSPEND_FLAGS_GET(flags) (is_due(exec_env) ? WASM_SUSPEND_FLAG_TERMINATE : 0)
#undef WASM_SUSPEND_FLAGS_LOCK
#define WASM_SUSPEND_FLAGS_LOCK(lock) (void)0
#undef WASM_SUSPEND_FLAGS_UNLOCK
#define WASM_SUSPEND_FLAGS_UNLOCK(lock) (void)0

#define wasm_runtime_invoke_native_raw(environment, pointer, type, signature, attachment, cells, cell_count, result)   \
  ((void)(pointer), pw_wamr_call_out(environment, attachment, cells, result))

#undef WASM_ENABLE_DUMP_CALL_STACK
#define WASM_ENABLE_DUMP_CALL_STACK                   1
#define wasm_interp_create_call_stack(environment)    pw_wamr_note_frames(environment)
#define wasm_interp_dump_call_stack(environment, ...) (void)0

#include <wasm_interp_fast.c>
