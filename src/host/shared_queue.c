/* SPDX-License-Identifier: Apache-2.0 */
#include "host/shared_queue.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "host/name_map.h"

/* Two kinds of locks, taken in this order: the registry's (names, free places), then a queue's. A queue's place is
 * never freed before the registry is, so looking an id up needs no lock but the queue's own. */

/** What an item counts for besides its bytes, so that empty items are bounded too. */
enum { ITEM_OVERHEAD = 32 };
/** A queue's name is kept as long as the queue, and counts for nothing else. Longer ones are nobody's, and are not
 * hashed: no deadline holds for that. */
enum { MOST_NAME_BYTES = 4096, MOST_VM_ID_BYTES = 65536 };

struct item {
  struct item *next;
  size_t       size;
  char         bytes[];
};

struct subscription {
  struct subscription       *next; /**< an older one */
  struct pw_queue_subscriber subscriber;
  uint32_t                   calls; /**< of notify, under way now */
  uint64_t                   epoch; /**< the queue's, when `told` counts */
  uint64_t                   told;  /**< items that it was told of in that epoch */
};

struct queue {
  struct pw_name_node  node;      /**< first; of the registry */
  struct queue        *next_free; /**< of the registry: the place is free */
  pthread_mutex_t      lock;      /**< for all that follows */
  pthread_cond_t       idle;      /**< a subscription's `calls` came down to 0 */
  uint32_t             id;        /**< 0: the place is free */
  uint32_t             last_id;   /**< the id that the place had last */
  struct item         *first;
  struct item        **end; /**< where the next item is to be hung */
  uint64_t             bytes;
  uint64_t             count;
  uint64_t             epoch;         /**< counts how often the queue became empty */
  uint64_t             untold;        /**< items that nobody was told of; no more than `count` matter */
  struct subscription *subscriptions; /**< newest first */
};

struct pw_shared_queues {
  pthread_mutex_t       lock;
  struct pw_name_map    map;
  struct queue         *free; /**< places that had a queue */
  uint32_t              max_queues;
  uint64_t              max_bytes;       /**< of one queue */
  uint64_t              max_total_bytes; /**< of all */
  _Atomic uint64_t      bytes;           /**< of all */
  _Atomic uint32_t      used;            /**< places that have been made */
  struct queue *_Atomic places[];        /**< id - 1 modulo max_queues */
};

struct pw_shared_queues *
pw_shared_queues_new(uint32_t max_queues, uint64_t max_bytes, uint64_t max_total_bytes)
{
  struct pw_shared_queues *queues = calloc(1, sizeof(*queues) + (size_t)max_queues * sizeof(queues->places[0]));
  if (queues) {
    pthread_mutex_init(&queues->lock, NULL);
    queues->max_queues      = max_queues;
    queues->max_bytes       = max_bytes;
    queues->max_total_bytes = max_total_bytes;
  }
  return queues;
}

/** Drops everything in a queue, and its name. Nobody is subscribed. */
static void
empty_queue(struct pw_shared_queues *queues, struct queue *queue)
{
  atomic_fetch_sub_explicit(&queues->bytes, queue->bytes, memory_order_relaxed);
  while (queue->first) {
    struct item *item = queue->first;
    queue->first      = item->next;
    free(item);
  }
  queue->end    = &queue->first;
  queue->bytes  = 0;
  queue->count  = 0;
  queue->untold = 0;
  queue->epoch++;
  queue->id = 0;
  free((char *)queue->node.scope.data);
  queue->node.scope = pw_view_make(NULL, 0);
  queue->node.name  = pw_view_make(NULL, 0);
}

void
pw_shared_queues_delete(struct pw_shared_queues *queues)
{
  if (!queues) {
    return;
  }
  for (uint32_t i = 0; i < atomic_load(&queues->used); i++) {
    struct queue *queue = atomic_load(&queues->places[i]);
    while (queue->subscriptions) {
      struct subscription *subscription = queue->subscriptions;
      queue->subscriptions              = subscription->next;
      free(subscription);
    }
    empty_queue(queues, queue);
    pthread_cond_destroy(&queue->idle);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
  }
  pw_name_map_clear(&queues->map);
  pthread_mutex_destroy(&queues->lock);
  free(queues);
}

