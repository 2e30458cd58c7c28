/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/configuration/slot.h"

#include "traffic_server/compatibility.h"
#include "traffic_server/event_thread/event_thread.h"
#include "traffic_server/log.h"
#include "traffic_server/statistics.h"

#include <pthread.h>
#include <stdlib.h>

/* Held while files are loaded: one load at a time. Not taken by event threads. */
static pthread_mutex_t load_lock = PTHREAD_MUTEX_INITIALIZER;
/* Guards the table and the generations' exchange. Held for moments. */
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;

static struct pw_slot *slots[PW_SLOTS_MOST];
static struct pw_slot *global_slots[PW_SLOTS_MOST];
static size_t          global_count;
static size_t          rule_count;   /* atomic: of slots that are not global */
static size_t          slots_end;    /* atomic: beyond the last slot that was ever used */
static unsigned        publications; /* atomic */

/* ------------------------------------------------------------------------------------------------------------ files */

static void
files_clear(struct pw_file_list *files)
{
  for (size_t i = 0; i < files->count; i++) {
    free(files->paths[i]);
  }
  free(files->paths);
  files->paths = NULL;
  files->count = 0;
}

static bool
files_make(struct pw_file_list *files, int count, char *const *names)
{
  files->count = 0;
  files->paths = (char **)calloc((size_t)count + 1, sizeof(char *));
  for (int i = 0; files->paths && i < count; i++) {
    char *path = pw_config_path(TSConfigDirGet(), names[i]);
    if (!path) {
      break;
    }
    files->paths[files->count++] = path;
  }
  return files->paths && files->count == (size_t)count;
}

static bool
files_equal(const struct pw_file_list *a, const struct pw_file_list *b)
{
  bool equal = a->count == b->count;
  for (size_t i = 0; equal && i < a->count; i++) {
    equal = strcmp(a->paths[i], b->paths[i]) == 0;
  }
  return equal;
}

/* ------------------------------------------------------------------------------------------------------------ table */

static struct pw_slot *
table_find(const struct pw_file_list *files)
{
  for (size_t i = 0; i < PW_SLOTS_MOST; i++) {
    if (slots[i] && !slots[i]->is_global && files_equal(&slots[i]->files, files)) {
      return slots[i];
    }
  }
  return NULL;
}

static bool
table_add(struct pw_slot *slot)
{
  for (size_t i = 0; i < PW_SLOTS_MOST; i++) {
    if (!slots[i]) {
      slot->index = i;
      slots[i]    = slot;
      if (i >= slots_end) {
        __atomic_store_n(&slots_end, i + 1, __ATOMIC_RELEASE);
      }
      if (slot->is_global) {
        global_slots[global_count] = slot;
        __atomic_store_n(&global_count, global_count + 1, __ATOMIC_RELEASE);
      } else {
        __atomic_add_fetch(&rule_count, 1, __ATOMIC_ACQ_REL);
      }
      return true;
    }
  }
  return false;
}

struct pw_generation *
pw_slot_generation(struct pw_slot *slot)
{
  pthread_mutex_lock(&table_lock);
  struct pw_generation *generation = slot->generation ? pw_generation_retain(slot->generation) : NULL;
  pthread_mutex_unlock(&table_lock);
  return generation;
}

void
pw_slots_each(void (*visit)(void *data, struct pw_slot *slot), void *data)
{
  for (size_t i = 0; i < __atomic_load_n(&slots_end, __ATOMIC_ACQUIRE); i++) {
    pthread_mutex_lock(&table_lock);
    struct pw_slot *slot = slots[i];
    if (slot) {
      slot->references++;
    }
    pthread_mutex_unlock(&table_lock);
    if (slot) {
      visit(data, slot);
      pw_slot_close(slot);
    }
  }
}

size_t
pw_slots_of_rules(void)
{
  return __atomic_load_n(&rule_count, __ATOMIC_ACQUIRE);
}

struct pw_slot *const *
pw_global_slots(size_t *count)
{
  *count = __atomic_load_n(&global_count, __ATOMIC_ACQUIRE);
  return global_slots;
}

unsigned
pw_slots_publications(void)
{
  return __atomic_load_n(&publications, __ATOMIC_ACQUIRE);
}

bool
pw_slot_fails_closed(struct pw_slot *slot)
{
  struct pw_generation *generation = pw_slot_generation(slot);
  bool                  closed     = generation && generation->refuses;
  for (size_t i = 0; generation && i < generation->plugin_count; i++) {
    closed = closed || !generation->plugins[i].config->plugin.fail_open;
  }
  pw_generation_release(generation);
  return closed;
}

