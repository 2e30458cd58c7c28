/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file generation.h
 * A loaded set of configuration files: plugins read, compiled and linked once, for all threads. A reload makes a new
 * generation; transactions under way end on the old one, which goes when the last reference does.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_GENERATION_H
#define PROXYWASM_TRAFFIC_SERVER_GENERATION_H

#include "config/config.h"

#include <proxywasm/host.h>

struct pw_generation_worker;

/** The names of a slot's files, as paths. */
struct pw_file_list {
  char **paths;
  size_t count;
};

struct pw_loaded_plugin {
  const struct pw_config_plugin *config; /**< of one of the generation's configurations */
  struct pw_plugin              *plugin;
  bool                           broken; /**< its module could not be read; only while loading */
};

/** Plugins that follow each other and see responses at the same phase: one chain, and one stream of a transaction. */
struct pw_segment_plan {
  size_t                 first; /**< in `plugins` */
  size_t                 count;
  enum pw_response_phase phase;
  unsigned               header_hooks;   /**< bits of the TSHttpHookID at which its responses' headers are shown */
  unsigned               hooks;          /**< all that they have to come to, for bodies too */
  bool                   wants_end[2];   /**< one of them looks at end_of_stream, by direction (enum pw_stream_type) */
  bool                   wants_response; /**< one of them has proxy_on_response_headers */
  bool                   wants_request_body;
  bool                   wants_response_body;
  bool                   wants_response_trailers;
  bool                   changes_bodies; /**< one of them could */
};

struct pw_generation {
  unsigned                     references;
  bool                         retired; /**< atomic: no new transactions; threads give it up */
  bool                         healthy; /**< everything was loaded and started */
  bool                         refuses; /**< a file or plugin that fails closed is broken: every request gets a 503 */
  struct pw_segment_plan      *segments;
  size_t                       segment_count;
  struct pw_loaded_plugin     *plugins;
  size_t                       plugin_count;
  struct pw_config           **configs;
  size_t                       config_count;
  unsigned char                digest[32]; /**< of all files, to see whether a reload changes anything */
  struct pw_generation_worker *shared;     /**< the VMs of `vm_scope: process`; NULL: there are none */
  struct pw_generation_worker *prepared;   /**< atomic: started while loading, for the first event thread; then NULL */
};

/**
 * Reads the files, compiles and links the modules, and starts each plugin once, so that every error is found and logged
 * now. Blocks: not on an event thread.
 *
 * `running` is the generation that serves now, or NULL: an unchanged set of files answers NULL.
 * `must_be_sound`: any error makes this answer NULL, and the log says that what runs stays in place. Otherwise (the
 * server starts, and has to come up) the result serves what could be loaded, and passes or refuses (fail_open) the
 * requests in place of the rest. NULL also when memory is out. `failed` tells errors from "unchanged".
 */
struct pw_generation *pw_generation_load(const struct pw_file_list *files, const struct pw_generation *running,
                                         bool must_be_sound, bool *failed);

/** References; any thread. The last release ends the VMs that are not of an event thread. */
struct pw_generation *pw_generation_retain(struct pw_generation *generation);
void                  pw_generation_release(struct pw_generation *generation);

/** It serves no new transactions: sets `retired`, ends what was started for the first event thread when none came, and
 *  releases the caller's reference. Not on an event thread. NULL is allowed. */
void pw_generation_retire(struct pw_generation *generation);

/** Whether transactions have anything to do with it. */
static inline bool
pw_generation_is_idle(const struct pw_generation *generation)
{
  return generation->segment_count == 0 && !generation->refuses;
}

#endif