/** Tells the newest subscriber of `items` items, or keeps in mind that nobody was told. Called with the queue's lock,
 *  which it gives up meanwhile. */
static void
tell(struct queue *queue, uint64_t items)
{
  struct subscription *subscription = queue->subscriptions;
  if (!subscription) {
    queue->untold += items;
    return;
  }
  if (subscription->epoch != queue->epoch) {
    subscription->epoch = queue->epoch;
    subscription->told  = 0;
  }
  subscription->told += items;
  subscription->calls++;
  uint32_t id = queue->id;
  pthread_mutex_unlock(&queue->lock);
  subscription->subscriber.notify(subscription->subscriber.data, id, items < UINT32_MAX ? (uint32_t)items : UINT32_MAX);
  pthread_mutex_lock(&queue->lock);
  if (--subscription->calls == 0) {
    pthread_cond_broadcast(&queue->idle);
  }
}

/** Tells the newest subscriber of what nobody was told of, as far as it is still there. */
static void
tell_untold(struct queue *queue)
{
  uint64_t items = queue->untold < queue->count ? queue->untold : queue->count;
  queue->untold  = 0;
  if (items) {
    tell(queue, items);
  }
}

/** Takes a subscription of `data` out of the list, or NULL. */
static struct subscription *
unlink_subscription(struct queue *queue, const void *data)
{
  struct subscription **link = &queue->subscriptions;
  while (*link && (*link)->subscriber.data != data) {
    link = &(*link)->next;
  }
  struct subscription *subscription = *link;
  if (subscription) {
    *link = subscription->next;
  }
  return subscription;
}

/** Ends a subscription that is out of the list, once no call is under way. Called with the queue's lock, which it gives
 *  up meanwhile. */
static void
end_subscription(struct queue *queue, struct subscription *subscription)
{
  while (subscription->calls) {
    pthread_cond_wait(&queue->idle, &queue->lock);
  }
  /* What it was told of may not have been dealt with: somebody else is told anew. */
  if (subscription->epoch == queue->epoch) {
    queue->untold += subscription->told;
  }
  free(subscription);
}

void
pw_shared_queues_unsubscribe(struct pw_shared_queues *queues, const void *data)
{
  uint32_t used = atomic_load_explicit(&queues->used, memory_order_acquire);
  for (uint32_t i = 0; i < used; i++) {
    struct queue *queue = atomic_load_explicit(&queues->places[i], memory_order_acquire);
    pthread_mutex_lock(&queue->lock);
    struct subscription *subscription = unlink_subscription(queue, data);
    if (subscription) {
      end_subscription(queue, subscription);
      if (queue->subscriptions) {
        tell_untold(queue);
      }
    }
    pthread_mutex_unlock(&queue->lock);
  }
}

/** A place for one more queue, under the registry's lock; NULL when there is none, or memory is out. */
static struct queue *
take_place(struct pw_shared_queues *queues)
{
  struct queue *queue = queues->free;
  if (queue) {
    queues->free = queue->next_free;
    return queue;
  }
  uint32_t used = atomic_load_explicit(&queues->used, memory_order_relaxed);
  if (used == queues->max_queues || !(queue = calloc(1, sizeof(*queue)))) {
    return NULL;
  }
  pthread_mutex_init(&queue->lock, NULL);
  pthread_cond_init(&queue->idle, NULL);
  queue->end     = &queue->first;
  queue->last_id = used + 1;
  atomic_store_explicit(&queues->places[used], queue, memory_order_release);
  atomic_store_explicit(&queues->used, used + 1, memory_order_release);
  return queue;
}

static void
give_place_back(struct pw_shared_queues *queues, struct queue *queue)
{
  queue->next_free = queues->free;
  queues->free     = queue;
}

/** The next id of a place: an id does not come back before all others of its place have. */
static uint32_t
next_id(const struct pw_shared_queues *queues, uint32_t last_id)
{
  uint32_t place = (last_id - 1) % queues->max_queues;
  return last_id <= UINT32_MAX - queues->max_queues ? last_id + queues->max_queues : place + 1;
}

