/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which VM ids are in use. Shared data and queues belong to a VM id, over all threads and through reloads (the new
 * plugins are loaded before the old ones go); with the last plugin of an id they would be out of reach for ever.
 */
#include "host/internal.h"

#include <stdlib.h>

struct pw_vm_id {
  struct pw_vm_id *next;
  size_t           references;
  size_t           size;
  char             text[];
};

static struct pw_vm_id **
vm_id_find(struct pw_host *host, struct pw_view vm_id)
{
  struct pw_vm_id **link = &host->vm_ids;

  while (*link != NULL && !pw_view_equal(pw_view_make((*link)->text, (*link)->size), vm_id)) {
    link = &(*link)->next;
  }
  return link;
}

bool
pw_host_vm_id_retain(struct pw_host *host, struct pw_view vm_id)
{
  struct pw_vm_id **link;
  bool              ok;

  pthread_mutex_lock(&host->vm_id_lock);
  link = vm_id_find(host, vm_id);
  if (*link == NULL) {
    *link = (struct pw_vm_id *)calloc(1, sizeof(**link) + vm_id.size);
    if (*link != NULL) {
      (*link)->size = vm_id.size;
      if (vm_id.size > 0) {
        memcpy((*link)->text, vm_id.data, vm_id.size);
      }
    }
  }
  ok = *link != NULL;
  if (ok) {
    ++(*link)->references;
  }
  pthread_mutex_unlock(&host->vm_id_lock);
  return ok;
}

void
pw_host_vm_id_release(struct pw_host *host, struct pw_view vm_id)
{
  struct pw_vm_id **link;
  struct pw_vm_id  *gone = NULL;

  pthread_mutex_lock(&host->vm_id_lock);
  link = vm_id_find(host, vm_id);
  if (--(*link)->references == 0) {
    gone  = *link;
    *link = gone->next;
    pw_shared_data_remove_vm(host->shared_data, vm_id);
    pw_shared_queues_remove_vm(host->shared_queues, vm_id);
  }
  pthread_mutex_unlock(&host->vm_id_lock);
  free(gone);
}
