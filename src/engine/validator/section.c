/* SPDX-License-Identifier: Apache-2.0 */
/* Sections that say what there is in a module. */
#include "internal.h"

#include <stdlib.h>

enum { EXTERN_FUNCTION, EXTERN_TABLE, EXTERN_MEMORY, EXTERN_GLOBAL, EXTERN_TAG };

#define MOST_PAGES 65536

static bool
take_types(struct pw_validation *v, struct pw_types *types)
{
  uint8_t type;

  if (!pw_take_count(v, &types->count)) {
    return false;
  }
  if (types->count > PW_VALID_MOST_VALUES) {
    return pw_invalid(v, "a function has %u parameters or results, %u are allowed", types->count, PW_VALID_MOST_VALUES);
  }
  types->at = v->at;
  for (uint32_t i = 0; i < types->count; i++) {
    if (!pw_take_value_type(v, &type)) {
      return false;
    }
  }
  return true;
}

static bool
take_signature(struct pw_validation *v, struct pw_valid_signature *type)
{
  uint8_t form;

  if (!pw_take_byte(v, &form)) {
    return false;
  }
  if (form == 0x5f || form == 0x5e || form == 0x50 || form == 0x4f || form == 0x4e) {
    return pw_lacking(v, "garbage collection");
  }
  if (form != 0x60) {
    return pw_invalid(v, "0x%02x is no form of a type", form);
  }
  return take_types(v, &type->parameters) && take_types(v, &type->results);
}

static bool
validate_types(struct pw_validation *v)
{
  uint32_t count;

  if (!pw_take_count(v, &count)) {
    return false;
  }
  v->types = calloc((size_t)count + 1, sizeof *v->types);
  if (!v->types) {
    return pw_no_memory(v);
  }
  for (; v->type_count < count; v->type_count++) {
    if (!take_signature(v, &v->types[v->type_count])) {
      return false;
    }
  }
  return true;
}

static bool
take_limits(struct pw_validation *v, bool is_memory)
{
  uint8_t  flags;
  uint32_t minimum;
  uint32_t maximum = UINT32_MAX;

  if (!pw_take_byte(v, &flags)) {
    return false;
  }
  if (flags & 0x04) {
    return pw_lacking(v, "memory64");
  }
  if (flags & 0x02) {
    return pw_lacking(v, "threads (shared memory)");
  }
  if (flags > 1) {
    return is_memory && flags & 0x08 ? pw_lacking(v, "custom page sizes") : pw_invalid(v, "limits flags 0x%x", flags);
  }
  if (!pw_take_u32(v, &minimum) || (flags && !pw_take_u32(v, &maximum))) {
    return false;
  }
  if (minimum > maximum) {
    return pw_invalid(v, "a minimum of %u is above the maximum of %u", minimum, maximum);
  }
  if (is_memory && (minimum > MOST_PAGES || (flags && maximum > MOST_PAGES))) {
    return pw_invalid(v, "a memory of more than %u pages", MOST_PAGES);
  }
  return true;
}

static bool
take_memory(struct pw_validation *v)
{
  v->memory_count++;
  return v->memory_count > 1 ? pw_lacking(v, "multi-memory") : take_limits(v, true);
}

static bool
take_table(struct pw_validation *v)
{
  if (v->at < v->end && *v->at == 0x40) {
    return pw_lacking(v, "typed function references");
  }
  if (v->table_count == PW_VALID_MOST_TABLES) {
    return pw_invalid(v, "more than %u tables", PW_VALID_MOST_TABLES);
  }
  return pw_take_reference_type(v, &v->tables[v->table_count++]) && take_limits(v, false);
}

static bool
take_global(struct pw_validation *v)
{
  struct pw_valid_global *global = &v->globals[v->global_count];
  uint8_t                 flag;

  if (!pw_take_value_type(v, &global->type) || !pw_take_byte(v, &flag)) {
    return false;
  }
  if (flag > 1) {
    return flag == 2 || flag == 3 ? pw_lacking(v, "shared-everything threads") : pw_invalid(v, "mutability %u", flag);
  }
  global->is_mutable = flag;
  return true;
}

