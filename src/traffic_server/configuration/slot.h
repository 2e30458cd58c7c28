/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file slot.h
 * A place in Traffic Server's configuration that names configuration files of ours: a line of plugin.config, or the
 * remap rules that name the same files. Its generation changes with each reload; the slot stays.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_SLOT_H
#define PROXYWASM_TRAFFIC_SERVER_SLOT_H

#include "traffic_server/configuration/generation.h"

/** Different sets of files in plugin.config and remap.config at one time. */
#define PW_SLOTS_MOST 4096

struct pw_slot {
  size_t                index; /**< in pw_event_thread.current */
  unsigned              references;
  bool                  is_global;
  struct pw_file_list   files;
  struct pw_generation *generation; /**< atomic */
};

/**
 * The slot for these files (relative names are under Traffic Server's configuration directory), loaded. A remap rule
 * with the same files as another one gets the same slot. One reference. Blocks: not on an event thread.
 * `keep_broken`: also when something is broken (for the start: the server has to come up); otherwise that is an error.
 * Errors: LIMIT (too many slots), CONFIGURATION (it could not be loaded: logged), MEMORY.
 */
struct pw_slot *pw_slot_open(int count, char *const *files, bool is_global, bool keep_broken, struct pw_error *error);
/** Gives a reference back. NULL is allowed. Not on an event thread. */
void pw_slot_close(struct pw_slot *slot);

/** `traffic_ctl config reload`: loads every slot's files anew, and publishes what has changed and is sound. Blocks: not
 *  on an event thread. */
void pw_slots_reload(void);

/** Counts up whenever a slot comes, goes, or gets another generation. Any thread. */
unsigned pw_slots_publications(void);
/** Whether one of its plugins fails closed: when nothing can be run at all, its requests are refused. Any thread. */
bool pw_slot_fails_closed(struct pw_slot *slot);
/** The slot's generation with one more reference; NULL: none. Any thread. */
struct pw_generation *pw_slot_generation(struct pw_slot *slot);
/** Calls `visit` for each slot, which must not open or close one. */
void pw_slots_each(void (*visit)(void *data, struct pw_slot *slot), void *data);

/** How many slots remap rules have. Any thread. */
size_t pw_slots_of_rules(void);
/** The global slots, in the order of plugin.config. They never go. */
struct pw_slot *const *pw_global_slots(size_t *count);

#endif
