/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file module_sections.h
 * A walk over the sections of a wasm binary.
 */
#ifndef PROXYWASM_MODULE_SECTIONS_H
#define PROXYWASM_MODULE_SECTIONS_H

#include "module/module_reader.h"

enum {
  PW_MODULE_SECTION_CUSTOM = 0,
  PW_MODULE_SECTION_IMPORT = 2,
  PW_MODULE_SECTION_TABLE  = 4,
  PW_MODULE_SECTION_MEMORY = 5,
  PW_MODULE_SECTION_EXPORT = 7,
  PW_MODULE_SECTION_CODE   = 10
};

/** Magic number and version. */
enum { PW_MODULE_HEADER_SIZE = 8 };

struct pw_module_section {
  uint8_t id;
  size_t  begin; /**< of its id; its content is at the reader's position */
  size_t  end;
};

/** Sets the reader to the first section. Errors: MODULE; later ones go to `error` too, which may be NULL. */
bool pw_module_sections_begin(struct pw_module_reader *reader, struct pw_view code, struct pw_error *error);
/** The next section, whose content can be read then. The caller puts the reader's position to its end. False behind the
 *  last one, or when the reader has failed. */
bool pw_module_section_next(struct pw_module_reader *reader, size_t size, struct pw_module_section *section);
/** Sets the reader to the content of the first section of that id. False: there is none, or what is before it is no
 *  module. */
bool pw_module_section_find(struct pw_module_reader *reader, struct pw_view code, uint8_t id);

#endif
