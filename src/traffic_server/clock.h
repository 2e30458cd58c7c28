/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROXYWASM_TRAFFIC_SERVER_CLOCK_H
#define PROXYWASM_TRAFFIC_SERVER_CLOCK_H

#include <stdint.h>
#include <time.h>

/** Nanoseconds of CLOCK_REALTIME or CLOCK_MONOTONIC. Any thread. */
static inline uint64_t
pw_clock_nanoseconds(clockid_t clock)
{
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

#endif
