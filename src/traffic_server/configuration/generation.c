/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a generation; how one is made is in generation_load.c. */
#include "traffic_server/configuration/generation.h"

#include "traffic_server/configuration/generation_worker.h"

#include <stdlib.h>

struct pw_generation *
pw_generation_retain(struct pw_generation *generation)
{
  __atomic_add_fetch(&generation->references, 1, __ATOMIC_RELAXED);
  return generation;
}

static void
worker_dispose(struct pw_generation_worker *worker)
{
  if (worker) {
    pw_generation_worker_end(worker);
    pw_generation_worker_delete(worker);
  }
}

void
pw_generation_release(struct pw_generation *generation)
{
  if (!generation || __atomic_sub_fetch(&generation->references, 1, __ATOMIC_ACQ_REL) > 0) {
    return;
  }
  worker_dispose(generation->shared);
  for (size_t i = 0; i < generation->plugin_count; i++) {
    pw_plugin_release(generation->plugins[i].plugin);
  }
  for (size_t i = 0; i < generation->config_count; i++) {
    pw_config_free(generation->configs[i]);
  }
  free(generation->segments);
  free(generation->plugins);
  free(generation->configs);
  free(generation);
}

void
pw_generation_retire(struct pw_generation *generation)
{
  struct pw_generation_worker *none = NULL;
  if (generation) {
    __atomic_store_n(&generation->retired, true, __ATOMIC_RELEASE);
    worker_dispose(__atomic_exchange_n(&generation->prepared, none, __ATOMIC_ACQ_REL));
    pw_generation_release(generation);
  }
}
