/* SPDX-License-Identifier: Apache-2.0 */
/* Instances: made with a memory and tables of the host's, within their limits. */
#include "common/tables.h"
#include "isolate.h"

#include <cstdio>
#include <new>

#include <sys/mman.h>

/* What WebAssembly, and V8, allow at most. */
static const uint32_t most_pages          = 65536;
static const uint32_t most_table_elements = 10000000;
/* Tables are on V8's heap. Without a limit, more than so many share what this number might have. */
static const uint32_t tables_at_limit = 8;

static uint32_t
least(uint64_t a, uint64_t b)
{
  return (uint32_t)(a < b ? a : b);
}

/* { initial, maximum } */
static v8::Local<v8::Object>
describe_limits(v8::Local<v8::Context> context, uint32_t minimum, uint32_t maximum)
{
  v8::Isolate          *isolate = context->GetIsolate();
  v8::Local<v8::Object> limits  = v8::Object::New(isolate);

  limits->Set(context, pw_v8_string(isolate, "initial"), v8::Integer::NewFromUnsigned(isolate, minimum)).Check();
  limits->Set(context, pw_v8_string(isolate, "maximum"), v8::Integer::NewFromUnsigned(isolate, maximum)).Check();
  return limits;
}

static bool
make(v8::Local<v8::Context> context, v8::Local<v8::Function> constructor, v8::Local<v8::Object> limits,
     v8::Local<v8::Object> *made, struct pw_error *error)
{
  v8::Isolate *isolate = context->GetIsolate();
  /* A table's elements are null, as in wasm, and not undefined. */
  v8::Local<v8::Value> arguments[2] = {limits, v8::Null(isolate)};
  v8::TryCatch         caught(isolate);
  char                 text[512];

  if (constructor->NewInstance(context, 2, arguments).ToLocal(made)) {
    return true;
  }
  pw_v8_exception_text(isolate, caught, text, sizeof text);
  return pw_error_set(error, PW_ERROR_START, "v8 cannot start the module: %s", text);
}

static bool
make_memory(struct pw_engine_instance *instance, const struct pw_instance_options *options,
            v8::Local<v8::Context> context, v8::Local<v8::Object> own, struct pw_error *error)
{
  const struct pw_v8_layout *layout  = &instance->linked->module->layout;
  v8::Isolate               *isolate = context->GetIsolate();
  uint64_t                   most    = most_pages;
  v8::Local<v8::Object>      memory;

  if (options->memory_bytes > 0) {
    most = options->memory_bytes / PW_V8_PAGE_BYTES;
  }
  if (layout->memory_minimum > most) {
    return pw_error_set(error, PW_ERROR_LIMIT,
                        "v8 cannot start the module: its memory of %u pages exceeds the limit of %llu",
                        (unsigned)layout->memory_minimum, (unsigned long long)most);
  }
  most = least(least(most, most_pages), layout->memory_maximum);
  if (!make(context, instance->home->new_memory, describe_limits(context, layout->memory_minimum, (uint32_t)most),
            &memory, error)) {
    return false;
  }
  instance->memory_object.Reset(isolate, memory.As<v8::WasmMemoryObject>());
  instance->exports_memory = instance->linked->module->info->exports_memory;
  own->Set(context, pw_v8_string(isolate, PW_V8_OWN_MEMORY), memory).Check();
  pw_v8_memory_look(instance);
  return true;
}

/* Of all tables together: where there is none, what is bearable. */
static uint32_t
table_limit(const struct pw_v8_layout *layout, const struct pw_instance_options *options)
{
  if (options->table_elements > 0) {
    return options->table_elements;
  }
  return most_table_elements * least(layout->table_count, tables_at_limit);
}

static bool
check_tables(const struct pw_v8_layout *layout, uint32_t limit, struct pw_error *error)
{
  uint32_t largest = 0;

  for (size_t i = 0; i < layout->table_count; i++) {
    if (largest < layout->tables[i].minimum) {
      largest = layout->tables[i].minimum;
    }
  }
  return pw_table_check("v8", largest, limit, layout->table_count, error);
}

