/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions that work on values, memory, tables, globals and locals. */
#include "internal.h"

/* Instructions whose operands are of one type, by ranges of opcodes. */
static const struct {
  uint8_t first;
  uint8_t last;
  uint8_t operands; /* how many */
  uint8_t operand;
  uint8_t result;
} numeric[] = {
  {0x45, 0x45, 1, PW_TYPE_I32, PW_TYPE_I32}, /* i32.eqz */
  {0x46, 0x4f, 2, PW_TYPE_I32, PW_TYPE_I32}, /* comparisons */
  {0x50, 0x50, 1, PW_TYPE_I64, PW_TYPE_I32}, /* i64.eqz */
  {0x51, 0x5a, 2, PW_TYPE_I64, PW_TYPE_I32}, {0x5b, 0x60, 2, PW_TYPE_F32, PW_TYPE_I32},
  {0x61, 0x66, 2, PW_TYPE_F64, PW_TYPE_I32}, {0x67, 0x69, 1, PW_TYPE_I32, PW_TYPE_I32}, /* clz, ctz, popcnt */
  {0x6a, 0x78, 2, PW_TYPE_I32, PW_TYPE_I32},                                            /* arithmetic */
  {0x79, 0x7b, 1, PW_TYPE_I64, PW_TYPE_I64}, {0x7c, 0x8a, 2, PW_TYPE_I64, PW_TYPE_I64},
  {0x8b, 0x91, 1, PW_TYPE_F32, PW_TYPE_F32}, /* abs … sqrt */
  {0x92, 0x98, 2, PW_TYPE_F32, PW_TYPE_F32}, {0x99, 0x9f, 1, PW_TYPE_F64, PW_TYPE_F64},
  {0xa0, 0xa6, 2, PW_TYPE_F64, PW_TYPE_F64}, {0xa7, 0xa7, 1, PW_TYPE_I64, PW_TYPE_I32}, /* i32.wrap_i64 */
  {0xa8, 0xa9, 1, PW_TYPE_F32, PW_TYPE_I32},                                            /* i32.trunc_f32 */
  {0xaa, 0xab, 1, PW_TYPE_F64, PW_TYPE_I32}, {0xac, 0xad, 1, PW_TYPE_I32, PW_TYPE_I64}, /* i64.extend_i32 */
  {0xae, 0xaf, 1, PW_TYPE_F32, PW_TYPE_I64}, {0xb0, 0xb1, 1, PW_TYPE_F64, PW_TYPE_I64},
  {0xb2, 0xb3, 1, PW_TYPE_I32, PW_TYPE_F32},                                            /* f32.convert */
  {0xb4, 0xb5, 1, PW_TYPE_I64, PW_TYPE_F32}, {0xb6, 0xb6, 1, PW_TYPE_F64, PW_TYPE_F32}, /* f32.demote_f64 */
  {0xb7, 0xb8, 1, PW_TYPE_I32, PW_TYPE_F64}, {0xb9, 0xba, 1, PW_TYPE_I64, PW_TYPE_F64},
  {0xbb, 0xbb, 1, PW_TYPE_F32, PW_TYPE_F64}, /* f64.promote_f32 */
  {0xbc, 0xbc, 1, PW_TYPE_F32, PW_TYPE_I32}, /* reinterpretations */
  {0xbd, 0xbd, 1, PW_TYPE_F64, PW_TYPE_I64}, {0xbe, 0xbe, 1, PW_TYPE_I32, PW_TYPE_F32},
  {0xbf, 0xbf, 1, PW_TYPE_I64, PW_TYPE_F64}, {0xc0, 0xc1, 1, PW_TYPE_I32, PW_TYPE_I32}, /* sign extension */
  {0xc2, 0xc4, 1, PW_TYPE_I64, PW_TYPE_I64},
};

