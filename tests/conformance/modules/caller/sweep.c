/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep.h"

#include "hostcalls.h"
#include "values.h"

/* These end a stream or the module, which the script wants to look at afterwards. */
static const char *const left_out[] = {"proc_exit", "proxy_send_local_response", "proxy_close_stream", "proxy_log",
                                       "fd_write"};

/** Numerical Recipes' generator; its upper bits are good enough. */
static uint32_t
next(uint32_t *state)
{
  *state = *state * 1664525u + 1013904223u;
  return *state >> 16;
}

/*
 * Small numbers are ids, sizes, and addresses at the bottom of the stack, where a host may write without harm; so are
 * the area and the last bytes of memory.
 */
static uint64_t
choose_value(uint32_t *state)
{
  const uint64_t values[] = {
    0,
    1,
    2,
    3,
    4,
    8,
    64,
    4096,
    (uintptr_t)area,
    (uintptr_t)area,
    (uintptr_t)area + sizeof(area) / 2,
    memory_end() - 16,
    memory_end() - 1,
    memory_end(),
    0x7fffffff,
    0x80000000,
    0xfffffff8,
    0xffffffff,
    0x7fffffffffffffff,
    0xffffffffffffffff,
  };

  return values[next(state) % (sizeof(values) / sizeof(values[0]))];
}

static bool
is_left_out(const struct hostcall *hostcall)
{
  for (uint32_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++) {
    if (bytes_equal(bytes_of(left_out[i]), bytes_of(hostcall->name))) {
      return true;
    }
  }
  return false;
}

void
sweep(uint32_t calls, uint32_t seed)
{
  uint32_t state = seed;
  uint32_t mark  = heap_mark();

  for (uint32_t i = 0; i < calls; i++) {
    const struct hostcall *hostcall = hostcall_at(next(&state));
    uint64_t               raw[RAW_MAX];

    for (uint32_t k = 0; k < RAW_MAX; k++) {
      raw[k] = choose_value(&state);
    }
    if (!is_left_out(hostcall)) {
      hostcall->call(raw);
    }
    heap_release(mark);
  }
}
