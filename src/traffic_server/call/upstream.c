/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/call/upstream.h"

#include "traffic_server/compatibility.h"
#include "traffic_server/log.h"

/* A name in a log line. */
#define SHOWN_BYTES 128

static int
shown(struct pw_view text)
{
  return text.size < SHOWN_BYTES ? (int)text.size : SHOWN_BYTES;
}

/* Whether remap.config decides which servers can be reached at all. */
static bool
remap_decides(void)
{
  TSMgmtInt required = 0;
  return TSMgmtIntGet("proxy.config.url_remap.remap_required", &required) == TS_SUCCESS && required != 0;
}

enum pw_status
pw_upstream_find(const struct pw_config_plugin *config, struct pw_view name, struct pw_view authority,
                 struct pw_view scheme, struct pw_upstream *upstream)
{
  if (pw_upstream_in_config(config, name, authority, scheme, upstream) ||
      (remap_decides() && pw_upstream_by_rules(config, authority, scheme, upstream))) {
    return PW_STATUS_OK;
  }
  pw_log_debug("%s:%u: a call to upstream '%.*s' (:authority '%.*s') is refused: name the server under 'upstreams', or "
               "its authority under 'allowed_authorities'",
               config->file, config->line, shown(name), name.size ? name.data : "", shown(authority),
               authority.size ? authority.data : "");
  return PW_STATUS_BAD_ARGUMENT;
}
