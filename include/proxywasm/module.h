/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file module.h
 * What a wasm file says of itself, read without any engine: imports, exports, memory, names, ABI version.
 */
#ifndef PROXYWASM_MODULE_H
#define PROXYWASM_MODULE_H

#include <proxywasm/abi.h>
#include <proxywasm/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

enum pw_extern_kind {
  PW_EXTERN_FUNCTION = 0,
  PW_EXTERN_TABLE    = 1,
  PW_EXTERN_MEMORY   = 2,
  PW_EXTERN_GLOBAL   = 3,
  PW_EXTERN_TAG      = 4
};

/** An import or an export. Strings are terminated, and owned by the module info. */
struct pw_extern {
  enum pw_extern_kind kind;
  const char         *module; /**< NULL for an export */
  const char         *name;
  bool type_known; /**< false for a function whose type the ABI cannot have (v128, references, several results, more
                      than PW_MAX_PARAMETERS parameters) */
  struct pw_function_type type; /**< of a function whose type is known */
};

struct pw_module_info {
  struct pw_extern *imports;
  size_t            import_count;
  struct pw_extern *exports;
  size_t            export_count;
  bool              has_memory;     /**< defines or imports a memory */
  bool              exports_memory; /**< exports it as "memory" */
  uint64_t          memory_minimum; /**< pages of 64 KiB */
  uint64_t          memory_maximum; /**< UINT64_MAX: none said */
  unsigned          abi_versions;   /**< set of enum pw_abi_version: one bit, unless the module marks several */
  char             *name;           /**< from the name section; "" if none */
  char             *producers;      /**< "language C11; processed-by clang 14.0.6", "" if none */
  char             *features;       /**< from target_features: "+bulk-memory +sign-ext", "" if none */
  size_t            code_size;      /**< bytes of the code section */
  size_t            data_size;      /**< bytes of the data section */
  uint32_t          function_count; /**< functions defined in the module */
};

/**
 * Reads a wasm binary. Every length in it is checked; no input can make it read out of bounds, recurse, or allocate
 * more than a small multiple of `code.size`. Errors: MODULE, with the offset and the section ("not a wasm module:
 * begins with 3c 21 …; is it a text file?", "section 2 (import) at 0x0c ends beyond the file"); MEMORY. The result is
 * to be freed with pw_module_info_free.
 */
struct pw_module_info *pw_module_info_read(struct pw_view code, struct pw_error *error);
void                   pw_module_info_free(struct pw_module_info *info);

/** How many functions it imports: its own are numbered after them. */
uint32_t pw_module_imported_functions(const struct pw_module_info *info);

/** An export by name, or NULL. */
const struct pw_extern *pw_module_export(const struct pw_module_info *info, const char *name);

/** Compares types; `text_a`-style names for messages come from pw_function_type_text. */
bool pw_function_type_equal(const struct pw_function_type *a, const struct pw_function_type *b);
/** "(i32, i64) -> i32" into `buffer`; always terminated. Returns `buffer`. */
const char *pw_function_type_text(const struct pw_function_type *type, char *buffer, size_t size);

#ifdef __cplusplus
}
#endif

#endif
