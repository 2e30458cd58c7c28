/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file code_file.h
 * Compiled code as a file: a header that says what it was made of and for, with a digest, and then the engine's bytes.
 * In the cache directory and as precompiled input alike.
 */
#ifndef PROXYWASM_ENGINE_CODE_FILE_H
#define PROXYWASM_ENGINE_CODE_FILE_H

#include <proxywasm/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PW_CODE_HASH_SIZE 32

/** What compiled code depends on. */
struct pw_code_identity {
  char    engine[16];                   /**< terminated */
  char    version[24];                  /**< terminated */
  uint8_t code_hash[PW_CODE_HASH_SIZE]; /**< SHA-256 of the wasm */
  uint8_t key[PW_CODE_HASH_SIZE];       /**< SHA-256 of all of it: those, settings and processor features */
};

/** Errors: ENGINE (no hash to be had). */
bool pw_code_identify(const struct pw_engine_ops *ops, const struct pw_engine_settings *settings, struct pw_view code,
                      struct pw_code_identity *identity, struct pw_error *error);

/** Packs the bytes of an engine; appended to `out`. Errors: MEMORY, ENGINE. */
bool pw_code_pack(const struct pw_code_identity *identity, struct pw_view content, struct pw_bytes *out,
                  struct pw_error *error);

/** Finds the engine's bytes in a packed file, once it is whole and fits `identity`. `content` is a view of `file`.
 *  Errors: FILE ("truncated", "its content was changed"), ENGINE (made for something else: says for what). */
bool pw_code_unpack(const struct pw_code_identity *identity, struct pw_view file, struct pw_view *content,
                    struct pw_error *error);

/** What came of reading. */
enum pw_code_read { PW_CODE_READ_OK, PW_CODE_READ_NONE, PW_CODE_READ_REFUSED };

/** Reads a whole file into `out`. NONE: there is none. REFUSED, with `error` (FILE): it is no plain file, belongs to
 *  somebody else than us or root, can be written by others, is larger than any compiled code, or cannot be read. */
enum pw_code_read pw_code_read_file(const char *path, struct pw_bytes *out, struct pw_error *error);

/** Writes a file that appears whole or not at all, readable by us only. Errors: FILE. */
bool pw_code_write_file(const char *path, struct pw_view content, struct pw_error *error);

#ifdef __cplusplus
}
#endif

#endif
