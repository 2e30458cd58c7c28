/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file transaction_memory.h
 * Transactions and segments, kept by each event thread for the next ones: a request allocates nothing.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_TRANSACTION_MEMORY_H
#define PROXYWASM_TRAFFIC_SERVER_TRANSACTION_MEMORY_H

#include "traffic_server/transaction/transaction.h"

/** NULL: memory is out. */
struct pw_transaction *pw_transaction_new(struct pw_event_thread *thread, TSHttpTxn txn);
/** Adds the segments of a generation, all or none. False: memory is out. */
bool pw_transaction_add_segments(struct pw_transaction *transaction, struct pw_generation_worker *worker);
/** Ends its streams and gives everything back. */
void pw_transaction_free(struct pw_transaction *transaction);

#endif
