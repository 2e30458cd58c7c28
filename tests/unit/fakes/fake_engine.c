/* SPDX-License-Identifier: Apache-2.0 */
#include "fakes/fake_engine.h"

#include "fakes/wasm_builder.h"
#include "host/hostcall.h"

#include <stdio.h>
#include <stdlib.h>

enum { FAKE_MEMORY = 65536, FAKE_HEAP = 32768, MAX_FUNCTIONS = 200 };

struct pw_engine {
  int unused;
};

struct pw_compiled_module {
  const struct fake_export *exports;
};

struct pw_linked_module {
  const struct fake_export *exports;
  const struct pw_import   *imports;
  size_t                    count;
};

struct fake_vm {
  struct pw_linked_module *linked;
  void                    *host_data;
  struct pw_memory         memory;
  uint32_t                 heap;
  uint32_t                 deadline;
  bool                     trapped;
  char                     trap_message[128];
};

struct pw_engine_instance {
  struct fake_vm vm;
};

struct pw_engine_image {
  uint8_t  memory[FAKE_MEMORY];
  uint32_t heap;
};

enum fake_images          fake_images;
const struct fake_export *fake_module;
_Atomic int               fake_instances_alive;
_Atomic int               fake_instances_made;
int                       fake_allocator_mode;
int                       fake_allocator_status;

/* ----------------------------------------------------------------------------------------------------- for callbacks
 */

char *
fake_memory(struct fake_vm *vm, uint32_t address)
{
  return (char *)vm->memory.base + address;
}

uint32_t
fake_put(struct fake_vm *vm, uint32_t address, const char *text)
{
  memcpy(fake_memory(vm, address), text, strlen(text));
  return (uint32_t)strlen(text);
}

uint32_t
fake_u32(struct fake_vm *vm, uint32_t address)
{
  uint32_t value;

  memcpy(&value, fake_memory(vm, address), sizeof(value));
  return value;
}

void
fake_trap(struct fake_vm *vm, const char *message)
{
  vm->trapped = true;
  snprintf(vm->trap_message, sizeof(vm->trap_message), "%s", message);
}

uint32_t
fake_deadline(struct fake_vm *vm)
{
  return vm->deadline;
}

int
fake_hostcall(struct fake_vm *vm, const char *name, size_t count, const uint32_t *arguments)
{
  pw_value    values[PW_MAX_PARAMETERS];
  const char *trap;
  size_t      i;

  memset(values, 0, sizeof(values));
  for (i = 0; i < count; ++i) {
    values[i].u32 = arguments[i];
  }
  for (i = 0; i < vm->linked->count; ++i) {
    const struct pw_import *import = &vm->linked->imports[i];

    if (strcmp(import->name, name) == 0) {
      trap = import->function(vm->host_data, import->data, values);
      if (trap != NULL) {
        fake_trap(vm, trap);
        return -1;
      }
      return (int)values[0].u32;
    }
  }
  fprintf(stderr, "the fake module does not import %s\n", name);
  abort();
}

static uint32_t
fake_allocate(struct fake_vm *vm, const pw_value *arguments)
{
  uint32_t address = vm->heap;

  switch (fake_allocator_mode) {
  case 1:
    return 0;
  case 2:
    return FAKE_MEMORY - 1;
  case 3:
    fake_trap(vm, "trap in the allocator");
    return 0;
  case 4:
    fake_allocator_status = FAKE_HOSTCALL(vm, "proxy_log", PW_LOG_CRITICAL, 0, 1);
    break;
  case 5:
    fake_allocator_status = FAKE_HOSTCALL(vm, "proxy_remove_header_map_value", PW_MAP_HTTP_REQUEST_HEADERS, 0, 1);
    break;
  case 6:
    fake_allocator_status = FAKE_HOSTCALL(vm, "proxy_increment_metric", 1, 1);
    break;
  default:
    break;
  }
  vm->heap = (address + arguments[0].u32 + 7u) & ~7u;
  return address;
}

/* ------------------------------------------------------------------------------------------------------ engine table
 */

static const struct fake_export extra_exports[] = {
  {"proxy_abi_version_0_2_1", ":v", NULL},
  {"proxy_on_memory_allocate", "i:i", fake_allocate},
  {NULL, NULL, NULL},
};

