/* SPDX-License-Identifier: Apache-2.0 */
/* `proxywasm inspect`: what a module says of itself, and whether it links. No engine is needed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/json.h"
#include "engine/precompiled.h"
#include "host/hostcall.h"
#include "host/link.h"
#include "text/log_text.h"

/* Of a name, which may be as long as the module. */
#define MOST_NAME_BYTES 500

static const struct pw_command_option options[] = {
  {'j', "json", NULL, "all of it as JSON"},
  {0, NULL, NULL, NULL},
};

/** A module, looked at. */
struct inspection {
  const char            *file;
  size_t                 size;
  struct pw_view         module;      /* the file without precompiled code */
  struct pw_view         precompiled; /* its sections */
  struct pw_module_info *info;
  char                   versions[32]; /* "0.2.1" */
  struct pw_error        abi;          /* why it does not link; code NONE: it does */
  struct pw_error        callbacks;
  struct pw_error        imports;
  const char            *allocator; /* NULL: none */
};

static const char *
versions_text(unsigned versions, char *buffer, size_t size)
{
  static const struct {
    unsigned    version;
    const char *text;
  } all[]   = {{PW_ABI_0_1_0, "0.1.0"}, {PW_ABI_0_2_0, "0.2.0"}, {PW_ABI_0_2_1, "0.2.1"}};
  buffer[0] = '\0';
  for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
    if (versions & all[i].version) {
      size_t used = strlen(buffer);
      snprintf(buffer + used, size - used, "%s%s", used ? ", " : "", all[i].text);
    }
  }
  return buffer;
}

/* The host's own verdict, part by part, so that one mistake does not hide the next. */
static void
try_links(struct inspection *inspection)
{
  struct pw_host      host   = {0};
  struct pw_plugin    plugin = {.host = &host};
  enum pw_abi_version abi;
  pw_link_abi(inspection->info, &abi, &inspection->abi);
  pw_link_callbacks(&plugin, inspection->info, &inspection->callbacks);
  pw_link_imports(&plugin, inspection->info, &inspection->imports);
  inspection->allocator = plugin.allocator;
  free(plugin.hostcalls);
  free(plugin.imports);
}

static bool
links(const struct inspection *inspection)
{
  return inspection->abi.code == PW_ERROR_NONE && inspection->callbacks.code == PW_ERROR_NONE &&
         inspection->imports.code == PW_ERROR_NONE;
}

/* What the host does first with a new instance: "_initialize", "_start", or "" for neither. */
static const char *
start_function(const struct pw_module_info *info)
{
  return pw_module_export(info, "_initialize") ? "_initialize" : pw_module_export(info, "_start") ? "_start" : "";
}

static bool
is_callback(const char *name)
{
  for (int i = 0; i < PW_CALLBACK_COUNT; i++) {
    if (strcmp(pw_callback_name((enum pw_callback)i), name) == 0) {
      return true;
    }
  }
  return strcmp(name, PW_GRPC_TRAILING_METADATA_ALIAS) == 0;
}

/* What an export is to the host. */
static const char *
role_of(const struct inspection *inspection, const struct pw_extern *export)
{
  if (is_callback(export->name)) {
    return "callback";
  }
  if (strncmp(export->name, "proxy_abi_version_", strlen("proxy_abi_version_")) == 0) {
    return "ABI version";
  }
  if (strcmp(export->name, "memory") == 0 && export->kind == PW_EXTERN_MEMORY) {
    return "memory";
  }
  if (inspection->allocator && strcmp(export->name, inspection->allocator) == 0) {
    return "allocator";
  }
  return strcmp(export->name, start_function(inspection->info)) == 0 ? "start function" : "";
}

static const char *
kind_name(enum pw_extern_kind kind)
{
  static const char *const names[] = {"function", "table", "memory", "global", "tag"};
  return names[kind];
}

static const char *
type_text(const struct pw_extern *item, char *buffer, size_t size)
{
  if (item->kind != PW_EXTERN_FUNCTION) {
    return kind_name(item->kind);
  }
  return item->type_known ? pw_function_type_text(&item->type, buffer, size) : "a type that the ABI does not use";
}