/** Makes the queue of a name that is not there yet, under the registry's lock. NULL: too many, or memory is out. */
static struct queue *
add_queue(struct pw_shared_queues *queues, uint64_t hash, struct pw_view vm_id, struct pw_view name)
{
  struct queue *queue = take_place(queues);
  /* One byte more: an empty name needs an address too. */
  char *names = queue ? malloc(vm_id.size + name.size + 1) : NULL;
  if (!names) {
    goto fail;
  }
  if (vm_id.size) {
    memcpy(names, vm_id.data, vm_id.size);
  }
  if (name.size) {
    memcpy(names + vm_id.size, name.data, name.size);
  }
  queue->node.hash  = hash;
  queue->node.scope = pw_view_make(names, vm_id.size);
  queue->node.name  = pw_view_make(names + vm_id.size, name.size);
  if (!pw_name_map_insert(&queues->map, &queue->node)) {
    goto fail;
  }
  pthread_mutex_lock(&queue->lock);
  queue->id      = queue->last_id;
  queue->last_id = next_id(queues, queue->id);
  pthread_mutex_unlock(&queue->lock);
  return queue;

fail:
  free(names);
  if (queue) {
    queue->node.scope = pw_view_make(NULL, 0);
    give_place_back(queues, queue);
  }
  return NULL;
}

enum pw_status
pw_shared_queues_register(struct pw_shared_queues *queues, struct pw_view vm_id, struct pw_view name,
                          const struct pw_queue_subscriber *subscriber, uint32_t *id)
{
  struct subscription *fresh = name.size <= MOST_NAME_BYTES ? calloc(1, sizeof(*fresh)) : NULL;
  if (!fresh) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  fresh->subscriber = *subscriber;
  uint64_t hash     = pw_name_hash(vm_id, name);
  pthread_mutex_lock(&queues->lock);
  struct queue *queue = (struct queue *)pw_name_map_find(&queues->map, hash, vm_id, name);
  if (!queue) {
    queue = add_queue(queues, hash, vm_id, name);
  }
  if (!queue) {
    pthread_mutex_unlock(&queues->lock);
    free(fresh);
    return PW_STATUS_INTERNAL_FAILURE;
  }
  pthread_mutex_lock(&queue->lock);
  pthread_mutex_unlock(&queues->lock);
  struct subscription *subscription = unlink_subscription(queue, subscriber->data);
  if (subscription) {
    free(fresh);
  } else {
    subscription = fresh;
  }
  subscription->next   = queue->subscriptions;
  queue->subscriptions = subscription;
  *id                  = queue->id;
  tell_untold(queue);
  pthread_mutex_unlock(&queue->lock);
  return PW_STATUS_OK;
}

enum pw_status
pw_shared_queues_resolve(struct pw_shared_queues *queues, struct pw_view vm_id, struct pw_view name, uint32_t *id)
{
  if (name.size > MOST_NAME_BYTES || vm_id.size > MOST_VM_ID_BYTES) {
    return PW_STATUS_NOT_FOUND;
  }
  uint64_t hash = pw_name_hash(vm_id, name);
  pthread_mutex_lock(&queues->lock);
  struct queue *queue = (struct queue *)pw_name_map_find(&queues->map, hash, vm_id, name);
  if (queue) {
    pthread_mutex_lock(&queue->lock);
    *id = queue->id;
    pthread_mutex_unlock(&queue->lock);
  }
  pthread_mutex_unlock(&queues->lock);
  return queue ? PW_STATUS_OK : PW_STATUS_NOT_FOUND;
}

/** The queue of an id, locked, or NULL. */
static struct queue *
lock_queue(struct pw_shared_queues *queues, uint32_t id)
{
  if (id == 0 || queues->max_queues == 0) {
    return NULL;
  }
  struct queue *queue = atomic_load_explicit(&queues->places[(id - 1) % queues->max_queues], memory_order_acquire);
  if (!queue) {
    return NULL;
  }
  pthread_mutex_lock(&queue->lock);
  if (queue->id != id) {
    pthread_mutex_unlock(&queue->lock);
    return NULL;
  }
  return queue;
}