/* Event threads look at what has changed. */
static void
announce(void)
{
  __atomic_add_fetch(&publications, 1, __ATOMIC_ACQ_REL);
  pw_event_threads_wake();
}

/* ------------------------------------------------------------------------------------------------------- open, close
 */

static void
publish(struct pw_slot *slot, struct pw_generation *generation)
{
  pthread_mutex_lock(&table_lock);
  struct pw_generation *old = slot->generation;
  __atomic_store_n(&slot->generation, generation, __ATOMIC_RELEASE);
  pthread_mutex_unlock(&table_lock);
  pw_generation_retire(old);
  announce();
}

static void
slot_free(struct pw_slot *slot)
{
  pw_generation_retire(slot->generation);
  files_clear(&slot->files);
  free(slot);
}

/* With load_lock. */
static struct pw_slot *
slot_load(struct pw_slot *slot, bool keep_broken, struct pw_error *error)
{
  bool failed      = false;
  slot->generation = pw_generation_load(&slot->files, NULL, !keep_broken, &failed);
  if (!slot->generation) {
    pw_error_set(error, PW_ERROR_CONFIGURATION, "%s: not loaded, see the errors in diags.log", slot->files.paths[0]);
    return NULL;
  }
  pthread_mutex_lock(&table_lock);
  bool added = table_add(slot);
  pthread_mutex_unlock(&table_lock);
  if (!added) {
    pw_error_set(error, PW_ERROR_LIMIT, "more than %d different sets of configuration files", PW_SLOTS_MOST);
    return NULL;
  }
  return slot;
}

struct pw_slot *
pw_slot_open(int count, char *const *files, bool is_global, bool keep_broken, struct pw_error *error)
{
  struct pw_slot *slot = (struct pw_slot *)calloc(1, sizeof(*slot));
  if (!slot || !files_make(&slot->files, count, files)) {
    pw_error_set(error, PW_ERROR_MEMORY, "out of memory");
    if (slot) {
      slot_free(slot);
    }
    return NULL;
  }
  slot->references = 1;
  slot->is_global  = is_global;

  pthread_mutex_lock(&load_lock);
  pthread_mutex_lock(&table_lock);
  struct pw_slot *found = is_global ? NULL : table_find(&slot->files);
  if (found) {
    found->references++;
  }
  pthread_mutex_unlock(&table_lock);
  struct pw_slot *result = found ? found : slot_load(slot, keep_broken, error);
  pthread_mutex_unlock(&load_lock);

  if (result != slot) {
    slot_free(slot);
  } else {
    announce();
  }
  return result;
}

static int
on_free(TSCont continuation, TSEvent event, void *data)
{
  (void)event;
  (void)data;
  slot_free((struct pw_slot *)TSContDataGet(continuation));
  TSContDestroy(continuation);
  announce();
  return 0;
}

void
pw_slot_close(struct pw_slot *slot)
{
  if (!slot) {
    return;
  }
  pthread_mutex_lock(&table_lock);
  bool last = --slot->references == 0;
  if (last) {
    slots[slot->index] = NULL;
    if (!slot->is_global) {
      __atomic_sub_fetch(&rule_count, 1, __ATOMIC_ACQ_REL);
    }
  }
  pthread_mutex_unlock(&table_lock);
  if (last) {
    /* Ending a generation may run a module: on a task thread, where nothing waits for it. */
    TSCont continuation = TSContCreate(on_free, TSMutexCreate());
    TSContDataSet(continuation, slot);
    TSContScheduleOnPool(continuation, 0, TS_THREAD_POOL_TASK);
  }
}

/* ----------------------------------------------------------------------------------------------------------- reload */

static void
reload(void *data, struct pw_slot *slot)
{
  bool failed = false;
  (void)data;

  pthread_mutex_lock(&load_lock);
  /* Only loaders exchange it: it stays while the lock is held. */
  struct pw_generation *running = slot->generation;
  struct pw_generation *fresh   = pw_generation_load(&slot->files, running, true, &failed);
  if (fresh) {
    publish(slot, fresh);
    pw_statistics_add(PW_STATISTIC_RELOADS, 1);
  } else if (failed) {
    pw_statistics_add(PW_STATISTIC_FAILED_RELOADS, 1);
  }
  pthread_mutex_unlock(&load_lock);
  if (fresh) {
    pw_log_note("%s: loaded anew", slot->files.paths[0]);
  } else if (!failed) {
    pw_log_debug("%s: unchanged", slot->files.paths[0]);
  }
}

void
pw_slots_reload(void)
{
  pw_slots_each(reload, NULL);
}
