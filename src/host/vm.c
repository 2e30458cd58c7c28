/* SPDX-License-Identifier: Apache-2.0 */
/* One instance of a module: how it starts, is called, and dies. */
#include "host/code.h"
#include "host/internal.h"
#include "host/vm_path.h"

#include <stdio.h>
#include <stdlib.h>

#define PW_PAGE_BYTES UINT64_C(65536)

bool
pw_vm_trap_error(const struct pw_vm *vm, const char *where, struct pw_error *error)
{
  /* The backtrace ends its last line itself; a message does not. */
  int length = (int)strlen(vm->trap.backtrace);

  length -= length > 0;
  return pw_error_set(error, PW_ERROR_TRAP, "the module trapped in %s: %s%s%.*s", where, vm->trap.message,
                      length > 0 ? "\n" : "", length, vm->trap.backtrace);
}

static void
vm_log_death(const struct pw_vm *vm, const struct pw_plugin *plugin, const char *where)
{
  const struct pw_trap *trap = &vm->trap;

  pw_host_log(vm->host, plugin, PW_LOG_ERROR,
              "the module trapped in %s: %s\n%sits VM is discarded; a new one is made for the next stream", where,
              trap->message, trap->backtrace);
}

typedef bool (*vm_context_test)(const struct pw_context *context);

static bool
context_is_detached(const struct pw_context *context)
{
  return context->stream != NULL && context->detached;
}

static bool
context_is_serving_root(const struct pw_context *context)
{
  return context->stream == NULL && context->instance->root == context->root;
}

/* Any context that the test finds; asked anew each time, since what is done with it changes the map. */
static struct pw_context *
vm_find_context(const struct pw_vm *vm, vm_context_test test)
{
  struct pw_context *context;
  size_t             cursor = 0;
  uint32_t           id;

  while ((context = (struct pw_context *)pw_id_map_next(&vm->contexts, &cursor, &id)) != NULL) {
    if (test(context)) {
      return context;
    }
  }
  return NULL;
}

/* Every context of a dead VM is told, once no call is under way: streams that wait for it go on or fail. */
static void
vm_tell_contexts(struct pw_vm *vm)
{
  struct pw_context *context;
  size_t             cursor = 0;
  uint32_t           id;

  while ((context = (struct pw_context *)pw_id_map_next(&vm->contexts, &cursor, &id)) != NULL) {
    if (context->stream != NULL && !context->detached) {
      pw_stream_context_died(context->stream, context);
    }
  }
  while ((context = vm_find_context(vm, context_is_detached)) != NULL) {
    pw_stream_context_gone(context->stream, context);
  }
  while ((context = vm_find_context(vm, context_is_serving_root)) != NULL) {
    pw_instance_trapped(context->instance, context->root);
  }
}

static void
vm_unlist(struct pw_vm *vm)
{
  struct pw_vm **link = &vm->worker->vms;

  while (*link != NULL && *link != vm) {
    link = &(*link)->next;
  }
  if (*link == vm) {
    *link = vm->next;
  }
}

void
pw_vm_bury(struct pw_vm *vm)
{
  vm_unlist(vm);
  /* The code, the memory and the tables of the instance go now; the contexts stay until their streams end. */
  vm->engine->instance_delete(vm->instance);
  vm->instance = NULL;
  vm->memory   = NULL;
  vm->finished = NULL;
  ++vm->references;
  vm_tell_contexts(vm);
  pw_vm_release(vm);
}

uint64_t
pw_worker_run_end(const struct pw_worker *worker)
{
  const struct pw_host *host = worker->host;

  return host->proxy->wake != NULL ? host->proxy->time_monotonic(host->proxy_data) + PW_RUN_NANOSECONDS : UINT64_MAX;
}

/* What has not been done in time is left to the next run, which is asked for. A VM of one stream has no more than that
 * and a root. */
static bool
settles_later(const struct pw_vm *vm, uint64_t end)
{
  struct pw_worker *worker = vm->worker;

  if (end == UINT64_MAX || vm->plugin->config.vm_per_stream ||
      worker->host->proxy->time_monotonic(worker->host->proxy_data) < end) {
    return false;
  }
  worker->host->proxy->wake(worker->data);
  return true;
}

/* After the outermost call: what could not be done while the module was running. The callbacks that this makes do not
 * settle again: a module that is done with a thousand contexts at once must not nest as many calls on our stack, and a
 * trap must not take a context away from whoever is finishing it. */
