/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file script.h
 * The script that a scenario gives to the module as its configuration: what to do in which callback.
 *
 *   request_headers:                  # the callback's name without "proxy_on_"
 *     expect $1 == 4                  # its arguments: $0 is the context
 *     proxy_log(7, "x") -> BAD_ARGUMENT
 *     return PAUSE
 *   request_body#2:                   # only the second time, for each context
 *     set $seen = $1 + 1
 *   root_done:                        # done, log and delete of the plugin's own context
 *
 * Statements:
 *   HOSTCALL(ARGUMENTS) -> STATUS RESULTS     see call.h
 *   expect A == B, expect A != B, expect A > B
 *   set $name = NUMBER
 *   return NUMBER                             the callback's answer (CONTINUE or true unless given)
 *   trap NAME                                 ends the module, see traps.h
 *   sweep NUMBER                              as many random, hostile calls, see sweep.h
 *   grow_memory                               until it is refused; $pages is the size then
 *
 * A callback that has such a section logs "NAME: as expected" at its end, at level INFO. When something was not as
 * expected it logs each such line at level ERROR, and then traps: no scenario can overlook it.
 */
#ifndef CALLER_SCRIPT_H
#define CALLER_SCRIPT_H

#include "base.h"

/** A callback that is under way. */
struct event {
  const char     *section;
  uint32_t        occurrence; /**< 1, 2, … for its context */
  const uint32_t *arguments;
  uint32_t        argument_count;
  uint32_t        result; /**< what is answered if the script does not say otherwise */
};

/** Runs the event's sections in both texts; answers what the callback shall return. */
uint32_t script_run(struct bytes vm_script, struct bytes plugin_script, const struct event *event);

#endif
