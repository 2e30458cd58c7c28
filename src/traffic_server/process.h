/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file process.h
 * What there is once in a traffic_server process, however often the plugin stands in plugin.config and remap.config.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_PROCESS_H
#define PROXYWASM_TRAFFIC_SERVER_PROCESS_H

#include <proxywasm/host.h>

/**
 * Makes the host, opens the log, and registers for what Traffic Server tells plugins (reload, threads ready). May be
 * called any number of times, by TSPluginInit and TSRemapInit. Errors: those of pw_host_new; the plugin then has to do
 * without filters. `is_global`: from TSPluginInit.
 */
bool pw_process_start(bool is_global, struct pw_error *error);

/** The host. NULL before pw_process_start, or when that failed. */
struct pw_host *pw_process_host(void);

/** The index of the transaction argument that holds, in a transaction of the plugin's own, the number of the call or of
 *  the held request that it is for. Those of clients are found by pw_transaction_find. */
int pw_process_argument_index(void);

#endif
