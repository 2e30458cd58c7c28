/* SPDX-License-Identifier: Apache-2.0 */
/* Calls into a module and out of it: the path that every callback and hostcall takes. */
#include "isolate.h"

#define LIKELY(condition)   __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

static inline v8::Local<v8::Value>
to_v8(v8::Isolate *isolate, char letter, const pw_value *value)
{
  float  single;
  double number;

  switch (letter) {
  case 'i':
    return v8::Integer::New(isolate, value->i32);
  case 'I':
    return v8::BigInt::New(isolate, value->i64);
  case 'f':
    memcpy(&single, value, sizeof single);
    return v8::Number::New(isolate, single);
  default:
    memcpy(&number, value, sizeof number);
    return v8::Number::New(isolate, number);
  }
}

static inline void
from_v8(v8::Local<v8::Value> from, char letter, pw_value *value)
{
  float  single;
  double number;

  switch (letter) {
  case 'i':
    value->u64 = (uint32_t)from.As<v8::Int32>()->Value();
    break;
  case 'I':
    value->i64 = from.As<v8::BigInt>()->Int64Value();
    break;
  case 'f':
    single = (float)from.As<v8::Number>()->Value();
    memcpy(value, &single, sizeof single);
    break;
  case 'F':
    number = from.As<v8::Number>()->Value();
    memcpy(value, &number, sizeof number);
    break;
  default:
    break;
  }
}

static inline void
give_result(const v8::FunctionCallbackInfo<v8::Value> &info, char letter, const pw_value *value)
{
  if (LIKELY(letter == 'i')) {
    info.GetReturnValue().Set(value->i32);
  } else if (letter != 'v') {
    info.GetReturnValue().Set(to_v8(info.GetIsolate(), letter, value));
  }
}

void
pw_v8_import_called(const v8::FunctionCallbackInfo<v8::Value> &info)
{
  const struct pw_v8_import *import   = (const struct pw_v8_import *)info.Data().As<v8::External>()->Value();
  v8::Isolate               *isolate  = info.GetIsolate();
  struct pw_v8_isolate      *home     = (struct pw_v8_isolate *)isolate->GetData(0);
  struct pw_engine_instance *instance = home->current;
  const char                *message;
  pw_value                   values[PW_MAX_PARAMETERS];

  for (int i = 0; i < import->type.parameter_count; i++) {
    from_v8(info[i], import->type.parameters[i], &values[i]);
  }
  pw_v8_memory_look_if_changed(instance);
  message = import->function(instance->host_data, import->data, values);
  if (UNLIKELY(message)) {
    /* Its text is ours to keep: V8 adds the frames. */
    home->host_message = message;
    isolate->ThrowException(v8::Null(isolate));
    return;
  }
  give_result(info, import->type.result, values);
}

bool
pw_v8_call(struct pw_engine_instance *instance, const pw_function *function, pw_value *values, size_t value_count,
           uint32_t deadline_ms, struct pw_trap *trap)
{
  const struct pw_v8_function *callee  = (const struct pw_v8_function *)function->pointer;
  struct pw_v8_isolate        *home    = instance->home;
  v8::Isolate                 *isolate = home->isolate;
  pw_v8_entered                entered(home);
  v8::TryCatch                 caught(isolate);
  v8::Local<v8::Value>         arguments[PW_MAX_PARAMETERS];
  v8::Local<v8::Value>         result;
  bool                         returned;

  (void)value_count;
  for (int i = 0; i < callee->type.parameter_count; i++) {
    arguments[i] = to_v8(isolate, callee->type.parameters[i], &values[i]);
  }
  {
    pw_v8_call_scope scope(instance, deadline_ms);

    returned = callee->function.Get(isolate)
                 ->Call(home->context, v8::Undefined(isolate), callee->type.parameter_count, arguments)
                 .ToLocal(&result);
  }
  if (UNLIKELY(!returned)) {
    pw_v8_trap_take(instance, caught, trap);
    return false;
  }
  if (UNLIKELY(home->ended != PW_V8_ENDED_NOT)) {
    /* It returned before it could be ended. */
    pw_v8_go_on(home);
  }
  from_v8(result, callee->type.result, values);
  pw_v8_memory_look_if_changed(instance);
  return true;
}
