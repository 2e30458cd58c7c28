/* SPDX-License-Identifier: Apache-2.0 */
#include <proxywasm/module.h>

#include <stdlib.h>

#include "module/module_custom.h"
#include "module/module_header.h"
#include "module/module_reader.h"
#include "module/module_types.h"

/** What engines allow in one module. */
enum { MAX_IMPORTS = 100000, MAX_EXPORTS = 100000, MAX_FUNCTIONS = 1000000, MAX_MEMORIES = 100 };

enum {
  SECTION_CUSTOM   = 0,
  SECTION_TYPE     = 1,
  SECTION_IMPORT   = 2,
  SECTION_FUNCTION = 3,
  SECTION_MEMORY   = 5,
  SECTION_EXPORT   = 7,
  SECTION_CODE     = 10,
  SECTION_DATA     = 11,
  SECTION_COUNT    = 14
};

struct memory {
  uint64_t minimum;
  uint64_t maximum;
};

/** The info that is given out, and what is needed to read it. */
struct module {
  struct pw_module_info  info; /**< first */
  struct pw_bytes        import_names;
  struct pw_bytes        export_names;
  struct pw_module_types types;
  uint32_t              *functions; /**< the type of each function, imported ones first */
  uint32_t               function_count;
  struct memory          memories[MAX_MEMORIES];
  uint32_t               memory_count;
};

/** Keeps a name in a block that was made large enough for all names of the section. */
static const char *
keep_name(struct pw_bytes *names, struct pw_view name)
{
  const char *kept = names->data + names->size;
  pw_bytes_append(names, name.data, name.size);
  pw_bytes_append(names, "", 1);
  return kept;
}

/** Room for a section's names, each with its terminator in place of its size (and two names that could not be read),
 * and for its `count` externs. */
static struct pw_extern *
make_externs(struct pw_bytes *names, struct pw_module_reader *reader, uint32_t count)
{
  struct pw_extern *externs = calloc(count ? count : 1, sizeof(*externs));
  if (!externs || !pw_bytes_reserve(names, reader->end - reader->position + 2)) {
    free(externs);
    pw_module_fail_memory(reader);
    return NULL;
  }
  return externs;
}

static void
set_function_type(const struct module *module, struct pw_module_reader *reader, struct pw_extern *external,
                  uint32_t type)
{
  if (type >= module->types.count) {
    pw_module_fail(reader, "function type %u does not exist", (unsigned)type);
    return;
  }
  external->type_known = module->types.items[type].known;
  external->type       = module->types.items[type].type;
}

static uint64_t
read_size(struct pw_module_reader *reader, bool is_64)
{
  return is_64 ? pw_module_read_u64(reader) : pw_module_read_u32(reader);
}

static void
read_limits(struct pw_module_reader *reader, struct memory *limits)
{
  enum { HAS_MAXIMUM = 1, IS_64 = 4, HAS_PAGE_SIZE = 8, KNOWN = 15 };
  enum { PAGE_BITS = 16 };
  uint8_t flags = pw_module_read_byte(reader);
  if (flags & ~KNOWN) {
    pw_module_fail(reader, "unknown limits 0x%02x", flags);
    return;
  }
  limits->minimum    = read_size(reader, flags & IS_64);
  limits->maximum    = flags & HAS_MAXIMUM ? read_size(reader, flags & IS_64) : UINT64_MAX;
  uint32_t page_bits = flags & HAS_PAGE_SIZE ? pw_module_read_u32(reader) : PAGE_BITS;
  if (page_bits > PAGE_BITS) {
    pw_module_fail(reader, "pages of 2^%u bytes are not supported", (unsigned)page_bits);
    return;
  }
  /* Counted in pages of 64 KiB, begun ones too. */
  unsigned shift  = PAGE_BITS - page_bits;
  uint64_t part   = ((uint64_t)1 << shift) - 1;
  limits->minimum = (limits->minimum >> shift) + ((limits->minimum & part) != 0);
  if (limits->maximum != UINT64_MAX) {
    limits->maximum >>= shift;
  }
}

static void
add_memory(struct module *module, struct pw_module_reader *reader)
{
  if (module->memory_count == MAX_MEMORIES) {
    pw_module_fail(reader, "more than %d memories are not supported", MAX_MEMORIES);
    return;
  }
  read_limits(reader, &module->memories[module->memory_count++]);
}

/** Makes room for `count` more functions. */
static bool
reserve_functions(struct module *module, struct pw_module_reader *reader, uint32_t count)
{
  size_t    total     = (size_t)module->function_count + count;
  uint32_t *functions = realloc(module->functions, (total ? total : 1) * sizeof(*functions));
  if (!functions) {
    return pw_module_fail_memory(reader);
  }
  module->functions = functions;
  return true;
}

