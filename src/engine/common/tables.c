/* SPDX-License-Identifier: Apache-2.0 */
#include "tables.h"

#include <stdio.h>

uint32_t
pw_table_share(uint32_t limit, size_t count)
{
  if (limit == 0) {
    return UINT32_MAX;
  }
  return count > 1 ? (uint32_t)(limit / count) : limit;
}

bool
pw_table_check(const char *engine, uint32_t largest, uint32_t limit, size_t count, struct pw_error *error)
{
  uint32_t share   = pw_table_share(limit, count);
  char     all[96] = "";

  if (largest <= share) {
    return true;
  }
  if (count > 1) {
    snprintf(all, sizeof all, " for each of its %zu tables, %u for all", count, limit);
  }
  return pw_error_set(error, PW_ERROR_LIMIT,
                      "%s cannot start the module: a table begins with %u elements, which exceeds the limit of %u%s",
                      engine, largest, share, all);
}
