/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file validator.h
 * Holds a module against the rules of WebAssembly, before an engine sees it whose own reader is not to be trusted with
 * any bytes that somebody made up.
 *
 * What passes is a valid module of the first standard with sign extension, saturating conversions, multiple values,
 * bulk memory, reference types and mutable globals. Anything else is refused, by the name of the proposal where it is
 * one.
 */
#ifndef PROXYWASM_ENGINE_VALIDATOR_H
#define PROXYWASM_ENGINE_VALIDATOR_H

#include <proxywasm/types.h>

/** Limits beyond those of the standard, as other engines have them. */
#define PW_VALID_MOST_LOCALS    50000   /**< of a function, its parameters included */
#define PW_VALID_MOST_VALUES    1000    /**< parameters of a function type, and results */
#define PW_VALID_MOST_STACK     1000000 /**< values on the stack of a function */
#define PW_VALID_MOST_TARGETS   65520   /**< of a branch table */
#define PW_VALID_MOST_FUNCTIONS 1000000
#define PW_VALID_MOST_EXPORTS   100000
#define PW_VALID_MOST_TABLES    100

/** Validates. Takes time and memory in proportion to the module's size. Errors: MODULE ("at 0x1f: it needs SIMD, …",
 * "at 0x52: type mismatch: i32 wanted, i64 found"), MEMORY. */
bool pw_validate(struct pw_view code, struct pw_error *error);

/* ---- for who changes what was validated ---- */

/** An instruction that may have to be another one in the changed module. */
struct pw_valid_place {
  enum pw_valid_place_kind { PW_PLACE_RETURN, PW_PLACE_MEMORY_GROW, PW_PLACE_TABLE_GROW } kind;
  size_t   begin; /**< offset in the module */
  size_t   end;
  uint32_t number; /**< of a return: how many blocks are open, the function's own included. Of table.grow: the table */
};

/** A function with code. Offsets are those in the module. */
struct pw_valid_function {
  size_t   begin;   /**< of its locals */
  size_t   code;    /**< of its first instruction */
  size_t   end;     /**< behind its last one, which is an end */
  size_t   results; /**< where the types of its results are, a byte each */
  uint32_t result_count;
  uint32_t local_count; /**< parameters included */
  size_t   most_values; /**< that are on its stack at a time */
  bool     calls;       /**< a function, or the host */
  bool     is_left;     /**< by a branch, other than a return */
  size_t   place_count; /**< of the places, in their order, those in this function */
};

/** What there is in a valid module. Zero-initialised is empty. */
struct pw_valid_notes {
  uint32_t                  imported_functions;
  struct pw_valid_function *functions;
  size_t                    function_count;
  size_t                    function_capacity;
  struct pw_valid_place    *places;
  size_t                    place_count;
  size_t                    place_capacity;
  uint32_t                  type_count;
  uint32_t                  table_count;
  uint32_t                  memory_count;
  uint32_t                  global_count;
  uint32_t                 *mutable_globals; /**< numbers of those that the module defines and code can set */
  uint32_t                  mutable_global_count;
  size_t   reached_loops;    /**< with something in them, and not behind an instruction that never goes on */
  bool     keeps_references; /**< one of them is a reference */
  bool     changes_tables;   /**< there are instructions that change a table, or drop a segment */
  bool     has_start;
  uint32_t start; /**< the start section's function */
};

/** Validates, and notes what is found. Notes are cleared with pw_valid_notes_clear, in any case. */
bool pw_validate_and_note(struct pw_view code, struct pw_valid_notes *notes, struct pw_error *error);
void pw_valid_notes_clear(struct pw_valid_notes *notes);

#endif