static void
vm_settle(struct pw_vm *vm)
{
  uint64_t end;

  if (vm->settling) {
    return;
  }
  /* The last context may go meanwhile. */
  ++vm->references;
  vm->settling = true;
  end          = vm->finished != NULL ? pw_worker_run_end(vm->worker) : 0;
  while (vm->finished != NULL && !pw_vm_is_dead(vm) && !settles_later(vm, end)) {
    struct pw_context *context = vm->finished;

    vm->finished           = context->next_finished;
    context->next_finished = NULL;
    context->finishing     = false;
    pw_context_finish(context);
  }
  vm->settling = false;
  if (pw_vm_is_dead(vm) && vm->instance != NULL) {
    pw_vm_bury(vm);
  }
  if (vm->finished == NULL) {
    vm->state &= (uint8_t)~PW_VM_UNSETTLED;
  }
  pw_vm_release(vm);
}

static struct pw_vm *
vm_to_settle(const struct pw_worker *worker)
{
  struct pw_vm *vm = worker->vms;

  while (vm != NULL && (vm->finished == NULL || (vm->state & PW_VM_RUNNING) != 0)) {
    vm = vm->next;
  }
  return vm;
}

void
pw_worker_settle(struct pw_worker *worker)
{
  struct pw_vm *vm;
  bool          left = false;

  /* One that is not done in time has asked for another run. */
  while (!left && (vm = vm_to_settle(worker)) != NULL) {
    ++vm->references;
    vm_settle(vm);
    left = vm->finished != NULL && !pw_vm_is_dead(vm);
    pw_vm_release(vm);
  }
}

/* A stream's VM: who asks for counts has its factory only. Here, as the stream's instance may be gone when the VM is
 * buried. Both are of one worker, so that nobody else counts or reads meanwhile. */
static void
count_in_factory(const struct pw_instance *instance)
{
  if (instance->factory != NULL) {
    ++instance->factory->stream_traps;
  }
}

/* In a call that was made for `context`, whose plugin is one of those that share the VM. */
static void
vm_trapped(struct pw_vm *vm, const struct pw_context *context, const struct pw_trap *trap, const char *where)
{
  if (!pw_vm_is_dead(vm)) {
    vm->state |= PW_VM_DEAD;
    vm->trap = *trap;
    /* A VM that has never served is reported by whoever starts it. */
    if (vm->started) {
      vm_log_death(vm, context->instance->plugin, where);
      count_in_factory(context->instance);
    }
  }
}

/* A call of a VM that may run already: for whom it runs then, it goes on running. */
static bool
vm_run(struct pw_vm *vm, struct pw_context *context, const pw_function *function, pw_value *values, size_t count,
       uint32_t deadline_ms)
{
  bool               is_nested = (vm->state & PW_VM_RUNNING) != 0;
  struct pw_context *outer     = vm->effective;
  bool               ok;

  vm->state |= PW_VM_RUNNING;
  ok            = pw_vm_run(vm, context, function, values, count, deadline_ms);
  vm->effective = outer;
  if (!is_nested) {
    vm->state &= (uint8_t)~PW_VM_RUNNING;
  }
  return ok;
}

static bool
vm_enter(struct pw_vm *vm, struct pw_context *context, const pw_function *function, const char *name, pw_value *values,
         size_t count, uint32_t deadline_ms)
{
  const struct pw_trace_ops *trace = vm->host->trace;
  bool                       ok;

  if (trace != NULL) {
    trace->callback_begin(vm->host->trace_data, context->instance, name, values, count);
  }
  ok = vm_run(vm, context, function, values, count > 0 ? count : 1, deadline_ms);
  if (!ok) {
    vm_trapped(vm, context, vm->told, name);
  }
  if (trace != NULL) {
    trace->callback_end(vm->host->trace_data, context->instance, name, ok ? values : NULL, ok ? NULL : vm->told);
  }
  return ok;
}

/* A call that somebody wants to know of: a trace, or who counts the times of the plugin's callbacks. */
static bool
vm_watch(struct pw_vm *vm, struct pw_context *context, enum pw_callback callback, pw_value *values, size_t count,
         uint32_t deadline_ms)
{
  const struct pw_proxy_ops *proxy = vm->host->proxy;
  struct pw_callback_times  *times = context->instance->plugin->times;
  uint64_t                   begin = times != NULL ? proxy->time_monotonic(vm->host->proxy_data) : 0;
  bool ok = vm_enter(vm, context, &vm->callbacks[callback], pw_callback_name(callback), values, count, deadline_ms);

  if (times != NULL) {
    pw_callback_times_add(times, vm->worker->number, proxy->time_monotonic(vm->host->proxy_data) - begin);
  }
  return ok;
}

