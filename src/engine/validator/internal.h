/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file internal.h
 * What the files of the validator share. Each function here answers false once an error is set, and is then not to be
 * called again.
 */
#ifndef PROXYWASM_ENGINE_VALIDATOR_INTERNAL_H
#define PROXYWASM_ENGINE_VALIDATOR_INTERNAL_H

#include "validator.h"

/** Types of values, as they are written in a module. */
enum pw_value_type {
  PW_TYPE_UNKNOWN   = 0, /**< of a value in code that is never reached: any */
  PW_TYPE_I32       = 0x7f,
  PW_TYPE_I64       = 0x7e,
  PW_TYPE_F32       = 0x7d,
  PW_TYPE_F64       = 0x7c,
  PW_TYPE_FUNCREF   = 0x70,
  PW_TYPE_EXTERNREF = 0x6f
};

/** Types of values in a row; they lie in the module. */
struct pw_types {
  const uint8_t *at;
  uint32_t       count;
};

struct pw_valid_signature {
  struct pw_types parameters;
  struct pw_types results;
};

struct pw_valid_global {
  uint8_t type;
  bool    is_mutable;
};

/** A block that is open. */
struct pw_valid_block {
  uint8_t                   opcode; /**< block, loop, if, else; the function's own: block */
  bool                      is_unreachable;
  bool                      is_dead; /**< it begins in code that is never reached */
  size_t                    height;  /**< of the stack below it */
  struct pw_valid_signature type;
};

struct pw_validation {
  const uint8_t   *begin;
  const uint8_t   *at;
  const uint8_t   *end; /**< of what is being read: the module, a section, a function */
  struct pw_error *error;

  struct pw_valid_notes    *notes;    /**< NULL: nobody wants them */
  struct pw_valid_function *function; /**< of the notes: the one that is being read; NULL when nobody wants them */

  /* The module so far. Imports come first in each. */
  struct pw_valid_signature *types;
  uint32_t                   type_count;
  uint32_t                  *functions; /**< numbers of their types */
  uint32_t                   function_count;
  uint32_t                   imported_functions;
  bool                      *declared; /**< functions that code may take references of */
  uint8_t                   *tables;   /**< types of their elements */
  uint32_t                   table_count;
  uint32_t                   memory_count;
  struct pw_valid_global    *globals;
  uint32_t                   global_count;
  uint32_t                   imported_globals;
  uint8_t                   *elements; /**< types of element segments */
  uint32_t                   element_count;
  bool                       has_data_count;
  uint32_t                   data_count; /**< as announced */
  uint32_t                   data_segments;
  uint32_t                   bodies;

  /* The function that is being read. */
  uint8_t               *locals; /**< room for PW_VALID_MOST_LOCALS */
  uint32_t               local_count;
  uint8_t               *stack;
  size_t                 stack_size;
  size_t                 stack_capacity;
  struct pw_valid_block *blocks;
  size_t                 block_count;
  size_t                 block_capacity;
};

/* ---- reader.c: where errors are at, and what modules are made of ---- */
bool pw_invalid(struct pw_validation *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** The module needs a proposal by that name. */
bool pw_lacking(struct pw_validation *v, const char *feature);
bool pw_no_memory(struct pw_validation *v);
bool pw_take_byte(struct pw_validation *v, uint8_t *byte);
bool pw_take_bytes(struct pw_validation *v, size_t count);
bool pw_take_u32(struct pw_validation *v, uint32_t *number);
/** A signed number of that many bits (32, 33, 64). */
bool pw_take_signed(struct pw_validation *v, unsigned bits, int64_t *number);
/** How many items follow, of which each takes a byte at least. */
bool pw_take_count(struct pw_validation *v, uint32_t *count);
/** A number below `limit`; `what` names what it is the number of. */
bool pw_take_index(struct pw_validation *v, uint32_t limit, const char *what, uint32_t *index);
bool pw_take_value_type(struct pw_validation *v, uint8_t *type);
bool pw_take_reference_type(struct pw_validation *v, uint8_t *type);
/** "i32" and the like. */
const char *pw_type_name(uint8_t type);
/** Makes room for one more in an array. */
bool pw_reserve(struct pw_validation *v, void **array, size_t count, size_t *capacity, size_t item_size);

/* ---- section.c, segment.c ---- */
bool pw_validate_section(struct pw_validation *v, uint8_t id);
bool pw_validate_elements(struct pw_validation *v);
bool pw_validate_data(struct pw_validation *v);
/** An expression that is constant, of that type. */
bool pw_validate_constant(struct pw_validation *v, uint8_t type);

/* ---- notes.c: nothing is done when nobody wants notes ---- */
bool pw_note_function(struct pw_validation *v, const struct pw_valid_signature *type);
/** A place from `begin` to where the validation is. */
bool pw_note_place(struct pw_validation *v, enum pw_valid_place_kind kind, const uint8_t *begin, uint32_t number);
/** An instruction that changes a table, or drops a segment. */
void pw_note_table_change(struct pw_validation *v);
bool pw_note_module(struct pw_validation *v);

/* ---- body.c ---- */
bool pw_validate_bodies(struct pw_validation *v);
bool pw_push(struct pw_validation *v, uint8_t type);
bool pw_push_all(struct pw_validation *v, struct pw_types types);
/** Takes a value of that type (PW_TYPE_UNKNOWN: any) from the stack. `found` may be NULL. */
bool pw_pop(struct pw_validation *v, uint8_t type, uint8_t *found);
bool pw_pop_all(struct pw_validation *v, struct pw_types types);

/* ---- control.c: an instruction that opens, closes or leaves blocks ---- */
bool pw_open_block(struct pw_validation *v, uint8_t opcode, const struct pw_valid_signature *type);
bool pw_validate_control(struct pw_validation *v, uint8_t opcode);

/* ---- instruction.c: all others ---- */
bool pw_validate_instruction(struct pw_validation *v, uint8_t opcode);

#endif
