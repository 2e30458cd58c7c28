/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a module on the WAMR engine: loaded, linked with whatever it imports, started, and each function that it
 * exports called, within limits. WAMR is compiled with the same sanitizers, and what it does guides the input. What
 * came of each call has to be the same on Wasmtime, WasmEdge and V8, and of some on wasm2c. */
#include <proxywasm/engine.h>
#include <proxywasm/module.h>

#include <stdio.h>
#include <stdlib.h>

#define DEADLINE_MS 20
#define MOST_CALLS  32
#define OTHERS      4
/* wasm2c runs two programs for each module: one in so many. */
#define SELDOM 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a module did. */
struct outcome {
  bool     was_linked;
  bool     was_started;
  bool     is_comparable; /* engines differ in how much stack a call takes, and in how far they get until a deadline */
  size_t   calls;
  bool     returned[MOST_CALLS];
  uint64_t results[MOST_CALLS];
  size_t   memory_size;
};

static const struct pw_engine_ops *
find(const char *name)
{
  struct pw_error             error;
  const struct pw_engine_ops *ops = pw_engine_find(name, &error);

  if (!ops) {
    fprintf(stderr, "%s\n", error.message);
    abort();
  }
  return ops;
}

static struct pw_engine *
start_engine(const struct pw_engine_ops *ops)
{
  struct pw_error   error;
  struct pw_engine *engine = ops->engine_new(NULL, &error);

  if (!engine) {
    fprintf(stderr, "%s\n", error.message);
    abort();
  }
  return engine;
}

static const char *
answer(void *context, const void *data, pw_value *values)
{
  (void)context;
  (void)data;
  values[0].u64 = 1;
  return NULL;
}

/* The bits of a result that every engine gives: those of a float may be any NaN's. */
static uint64_t
result_bits(const struct pw_function_type *type, const pw_value *values)
{
  switch (type->result) {
  case 'i':
    return values[0].u32;
  case 'I':
    return values[0].u64;
  default:
    return 0;
  }
}

/* WAMR would call these by itself, so that engine does not let it see them: they cannot be called. */
static bool
is_hidden(const char *name)
{
  return strcmp(name, "__wasm_call_ctors") == 0 || strcmp(name, "__post_instantiate") == 0;
}

static void
call_all(const struct pw_engine_ops *ops, struct pw_engine_instance *instance, const struct pw_module_info *info,
         struct outcome *outcome)
{
  struct pw_trap trap;

  for (size_t i = 0; i < info->export_count && outcome->calls < MOST_CALLS; i++) {
    pw_value    values[PW_MAX_PARAMETERS] = {{0}};
    pw_function function;

    if (info->exports[i].kind != PW_EXTERN_FUNCTION || !info->exports[i].type_known ||
        is_hidden(info->exports[i].name) || !ops->function_find(instance, info->exports[i].name, &function)) {
      continue;
    }
    outcome->returned[outcome->calls] = ops->call(instance, &function, values, PW_MAX_PARAMETERS, DEADLINE_MS, &trap);
    if (!outcome->returned[outcome->calls]) {
      if (trap.kind == PW_TRAP_NONE || trap.message[0] == '\0') {
        abort();
      }
      outcome->is_comparable &= trap.kind == PW_TRAP_GUEST;
      outcome->calls++;
      return;
    }
    outcome->results[outcome->calls++] = result_bits(&info->exports[i].type, values);
  }
}

static void
start(const struct pw_engine_ops *ops, struct pw_linked_module *linked, const struct pw_module_info *info,
      struct outcome *outcome)
{
  struct pw_instance_options options = {.memory_bytes = 1 << 20, .table_elements = 10000};
  struct pw_error            error;
  struct pw_engine_instance *instance = ops->instance_new(linked, &options, DEADLINE_MS, &error);

  if (!instance) {
    return;
  }
  outcome->was_started = true;
  call_all(ops, instance, info, outcome);
  if (ops->memory(instance)) {
    ops->memory_refresh(instance);
    outcome->memory_size = ops->memory(instance)->size;
  }
  ops->instance_delete(instance);
}

