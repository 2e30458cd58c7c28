/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file upstream.h
 * Where a call of a module goes: named upstreams, allowed authorities, or what remap.config says. See
 * docs/decisions/0012-where-calls-go.md.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_UPSTREAM_H
#define PROXYWASM_TRAFFIC_SERVER_UPSTREAM_H

#include "config/upstream.h"

#include <proxywasm/abi.h>

/**
 * Finds the server for a call to `name` whose :authority and :scheme are these (`scheme` may be empty).
 * In this order: the upstream of that name; `name`, then `authority`, if it is an allowed authority; `authority` by
 * remap.config, if the configuration does not say whom the plugin may call, and remap.config does not let everything
 * pass. BAD_ARGUMENT: none of them, or `authority` is no authority; a debug line tells the key to set. Any thread.
 */
enum pw_status pw_upstream_find(const struct pw_config_plugin *config, struct pw_view name, struct pw_view authority,
                                struct pw_view scheme, struct pw_upstream *upstream);

#endif
