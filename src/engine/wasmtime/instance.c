/* SPDX-License-Identifier: Apache-2.0 */
/* Instances: a Wasmtime store each, with its memory. */
#include "common/tables.h"
#include "internal.h"

#include <stdlib.h>

static int64_t
limit(uint64_t most)
{
  return most == 0 || most > INT64_MAX ? -1 : (int64_t)most;
}

static void
set_limits(struct pw_engine_instance *instance, const struct pw_instance_options *options)
{
  uint32_t count = instance->linked->table_count;
  int64_t  share = -1;

  /* A share may be 0, and is a limit nevertheless. */
  if (options->table_elements != 0) {
    share = pw_table_share(options->table_elements, count);
  }
  wasmtime_store_limiter(instance->store, limit(options->memory_bytes), share, -1, count, -1);
}

static void
find_memory(struct pw_engine_instance *instance)
{
  static const char name[] = "memory";
  wasmtime_extern_t item;

  if (!wasmtime_instance_export_get(instance->context, &instance->instance, name, sizeof name - 1, &item)) {
    return;
  }
  if (item.kind == WASMTIME_EXTERN_MEMORY) {
    instance->exported_memory = item.of.memory;
    instance->memory.base     = wasmtime_memory_data(instance->context, &item.of.memory);
    instance->has_memory      = true;
    pw_wasmtime_memory_refresh(instance);
  }
  wasmtime_extern_delete(&item);
}

/* Wasmtime has no code for it: a limit shows in the text alone. */
static void
set_start_error(wasmtime_error_t *failure, struct pw_error *error)
{
  struct pw_error text = {.code = PW_ERROR_NONE};

  pw_wasmtime_error_take(failure, &text, PW_ERROR_START, "wasmtime cannot start the module");
  pw_error_set(error,
               strstr(text.message, "exceeds") && strstr(text.message, "limit") ? PW_ERROR_LIMIT : PW_ERROR_START, "%s",
               text.message);
}

static bool
instantiate(struct pw_engine_instance *instance, struct pw_error *error)
{
  wasm_trap_t      *trap = NULL;
  wasmtime_error_t *failure;
  wasm_frame_vec_t  frames = WASM_EMPTY_VEC;
  bool              ran    = true;
  struct pw_trap    end;

  pw_wasmtime_starts(instance);
  instance->depth++;
  failure = wasmtime_instance_pre_instantiate(instance->linked->pre, instance->context, &instance->instance, &trap);
  instance->depth--;
  if (!failure && !trap) {
    find_memory(instance);
    return true;
  }
  /* An error with frames, or with a message of ours, comes from the start section: there wasm has run. */
  if (failure) {
    wasmtime_error_wasm_trace(failure, &frames);
    ran = frames.size > 0 || instance->host_message;
    wasm_frame_vec_delete(&frames);
  }
  if (failure && !ran) {
    set_start_error(failure, error);
    return false;
  }
  pw_wasmtime_trap_take(instance, trap, failure, &end);
  return pw_error_set(error, PW_ERROR_TRAP, "in the start section: %s\n%s", end.message, end.backtrace);
}

struct pw_engine_instance *
pw_wasmtime_instance_new(struct pw_linked_module *linked, const struct pw_instance_options *options,
                         uint32_t deadline_ms, struct pw_error *error)
{
  struct pw_engine_instance *instance = calloc(1, sizeof *instance);

  if (instance) {
    instance->store = wasmtime_store_new(linked->engine->engine, instance, NULL);
  }
  if (!instance || !instance->store) {
    free(instance);
    pw_error_set(error, PW_ERROR_MEMORY, "instance");
    return NULL;
  }
  instance->context   = wasmtime_store_context(instance->store);
  instance->host_data = options->host_data;
  instance->ticker    = linked->engine->ticker;
  instance->linked    = pw_wasmtime_linked_retain(linked);
  set_limits(instance, options);
  /* So that this call is not taken for the one that is in force. */
  instance->deadline.set_at = UINT64_MAX;
  pw_wasmtime_deadline_set(instance, deadline_ms);
  if (!instantiate(instance, error)) {
    pw_wasmtime_instance_delete(instance);
    return NULL;
  }
  return instance;
}

void
pw_wasmtime_instance_delete(struct pw_engine_instance *instance)
{
  if (!instance) {
    return;
  }
  wasmtime_store_delete(instance->store);
  free(instance->globals);
  pw_wasmtime_linked_release(instance->linked);
  free(instance);
}

bool
pw_wasmtime_function_find(struct pw_engine_instance *instance, const char *name, pw_function *function)
{
  wasmtime_extern_t item;
  bool              found;

  if (!wasmtime_instance_export_get(instance->context, &instance->instance, name, strlen(name), &item)) {
    return false;
  }
  found = item.kind == WASMTIME_EXTERN_FUNC;
  if (found) {
    memset(function, 0, sizeof *function);
    memcpy(function->handle, &item.of.func, sizeof item.of.func);
  }
  wasmtime_extern_delete(&item);
  return found;
}

struct pw_memory *
pw_wasmtime_memory(struct pw_engine_instance *instance)
{
  return instance->has_memory ? &instance->memory : NULL;
}

void
pw_wasmtime_memory_refresh(struct pw_engine_instance *instance)
{
  if (instance->has_memory) {
    instance->memory.size = wasmtime_memory_data_size(instance->context, &instance->exported_memory);
  }
}
