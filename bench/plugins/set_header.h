/* SPDX-License-Identifier: Apache-2.0 */
/* What the plugins that are compared do to a header, but for how its field is made. */
#ifndef BENCH_PLUGINS_SET_HEADER_H
#define BENCH_PLUGINS_SET_HEADER_H

#include <ts/ts.h>

/* What the other side sent under a name goes. */
static inline void
remove_header(TSMBuffer buffer, TSMLoc header, const char *name, int name_size)
{
  TSMLoc field = TSMimeHdrFieldFind(buffer, header, name, name_size);
  while (field != TS_NULL_MLOC) {
    TSMLoc next = TSMimeHdrFieldNextDup(buffer, header, field);
    TSMimeHdrFieldDestroy(buffer, header, field);
    TSHandleMLocRelease(buffer, header, field);
    field = next;
  }
}

/* A field that has a name, and is not in the header yet. */
static inline void
append_field(TSMBuffer buffer, TSMLoc header, TSMLoc field, const char *value, int value_size)
{
  TSMimeHdrFieldValueStringSet(buffer, header, field, -1, value, value_size);
  TSMimeHdrFieldAppend(buffer, header, field);
  TSHandleMLocRelease(buffer, header, field);
}

#endif
