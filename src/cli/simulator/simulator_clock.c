/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual clock: what will happen, when, and letting it happen. */
#include <stdlib.h>
#include <time.h>

#include "cli/simulator/simulator_internal.h"

bool
pw_simulator_schedule(struct pw_simulator *simulator, const struct pw_event *event, uint64_t delay_nanoseconds)
{
  if (simulator->event_count == simulator->event_capacity) {
    size_t           capacity = simulator->event_capacity == 0 ? 16 : simulator->event_capacity * 2;
    struct pw_event *events   = realloc(simulator->events, capacity * sizeof(*events));
    if (events == NULL) {
      return false;
    }
    simulator->events         = events;
    simulator->event_capacity = capacity;
  }
  struct pw_event *slot = &simulator->events[simulator->event_count++];
  *slot                 = *event;
  slot->time            = simulator->now + delay_nanoseconds;
  slot->order           = simulator->event_order++;
  return true;
}

static void
drop(struct pw_simulator *simulator, size_t index)
{
  simulator->events[index] = simulator->events[--simulator->event_count];
}

void
pw_simulator_forget_ticks(struct pw_simulator *simulator, const struct pw_instance *instance)
{
  for (size_t i = simulator->event_count; i-- > 0;) {
    if (simulator->events[i].kind == PW_EVENT_TICK && simulator->events[i].instance == instance) {
      drop(simulator, i);
    }
  }
}

void
pw_simulator_forget_call(struct pw_simulator *simulator, uint32_t id)
{
  for (size_t i = simulator->event_count; i-- > 0;) {
    if (simulator->events[i].kind != PW_EVENT_TICK && simulator->events[i].id == id) {
      drop(simulator, i);
    }
  }
}

static bool
earliest(const struct pw_simulator *simulator, size_t *index)
{
  bool found = false;
  for (size_t i = 0; i < simulator->event_count; i++) {
    const struct pw_event *event = &simulator->events[i];
    const struct pw_event *best  = &simulator->events[found ? *index : i];
    if (!found || event->time < best->time || (event->time == best->time && event->order < best->order)) {
      *index = i;
      found  = true;
    }
  }
  return found;
}

/* Pauses at their limit end; `*time` (may be NULL) is when the next one does, UINT64_MAX if none is. The system's clock
 * does not wait for virtual time. */
static bool
end_pauses(const struct pw_simulator *simulator, uint64_t *time)
{
  uint64_t due = UINT64_MAX;
  bool     ended =
    simulator->chain != NULL && !simulator->options.system_time && pw_chain_end_pauses(simulator->chain, &due);
  if (time != NULL) {
    *time = due == UINT64_MAX ? due : due - PW_SIMULATOR_MONOTONIC_BEGIN;
  }
  return ended;
}

bool
pw_simulator_next_event(const struct pw_simulator *simulator, uint64_t *time)
{
  size_t index;
  end_pauses(simulator, time);
  if (earliest(simulator, &index) && simulator->events[index].time < *time) {
    *time = simulator->events[index].time;
  }
  return *time != UINT64_MAX;
}

/* One thing that is due. false: there is none. */
static bool
happen_one(struct pw_simulator *simulator)
{
  size_t index;
  if (!earliest(simulator, &index) || simulator->events[index].time > simulator->now) {
    return false;
  }
  struct pw_event event = simulator->events[index];
  drop(simulator, index);
  if (event.kind == PW_EVENT_TICK) {
    /* Before the tick, since that may set another period, which forgets this one. */
    pw_simulator_schedule(simulator, &event, (uint64_t)event.period * 1000000);
    pw_instance_tick(event.instance);
  } else {
    pw_simulator_call_event(simulator, &event);
  }
  return true;
}

static bool
resume_one(struct pw_simulator *simulator)
{
  for (struct pw_transaction *at = simulator->transactions; at != NULL; at = at->link) {
    if (pw_transaction_resume_wanted(at)) {
      return true;
    }
  }
  return false;
}

/* Bounds of one drain. A module that goes round in circles (each call that ends makes another one) ends at the first
 * two; what feeds its own queue goes on with the next step, as in the event loop of a proxy. */
struct bounds {
  unsigned events;
  unsigned runs; /* of pw_worker_run */
  double   seconds;
};

static double
real_seconds(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool
give_up(struct pw_simulator *simulator)
{
  if (!simulator->gave_up) {
    simulator->gave_up = true;
    pw_simulator_note(simulator, NULL, PW_LOG_ERROR,
                      pw_view_of("gave up on what happens at one moment: a module seems to go round in circles"));
  }
  return false;
}

bool
pw_simulator_drain(struct pw_simulator *simulator)
{
  static const struct bounds usual = {10000, 100, 5}, afterwards = {10, 1, 0.1};
  const struct bounds       *bounds = simulator->gave_up ? &afterwards : &usual;
  double                     begin  = real_seconds();
  unsigned                   runs   = 0;
  for (unsigned events = 0; events < bounds->events && real_seconds() - begin < bounds->seconds; events++) {
    if (simulator->woken && simulator->worker != NULL && runs < bounds->runs) {
      simulator->woken = false;
      runs++;
      pw_worker_run(simulator->worker);
    } else if (!resume_one(simulator) && !happen_one(simulator) && !end_pauses(simulator, NULL)) {
      return true;
    }
  }
  return give_up(simulator);
}

void
pw_simulator_advance(struct pw_simulator *simulator, uint64_t nanoseconds)
{
  const char *phase = simulator->phase;
  uint64_t    end   = simulator->now + nanoseconds;
  uint64_t    time;
  simulator->phase = "idle";
  bool quiet       = pw_simulator_drain(simulator);
  while (quiet && pw_simulator_next_event(simulator, &time) && time <= end) {
    simulator->now = time;
    quiet          = pw_simulator_drain(simulator);
  }
  if (simulator->now < end) {
    simulator->now = end;
  }
  simulator->phase = phase;
}

uint64_t
pw_simulator_time(const struct pw_simulator *simulator)
{
  return simulator->options.time + simulator->now;
}
