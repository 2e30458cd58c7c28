/* SPDX-License-Identifier: Apache-2.0 */
/* Calls into a module: the path that every callback takes. Calls out of it are in wasm-rt.h. */
#include "internal.h"

/* The call that this thread is in: a trap knows no more. In the thread's own block, where it is at a fixed place. */
static _Thread_local struct pw_wasm2c_frame *running __attribute__((tls_model("initial-exec")));

struct pw_wasm2c_frame *
pw_wasm2c_running(void)
{
  return running;
}

void
pw_wasm2c_leave(struct pw_wasm2c_frame *frame)
{
  __builtin_longjmp(frame->jump, 1);
}

/* ---- deadlines ---- */

__attribute__((noinline)) static void
set_deadline(struct pw_engine_instance *instance, uint64_t now, uint32_t deadline_ms)
{
  instance->deadline.milliseconds = deadline_ms;
  instance->deadline.set_at       = now;
  instance->deadline.end          = deadline_ms == 0 ? PW_WASM2C_NO_DEADLINE : now + pw_ticker_ticks(deadline_ms);
  instance->state->deadline       = instance->deadline.end;
  if (deadline_ms > 0) {
    pw_ticker_keep(instance->ticker, instance->deadline.end);
  }
}

/* Of an outermost call. The same one within the same tick ends at the same tick: the code has it already. */
static inline void
refresh_deadline(struct pw_engine_instance *instance, uint32_t deadline_ms)
{
  const struct pw_deadline *deadline = &instance->deadline;
  uint64_t                  now      = pw_ticker_now(instance->ticker);

  if (UNLIKELY(deadline->set_at != now || deadline->milliseconds != deadline_ms)) {
    set_deadline(instance, now, deadline_ms);
  }
}

/* ---- calls ---- */

/* What is needed after a jump back is in `frame`: registers are not what they were. */
__attribute__((noinline)) static bool
enter(struct pw_wasm2c_frame *frame, pw_wasm2c_call call, void *instance, union pw_wasm2c_value *values)
{
  frame->outer = running;
  running      = frame;
  if (__builtin_setjmp(frame->jump) == 0) {
    call(instance, values);
    running = running->outer;
    return true;
  }
  running = running->outer;
  return false;
}

static inline bool
enter_outermost(struct pw_wasm2c_frame *frame, pw_wasm2c_call call, union pw_wasm2c_value *values, uint32_t deadline_ms)
{
  struct pw_engine_instance *instance = frame->instance;
  uintptr_t                  here     = (uintptr_t)__builtin_frame_address(0);
  bool                       returned;

  refresh_deadline(instance, deadline_ms);
  instance->state->stack_end = here > instance->stack_bytes ? here - instance->stack_bytes : 0;
  instance->depth++;
  returned = enter(frame, call, instance->state + 1, values);
  instance->depth--;
  return returned;
}

/* Within a host function: the stack goes on, and with a deadline of its own it ends at the earlier one of both. */
__attribute__((noinline)) static bool
enter_nested(struct pw_wasm2c_frame *frame, pw_wasm2c_call call, union pw_wasm2c_value *values, uint32_t deadline_ms)
{
  struct pw_engine_instance *instance = frame->instance;
  struct pw_deadline         outer    = instance->deadline;
  bool                       returned;

  if (deadline_ms > 0) {
    set_deadline(instance, pw_ticker_now(instance->ticker), deadline_ms);
    instance->state->deadline = outer.end < instance->deadline.end ? outer.end : instance->deadline.end;
    instance->deadline.end    = instance->state->deadline;
  }
  instance->depth++;
  returned = enter(frame, call, instance->state + 1, values);
  instance->depth--;
  instance->deadline        = outer;
  instance->state->deadline = outer.end;
  return returned;
}

bool
pw_wasm2c_call_in(struct pw_engine_instance *instance, const pw_function *function, pw_value *values,
                  size_t value_count, uint32_t deadline_ms, struct pw_trap *trap)
{
  struct pw_wasm2c_frame frame;
  pw_wasm2c_call         call;

  (void)value_count;
  frame.instance = instance;
  frame.trap     = trap;
  memcpy(&call, function->handle, sizeof call);
  if (LIKELY(instance->depth == 0)) {
    return enter_outermost(&frame, call, (union pw_wasm2c_value *)values, deadline_ms);
  }
  return enter_nested(&frame, call, (union pw_wasm2c_value *)values, deadline_ms);
}

/* The code's own start has no values. */
static void
start(void *code, union pw_wasm2c_value *values)
{
  (void)values;
  running->instance->linked->module->opened.object->start(code);
}

bool
pw_wasm2c_start(struct pw_engine_instance *instance, uint32_t deadline_ms, struct pw_trap *trap)
{
  struct pw_wasm2c_frame frame = {.instance = instance, .trap = trap};

  return enter_outermost(&frame, start, NULL, deadline_ms);
}
