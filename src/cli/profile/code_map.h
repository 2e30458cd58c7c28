/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file code_map.h
 * Which function's machine code is at an address: from the file that engines write for perf (`profile: true`), which
 * this process reads itself.
 */
#ifndef PROXYWASM_CLI_CODE_MAP_H
#define PROXYWASM_CLI_CODE_MAP_H

#include <proxywasm/types.h>

#include <stdio.h>

struct pw_code_range {
  uintptr_t begin;
  uintptr_t end;
  uint32_t  order; /**< a later one counts where two overlap: code goes, and other code comes to its place */
  bool      glue;  /**< the engine's own, between wasm and host */
  char     *name;
};

/** Zero-initialised is empty. */
struct pw_code_map {
  struct pw_code_range *ranges; /**< by address */
  size_t                count;
  size_t                capacity;
  long                  read; /**< bytes of the file that were read */
};

/** Removes what a process of the same number left behind. Before the engine starts. Errors: FILE. */
bool pw_code_map_prepare(struct pw_error *error);
/** Reads what was written since the last time. No file is no error. Errors: FILE, MEMORY. */
bool pw_code_map_read(struct pw_code_map *map, struct pw_error *error);
/** Whose code is at `address`; NULL: not that of a module. Valid until more is read. */
const struct pw_code_range *pw_code_map_find(const struct pw_code_map *map, uintptr_t address);
/** Frees the map, and removes the file. */
void pw_code_map_clear(struct pw_code_map *map);

#endif
