/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file wasm_builder.h
 * Makes the smallest wasm binaries that tests of the host need: a memory, imported functions and exported functions of
 * given types. The fake engine never runs their bodies, which do nothing but look at their parameters.
 */
#ifndef TESTS_FAKES_WASM_BUILDER_H
#define TESTS_FAKES_WASM_BUILDER_H

#include <proxywasm/types.h>

/** A function: `type` is parameters, then ':', then the result: "ii:i", ":v"; then '-' if it looks at no parameter.
 * Ends with a NULL name. */
struct wasm_function {
  const char *module; /**< NULL for an export */
  const char *name;
  const char *type;
};

/** The binary, owned by the caller. `functions`: imports first. `with_memory`: exports a memory of one page. */
struct pw_bytes wasm_build(const struct wasm_function *functions, bool with_memory);

#endif
