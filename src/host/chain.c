/* SPDX-License-Identifier: Apache-2.0 */
#include "host/internal.h"

#include <stdlib.h>

struct pw_chain *
pw_chain_new(struct pw_worker *worker, struct pw_instance *const *instances, size_t count, struct pw_error *error)
{
  struct pw_chain *chain = (struct pw_chain *)calloc(1, sizeof(*chain) + count * sizeof(chain->instances[0]));
  size_t           i;

  if (chain == NULL) {
    pw_error_set(error, PW_ERROR_MEMORY, "out of memory for a chain of %zu plugins", count);
    return NULL;
  }
  chain->worker       = worker;
  chain->proxy        = worker->host->proxy;
  chain->count        = count;
  chain->first_shared = count;
  atomic_init(&chain->references, 1);
  for (i = 0; i < count; ++i) {
    chain->instances[i] = instances[i];
    chain->callbacks |= instances[i]->plugin->callbacks;
    if (instances[i]->worker->lock != NULL && chain->first_shared == count) {
      chain->first_shared = i;
    }
  }
  return chain;
}

void
pw_chain_release(struct pw_chain *chain)
{
  if (atomic_fetch_sub_explicit(&chain->references, 1, memory_order_acq_rel) != 1) {
    return;
  }
  while (chain->free_streams != NULL) {
    struct pw_stream *stream = chain->free_streams;

    chain->free_streams = stream->next_free;
    free(stream);
  }
  free(chain);
}

void
pw_chain_delete(struct pw_chain *chain)
{
  if (chain != NULL) {
    chain->deleted = true;
    if (chain->streams == 0) {
      pw_chain_release(chain);
    }
  }
}

bool
pw_chain_has_callback(const struct pw_chain *chain, enum pw_callback callback)
{
  return (chain->callbacks >> callback) & 1u;
}

void
pw_chain_tell_dropped_lines(struct pw_chain *chain)
{
  size_t i;

  for (i = 0; i < chain->count; ++i) {
    pw_worker_enter(chain->instances[i]->worker);
    pw_instance_tell_dropped(chain->instances[i]);
    pw_worker_leave(chain->instances[i]->worker);
  }
}