static const struct fake_export *
export_find(const struct fake_export *exports, const char *name)
{
  const struct fake_export *lists[2] = {exports, extra_exports};
  int                       i;

  for (i = 0; i < 2; ++i) {
    const struct fake_export *export;

    for (export = lists[i]; export->name != NULL; ++export) {
      if (strcmp(export->name, name) == 0) {
        return export;
      }
    }
  }
  return NULL;
}

struct pw_bytes
fake_code(void)
{
  static char               types[MAX_FUNCTIONS][PW_MAX_PARAMETERS + 3];
  struct wasm_function      functions[MAX_FUNCTIONS];
  size_t                    count;
  const struct pw_hostcall *hostcalls = pw_hostcalls(&count);
  size_t                    n         = 0;
  size_t                    i;
  const struct fake_export *export;
  struct pw_bytes code;
  char            section[16];
  static int      module_number;

  memset(functions, 0, sizeof(functions));
  for (i = 0; i < count; ++i, ++n) {
    struct pw_function_type type;

    pw_hostcall_type(&hostcalls[i], &type);
    snprintf(types[n], sizeof(types[n]), "%s:%c", type.parameters, type.result);
    functions[n].module = hostcalls[i].module;
    functions[n].name   = hostcalls[i].name;
    functions[n].type   = types[n];
  }
  for (export = extra_exports; export->name != NULL; ++export, ++n) {
    functions[n].name = export->name;
    functions[n].type = export->type;
  }
  for (export = fake_module; export->name != NULL; ++export, ++n) {
    functions[n].name = export->name;
    functions[n].type = export->type;
  }
  code = wasm_build(functions, true);
  /* A custom section that tells modules apart: the host compiles equal code once. */
  snprintf(section, sizeof(section), "%c%c%c%-8d", 0, 9, 0, module_number++);
  pw_bytes_append(&code, section, 11);
  return code;
}

static const char *
fake_text(void)
{
  return "fake";
}

/* Memory for one of the engine's things, or the error that an engine gives. */
static void *
fake_new(size_t size, struct pw_error *error)
{
  void *memory = calloc(1, size);

  if (memory == NULL) {
    pw_error_set(error, PW_ERROR_MEMORY, "out of memory for the fake engine");
  }
  return memory;
}

static struct pw_engine *
fake_engine_new(const struct pw_engine_settings *settings, struct pw_error *error)
{
  (void)settings;
  return (struct pw_engine *)fake_new(sizeof(struct pw_engine), error);
}

static void
fake_engine_delete(struct pw_engine *engine)
{
  free(engine);
}

static void
fake_module_delete(struct pw_compiled_module *module)
{
  free(module);
}

static struct pw_linked_module *
fake_link(struct pw_compiled_module *module, const struct pw_import *imports, size_t count, struct pw_error *error)
{
  struct pw_linked_module *linked = (struct pw_linked_module *)fake_new(sizeof(*linked), error);

  if (linked != NULL) {
    linked->exports = module->exports;
    linked->imports = imports;
    linked->count   = count;
  }
  return linked;
}

static void
fake_linked_delete(struct pw_linked_module *linked)
{
  free(linked);
}

static struct pw_engine_instance *
fake_instance_new(struct pw_linked_module *linked, const struct pw_instance_options *options, uint32_t deadline_ms,
                  struct pw_error *error)
{
  struct pw_engine_instance *instance = (struct pw_engine_instance *)fake_new(sizeof(*instance), error);
  uint8_t                   *memory   = instance != NULL ? (uint8_t *)fake_new(FAKE_MEMORY, error) : NULL;

  (void)deadline_ms;
  if (memory == NULL) {
    free(instance);
    return NULL;
  }
  instance->vm.linked      = linked;
  instance->vm.host_data   = options->host_data;
  instance->vm.heap        = FAKE_HEAP;
  instance->vm.memory.base = memory;
  instance->vm.memory.size = FAKE_MEMORY;
  ++fake_instances_alive;
  ++fake_instances_made;
  return instance;
}

static void
fake_instance_delete(struct pw_engine_instance *instance)
{
  free(instance->vm.memory.base);
  free(instance);
  --fake_instances_alive;
}