static bool
make_table(struct pw_engine_instance *instance, size_t number, uint32_t most, v8::Local<v8::Context> context,
           v8::Local<v8::Object> own, struct pw_error *error)
{
  const struct pw_v8_table *table   = &instance->linked->module->layout.tables[number];
  v8::Isolate              *isolate = context->GetIsolate();
  v8::Local<v8::Object>     limits  = describe_limits(context, table->minimum, least(most, table->maximum));
  const char               *element = table->is_function ? "anyfunc" : "externref";
  v8::Local<v8::Object>     made;

  limits->Set(context, pw_v8_string(isolate, "element"), pw_v8_string(isolate, element)).Check();
  if (!make(context, instance->home->new_table, limits, &made, error)) {
    return false;
  }
  own->Set(context, (uint32_t)number, made).Check();
  return true;
}

/* What the rewritten module imports beside the host's functions. */
static bool
make_own(struct pw_engine_instance *instance, const struct pw_instance_options *options, v8::Local<v8::Context> context,
         v8::Local<v8::Object> own, struct pw_error *error)
{
  const struct pw_v8_layout *layout = &instance->linked->module->layout;
  uint32_t                   limit  = table_limit(layout, options);
  uint32_t                   most   = least(pw_table_share(limit, layout->table_count), most_table_elements);

  if (layout->defines_memory && !make_memory(instance, options, context, own, error)) {
    return false;
  }
  if (!check_tables(layout, limit, error)) {
    return false;
  }
  for (size_t i = 0; i < layout->table_count; i++) {
    if (!make_table(instance, i, most, context, own, error)) {
      return false;
    }
  }
  return true;
}

static bool
set_start_error(struct pw_engine_instance *instance, const v8::TryCatch &caught, struct pw_error *error)
{
  struct pw_v8_isolate *home = instance->home;
  bool                  ran  = home->host_message || home->ended != PW_V8_ENDED_NOT;
  char                  text[512];
  struct pw_trap        trap;

  pw_v8_exception_text(home->isolate, caught, text, sizeof text);
  pw_v8_trap_take(instance, caught, &trap);
  /* With frames it comes from the start section: there wasm has run. */
  if (ran || trap.backtrace[0]) {
    return pw_error_set(error, PW_ERROR_TRAP, "in the start section: %s\n%s", trap.message, trap.backtrace);
  }
  return pw_error_set(error, PW_ERROR_START, "v8 cannot start the module: %s", text);
}

static bool
instantiate(struct pw_engine_instance *instance, v8::Local<v8::Context> context, v8::Local<v8::Object> own,
            uint32_t deadline_ms, struct pw_error *error)
{
  struct pw_v8_isolate *home         = instance->home;
  v8::Isolate          *isolate      = home->isolate;
  v8::Local<v8::Object> imports      = instance->use->imports.Get(isolate);
  v8::Local<v8::Value>  arguments[2] = {instance->use->module.Get(isolate), imports};
  v8::TryCatch          caught(isolate);
  v8::Local<v8::Object> made;
  bool                  is_made;

  imports->Set(context, pw_v8_string(isolate, PW_V8_OWN_MODULE), own).Check();
  {
    pw_v8_call_scope scope(instance, deadline_ms);

    is_made = home->new_instance->NewInstance(context, 2, arguments).ToLocal(&made);
  }
  /* V8 hands out what it has of an instance whose start section trapped, and the trap only to whoever catches it. */
  if (!is_made || caught.HasCaught()) {
    return set_start_error(instance, caught, error);
  }
  pw_v8_go_on(home);
  /* The next instance brings its own, and this one's shall not be kept for its sake. */
  imports->Set(context, pw_v8_string(isolate, PW_V8_OWN_MODULE), v8::Undefined(isolate)).Check();
  instance->exports.Reset(isolate,
                          made->Get(context, pw_v8_string(isolate, "exports")).ToLocalChecked().As<v8::Object>());
  pw_v8_memory_look(instance);
  return true;
}

