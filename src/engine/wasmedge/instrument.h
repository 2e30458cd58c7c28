/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file instrument.h
 * What the two files that change modules share. What they read is valid.
 */
#ifndef PROXYWASM_ENGINE_WASMEDGE_INSTRUMENT_H
#define PROXYWASM_ENGINE_WASMEDGE_INSTRUMENT_H

#include "internal.h"
#include "module/module_writer.h"
#include "validator/validator.h"

/** Numbers of sections. */
enum {
  PW_SECTION_TYPE   = 1,
  PW_SECTION_TABLE  = 4,
  PW_SECTION_MEMORY = 5,
  PW_SECTION_GLOBAL = 6,
  PW_SECTION_EXPORT = 7,
  PW_SECTION_CODE   = 10,
  PW_MOST_SECTIONS  = 13
};

/** Types, as they are written in a module. */
enum { PW_TYPE_CODE_I32 = 0x7f, PW_TYPE_CODE_NONE = 0x40, PW_TYPE_CODE_FUNCTION = 0x60 };

/** Globals that are added, behind the module's: the top of the stack, the leaf that runs, and two limits. */
enum pw_own_global { PW_OWN_TOP, PW_OWN_LEAF, PW_OWN_PAGES, PW_OWN_ELEMENTS, PW_OWN_GLOBALS };

struct pw_change {
  const uint8_t             *code;
  size_t                     size;
  struct pw_valid_notes      notes;
  struct pw_view             sections[PW_MOST_SECTIONS]; /**< contents; data NULL: not there */
  struct pw_wasmedge_layout *layout;
  uint32_t                   pages;      /**< of the stack's memory */
  uint32_t                   wrap_types; /**< used so far, for blocks of several results */
  struct pw_writer           out;
};

/** Takes an unsigned LEB128 number from the front. */
uint32_t pw_change_take_number(struct pw_view *bytes);

/* ---- instrument_code.c. `first_place` is the number of the function's first place in the notes ---- */

/** The weight of a function's frame in bytes of the stack; 0: it needs none. */
uint32_t pw_change_weigh(const struct pw_valid_function *function);
/** Whether a function's code has to be in a block. With several results, that has a type of its own: such types are
 * added in the order of functions. */
bool pw_change_is_wrapped(const struct pw_change *change, const struct pw_valid_function *function, size_t first_place);
/** Writes the changed body of function number `index` of those with code. */
void pw_change_write_function(struct pw_writer *to, struct pw_change *change, size_t index, size_t first_place);

#endif
