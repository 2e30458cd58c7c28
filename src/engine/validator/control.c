/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions that open, close or leave blocks, and calls. */
#include "internal.h"

enum {
  OP_UNREACHABLE   = 0x00,
  OP_NOP           = 0x01,
  OP_BLOCK         = 0x02,
  OP_LOOP          = 0x03,
  OP_IF            = 0x04,
  OP_ELSE          = 0x05,
  OP_END           = 0x0b,
  OP_BR            = 0x0c,
  OP_BR_IF         = 0x0d,
  OP_BR_TABLE      = 0x0e,
  OP_RETURN        = 0x0f,
  OP_CALL          = 0x10,
  OP_CALL_INDIRECT = 0x11
};

/* Whether what comes next is never reached, as far as blocks tell. */
static bool
is_dead(const struct pw_validation *v)
{
  const struct pw_valid_block *block = v->block_count > 0 ? &v->blocks[v->block_count - 1] : NULL;

  return block && (block->is_unreachable || block->is_dead);
}

bool
pw_open_block(struct pw_validation *v, uint8_t opcode, const struct pw_valid_signature *type)
{
  struct pw_valid_block block  = {.opcode = opcode, .is_dead = is_dead(v), .height = v->stack_size, .type = *type};
  void                 *blocks = v->blocks;

  if (!pw_reserve(v, &blocks, v->block_count, &v->block_capacity, sizeof *v->blocks)) {
    return false;
  }
  v->blocks                   = blocks;
  v->blocks[v->block_count++] = block;
  if (opcode == OP_LOOP && v->notes && !block.is_dead && v->at < v->end && *v->at != OP_END) {
    v->notes->reached_loops++;
  }
  return pw_push_all(v, type->parameters);
}

/* Takes the block's results, which have to be all that is left. */
static bool
close_block(struct pw_validation *v, struct pw_valid_block *closed)
{
  *closed = v->blocks[v->block_count - 1];
  if (!pw_pop_all(v, closed->type.results)) {
    return false;
  }
  if (v->stack_size != closed->height) {
    return pw_invalid(v, "type mismatch: %zu values are left at the end of a block", v->stack_size - closed->height);
  }
  v->block_count--;
  return true;
}

static void
make_unreachable(struct pw_validation *v)
{
  struct pw_valid_block *block = &v->blocks[v->block_count - 1];

  v->stack_size         = block->height;
  block->is_unreachable = true;
}

static bool
take_block_type(struct pw_validation *v, struct pw_valid_signature *type)
{
  const uint8_t *at = v->at;
  int64_t        number;
  uint8_t        byte;

  memset(type, 0, sizeof *type);
  if (at < v->end && *at == 0x40) {
    return pw_take_byte(v, &byte);
  }
  /* A type of a value is a negative number of one byte. */
  if (at < v->end && (*at & 0xc0) == 0x40) {
    type->results = (struct pw_types){.at = at, .count = 1};
    return pw_take_value_type(v, &byte);
  }
  if (!pw_take_signed(v, 33, &number)) {
    return false;
  }
  if (number < 0 || number >= v->type_count) {
    return pw_invalid(v, "there is no type %lld", (long long)number);
  }
  *type = v->types[number];
  return true;
}

static bool
open_with_type(struct pw_validation *v, uint8_t opcode)
{
  struct pw_valid_signature type;

  return take_block_type(v, &type) && (opcode != OP_IF || pw_pop(v, PW_TYPE_I32, NULL)) &&
         pw_pop_all(v, type.parameters) && pw_open_block(v, opcode, &type);
}

static bool
begin_else(struct pw_validation *v)
{
  struct pw_valid_block block;

  if (v->blocks[v->block_count - 1].opcode != OP_IF) {
    return pw_invalid(v, "an else without an if");
  }
  return close_block(v, &block) && pw_open_block(v, OP_ELSE, &block.type);
}

static bool
same_types(struct pw_types a, struct pw_types b)
{
  return a.count == b.count && (a.count == 0 || memcmp(a.at, b.at, a.count) == 0);
}

static bool
end_block(struct pw_validation *v)
{
  struct pw_valid_block block;

  if (!close_block(v, &block)) {
    return false;
  }
  if (block.opcode == OP_IF && !same_types(block.type.parameters, block.type.results)) {
    return pw_invalid(v, "type mismatch: an if without an else has to leave what it took");
  }
  /* The function's own has nobody to take its results. */
  return v->block_count == 0 || pw_push_all(v, block.type.results);
}

