/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/statistics.h"

#include <assert.h>

#include "traffic_server/compatibility.h"
#include "traffic_server/event_thread/event_thread.h"
#include "traffic_server/log.h"
#include "traffic_server/process.h"

#include <pthread.h>

/* Traffic Server has room for some 1,400 statistics in all, and ends when its own no longer fit. */
#define METRICS_MOST 256
#define NAME_BYTES   200
/* Keeps names of modules apart from those of the server and of other plugins. */
#define METRIC_PREFIX "wasm."
#define TIME_PREFIX   "proxywasm.callback_time."
/* Of plugins whose callbacks are timed. */
#define TIMED_PLUGINS_MOST 32

/* Numbers of statistics are kept plus one. */
#define NO_STATISTIC 0

static int64_t counts[PW_STATISTIC_COUNT]; /* atomic */

/* ---------------------------------------------------------------------------------------------------------- gathering
 */

void
pw_statistics_add(enum pw_statistic statistic, int64_t value)
{
  __atomic_add_fetch(&counts[statistic], value, __ATOMIC_RELAXED);
}

static void
add_difference(enum pw_statistic statistic, uint64_t now, uint64_t *told)
{
  pw_statistics_add(statistic, (int64_t)(now - *told));
  *told = now;
}

/* Answers how many instances run. */
static int64_t
gather_worker(struct pw_generation_worker *worker)
{
  const struct pw_generation *generation = worker->generation;
  uint64_t                    traps = 0, restarts = 0;
  int64_t                     running = 0;

  for (size_t i = 0; i < generation->plugin_count; i++) {
    bool own = (generation->plugins[i].config->vm_scope == PW_VM_SCOPE_PROCESS) == worker->shared;
    if (own) {
      uint64_t its_traps, its_restarts;
      pw_instance_counts(worker->instances[i], &its_restarts, &its_traps);
      traps += its_traps;
      restarts += its_restarts;
      running += pw_instance_get_state(worker->instances[i]) == PW_INSTANCE_RUNNING ? 1 : 0;
    }
  }
  add_difference(PW_STATISTIC_TRAPS, traps, &worker->traps);
  add_difference(PW_STATISTIC_RESTARTS, restarts, &worker->restarts);
  return running;
}

void
pw_statistics_gather_last(struct pw_generation_worker *worker)
{
  gather_worker(worker);
}

void
pw_statistics_gather(struct pw_event_thread *thread)
{
  int64_t instances = 0;
  for (struct pw_generation_worker *worker = thread->workers; worker; worker = worker->next) {
    if (worker->ended_at == 0) {
      instances += gather_worker(worker);
      /* Those of vm_scope process are counted by one thread: the one that publishes. */
      if (!thread->next && worker->generation->shared && worker->current) {
        instances += gather_worker(worker->generation->shared);
      }
    }
  }
  pw_statistics_add(PW_STATISTIC_INSTANCES, instances - thread->instances_told);
  pw_statistics_add(PW_STATISTIC_STREAMS, thread->streams - thread->streams_told);
  thread->instances_told = instances;
  thread->streams_told   = thread->streams;
}

/* --------------------------------------------------------------------------------------------------------- publishing
 */

/* A statistic of this name, or NO_STATISTIC. One that is there already is left alone. */
static int
make(const char *name)
{
  int id = 0;
  if (TSStatFindName(name, &id) == TS_SUCCESS) {
    pw_log_warning(
      "the statistic '%s' is there already: the metric of that name is not published; rename it, or the plugin "
      "whose name is in it",
      name);
    return NO_STATISTIC;
  }
  id = TSStatCreate(name, TS_RECORDDATATYPE_INT, TS_STAT_NON_PERSISTENT, TS_STAT_SYNC_SUM);
  if (id < 0) {
    pw_log_warning("no room for the statistic '%s'", name);
    return NO_STATISTIC;
  }
  return id + 1;
}

static void
set(int number, int64_t value)
{
  if (number != NO_STATISTIC) {
    TSStatIntSet(number - 1, value);
  }
}

static void
publish_own(void)
{
#define PW_STATISTIC_NAME(identifier, name) name,
  static const char *const names[] = {PW_STATISTICS(PW_STATISTIC_NAME)};
#undef PW_STATISTIC_NAME
  static int  ids[PW_STATISTIC_COUNT];
  static bool made;

  for (int i = 0; i < PW_STATISTIC_COUNT; i++) {
    if (!made) {
      ids[i] = make(names[i]);
    }
    set(ids[i], __atomic_load_n(&counts[i], __ATOMIC_RELAXED));
  }
  made = true;
}