/* Loads and stores, from 0x28 on. */
static const struct {
  uint8_t type;
  uint8_t most_alignment; /* as a power of 2 */
} accesses[] = {
  {PW_TYPE_I32, 2}, {PW_TYPE_I64, 3}, {PW_TYPE_F32, 2}, {PW_TYPE_F64, 3}, /* loads */
  {PW_TYPE_I32, 0}, {PW_TYPE_I32, 0}, {PW_TYPE_I32, 1}, {PW_TYPE_I32, 1}, /* 0x2c */
  {PW_TYPE_I64, 0}, {PW_TYPE_I64, 0}, {PW_TYPE_I64, 1}, {PW_TYPE_I64, 1}, {PW_TYPE_I64, 2}, {PW_TYPE_I64, 2}, /* 0x30 */
  {PW_TYPE_I32, 2}, {PW_TYPE_I64, 3}, {PW_TYPE_F32, 2}, {PW_TYPE_F64, 3}, /* stores: 0x36 */
  {PW_TYPE_I32, 0}, {PW_TYPE_I32, 1},                                     /* 0x3a */
  {PW_TYPE_I64, 0}, {PW_TYPE_I64, 1}, {PW_TYPE_I64, 2},                   /* 0x3c */
};

enum { FIRST_ACCESS = 0x28, FIRST_STORE = 0x36, LAST_ACCESS = 0x3e };

_Static_assert(sizeof accesses / sizeof *accesses == LAST_ACCESS - FIRST_ACCESS + 1, "one for each load and store");

/* Opcodes of proposals that are not allowed here. */
static const struct {
  uint8_t     first;
  uint8_t     last;
  const char *feature;
} lacking[] = {
  {0x12, 0x13, "tail calls"},
  {0x14, 0x15, "typed function references"},
  {0x18, 0x19, "exceptions"},
  {0x1f, 0x1f, "exceptions"},
  {0xd3, 0xd3, "garbage collection"},
  {0xd4, 0xd6, "typed function references"},
  {0xfb, 0xfb, "garbage collection"},
  {0xfd, 0xfd, "SIMD"},
  {0xfe, 0xfe, "threads (atomic instructions)"},
};

static bool
check_memory(struct pw_validation *v)
{
  return v->memory_count > 0 || pw_invalid(v, "there is no memory 0");
}

/* A byte that newer proposals use for the number of a memory. */
static bool
take_memory_zero(struct pw_validation *v)
{
  uint8_t byte;

  return pw_take_byte(v, &byte) && (byte == 0 || pw_lacking(v, "multi-memory")) && check_memory(v);
}

static bool
pop_many(struct pw_validation *v, uint32_t count, uint8_t type)
{
  for (uint32_t i = 0; i < count; i++) {
    if (!pw_pop(v, type, NULL)) {
      return false;
    }
  }
  return true;
}

static bool
access_memory(struct pw_validation *v, uint8_t opcode)
{
  uint8_t  type = accesses[opcode - FIRST_ACCESS].type;
  uint32_t alignment;
  uint32_t offset;

  if (!pw_take_u32(v, &alignment)) {
    return false;
  }
  if (alignment & 0x40) {
    return pw_lacking(v, "multi-memory");
  }
  if (alignment > accesses[opcode - FIRST_ACCESS].most_alignment) {
    return pw_invalid(v, "an alignment larger than what is accessed");
  }
  if (!pw_take_u32(v, &offset) || !check_memory(v)) {
    return false;
  }
  if (opcode >= FIRST_STORE) {
    return pw_pop(v, type, NULL) && pw_pop(v, PW_TYPE_I32, NULL);
  }
  return pw_pop(v, PW_TYPE_I32, NULL) && pw_push(v, type);
}

static bool
compute(struct pw_validation *v, uint8_t opcode)
{
  for (size_t i = 0; i < sizeof numeric / sizeof *numeric; i++) {
    if (opcode <= numeric[i].last) {
      return pop_many(v, numeric[i].operands, numeric[i].operand) && pw_push(v, numeric[i].result);
    }
  }
  return pw_invalid(v, "0x%02x is no instruction", opcode);
}

static bool
is_reference(uint8_t type)
{
  return type == PW_TYPE_FUNCREF || type == PW_TYPE_EXTERNREF;
}

static bool
select_one(struct pw_validation *v)
{
  uint8_t first;
  uint8_t second;

  if (!pw_pop(v, PW_TYPE_I32, NULL) || !pw_pop(v, PW_TYPE_UNKNOWN, &first) || !pw_pop(v, PW_TYPE_UNKNOWN, &second)) {
    return false;
  }
  if (is_reference(first) || is_reference(second) ||
      (first != second && first != PW_TYPE_UNKNOWN && second != PW_TYPE_UNKNOWN)) {
    return pw_invalid(v, "type mismatch: select between %s and %s", pw_type_name(second), pw_type_name(first));
  }
  return pw_push(v, first == PW_TYPE_UNKNOWN ? second : first);
}

