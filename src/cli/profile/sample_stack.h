/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file sample_stack.h
 * From a sample to the names of what was under way.
 *
 * Engines' machine code keeps frame pointers; the host's need not. So the module's functions are followed from frame to
 * frame, and the gaps between them, where host code runs, are bridged by the marks of hostcalls.
 */
#ifndef PROXYWASM_CLI_SAMPLE_STACK_H
#define PROXYWASM_CLI_SAMPLE_STACK_H

#include "cli/profile/code_map.h"
#include "cli/profile/sampler.h"

#define PW_STACK_FRAMES 512

enum pw_frame_kind {
  PW_FRAME_PLUGIN,
  PW_FRAME_CALLBACK, /**< a callback, and the engine's way into it and out of it */
  PW_FRAME_FUNCTION, /**< of the module */
  PW_FRAME_HOSTCALL, /**< what the host does for the module */
  PW_FRAME_ENGINE    /**< what the engine does for it: a builtin, such as for memory.grow */
};

struct pw_frame {
  struct pw_view     name; /**< of the map, a mark, or a plugin */
  enum pw_frame_kind kind;
};

#define PW_STACK_ENTRIES 128

/** How the host calls a callback: always from the same place. Known from samples that are beyond doubt. */
struct pw_stack_entry {
  const char *callback;
  uintptr_t   address;  /**< where the host goes on */
  uintptr_t   distance; /**< of the outermost frame from the callback's mark */
};

/** Use the same one for all samples: it learns. Zero-initialised is empty. */
struct pw_stack {
  struct pw_frame       frames[PW_STACK_FRAMES]; /**< innermost first */
  size_t                count;
  bool                  cut; /**< private: the stack is deeper than what was copied of it, or than there is room */
  struct pw_stack_entry entries[PW_STACK_ENTRIES]; /**< private */
  size_t                entry_count;               /**< private */
};

/** Learns how the host makes a callback, from a sample of pw_sampler_learn. */
void pw_sample_stack_learn(const struct pw_sample *sample, const struct pw_code_map *map, struct pw_stack *stack);
void pw_sample_stack(const struct pw_sample *sample, const struct pw_code_map *map, struct pw_stack *stack);

#endif
