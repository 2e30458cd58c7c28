/* SPDX-License-Identifier: Apache-2.0 */
/* An engine of another interface, for loader_test.c. */
#include <proxywasm/engine.h>

const struct pw_engine_ops *pw_engine_entry(void) __attribute__((visibility("default")));

const struct pw_engine_ops *
pw_engine_entry(void)
{
  static const struct pw_engine_ops ops = {.interface = PW_ENGINE_INTERFACE + 1, .name = "wasmtime"};

  return &ops;
}
