/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fail_alloc.h
 * Makes one allocation of the code under test fail.
 *
 * The linker sends malloc, calloc, realloc, aligned_alloc and strdup of everything that is linked statically into a
 * test through here (tests/unit/CMakeLists.txt); shared libraries, cmocka among them, are not touched. Each thread has
 * its own counter.
 *
 *   for (unsigned n = 1; fail_alloc_at(n), thing = thing_new(), fail_alloc_stop(); n++) {
 *     assert_null(thing);
 *   }
 */
#ifndef TESTS_SUPPORT_FAIL_ALLOC_H
#define TESTS_SUPPORT_FAIL_ALLOC_H

#include <stdbool.h>

/** The `nth` allocation of this thread from now on fails, counted from 1; those after it succeed. */
void fail_alloc_at(unsigned nth);
/** Whether the allocation came and failed. No more fail after this. */
bool fail_alloc_stop(void);

#endif
