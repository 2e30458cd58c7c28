/* SPDX-License-Identifier: Apache-2.0 */
#include "host/metric.h"

#include <stdlib.h>

struct pw_metrics *
pw_metrics_new(uint32_t max_metrics)
{
  struct pw_metrics *metrics = calloc(1, sizeof(*metrics) + (size_t)max_metrics * sizeof(metrics->metrics[0]));
  if (metrics) {
    pthread_mutex_init(&metrics->lock, NULL);
    metrics->max = max_metrics;
  }
  return metrics;
}

static void
metric_delete(struct pw_metric *metric)
{
  if (metric) {
    free(metric->samples);
    free(metric);
  }
}

void
pw_metrics_delete(struct pw_metrics *metrics)
{
  if (!metrics) {
    return;
  }
  for (uint32_t i = 0; i < atomic_load(&metrics->count); i++) {
    metric_delete(metrics->metrics[i]);
  }
  pw_name_map_clear(&metrics->map);
  pthread_mutex_destroy(&metrics->lock);
  free(metrics);
}

static bool
is_name(struct pw_view name)
{
  if (name.size == 0 || name.size > PW_METRIC_NAME_MAX) {
    return false;
  }
  for (size_t i = 0; i < name.size; i++) {
    unsigned char c = (unsigned char)name.data[i];
    if (c < 0x20 || c == 0x7f) {
      return false;
    }
  }
  return true;
}

/** That of a node; NULL of NULL. */
static struct pw_metric *
metric_of(struct pw_name_node *node)
{
  return node ? (struct pw_metric *)((char *)node - offsetof(struct pw_metric, node)) : NULL;
}

static struct pw_metric *
metric_new(enum pw_metric_type type, struct pw_view name, uint64_t hash, uint32_t id)
{
  struct pw_metric *metric = aligned_alloc(_Alignof(struct pw_metric), sizeof(*metric));
  if (!metric) {
    return NULL;
  }
  memset(metric, 0, sizeof(*metric));
  memcpy(metric->name, name.data, name.size);
  metric->node.hash = hash;
  metric->node.name = pw_view_make(metric->name, name.size);
  metric->id        = id;
  metric->type      = type;
  metric->least     = type == PW_METRIC_COUNTER ? 0 : INT64_MIN;
  if (type == PW_METRIC_HISTOGRAM) {
    /* Nothing can be added to it: hardly anything is so much, and for that its value has no room. */
    metric->least = INT64_MAX;
    atomic_store_explicit(&metric->value, INT64_MAX, memory_order_relaxed);
    metric->samples = calloc(1, sizeof(*metric->samples));
    if (!metric->samples) {
      metric_delete(metric);
      return NULL;
    }
  }
  return metric;
}

/** Makes a metric of a name that is not there yet, under the lock. NULL: too many, or memory is out. */
static struct pw_metric *
add(struct pw_metrics *metrics, enum pw_metric_type type, struct pw_view name, uint64_t hash)
{
  uint32_t count = atomic_load_explicit(&metrics->count, memory_order_relaxed);
  if (count == metrics->max) {
    return NULL;
  }
  struct pw_metric *metric = metric_new(type, name, hash, count + 1);
  if (!metric || !pw_name_map_insert(&metrics->map, &metric->node)) {
    metric_delete(metric);
    return NULL;
  }
  metrics->metrics[count] = metric;
  atomic_store_explicit(&metrics->count, count + 1, memory_order_release);
  return metric;
}

enum pw_status
pw_metrics_define(struct pw_metrics *metrics, uint32_t type, struct pw_view name, uint32_t *id,
                  const struct pw_metric **created)
{
  const struct pw_view no_scope = {NULL, 0};
  struct pw_metric    *fresh    = NULL;
  if (created) {
    *created = NULL;
  }
  if (type >= PW_METRIC_TYPE_COUNT || !is_name(name)) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  uint64_t hash = pw_name_hash(no_scope, name);
  pthread_mutex_lock(&metrics->lock);
  struct pw_metric *metric = metric_of(pw_name_map_find(&metrics->map, hash, no_scope, name));
  if (!metric) {
    metric = fresh = add(metrics, (enum pw_metric_type)type, name, hash);
  }
  pthread_mutex_unlock(&metrics->lock);
  if (!metric) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  if (metric->type != (enum pw_metric_type)type) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  *id = metric->id;
  if (created) {
    *created = fresh;
  }
  return PW_STATUS_OK;
}

static struct pw_metric *
find(struct pw_metrics *metrics, uint32_t id)
{
  uint32_t count = atomic_load_explicit(&metrics->count, memory_order_acquire);
  return id != 0 && id <= count ? metrics->metrics[id - 1] : NULL;
}

