/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ticker.h
 * The clock that ends calls: a thread that counts ticks, and tells an engine of each, while a call with a deadline may
 * be under way, and sleeps otherwise.
 *
 * A call costs it one load, as long as its instance has set the same deadline within the same tick.
 *
 * A tick is time in which the process had a processor. On a machine that has more to do than it can, threads wait for
 * their turn, and a call that has hardly begun must not be ended for it. What counts is the processor time of all
 * threads: a call that loops takes all of one, so on a machine that is not overloaded a tick is as long as on the wall.
 * However little the process gets, a tick ends after PW_TICK_MOST times its length.
 */
#ifndef PROXYWASM_ENGINE_COMMON_TICKER_H
#define PROXYWASM_ENGINE_COMMON_TICKER_H

#include <proxywasm/types.h>

#include <stdatomic.h>

/** Length of a tick. A deadline is kept to within about two of them. Each tick takes the processor from whoever has it,
 *  for some 20 µs and what it displaces from the caches: one every 2 ms was 1 % of a processor, and showed. */
#define PW_TICK_MILLISECONDS 10
/** How many times as long it is at most. */
#define PW_TICK_MOST 10

struct pw_ticker {
  /** Ticks so far; never behind what the engine was told. Read at each call, so it has a cache line with what is seldom
   *  written. */
  _Alignas(64) atomic_uint_least64_t now;
  atomic_uint_least64_t last_end; /**< the tick after which no call has a deadline any more */
  atomic_bool           asleep;
  void                 *thread; /**< private */
};

/** A deadline, in ticks. */
struct pw_deadline {
  uint64_t set_at; /**< the tick in which it was given to the store; UINT64_MAX: it has to be given anew */
  uint64_t end;    /**< UINT64_MAX: none */
  uint32_t milliseconds;
};

/** Starts a ticker that calls `tick` (may be NULL) with `data` at each tick, on its own thread and after `now` was
 * raised. `data` outlives it. NULL when there is no memory or thread. */
struct pw_ticker *pw_ticker_new(void (*tick)(void *data), void *data);
/** Ends it. NULL is allowed. */
void pw_ticker_delete(struct pw_ticker *ticker);
/** The ticks now. Any thread. */
static inline uint64_t
pw_ticker_now(struct pw_ticker *ticker)
{
  return atomic_load_explicit(&ticker->now, memory_order_acquire);
}
/** How many ticks are never shorter than that time. */
static inline uint64_t
pw_ticker_ticks(uint32_t milliseconds)
{
  /* Two more: the tick under way is partly over, and `now` may be one ahead of the engine. */
  return ((uint64_t)milliseconds + PW_TICK_MILLISECONDS - 1) / PW_TICK_MILLISECONDS + 2;
}
/** Keeps the ticker going until tick `end`. Call it after the deadline was set. Any thread. */
void pw_ticker_keep(struct pw_ticker *ticker, uint64_t end);

#endif
