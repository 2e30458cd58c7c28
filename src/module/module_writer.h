/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file module_writer.h
 * Writes pieces of wasm binaries. What fails for lack of memory is told by `failed`, and all that follows does nothing.
 */
#ifndef PROXYWASM_MODULE_MODULE_WRITER_H
#define PROXYWASM_MODULE_MODULE_WRITER_H

#include <proxywasm/types.h>

/** Zero-initialised is empty. */
struct pw_writer {
  struct pw_bytes bytes;
  bool            failed;
};

void pw_writer_clear(struct pw_writer *writer);
void pw_write_bytes(struct pw_writer *to, const void *bytes, size_t size);
void pw_write_byte(struct pw_writer *to, uint8_t byte);
/** LEB128. */
void pw_write_number(struct pw_writer *to, uint32_t number);
void pw_write_signed(struct pw_writer *to, int64_t number);
/** An opcode and its number. */
void pw_write_instruction(struct pw_writer *to, uint8_t opcode, uint32_t number);
/** i32.const */
void pw_write_constant(struct pw_writer *to, int32_t number);
/** How many bytes another writer has, and those. */
void pw_write_sized(struct pw_writer *to, const struct pw_writer *content);
/** A section's content `there` (data NULL: none), which begins with how many there are, with `count` more, which are in
 *  `added`; that one is cleared. */
void pw_write_longer(struct pw_writer *to, struct pw_view there, uint32_t count, struct pw_writer *added);

#endif