/* After a call: the trap, if it was one, and what waited for the end of the outermost call. */
static bool
vm_ended(struct pw_vm *vm, const struct pw_context *context, enum pw_callback callback, bool ok)
{
  if (!ok) {
    vm_trapped(vm, context, vm->told, pw_callback_name(callback));
  }
  if ((vm->state & PW_VM_RUNNING) == 0 && (vm->state & (PW_VM_DEAD | PW_VM_UNSETTLED)) != 0) {
    vm_settle(vm);
  }
  return ok;
}

bool
pw_vm_call_ended(struct pw_vm *vm, const struct pw_context *context, enum pw_callback callback, bool ok)
{
  vm->state &= (uint8_t)~PW_VM_RUNNING;
  return vm_ended(vm, context, callback, ok);
}

bool
pw_vm_call_otherwise(struct pw_vm *vm, struct pw_context *context, enum pw_callback callback, pw_value *values,
                     size_t count, uint32_t deadline_ms)
{
  bool ok;

  if (pw_vm_is_dead(vm)) {
    return false;
  }
  ok = (vm->state & PW_VM_WATCHED) != 0 ? vm_watch(vm, context, callback, values, count, deadline_ms)
                                        : vm_run(vm, context, &vm->callbacks[callback], values, count, deadline_ms);
  return vm_ended(vm, context, callback, ok);
}

uint32_t
pw_vm_allocate(struct pw_vm *vm, uint32_t size)
{
  pw_value value;
  bool     ok;

  if (vm->plugin->allocator == NULL || vm->instance == NULL || pw_vm_is_dead(vm) || vm->allocating) {
    return 0;
  }
  value.u64      = 0;
  value.u32      = size;
  vm->allocating = true;
  /* No deadline of its own: it spends what the callback under way has left. */
  ok             = vm->call(vm->instance, &vm->allocator, &value, 1, 0, vm->told);
  vm->allocating = false;
  if (PW_UNLIKELY(!ok)) {
    vm_trapped(vm, vm->effective, vm->told, vm->plugin->allocator);
    return 0;
  }
  return value.u32;
}

/* Ids of contexts come again: then those that are still in use are passed over. */
uint32_t
pw_vm_reuse_id(struct pw_vm *vm)
{
  uint32_t id;

  do {
    id = (uint32_t)vm->next_context_id++;
  } while (id == 0 || pw_id_map_get(&vm->contexts, id) != NULL);
  return id;
}

void
pw_vm_forget_context(struct pw_vm *vm, struct pw_context *context)
{
  pw_id_map_remove(&vm->contexts, context->id);
  context->id = 0; /* which nobody has: its number may be given to another one now */
}

/* ----------------------------------------------------------------------------------------------------------- start */

static bool
vm_find_functions(struct pw_vm *vm, struct pw_error *error)
{
  const struct pw_plugin *plugin = vm->plugin;
  int                     callback;

  for (callback = 0; callback < PW_CALLBACK_COUNT; ++callback) {
    const char *name = pw_callback_name((enum pw_callback)callback);

    /* Those that this plugin switched off as well: another one that shares the VM may want them. */
    if ((plugin->exported & 1u << callback) != 0 &&
        !vm->engine->function_find(vm->instance, name, &vm->callbacks[callback]) &&
        !(callback == PW_CALLBACK_GRPC_RECEIVE_TRAILING_METADATA &&
          vm->engine->function_find(vm->instance, PW_GRPC_TRAILING_METADATA_ALIAS, &vm->callbacks[callback]))) {
      return pw_error_set(error, PW_ERROR_ENGINE, "the engine does not find the module's export '%s'", name);
    }
  }
  if (plugin->allocator != NULL && !vm->engine->function_find(vm->instance, plugin->allocator, &vm->allocator)) {
    return pw_error_set(error, PW_ERROR_ENGINE, "the engine does not find the module's export '%s'", plugin->allocator);
  }
  return true;
}

/* "_initialize", then "main" if there is one; else "_start" (ABI text, section "Integration"). */
static bool
vm_run_start_functions(struct pw_vm *vm, struct pw_root *root, struct pw_error *error)
{
  static const struct {
    const char *name;
    size_t      count;
  } functions[]      = {{"_initialize", 0}, {"main", 2}, {"__main_void", 0}, {"_start", 0}};
  bool   initialized = false;
  bool   main_ran    = false;
  size_t i;

  for (i = 0; i < sizeof(functions) / sizeof(functions[0]); ++i) {
    const char *name               = functions[i].name;
    const struct pw_extern *export = pw_module_export(pw_plugin_module(vm->plugin), name);
    pw_value    values[2];
    pw_function function;
    bool        ok;

    if (export == NULL || export->kind != PW_EXTERN_FUNCTION || !export->type_known ||
        export->type.parameter_count != functions[i].count) {
      continue;
    }
    if ((i == 3 && initialized) || ((i == 1 || i == 2) && (!initialized || main_ran))) {
      continue;
    }
    if (!vm->engine->function_find(vm->instance, name, &function)) {
      continue;
    }
    memset(values, 0, sizeof(values));
    ok = vm_enter(vm, &root->context, &function, name, values, functions[i].count,
                  vm->plugin->config.limits.start_milliseconds);
    if (!ok) {
      return pw_vm_trap_error(vm, name, error);
    }
    initialized = initialized || i == 0;
    main_ran    = main_ran || i == 1;
  }
  return true;
}

