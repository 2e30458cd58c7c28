/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file shared_data.h
 * The shared key-value store (ABI text, "Shared Key-Value Store").
 *
 * A key belongs to a VM id: plugins that have the same `vm_id` see the same data, on every thread; others do not. This
 * is what the reference host does. An empty VM id is an id like others.
 *
 * All functions but new and delete may be called from any thread. Keys are spread over shards with a lock each, and a
 * lock is held for a look-up only, never while bytes are copied.
 */
#ifndef PROXYWASM_HOST_SHARED_DATA_H
#define PROXYWASM_HOST_SHARED_DATA_H

#include <proxywasm/abi.h>
#include <proxywasm/types.h>

struct pw_shared_data;

/** The most of a key. No deadline holds while one is hashed. */
#define PW_SHARED_KEY_BYTES 65536

/** `max_bytes`: the most that VM ids, keys and values may come to in all. `max_keys`: the most keys in all.
 *  NULL when memory is out. */
struct pw_shared_data *pw_shared_data_new(uint64_t max_bytes, uint32_t max_keys);
/** When no other call is under way. NULL is allowed. */
void pw_shared_data_delete(struct pw_shared_data *data);

/**
 * proxy_get_shared_data: appends the value to `value` and sets `*cas`, which is never 0.
 * NOT_FOUND: no such key; INTERNAL_FAILURE: memory is out. Nothing is changed then.
 */
enum pw_status pw_shared_data_get(struct pw_shared_data *data, struct pw_view vm_id, struct pw_view key,
                                  struct pw_bytes *value, uint32_t *cas);

/**
 * proxy_set_shared_data: sets the value (an empty one is a value: the ABI has no removal) and gives the key a new
 * compare-and-swap number. `cas` 0: whatever is there now.
 * CAS_MISMATCH: `cas` is not the key's number now, or the key is not there; INTERNAL_FAILURE: a limit is reached, the
 * key is longer than PW_SHARED_KEY_BYTES, or memory is out. Nothing is changed then.
 */
enum pw_status pw_shared_data_set(struct pw_shared_data *data, struct pw_view vm_id, struct pw_view key,
                                  struct pw_view value, uint32_t cas);

/** Forgets everything of a VM id, for when the last plugin that has it is gone. Walks over all keys. */
void pw_shared_data_remove_vm(struct pw_shared_data *data, struct pw_view vm_id);

/** What is held now, as the limits count it. */
void pw_shared_data_usage(const struct pw_shared_data *data, uint64_t *bytes, uint32_t *keys);

#endif
