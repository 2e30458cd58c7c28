/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file file.h
 * Whole reads and writes, and files in memory: for the host, which keeps compiled code and runs the process that
 * compiles, and for engines.
 */
#ifndef PROXYWASM_ENGINE_FILE_H
#define PROXYWASM_ENGINE_FILE_H

#include <proxywasm/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Appends what a file has from its position on, of at most `size` bytes. Errors: FILE, MEMORY. */
bool pw_file_read_all(int file, size_t size, struct pw_bytes *out, struct pw_error *error);
/** Appends all of a file. Errors: FILE, MEMORY; their messages name it. */
bool pw_file_read(const char *path, struct pw_bytes *out, struct pw_error *error);
/** False: errno says why. */
bool pw_file_write_all(int file, struct pw_view content);

/** An empty file in memory, not one of the standard three: those a program may have closed, and files are put in their
 *  place. -1: errno says why not. To be closed. */
int pw_file_in_memory(const char *name);

#ifdef __cplusplus
}
#endif

#endif
