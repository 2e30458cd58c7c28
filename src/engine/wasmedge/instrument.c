/* SPDX-License-Identifier: Apache-2.0 */
/* Changes modules so that they keep to limits, and can say where they trapped.
 *
 * WasmEdge's interpreter has a stack that grows as long as there is memory, and tables likewise; its limits for
 * memories are of the process; and after a trap nothing is left of its frames. So a module gets a second memory, which
 * no instruction of its own reaches: the stack. Each function begins and ends with
 *
 *     global.get $top  local.tee $frame  i32.const WEIGHT  i32.add  global.set $top
 *     local.get $frame  i32.const NUMBER  i32.store $stack offset=WEIGHT-4     ;; traps where the stack ends
 *     ...
 *     local.get $frame  global.set $top
 *
 * where the weight stands for the memory that the interpreter takes for a frame. A function that calls none and has a
 * small frame only says that it runs:
 *
 *     i32.const NUMBER  global.set $leaf  ...  i32.const -1  global.set $leaf
 *
 * A function that is left in other ways than by its end has its code in a block, so that all ways lead to that end.
 * memory.grow and table.grow ask for more than there can be when they ask for more than the limit.
 *
 * The start section becomes an export, to be called under a deadline. Custom sections are left out: WasmEdge would run
 * native code that it finds in one of that name. */
#include "instrument.h"

#include <stdlib.h>

enum { OP_END = 0x0b };
enum { EXPORT_FUNCTION = 0, EXPORT_MEMORY = 2, EXPORT_GLOBAL = 3 };

/* ---- reading; all of it is valid ---- */

uint32_t
pw_change_take_number(struct pw_view *bytes)
{
  uint32_t number = 0;
  uint8_t  byte;

  for (unsigned shift = 0;; shift += 7) {
    byte = (uint8_t)*bytes->data++;
    bytes->size--;
    number |= (uint32_t)(byte & 0x7f) << shift;
    if (!(byte & 0x80)) {
      return number;
    }
  }
}

static void
find_sections(struct pw_change *change)
{
  struct pw_view rest = {.data = (const char *)change->code + 8, .size = change->size - 8};

  while (rest.size > 0) {
    uint8_t  id = (uint8_t)*rest.data++;
    uint32_t size;

    rest.size--;
    size = pw_change_take_number(&rest);
    if (id > 0 && id < PW_MOST_SECTIONS) {
      change->sections[id] = pw_view_make(rest.data, size);
    }
    rest.data += size;
    rest.size -= size;
  }
}

static void
take_limits(struct pw_view *bytes, uint32_t *minimum, uint32_t *maximum)
{
  uint32_t flags = pw_change_take_number(bytes);

  *minimum = pw_change_take_number(bytes);
  *maximum = flags & 1 ? pw_change_take_number(bytes) : UINT32_MAX;
}

/* ---- sections ---- */

static void
write_code_section(struct pw_writer *to, struct pw_change *change)
{
  struct pw_writer body  = {0};
  size_t           place = 0;

  pw_write_number(to, (uint32_t)change->notes.function_count);
  for (size_t i = 0; i < change->notes.function_count; i++) {
    body.bytes.size = 0;
    pw_change_write_function(&body, change, i, place);
    pw_write_sized(to, &body);
    place += change->notes.functions[i].place_count;
  }
  pw_writer_clear(&body);
}

/* Behind those that are there, one for each function in a block with several results. */
static void
write_types(struct pw_writer *to, const struct pw_change *change)
{
  struct pw_writer added = {0};
  uint32_t         count = 0;
  size_t           place = 0;

  for (size_t i = 0; i < change->notes.function_count; i++) {
    const struct pw_valid_function *function = &change->notes.functions[i];

    if (function->result_count > 1 && pw_change_is_wrapped(change, function, place)) {
      pw_write_byte(&added, PW_TYPE_CODE_FUNCTION);
      pw_write_number(&added, 0);
      pw_write_number(&added, function->result_count);
      pw_write_bytes(&added, change->code + function->results, function->result_count);
      count++;
    }
    place += function->place_count;
  }
  pw_write_longer(to, change->sections[PW_SECTION_TYPE], count, &added);
}

