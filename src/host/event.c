/* SPDX-License-Identifier: Apache-2.0 */
/* What other threads leave for a worker: items in shared queues that a root context has to be told of. */
#include "host/internal.h"
#include "host/vm_path.h"

#include <stdlib.h>

/* More than this for one queue has to wait for the next run: the thread has other work. */
#define PW_ITEMS_PER_RUN 64

/* One event for each queue and root: however fast a module fills its own queue, what waits here stays small. */
static struct pw_queue_event *
event_find(struct pw_worker *worker, const struct pw_root *root, uint32_t queue_id)
{
  struct pw_queue_event *event;

  for (event = worker->events; event != NULL; event = event->next) {
    if (event->root == root && event->queue_id == queue_id) {
      break;
    }
  }
  return event;
}

/* True when the worker has to be woken: there was nothing waiting. The lock is held. */
static bool
event_add(struct pw_worker *worker, struct pw_root *root, uint32_t queue_id, uint32_t items)
{
  struct pw_queue_event *event = event_find(worker, root, queue_id);
  bool                   first = worker->events == NULL;

  if (event != NULL) {
    event->items = event->items > UINT32_MAX - items ? UINT32_MAX : event->items + items;
    return false;
  }
  event = (struct pw_queue_event *)malloc(sizeof(*event));
  if (event == NULL) {
    /* The items stay in the queue; the module is told of them with the next one. */
    return false;
  }
  event->next         = NULL;
  event->root         = root;
  event->queue_id     = queue_id;
  event->items        = items;
  *worker->events_end = event;
  worker->events_end  = &event->next;
  return first;
}

/* May run on any thread: leaves a note and wakes the worker. The root cannot go away meanwhile: it unsubscribes first,
 * and that waits for calls under way. */
static void
event_notify(void *data, uint32_t queue_id, uint32_t items)
{
  struct pw_root   *root   = (struct pw_root *)data;
  struct pw_worker *worker = root->context.instance->worker;
  bool              first;

  if (!pw_plugin_wants(root->context.instance->plugin, PW_CALLBACK_QUEUE_READY)) {
    return;
  }
  pthread_mutex_lock(&worker->event_lock);
  first = event_add(worker, root, queue_id, items);
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
events_drop_from(struct pw_queue_event **link, const struct pw_root *root)
{
  while (*link != NULL) {
    struct pw_queue_event *event = *link;

    if (event->root == root) {
      *link = event->next;
      free(event);
    } else {
      link = &event->next;
    }
  }
}

static void
events_drop(struct pw_worker *worker, const struct pw_root *root)
{
  struct pw_queue_event **link = &worker->events;

  pthread_mutex_lock(&worker->event_lock);
  events_drop_from(&worker->events, root);
  while (*link != NULL) {
    link = &(*link)->next;
  }
  worker->events_end = link;
  pthread_mutex_unlock(&worker->event_lock);
  events_drop_from(&worker->delivering, root);
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

/* A root that the module has ended, in the callback before, is told of nothing more. */
static bool
root_serves(const struct pw_root *root)
{
  return root->context.instance->root == root && !pw_vm_is_dead(root->context.vm);
}

/* Tells the root of items, as many as fit into this run; the rest is for the next one. */
static void
event_deliver(const struct pw_queue_event *event, uint64_t end)
{
  struct pw_root           *root     = pw_root_retain(event->root);
  const struct pw_instance *instance = root->context.instance;
  const struct pw_plugin   *plugin   = instance->plugin;
  uint32_t                  count    = event->items < PW_ITEMS_PER_RUN ? event->items : PW_ITEMS_PER_RUN;
  uint32_t                  i;

  for (i = 0; i < count && root_serves(root) && pw_instance_now(instance) < end; ++i) {
    pw_value values[2];

    values[0].u64 = root->context.id;
    values[1].u64 = event->queue_id;
    pw_vm_call(root->context.vm, &root->context, PW_CALLBACK_QUEUE_READY, values, 2,
               plugin->config.limits.callback_milliseconds);
  }
  if (event->items > i && root->subscribed) {
    event_notify(root, event->queue_id, event->items - i);
  }
  pw_root_release(root);
}

static void
deliver_events(struct pw_worker *worker, uint64_t end)
{
  while (worker->delivering != NULL) {
    struct pw_queue_event *event = worker->delivering;

    worker->delivering = event->next;
    event_deliver(event, end);
    free(event);
  }
}

void
pw_worker_run(struct pw_worker *worker)
{
  pw_worker_enter(worker);
  /* What comes in from now on is for the next run: a module that feeds its own queue does not hold the thread. */
  pthread_mutex_lock(&worker->event_lock);
  worker->delivering = worker->events;
  worker->events     = NULL;
  worker->events_end = &worker->events;
  pthread_mutex_unlock(&worker->event_lock);
  deliver_events(worker, pw_worker_run_end(worker));
  pw_worker_settle(worker);
  pw_worker_leave(worker);
}