static bool
select_typed(struct pw_validation *v)
{
  uint32_t count;
  uint8_t  type;

  if (!pw_take_u32(v, &count)) {
    return false;
  }
  if (count != 1) {
    return pw_invalid(v, "select of %u types", count);
  }
  return pw_take_value_type(v, &type) && pw_pop(v, PW_TYPE_I32, NULL) && pop_many(v, 2, type) && pw_push(v, type);
}

static bool
use_local(struct pw_validation *v, uint8_t opcode)
{
  uint32_t local;
  uint8_t  type;

  if (!pw_take_index(v, v->local_count, "local", &local)) {
    return false;
  }
  type = v->locals[local];
  return (opcode == 0x20 || pw_pop(v, type, NULL)) && (opcode == 0x21 || pw_push(v, type));
}

static bool
use_global(struct pw_validation *v, uint8_t opcode)
{
  uint32_t global;

  if (!pw_take_index(v, v->global_count, "global", &global)) {
    return false;
  }
  if (opcode == 0x23) {
    return pw_push(v, v->globals[global].type);
  }
  if (!v->globals[global].is_mutable) {
    return pw_invalid(v, "global %u is constant", global);
  }
  return pw_pop(v, v->globals[global].type, NULL);
}

static bool
use_table(struct pw_validation *v, uint8_t opcode)
{
  uint32_t table;

  if (!pw_take_index(v, v->table_count, "table", &table)) {
    return false;
  }
  if (opcode == 0x25) {
    return pw_pop(v, PW_TYPE_I32, NULL) && pw_push(v, v->tables[table]);
  }
  pw_note_table_change(v);
  return pw_pop(v, v->tables[table], NULL) && pw_pop(v, PW_TYPE_I32, NULL);
}

static bool
push_constant(struct pw_validation *v, uint8_t opcode)
{
  int64_t number;

  switch (opcode) {
  case 0x41:
    return pw_take_signed(v, 32, &number) && pw_push(v, PW_TYPE_I32);
  case 0x42:
    return pw_take_signed(v, 64, &number) && pw_push(v, PW_TYPE_I64);
  case 0x43:
    return pw_take_bytes(v, 4) && pw_push(v, PW_TYPE_F32);
  default:
    return pw_take_bytes(v, 8) && pw_push(v, PW_TYPE_F64);
  }
}

static bool
use_reference(struct pw_validation *v, uint8_t opcode)
{
  uint32_t function;
  uint8_t  type;

  switch (opcode) {
  case 0xd0:
    return pw_take_reference_type(v, &type) && pw_push(v, type);
  case 0xd1:
    if (!pw_pop(v, PW_TYPE_UNKNOWN, &type)) {
      return false;
    }
    if (type != PW_TYPE_UNKNOWN && !is_reference(type)) {
      return pw_invalid(v, "type mismatch: a reference wanted, %s found", pw_type_name(type));
    }
    return pw_push(v, PW_TYPE_I32);
  default:
    if (!pw_take_index(v, v->function_count, "function", &function)) {
      return false;
    }
    if (!v->declared[function]) {
      return pw_invalid(v, "function %u is not declared for references", function);
    }
    return pw_push(v, PW_TYPE_FUNCREF);
  }
}

static bool
take_data_index(struct pw_validation *v)
{
  uint32_t segment;

  if (!v->has_data_count) {
    return pw_invalid(v, "a data segment is used without a data count section");
  }
  return pw_take_index(v, v->data_count, "data segment", &segment);
}

static bool
initialise_table(struct pw_validation *v)
{
  uint32_t element;
  uint32_t table;

  pw_note_table_change(v);
  if (!pw_take_index(v, v->element_count, "element segment", &element) ||
      !pw_take_index(v, v->table_count, "table", &table)) {
    return false;
  }
  return (v->elements[element] == v->tables[table] || pw_invalid(v, "type mismatch: elements for another table")) &&
         pop_many(v, 3, PW_TYPE_I32);
}

static bool
copy_table(struct pw_validation *v)
{
  uint32_t to;
  uint32_t from;

  pw_note_table_change(v);
  if (!pw_take_index(v, v->table_count, "table", &to) || !pw_take_index(v, v->table_count, "table", &from)) {
    return false;
  }
  return (v->tables[to] == v->tables[from] || pw_invalid(v, "type mismatch: tables of different types")) &&
         pop_many(v, 3, PW_TYPE_I32);
}