static struct pw_linked_module *
link_with_anything(const struct pw_engine_ops *ops, struct pw_compiled_module *module,
                   const struct pw_module_info *info)
{
  struct pw_import        *imports = calloc(info->import_count + 1, sizeof *imports);
  struct pw_linked_module *linked;
  struct pw_error          error;

  if (!imports) {
    abort();
  }
  for (size_t i = 0; i < info->import_count; i++) {
    imports[i] = (struct pw_import){.module   = info->imports[i].module,
                                    .name     = info->imports[i].name,
                                    .type     = info->imports[i].type,
                                    .function = answer};
  }
  linked = ops->link(module, imports, info->import_count, &error);
  free(imports);
  return linked;
}

static struct outcome
run(const struct pw_engine_ops *ops, struct pw_engine *engine, struct pw_view code, const struct pw_module_info *info)
{
  struct outcome             outcome = {.is_comparable = true};
  struct pw_error            error;
  struct pw_compiled_module *module = ops->module_compile(engine, code, &error);
  struct pw_linked_module   *linked;

  if (!module) {
    return outcome;
  }
  linked = link_with_anything(ops, module, info);
  if (linked) {
    outcome.was_linked = true;
    start(ops, linked, info, &outcome);
    ops->linked_delete(linked);
  }
  ops->module_delete(module);
  return outcome;
}

static void
compare(const struct outcome *a, const struct outcome *b)
{
  if (!a->was_started || !b->was_started || !a->is_comparable || !b->is_comparable) {
    return;
  }
  if (a->calls != b->calls || a->memory_size != b->memory_size) {
    fprintf(stderr, "%zu calls and %zu bytes, %zu calls and %zu bytes\n", a->calls, a->memory_size, b->calls,
            b->memory_size);
    abort();
  }
  for (size_t i = 0; i < a->calls; i++) {
    if (a->returned[i] != b->returned[i] || a->results[i] != b->results[i]) {
      fprintf(stderr, "call %zu: %d %llx, %d %llx\n", i, a->returned[i], (unsigned long long)a->results[i],
              b->returned[i], (unsigned long long)b->results[i]);
      abort();
    }
  }
}

/* The last one is asked seldom. */
static const char *const others[OTHERS] = {"wasmtime", "wasmedge", "v8", "wasm2c"};
static struct pw_engine *engine;
static struct pw_engine *other_engines[OTHERS];

/* V8 keeps memory where the leak sanitizer does not find it in use. */
static void
stop_engines(void)
{
  find("wamr")->engine_delete(engine);
  for (size_t i = 0; i < OTHERS; i++) {
    find(others[i])->engine_delete(other_engines[i]);
  }
}

static void
start_engines(void)
{
  engine = start_engine(find("wamr"));
  for (size_t i = 0; i < OTHERS; i++) {
    other_engines[i] = start_engine(find(others[i]));
  }
  atexit(stop_engines);
}

/* By what is in it, so that the same input always goes the same way. */
static bool
is_for_all(const uint8_t *data, size_t size)
{
  uint32_t sum = 2166136261u;

  for (size_t i = 0; i < size; i++) {
    sum = (sum ^ data[i]) * 16777619u;
  }
  return sum % SELDOM == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  size_t                 asked = is_for_all(data, size) ? OTHERS : OTHERS - 1;
  struct pw_view         code  = pw_view_make(data, size);
  struct pw_error        error;
  struct pw_module_info *info = pw_module_info_read(code, &error);
  struct outcome         ours;
  struct outcome         theirs;

  /* As the host does: what is no module for it, no engine sees. */
  if (!info) {
    return 0;
  }
  if (!engine) {
    start_engines();
  }
  ours = run(find("wamr"), engine, code, info);
  for (size_t i = 0; ours.was_started && i < asked; i++) {
    theirs = run(find(others[i]), other_engines[i], code, info);
    compare(&ours, &theirs);
  }
  pw_module_info_free(info);
  return 0;
}
