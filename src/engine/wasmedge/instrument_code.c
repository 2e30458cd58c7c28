/* SPDX-License-Identifier: Apache-2.0 */
/* The code of functions that are changed: see instrument.c. */
#include "instrument.h"

/* What the interpreter takes for a frame, and for each value in it. It is twice as much, but of the heap. */
#define FRAME_BYTES 48u
#define VALUE_BYTES 8u
/** The heaviest function that may go without a frame. */
#define MOST_LEAF_BYTES 2048u

enum {
  OP_BLOCK      = 0x02,
  OP_END        = 0x0b,
  OP_BR         = 0x0c,
  OP_SELECT     = 0x1b,
  OP_LOCAL_GET  = 0x20,
  OP_LOCAL_SET  = 0x21,
  OP_LOCAL_TEE  = 0x22,
  OP_GLOBAL_GET = 0x23,
  OP_GLOBAL_SET = 0x24,
  OP_STORE      = 0x36,
  OP_SIZE       = 0x3f,
  OP_CONST      = 0x41,
  OP_GREATER    = 0x4b,
  OP_ADD        = 0x6a,
  OP_SUBTRACT   = 0x6b,
  OP_PREFIX     = 0xfc,
  OP_TABLE_SIZE = 16
};

bool
pw_change_is_wrapped(const struct pw_change *change, const struct pw_valid_function *function, size_t first_place)
{
  if (function->is_left) {
    return true;
  }
  for (size_t i = 0; i < function->place_count; i++) {
    if (change->notes.places[first_place + i].kind == PW_PLACE_RETURN) {
      return true;
    }
  }
  return false;
}

static bool
grows(const struct pw_change *change, const struct pw_valid_function *function, size_t first_place)
{
  for (size_t i = 0; i < function->place_count; i++) {
    if (change->notes.places[first_place + i].kind != PW_PLACE_RETURN) {
      return true;
    }
  }
  return false;
}

uint32_t
pw_change_weigh(const struct pw_valid_function *function)
{
  uint32_t weight = FRAME_BYTES + VALUE_BYTES * (function->local_count + (uint32_t)function->most_values);

  return !function->calls && weight <= MOST_LEAF_BYTES ? 0 : weight;
}

static void
get_global(struct pw_writer *to, const struct pw_change *change, uint32_t number)
{
  pw_write_instruction(to, OP_GLOBAL_GET, change->notes.global_count + number);
}

static void
set_global(struct pw_writer *to, const struct pw_change *change, uint32_t number)
{
  pw_write_instruction(to, OP_GLOBAL_SET, change->notes.global_count + number);
}

static void
write_begin(struct pw_writer *to, const struct pw_change *change, uint32_t weight, uint32_t number, uint32_t frame)
{
  if (weight == 0) {
    pw_write_constant(to, (int32_t)number);
    set_global(to, change, PW_OWN_LEAF);
    return;
  }
  get_global(to, change, PW_OWN_TOP);
  pw_write_instruction(to, OP_LOCAL_TEE, frame);
  pw_write_constant(to, (int32_t)weight);
  pw_write_byte(to, OP_ADD);
  set_global(to, change, PW_OWN_TOP);
  pw_write_instruction(to, OP_LOCAL_GET, frame);
  pw_write_constant(to, (int32_t)number);
  pw_write_byte(to, OP_STORE);
  pw_write_number(to, 0x40 | 2); /* with the number of a memory; of alignment 4 */
  pw_write_number(to, change->notes.memory_count);
  pw_write_number(to, weight - 4);
}

static void
write_end(struct pw_writer *to, const struct pw_change *change, uint32_t weight, uint32_t frame)
{
  if (weight == 0) {
    pw_write_constant(to, -1);
    set_global(to, change, PW_OWN_LEAF);
  } else {
    pw_write_instruction(to, OP_LOCAL_GET, frame);
    set_global(to, change, PW_OWN_TOP);
  }
  pw_write_byte(to, OP_END);
}

/* The block that a function's code is in. Types for several results are added in the order of functions. */
static void
write_block(struct pw_writer *to, struct pw_change *change, const struct pw_valid_function *function)
{
  pw_write_byte(to, OP_BLOCK);
  if (function->result_count > 1) {
    pw_write_signed(to, (int64_t)change->notes.type_count + change->wrap_types++);
  } else {
    pw_write_byte(to, function->result_count ? change->code[function->results] : PW_TYPE_CODE_NONE);
  }
}

/* How much to grow by is on the stack, and is replaced when it is too much by what no engine can grow by. */
static void
write_grow(struct pw_writer *to, const struct pw_change *change, const struct pw_valid_place *place, uint32_t local)
{
  pw_write_instruction(to, OP_LOCAL_SET, local);
  pw_write_constant(to, -1);
  pw_write_instruction(to, OP_LOCAL_GET, local);
  pw_write_instruction(to, OP_LOCAL_GET, local);
  if (place->kind == PW_PLACE_MEMORY_GROW) {
    get_global(to, change, PW_OWN_PAGES);
    pw_write_instruction(to, OP_SIZE, 0);
  } else {
    get_global(to, change, PW_OWN_ELEMENTS);
    pw_write_byte(to, OP_PREFIX);
    pw_write_instruction(to, OP_TABLE_SIZE, place->number);
  }
  pw_write_byte(to, OP_SUBTRACT);
  pw_write_byte(to, OP_GREATER);
  pw_write_byte(to, OP_SELECT);
  pw_write_bytes(to, change->code + place->begin, place->end - place->begin);
}

/* The code without its last end, with what has to be another. */
static void
write_code(struct pw_writer *to, const struct pw_change *change, const struct pw_valid_function *function,
           size_t first_place, uint32_t local)
{
  size_t at = function->code;

  for (size_t i = 0; i < function->place_count; i++) {
    const struct pw_valid_place *place = &change->notes.places[first_place + i];

    pw_write_bytes(to, change->code + at, place->begin - at);
    if (place->kind == PW_PLACE_RETURN) {
      pw_write_instruction(to, OP_BR, place->number - 1);
    } else {
      write_grow(to, change, place, local);
    }
    at = place->end;
  }
  pw_write_bytes(to, change->code + at, function->end - 1 - at);
}

/* Locals as they are, and one or two more. */
static void
write_locals(struct pw_writer *to, const struct pw_change *change, const struct pw_valid_function *function,
             uint32_t more)
{
  struct pw_view locals = pw_view_make((const char *)change->code + function->begin, function->code - function->begin);
  uint32_t       groups = pw_change_take_number(&locals);

  pw_write_number(to, groups + (more > 0));
  pw_write_bytes(to, locals.data, locals.size);
  if (more > 0) {
    pw_write_number(to, more);
    pw_write_byte(to, PW_TYPE_CODE_I32);
  }
}

void
pw_change_write_function(struct pw_writer *to, struct pw_change *change, size_t index, size_t first_place)
{
  const struct pw_valid_function *function = &change->notes.functions[index];
  uint32_t                        weight   = change->layout->functions[index].weight;
  uint32_t                        number   = change->layout->imported_functions + (uint32_t)index;
  uint32_t                        frame    = function->local_count;
  uint32_t                        grown    = frame + (weight > 0);
  bool                            wrapped  = pw_change_is_wrapped(change, function, first_place);

  write_locals(to, change, function, (weight > 0) + (uint32_t)grows(change, function, first_place));
  write_begin(to, change, weight, number, frame);
  if (wrapped) {
    write_block(to, change, function);
  }
  write_code(to, change, function, first_place, grown);
  if (wrapped) {
    pw_write_byte(to, OP_END);
  }
  write_end(to, change, weight, frame);
}
