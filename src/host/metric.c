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
    pthread_mutex_destroy(&metric->lock);
    free(metric->samples);
    free(metric);
  }
}

static void
cells_delete(struct pw_metric_cells *cells)
{
  for (size_t i = 0; i < cells->count; i++) {
    free(atomic_load(&cells->cells[i].samples));
  }
  free(cells);
}

void
pw_metrics_delete(struct pw_metrics *metrics)
{
  if (!metrics) {
    return;
  }
  for (struct pw_metric_cells *cells = atomic_load(&metrics->cells), *next; cells; cells = next) {
    next = cells->next;
    cells_delete(cells);
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
metric_new(struct pw_metrics *metrics, enum pw_metric_type type, struct pw_view name, uint64_t hash, uint32_t id)
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
  metric->metrics   = metrics;
  pthread_mutex_init(&metric->lock, NULL);
  if (type == PW_METRIC_HISTOGRAM) {
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
  struct pw_metric *metric = metric_new(metrics, type, name, hash, count + 1);
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
