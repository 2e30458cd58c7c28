/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/late_hook.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void
pw_late_hook_add(struct pw_late_hook *hook, TSHttpHookID id, TSEventFunc function)
{
  if (__atomic_load_n(&hook->added, __ATOMIC_ACQUIRE)) {
    return;
  }
  pthread_mutex_lock(&lock);
  if (!hook->added) {
    hook->continuation = TSContCreate(function, NULL);
    TSHttpHookAdd(id, hook->continuation);
    __atomic_store_n(&hook->added, true, __ATOMIC_RELEASE);
  }
  pthread_mutex_unlock(&lock);
}