/** How an import is served. */
struct service {
  const struct pw_hostcall *hostcall; /* NULL: nobody has it */
  bool                      served;
  char                      text[160];
};

static struct service
serve(const struct pw_extern *import)
{
  struct service          service = {0};
  struct pw_function_type type;
  char                    text[96];
  service.hostcall = import->kind == PW_EXTERN_FUNCTION ? pw_hostcall_find(import->module, import->name) : NULL;
  service.served   = service.hostcall && import->type_known && pw_hostcall_accepts(service.hostcall, &import->type);
  if (import->kind != PW_EXTERN_FUNCTION) {
    snprintf(service.text, sizeof(service.text), "not provided: the ABI has only functions to import");
  } else if (!service.hostcall) {
    snprintf(service.text, sizeof(service.text), "not provided: no ABI version has it");
  } else if (!service.served) {
    pw_hostcall_type(service.hostcall, &type);
    snprintf(service.text, sizeof(service.text), "not provided: the ABI has it as %s",
             pw_function_type_text(&type, text, sizeof(text)));
  } else {
    snprintf(service.text, sizeof(service.text), "ABI %s",
             versions_text(service.hostcall->versions, text, sizeof(text)));
  }
  return service;
}

/* ------------------------------------------------------------------------------------------------------------ text */

/* Text of the module's making: what would end the line or move the cursor is escaped. */
static void
print_name(const char *name)
{
  struct pw_bytes buffer = {0};
  struct pw_view  shown  = pw_log_text(pw_view_of(name), MOST_NAME_BYTES, &buffer);
  fwrite(shown.data, 1, shown.size, stdout);
  pw_bytes_clear(&buffer);
}

static void
print_told(const char *label, const char *text)
{
  printf("%-12s", label);
  print_name(*text ? text : "not told");
  printf("\n");
}

static void
print_summary(const struct inspection *inspection)
{
  const struct pw_module_info *info        = inspection->info;
  char                         maximum[40] = "no maximum";
  if (info->memory_maximum != UINT64_MAX) {
    snprintf(maximum, sizeof(maximum), "at most %" PRIu64 " KiB", info->memory_maximum * 64);
  }
  printf("module      %s", inspection->file);
  if (*info->name) {
    printf(" (");
    print_name(info->name);
    printf(")");
  }
  printf("\n");
  printf("size        %zu bytes: code %zu, data %zu; %" PRIu32 " functions\n", inspection->size, info->code_size,
         info->data_size, info->function_count);
  printf("ABI         %s\n", *inspection->versions ? inspection->versions : "no version marked");
  if (info->has_memory) {
    printf("memory      %" PRIu64 " KiB at start, %s%s\n", info->memory_minimum * 64, maximum,
           info->exports_memory ? "" : "; not exported as 'memory'");
  } else {
    printf("memory      none\n");
  }
  printf("allocator   %s\n", inspection->allocator ? inspection->allocator : "none: the host cannot pass bytes to it");
  printf("start       %s\n", *start_function(info) ? start_function(info) : "no start function");
  print_told("producers", info->producers);
  print_told("features", info->features);
}

static const char *
precompiled_state(const struct pw_precompiled_note *note)
{
  return note->fits ? "intact" : note->error.message;
}

static void
print_precompiled(const struct inspection *inspection)
{
  struct pw_view             sections = inspection->precompiled, packed;
  struct pw_precompiled_note note;
  while (pw_precompiled_next(&sections, &packed)) {
    pw_precompiled_look(inspection->module, packed, &note);
    printf("precompiled ");
    if (note.known) {
      printf("for %s %s, %s, stack %" PRIu32 " KiB%s%s; ", note.identity.engine, note.identity.version,
             note.identity.architecture, note.identity.stack_bytes / 1024, note.identity.profile ? ", profile" : "",
             note.identity.images ? ", transaction" : "");
    }
    printf("%zu bytes: %s\n", packed.size, precompiled_state(&note));
  }
}

