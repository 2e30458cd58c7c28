/* SPDX-License-Identifier: Apache-2.0 */
#include "host/callback_times.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { CACHE_LINE = 64, CELLS = 16 };

/** On cache lines of its own. */
struct cell {
  _Alignas(CACHE_LINE) _Atomic uint64_t buckets[PW_CALLBACK_TIME_BUCKETS];
  _Atomic uint64_t nanoseconds;
};

struct pw_callback_times {
  struct pw_callback_times *next;
  struct pw_view            name; /* terminated */
  struct cell               cells[CELLS];
};

void
pw_callback_times_init(struct pw_timed_callbacks *list)
{
  pthread_mutex_init(&list->lock, NULL);
  list->first = NULL;
  list->end   = &list->first;
}

void
pw_callback_times_clear(struct pw_timed_callbacks *list)
{
  struct pw_callback_times *times = list->first;
  while (times != NULL) {
    struct pw_callback_times *next = times->next;
    free((char *)times->name.data);
    free(times);
    times = next;
  }
  pthread_mutex_destroy(&list->lock);
}

static struct pw_callback_times *
find(const struct pw_timed_callbacks *list, struct pw_view name)
{
  struct pw_callback_times *times = list->first;
  while (times != NULL && !pw_view_equal(times->name, name)) {
    times = times->next;
  }
  return times;
}

static struct pw_callback_times *
make(struct pw_view name)
{
  struct pw_callback_times *times = aligned_alloc(CACHE_LINE, sizeof(*times));
  char                     *copy  = malloc(name.size + 1);
  if (times == NULL || copy == NULL) {
    free(times);
    free(copy);
    return NULL;
  }
  memset(times, 0, sizeof(*times));
  if (name.size > 0) {
    memcpy(copy, name.data, name.size);
  }
  copy[name.size] = '\0';
  times->name     = pw_view_make(copy, name.size);
  return times;
}

struct pw_callback_times *
pw_callback_times_of(struct pw_timed_callbacks *list, struct pw_view name)
{
  pthread_mutex_lock(&list->lock);
  struct pw_callback_times *times = find(list, name);
  if (times == NULL) {
    times = make(name);
    if (times != NULL) {
      *list->end = times;
      list->end  = &times->next;
    }
  }
  pthread_mutex_unlock(&list->lock);
  return times;
}

static unsigned
bucket_of(uint64_t nanoseconds)
{
  uint64_t bound  = 1000;
  unsigned bucket = 0;
  while (bucket < PW_CALLBACK_TIME_BUCKETS - 1 && nanoseconds > bound) {
    bound *= 10;
    bucket++;
  }
  return bucket;
}

void
pw_callback_times_add(struct pw_callback_times *times, unsigned worker, uint64_t nanoseconds)
{
  struct cell *cell = &times->cells[worker % CELLS];
  atomic_fetch_add_explicit(&cell->buckets[bucket_of(nanoseconds)], 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&cell->nanoseconds, nanoseconds, memory_order_relaxed);
}

void
pw_callback_times_visit(struct pw_timed_callbacks *list,
                        void (*visit)(void *data, const char *plugin, const struct pw_callback_histogram *histogram),
                        void *data)
{
  pthread_mutex_lock(&list->lock);
  for (const struct pw_callback_times *times = list->first; times != NULL; times = times->next) {
    struct pw_callback_histogram histogram = {0};
    for (unsigned i = 0; i < CELLS; i++) {
      for (unsigned k = 0; k < PW_CALLBACK_TIME_BUCKETS; k++) {
        histogram.buckets[k] += atomic_load_explicit(&times->cells[i].buckets[k], memory_order_relaxed);
      }
      histogram.nanoseconds += atomic_load_explicit(&times->cells[i].nanoseconds, memory_order_relaxed);
    }
    visit(data, times->name.data, &histogram);
  }
  pthread_mutex_unlock(&list->lock);
}
