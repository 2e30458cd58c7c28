/* SPDX-License-Identifier: Apache-2.0 */
/* What WasmEdge's library wants of newer system libraries than Debian 12 has. They are exported: the library finds them
 * here, as it is opened with this object. tools/setup.d/wasmedge.sh names the same ones. */
#include <features.h>
#include <stdlib.h>

#if defined(__GLIBC__) && !__GLIBC_PREREQ(2, 38)

#define EXPORTED __attribute__((visibility("default")))

EXPORTED long           __isoc23_strtol(const char *text, char **end, int base);
EXPORTED long long      __isoc23_strtoll(const char *text, char **end, int base);
EXPORTED unsigned long  __isoc23_strtoul(const char *text, char **end, int base);
EXPORTED _Noreturn void __cxa_call_terminate(void *exception);

/* In C23 these also read numbers in base 2, which nothing here writes. */
long
__isoc23_strtol(const char *text, char **end, int base)
{
  return strtol(text, end, base);
}

long long
__isoc23_strtoll(const char *text, char **end, int base)
{
  return strtoll(text, end, base);
}

unsigned long
__isoc23_strtoul(const char *text, char **end, int base)
{
  return strtoul(text, end, base);
}

/* An exception is about to leave a function that says it throws none. C++ ends the process for that. */
void
__cxa_call_terminate(void *exception)
{
  (void)exception;
  abort();
}

#endif