static bool
start(struct pw_engine_instance *instance, const struct pw_instance_options *options, uint32_t deadline_ms,
      struct pw_error *error)
{
  pw_v8_entered          entered(instance->home);
  v8::Isolate           *isolate = instance->home->isolate;
  v8::Local<v8::Context> context = instance->home->context;
  v8::Local<v8::Object>  own     = v8::Object::New(isolate);

  instance->use = pw_v8_use_take(instance->home, instance->linked);
  if (!instance->use) {
    return pw_error_set(error, PW_ERROR_MEMORY, "instance");
  }
  return make_own(instance, options, context, own, error) && instantiate(instance, context, own, deadline_ms, error);
}

struct pw_engine_instance *
pw_v8_instance_new(struct pw_linked_module *linked, const struct pw_instance_options *options, uint32_t deadline_ms,
                   struct pw_error *error)
{
  struct pw_engine_instance *instance = new (std::nothrow) pw_engine_instance();

  if (instance) {
    instance->home = pw_v8_isolate_take(linked->module->engine, options->worker);
  }
  if (!instance || !instance->home) {
    delete instance;
    pw_error_set(error, PW_ERROR_MEMORY, "instance");
    return nullptr;
  }
  instance->host_data = options->host_data;
  instance->linked    = pw_v8_linked_retain(linked);
  if (!start(instance, options, deadline_ms, error)) {
    pw_v8_instance_delete(instance);
    return nullptr;
  }
  return instance;
}

/* V8 frees a memory when it collects garbage next. Nobody looks into it any more: its pages can go now. */
static void
drop_pages(struct pw_engine_instance *instance)
{
  if (!instance->memory_object.IsEmpty()) {
    pw_v8_memory_look(instance);
    if (instance->memory.size > 0) {
      madvise(instance->memory.base, instance->memory.size, MADV_DONTNEED);
    }
  }
}

void
pw_v8_instance_delete(struct pw_engine_instance *instance)
{
  struct pw_v8_isolate    *home;
  struct pw_linked_module *linked;

  if (!instance) {
    return;
  }
  home   = instance->home;
  linked = instance->linked;
  {
    pw_v8_entered entered(home);

    drop_pages(instance);
    while (instance->functions) {
      struct pw_v8_function *function = instance->functions;

      instance->functions = function->next;
      delete function;
    }
    pw_v8_use_give_back(home, instance->use);
    delete instance;
    if (home->depth == 0) {
      pw_v8_run_tasks(home->isolate);
    }
  }
  pw_v8_isolate_give_back(home);
  pw_v8_linked_release(linked);
}

static struct pw_v8_function *
look_up(struct pw_engine_instance *instance, const char *name)
{
  const struct pw_extern *external = pw_module_export(instance->linked->module->info, name);
  struct pw_v8_isolate   *home     = instance->home;
  struct pw_v8_function  *function;
  v8::Local<v8::Value>    found;

  if (!external || external->kind != PW_EXTERN_FUNCTION || !external->type_known) {
    return nullptr;
  }
  pw_v8_entered          entered(home);
  v8::Local<v8::Context> context = home->context;

  if (!instance->exports.Get(home->isolate)->Get(context, pw_v8_string(home->isolate, name)).ToLocal(&found) ||
      !found->IsFunction()) {
    return nullptr;
  }
  function = new (std::nothrow) pw_v8_function();
  if (function) {
    function->function.Reset(home->isolate, found.As<v8::Function>());
    function->type      = external->type;
    function->name      = external->name;
    function->next      = instance->functions;
    instance->functions = function;
  }
  return function;
}

bool
pw_v8_function_find(struct pw_engine_instance *instance, const char *name, pw_function *function)
{
  struct pw_v8_function *found = instance->functions;

  while (found && strcmp(found->name, name) != 0) {
    found = found->next;
  }
  if (!found) {
    found = look_up(instance, name);
  }
  if (!found) {
    return false;
  }
  memset(function, 0, sizeof *function);
  function->pointer = found;
  return true;
}
