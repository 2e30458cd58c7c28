/* SPDX-License-Identifier: Apache-2.0 */
#include "config/upstream.h"

#include "config/authority.h"

#define HTTP_PORT  80
#define HTTPS_PORT 443

static uint32_t
default_port(bool tls)
{
  return tls ? HTTPS_PORT : HTTP_PORT;
}

static bool
find_named(const struct pw_config_plugin *config, struct pw_view name, struct pw_upstream *upstream)
{
  for (size_t i = 0; i < config->upstream_count; i++) {
    const struct pw_config_upstream *named = &config->upstreams[i];
    if (pw_view_equal(named->name, name)) {
      upstream->host                 = named->host;
      upstream->tls                  = named->tls;
      upstream->port                 = named->port ? named->port : default_port(named->tls);
      upstream->timeout_milliseconds = named->timeout_milliseconds;
      return true;
    }
  }
  return false;
}

static void
take_authority(const struct pw_authority *authority, struct pw_upstream *upstream)
{
  upstream->host = authority->host;
  upstream->port = authority->port ? authority->port : default_port(upstream->tls);
}

static bool
find_allowed(const struct pw_config_plugin *config, struct pw_view text, struct pw_upstream *upstream)
{
  struct pw_authority authority;
  if (!pw_authority_parse(text, &authority)) {
    return false;
  }
  for (size_t i = 0; i < config->allowed_authority_count; i++) {
    struct pw_authority pattern;
    if (pw_authority_pattern_parse(config->allowed_authorities[i], &pattern) &&
        pw_authority_matches(&pattern, &authority, default_port(upstream->tls))) {
      take_authority(&authority, upstream);
      return true;
    }
  }
  return false;
}

bool
pw_upstream_in_config(const struct pw_config_plugin *config, struct pw_view name, struct pw_view authority,
                      struct pw_view scheme, struct pw_upstream *upstream)
{
  memset(upstream, 0, sizeof(*upstream));
  if (find_named(config, name, upstream)) {
    return true;
  }
  upstream->tls = pw_view_equal(scheme, pw_view_of("https"));
  return find_allowed(config, name, upstream) || find_allowed(config, authority, upstream);
}

bool
pw_upstream_by_rules(const struct pw_config_plugin *config, struct pw_view authority, struct pw_view scheme,
                     struct pw_upstream *upstream)
{
  struct pw_authority parsed;
  if (config->restrict_calls || !pw_authority_parse(authority, &parsed)) {
    return false;
  }
  memset(upstream, 0, sizeof(*upstream));
  upstream->tls = pw_view_equal(scheme, pw_view_of("https"));
  take_authority(&parsed, upstream);
  upstream->by_remap = true;
  return true;
}
