/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What our host is held against: a host by hand on the same engine, that does what the ABI asks of these hostcalls and
 * nothing else. It checks bounds, looks up in the same tables, asks the module for memory and copies; it has no limits,
 * no traps that are told, no checks of what a field may hold, no versions of the ABI, and one module.
 */
#ifndef BENCH_CORE_LEAN_H
#define BENCH_CORE_LEAN_H

#include "operations.h"
#include "raw.h"

extern const struct raw_hostcall lean_hostcalls[];
extern const size_t              lean_hostcall_count;

/* The plugin's configuration. */
extern struct order lean_order;
/* Room in the module; 0: it has none. */
uint32_t lean_allocate(uint32_t size);

/* What hostcalls work on: of the host, and of a stream that has a body, or properties. */
void lean_begin(void);
void lean_body_begin(void);
void lean_properties_end(void);
void lean_end(void);

#endif
