/* SPDX-License-Identifier: Apache-2.0 */
/* The process's part of the host, and its workers. */
#include "host/internal.h"

#include <stdlib.h>

#define PW_DEFAULT_SHARED_DATA_BYTES (UINT64_C(64) << 20)
#define PW_DEFAULT_SHARED_DATA_KEYS  1000000
#define PW_DEFAULT_QUEUE_COUNT       1024
#define PW_DEFAULT_QUEUE_BYTES       (UINT64_C(16) << 20)
#define PW_DEFAULT_QUEUES_BYTES      (UINT64_C(64) << 20)
#define PW_DEFAULT_METRIC_COUNT      1024

#define OPTION(value, fallback) ((value) != 0 ? (value) : (fallback))

struct pw_host *
pw_host_new(const struct pw_host_options *options, struct pw_error *error)
{
  struct pw_host *host;

  if (options->proxy == NULL || options->proxy->log == NULL || options->proxy->time_realtime == NULL ||
      options->proxy->time_monotonic == NULL || options->proxy->random == NULL) {
    pw_error_set(error, PW_ERROR_ARGUMENT, "a host needs a proxy with a log, clocks and randomness");
    return NULL;
  }
  host = (struct pw_host *)calloc(1, sizeof(*host));
  if (host == NULL) {
    pw_error_set(error, PW_ERROR_MEMORY, "out of memory for a host");
    return NULL;
  }
  host->proxy           = options->proxy;
  host->proxy_data      = options->proxy_data;
  host->trace           = options->trace;
  host->trace_data      = options->trace_data;
  host->cache_directory = options->cache_directory != NULL ? strdup(options->cache_directory) : NULL;
  host->shared_data     = pw_shared_data_new(OPTION(options->shared_data_bytes, PW_DEFAULT_SHARED_DATA_BYTES),
                                             OPTION(options->shared_data_keys, PW_DEFAULT_SHARED_DATA_KEYS));
  host->shared_queues   = pw_shared_queues_new(OPTION(options->queue_count, PW_DEFAULT_QUEUE_COUNT),
                                               OPTION(options->queue_bytes, PW_DEFAULT_QUEUE_BYTES),
                                               OPTION(options->queues_bytes, PW_DEFAULT_QUEUES_BYTES));
  host->metrics         = pw_metrics_new(OPTION(options->metric_count, PW_DEFAULT_METRIC_COUNT));
  pthread_mutex_init(&host->load_lock, NULL);
  pthread_mutex_init(&host->code_lock, NULL);
  pthread_mutex_init(&host->vm_id_lock, NULL);
  pw_callback_times_init(&host->callback_times);
  if (host->shared_data == NULL || host->shared_queues == NULL || host->metrics == NULL ||
      (options->cache_directory != NULL && host->cache_directory == NULL)) {
    pw_error_set(error, PW_ERROR_MEMORY, "out of memory for a host");
    pw_host_delete(host);
    return NULL;
  }
  return host;
}

void
pw_host_delete(struct pw_host *host)
{
  if (host == NULL) {
    return;
  }
  pw_shared_data_delete(host->shared_data);
  pw_shared_queues_delete(host->shared_queues);
  pw_metrics_delete(host->metrics);
  pw_foreign_functions_clear(&host->foreign_functions);
  pw_callback_times_clear(&host->callback_times);
  pthread_mutex_destroy(&host->load_lock);
  pthread_mutex_destroy(&host->code_lock);
  pthread_mutex_destroy(&host->vm_id_lock);
  free(host->cache_directory);
  free(host);
}

bool
pw_host_register_foreign_function(struct pw_host *host, const char *name, pw_foreign_function function, void *data,
                                  struct pw_error *error)
{
  return pw_foreign_functions_register(&host->foreign_functions, name, function, data, error);
}

void
pw_host_metrics(struct pw_host *host, void (*visit)(void *data, const struct pw_metric *metric), void *data)
{
  pw_metrics_visit(host->metrics, visit, data);
}

void
pw_host_callback_times(struct pw_host *host,
                       void (*visit)(void *data, const char *plugin, const struct pw_callback_histogram *histogram),
                       void *data)
{
  pw_callback_times_visit(&host->callback_times, visit, data);
}

/* ---------------------------------------------------------------------------------------------------------- worker */

struct pw_worker *
pw_worker_new(struct pw_host *host, void *data, struct pw_error *error)
{
  struct pw_worker *worker = (struct pw_worker *)calloc(1, sizeof(*worker));

  if (worker == NULL) {
    pw_error_set(error, PW_ERROR_MEMORY, "out of memory for a worker");
    return NULL;
  }
  worker->host         = host;
  worker->data         = data;
  worker->metric_cells = pw_metrics_join(host->metrics);
  worker->number       = atomic_fetch_add_explicit(&host->worker_count, 1, memory_order_relaxed);
  worker->events_end   = &worker->events;
  pthread_mutex_init(&worker->event_lock, NULL);
  return worker;
}

struct pw_worker *
pw_worker_new_shared(struct pw_host *host, void *data, struct pw_error *error)
{
  struct pw_worker *worker = pw_worker_new(host, data, error);

  if (worker == NULL) {
    return NULL;
  }
  worker->lock = (pthread_mutex_t *)malloc(sizeof(*worker->lock));
  if (worker->lock == NULL) {
    pw_worker_delete(worker);
    pw_error_set(error, PW_ERROR_MEMORY, "out of memory for a worker");
    return NULL;
  }
  pthread_mutex_init(worker->lock, NULL);
  return worker;
}

void
pw_worker_lock(struct pw_worker *worker)
{
  pthread_mutex_lock(worker->lock);
}

void
pw_worker_unlock(struct pw_worker *worker)
{
  pthread_mutex_unlock(worker->lock);
}

void
pw_worker_delete(struct pw_worker *worker)
{
  if (worker == NULL) {
    return;
  }
  /* Instances whose modules deferred their end and never said done. */
  while (worker->instances != NULL) {
    pw_instance_abandon(worker->instances);
  }
  pw_pairs_clear(&worker->pairs);
  pw_pairs_clear(&worker->more_pairs);
  pw_bytes_clear(&worker->bytes);
  pw_bytes_clear(&worker->output_bytes);
  pw_bytes_clear(&worker->log_bytes);
  pw_metrics_leave(worker->host->metrics, worker->metric_cells);
  pthread_mutex_destroy(&worker->event_lock);
  if (worker->lock != NULL) {
    pthread_mutex_destroy(worker->lock);
    free(worker->lock);
  }
  free(worker);
}

void *
pw_worker_data(const struct pw_worker *worker)
{
  return worker->data;
}
