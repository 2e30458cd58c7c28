/* SPDX-License-Identifier: Apache-2.0 */
/** @file origin.h Where an engine's library was found. */
#ifndef PROXYWASM_ENGINE_COMMON_ORIGIN_H
#define PROXYWASM_ENGINE_COMMON_ORIGIN_H

#ifdef __cplusplus
extern "C" {
#endif

/** The path of the object that has a function, as it was opened by; "" if nobody knows. Static storage. */
const char *pw_origin_of(const void *function);

#ifdef __cplusplus
}
#endif

#endif
