/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tables.h
 * The limit of an instance's tables: struct pw_instance_options, table_elements.
 */
#ifndef PROXYWASM_ENGINE_COMMON_TABLES_H
#define PROXYWASM_ENGINE_COMMON_TABLES_H

#include <proxywasm/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How many elements each of `count` tables may have, where all of them may have `limit` together: an equal share,
 * since engines limit tables one by one. UINT32_MAX if the limit is 0: none. */
uint32_t pw_table_share(uint32_t limit, size_t count);

/** Whether a table may begin with `largest` elements. Errors: LIMIT, as from `engine`. */
bool pw_table_check(const char *engine, uint32_t largest, uint32_t limit, size_t count, struct pw_error *error);

#ifdef __cplusplus
}
#endif

#endif
