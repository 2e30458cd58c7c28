/* SPDX-License-Identifier: Apache-2.0 */
/* An engine whose library is not to be found, for loader_test.c. */
#include <proxywasm/engine.h>

int                         pw_test_no_engine(void);
const struct pw_engine_ops *pw_engine_entry(void) __attribute__((visibility("default")));

const struct pw_engine_ops *
pw_engine_entry(void)
{
  return pw_test_no_engine() ? NULL : NULL;
}
