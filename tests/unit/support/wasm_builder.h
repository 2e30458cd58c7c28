/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file wasm_builder.h
 * Puts wasm binaries together byte by byte, well-formed or not.
 */
#ifndef TESTS_SUPPORT_WASM_BUILDER_H
#define TESTS_SUPPORT_WASM_BUILDER_H

#include <proxywasm/types.h>

/** Begins a module: appends magic number and version. */
void wasm_begin(struct pw_bytes *module);
/** Appends bytes. Fails the test when memory is out, as all of these. */
void wasm_bytes(struct pw_bytes *out, const void *bytes, size_t size);
/** Appends a LEB128 number in its shortest form. */
void wasm_number(struct pw_bytes *out, uint64_t number);
/** Appends a name with its size. */
void wasm_name(struct pw_bytes *out, const char *name);
/** Appends a section with this content. */
void wasm_section(struct pw_bytes *module, int id, struct pw_view content);
/** Appends a custom section. */
void wasm_custom(struct pw_bytes *module, const char *name, struct pw_view content);

#endif