static bool
fake_function_find(struct pw_engine_instance *instance, const char *name, pw_function *function)
{
  const struct fake_export *export = export_find(instance->vm.linked->exports, name);

  memset(function, 0, sizeof(*function));
  function->handle[0] = (uint64_t)(uintptr_t) export;
  return export != NULL;
}

static bool
fake_call(struct pw_engine_instance *instance, const pw_function *function, pw_value *values, size_t value_count,
          uint32_t deadline_ms, struct pw_trap *trap)
{
  const struct fake_export *export = (const struct fake_export *)(uintptr_t)function->handle[0];
  uint32_t outer                   = instance->vm.deadline;

  (void)value_count;
  instance->vm.deadline = deadline_ms != 0 ? deadline_ms : outer;
  values[0].u64         = export->function != NULL ? export->function(&instance->vm, values) : 0;
  instance->vm.deadline = outer;
  if (instance->vm.trapped) {
    trap->kind = PW_TRAP_GUEST;
    snprintf(trap->message, sizeof(trap->message), "%s", instance->vm.trap_message);
    snprintf(trap->backtrace, sizeof(trap->backtrace), "  #0 %s\n", export->name);
    return false;
  }
  return true;
}

static struct pw_memory *
fake_memory_view(struct pw_engine_instance *instance)
{
  return &instance->vm.memory;
}

static void
fake_memory_refresh(struct pw_engine_instance *instance)
{
  (void)instance;
}

static struct pw_engine_image *
fake_image_take(struct pw_engine_instance *instance)
{
  struct pw_error         error;
  struct pw_engine_image *image = (struct pw_engine_image *)fake_new(sizeof(*image), &error);

  if (image != NULL) {
    memcpy(image->memory, instance->vm.memory.base, FAKE_MEMORY);
    image->heap = instance->vm.heap;
  }
  return image;
}

static bool
fake_image_apply(struct pw_engine_instance *instance, struct pw_engine_image *image)
{
  if (fake_images == FAKE_IMAGES_CANNOT) {
    return false;
  }
  memcpy(instance->vm.memory.base, image->memory, FAKE_MEMORY);
  instance->vm.heap = image->heap;
  return true;
}

static void
fake_image_delete(struct pw_engine_image *image)
{
  free(image);
}

static struct pw_engine_ops fake_ops = {
  .interface       = PW_ENGINE_INTERFACE,
  .name            = "fake",
  .version         = fake_text,
  .origin          = fake_text,
  .engine_new      = fake_engine_new,
  .engine_delete   = fake_engine_delete,
  .module_delete   = fake_module_delete,
  .link            = fake_link,
  .linked_delete   = fake_linked_delete,
  .instance_new    = fake_instance_new,
  .instance_delete = fake_instance_delete,
  .function_find   = fake_function_find,
  .call            = fake_call,
  .memory          = fake_memory_view,
  .memory_refresh  = fake_memory_refresh,
};

const struct pw_engine_ops *
pw_engine_find(const char *name, struct pw_error *error)
{
  bool has_images = fake_images != FAKE_IMAGES_NONE;

  (void)name;
  (void)error;
  fake_ops.image_take   = has_images ? fake_image_take : NULL;
  fake_ops.image_apply  = has_images ? fake_image_apply : NULL;
  fake_ops.image_delete = has_images ? fake_image_delete : NULL;
  return &fake_ops;
}

void (*fake_while_compiling)(void);

struct pw_compiled_module *
pw_engine_load_module(const struct pw_engine_ops *ops, struct pw_engine *engine,
                      const struct pw_engine_settings *settings, const struct pw_module_source *source,
                      enum pw_cache_result *cache, struct pw_error *note, struct pw_error *error)
{
  struct pw_compiled_module *module = (struct pw_compiled_module *)fake_new(sizeof(*module), error);

  (void)ops;
  (void)engine;
  (void)settings;
  (void)note;
  *cache = source->precompiled.size > 0 ? PW_CACHE_PRECOMPILED : PW_CACHE_OFF;
  if (module != NULL) {
    module->exports = fake_module;
  }
  if (fake_while_compiling != NULL) {
    fake_while_compiling();
  }
  return module;
}
