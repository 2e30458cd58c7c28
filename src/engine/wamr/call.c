/* SPDX-License-Identifier: Apache-2.0 */
/* Calls into a module and out of it: the path that every callback and hostcall takes. */
#include "internal.h"
#include "interpreter.h"

#define LIKELY(condition)   __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* Any text: the instance says what it was. */
static void
end_with(WASMExecEnv *environment, const char *text)
{
  wasm_set_exception((WASMModuleInstance *)environment->module_inst, text);
}

bool
pw_wamr_end_call(WASMExecEnv *environment)
{
  struct pw_engine_instance *instance = environment->user_data;

  instance->timed_out = true;
  end_with(environment, "deadline");
  return true;
}

static inline uint64_t
wide_value(const uint32_t *cells)
{
  return cells[0] | (uint64_t)cells[1] << 32;
}

/* Nearly all functions of the ABI have no parameter of 64 bits. */
static inline void
cells_to_values(const struct pw_wamr_layout *layout, const uint32_t *cells, pw_value *values)
{
  uint32_t wide = layout->wide;

  if (LIKELY(wide == 0)) {
    for (uint32_t i = 0; i < layout->parameter_count; i++) {
      values[i].u64 = cells[i];
    }
    return;
  }
  for (uint32_t i = 0; i < layout->parameter_count; i++, wide >>= 1) {
    values[i].u64 = wide & 1 ? wide_value(cells) : cells[0];
    cells += 1 + (wide & 1);
  }
}

/* Answers how many cells there are. */
static inline uint32_t
values_to_cells(const struct pw_wamr_layout *layout, const pw_value *values, uint32_t *cells)
{
  uint32_t wide  = layout->wide;
  uint32_t count = 0;

  if (LIKELY(wide == 0)) {
    for (uint32_t i = 0; i < layout->parameter_count; i++) {
      cells[i] = values[i].u32;
    }
    return layout->parameter_count;
  }
  for (uint32_t i = 0; i < layout->parameter_count; i++, wide >>= 1) {
    cells[count++] = values[i].u32;
    if (wide & 1) {
      cells[count++] = (uint32_t)(values[i].u64 >> 32);
    }
  }
  return count;
}

bool
pw_wamr_call_out(WASMExecEnv *environment, void *attachment, uint32 *cells, uint32 *result)
{
  struct pw_engine_instance   *instance = environment->user_data;
  const struct pw_wamr_import *import   = &instance->imports[(uintptr_t)attachment];
  pw_value                     values[PW_MAX_PARAMETERS];
  const char                  *message;

  cells_to_values(&import->layout, cells, values);
  message = import->function(instance->host_data, import->data, values);
  if (UNLIKELY(message)) {
    instance->host_message = message;
    end_with(environment, "host");
    return false;
  }
  if (import->layout.result_cells > 0) {
    result[0] = values[0].u32;
    result[1] = (uint32_t)(values[0].u64 >> 32);
  }
  return true;
}

/* The deadline of an outermost call. */
static inline void
set_deadline(struct pw_engine_instance *instance, uint32_t deadline_ms)
{
  if (deadline_ms == 0) {
    instance->deadline = PW_WAMR_NO_DEADLINE;
  } else {
    instance->deadline = pw_ticker_now(instance->ticker) + pw_ticker_ticks(deadline_ms);
    pw_ticker_keep(instance->ticker, instance->deadline);
  }
}

static inline bool
enter(struct pw_engine_instance *instance, WASMFunctionInstance *function, uint32_t *cells, uint32_t cell_count,
      uint32_t deadline_ms, struct pw_trap *trap)
{
  uint64_t outer = instance->deadline;
  bool     returned;

  if (LIKELY(instance->depth == 0)) {
    set_deadline(instance, deadline_ms);
  } else if (deadline_ms != 0) {
    /* It ends at the earlier one of both, and then the outer call's holds again. */
    set_deadline(instance, deadline_ms);
    instance->deadline = outer < instance->deadline ? outer : instance->deadline;
  }
  instance->depth++;
  returned = wasm_call_function(instance->environment, function, cell_count, cells);
  instance->depth--;
  if (UNLIKELY(instance->depth > 0)) {
    instance->deadline = outer;
  }
  if (UNLIKELY(!returned)) {
    pw_wamr_trap_take(instance, trap);
  }
  return returned;
}

bool
pw_wamr_call(struct pw_engine_instance *instance, const pw_function *function, pw_value *values, size_t value_count,
             uint32_t deadline_ms, struct pw_trap *trap)
{
  struct pw_wamr_layout layout;
  uint32_t              cells[2 * PW_MAX_PARAMETERS];
  uint32_t              count;

  (void)value_count;
  memcpy(&layout, function->handle, sizeof layout);
  count = values_to_cells(&layout, values, cells);
  if (UNLIKELY(!enter(instance, function->pointer, cells, count, deadline_ms, trap))) {
    return false;
  }
  if (layout.result_cells > 0) {
    values[0].u64 = layout.result_cells > 1 ? wide_value(cells) : cells[0];
  }
  return true;
}

bool
pw_wamr_run(struct pw_engine_instance *instance, WASMFunctionInstance *function, uint32_t deadline_ms,
            struct pw_trap *trap)
{
  uint32_t cells[2] = {0};

  return enter(instance, function, cells, 0, deadline_ms, trap);
}
