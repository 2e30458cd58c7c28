/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file threads.h
 * Runs one function on several threads at once, which begin together.
 */
#ifndef TESTS_SUPPORT_THREADS_H
#define TESTS_SUPPORT_THREADS_H

enum { MAX_THREADS = 16 };

/** Calls `run(data, i)` for i = 0 … count - 1, each on a thread of its own, and waits for all. `run` must not use
 * cmocka's assertions, which are for the main thread only. */
void run_threads(unsigned count, void (*run)(void *data, unsigned index), void *data);

#endif