/* table.grow, table.size, table.fill, which begins at `begin` */
static bool
change_table(struct pw_validation *v, uint32_t opcode, const uint8_t *begin)
{
  uint32_t table;

  if (!pw_take_index(v, v->table_count, "table", &table)) {
    return false;
  }
  if (opcode != 16) {
    pw_note_table_change(v);
  }
  switch (opcode) {
  case 15:
    return pw_note_place(v, PW_PLACE_TABLE_GROW, begin, table) && pw_pop(v, PW_TYPE_I32, NULL) &&
           pw_pop(v, v->tables[table], NULL) && pw_push(v, PW_TYPE_I32);
  case 16:
    return pw_push(v, PW_TYPE_I32);
  default:
    return pw_pop(v, PW_TYPE_I32, NULL) && pw_pop(v, v->tables[table], NULL) && pw_pop(v, PW_TYPE_I32, NULL);
  }
}

/* Saturating conversions: two each from f32 and f64 to i32, then to i64. */
static bool
convert(struct pw_validation *v, uint32_t opcode)
{
  return pw_pop(v, opcode & 2 ? PW_TYPE_F64 : PW_TYPE_F32, NULL) && pw_push(v, opcode < 4 ? PW_TYPE_I32 : PW_TYPE_I64);
}

static bool
validate_prefixed(struct pw_validation *v)
{
  const uint8_t *begin = v->at - 1;
  uint32_t       opcode;
  uint32_t       index;

  if (!pw_take_u32(v, &opcode)) {
    return false;
  }
  switch (opcode) {
  case 0 ... 7:
    return convert(v, opcode);
  case 8: /* memory.init */
    return take_data_index(v) && take_memory_zero(v) && pop_many(v, 3, PW_TYPE_I32);
  case 9: /* data.drop */
    pw_note_table_change(v);
    return take_data_index(v);
  case 10: /* memory.copy */
    return take_memory_zero(v) && take_memory_zero(v) && pop_many(v, 3, PW_TYPE_I32);
  case 11: /* memory.fill */
    return take_memory_zero(v) && pop_many(v, 3, PW_TYPE_I32);
  case 12:
    return initialise_table(v);
  case 13: /* elem.drop */
    pw_note_table_change(v);
    return pw_take_index(v, v->element_count, "element segment", &index);
  case 14:
    return copy_table(v);
  case 15 ... 17:
    return change_table(v, opcode, begin);
  case 19 ... 22:
    return pw_lacking(v, "wide arithmetic");
  default:
    return pw_invalid(v, "0xfc %u is no instruction", opcode);
  }
}

static bool
validate_unknown(struct pw_validation *v, uint8_t opcode)
{
  for (size_t i = 0; i < sizeof lacking / sizeof *lacking; i++) {
    if (opcode >= lacking[i].first && opcode <= lacking[i].last) {
      return pw_lacking(v, lacking[i].feature);
    }
  }
  return pw_invalid(v, "0x%02x is no instruction", opcode);
}

bool
pw_validate_instruction(struct pw_validation *v, uint8_t opcode)
{
  switch (opcode) {
  case 0x1a: /* drop */
    return pw_pop(v, PW_TYPE_UNKNOWN, NULL);
  case 0x1b:
    return select_one(v);
  case 0x1c:
    return select_typed(v);
  case 0x20 ... 0x22:
    return use_local(v, opcode);
  case 0x23 ... 0x24:
    return use_global(v, opcode);
  case 0x25 ... 0x26:
    return use_table(v, opcode);
  case FIRST_ACCESS ... LAST_ACCESS:
    return access_memory(v, opcode);
  case 0x3f: /* memory.size */
    return take_memory_zero(v) && pw_push(v, PW_TYPE_I32);
  case 0x40: /* memory.grow */
    return take_memory_zero(v) && pw_note_place(v, PW_PLACE_MEMORY_GROW, v->at - 2, 0) &&
           pw_pop(v, PW_TYPE_I32, NULL) && pw_push(v, PW_TYPE_I32);
  case 0x41 ... 0x44:
    return push_constant(v, opcode);
  case 0x45 ... 0xc4:
    return compute(v, opcode);
  case 0xd0 ... 0xd2:
    return use_reference(v, opcode);
  case 0xfc:
    return validate_prefixed(v);
  default:
    return validate_unknown(v, opcode);
  }
}