static void
read_import(struct module *module, struct pw_module_reader *reader, struct pw_extern *external)
{
  struct memory table;
  external->module = keep_name(&module->import_names, pw_module_read_name(reader));
  external->name   = keep_name(&module->import_names, pw_module_read_name(reader));
  uint8_t kind     = pw_module_read_byte(reader);
  external->kind   = (enum pw_extern_kind)kind;
  switch (kind) {
  case PW_EXTERN_FUNCTION: {
    uint32_t type                               = pw_module_read_u32(reader);
    module->functions[module->function_count++] = type;
    set_function_type(module, reader, external, type);
    break;
  }
  case PW_EXTERN_TABLE:
    pw_module_read_value_type(reader);
    read_limits(reader, &table);
    break;
  case PW_EXTERN_MEMORY:
    add_memory(module, reader);
    break;
  case PW_EXTERN_GLOBAL:
    pw_module_read_value_type(reader);
    pw_module_read_byte(reader);
    break;
  case PW_EXTERN_TAG:
    pw_module_read_byte(reader);
    pw_module_read_u32(reader);
    break;
  default:
    pw_module_fail(reader, "unknown kind of import 0x%02x", kind);
    break;
  }
}

static void
read_imports(struct module *module, struct pw_module_reader *reader)
{
  uint32_t count       = pw_module_read_count(reader, 4, MAX_IMPORTS, "imports");
  module->info.imports = make_externs(&module->import_names, reader, count);
  if (!module->info.imports || !reserve_functions(module, reader, count)) {
    return;
  }
  for (uint32_t i = 0; i < count && !reader->failed; i++) {
    read_import(module, reader, &module->info.imports[i]);
    module->info.import_count++;
  }
}

static void
read_functions(struct module *module, struct pw_module_reader *reader)
{
  uint32_t count = pw_module_read_count(reader, 1, MAX_FUNCTIONS, "functions");
  if (!reserve_functions(module, reader, count)) {
    return;
  }
  for (uint32_t i = 0; i < count && !reader->failed; i++) {
    module->functions[module->function_count++] = pw_module_read_u32(reader);
  }
  module->info.function_count = count;
}

static void
read_memories(struct module *module, struct pw_module_reader *reader)
{
  uint32_t count = pw_module_read_count(reader, 2, MAX_MEMORIES, "memories");
  for (uint32_t i = 0; i < count && !reader->failed; i++) {
    add_memory(module, reader);
  }
}

/** The memory that the info tells of: the one exported as "memory", or else the first one. */
static void
describe_memory(struct module *module, uint32_t index)
{
  module->info.memory_minimum = module->memories[index].minimum;
  module->info.memory_maximum = module->memories[index].maximum;
}

static void
note_abi_version(struct pw_module_info *info, const char *name)
{
  static const struct {
    const char         *name;
    enum pw_abi_version version;
  } markers[] = {{"proxy_abi_version_0_1_0", PW_ABI_0_1_0},
                 {"proxy_abi_version_0_2_0", PW_ABI_0_2_0},
                 {"proxy_abi_version_0_2_1", PW_ABI_0_2_1}};
  for (size_t i = 0; i < sizeof(markers) / sizeof(markers[0]); i++) {
    if (strcmp(name, markers[i].name) == 0) {
      info->abi_versions |= markers[i].version;
    }
  }
}

static void
read_export(struct module *module, struct pw_module_reader *reader, struct pw_extern *external)
{
  external->name = keep_name(&module->export_names, pw_module_read_name(reader));
  uint8_t  kind  = pw_module_read_byte(reader);
  uint32_t index = pw_module_read_u32(reader);
  external->kind = (enum pw_extern_kind)kind;
  if (reader->failed) {
    return;
  }
  if (kind > PW_EXTERN_TAG) {
    pw_module_fail(reader, "unknown kind of export 0x%02x", kind);
  } else if (kind == PW_EXTERN_FUNCTION) {
    if (index >= module->function_count) {
      pw_module_fail(reader, "function %u does not exist", (unsigned)index);
      return;
    }
    set_function_type(module, reader, external, module->functions[index]);
    note_abi_version(&module->info, external->name);
  } else if (kind == PW_EXTERN_MEMORY) {
    if (index >= module->memory_count) {
      pw_module_fail(reader, "memory %u does not exist", (unsigned)index);
    } else if (strcmp(external->name, "memory") == 0) {
      module->info.exports_memory = true;
      describe_memory(module, index);
    }
  }
}

static void
read_exports(struct module *module, struct pw_module_reader *reader)
{
  uint32_t count       = pw_module_read_count(reader, 3, MAX_EXPORTS, "exports");
  module->info.exports = make_externs(&module->export_names, reader, count);
  for (uint32_t i = 0; i < count && !reader->failed; i++) {
    read_export(module, reader, &module->info.exports[i]);
    module->info.export_count++;
  }
}

