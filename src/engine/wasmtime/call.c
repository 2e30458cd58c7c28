/* SPDX-License-Identifier: Apache-2.0 */
/* Calls into a module and out of it: the path that every callback and hostcall takes. */
#include "internal.h"

#define LIKELY(condition)   __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* Beyond any epoch, and no overflow when the epoch is added. */
#define NO_DEADLINE ((uint64_t)INT64_MAX)

/* The instance whose code this thread runs, so that a host function finds it without asking Wasmtime twice. It is set
 * by whoever goes into the code of an instance, or back into it. */
static __attribute__((tls_model("initial-exec"))) _Thread_local struct pw_engine_instance *running;

void
pw_wasmtime_starts(struct pw_engine_instance *instance)
{
  running = instance;
}

wasm_trap_t *
pw_wasmtime_trampoline(void *environment, wasmtime_caller_t *caller, wasmtime_val_raw_t *values, size_t count)
{
  const struct pw_wasmtime_import *import   = environment;
  struct pw_engine_instance       *instance = running;
  const char                      *message;

  (void)caller;
  (void)count;
  message = import->function(instance->host_data, import->data, (pw_value *)values);
  /* The host function may have called into another instance. */
  running = instance;
  if (LIKELY(!message)) {
    return NULL;
  }
  instance->host_message = message;
  return wasmtime_trap_new(message, strlen(message));
}

/* Gives the store a deadline. It is kept from then on: the ticker runs at least until `end`. */
static void
arm(struct pw_engine_instance *instance, uint64_t now, uint64_t end)
{
  wasmtime_context_set_epoch_deadline(instance->context, end > now ? end - now : 0);
  pw_ticker_keep(instance->ticker, pw_ticker_now(instance->ticker) + (end > now ? end - now : 0));
}

__attribute__((noinline)) static void
set_deadline(struct pw_engine_instance *instance, uint64_t now, uint32_t deadline_ms)
{
  struct pw_deadline *deadline = &instance->deadline;

  deadline->milliseconds = deadline_ms;
  if (deadline_ms == 0) {
    /* It holds for ever, so `set_at` does not matter: see below. */
    deadline->end = UINT64_MAX;
    wasmtime_context_set_epoch_deadline(instance->context, NO_DEADLINE);
    return;
  }
  deadline->set_at = now;
  deadline->end    = now + pw_ticker_ticks(deadline_ms);
  arm(instance, now, deadline->end);
}

/* Whether the store has this deadline already: the same one within the same tick ends at the same tick. */
static inline bool
has_deadline(const struct pw_engine_instance *instance, uint32_t deadline_ms)
{
  uint64_t now = pw_ticker_now(instance->ticker);

  return instance->deadline.milliseconds == deadline_ms && instance->deadline.set_at == now;
}

void
pw_wasmtime_deadline_set(struct pw_engine_instance *instance, uint32_t deadline_ms)
{
  if (deadline_ms != 0 || instance->deadline.end != UINT64_MAX) {
    set_deadline(instance, pw_ticker_now(instance->ticker), deadline_ms);
  }
}

/* What is needed after a call. It lies in memory, beside what Wasmtime writes there: in registers it would have to be
 * saved for the caller, and is looked at once. */
struct call {
  wasm_trap_t               *ended;
  struct pw_engine_instance *instance;
  struct pw_trap            *trap;
};

__attribute__((noinline, cold)) static bool
trapped(struct pw_engine_instance *instance, wasm_trap_t *ended, wasmtime_error_t *error, struct pw_trap *trap)
{
  pw_wasmtime_trap_take(instance, ended, error, trap);
  return false;
}

static inline bool
enter(struct pw_engine_instance *instance, const pw_function *function, pw_value *values, size_t value_count,
      struct pw_trap *trap)
{
  struct call       call = {NULL, instance, trap};
  wasmtime_error_t *error;

  running = instance;
  instance->depth++;
  error = wasmtime_func_call_unchecked(instance->context, (const wasmtime_func_t *)function->handle,
                                       (wasmtime_val_raw_t *)values, value_count, &call.ended);
  call.instance->depth--;
  if (UNLIKELY(((uintptr_t)error | (uintptr_t)call.ended) != 0)) {
    return trapped(call.instance, call.ended, error, call.trap);
  }
  return true;
}

/* A call with a deadline of its own from within a host function: it ends at the earlier one of both, and then the outer
 * call's holds again. */
__attribute__((noinline)) static bool
enter_nested(struct pw_engine_instance *instance, const pw_function *function, pw_value *values, size_t value_count,
             uint32_t deadline_ms, struct pw_trap *trap)
{
  struct pw_deadline outer = instance->deadline;
  uint64_t           now   = pw_ticker_now(instance->ticker);
  uint64_t           end   = now + pw_ticker_ticks(deadline_ms);
  bool               returned;

  instance->deadline.end = end < outer.end ? end : outer.end;
  arm(instance, now, instance->deadline.end);
  returned = enter(instance, function, values, value_count, trap);
  if (outer.end == UINT64_MAX) {
    wasmtime_context_set_epoch_deadline(instance->context, NO_DEADLINE);
  } else {
    arm(instance, pw_ticker_now(instance->ticker), outer.end);
  }
  instance->deadline        = outer;
  instance->deadline.set_at = UINT64_MAX;
  return returned;
}

/* A call for which something is to be done before: from within a host function, or under another deadline. */
__attribute__((noinline)) static bool
enter_otherwise(struct pw_engine_instance *instance, const pw_function *function, pw_value *values, size_t value_count,
                uint32_t deadline_ms, struct pw_trap *trap)
{
  if (instance->depth == 0) {
    pw_wasmtime_deadline_set(instance, deadline_ms);
  } else if (deadline_ms != 0) {
    return enter_nested(instance, function, values, value_count, deadline_ms, trap);
  }
  return enter(instance, function, values, value_count, trap);
}

bool
pw_wasmtime_call(struct pw_engine_instance *instance, const pw_function *function, pw_value *values, size_t value_count,
                 uint32_t deadline_ms, struct pw_trap *trap)
{
  if (LIKELY(instance->depth == 0 && has_deadline(instance, deadline_ms))) {
    return enter(instance, function, values, value_count, trap);
  }
  return enter_otherwise(instance, function, values, value_count, deadline_ms, trap);
}
