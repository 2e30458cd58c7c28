/* SPDX-License-Identifier: Apache-2.0 */
#include "host/shared_data.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "host/name_map.h"

enum { SHARD_BITS = 6, SHARD_COUNT = 1 << SHARD_BITS, CACHE_LINE = 64 };

/** Readers copy a value with no lock held, while they hold a count: it does not change as long as anybody but its entry
 *  has one. */
struct value {
  atomic_uint references;
  size_t      size;
  char        bytes[];
};

struct entry {
  struct pw_name_node node; /**< first */
  struct value       *value;
  uint32_t            cas;
  char                names[]; /**< VM id, then key */
};

struct shard {
  _Alignas(CACHE_LINE) pthread_mutex_t lock;
  struct pw_name_map map;
  uint32_t           last_cas; /**< of any key of the shard: one number comes back after 2^32 changes only */
};

struct pw_shared_data {
  _Atomic uint64_t bytes;
  _Atomic uint32_t keys;
  uint64_t         max_bytes;
  uint32_t         max_keys;
  struct shard     shards[SHARD_COUNT];
};

struct pw_shared_data *
pw_shared_data_new(uint64_t max_bytes, uint32_t max_keys)
{
  struct pw_shared_data *data = aligned_alloc(CACHE_LINE, sizeof(*data));
  if (!data) {
    return NULL;
  }
  memset(data, 0, sizeof(*data));
  data->max_bytes = max_bytes;
  data->max_keys  = max_keys;
  for (size_t i = 0; i < SHARD_COUNT; i++) {
    pthread_mutex_init(&data->shards[i].lock, NULL);
  }
  return data;
}

static struct value *
value_new(struct pw_view bytes)
{
  struct value *value = bytes.size <= SIZE_MAX - sizeof(*value) ? malloc(sizeof(*value) + bytes.size) : NULL;
  if (value) {
    atomic_init(&value->references, 1);
    value->size = bytes.size;
    if (bytes.size) {
      memcpy(value->bytes, bytes.data, bytes.size);
    }
  }
  return value;
}

static void
value_release(struct value *value)
{
  if (value && atomic_fetch_sub_explicit(&value->references, 1, memory_order_acq_rel) == 1) {
    free(value);
  }
}

/** Takes `amount` of the byte limit; false when there is not as much left. */
static bool
charge_bytes(struct pw_shared_data *data, uint64_t amount)
{
  uint64_t bytes = atomic_load_explicit(&data->bytes, memory_order_relaxed);
  do {
    if (amount > data->max_bytes || bytes > data->max_bytes - amount) {
      return false;
    }
  } while (!atomic_compare_exchange_weak_explicit(&data->bytes, &bytes, bytes + amount, memory_order_relaxed,
                                                  memory_order_relaxed));
  return true;
}

static void
refund_bytes(struct pw_shared_data *data, uint64_t amount)
{
  atomic_fetch_sub_explicit(&data->bytes, amount, memory_order_relaxed);
}

static bool
charge_key(struct pw_shared_data *data)
{
  uint32_t keys = atomic_load_explicit(&data->keys, memory_order_relaxed);
  do {
    if (keys >= data->max_keys) {
      return false;
    }
  } while (
    !atomic_compare_exchange_weak_explicit(&data->keys, &keys, keys + 1, memory_order_relaxed, memory_order_relaxed));
  return true;
}

static void
refund_key(struct pw_shared_data *data)
{
  atomic_fetch_sub_explicit(&data->keys, 1, memory_order_relaxed);
}

static bool
drop_entry(void *context, struct pw_name_node *node)
{
  struct pw_shared_data *data  = context;
  struct entry          *entry = (struct entry *)node;
  refund_bytes(data, node->scope.size + node->name.size + entry->value->size);
  refund_key(data);
  value_release(entry->value);
  free(entry);
  return true;
}

void
pw_shared_data_delete(struct pw_shared_data *data)
{
  if (!data) {
    return;
  }
  for (size_t i = 0; i < SHARD_COUNT; i++) {
    pw_name_map_remove_scope(&data->shards[i].map, NULL, drop_entry, data);
    pw_name_map_clear(&data->shards[i].map);
    pthread_mutex_destroy(&data->shards[i].lock);
  }
  free(data);
}

/** The maps take the low bits of the hash, the shards the high ones. */
static struct shard *
shard_of(struct pw_shared_data *data, uint64_t hash)
{
  return &data->shards[hash >> (64 - SHARD_BITS)];
}

static uint32_t
next_cas(struct shard *shard)
{
  if (++shard->last_cas == 0) {
    shard->last_cas = 1;
  }
  return shard->last_cas;
}

enum pw_status
pw_shared_data_get(struct pw_shared_data *data, struct pw_view vm_id, struct pw_view key, struct pw_bytes *value,
                   uint32_t *cas)
{
  if (key.size > PW_SHARED_KEY_BYTES) {
    return PW_STATUS_NOT_FOUND;
  }
  uint64_t      hash  = pw_name_hash(vm_id, key);
  struct shard *shard = shard_of(data, hash);
  pthread_mutex_lock(&shard->lock);
  struct entry *entry = (struct entry *)pw_name_map_find(&shard->map, hash, vm_id, key);
  if (!entry) {
    pthread_mutex_unlock(&shard->lock);
    return PW_STATUS_NOT_FOUND;
  }
  struct value *found     = entry->value;
  uint32_t      found_cas = entry->cas;
  atomic_fetch_add_explicit(&found->references, 1, memory_order_relaxed);
  pthread_mutex_unlock(&shard->lock);

  bool appended = pw_bytes_append(value, found->bytes, found->size);
  value_release(found);
  if (!appended) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  *cas = found_cas;
  return PW_STATUS_OK;
}

