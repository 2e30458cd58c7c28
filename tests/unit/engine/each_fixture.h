/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file each_fixture.h
 * The fixture of tests that hold for every engine: each test gets a guest of its own as its state, a struct guest.
 */
#ifndef PROXYWASM_TESTS_UNIT_ENGINE_EACH_FIXTURE_H
#define PROXYWASM_TESTS_UNIT_ENGINE_EACH_FIXTURE_H

#include "support.h"

/** The guest that most tests take. */
static const struct guest_options plain_guest = {.module = "engine_module"};

static inline int
each_setup(void **state)
{
  struct guest *guest = malloc(sizeof *guest);

  assert_non_null(guest);
  start_guest(guest, *state);
  *state = guest;
  return 0;
}

static inline int
each_teardown(void **state)
{
  stop_guest(*state);
  free(*state);
  return 0;
}

/** A test with a guest; `options` points to a struct guest_options that lives on. */
#define GUEST_TEST(name, options)                                                                                      \
  cmocka_unit_test_prestate_setup_teardown(name, each_setup, each_teardown, (void *)(uintptr_t)(options))

#endif