static void
print_import(const struct pw_extern *import)
{
  struct service service = serve(import);
  char           type[128];
  printf("  %-6s ", service.served ? "ok" : "MISSING");
  print_name(import->module);
  printf(".");
  print_name(import->name);
  printf(" %s: %s\n", type_text(import, type, sizeof(type)), service.text);
}

static void
print_export(const struct inspection *inspection, const struct pw_extern *export)
{
  const char *role = role_of(inspection, export);
  char        type[128];
  printf("  ");
  print_name(export->name);
  printf(" %s%s%s\n", type_text(export, type, sizeof(type)), *role ? ": " : "", role);
}

static void
print_text(const struct inspection *inspection)
{
  const struct pw_module_info *info = inspection->info;
  print_summary(inspection);
  print_precompiled(inspection);
  printf("\nimports (%zu)\n", info->import_count);
  for (size_t i = 0; i < info->import_count; i++) {
    print_import(&info->imports[i]);
  }
  printf("\nexports (%zu)\n", info->export_count);
  for (size_t i = 0; i < info->export_count; i++) {
    print_export(inspection, &info->exports[i]);
  }
  printf("\n");
  const struct pw_error *errors[] = {&inspection->abi, &inspection->callbacks, &inspection->imports};
  for (size_t i = 0; i < 3; i++) {
    if (errors[i]->code != PW_ERROR_NONE) {
      printf("does not link: %s\n", errors[i]->message);
    }
  }
  if (links(inspection)) {
    printf("links\n");
  }
}

/* ------------------------------------------------------------------------------------------------------------ JSON */

static void
put_string(struct pw_json *json, const char *key, const char *text)
{
  pw_json_key(json, key);
  pw_json_string(json, text);
}

static void
put_number(struct pw_json *json, const char *key, uint64_t number)
{
  pw_json_key(json, key);
  pw_json_unsigned(json, number);
}

static void
put_imports(struct pw_json *json, const struct pw_module_info *info)
{
  char text[128];
  pw_json_key(json, "imports");
  pw_json_array_begin(json);
  for (size_t i = 0; i < info->import_count; i++) {
    struct service service = serve(&info->imports[i]);
    pw_json_object_begin(json);
    put_string(json, "module", info->imports[i].module);
    put_string(json, "name", info->imports[i].name);
    put_string(json, "type", type_text(&info->imports[i], text, sizeof(text)));
    pw_json_key(json, "provided");
    pw_json_boolean(json, service.served);
    put_string(json, "note", service.text);
    pw_json_object_end(json);
  }
  pw_json_array_end(json);
}

static void
put_exports(struct pw_json *json, const struct inspection *inspection)
{
  char text[128];
  pw_json_key(json, "exports");
  pw_json_array_begin(json);
  for (size_t i = 0; i < inspection->info->export_count; i++) {
    const struct pw_extern *export = &inspection->info->exports[i];
    pw_json_object_begin(json);
    put_string(json, "name", export->name);
    put_string(json, "type", type_text(export, text, sizeof(text)));
    put_string(json, "role", role_of(inspection, export));
    pw_json_object_end(json);
  }
  pw_json_array_end(json);
}

static void
put_precompiled(struct pw_json *json, const struct inspection *inspection)
{
  struct pw_view             sections = inspection->precompiled, packed;
  struct pw_precompiled_note note;
  pw_json_key(json, "precompiled");
  pw_json_array_begin(json);
  while (pw_precompiled_next(&sections, &packed)) {
    pw_precompiled_look(inspection->module, packed, &note);
    pw_json_object_begin(json);
    put_string(json, "engine", note.known ? note.identity.engine : NULL);
    put_string(json, "version", note.known ? note.identity.version : NULL);
    put_string(json, "architecture", note.known ? note.identity.architecture : NULL);
    put_number(json, "stack", note.identity.stack_bytes);
    pw_json_key(json, "profile");
    pw_json_boolean(json, note.identity.profile != 0);
    pw_json_key(json, "transaction");
    pw_json_boolean(json, note.identity.images != 0);
    put_number(json, "size", packed.size);
    put_string(json, "problem", note.fits ? NULL : note.error.message);
    pw_json_object_end(json);
  }
  pw_json_array_end(json);
}

