/* SPDX-License-Identifier: Apache-2.0 */
/* Code: the locals of each function, and the stack of types that its instructions work on. */
#include "internal.h"

#include <stdlib.h>

bool
pw_push(struct pw_validation *v, uint8_t type)
{
  void *stack = v->stack;

  if (v->stack_size >= PW_VALID_MOST_STACK) {
    return pw_invalid(v, "more than %u values on the stack", PW_VALID_MOST_STACK);
  }
  if (!pw_reserve(v, &stack, v->stack_size, &v->stack_capacity, sizeof *v->stack)) {
    return false;
  }
  v->stack                  = stack;
  v->stack[v->stack_size++] = type;
  if (v->function && v->stack_size > v->function->most_values) {
    v->function->most_values = v->stack_size;
  }
  return true;
}

bool
pw_push_all(struct pw_validation *v, struct pw_types types)
{
  for (uint32_t i = 0; i < types.count; i++) {
    if (!pw_push(v, types.at[i])) {
      return false;
    }
  }
  return true;
}

bool
pw_pop(struct pw_validation *v, uint8_t type, uint8_t *found)
{
  const struct pw_valid_block *block = &v->blocks[v->block_count - 1];
  uint8_t                      top   = PW_TYPE_UNKNOWN;

  if (v->stack_size > block->height) {
    top = v->stack[--v->stack_size];
  } else if (!block->is_unreachable) {
    return pw_invalid(v, "type mismatch: %s wanted, nothing found", pw_type_name(type));
  }
  if (type != PW_TYPE_UNKNOWN && top != PW_TYPE_UNKNOWN && top != type) {
    return pw_invalid(v, "type mismatch: %s wanted, %s found", pw_type_name(type), pw_type_name(top));
  }
  if (found) {
    *found = top;
  }
  return true;
}

bool
pw_pop_all(struct pw_validation *v, struct pw_types types)
{
  for (uint32_t i = types.count; i > 0; i--) {
    if (!pw_pop(v, types.at[i - 1], NULL)) {
      return false;
    }
  }
  return true;
}

static bool
add_locals(struct pw_validation *v, uint32_t count, uint8_t type)
{
  if (count > PW_VALID_MOST_LOCALS - v->local_count) {
    return pw_invalid(v, "a function has more than %u locals", PW_VALID_MOST_LOCALS);
  }
  memset(v->locals + v->local_count, type, count);
  v->local_count += count;
  return true;
}

static bool
take_locals(struct pw_validation *v, const struct pw_valid_signature *type)
{
  uint32_t groups;
  uint32_t count;
  uint8_t  local;

  v->local_count = 0;
  for (uint32_t i = 0; i < type->parameters.count; i++) {
    if (!add_locals(v, 1, type->parameters.at[i])) {
      return false;
    }
  }
  if (!pw_take_count(v, &groups)) {
    return false;
  }
  for (uint32_t i = 0; i < groups; i++) {
    if (!pw_take_u32(v, &count) || !pw_take_value_type(v, &local) || !add_locals(v, count, local)) {
      return false;
    }
  }
  return true;
}

static bool
is_control(uint8_t opcode)
{
  return opcode <= 0x11;
}

static bool
take_body(struct pw_validation *v, const struct pw_valid_signature *type)
{
  struct pw_valid_signature whole = {.results = type->results};
  uint8_t                   opcode;

  v->stack_size  = 0;
  v->block_count = 0;
  if (!pw_note_function(v, type) || !take_locals(v, type) || !pw_open_block(v, 0x02, &whole)) {
    return false;
  }
  if (v->function) {
    v->function->code        = (size_t)(v->at - v->begin);
    v->function->local_count = v->local_count;
  }
  while (v->block_count > 0) {
    if (!pw_take_byte(v, &opcode)) {
      return false;
    }
    if (is_control(opcode) ? !pw_validate_control(v, opcode) : !pw_validate_instruction(v, opcode)) {
      return false;
    }
  }
  return v->at == v->end || pw_invalid(v, "code follows the end of a function");
}

bool
pw_validate_bodies(struct pw_validation *v)
{
  const uint8_t *end = v->end;
  uint32_t       count;
  uint32_t       size;

  if (!pw_take_count(v, &count)) {
    return false;
  }
  if (count != v->function_count - v->imported_functions) {
    return pw_invalid(v, "%u functions, but code of %u", v->function_count - v->imported_functions, count);
  }
  v->locals = malloc(PW_VALID_MOST_LOCALS);
  if (!v->locals) {
    return pw_no_memory(v);
  }
  for (; v->bodies < count; v->bodies++) {
    if (!pw_take_u32(v, &size)) {
      return false;
    }
    if (size > (size_t)(end - v->at)) {
      return pw_invalid(v, "unexpected end: a function has %u bytes", size);
    }
    v->end = v->at + size;
    if (!take_body(v, &v->types[v->functions[v->imported_functions + v->bodies]])) {
      return false;
    }
    v->end = end;
  }
  return true;
}
