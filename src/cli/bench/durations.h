/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file durations.h
 * Many durations in little memory: counts in buckets that are 1.6% wide, or 1 ns, whichever is more.
 */
#ifndef PROXYWASM_CLI_DURATIONS_H
#define PROXYWASM_CLI_DURATIONS_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>

/** Buckets of each power of two. */
#define PW_DURATION_STEPS 64
/** Up to 2^40 ns, 18 minutes; what is longer counts as that. */
#define PW_DURATION_BUCKETS (PW_DURATION_STEPS * 36)

/** Zero-initialised is empty. */
struct pw_durations {
  uint64_t count;
  uint64_t sum; /**< ns */
  uint64_t least;
  uint64_t most;
  uint64_t buckets[PW_DURATION_BUCKETS];
};

/** Nanoseconds since some fixed point. */
static inline uint64_t
pw_clock_now(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void pw_durations_add(struct pw_durations *durations, uint64_t nanoseconds);
/** The duration that `part` (0 … 1) of them do not exceed; 0 when there are none. */
double pw_durations_part(const struct pw_durations *durations, double part);
double pw_durations_mean(const struct pw_durations *durations);

/** "840 ns", "1.30 µs", "12.5 ms", "3.2 s" in `text`; answers it. */
#define PW_DURATION_TEXT 16
const char *pw_duration_text(double nanoseconds, char text[PW_DURATION_TEXT]);

#endif