/* Every table with a maximum, so that one that asks for more than there can be never gets it. */
static void
write_tables(struct pw_writer *to, const struct pw_change *change)
{
  struct pw_view bytes = change->sections[PW_SECTION_TABLE];
  uint32_t       count = pw_change_take_number(&bytes);

  pw_write_number(to, count);
  for (uint32_t i = 0; i < count; i++) {
    uint32_t minimum;
    uint32_t maximum;

    pw_write_byte(to, (uint8_t)*bytes.data++);
    bytes.size--;
    take_limits(&bytes, &minimum, &maximum);
    maximum = maximum < PW_WASMEDGE_MOST_ELEMENTS ? maximum : PW_WASMEDGE_MOST_ELEMENTS;
    pw_write_byte(to, 1);
    pw_write_number(to, minimum);
    pw_write_number(to, maximum < minimum ? minimum : maximum);
    if (change->layout->table_elements < minimum) {
      change->layout->table_elements = minimum;
    }
  }
}

static void
write_memories(struct pw_writer *to, const struct pw_change *change)
{
  struct pw_view   there = change->sections[PW_SECTION_MEMORY];
  struct pw_writer added = {0};
  uint32_t         maximum;

  if (there.data && pw_change_take_number(&there) > 0) {
    take_limits(&there, &change->layout->memory_pages, &maximum);
  }
  pw_write_byte(&added, 1);
  pw_write_number(&added, change->pages);
  pw_write_number(&added, change->pages);
  pw_write_longer(to, change->sections[PW_SECTION_MEMORY], 1, &added);
}

static void
write_globals(struct pw_writer *to, const struct pw_change *change)
{
  /* Limits are set for each instance. */
  int32_t          values[PW_OWN_GLOBALS] = {[PW_OWN_TOP] = (int32_t)change->layout->bottom, [PW_OWN_LEAF] = -1};
  struct pw_writer added                  = {0};

  for (size_t i = 0; i < PW_OWN_GLOBALS; i++) {
    pw_write_byte(&added, PW_TYPE_CODE_I32);
    pw_write_byte(&added, 1);
    pw_write_constant(&added, values[i]);
    pw_write_byte(&added, OP_END);
  }
  pw_write_longer(to, change->sections[PW_SECTION_GLOBAL], PW_OWN_GLOBALS, &added);
}

static void
write_export(struct pw_writer *to, const char *name, uint8_t kind, uint32_t number)
{
  pw_write_number(to, (uint32_t)strlen(name));
  pw_write_bytes(to, name, strlen(name));
  pw_write_byte(to, kind);
  pw_write_number(to, number);
}

static void
write_exports(struct pw_writer *to, const struct pw_change *change)
{
  uint32_t         globals = change->notes.global_count;
  struct pw_writer added   = {0};

  write_export(&added, PW_WASMEDGE_STACK, EXPORT_MEMORY, change->notes.memory_count);
  write_export(&added, PW_WASMEDGE_TOP, EXPORT_GLOBAL, globals + PW_OWN_TOP);
  write_export(&added, PW_WASMEDGE_LEAF, EXPORT_GLOBAL, globals + PW_OWN_LEAF);
  write_export(&added, PW_WASMEDGE_PAGES, EXPORT_GLOBAL, globals + PW_OWN_PAGES);
  write_export(&added, PW_WASMEDGE_ELEMENTS, EXPORT_GLOBAL, globals + PW_OWN_ELEMENTS);
  if (change->notes.has_start) {
    write_export(&added, PW_WASMEDGE_START, EXPORT_FUNCTION, change->notes.start);
  }
  pw_write_longer(to, change->sections[PW_SECTION_EXPORT], PW_WASMEDGE_OWN_EXPORTS - !change->notes.has_start, &added);
}