const struct pw_metric *
pw_metrics_find(struct pw_metrics *metrics, uint32_t id)
{
  return find(metrics, id);
}

enum pw_status
pw_metrics_increment(struct pw_metrics *metrics, uint32_t id, int64_t delta)
{
  struct pw_metric *metric = find(metrics, id);
  if (!metric) {
    return PW_STATUS_NOT_FOUND;
  }
  if (metric->type == PW_METRIC_HISTOGRAM || (metric->type == PW_METRIC_COUNTER && delta < 0)) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  int64_t now = atomic_load_explicit(&metric->value, memory_order_relaxed);
  int64_t next;
  do {
    if (__builtin_add_overflow(now, delta, &next)) {
      return PW_STATUS_BAD_ARGUMENT;
    }
  } while (
    !atomic_compare_exchange_weak_explicit(&metric->value, &now, next, memory_order_relaxed, memory_order_relaxed));
  return PW_STATUS_OK;
}

/** Which bucket a sample falls into: the smallest i with sample <= 2^i. */
static unsigned
bucket_of(uint64_t sample)
{
  unsigned bucket = sample <= 1 ? 0 : 64 - (unsigned)__builtin_clzll(sample - 1);
  return bucket < PW_HISTOGRAM_BUCKETS ? bucket : PW_HISTOGRAM_BUCKETS - 1;
}

static enum pw_status
raise_counter(struct pw_metric *metric, uint64_t value)
{
  if (value > INT64_MAX) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  int64_t now = atomic_load_explicit(&metric->value, memory_order_relaxed);
  do {
    if ((int64_t)value < now) {
      return PW_STATUS_BAD_ARGUMENT;
    }
  } while (!atomic_compare_exchange_weak_explicit(&metric->value, &now, (int64_t)value, memory_order_relaxed,
                                                  memory_order_relaxed));
  return PW_STATUS_OK;
}

enum pw_status
pw_metrics_record(struct pw_metrics *metrics, uint32_t id, uint64_t value)
{
  struct pw_metric *metric = find(metrics, id);
  if (!metric) {
    return PW_STATUS_NOT_FOUND;
  }
  switch (metric->type) {
  case PW_METRIC_COUNTER:
    return raise_counter(metric, value);
  case PW_METRIC_GAUGE:
    atomic_store_explicit(&metric->value, (int64_t)value, memory_order_relaxed);
    break;
  default:
    atomic_fetch_add_explicit(&metric->samples->sum, value, memory_order_relaxed);
    atomic_fetch_add_explicit(&metric->samples->buckets[bucket_of(value)], 1, memory_order_relaxed);
    break;
  }
  return PW_STATUS_OK;
}

enum pw_status
pw_metrics_get(struct pw_metrics *metrics, uint32_t id, uint64_t *value)
{
  const struct pw_metric *metric = find(metrics, id);
  if (!metric) {
    return PW_STATUS_NOT_FOUND;
  }
  if (metric->type == PW_METRIC_HISTOGRAM) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  *value = (uint64_t)pw_metric_value(metric);
  return PW_STATUS_OK;
}

void
pw_metrics_visit(struct pw_metrics *metrics, void (*visit)(void *data, const struct pw_metric *metric), void *data)
{
  uint32_t count = atomic_load_explicit(&metrics->count, memory_order_acquire);
  for (uint32_t i = 0; i < count; i++) {
    visit(data, metrics->metrics[i]);
  }
}

const char *
pw_metric_name(const struct pw_metric *metric)
{
  return metric->name;
}

enum pw_metric_type
pw_metric_type(const struct pw_metric *metric)
{
  return metric->type;
}

uint32_t
pw_metric_id(const struct pw_metric *metric)
{
  return metric->id;
}

int64_t
pw_metric_value(const struct pw_metric *metric)
{
  if (metric->type == PW_METRIC_HISTOGRAM) {
    struct pw_histogram histogram;
    pw_metric_histogram(metric, &histogram);
    return (int64_t)histogram.count;
  }
  return atomic_load_explicit(&metric->value, memory_order_relaxed);
}

void
pw_metric_histogram(const struct pw_metric *metric, struct pw_histogram *histogram)
{
  memset(histogram, 0, sizeof(*histogram));
  if (!metric->samples) {
    return;
  }
  for (size_t i = 0; i < PW_HISTOGRAM_BUCKETS; i++) {
    histogram->buckets[i] = atomic_load_explicit(&metric->samples->buckets[i], memory_order_relaxed);
    histogram->count += histogram->buckets[i];
  }
  histogram->sum = atomic_load_explicit(&metric->samples->sum, memory_order_relaxed);
}
