/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file authority.h
 * Hosts and ports as they stand in a URL, and patterns of them (`allowed_authorities`).
 */
#ifndef PROXYWASM_CONFIG_AUTHORITY_H
#define PROXYWASM_CONFIG_AUTHORITY_H

#include <proxywasm/types.h>

/** A host with an optional port. */
struct pw_authority {
  struct pw_view host; /**< a name, an IPv4 address, or an IPv6 address in brackets */
  uint32_t       port; /**< 0: none is given */
};

/** Whether the text is a host alone: letters, digits, '-', '_' and '.', or an IPv6 address in brackets. */
bool pw_host_valid(struct pw_view text);

/** Reads "host" or "host:port". False: it is neither (a user, a path, an empty host, a port that is none). The host is
 *  a view into the text. */
bool pw_authority_parse(struct pw_view text, struct pw_authority *authority);

/** Likewise, with "*." allowed before a name: any number of labels before it, but not the name alone. */
bool pw_authority_pattern_parse(struct pw_view text, struct pw_authority *pattern);

/** Whether the pattern allows the authority, both parsed. Names compare without case. One without a port means
 *  `default_port`. */
bool pw_authority_matches(const struct pw_authority *pattern, const struct pw_authority *authority,
                          uint32_t default_port);

#endif
