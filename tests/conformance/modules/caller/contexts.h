/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file contexts.h
 * The contexts that the host has made: to which plugin's script they belong, and how often each callback came.
 */
#ifndef CALLER_CONTEXTS_H
#define CALLER_CONTEXTS_H

#include "base.h"

#define CONTEXTS_MAX 64
#define SECTIONS_MAX 32

struct context {
  uint32_t     id;
  uint32_t     parent; /**< 0: a plugin's own context */
  struct bytes script; /**< of a plugin's own context */
  struct {
    const char *name; /**< compared as a pointer */
    uint32_t    count;
  } seen[SECTIONS_MAX];
};

/** NULL when there is no room. */
struct context *context_new(uint32_t id, uint32_t parent);
/** NULL if the host never made it. */
struct context *context_find(uint32_t id);
void            context_delete(struct context *context);
/** The script of the context's plugin; empty if there is none yet. */
struct bytes context_script(const struct context *context);
/** Counts a callback: 1 the first time. */
uint32_t context_count(struct context *context, const char *section);

#endif
