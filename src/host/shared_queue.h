/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file shared_queue.h
 * Shared queues (ABI text, "Shared Queues").
 *
 * A queue is named by VM id and name, and has an id in the whole host. Who knows the id may put in and take out.
 *
 * Who is told of an item (proxy_on_queue_ready): exactly one of those that registered the queue, the newest one that is
 * still there. This is what the reference host does, where a registration replaces the one before it; here, when the
 * newest one goes away (its VM trapped, or was replaced), the one before it takes over. So the order of the items is
 * kept, and one item is told once. What waits in a queue when a subscriber takes over, or becomes the first one, is
 * told to it at once, so that nothing is stuck after a trap.
 *
 * All functions but new and delete may be called from any thread. Notifications are calls made with no lock of the
 * queues held, on the thread of whoever enqueues, registers or unsubscribes.
 */
#ifndef PROXYWASM_HOST_SHARED_QUEUE_H
#define PROXYWASM_HOST_SHARED_QUEUE_H

#include <proxywasm/abi.h>
#include <proxywasm/types.h>

struct pw_shared_queues;

/** Who is to be told. Copied at registration. `data` tells subscribers apart: one per root context. */
struct pw_queue_subscriber {
  /** `items` more items wait in the queue: proxy_on_queue_ready is due that many times. Must not call any function of
   *  this file, and should be short (leave a note, wake a thread). May run on several threads at once. */
  void (*notify)(void *data, uint32_t queue_id, uint32_t items);
  void *data; /**< not NULL */
};

/** `max_queues`: the most queues at once. `max_bytes`: the most that may wait in one queue (bytes of the items, and 32
 *  more for each item), `max_total_bytes`: in all of them. NULL when memory is out. */
struct pw_shared_queues *pw_shared_queues_new(uint32_t max_queues, uint64_t max_bytes, uint64_t max_total_bytes);
/** When no other call is under way. NULL is allowed. */
void pw_shared_queues_delete(struct pw_shared_queues *queues);

/**
 * proxy_register_shared_queue: opens the queue, or makes it, and subscribes. `*id` is never 0. A subscriber that
 * registers the same queue again becomes its newest. INTERNAL_FAILURE: too many queues, a name of more than 4096 bytes,
 * or memory is out.
 */
enum pw_status pw_shared_queues_register(struct pw_shared_queues *queues, struct pw_view vm_id, struct pw_view name,
                                         const struct pw_queue_subscriber *subscriber, uint32_t *id);

/**
 * Ends all subscriptions of `data` (struct pw_queue_subscriber). When it returns, `notify` is neither running for it
 * nor will be called; it waits for calls under way, so hold no lock that `notify` takes. The queues stay, with their
 * items.
 */
void pw_shared_queues_unsubscribe(struct pw_shared_queues *queues, const void *data);

/** proxy_resolve_shared_queue. NOT_FOUND: nobody registered it. */
enum pw_status pw_shared_queues_resolve(struct pw_shared_queues *queues, struct pw_view vm_id, struct pw_view name,
                                        uint32_t *id);

/** proxy_enqueue_shared_queue: copies the item to the end. NOT_FOUND: unknown id; INTERNAL_FAILURE: the queue is full,
 * or memory is out. */
enum pw_status pw_shared_queues_enqueue(struct pw_shared_queues *queues, uint32_t id, struct pw_view item);

/** proxy_dequeue_shared_queue: appends the first item to `item` and takes it out. NOT_FOUND: unknown id; EMPTY;
 *  INTERNAL_FAILURE: memory is out (the item stays). */
enum pw_status pw_shared_queues_dequeue(struct pw_shared_queues *queues, uint32_t id, struct pw_bytes *item);

/** Removes the queues of a VM id that nobody is subscribed to, with their items, for when the last plugin that has it
 * is gone. Their ids are unknown from then on. */
void pw_shared_queues_remove_vm(struct pw_shared_queues *queues, struct pw_view vm_id);

#endif
