/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file upstream.h
 * Which servers a plugin's configuration lets its module call: `upstreams` and `allowed_authorities`.
 */
#ifndef PROXYWASM_CONFIG_UPSTREAM_H
#define PROXYWASM_CONFIG_UPSTREAM_H

#include "config/config.h"

/** A server that may be called. Views are those of the configuration or of the question. */
struct pw_upstream {
  struct pw_view host; /**< as in a URL */
  uint32_t       port; /**< never 0 */
  bool           tls;
  bool           by_remap;             /**< the proxy's own rules choose the server, or refuse */
  uint32_t       timeout_milliseconds; /**< the most that a call may take; 0: as it says itself */
};

/**
 * Finds the server for a call to `name` whose :authority and :scheme are these (`scheme` may be empty): the upstream of
 * that name; else `name`, then `authority`, if it is an allowed authority. False: the configuration names none.
 */
bool pw_upstream_in_config(const struct pw_config_plugin *config, struct pw_view name, struct pw_view authority,
                           struct pw_view scheme, struct pw_upstream *upstream);

/**
 * Whether a call to `authority` is left to the proxy's own rules: the configuration does not say whom the plugin may
 * call. Fills `upstream`. False: it says so, or that is no authority.
 */
bool pw_upstream_by_rules(const struct pw_config_plugin *config, struct pw_view authority, struct pw_view scheme,
                          struct pw_upstream *upstream);

#endif