/* Makes room for so many more in the arrays that imports and definitions fill. */
static bool
reserve_more(struct pw_validation *v, uint32_t functions, uint32_t tables, uint32_t globals)
{
  size_t function_room = (size_t)v->function_count + functions + 1;
  size_t table_room    = (size_t)v->table_count + tables + 1;
  size_t global_room   = (size_t)v->global_count + globals + 1;
  void  *types         = realloc(v->functions, function_room * sizeof *v->functions);
  void  *elements      = realloc(v->tables, table_room * sizeof *v->tables);
  void  *values        = realloc(v->globals, global_room * sizeof *v->globals);

  /* What was moved is kept in any case. */
  v->functions = types ? types : v->functions;
  v->tables    = elements ? elements : v->tables;
  v->globals   = values ? values : v->globals;
  return (types && elements && values) || pw_no_memory(v);
}

static bool
take_name(struct pw_validation *v, struct pw_view *name)
{
  uint32_t size;

  if (!pw_take_u32(v, &size) || !pw_take_bytes(v, size)) {
    return false;
  }
  if (name) {
    *name = pw_view_make(v->at - size, size);
  }
  return true;
}

static bool
take_import(struct pw_validation *v)
{
  uint8_t kind;

  if (!take_name(v, NULL) || !take_name(v, NULL) || !pw_take_byte(v, &kind)) {
    return false;
  }
  switch (kind) {
  case EXTERN_FUNCTION:
    v->imported_functions++;
    return pw_take_index(v, v->type_count, "type", &v->functions[v->function_count++]);
  case EXTERN_TABLE:
    return take_table(v);
  case EXTERN_MEMORY:
    return take_memory(v);
  case EXTERN_GLOBAL:
    if (!take_global(v)) {
      return false;
    }
    v->global_count++;
    v->imported_globals++;
    return true;
  case EXTERN_TAG:
    return pw_lacking(v, "exceptions");
  default:
    return pw_invalid(v, "0x%02x is no kind of an import", kind);
  }
}

static bool
validate_imports(struct pw_validation *v)
{
  uint32_t count;

  if (!pw_take_count(v, &count) || !reserve_more(v, count, count, count)) {
    return false;
  }
  for (uint32_t i = 0; i < count; i++) {
    if (!take_import(v)) {
      return false;
    }
  }
  return true;
}

static bool
validate_functions(struct pw_validation *v)
{
  uint32_t count;

  if (!pw_take_count(v, &count) || !reserve_more(v, count, 0, 0)) {
    return false;
  }
  if ((uint64_t)v->function_count + count > PW_VALID_MOST_FUNCTIONS) {
    return pw_invalid(v, "more than %u functions", PW_VALID_MOST_FUNCTIONS);
  }
  for (uint32_t i = 0; i < count; i++) {
    if (!pw_take_index(v, v->type_count, "type", &v->functions[v->function_count])) {
      return false;
    }
    v->function_count++;
  }
  return true;
}

static bool
validate_tables(struct pw_validation *v)
{
  uint32_t count;

  if (!pw_take_count(v, &count) || !reserve_more(v, 0, count, 0)) {
    return false;
  }
  for (uint32_t i = 0; i < count; i++) {
    if (!take_table(v)) {
      return false;
    }
  }
  return true;
}

static bool
validate_memories(struct pw_validation *v)
{
  uint32_t count;

  if (!pw_take_count(v, &count)) {
    return false;
  }
  for (uint32_t i = 0; i < count; i++) {
    if (!take_memory(v)) {
      return false;
    }
  }
  return true;
}

static bool
validate_globals(struct pw_validation *v)
{
  uint32_t count;

  if (!pw_take_count(v, &count) || !reserve_more(v, 0, 0, count)) {
    return false;
  }
  for (uint32_t i = 0; i < count; i++) {
    if (!take_global(v) || !pw_validate_constant(v, v->globals[v->global_count].type)) {
      return false;
    }
    v->global_count++;
  }
  return true;
}

