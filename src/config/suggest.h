/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file suggest.h
 * "did you mean": the known name nearest to an unknown one.
 */
#ifndef PROXYWASM_CONFIG_SUGGEST_H
#define PROXYWASM_CONFIG_SUGGEST_H

#include <proxywasm/types.h>

/** Keeps the nearest of the names that were offered. Zero-initialised, then `wanted` set. */
struct pw_suggestion {
  struct pw_view wanted;
  const char    *best; /**< NULL: none was near enough */
  size_t         best_distance;
};

/** Offers a name. One that differs from `wanted` by more than a third of its letters is never near enough. */
void pw_suggestion_offer(struct pw_suggestion *suggestion, const char *name);

#endif
