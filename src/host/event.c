/* SPDX-License-Identifier: Apache-2.0 */
/* What other threads leave for a worker: items in shared queues that a root context has to be told of. */
#include "host/internal.h"

#include <stdlib.h>

/* May run on any thread: leaves a note and wakes the worker. The root cannot go away meanwhile: it unsubscribes first,
 * and that waits for calls under way. */
static void
event_notify(void *data, uint32_t queue_id, uint32_t items)
{
  struct pw_root        *root   = (struct pw_root *)data;
  struct pw_worker      *worker = root->context.instance->worker;
  struct pw_queue_event *event  = (struct pw_queue_event *)malloc(sizeof(*event));
  bool                   first;

  if (event == NULL) {
    /* The items stay in the queue; the module sees them at its next dequeue. */
    return;
  }
  event->next     = NULL;
  event->root     = root;
  event->queue_id = queue_id;
  event->items    = items;
  pthread_mutex_lock(&worker->event_lock);
  first               = worker->events == NULL;
  *worker->events_end = event;
  worker->events_end  = &event->next;
  pthread_mutex_unlock(&worker->event_lock);
  if (first && worker->host->proxy->wake != NULL) {
    worker->host->proxy->wake(worker->data);
  }
}

struct pw_queue_subscriber
pw_root_subscriber(struct pw_root *root)
{
  struct pw_queue_subscriber subscriber;

  subscriber.notify = event_notify;
  subscriber.data   = root;
  return subscriber;
}

static void
events_drop(struct pw_worker *worker, const struct pw_root *root)
{
  struct pw_queue_event **link;

  pthread_mutex_lock(&worker->event_lock);
  link = &worker->events;
  while (*link != NULL) {
    struct pw_queue_event *event = *link;

    if (event->root == root) {
      *link = event->next;
      free(event);
    } else {
      link = &event->next;
    }
  }
  worker->events_end = link;
  pthread_mutex_unlock(&worker->event_lock);
}

void
pw_root_unsubscribe(struct pw_root *root)
{
  struct pw_worker *worker = root->context.instance->worker;

  if (root->subscribed) {
    root->subscribed = false;
    pw_shared_queues_unsubscribe(worker->host->shared_queues, root);
    events_drop(worker, root);
  }
}

static struct pw_queue_event *
events_pop(struct pw_worker *worker)
{
  struct pw_queue_event *event;

  pthread_mutex_lock(&worker->event_lock);
  event = worker->events;
  if (event != NULL) {
    worker->events = event->next;
    if (worker->events == NULL) {
      worker->events_end = &worker->events;
    }
  }
  pthread_mutex_unlock(&worker->event_lock);
  return event;
}

static void
event_deliver(const struct pw_queue_event *event)
{
  struct pw_root         *root   = pw_root_retain(event->root);
  const struct pw_plugin *plugin = root->context.instance->plugin;
  uint32_t                i;

  for (i = 0; i < event->items && !root->context.vm->dead && pw_plugin_wants(plugin, PW_CALLBACK_QUEUE_READY); ++i) {
    pw_value values[2];

    values[0].u64 = root->context.id;
    values[1].u64 = event->queue_id;
    pw_vm_call(root->context.vm, &root->context, PW_CALLBACK_QUEUE_READY, values, 2,
               plugin->config.limits.callback_milliseconds);
  }
  pw_root_release(root);
}

void
pw_worker_run(struct pw_worker *worker)
{
  struct pw_queue_event *event;

  pw_worker_enter(worker);
  while ((event = events_pop(worker)) != NULL) {
    event_deliver(event);
    free(event);
  }
  pw_worker_leave(worker);
}
