/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file late_hook.h
 * Hooks of all transactions that most servers never need, and that would cost each request something: they are added
 * when they are wanted first.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_LATE_HOOK_H
#define PROXYWASM_TRAFFIC_SERVER_LATE_HOOK_H

#include "traffic_server/compatibility.h"

#include <stdbool.h>

/** Static storage; zero-initialised: not added. */
struct pw_late_hook {
  TSCont continuation; /**< for hooks of single transactions that go with it */
  bool   added;        /**< atomic */
};

/**
 * Adds it, if it is not there: when this returns, transactions that begin come to it. Any thread. The server's list of
 * hooks takes one at a time, so all that are added after its start are added here.
 */
void pw_late_hook_add(struct pw_late_hook *hook, TSHttpHookID id, TSEventFunc function);

#endif
