/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file metric.h
 * Metrics (ABI text, "Metrics"): one registry for the host, by name. What reads them is public: pw_metric_ in host.h.
 *
 * All functions but new and delete may be called from any thread. Looking a metric up by id takes no lock; a metric
 * lives as long as its registry.
 */
#ifndef PROXYWASM_HOST_METRIC_H
#define PROXYWASM_HOST_METRIC_H

#include <proxywasm/host.h>

/** The longest name, in bytes. */
#define PW_METRIC_NAME_MAX 255

struct pw_metrics;

/** `max_metrics`: the most metrics. NULL when memory is out. */
struct pw_metrics *pw_metrics_new(uint32_t max_metrics);
/** When no other call is under way. NULL is allowed. */
void pw_metrics_delete(struct pw_metrics *metrics);

/**
 * proxy_define_metric. The same name with the same type gives the same id again; ids count from 1. `type` is the
 * module's number, checked here. `*created` (may be NULL) is set to the metric when this call made it, else to NULL.
 * BAD_ARGUMENT: unknown type; name empty, longer than PW_METRIC_NAME_MAX, or with a control character; defined already
 * with another type. INTERNAL_FAILURE: too many metrics, or memory is out.
 */
enum pw_status pw_metrics_define(struct pw_metrics *metrics, uint32_t type, struct pw_view name, uint32_t *id,
                                 const struct pw_metric **created);

/** proxy_increment_metric. NOT_FOUND: unknown id. BAD_ARGUMENT: a counter and a negative delta; a histogram; the result
 *  is beyond 64 bits with sign. */
enum pw_status pw_metrics_increment(struct pw_metrics *metrics, uint32_t id, int64_t delta);

/** proxy_record_metric: sets a gauge, or a counter to no less than it has; adds a sample to a histogram. A gauge keeps
 *  the 64 bits as they are: a module may record a negative value. NOT_FOUND: unknown id. BAD_ARGUMENT: a counter would
 *  go down, or beyond 63 bits. */
enum pw_status pw_metrics_record(struct pw_metrics *metrics, uint32_t id, uint64_t value);

/** proxy_get_metric. NOT_FOUND: unknown id. BAD_ARGUMENT: a histogram, which has no single value. */
enum pw_status pw_metrics_get(struct pw_metrics *metrics, uint32_t id, uint64_t *value);

/** The metric of an id, or NULL. */
const struct pw_metric *pw_metrics_find(struct pw_metrics *metrics, uint32_t id);

/** Calls `visit` for each metric, in the order of definition; pw_host_metrics for a registry. No lock is held. */
void pw_metrics_visit(struct pw_metrics *metrics, void (*visit)(void *data, const struct pw_metric *metric),
                      void              *data);

#endif
