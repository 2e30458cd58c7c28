/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file interpreter.h
 * What WAMR's interpreter, as interpreter.c compiles it, calls in the engine.
 */
#ifndef PROXYWASM_ENGINE_WAMR_INTERPRETER_H
#define PROXYWASM_ENGINE_WAMR_INTERPRETER_H

#include <wasm_runtime.h>

#include <stdarg.h>

/** Calls import number `attachment`: `cells` holds the parameters, `result` takes the result's cells. False: an
 * exception is set. */
bool pw_wamr_call_out(WASMExecEnv *environment, void *attachment, uint32 *cells, uint32 *result);
/** Sets the exception that the deadline has passed. Returns true. */
bool pw_wamr_end_call(WASMExecEnv *environment);
/** Notes in which functions an exception happened. Returns false. */
bool pw_wamr_note_frames(WASMExecEnv *environment);
/** In place of vprintf: prints nothing. */
int pw_wamr_print(const char *format, va_list arguments);

#endif
