/* SPDX-License-Identifier: Apache-2.0 */
#include "module/module_parameters.h"

#include "module/module_sections.h"
#include "module/module_types.h"

/* What stands behind an opcode. */
enum immediates {
  NOTHING,
  NUMBER, /* of any sign: an index, a type of a block, an integer */
  TWO_NUMBERS,
  LOCAL,
  ACCESS,  /* to memory: alignment, memory, offset */
  TARGETS, /* of a branch table */
  TYPES,
  FOUR_BYTES,
  EIGHT_BYTES,
  MORE /* of the opcode, and then numbers */
};

/* Of the first standard, and of what has been added without a prefix of its own until multiple values. */
static const struct {
  uint8_t first;
  uint8_t last;
  uint8_t immediates;
} instructions[] = {
  {0x00, 0x01, NOTHING},     /* unreachable, nop */
  {0x02, 0x04, NUMBER},      /* block, loop, if */
  {0x05, 0x05, NOTHING},     /* else */
  {0x0b, 0x0b, NOTHING},     /* end */
  {0x0c, 0x0d, NUMBER},      /* br, br_if */
  {0x0e, 0x0e, TARGETS},     /* br_table */
  {0x0f, 0x0f, NOTHING},     /* return */
  {0x10, 0x10, NUMBER},      /* call */
  {0x11, 0x11, TWO_NUMBERS}, /* call_indirect */
  {0x1a, 0x1b, NOTHING},     /* drop, select */
  {0x1c, 0x1c, TYPES},       /* select of a type */
  {0x20, 0x22, LOCAL},       /* local.get, local.set, local.tee */
  {0x23, 0x26, NUMBER},      /* global.get, global.set, table.get, table.set */
  {0x28, 0x3e, ACCESS},      /* loads and stores */
  {0x3f, 0x40, NUMBER},      /* memory.size, memory.grow */
  {0x41, 0x42, NUMBER},      /* i32.const, i64.const */
  {0x43, 0x43, FOUR_BYTES},  /* f32.const */
  {0x44, 0x44, EIGHT_BYTES}, /* f64.const */
  {0x45, 0xc4, NOTHING},     /* on numbers */
  {0xd0, 0xd0, NUMBER},      /* ref.null */
  {0xd1, 0xd1, NOTHING},     /* ref.is_null */
  {0xd2, 0xd2, NUMBER},      /* ref.func */
  {0xfc, 0xfc, MORE},        /* saturating conversions, bulk memory, tables */
};

/* How many numbers stand behind 0xfc and each opcode. */
static const uint8_t numbers_of_more[] = {0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1};

static void
skip_numbers(struct pw_module_reader *reader, uint32_t count)
{
  for (uint32_t i = 0; i < count && !reader->failed; i++) {
    for (int byte = 0; pw_module_read_byte(reader) & 0x80; byte++) {
      if (byte == 9) {
        pw_module_fail(reader, "a number is longer than 64 bits");
      }
    }
  }
}

static void
skip_more(struct pw_module_reader *reader)
{
  uint32_t opcode = pw_module_read_u32(reader);
  if (opcode >= sizeof(numbers_of_more)) {
    pw_module_fail(reader, "0xfc %u is not known", (unsigned)opcode);
    return;
  }
  skip_numbers(reader, numbers_of_more[opcode]);
}

static void
skip_access(struct pw_module_reader *reader)
{
  bool names_memory = pw_module_read_u32(reader) & 0x40;
  skip_numbers(reader, names_memory ? 2 : 1);
}

static void
skip_types(struct pw_module_reader *reader)
{
  uint32_t count = pw_module_read_u32(reader);
  for (uint32_t i = 0; i < count && !reader->failed; i++) {
    pw_module_read_value_type(reader);
  }
}

static enum immediates
immediates_of(struct pw_module_reader *reader, uint8_t opcode)
{
  for (size_t i = 0; i < sizeof(instructions) / sizeof(instructions[0]); i++) {
    if (opcode >= instructions[i].first && opcode <= instructions[i].last) {
      return (enum immediates)instructions[i].immediates;
    }
  }
  pw_module_fail(reader, "0x%02x is not known", opcode);
  return NOTHING;
}

/* The next instruction: the local that it names, as a bit. */
static uint32_t
read_instruction(struct pw_module_reader *reader)
{
  uint32_t local;
  switch (immediates_of(reader, pw_module_read_byte(reader))) {
  case NOTHING:
    break;
  case NUMBER:
    skip_numbers(reader, 1);
    break;
  case TWO_NUMBERS:
    skip_numbers(reader, 2);
    break;
  case LOCAL:
    local = pw_module_read_u32(reader);
    return local < 32 ? UINT32_C(1) << local : 0;
  case ACCESS:
    skip_access(reader);
    break;
  case TARGETS:
    skip_numbers(reader, pw_module_read_u32(reader));
    skip_numbers(reader, 1);
    break;
  case TYPES:
    skip_types(reader);
    break;
  case FOUR_BYTES:
    pw_module_read_bytes(reader, 4);
    break;
  case EIGHT_BYTES:
    pw_module_read_bytes(reader, 8);
    break;
  case MORE:
    skip_more(reader);
    break;
  }
  return 0;
}

static uint32_t
read_body(struct pw_module_reader *reader)
{
  uint32_t used   = 0;
  uint32_t groups = pw_module_read_u32(reader);
  for (uint32_t i = 0; i < groups && !reader->failed; i++) {
    pw_module_read_u32(reader); /* how many locals */
    pw_module_read_value_type(reader);
  }
  while (!reader->failed && reader->position < reader->end) {
    used |= read_instruction(reader);
  }
  return reader->failed ? PW_MODULE_ALL_PARAMETERS : used;
}

/* The number of an exported function. False: there is none. */
static bool
find_function(struct pw_view code, struct pw_view name, uint32_t *function)
{
  struct pw_module_reader reader;
  if (!pw_module_section_find(&reader, code, PW_MODULE_SECTION_EXPORT)) {
    return false;
  }
  uint32_t count = pw_module_read_u32(&reader);
  for (uint32_t i = 0; i < count && !reader.failed; i++) {
    bool    named = pw_view_equal(pw_module_read_name(&reader), name);
    uint8_t kind  = pw_module_read_byte(&reader);
    *function     = pw_module_read_u32(&reader);
    if (named && kind == PW_EXTERN_FUNCTION && !reader.failed) {
      return true;
    }
  }
  return false;
}

/* Goes to the body of the module's own function with that number, which is the whole that can be read then. */
static bool
find_body(struct pw_module_reader *reader, struct pw_view code, uint32_t number)
{
  if (!pw_module_section_find(reader, code, PW_MODULE_SECTION_CODE) || number >= pw_module_read_u32(reader)) {
    return false;
  }
  for (uint32_t i = 0; i < number && !reader->failed; i++) {
    pw_module_read_bytes(reader, pw_module_read_u32(reader));
  }
  uint32_t size = pw_module_read_u32(reader);
  if (reader->failed || size > reader->end - reader->position) {
    return false;
  }
  reader->end = reader->position + size;
  return true;
}

uint32_t
pw_module_parameters_used(struct pw_view code, const struct pw_module_info *info, const char *export_name)
{
  struct pw_module_reader reader;
  uint32_t                imported = pw_module_imported_functions(info);
  uint32_t                function;
  if (!find_function(code, pw_view_of(export_name), &function) || function < imported ||
      !find_body(&reader, code, function - imported)) {
    return PW_MODULE_ALL_PARAMETERS;
  }
  return read_body(&reader);
}
