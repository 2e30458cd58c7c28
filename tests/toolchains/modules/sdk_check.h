/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the SDK's own test share. */
#ifndef SDK_CHECK_H
#define SDK_CHECK_H

#include <proxy_wasm.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CHECK(condition) sdk_check_that((condition), #condition, __LINE__)

/** Counts and logs a failure unless it holds. */
void sdk_check_that(bool holds, const char *text, int line);
void sdk_check_allocator(void);
void sdk_check_host(void);

#ifdef __cplusplus
}
#endif

#endif