static void
put_problems(struct pw_json *json, const struct inspection *inspection)
{
  const struct pw_error *errors[] = {&inspection->abi, &inspection->callbacks, &inspection->imports};
  pw_json_key(json, "problems");
  pw_json_array_begin(json);
  for (size_t i = 0; i < 3; i++) {
    if (errors[i]->code != PW_ERROR_NONE) {
      pw_json_string(json, errors[i]->message);
    }
  }
  pw_json_array_end(json);
}

static void
print_json(const struct inspection *inspection)
{
  const struct pw_module_info *info = inspection->info;
  struct pw_json               json = {.out = stdout};
  pw_json_object_begin(&json);
  put_string(&json, "file", inspection->file);
  put_string(&json, "name", info->name);
  put_number(&json, "size", inspection->size);
  put_number(&json, "code_size", info->code_size);
  put_number(&json, "data_size", info->data_size);
  put_number(&json, "functions", info->function_count);
  put_string(&json, "abi", inspection->versions);
  pw_json_key(&json, "memory");
  if (info->has_memory) {
    pw_json_object_begin(&json);
    pw_json_key(&json, "exported");
    pw_json_boolean(&json, info->exports_memory);
    put_number(&json, "minimum_pages", info->memory_minimum);
    pw_json_key(&json, "maximum_pages");
    if (info->memory_maximum == UINT64_MAX) {
      pw_json_null(&json);
    } else {
      pw_json_unsigned(&json, info->memory_maximum);
    }
    pw_json_object_end(&json);
  } else {
    pw_json_null(&json);
  }
  put_string(&json, "allocator", inspection->allocator);
  put_string(&json, "start", *start_function(info) ? start_function(info) : NULL);
  put_string(&json, "producers", info->producers);
  put_string(&json, "features", info->features);
  put_imports(&json, info);
  put_exports(&json, inspection);
  put_precompiled(&json, inspection);
  pw_json_key(&json, "links");
  pw_json_boolean(&json, links(inspection));
  put_problems(&json, inspection);
  pw_json_object_end(&json);
  pw_json_finish(&json);
}

static int
inspect(const struct pw_command_line *line, const char *file, struct pw_view code, bool as_json)
{
  struct pw_error                  error      = {0};
  const struct pw_precompiled_file parts      = pw_precompiled_split(code);
  struct inspection                inspection = {
                   .file = file, .size = code.size, .module = parts.module, .precompiled = parts.sections};
  inspection.info = pw_module_info_read(parts.module, &error);
  if (!inspection.info) {
    fprintf(stderr, "%s: ", file);
    return pw_command_failure(line, &error);
  }
  versions_text(inspection.info->abi_versions, inspection.versions, sizeof(inspection.versions));
  try_links(&inspection);
  if (as_json) {
    print_json(&inspection);
  } else {
    print_text(&inspection);
  }
  pw_module_info_free(inspection.info);
  return links(&inspection) ? PW_EXIT_OK : PW_EXIT_FAILED;
}

static int
run(struct pw_command_line *line)
{
  bool            as_json = false;
  struct pw_bytes code    = {0};
  int             id;
  while ((id = pw_command_next(line)) > 0) {
    as_json = true;
  }
  if (id < 0) {
    return line->exit;
  }
  if (!pw_command_read_module(line, line->arguments[0], &code)) {
    return PW_EXIT_FAILED;
  }
  int exit = inspect(line, line->arguments[0], pw_bytes_view(&code), as_json);
  pw_bytes_clear(&code);
  return exit;
}

const struct pw_command pw_command_inspect = {
  .name        = "inspect",
  .summary     = "say what a module imports and exports, and whether it links",
  .arguments   = "MODULE",
  .description = "Shows ABI version, imports (and which ABI version has them, or why nobody provides them), exports,\n"
                 "memory, sizes, producers and features of a module. No engine is needed.\n"
                 "Exit code: 0 it links, 1 it does not or is no module, 2 the command line is wrong.",
  .options     = options,
  .minimum     = 1,
  .maximum     = 1,
  .run         = run,
};
