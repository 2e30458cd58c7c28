/* SPDX-License-Identifier: Apache-2.0 */
/* Calls into a module and out of it: the path that every callback and hostcall takes. */
#include "internal.h"

#define LIKELY(condition)   __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* The instance that this thread is in: WasmEdge does not tell host functions. */
static _Thread_local struct pw_engine_instance *current;

static inline uint64_t
from_number(enum pw_wasmedge_type type, uint128_t number)
{
  return type == PW_WASMEDGE_I32 || type == PW_WASMEDGE_F32 ? (uint32_t)number : (uint64_t)number;
}

WasmEdge_Result
pw_wasmedge_call_out(void *data, const WasmEdge_CallingFrameContext *frame, const WasmEdge_Value *parameters,
                     WasmEdge_Value *results)
{
  const struct pw_wasmedge_import *import   = data;
  struct pw_engine_instance       *instance = current;
  uint32_t                         types    = import->signature.types;
  pw_value                         values[PW_MAX_PARAMETERS];
  const char                      *message;

  (void)frame;
  for (unsigned i = 0; i < import->signature.parameter_count; i++, types >>= 2) {
    values[i].u64 = from_number(types & 3, parameters[i].Value);
  }
  message = import->function(instance->host_data, import->data, values);
  current = instance;
  if (UNLIKELY(message)) {
    instance->host_message = message;
    return WasmEdge_Result_Fail;
  }
  if (import->signature.result_count > 0) {
    results[0].Value = values[0].u64;
  }
  return WasmEdge_Result_Success;
}

/* What WasmEdge compares with the function's type. */
static WasmEdge_ValType
value_type(enum pw_wasmedge_type type)
{
  switch (type) {
  case PW_WASMEDGE_I64:
    return WasmEdge_ValTypeGenI64();
  case PW_WASMEDGE_F32:
    return WasmEdge_ValTypeGenF32();
  case PW_WASMEDGE_F64:
    return WasmEdge_ValTypeGenF64();
  default:
    return WasmEdge_ValTypeGenI32();
  }
}

static inline void
to_parameters(const struct pw_wasmedge_signature *signature, const pw_value *values, WasmEdge_Value *parameters)
{
  uint32_t types = signature->types;

  for (unsigned i = 0; i < signature->parameter_count; i++, types >>= 2) {
    parameters[i].Value = from_number(types & 3, values[i].u64);
    parameters[i].Type  = value_type(types & 3);
  }
}

bool
pw_wasmedge_call(struct pw_engine_instance *instance, const pw_function *function, pw_value *values, size_t value_count,
                 uint32_t deadline_ms, struct pw_trap *trap)
{
  struct pw_wasmedge_executor *executor = instance->executor;
  struct pw_engine_instance   *outer    = current;
  struct pw_wasmedge_signature signature;
  WasmEdge_Value               parameters[PW_MAX_PARAMETERS];
  WasmEdge_Value               value;
  WasmEdge_Result              result;
  uint32_t                     top;
  uint64_t                     before;

  (void)value_count;
  memcpy(&signature, function->handle, sizeof signature);
  to_parameters(&signature, values, parameters);
  /* Within another call the stack has its frames already. */
  top     = executor->depth > 0 ? pw_wasmedge_global_get(instance->top) : instance->linked->module->layout.bottom;
  before  = pw_wasmedge_enter(executor, deadline_ms);
  current = instance;
  result = WasmEdge_ExecutorInvoke(executor->executor, function->pointer, parameters, signature.parameter_count, &value,
                                   signature.result_count);
  current = outer;
  pw_wasmedge_leave(executor, before, WasmEdge_ResultGetCode(result) == WasmEdge_ErrCode_Interrupted);
  if (UNLIKELY(!WasmEdge_ResultOK(result))) {
    pw_wasmedge_trap_take(instance, result, trap);
    pw_wasmedge_global_set(instance->top, top);
    pw_wasmedge_global_set(instance->leaf, UINT32_MAX);
    return false;
  }
  if (signature.result_count > 0) {
    values[0].u64 = (uint64_t)value.Value;
  }
  return true;
}
