/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file folder.h
 * Folders for programs that cannot do without files.
 */
#ifndef PROXYWASM_ENGINE_FOLDER_H
#define PROXYWASM_ENGINE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Makes an empty folder that nobody else may write to, in $TMPDIR or /tmp, and writes its path to `path`. False: errno
 *  says why. To be removed. */
bool pw_folder_make(char *path, size_t size);
/** Removes it with all that is in it, as far as that can be done. Symbolic links are not followed. */
void pw_folder_remove(const char *path);

#ifdef __cplusplus
}
#endif

#endif