/** Reads the content of a section as far as it is of interest; whether that should be all of it. */
static bool
read_section(struct module *module, struct pw_module_reader *reader)
{
  switch (reader->section) {
  case SECTION_CUSTOM:
    if (!pw_module_custom_read(&module->info, reader)) {
      pw_module_fail_memory(reader);
    }
    return false;
  case SECTION_TYPE:
    pw_module_types_read(&module->types, reader);
    return true;
  case SECTION_IMPORT:
    read_imports(module, reader);
    return true;
  case SECTION_FUNCTION:
    read_functions(module, reader);
    return true;
  case SECTION_MEMORY:
    read_memories(module, reader);
    return true;
  case SECTION_EXPORT:
    read_exports(module, reader);
    return true;
  case SECTION_CODE:
    module->info.code_size = reader->end - reader->position;
    return false;
  case SECTION_DATA:
    module->info.data_size = reader->end - reader->position;
    return false;
  default:
    return false;
  }
}

/** Reads all sections. All but custom ones come once at most, and in their order. */
static void
read_sections(struct module *module, struct pw_module_reader *reader, size_t size)
{
  /* The place of each section in the order, by its id: tags come before globals, the data count before the code. */
  static const uint8_t ranks[SECTION_COUNT] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6};
  uint8_t              last_rank            = 0;
  while (!reader->failed && reader->position < size) {
    reader->section        = -1;
    reader->end            = size;
    reader->section_offset = reader->position;
    uint8_t id             = pw_module_read_byte(reader);
    if (id >= SECTION_COUNT) {
      reader->position = reader->section_offset;
      pw_module_fail(reader, "unknown section %u", id);
      return;
    }
    reader->section       = id;
    uint32_t section_size = pw_module_read_u32(reader);
    if (!reader->failed && section_size > size - reader->position) {
      pw_module_fail(reader, "it ends beyond the file (%u bytes, of which %zu are there)", (unsigned)section_size,
                     size - reader->position);
    }
    if (!reader->failed && id != SECTION_CUSTOM && ranks[id] <= last_rank) {
      pw_module_fail(reader, "it is there twice, or not in its place");
    }
    if (reader->failed) {
      return;
    }
    last_rank   = id == SECTION_CUSTOM ? last_rank : ranks[id];
    reader->end = reader->position + section_size;
    if (!read_section(module, reader)) {
      reader->position = reader->failed ? reader->position : reader->end;
    }
    if (!reader->failed && reader->position != reader->end) {
      pw_module_fail(reader, "%zu bytes are left over", reader->end - reader->position);
    }
  }
}

/** Texts that no section gave are empty; what was only needed for reading goes. */
static bool
finish(struct module *module)
{
  struct pw_module_info *info    = &module->info;
  char                 **texts[] = {&info->name, &info->producers, &info->features};
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    if (!*texts[i] && !(*texts[i] = calloc(1, 1))) {
      return false;
    }
  }
  info->has_memory = module->memory_count > 0;
  if (info->has_memory && !info->exports_memory) {
    describe_memory(module, 0);
  }
  pw_module_types_clear(&module->types);
  free(module->functions);
  module->functions = NULL;
  return true;
}

struct pw_module_info *
pw_module_info_read(struct pw_view code, struct pw_error *error)
{
  if (!pw_module_check_header(code, error)) {
    return NULL;
  }
  struct pw_module_reader reader = {
    .bytes = (const uint8_t *)code.data, .position = 8, .end = code.size, .section = -1, .error = error};
  struct module *module = calloc(1, sizeof(*module));
  if (!module) {
    pw_module_fail_memory(&reader);
    return NULL;
  }
  module->info.memory_maximum = UINT64_MAX;
  read_sections(module, &reader, code.size);
  if (reader.failed || !finish(module)) {
    pw_module_fail_memory(&reader);
    pw_module_info_free(&module->info);
    return NULL;
  }
  return &module->info;
}

void
pw_module_info_free(struct pw_module_info *info)
{
  if (!info) {
    return;
  }
  struct module *module = (struct module *)info;
  pw_bytes_clear(&module->import_names);
  pw_bytes_clear(&module->export_names);
  pw_module_types_clear(&module->types);
  free(module->functions);
  free(info->imports);
  free(info->exports);
  free(info->name);
  free(info->producers);
  free(info->features);
  free(module);
}

uint32_t
pw_module_imported_functions(const struct pw_module_info *info)
{
  uint32_t count = 0;
  for (size_t i = 0; i < info->import_count; i++) {
    count += info->imports[i].kind == PW_EXTERN_FUNCTION;
  }
  return count;
}

const struct pw_extern *
pw_module_export(const struct pw_module_info *info, const char *name)
{
  for (size_t i = 0; i < info->export_count; i++) {
    if (strcmp(info->exports[i].name, name) == 0) {
      return &info->exports[i];
    }
  }
  return NULL;
}
