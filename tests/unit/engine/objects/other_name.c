/* SPDX-License-Identifier: Apache-2.0 */
/* An engine under the file name of another one, for loader_test.c. */
#include <proxywasm/engine.h>

const struct pw_engine_ops *pw_engine_entry(void) __attribute__((visibility("default")));

const struct pw_engine_ops *
pw_engine_entry(void)
{
  static const struct pw_engine_ops ops = {.interface = PW_ENGINE_INTERFACE, .name = "another"};

  return &ops;
}
