/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/call/upstream.h"

#include "traffic_server/compatibility.h"
#include "traffic_server/log.h"

#include "config/authority.h"

#define HTTP_PORT  80
#define HTTPS_PORT 443
/* A name in a log line. */
#define SHOWN_BYTES 128

static uint32_t
default_port(bool tls)
{
  return tls ? HTTPS_PORT : HTTP_PORT;
}

static int
shown(struct pw_view text)
{
  return text.size < SHOWN_BYTES ? (int)text.size : SHOWN_BYTES;
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

/* Whether remap.config decides which servers can be reached at all. */
static bool
remap_decides(void)
{
  TSMgmtInt required = 0;
  return TSMgmtIntGet("proxy.config.url_remap.remap_required", &required) == TS_SUCCESS && required != 0;
}

static bool
find_by_remap(const struct pw_config_plugin *config, struct pw_view text, struct pw_upstream *upstream)
{
  struct pw_authority authority;
  if (config->restrict_calls || !pw_authority_parse(text, &authority) || !remap_decides()) {
    return false;
  }
  take_authority(&authority, upstream);
  upstream->by_remap = true;
  return true;
}

enum pw_status
pw_upstream_find(const struct pw_config_plugin *config, struct pw_view name, struct pw_view authority,
                 struct pw_view scheme, struct pw_upstream *upstream)
{
  memset(upstream, 0, sizeof(*upstream));
  if (find_named(config, name, upstream)) {
    return PW_STATUS_OK;
  }
  upstream->tls = pw_view_equal(scheme, pw_view_of("https"));
  if (find_allowed(config, name, upstream) || find_allowed(config, authority, upstream) ||
      find_by_remap(config, authority, upstream)) {
    return PW_STATUS_OK;
  }
  pw_log_debug("%s:%u: a call to upstream '%.*s' (:authority '%.*s') is refused: name the server under 'upstreams', or "
               "its authority under 'allowed_authorities'",
               config->file, config->line, shown(name), name.size ? name.data : "", shown(authority),
               authority.size ? authority.data : "");
  return PW_STATUS_BAD_ARGUMENT;
}