/** A new entry, charged but for its value. `names` are copied. NULL when memory is out. */
static struct entry *
entry_new(uint64_t hash, struct pw_view vm_id, struct pw_view key)
{
  /* Both sizes were charged against the limit before, so the sum cannot wrap around. */
  struct entry *entry = malloc(sizeof(*entry) + vm_id.size + key.size);
  if (!entry) {
    return NULL;
  }
  if (vm_id.size) {
    memcpy(entry->names, vm_id.data, vm_id.size);
  }
  if (key.size) {
    memcpy(entry->names + vm_id.size, key.data, key.size);
  }
  entry->node.hash  = hash;
  entry->node.scope = pw_view_make(entry->names, vm_id.size);
  entry->node.name  = pw_view_make(entry->names + vm_id.size, key.size);
  return entry;
}

/** A key that is not there yet. Takes over `*value` (sets it to NULL) when it answers OK. */
static enum pw_status
insert(struct pw_shared_data *data, struct shard *shard, uint64_t hash, struct pw_view vm_id, struct pw_view key,
       struct value **value)
{
  uint64_t size = (uint64_t)vm_id.size + key.size + (*value)->size;
  if (!charge_key(data)) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  if (charge_bytes(data, size)) {
    struct entry *entry = entry_new(hash, vm_id, key);
    if (entry && pw_name_map_insert(&shard->map, &entry->node)) {
      entry->value = *value;
      entry->cas   = next_cas(shard);
      *value       = NULL;
      return PW_STATUS_OK;
    }
    free(entry);
    refund_bytes(data, size);
  }
  refund_key(data);
  return PW_STATUS_INTERNAL_FAILURE;
}

/** A key that is there. Leaves the old value in `*value` when it answers OK. */
static enum pw_status
update(struct pw_shared_data *data, struct shard *shard, struct entry *entry, uint32_t cas, struct value **value)
{
  struct value *old = entry->value;
  if (cas != 0 && cas != entry->cas) {
    return PW_STATUS_CAS_MISMATCH;
  }
  if ((*value)->size > old->size && !charge_bytes(data, (*value)->size - old->size)) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  if ((*value)->size < old->size) {
    refund_bytes(data, old->size - (*value)->size);
  }
  entry->value = *value;
  entry->cas   = next_cas(shard);
  *value       = old;
  return PW_STATUS_OK;
}

/** The same for a value that nobody reads now, by one of the same size: it needs no memory. Answers false when it is
 * not so. */
static bool
overwrite(struct shard *shard, struct entry *entry, struct pw_view value, uint32_t cas, enum pw_status *status)
{
  struct value *old = entry->value;
  if (old->size != value.size || atomic_load_explicit(&old->references, memory_order_acquire) != 1) {
    return false;
  }
  if (cas != 0 && cas != entry->cas) {
    *status = PW_STATUS_CAS_MISMATCH;
    return true;
  }
  if (value.size) {
    memcpy(old->bytes, value.data, value.size);
  }
  entry->cas = next_cas(shard);
  *status    = PW_STATUS_OK;
  return true;
}

enum pw_status
pw_shared_data_set(struct pw_shared_data *data, struct pw_view vm_id, struct pw_view key, struct pw_view value,
                   uint32_t cas)
{
  struct value  *spare;
  enum pw_status status;
  if (key.size > PW_SHARED_KEY_BYTES) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  uint64_t      hash  = pw_name_hash(vm_id, key);
  struct shard *shard = shard_of(data, hash);
  pthread_mutex_lock(&shard->lock);
  struct entry *entry  = (struct entry *)pw_name_map_find(&shard->map, hash, vm_id, key);
  bool          is_set = entry && overwrite(shard, entry, value, cas, &status);
  pthread_mutex_unlock(&shard->lock);
  if (is_set) {
    return status;
  }
  /* A size that can never be allowed must not be allocated first; and nobody is to wait for the allocation. */
  spare = value.size <= data->max_bytes ? value_new(value) : NULL;
  if (!spare) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  pthread_mutex_lock(&shard->lock);
  entry = (struct entry *)pw_name_map_find(&shard->map, hash, vm_id, key);
  if (entry) {
    status = update(data, shard, entry, cas, &spare);
  } else {
    status = cas == 0 ? insert(data, shard, hash, vm_id, key, &spare) : PW_STATUS_CAS_MISMATCH;
  }
  pthread_mutex_unlock(&shard->lock);
  value_release(spare);
  return status;
}

void
pw_shared_data_remove_vm(struct pw_shared_data *data, struct pw_view vm_id)
{
  for (size_t i = 0; i < SHARD_COUNT; i++) {
    struct shard *shard = &data->shards[i];
    pthread_mutex_lock(&shard->lock);
    pw_name_map_remove_scope(&shard->map, &vm_id, drop_entry, data);
    pthread_mutex_unlock(&shard->lock);
  }
}

void
pw_shared_data_usage(const struct pw_shared_data *data, uint64_t *bytes, uint32_t *keys)
{
  *bytes = atomic_load_explicit(&data->bytes, memory_order_relaxed);
  *keys  = atomic_load_explicit(&data->keys, memory_order_relaxed);
}