static bool
take_export(struct pw_validation *v, struct pw_view *name)
{
  uint8_t  kind;
  uint32_t index;

  if (!take_name(v, name) || !pw_take_byte(v, &kind)) {
    return false;
  }
  switch (kind) {
  case EXTERN_FUNCTION:
    if (!pw_take_index(v, v->function_count, "function", &index)) {
      return false;
    }
    v->declared[index] = true;
    return true;
  case EXTERN_TABLE:
    return pw_take_index(v, v->table_count, "table", &index);
  case EXTERN_MEMORY:
    return pw_take_index(v, v->memory_count, "memory", &index);
  case EXTERN_GLOBAL:
    return pw_take_index(v, v->global_count, "global", &index);
  case EXTERN_TAG:
    return pw_lacking(v, "exceptions");
  default:
    return pw_invalid(v, "0x%02x is no kind of an export", kind);
  }
}

static int
compare_names(const void *a, const void *b)
{
  const struct pw_view *first  = a;
  const struct pw_view *second = b;
  size_t                common = first->size < second->size ? first->size : second->size;
  int                   order  = common > 0 ? memcmp(first->data, second->data, common) : 0;

  return order != 0 ? order : (first->size > second->size) - (first->size < second->size);
}

static bool
take_exports(struct pw_validation *v, struct pw_view *names, uint32_t count)
{
  for (uint32_t i = 0; i < count; i++) {
    if (!take_export(v, &names[i])) {
      return false;
    }
  }
  qsort(names, count, sizeof *names, compare_names);
  for (uint32_t i = 1; i < count; i++) {
    if (compare_names(&names[i - 1], &names[i]) == 0) {
      return pw_invalid(v, "two exports have the same name");
    }
  }
  return true;
}

static bool
validate_exports(struct pw_validation *v)
{
  struct pw_view *names;
  uint32_t        count;
  bool            valid;

  if (!pw_take_count(v, &count)) {
    return false;
  }
  if (count > PW_VALID_MOST_EXPORTS) {
    return pw_invalid(v, "more than %u exports", PW_VALID_MOST_EXPORTS);
  }
  names = calloc((size_t)count + 1, sizeof *names);
  if (!names) {
    return pw_no_memory(v);
  }
  valid = take_exports(v, names, count);
  free(names);
  return valid;
}

static bool
validate_start(struct pw_validation *v)
{
  const struct pw_valid_signature *type;
  uint32_t                         function;

  if (!pw_take_index(v, v->function_count, "function", &function)) {
    return false;
  }
  if (v->notes) {
    v->notes->has_start = true;
    v->notes->start     = function;
  }
  type = &v->types[v->functions[function]];
  return (type->parameters.count == 0 && type->results.count == 0) ||
         pw_invalid(v, "the start function has parameters or results");
}

/* Functions are known once the first section behind them comes. */
static bool
make_declared(struct pw_validation *v)
{
  if (!v->declared) {
    v->declared = calloc((size_t)v->function_count + 1, sizeof *v->declared);
  }
  return v->declared || pw_no_memory(v);
}

bool
pw_validate_section(struct pw_validation *v, uint8_t id)
{
  /* Type, import and function sections are 1, 2 and 3. */
  if (id > 3 && !make_declared(v)) {
    return false;
  }
  switch (id) {
  case 1:
    return validate_types(v);
  case 2:
    return validate_imports(v);
  case 3:
    return validate_functions(v);
  case 4:
    return validate_tables(v);
  case 5:
    return validate_memories(v);
  case 6:
    return validate_globals(v);
  case 7:
    return validate_exports(v);
  case 8:
    return validate_start(v);
  case 9:
    return pw_validate_elements(v);
  case 10:
    return pw_validate_bodies(v);
  case 11:
    return pw_validate_data(v);
  default:
    v->has_data_count = true;
    return pw_take_u32(v, &v->data_count);
  }
}
