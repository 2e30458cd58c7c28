/* SPDX-License-Identifier: Apache-2.0 */
#include "support/fail_alloc.h"

#include <errno.h>
#include <stddef.h>

/** Allocations until the one that fails; 0: none does. */
static _Thread_local unsigned countdown;
static _Thread_local bool     failed;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *pointer, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *pointer, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
char *__wrap_strdup(const char *text);

void
fail_alloc_at(unsigned nth)
{
  countdown = nth;
  failed    = false;
}

bool
fail_alloc_stop(void)
{
  countdown = 0;
  return failed;
}

static bool
fails_now(void)
{
  if (countdown == 0 || --countdown != 0) {
    return false;
  }
  failed = true;
  errno  = ENOMEM;
  return true;
}

void *
__wrap_malloc(size_t size)
{
  return fails_now() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
  return fails_now() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *pointer, size_t size)
{
  return fails_now() ? NULL : __real_realloc(pointer, size);
}

void *
__wrap_aligned_alloc(size_t alignment, size_t size)
{
  return fails_now() ? NULL : __real_aligned_alloc(alignment, size);
}

char *
__wrap_strdup(const char *text)
{
  return fails_now() ? NULL : __real_strdup(text);
}
