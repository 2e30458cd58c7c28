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

/** Processor features that compiled code may use. Engines use every instruction that they find. */
struct pw_code_processor {
  uint32_t words[16];
};

/** What compiled code depends on. All of it is compared, and hashed for the cache's file name; no padding. */
struct pw_code_identity {
  char                     engine[16];                   /**< terminated */
  char                     version[24];                  /**< of the engine; terminated */
  char                     architecture[8];              /**< "x86_64"; terminated */
  uint32_t                 interface;                    /**< PW_ENGINE_INTERFACE */
  uint32_t                 stack_bytes;                  /**< struct pw_engine_settings */
  uint32_t                 profile;                      /**< likewise */
  uint32_t                 images;                       /**< likewise */
  uint8_t                  code_hash[PW_CODE_HASH_SIZE]; /**< SHA-256 of the wasm */
  struct pw_code_processor processor;                    /**< zeros: whatever the engine itself takes */
};

/** SHA-256. Errors: ENGINE (it is not to be had). */
bool pw_code_hash(struct pw_view bytes, uint8_t digest[PW_CODE_HASH_SIZE], struct pw_error *error);

/** `for_this_processor`: for code that stays on this machine, and is found by its key. What is shipped leaves the
 *  processor out: the engine's own bytes say what they need of it. Errors: ENGINE (no hash to be had). */
bool pw_code_identify(const struct pw_engine_ops *ops, const struct pw_engine_settings *settings, struct pw_view code,
                      bool for_this_processor, struct pw_code_identity *identity, struct pw_error *error);

/** One hash of all of it. Errors: ENGINE. */
bool pw_code_key(const struct pw_code_identity *identity, uint8_t key[PW_CODE_HASH_SIZE], struct pw_error *error);

/** Packs the bytes of an engine; appended to `out`. Errors: MEMORY, ENGINE. */
bool pw_code_pack(const struct pw_code_identity *identity, struct pw_view content, struct pw_bytes *out,
                  struct pw_error *error);

/** What a packed file says that it was made for, its texts printable, whether or not it is whole. False: it is no such
 *  file, or one of another version of proxywasm. */
bool pw_code_made_for(struct pw_view file, struct pw_code_identity *identity);

/** Finds the engine's bytes in a packed file, once it is whole and fits `identity`. `content` is a view of `file`.
 *  Errors: FILE ("truncated", "its content was changed"), ENGINE (made for something else: says what differs). */
bool pw_code_unpack(const struct pw_code_identity *identity, struct pw_view file, struct pw_view *content,
                    struct pw_error *error);

/** What came of reading. */
enum pw_code_read { PW_CODE_READ_OK, PW_CODE_READ_NONE, PW_CODE_READ_REFUSED };

/** Reads a whole file into `out`. NONE: there is none. REFUSED, with `error` (FILE): it is no plain file, belongs to
 *  somebody else than us or root, can be written by others, is larger than any compiled code, or cannot be read. */
enum pw_code_read pw_code_read_file(const char *path, struct pw_bytes *out, struct pw_error *error);

/** Writes a file of that mode, which appears whole or not at all, in the place of whatever has that name. Errors: FILE.
 */
bool pw_code_write_file(const char *path, struct pw_view content, unsigned mode, struct pw_error *error);

#ifdef __cplusplus
}
#endif

#endif