/* False: the section is not there. */
static bool
write_content(struct pw_writer *to, struct pw_change *change, uint8_t id)
{
  struct pw_view there = change->sections[id];

  switch (id) {
  case PW_SECTION_MEMORY:
    write_memories(to, change);
    return true;
  case PW_SECTION_GLOBAL:
    write_globals(to, change);
    return true;
  case PW_SECTION_EXPORT:
    write_exports(to, change);
    return true;
  default:
    break;
  }
  if (!there.data) {
    return false;
  }
  if (id == PW_SECTION_TYPE) {
    write_types(to, change);
  } else if (id == PW_SECTION_TABLE) {
    write_tables(to, change);
  } else if (id == PW_SECTION_CODE) {
    write_code_section(to, change);
  } else {
    pw_write_bytes(to, there.data, there.size);
  }
  return true;
}

/* In the order that the standard has, without the start section (8). */
static void
write_module(struct pw_change *change)
{
  static const uint8_t order[] = {1, 2, 3, 4, 5, 6, 7, 9, 12, 10, 11};
  struct pw_writer     content = {0};

  pw_write_bytes(&change->out, change->code, 8);
  for (size_t i = 0; i < sizeof order; i++) {
    content.bytes.size = 0;
    if (write_content(&content, change, order[i])) {
      pw_write_byte(&change->out, order[i]);
      pw_write_sized(&change->out, &content);
    }
  }
  pw_writer_clear(&content);
}

/* ---- the whole ---- */

static bool
weigh_functions(struct pw_change *change)
{
  struct pw_wasmedge_layout *layout = change->layout;

  layout->functions = calloc(change->notes.function_count + 1, sizeof *layout->functions);
  if (!layout->functions) {
    return false;
  }
  layout->function_count     = change->notes.function_count;
  layout->imported_functions = change->notes.imported_functions;
  for (size_t i = 0; i < layout->function_count; i++) {
    layout->functions[i].offset = (uint32_t)change->notes.functions[i].begin;
    layout->functions[i].weight = pw_change_weigh(&change->notes.functions[i]);
  }
  return true;
}

/* A module with names of ours is valid, and yet not for this engine. */
static bool
check_exports(struct pw_view code, struct pw_error *error)
{
  static const char *const own[] = {PW_WASMEDGE_STACK, PW_WASMEDGE_TOP,      PW_WASMEDGE_LEAF,
                                    PW_WASMEDGE_PAGES, PW_WASMEDGE_ELEMENTS, PW_WASMEDGE_START};
  struct pw_module_info   *info  = pw_module_info_read(code, error);
  bool                     good  = info != NULL;

  for (size_t i = 0; good && i < PW_WASMEDGE_OWN_EXPORTS; i++) {
    if (pw_module_export(info, own[i])) {
      good = pw_error_set(error, PW_ERROR_MODULE, "it exports '%s', a name that is this engine's own", own[i]);
    }
  }
  pw_module_info_free(info);
  return good;
}

bool
pw_wasmedge_instrument(struct pw_view code, uint32_t stack_bytes, struct pw_bytes *out,
                       struct pw_wasmedge_layout *layout, struct pw_error *error)
{
  struct pw_change change = {
    .code = (const uint8_t *)code.data, .size = code.size, .layout = layout, .out.bytes = *out};
  bool done;

  memset(layout, 0, sizeof *layout);
  if (code.size > INT32_MAX) {
    return pw_error_set(error, PW_ERROR_MODULE, "a module of %zu bytes is too large", code.size);
  }
  if (!pw_validate_and_note(code, &change.notes, error) || !check_exports(code, error)) {
    pw_valid_notes_clear(&change.notes);
    return false;
  }
  change.pages        = (stack_bytes + PW_WASMEDGE_PAGE_BYTES - 1) / PW_WASMEDGE_PAGE_BYTES;
  layout->size        = change.pages * PW_WASMEDGE_PAGE_BYTES;
  layout->bottom      = layout->size - stack_bytes;
  layout->has_start   = change.notes.has_start;
  layout->table_count = change.notes.table_count;
  done                = weigh_functions(&change);
  if (done) {
    find_sections(&change);
    write_module(&change);
    done = !change.out.failed;
  }
  *out = change.out.bytes;
  pw_valid_notes_clear(&change.notes);
  return done || pw_error_set(error, PW_ERROR_MEMORY, "module of %zu bytes", code.size);
}

void
pw_wasmedge_layout_clear(struct pw_wasmedge_layout *layout)
{
  free(layout->functions);
  memset(layout, 0, sizeof *layout);
}
