/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file sampler.h
 * Looks again and again at what this thread does, wherever it is: a timer's signal interrupts it between two
 * instructions, and takes down where it was, with the part of the stack that belongs to the callback under way. Nothing
 * of a module has to cooperate, so what is seen often is what takes long.
 *
 * Callbacks and hostcalls leave a mark on the stack as they begin, by which the host's part and the module's part are
 * told apart afterwards. One sampler for a process, on one thread.
 */
#ifndef PROXYWASM_CLI_SAMPLER_H
#define PROXYWASM_CLI_SAMPLER_H

#include <proxywasm/host.h>

#define PW_SAMPLE_MARKS 16
/** Bytes of the stack in a sample; what is deeper is cut. */
#define PW_SAMPLE_STACK 16384

/** A callback or hostcall under way. */
struct pw_mark {
  const char             *name; /**< static */
  const struct pw_plugin *plugin;
  uintptr_t               frame; /**< where the stack was: what it leads to lies below, what led to it above */
  bool                    hostcall;
};

struct pw_sample {
  uintptr_t      instruction;
  uintptr_t      stack; /**< stack pointer: address of `bytes[0]` */
  uintptr_t      frame; /**< frame pointer */
  size_t         mark_count;
  struct pw_mark marks[PW_SAMPLE_MARKS]; /**< outermost first */
  size_t         size;                   /**< of what is in `bytes` */
  bool           at_return;              /**< the instruction is one that returns */
  _Alignas(16) uint8_t bytes[PW_SAMPLE_STACK];
};

struct pw_sampler_counts {
  uint64_t taken;   /**< samples within a callback */
  uint64_t outside; /**< times at which no callback was under way */
  uint64_t lost;    /**< for want of room */
};

/** Told of each sample, not within the signal. */
typedef void (*pw_sample_visit)(void *data, const struct pw_sample *sample);

/** For struct pw_host_options, with no trace_data. */
extern const struct pw_trace_ops pw_sampler_ops;

/** From now on, and until it is called with NULL, `visit` is told of the stack at the first hostcall of each callback,
 * on which nothing is left of earlier callbacks: what there is of the module on it, is under way. Before it starts.
 * Slow. */
void pw_sampler_learn(pw_sample_visit visit, void *data);
/** Starts. Errors: MEMORY; ENGINE when this kind of processor is not known here, or there is no timer. */
bool pw_sampler_start(uint32_t interval_microseconds, pw_sample_visit visit, void *data, struct pw_error *error);
/** Hands over what was taken. To be called often, from the same thread, while no module runs. */
void pw_sampler_drain(void);
/** Ends it, and hands over what is left. */
struct pw_sampler_counts pw_sampler_stop(void);

#endif
