/* SPDX-License-Identifier: Apache-2.0 */
/* How deep wasm may go on the stack of the thread that it runs on. */
#define _GNU_SOURCE
#include "internal.h"

/* Left to the host's functions, V8's runtime and the kernel's signal frames. */
#define HOST_BYTES (128u << 10)
/* An isolate that is entered this much further down gets a new limit, so that its wasm has nearly all that it may. */
#define SLACK_BYTES (16u << 10)

static _Thread_local uint64_t  this_thread; /* 0: not seen yet. Never used again for another thread */
static _Thread_local uintptr_t this_bottom;

static void
look_at_thread(void)
{
  static uint64_t threads;
  pthread_attr_t  attributes;
  void           *bottom = NULL;
  size_t          size   = 0;

  this_thread = __atomic_add_fetch(&threads, 1, __ATOMIC_RELAXED);
  if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
    pthread_attr_getstack(&attributes, &bottom, &size);
    pthread_attr_destroy(&attributes);
  }
  this_bottom = (uintptr_t)bottom;
}

bool
pw_v8_stack_limit(struct pw_v8_stack *stack, uintptr_t here, uint32_t bytes, uintptr_t *limit)
{
  uintptr_t least;

  if (this_thread == 0) {
    look_at_thread();
  }
  if (stack->thread == this_thread && stack->entry - here <= SLACK_BYTES) {
    return false;
  }
  stack->thread = this_thread;
  stack->entry  = here;
  least         = this_bottom + HOST_BYTES;
  *limit        = here > bytes && here - bytes > least ? here - bytes : least;
  return true;
}
