/* SPDX-License-Identifier: Apache-2.0 */
#include "host/name_map.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

/** The key of the process's name hashes. */
static struct {
  uint64_t low;
  uint64_t high;
  uint64_t no_scope; /**< the hash of the empty text: most names have no scope */
} hash_key;

static void
draw_hash_key(void)
{
  if (getrandom(&hash_key, sizeof(hash_key), GRND_NONBLOCK) == (ssize_t)sizeof(hash_key)) {
    return;
  }
  /* Early in the boot of a machine there may be no randomness yet; time and address layout are better than nothing. */
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  hash_key.low  = (uint64_t)now.tv_nsec * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)(uintptr_t)&now;
  hash_key.high = (uint64_t)now.tv_sec * UINT64_C(0xc2b2ae3d27d4eb4f) ^ (uint64_t)(uintptr_t)&draw_hash_key;
}

static uint64_t
rotate(uint64_t x, unsigned bits)
{
  return x << bits | x >> (64 - bits);
}

__attribute__((always_inline)) static inline void
sip_round(uint64_t v[4])
{
  v[0] += v[1];
  v[2] += v[3];
  v[1] = rotate(v[1], 13) ^ v[0];
  v[3] = rotate(v[3], 16) ^ v[2];
  v[0] = rotate(v[0], 32);
  v[2] += v[1];
  v[0] += v[3];
  v[1] = rotate(v[1], 17) ^ v[2];
  v[3] = rotate(v[3], 21) ^ v[0];
  v[2] = rotate(v[2], 32);
}

/** The last `left` bytes, fewer than eight, of a text as the low bytes of a word: read in few pieces, which may
 * overlap. */
static inline uint64_t
last_bytes(struct pw_view bytes, size_t left)
{
  const unsigned char *end  = (const unsigned char *)bytes.data + bytes.size;
  uint64_t             word = 0;
  uint32_t             half;
  if (left == 0) {
    return 0;
  }
  if (bytes.size >= sizeof(word)) {
    memcpy(&word, end - sizeof(word), sizeof(word));
    return word >> (8 * (sizeof(word) - left));
  }
  if (left < sizeof(half)) {
    return (uint64_t)end[-(ptrdiff_t)left] | (uint64_t)end[-(ptrdiff_t)(left - left / 2)] << (8 * (left / 2)) |
           (uint64_t)end[-1] << (8 * (left - 1));
  }
  memcpy(&half, end - sizeof(half), sizeof(half));
  word = (uint64_t)half << (8 * (left - sizeof(half)));
  memcpy(&half, end - left, sizeof(half));
  return word | half;
}

/** SipHash-1-3. Byte order does not matter here: hashes never leave the process. */
static uint64_t
sip_hash(uint64_t key_low, uint64_t key_high, struct pw_view bytes)
{
  uint64_t v[4] = {key_low ^ UINT64_C(0x736f6d6570736575), key_high ^ UINT64_C(0x646f72616e646f6d),
                   key_low ^ UINT64_C(0x6c7967656e657261), key_high ^ UINT64_C(0x7465646279746573)};
  uint64_t word;
  size_t   done = 0;
  for (; bytes.size - done >= sizeof(word); done += sizeof(word)) {
    memcpy(&word, bytes.data + done, sizeof(word));
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
  }
  word = (uint64_t)bytes.size << 56 | last_bytes(bytes, bytes.size - done);
  v[3] ^= word;
  sip_round(v);
  v[0] ^= word;
  v[2] ^= 0xff;
  sip_round(v);
  sip_round(v);
  sip_round(v);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static void
make_hash_key(void)
{
  draw_hash_key();
  hash_key.no_scope = sip_hash(hash_key.low, hash_key.high, pw_view_make(NULL, 0));
}

uint64_t
pw_name_hash(struct pw_view scope, struct pw_view name)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make_hash_key);
  /* The scope's hash becomes part of the key, so that ("a", "bc") and ("ab", "c") have nothing in common. */
  uint64_t of_scope = scope.size ? sip_hash(hash_key.low, hash_key.high, scope) : hash_key.no_scope;
  return sip_hash(hash_key.low, hash_key.high ^ of_scope, name);
}

static struct pw_name_node **
bucket_of(const struct pw_name_map *map, uint64_t hash)
{
  return &map->buckets[hash & (map->bucket_count - 1)];
}

struct pw_name_node *
pw_name_map_find(const struct pw_name_map *map, uint64_t hash, struct pw_view scope, struct pw_view name)
{
  if (!map->bucket_count) {
    return NULL;
  }
  struct pw_name_node *node = *bucket_of(map, hash);
  while (node && !(node->hash == hash && pw_view_equal(node->name, name) && pw_view_equal(node->scope, scope))) {
    node = node->next;
  }
  return node;
}

static void
push(struct pw_name_map *map, struct pw_name_node *node)
{
  struct pw_name_node **bucket = bucket_of(map, node->hash);
  node->next                   = *bucket;
  *bucket                      = node;
}

static void
grow(struct pw_name_map *map)
{
  struct pw_name_map grown = {NULL, map->bucket_count ? map->bucket_count * 2 : 16, map->count};
  grown.buckets            = calloc(grown.bucket_count, sizeof(*grown.buckets));
  if (!grown.buckets) {
    return;
  }
  for (size_t i = 0; i < map->bucket_count; i++) {
    struct pw_name_node *node = map->buckets[i];
    while (node) {
      struct pw_name_node *next = node->next;
      push(&grown, node);
      node = next;
    }
  }
  free(map->buckets);
  *map = grown;
}

bool
pw_name_map_insert(struct pw_name_map *map, struct pw_name_node *node)
{
  if (map->count >= map->bucket_count) {
    grow(map);
  }
  if (!map->bucket_count) {
    return false;
  }
  push(map, node);
  map->count++;
  return true;
}

void
pw_name_map_remove(struct pw_name_map *map, struct pw_name_node *node)
{
  struct pw_name_node **link = bucket_of(map, node->hash);
  while (*link != node) {
    link = &(*link)->next;
  }
  *link = node->next;
  map->count--;
}

void
pw_name_map_remove_scope(struct pw_name_map *map, const struct pw_view             *scope,
                         bool (*drop)(void *data, struct pw_name_node *node), void *data)
{
  for (size_t i = 0; i < map->bucket_count; i++) {
    struct pw_name_node **link = &map->buckets[i];
    while (*link) {
      struct pw_name_node *node = *link;
      struct pw_name_node *next = node->next;
      if ((scope && !pw_view_equal(node->scope, *scope)) || !drop(data, node)) {
        link = &node->next;
        continue;
      }
      *link = next;
      map->count--;
    }
  }
}

void
pw_name_map_clear(struct pw_name_map *map)
{
  free(map->buckets);
  memset(map, 0, sizeof(*map));
}
