/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file hostcall.h
 * The functions of the ABI that a module may import, as one table of data: linking, signature checks, stubs for denied
 * capabilities, traces, `proxywasm inspect`, the conformance report and the documentation all come from it.
 */
#ifndef PROXYWASM_HOST_HOSTCALL_H
#define PROXYWASM_HOST_HOSTCALL_H

#include <proxywasm/abi.h>
#include <proxywasm/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `parameters` names each parameter with its kind, "level:u message:b":
 *   u  number, i32                      U  number, i64
 *   b  bytes: address and size (i32 i32)   p  serialised pairs: address and size (i32 i32)
 *   B  returns bytes: address of an address, address of a size (i32 i32)
 *   P  returns serialised pairs, likewise
 *   r  returns a number: its address (i32), 32 bits there    R  the same, 64 bits there
 *   a  address of something else (i32)
 */
struct pw_hostcall {
  const char *module; /**< "env", "wasi_snapshot_preview1" (which stands for "wasi_unstable" too) */
  const char *name;
  const char *parameters;
  char        result;   /**< 's' ABI status, 'e' WASI errno, 'v' none, 'o' status, or none if the module wants it so */
  unsigned    versions; /**< set of enum pw_abi_version whose text has it */
  pw_host_function function;
};

/** All entries. */
const struct pw_hostcall *pw_hostcalls(size_t *count);
/** The entry for an import, or NULL. "wasi_unstable" finds the entries of "wasi_snapshot_preview1". */
const struct pw_hostcall *pw_hostcall_find(const char *module, const char *name);
/** The wasm type of an entry (with its result, for 'o'). */
void pw_hostcall_type(const struct pw_hostcall *hostcall, struct pw_function_type *type);
/** Whether an import of `type` can be served by the entry. */
bool pw_hostcall_accepts(const struct pw_hostcall *hostcall, const struct pw_function_type *type);

#ifdef __cplusplus
}
#endif

#endif
