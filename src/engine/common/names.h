/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file names.h
 * The names of functions that a module carries in its custom section "name", for engines that do not read it.
 */
#ifndef PROXYWASM_ENGINE_COMMON_NAMES_H
#define PROXYWASM_ENGINE_COMMON_NAMES_H

#include "backtrace.h"

#ifdef __cplusplus
extern "C" {
#endif

/** So many names are looked at for a backtrace: a module may have any number of them, and a trap must not take its time
 *  by that. */
#define PW_NAMES_LOOKED_AT 100000

/** More than that, in number or in length, is no module's that somebody works with. */
#define PW_NAMES_MOST    1000000
#define PW_NAMES_LONGEST 65536

/** Where in the wasm binary `code` the names of functions are, empty if nowhere. Any bytes are allowed. Walks over all
 *  sections: for loading, not for traps. */
struct pw_view pw_names_in(struct pw_view code);

/** For engines that read names themselves, and copy them for each frame: sections with more of them, or longer ones,
 * get another title. Nothing moves. Any bytes are allowed. */
void pw_names_hide(struct pw_bytes *code);

/** Sets the names of those frames that have one among the first PW_NAMES_LOOKED_AT of `names`, from pw_names_in, and
 *  none yet. They are views of it, and hold whatever the module says. Any bytes are allowed. */
void pw_names_find(struct pw_view names, struct pw_frame *frames, size_t count);

#ifdef __cplusplus
}
#endif

#endif
