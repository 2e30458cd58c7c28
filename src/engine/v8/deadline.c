/* SPDX-License-Identifier: Apache-2.0 */
/* When the calls of an isolate end.
 *
 * The ticker only asks V8 for an interrupt, which then comes on the isolate's own thread, and looks there whether the
 * call is due. So an interrupt that comes late, when another call is under way, ends nothing; and no call needs more
 * than a store at its begin and its end. */
#include "common/ticker.h"
#include "internal.h"

#define NO_END UINT64_MAX

static void
set_end(struct pw_v8_watch *watch, uint64_t end)
{
  __atomic_store_n(&watch->end, end, __ATOMIC_RELEASE);
}

uint64_t
pw_v8_deadline_begin(struct pw_v8_watch *watch, bool nested, uint32_t milliseconds)
{
  uint64_t before = watch->end;
  uint64_t end;

  if (milliseconds == 0) {
    return before;
  }
  end = pw_ticker_now(watch->ticker) + pw_ticker_ticks(milliseconds);
  if (nested && before < end) {
    return before;
  }
  set_end(watch, end);
  /* Once for each tick at most. */
  if (watch->kept < end) {
    watch->kept = end;
    pw_ticker_keep(watch->ticker, end);
  }
  return before;
}

void
pw_v8_deadline_end(struct pw_v8_watch *watch, uint64_t before)
{
  if (watch->end != before) {
    set_end(watch, before);
  }
}

bool
pw_v8_deadline_due(const struct pw_v8_watch *watch)
{
  return watch->end != NO_END && watch->end <= pw_ticker_now(watch->ticker);
}

void
pw_v8_deadline_tick(void *data)
{
  struct pw_engine *engine = data;

  pthread_mutex_lock(&engine->lock);
  for (struct pw_v8_watch *watch = engine->isolates; watch; watch = watch->next) {
    uint64_t end = __atomic_load_n(&watch->end, __ATOMIC_ACQUIRE);

    if (end != watch->asked && end <= pw_ticker_now(watch->ticker)) {
      watch->asked = end;
      pw_v8_isolate_interrupt(watch);
    }
  }
  pthread_mutex_unlock(&engine->lock);
}
