/* SPDX-License-Identifier: Apache-2.0 */
/* The proxy that libproxywasm asks here: the surroundings as a table of functions. */
#ifndef BENCH_CORE_PROXY_H
#define BENCH_CORE_PROXY_H

#include <proxywasm/host.h>

extern const struct pw_proxy_ops bench_proxy;
/* How many headers there are: those of the surroundings, again and again. HEADER_COUNT unless it is set. */
extern size_t bench_header_count;

/* Ends the process with the error's message, unless `good`. */
void need(bool good, const struct pw_error *error);

#endif