/* A name that is given to a metric or a plugin may hold anything; what shows statistics expects them to be tame. */
static void
tame(const char *prefix, const char *name, const char *suffix, char *tamed)
{
  size_t size = 0;
  strcpy(tamed, prefix);
  tamed += strlen(prefix);
  for (; name[size] && size < NAME_BYTES; size++) {
    char letter = name[size];
    bool plain  = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                 (letter >= '0' && letter <= '9') || strchr("._-:", letter) != NULL;
    tamed[size] = plain ? letter : '_';
  }
  strcpy(tamed + size, suffix);
}

/* Statistics of metrics, by id - 1: the value, or the samples and their sum. */
static struct {
  pthread_mutex_t lock;
  bool            full;
  int             ids[METRICS_MOST][2];
} mirror = {PTHREAD_MUTEX_INITIALIZER, false, {{0, 0}}};

static void
mirror_make(const struct pw_metric *metric, int *ids)
{
  char name[sizeof(METRIC_PREFIX) + NAME_BYTES + 16];
  bool histogram = pw_metric_type(metric) == PW_METRIC_HISTOGRAM;

  tame(METRIC_PREFIX, pw_metric_name(metric), histogram ? ".count" : "", name);
  ids[0] = make(name);
  ids[1] = NO_STATISTIC;
  if (histogram) {
    tame(METRIC_PREFIX, pw_metric_name(metric), ".sum", name);
    ids[1] = make(name);
  }
}

void
pw_statistics_metric_defined(void *proxy, const struct pw_metric *metric)
{
  size_t index = pw_metric_id(metric) - 1;
  (void)proxy;

  pthread_mutex_lock(&mirror.lock);
  bool first_too_many = index >= METRICS_MOST && !mirror.full;
  mirror.full         = mirror.full || first_too_many;
  if (index < METRICS_MOST) {
    mirror_make(metric, mirror.ids[index]);
  }
  pthread_mutex_unlock(&mirror.lock);
  if (first_too_many) {
    pw_log_warning("modules define more than %d metrics: only the first ones are published as statistics",
                   METRICS_MOST);
  }
}

static void
mirror_metric(void *data, const struct pw_metric *metric)
{
  size_t index = pw_metric_id(metric) - 1;
  int    ids[2];
  (void)data;

  if (index >= METRICS_MOST) {
    return;
  }
  pthread_mutex_lock(&mirror.lock);
  memcpy(ids, mirror.ids[index], sizeof(ids));
  pthread_mutex_unlock(&mirror.lock);
  set(ids[0], pw_metric_value(metric));
  if (ids[1] != NO_STATISTIC) {
    struct pw_histogram histogram;
    pw_metric_histogram(metric, &histogram);
    set(ids[1], (int64_t)histogram.sum);
  }
}

/* ---------------------------------------------------------------------------------------------- times of callbacks */

/* What a plugin's callbacks have: a count up to each bound but the last, which is infinity; all; and the sum. */
static const char *const time_suffixes[] = {".le_1us",  ".le_10us",  ".le_100us", ".le_1ms",
                                            ".le_10ms", ".le_100ms", ".count",    ".sum_us"};
#define TIME_STATISTICS (sizeof(time_suffixes) / sizeof(time_suffixes[0]))
static_assert(TIME_STATISTICS == PW_CALLBACK_TIME_BUCKETS + 1, "a statistic for each bucket, and the sum");

/* Only the thread that publishes makes and sets them. */
static struct {
  size_t made;
  size_t at; /* the one that is visited next */
  int    ids[TIMED_PLUGINS_MOST][TIME_STATISTICS];
} times;

static void
make_times(const char *plugin, int *ids)
{
  char name[sizeof(TIME_PREFIX) + NAME_BYTES + 16];
  for (size_t i = 0; i < TIME_STATISTICS; i++) {
    tame(TIME_PREFIX, plugin[0] != '\0' ? plugin : "-", time_suffixes[i], name);
    ids[i] = make(name);
  }
}

static void
publish_times(void *data, const char *plugin, const struct pw_callback_histogram *histogram)
{
  size_t  index = times.at++;
  int64_t count = 0;
  (void)data;

  if (index >= TIMED_PLUGINS_MOST) {
    return;
  }
  if (index >= times.made) {
    make_times(plugin, times.ids[index]);
    times.made = index + 1;
  }
  for (size_t i = 0; i < PW_CALLBACK_TIME_BUCKETS; i++) {
    count += (int64_t)histogram->buckets[i];
    set(times.ids[index][i], count);
  }
  set(times.ids[index][PW_CALLBACK_TIME_BUCKETS], (int64_t)(histogram->nanoseconds / 1000));
}

void
pw_statistics_publish(void)
{
  publish_own();
  times.at = 0;
  pw_host_callback_times(pw_process_host(), publish_times, NULL);
  pw_host_metrics(pw_process_host(), mirror_metric, NULL);
}
