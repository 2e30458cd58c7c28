/* SPDX-License-Identifier: Apache-2.0 */
/* Calls into a module and out of it: the path that every callback and hostcall takes. */
#include "internal.h"

#define LIKELY(condition)   __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* Beyond any epoch, and no overflow when the epoch is added. */
#define NO_DEADLINE ((uint64_t)INT64_MAX)

wasm_trap_t *
pw_wasmtime_trampoline(void *environment, wasmtime_caller_t *caller, wasmtime_val_raw_t *values, size_t count)
{
  const struct pw_wasmtime_import *import   = environment;
  struct pw_engine_instance       *instance = wasmtime_context_get_data(wasmtime_caller_context(caller));
  const char                      *message;

  (void)count;
  message = import->function(instance->host_data, import->data, (pw_value *)values);
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

static inline void
refresh_deadline(struct pw_engine_instance *instance, uint32_t deadline_ms)
{
  const struct pw_deadline *deadline = &instance->deadline;
  uint64_t                  now;

  if (deadline_ms == 0) {
    if (UNLIKELY(deadline->end != UINT64_MAX)) {
      set_deadline(instance, 0, 0);
    }
    return;
  }
  /* The same deadline within the same tick ends at the same tick: the store has it already. */
  now = pw_ticker_now(instance->ticker);
  if (UNLIKELY(deadline->set_at != now || deadline->milliseconds != deadline_ms)) {
    set_deadline(instance, now, deadline_ms);
  }
}

void
pw_wasmtime_deadline_set(struct pw_engine_instance *instance, uint32_t deadline_ms)
{
  refresh_deadline(instance, deadline_ms);
}

static inline bool
enter(struct pw_engine_instance *instance, const pw_function *function, pw_value *values, size_t value_count,
      struct pw_trap *trap)
{
  wasm_trap_t      *ended = NULL;
  wasmtime_error_t *error;
  wasmtime_func_t   callee;

  memcpy(&callee, function->handle, sizeof callee);
  instance->depth++;
  error = wasmtime_func_call_unchecked(instance->context, &callee, (wasmtime_val_raw_t *)values, value_count, &ended);
  instance->depth--;
  if (LIKELY(!error && !ended)) {
    return true;
  }
  pw_wasmtime_trap_take(instance, ended, error, trap);
  return false;
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

bool
pw_wasmtime_call(struct pw_engine_instance *instance, const pw_function *function, pw_value *values, size_t value_count,
                 uint32_t deadline_ms, struct pw_trap *trap)
{
  if (LIKELY(instance->depth == 0)) {
    refresh_deadline(instance, deadline_ms);
  } else if (deadline_ms != 0) {
    return enter_nested(instance, function, values, value_count, deadline_ms, trap);
  }
  return enter(instance, function, values, value_count, trap);
}
