/* SPDX-License-Identifier: Apache-2.0 */
/* What the plugins that are compared do to a header. */
#ifndef BENCH_PLUGINS_SET_HEADER_H
#define BENCH_PLUGINS_SET_HEADER_H

#include <ts/ts.h>

/* Exactly one value, whatever the other side sent under this name. */
static inline void
set_header(TSMBuffer buffer, TSMLoc header, const char *name, int name_size, const char *value, int value_size)
{
  TSMLoc field = TSMimeHdrFieldFind(buffer, header, name, name_size);
  while (field != TS_NULL_MLOC) {
    TSMLoc next = TSMimeHdrFieldNextDup(buffer, header, field);
    TSMimeHdrFieldDestroy(buffer, header, field);
    TSHandleMLocRelease(buffer, header, field);
    field = next;
  }
  if (TSMimeHdrFieldCreateNamed(buffer, header, name, name_size, &field) == TS_SUCCESS) {
    TSMimeHdrFieldValueStringSet(buffer, header, field, -1, value, value_size);
    TSMimeHdrFieldAppend(buffer, header, field);
    TSHandleMLocRelease(buffer, header, field);
  }
}

#endif
