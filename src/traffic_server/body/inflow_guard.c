/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/body/inflow_guard.h"

#include "traffic_server/body/outflow.h"

void
pw_inflow_guard_set(struct pw_inflow_guard *guard, TSVIO operation)
{
  guard->tunnel = TSVIOContGet(operation);
  guard->buffer = TSVIOBufferGet(operation);
  guard->reader = TSIOBufferReaderAlloc(guard->buffer);
  /* A reader begins before what is in the block that is being written. */
  TSIOBufferReaderConsume(guard->reader, TSIOBufferReaderAvail(guard->reader));
}

/* The reading that it was set into; NULL: that has ended, and its buffer may be gone, with all readers. */
static TSVIO
guarded(const struct pw_inflow_guard *guard, TSHttpTxn txn)
{
  TSVIO operation = guard->reader ? pw_inflow_from_origin(txn) : NULL;
  return operation && TSVIOContGet(operation) == guard->tunnel && TSVIOBufferGet(operation) == guard->buffer ? operation
                                                                                                             : NULL;
}

bool
pw_inflow_guard_pass(struct pw_inflow_guard *guard, TSHttpTxn txn)
{
  int64_t size = guarded(guard, txn) ? TSIOBufferReaderAvail(guard->reader) : 0;
  if (size > 0) {
    TSIOBufferReaderConsume(guard->reader, size);
  }
  return size > 0;
}

void
pw_inflow_guard_remove(struct pw_inflow_guard *guard, TSHttpTxn txn)
{
  TSVIO operation = guarded(guard, txn);
  if (operation) {
    TSIOBufferReaderFree(guard->reader);
    TSVIOReenable(operation);
  }
  guard->reader = NULL;
}
