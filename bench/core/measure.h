/* SPDX-License-Identifier: Apache-2.0 */
/* Counts and times of one host. */
#ifndef BENCH_CORE_MEASURE_H
#define BENCH_CORE_MEASURE_H

#include "operations.h"

#include <stdbool.h>
#include <stddef.h>

/* A host with the module of bench/modules/operations.c. */
struct subject {
  /* Starts the module with an order. Ends the process when it cannot. */
  void (*open)(const void *code, size_t size, struct order order);
  /* One stream: contexts made, request headers, response headers, and its end. With a body when the order needs one. */
  void (*stream)(void);
  void (*close)(void);
};

/*
 * argv[1] is the module's file. Writes a line for each operation:
 *   WORD NANOSECONDS
 * of one operation, the median of several; "nothing" is a whole stream. Under callgrind, in place of that, two dumps of
 * counts for each operation, "WORD 1" and "WORD 101": a stream in which it is done so often.
 */
int measure(int argc, char **argv, const struct subject *subject);

#endif
