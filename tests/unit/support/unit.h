/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file unit.h
 * What every unit test includes: cmocka with the headers that it needs, and a few assertions of ours.
 */
#ifndef TESTS_SUPPORT_UNIT_H
#define TESTS_SUPPORT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants those first. */
#include <cmocka.h>

#include <proxywasm/types.h>

#include "support/fail_alloc.h"

#define assert_view_equal(view, text)                                                                                  \
  do {                                                                                                                 \
    struct pw_view view_of_assertion = (view);                                                                         \
    assert_int_equal(view_of_assertion.size, sizeof(text) - 1);                                                        \
    assert_memory_equal(view_of_assertion.data, text, sizeof(text) - 1);                                               \
  } while (0)

#define assert_contains(text, part)                                                                                    \
  do {                                                                                                                 \
    if (!strstr((text), (part))) {                                                                                     \
      fail_msg("\"%s\" does not contain \"%s\"", (text), (part));                                                      \
    }                                                                                                                  \
  } while (0)

/** A view of a literal, which may hold NUL. */
#define LITERAL(text) pw_view_make((text), sizeof(text) - 1)

#endif
