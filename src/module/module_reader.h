/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file module_reader.h
 * A cursor over a wasm binary, for module_info: every read is checked.
 *
 * The first failure stays: all reads after it answer zero or nothing, and move no further, so a caller looks at
 * `failed` once per loop and at the end.
 */
#ifndef PROXYWASM_MODULE_READER_H
#define PROXYWASM_MODULE_READER_H

#include <proxywasm/types.h>

struct pw_module_reader {
  const uint8_t   *bytes; /**< the whole file */
  size_t           position;
  size_t           end;            /**< of what may be read now: the section */
  int              section;        /**< id of the section; -1: none */
  size_t           section_offset; /**< where the section begins (its id) */
  bool             failed;
  struct pw_error *error; /**< gets the first failure; may be NULL */
};

/** The name of a section, "import" for 2; "unknown". Static storage. */
const char *pw_module_section_name(int section);

/** Fails (MODULE): says the section, the offset, and what is wrong. Returns false. */
bool pw_module_fail(struct pw_module_reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Fails (MEMORY). Returns false. */
bool pw_module_fail_memory(struct pw_module_reader *reader);

uint8_t pw_module_read_byte(struct pw_module_reader *reader);
/** LEB128 numbers: at most as many bytes as the number of bits needs, and no bits beyond. */
uint32_t pw_module_read_u32(struct pw_module_reader *reader);
uint64_t pw_module_read_u64(struct pw_module_reader *reader);
/** Skips a signed number of 33 bits (a heap type). */
void pw_module_skip_s33(struct pw_module_reader *reader);
/** The number of elements of a vector of `what`: no more than `limit`, and no more than fit into what is left when each
 *  takes `smallest` bytes at least. 0 on failure. */
uint32_t pw_module_read_count(struct pw_module_reader *reader, size_t smallest, uint32_t limit, const char *what);
/** The next `size` bytes. */
struct pw_view pw_module_read_bytes(struct pw_module_reader *reader, size_t size);
/** A name: a size, and bytes of UTF-8 without NUL. */
struct pw_view pw_module_read_name(struct pw_module_reader *reader);

#endif