/** Counts bytes of an item among those of all queues; false when there is no room for them. */
static bool
charge(struct pw_shared_queues *queues, uint64_t cost)
{
  if (atomic_fetch_add_explicit(&queues->bytes, cost, memory_order_relaxed) + cost <= queues->max_total_bytes) {
    return true;
  }
  atomic_fetch_sub_explicit(&queues->bytes, cost, memory_order_relaxed);
  return false;
}

/** Hangs an item at the end; false when the queue is full, or all of them are. */
static bool
hang(struct pw_shared_queues *queues, struct queue *queue, struct item *item)
{
  uint64_t cost = (uint64_t)item->size + ITEM_OVERHEAD;
  if (cost > queues->max_bytes || queue->bytes > queues->max_bytes - cost || !charge(queues, cost)) {
    return false;
  }
  *queue->end = item;
  queue->end  = &item->next;
  queue->bytes += cost;
  queue->count++;
  return true;
}

enum pw_status
pw_shared_queues_enqueue(struct pw_shared_queues *queues, uint32_t id, struct pw_view bytes)
{
  /* Copied before the lock is taken; what can never fit is not. */
  struct item *item = bytes.size <= queues->max_bytes ? malloc(sizeof(*item) + bytes.size) : NULL;
  if (item) {
    item->next = NULL;
    item->size = bytes.size;
    if (bytes.size) {
      memcpy(item->bytes, bytes.data, bytes.size);
    }
  }
  struct queue *queue = lock_queue(queues, id);
  if (!queue) {
    free(item);
    return PW_STATUS_NOT_FOUND;
  }
  bool hung = item && hang(queues, queue, item);
  if (hung) {
    tell(queue, 1);
  }
  pthread_mutex_unlock(&queue->lock);
  if (!hung) {
    free(item);
    return PW_STATUS_INTERNAL_FAILURE;
  }
  return PW_STATUS_OK;
}

/** Takes the first item off the queue. */
static struct item *
unhang(struct pw_shared_queues *queues, struct queue *queue)
{
  struct item *item = queue->first;
  uint64_t     cost = (uint64_t)item->size + ITEM_OVERHEAD;
  queue->first      = item->next;
  queue->bytes -= cost;
  atomic_fetch_sub_explicit(&queues->bytes, cost, memory_order_relaxed);
  queue->count--;
  if (!queue->first) {
    queue->end    = &queue->first;
    queue->untold = 0;
    queue->epoch++;
  }
  return item;
}

enum pw_status
pw_shared_queues_dequeue(struct pw_shared_queues *queues, uint32_t id, struct pw_bytes *bytes)
{
  struct queue *queue = lock_queue(queues, id);
  if (!queue) {
    return PW_STATUS_NOT_FOUND;
  }
  enum pw_status status = PW_STATUS_EMPTY;
  struct item   *item   = NULL;
  if (queue->first) {
    /* Before it is taken out, so that it is not lost when memory is out. */
    bool copied = pw_bytes_append(bytes, queue->first->bytes, queue->first->size);
    status      = copied ? PW_STATUS_OK : PW_STATUS_INTERNAL_FAILURE;
    item        = copied ? unhang(queues, queue) : NULL;
  }
  pthread_mutex_unlock(&queue->lock);
  free(item);
  return status;
}

static bool
drop_queue(void *data, struct pw_name_node *node)
{
  struct pw_shared_queues *queues = data;
  struct queue            *queue  = (struct queue *)node;
  pthread_mutex_lock(&queue->lock);
  bool unused = queue->subscriptions == NULL;
  if (unused) {
    empty_queue(queues, queue);
    give_place_back(queues, queue);
  }
  pthread_mutex_unlock(&queue->lock);
  return unused;
}

void
pw_shared_queues_remove_vm(struct pw_shared_queues *queues, struct pw_view vm_id)
{
  pthread_mutex_lock(&queues->lock);
  pw_name_map_remove_scope(&queues->map, &vm_id, drop_queue, queues);
  pthread_mutex_unlock(&queues->lock);
}