/* Of a VM whose instance is being made: nothing of it may be touched. */
static struct pw_memory no_memory;

/* An engine would say so as well, but not which key it is. */
static bool
check_memory_limit(const struct pw_plugin *plugin, struct pw_error *error)
{
  uint64_t most  = plugin->config.limits.memory_bytes;
  uint64_t pages = plugin->code->info->has_memory ? plugin->code->info->memory_minimum : 0;

  return pages <= most / PW_PAGE_BYTES ||
         pw_error_set(error, PW_ERROR_LIMIT, "the module begins with %lluKiB of memory, and limits.memory is %lluKiB",
                      (unsigned long long)(pages * (PW_PAGE_BYTES / 1024)), (unsigned long long)(most / 1024));
}

static bool
vm_instantiate(struct pw_vm *vm, struct pw_error *error)
{
  const struct pw_limits    *limits = &vm->plugin->config.limits;
  struct pw_instance_options options;

  if (!check_memory_limit(vm->plugin, error)) {
    return false;
  }
  memset(&options, 0, sizeof(options));
  options.host_data      = vm;
  options.memory_bytes   = limits->memory_bytes;
  options.table_elements = PW_TABLE_ELEMENTS;
  options.worker         = vm->worker;
  vm->instance           = vm->engine->instance_new(vm->plugin->linked, &options, limits->start_milliseconds, error);
  if (vm->instance == NULL) {
    return false;
  }
  vm->memory = vm->engine->memory(vm->instance);
  if (vm->memory == NULL) {
    return pw_error_set(error, PW_ERROR_MODULE, "the module exports no memory named 'memory'");
  }
  return vm_find_functions(vm, error);
}

/* What the start functions came to in another VM of this module. */
static bool
vm_apply_image(struct pw_vm *vm, struct pw_engine_image *image, struct pw_error *error)
{
  return vm->engine->image_apply(vm->instance, image) ||
         pw_error_set(error, PW_ERROR_MEMORY, "out of memory for the image of a VM");
}

struct pw_vm *
pw_vm_new(struct pw_worker *worker, struct pw_plugin *plugin, struct pw_root *root, struct pw_engine_image *image,
          struct pw_error *error)
{
  struct pw_vm *vm = (struct pw_vm *)calloc(1, sizeof(*vm));

  if (vm == NULL) {
    pw_error_set(error, PW_ERROR_MEMORY, "out of memory for a VM");
    return NULL;
  }
  vm->worker          = worker;
  vm->host            = worker->host;
  vm->plugin          = pw_plugin_retain(plugin);
  vm->engine          = pw_plugin_engine(plugin);
  vm->call            = vm->engine->call;
  vm->told            = &worker->trap;
  vm->next_context_id = 1;
  vm->references      = 1;
  vm->state           = vm->host->trace != NULL || plugin->times != NULL ? PW_VM_WATCHED : 0;
  /* Logs of the start functions are those of the root that is about to be made. */
  root->context.vm = vm;
  /* The wasm start section calls hostcalls before there is an instance: they act for the root, on no memory. */
  vm->effective = &root->context;
  vm->memory    = &no_memory;
  if (!vm_instantiate(vm, error) ||
      !(image != NULL ? vm_apply_image(vm, image, error) : vm_run_start_functions(vm, root, error))) {
    root->context.vm = NULL;
    vm->state |= PW_VM_DEAD;
    pw_vm_release(vm);
    return NULL;
  }
  root->context.vm = NULL;
  return vm;
}

void
pw_vm_delete(struct pw_vm *vm)
{
  if ((vm->state & PW_VM_RUNNING) != 0) {
    vm->state |= PW_VM_UNSETTLED;
    return;
  }
  vm_unlist(vm);
  if (vm->instance != NULL) {
    vm->engine->instance_delete(vm->instance);
  }
  pw_id_map_clear(&vm->contexts);
  pw_plugin_release(vm->plugin);
  free(vm);
}
