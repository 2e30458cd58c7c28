/* SPDX-License-Identifier: Apache-2.0 */
/** @file perf_map.h The file in which perf looks for the names of functions that a process has made. */
#ifndef PROXYWASM_ENGINE_COMMON_PERF_MAP_H
#define PROXYWASM_ENGINE_COMMON_PERF_MAP_H

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/** This process's, to append lines "BEGIN SIZE NAME" to, numbers in hexadecimal. NULL: it cannot be opened. To be
 * closed.
 */
FILE *pw_perf_map_open(void);

#ifdef __cplusplus
}
#endif

#endif