/* What a branch to that block takes along. */
static bool
take_label(struct pw_validation *v, struct pw_types *types)
{
  const struct pw_valid_block *block;
  uint32_t                     depth;

  if (!pw_take_u32(v, &depth)) {
    return false;
  }
  if (depth >= v->block_count) {
    return pw_invalid(v, "there is no label %u", depth);
  }
  block  = &v->blocks[v->block_count - 1 - depth];
  *types = block->opcode == OP_LOOP ? block->type.parameters : block->type.results;
  if (v->function && depth == v->block_count - 1) {
    v->function->is_left = true;
  }
  return true;
}

static bool
branch(struct pw_validation *v)
{
  struct pw_types types;

  if (!take_label(v, &types) || !pw_pop_all(v, types)) {
    return false;
  }
  make_unreachable(v);
  return true;
}

static bool
branch_if(struct pw_validation *v)
{
  struct pw_types types;

  return take_label(v, &types) && pw_pop(v, PW_TYPE_I32, NULL) && pw_pop_all(v, types) && pw_push_all(v, types);
}

/* Each target takes the same. In code that is never reached, values of unknown type may do for targets that differ: the
 * engine this is for does not allow that either. */
static bool
branch_table(struct pw_validation *v)
{
  struct pw_types first = {0};
  struct pw_types types;
  uint32_t        count;

  if (!pw_take_count(v, &count)) {
    return false;
  }
  if (count > PW_VALID_MOST_TARGETS) {
    return pw_invalid(v, "a branch table has more than %u targets", PW_VALID_MOST_TARGETS);
  }
  for (uint32_t i = 0; i <= count; i++) {
    if (!take_label(v, &types)) {
      return false;
    }
    if (i == 0) {
      first = types;
    } else if (!same_types(first, types)) {
      return pw_invalid(v, "type mismatch: targets of a branch table differ");
    }
  }
  if (!pw_pop(v, PW_TYPE_I32, NULL) || !pw_pop_all(v, first)) {
    return false;
  }
  make_unreachable(v);
  return true;
}

static bool
return_from(struct pw_validation *v)
{
  if (!pw_pop_all(v, v->blocks[0].type.results) ||
      !pw_note_place(v, PW_PLACE_RETURN, v->at - 1, (uint32_t)v->block_count)) {
    return false;
  }
  make_unreachable(v);
  return true;
}

static bool
call_type(struct pw_validation *v, const struct pw_valid_signature *type)
{
  if (v->function) {
    v->function->calls = true;
  }
  return pw_pop_all(v, type->parameters) && pw_push_all(v, type->results);
}

static bool
call(struct pw_validation *v)
{
  uint32_t function;

  return pw_take_index(v, v->function_count, "function", &function) && call_type(v, &v->types[v->functions[function]]);
}

static bool
call_indirect(struct pw_validation *v)
{
  uint32_t type;
  uint32_t table;

  if (!pw_take_index(v, v->type_count, "type", &type) || !pw_take_index(v, v->table_count, "table", &table)) {
    return false;
  }
  if (v->tables[table] != PW_TYPE_FUNCREF) {
    return pw_invalid(v, "type mismatch: table %u has no functions", table);
  }
  return pw_pop(v, PW_TYPE_I32, NULL) && call_type(v, &v->types[type]);
}

bool
pw_validate_control(struct pw_validation *v, uint8_t opcode)
{
  switch (opcode) {
  case OP_UNREACHABLE:
    make_unreachable(v);
    return true;
  case OP_NOP:
    return true;
  case OP_BLOCK:
  case OP_LOOP:
  case OP_IF:
    return open_with_type(v, opcode);
  case OP_ELSE:
    return begin_else(v);
  case OP_END:
    return end_block(v);
  case OP_BR:
    return branch(v);
  case OP_BR_IF:
    return branch_if(v);
  case OP_BR_TABLE:
    return branch_table(v);
  case OP_RETURN:
    return return_from(v);
  case OP_CALL:
    return call(v);
  case OP_CALL_INDIRECT:
    return call_indirect(v);
  default:
    /* try, catch, throw, rethrow, throw_ref */
    return pw_lacking(v, "exceptions");
  }
}
